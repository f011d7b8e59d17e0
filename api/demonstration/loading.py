"""Make the demonstration in an empty database: the organisation of the plan, at work in August.

1. Everything goes through the commands that people use, on a clock of the past: founded last year,
   audited then and this year. The clock of the demonstration starts where the story ends.
2. All demonstration accounts share one password, made at random and kept in the data folder,
   readable by its owner alone: hashing it once keeps the start quick, and every start shows it.
3. A demonstration that was not loaded to its end leaves no database: a new file takes its place in
   one move.
"""

import io
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.auth.passwords import Passwords
from api.bootstrap import KEPT_CLOCK, build_runtime, upgrade_database
from api.demonstration.exports import export_on
from api.demonstration.playing import Cast, PastClock, Player, StoryBrokenError, Times
from api.seeds import (
    DEFINITIONS,
    DEMONSTRATION,
    plan_for,
    read_definitions,
    read_organization,
    read_plan,
    read_yaml,
    usernames,
)
from api.settings import Settings
from engine.calendars.business_days import Calendar
from engine.commands.accept_restore import accept_restore
from engine.commands.enter_plan import enter_plan
from engine.commands.manage_accounts import add_account
from engine.commands.manage_imports import FileToImport, draft_import
from engine.commands.manage_organization import OrganizationSeed, found_organization
from engine.commands.open_periods import open_periods
from engine.commands.publish_definition import publish_definitions
from engine.commands.run_imports import run_imports
from engine.queries.jobs import latest_imports
from engine.queries.publication import log_standings
from engine.runtime import Caller, Runtime
from engine.storage.database import Database
from engine.storage.jobs import JobState
from workflows.overdue_dossiers.keeping import NAME

STORY: Final = Path(__file__).parent / "story.yaml"
KEPT_FILE: Final = "demonstration.password"
LOADED_ANEW: Final = "Bản trình diễn được nạp lại"
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """What was loaded.

    Attributes:
        start: where the clock of the demonstration begins.
        instances: case of the story → instance id.
    """

    organization_id: str
    start: datetime
    instances: Mapping[str, str]


def load_into_new_file(
    settings: Settings, *, year: int, password: str, passwords: Passwords | None = None
) -> Demonstration:
    """Make the default database with the demonstration in it; the file appears whole or not at all.

    Raises:
        StoryBrokenError: a step of the story was refused.
    """
    place = Path(settings.database_address.removeprefix("sqlite:///"))
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.loading")
    for leftover in _files_of(beside):
        leftover.unlink(missing_ok=True)
    database = Database(f"sqlite:///{beside}")
    try:
        loaded = load_into(database, settings, year=year, password=password, passwords=passwords)
    finally:
        # The last connection to close folds the write-ahead log into the file that is moved.
        database.close()
    beside.replace(place)
    return loaded


def load_into(
    database: Database,
    settings: Settings,
    *,
    year: int,
    password: str,
    passwords: Passwords | None = None,
) -> Demonstration:
    """Bring a database to the newest schema and make the demonstration in it.

    Raises:
        Conflict: the organisation is there already.
        StoryBrokenError: a step of the story was refused.
    """
    upgrade_database(database)
    # The years in which something happens, and the one to come.
    seed = read_organization(DEMONSTRATION, years=range(year - 1, year + 2), demonstration=True)
    zone = ZoneInfo(seed.data["organization"]["timezone"])
    clock = PastClock(datetime(year - 1, 1, 6, 8, 0, tzinfo=zone))
    runtime = build_runtime(settings, database=database, clock=clock)
    _found(runtime, clock, seed, year=year)
    _add_accounts(runtime, seed, (passwords or Passwords()).hash(password))
    times = Times(year=year, calendar=Calendar(days=tuple(seed.days)), zone=zone)
    player = Player(runtime, clock, story=read_yaml(STORY), cast=_cast(seed), times=times)
    instances = player.play()
    clock.instant = player.end
    _import_export(runtime, seed, times, export=export_on(player.end.date(), times.calendar))
    open_periods(runtime, seed.id, begin=True)
    _go_on_under_a_new_name(runtime, seed.id)
    return Demonstration(organization_id=seed.id, start=player.end, instances=instances)


