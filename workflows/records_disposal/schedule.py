"""How long the files of ended cases are kept: dated data, read from `definitions/retention`.

1. Time runs from the end of the year in which the work ended, in whole years.
2. Where several editions were in force since the work ended, the longest time holds: what was
   promised is not shortened afterwards.
3. A process that a rule does not name is kept without end, and so is a group without years.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import Field
from ruamel.yaml import YAML

from engine.calendars.dated_rules import Closed, DatedRule, read_rules, rule_on

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class Words(Closed):
    """A name in both languages."""

    vi: Annotated[str, Field(min_length=1, max_length=200)]
    en: Annotated[str, Field(min_length=1, max_length=200)]


class RetentionGroup(Closed):
    """Processes whose files are kept for the same time.

    Attributes:
        years: None keeps them without end.
    """

    group: Identifier
    title: Words
    years: Annotated[int, Field(ge=1, le=100, strict=True)] | None = None
    processes: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class RetentionRule(DatedRule):
    """An edition of the table."""

    groups: Annotated[tuple[RetentionGroup, ...], Field(min_length=1)]

    def group_of(self, process: str) -> RetentionGroup | None:
        """The group in which a process stands."""
        return next((group for group in self.groups if process in group.processes), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Until when a case is kept, and by which line of the table."""

    until: date
    group: str
    title: Mapping[str, str]
    years: int


@cache
def shipped_rules() -> tuple[RetentionRule, ...]:
    """The editions that ship, in the order of their days."""
    file = resources.files("definitions") / "retention" / "vn_records.yaml"
    return read_rules(YAML(typ="safe").load(file.read_text("utf-8")), RetentionRule)


def kept(
    process: str, ended_on: date, *, today: date, rules: Iterable[RetentionRule] | None = None
) -> Kept | None:
    """Until when the files of a case are kept; None without end."""
    known = shipped_rules() if rules is None else tuple(rules)
    first = rule_on(known, ended_on)
    found = []
    for rule in known:
        if rule is not first and not ended_on < rule.from_ <= today:
            continue
        group = rule.group_of(process)
        if group is None or group.years is None:
            return None
        found.append(
            Kept(
                until=date(ended_on.year + group.years, 12, 31),
                group=group.group,
                title=group.title.model_dump(),
                years=group.years,
            )
        )
    return max(found, key=lambda each: each.until)
