"""The data that ship beside the code, read into values: organisations, calendars, plans, processes.

1. YAML 1.2 without tags: a file can hold text, numbers, lists and mappings, and do nothing.
2. A file that cannot be read is an `Invalid` with its name; a process keeps its findings instead,
   because it has a line for each.
3. Only `definitions/*.yaml` are processes; further folders may bring more, never the same one.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.calendars.business_days import CalendarDay, DayKind
from engine.calendars.dated_rules import read_rules
from engine.calendars.edition import RULES, RuleRow
from engine.calendars.vietnam import read_calendar_file, seed_days
from engine.definition import staffing
from engine.definition.source import Reading, read_file
from engine.errors import Invalid

if TYPE_CHECKING:
    from engine.commands.manage_organization import OrganizationSeed

DEFINITIONS: Final = Path(__file__).parent.parent / "definitions"
DEMONSTRATION: Final = DEFINITIONS / "organizations" / "demonstration.yaml"
OWN_SOURCE: Final = "Lịch làm việc của cơ quan"


def read_yaml(path: Path) -> Any:
    """The content of a file.

    Raises:
        Invalid: `seed_unreadable`: there is no such file, or it is not YAML in UTF-8.
    """
    try:
        return YAML(typ="safe").load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as fault:
        raise Invalid("seed_unreadable", file=str(path), problem=_first_line(fault)) from fault


def read_organization(
    path: Path, *, years: Collection[int], demonstration: bool = False
) -> "OrganizationSeed":
    """A new organisation with its calendar for these years; its id is its slug.

    Raises:
        Invalid: `seed_unreadable`, or `seed_incomplete` with the key that is missing.
    """
    # A calendar, a plan and a definition are read without the database behind this.
    from engine.commands.manage_organization import OrganizationSeed  # noqa: PLC0415

    data = read_yaml(path)
    for key in ("organization", "units", "people", "grants"):
        if not isinstance(data, Mapping) or key not in data:
            raise Invalid("seed_incomplete", file=str(path), key=key)
    if "slug" not in data["organization"]:
        raise Invalid("seed_incomplete", file=str(path), key="organization.slug")
    return OrganizationSeed(
        id=data["organization"]["slug"],
        data=data,
        days=read_days(data.get("calendar") or {}, years=years),
        rules=read_rule_rows(data.get("calendar") or {}),
        demonstration=demonstration,
    )


def read_days(calendar: Mapping[str, Any], *, years: Collection[int]) -> tuple[CalendarDay, ...]:
    """The dated rows of a calendar: those of the file that it starts from, then its own."""
    rows: dict[date, CalendarDay] = {}
    name = calendar.get("seed")
    if name is not None:
        rows = {row.date: row for row in library_days(years, seed=name)}
    for told in calendar.get("days") or ():
        day = date.fromisoformat(str(told["date"]))
        source = str(told.get("source", OWN_SOURCE))
        rows[day] = CalendarDay(day, DayKind(told["kind"]), str(told["label"]), source)
    return tuple(rows[day] for day in sorted(rows))


def library_days(years: Collection[int], *, seed: str = "vn") -> tuple[CalendarDay, ...]:
    """What the installed library and a shipped file say of these years today."""
    return seed_days(
        years, read_calendar_file(read_yaml(DEFINITIONS / "calendars" / f"{seed}.yaml"))
    )


def read_rule_rows(calendar: Mapping[str, Any]) -> tuple[RuleRow, ...]:
    """The dated rules that ship beside the calendar from which an organisation starts."""
    name = calendar.get("seed")
    if name is None:
        return ()
    return tuple(
        RuleRow(kind=kind, rule=rule)
        for kind, model in RULES.items()
        for rule in read_rules(read_yaml(DEFINITIONS / "calendars" / f"{name}_{kind}.yaml"), model)
    )


def usernames(data: Mapping[str, Any]) -> dict[str, str]:
    """User name → person id, for those people who have one."""
    return {person["username"]: person["id"] for person in data["people"] if person.get("username")}


def read_staff(path: Path) -> staffing.Organization:
    """Who holds which role, as the checks of a definition ask it.

    Raises:
        Invalid: `seed_unreadable` or `seed_incomplete`.
    """
    data = read_yaml(path)
    if not isinstance(data, Mapping) or "grants" not in data:
        raise Invalid("seed_incomplete", file=str(path), key="grants")
    held = [
        staffing.Grant(person=row["person"], role=row["role"], unit=row.get("unit"))
        for row in data["grants"]
    ]
    lent = [
        staffing.Grant(person=row["deputy"], role=row["role"], for_person=row["giver"])
        for row in data.get("delegations") or ()
    ]
    return staffing.Organization(grants=(*held, *lent), has_calendar=bool(data.get("calendar")))


def read_plan(path: Path) -> Mapping[str, Any]:
    """The plan of a year, word for word.

    Raises:
        Invalid: `seed_unreadable`, or `seed_incomplete` with the key that is missing.
    """
    body = read_yaml(path)
    for key in ("year", "rows"):
        if not isinstance(body, Mapping) or key not in body:
            raise Invalid("seed_incomplete", file=str(path), key=key)
    found: Mapping[str, Any] = body
    return found


def plan_for(plan: Mapping[str, Any], year: int, *, signer: str) -> Mapping[str, Any]:
    """The same plan for another year, to start from: every mention of its year, and the signer."""
    written = re.compile(rf"(?<![0-9]){plan['year']}(?![0-9])")
    copied: dict[str, Any] = _moved(plan, written, str(year))
    copied["year"] = year
    document = copied["document"]
    return {**copied, "document": {**document, "signer": {**document["signer"], "name": signer}}}


def definition_files(folders: Iterable[Path]) -> tuple[Path, ...]:
    """The process files of folders, each folder in the order of its names.

    Raises:
        Invalid: `seed_unreadable`: there is no such folder.
    """
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise Invalid("seed_unreadable", file=str(folder), problem="not a folder")
        found += sorted(folder.glob("*.yaml"))
    return tuple(found)


def read_definitions(folders: Iterable[Path]) -> tuple[Reading, ...]:
    """Every process of folders, with what reading found."""
    return tuple(read_file(path) for path in definition_files(folders))


def _moved(node: Any, written: re.Pattern[str], year: str) -> Any:
    if isinstance(node, str):
        return written.sub(year, node)
    if isinstance(node, Mapping):
        return {key: _moved(value, written, year) for key, value in node.items()}
    if isinstance(node, list):
        return [_moved(value, written, year) for value in node]
    return node


def _first_line(fault: Exception) -> str:
    return str(fault).strip().splitlines()[0]