def kept_password(data_dir: Path) -> str:
    """The password of every demonstration account; made at random the first time."""
    path = data_dir / KEPT_FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("-".join(groups) + "\n")
    return path.read_text(encoding="ascii").strip()


def with_kept_clock(settings: Settings) -> Settings:
    """The settings with the clock that the demonstration of this data folder runs on.

    A clock that was set holds. Where an organisation is real, no such clock is obeyed anyway.
    """
    kept = settings.data_dir / KEPT_CLOCK
    if settings.clock is not None or not kept.exists():
        return settings
    return settings.model_copy(update={"clock": json.loads(kept.read_text("utf-8"))["setting"]})


def accounts() -> tuple[tuple[str, str], ...]:
    """The demonstration's user names with the people's names, in the order of the file."""
    people = read_yaml(DEMONSTRATION)["people"]
    return tuple((person["username"], person["name"]) for person in people)


def _found(runtime: Runtime, clock: PastClock, seed: OrganizationSeed, *, year: int) -> None:
    """The organisation, its definitions and its plans, each on its day."""
    found_organization(runtime, seed)
    clock.instant += timedelta(minutes=5)
    readings = read_definitions((DEFINITIONS,))
    processes = [reading.process for reading in readings if reading.process is not None]
    if len(processes) != len(readings):
        faulty = [reading.findings[0].file for reading in readings if reading.process is None]
        raise StoryBrokenError("definition_faulty", process=faulty[0])
    publish_definitions(runtime, seed.id, processes)
    first = read_plan(DEFINITIONS / "plans" / "2023.yaml")
    director = next(g["person"] for g in seed.data["grants"] if g["role"] == "director")
    signer = next(p["name"] for p in seed.data["people"] if p["id"] == director)
    enter_plan(runtime, seed.id, first["year"], first)
    for of_year in sorted({year - 1, year} - {first["year"]}):
        clock.instant += timedelta(minutes=5)
        enter_plan(runtime, seed.id, of_year, plan_for(first, of_year, signer=signer))


def _import_export(
    runtime: Runtime, seed: OrganizationSeed, times: Times, *, export: bytes
) -> None:
    """What the one-stop desk exported on the last day of the story.

    Raises:
        StoryBrokenError: a row of it was not taken.
    """
    desk = Caller(organization_id=seed.id, person=usernames(seed.data)["one_stop"])
    file = FileToImport(
        register=NAME,
        content=io.BytesIO(export),
        filename=f"ho-so-mot-cua-{times.year}.csv",
        source="Phần mềm một cửa",
    )
    draft_import(runtime, desk, file, bytes_max=len(export), start=True)
    run_imports(runtime, seed.id)
    (view,) = latest_imports(runtime, desk, NAME, limit=1)
    if view.job.state is not JobState.DONE or view.job.progress["faulty"]:
        raise StoryBrokenError("story_refused", case="export", event="import", reasons=[])


def _add_accounts(runtime: Runtime, seed: OrganizationSeed, password_hash: str) -> None:
    for username, person in usernames(seed.data).items():
        add_account(runtime, seed.id, person=person, username=username, password_hash=password_hash)


def _cast(seed: OrganizationSeed) -> Cast:
    people: list[dict[str, Any]] = seed.data["people"]
    return Cast(
        organization_id=seed.id,
        organization=seed.data["organization"]["title"]["vi"],
        people=usernames(seed.data),
        names={person["username"]: person["name"] for person in people},
    )


def _go_on_under_a_new_name(runtime: Runtime, organization_id: str) -> None:
    """Where an earlier demonstration was published: this one is another log, and says so."""
    if any(not found.standing.serves for found in log_standings(runtime)):
        accept_restore(runtime, organization_id, person=None, reason=LOADED_ANEW)


def _files_of(database: Path) -> tuple[Path, ...]:
    return tuple(database.with_name(database.name + end) for end in ("", "-wal", "-shm"))
