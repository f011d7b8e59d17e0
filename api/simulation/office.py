"""The office of a simulation: the demonstration's people in a database and a store of their own.

1. It lies in a temporary folder, in memory where the machine has one there, and goes when it ends.
2. Clock, ids and salts come from outside: one seed gives the same log.
3. The definitions are those that ship, and those of the installation's own folders.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.bootstrap import build_runtime, upgrade_database
from api.demonstration.playing import PastClock
from api.seeds import DEFINITIONS, DEMONSTRATION, plan_for, read_definitions, read_organization
from api.seeds import read_plan as plan_file
from api.settings import Settings
from engine.calendars.business_days import Calendar
from engine.commands.enter_plan import enter_plan
from engine.commands.manage_organization import OrganizationSeed, found_organization
from engine.commands.publish_definition import publish_definitions
from engine.definition.model import Process
from engine.errors import Invalid
from engine.runtime import Caller, Runtime, TimeOrderedIds
from engine.storage.database import Database

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it.
FIRST_PLAN: Final = DEFINITIONS / "plans" / "2023.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Somebody who works there, with the roles that are their own."""

    person: str
    username: str
    name: str
    unit: str | None
    roles: tuple[tuple[str, str | None], ...]

    def holds(self, role: str) -> bool:
        """Whether the role is theirs, for a unit or for the whole."""
        return any(held == role for held, _ in self.roles)


@dataclass(slots=True, kw_only=True)
class Office:
    """An office with nobody at work yet.

    Attributes:
        units: id → title, of those that have a head.
    """

    runtime: Runtime
    clock: PastClock
    organization_id: str
    year: int
    zone: ZoneInfo
    staff: tuple[Staff, ...]
    units: Mapping[str, str]
    processes: tuple[Process, ...]
    _days: Calendar | None = field(default=None)

    @property
    def today(self) -> date:
        """The office's date."""
        return self.clock.instant.astimezone(self.zone).date()

    def caller(self, person: str) -> Caller:
        """Somebody as the caller of a command."""
        return Caller(organization_id=self.organization_id, person=person)

    def holders(self, role: str) -> tuple[Staff, ...]:
        """Everybody whose own role it is."""
        return tuple(one for one in self.staff if one.holds(role))

    @property
    def calendar(self) -> Calendar:
        """The working days as the office has them; read anew after `renew`."""
        if self._days is None:
            with self.runtime.read(self.organization_id) as uow:
                self._days = uow.tables.calendar_of(None)
        return self._days

    def renew(self) -> None:
        """Somebody has changed the calendar."""
        self._days = None

    def at(self, day: date, hour: time) -> datetime:
        """An instant of a day of the office."""
        return datetime.combine(day, hour, self.zone)


RuntimeOf = Callable[[Runtime], Runtime]


@contextmanager
def office_of(
    year: int,
    seed: int,
    *,
    folders: tuple[Path, ...] = (),
    first_day: date | None = None,
    prepared: Callable[[Database], None] = upgrade_database,
) -> Iterator[Office]:
    """An office that was founded at the beginning of the year; it is gone afterwards.

    Args:
        year: whose plan is entered.
        seed: of ids and salts.
        folders: further folders of definitions.
        first_day: on which the office is founded; without one, New Year's Day.
        prepared: brings an empty database to the newest schema.

    Raises:
        Invalid: a definition cannot be read.
    """
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="quytrinh-simulation-", dir=place) as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder / 'office.db'}")
        try:
            prepared(database)
            yield _founded(database, folder, year=year, seed=seed, folders=folders, on=first_day)
        finally:
            database.close()


def _founded(
    database: Database,
    folder: Path,
    *,
    year: int,
    seed: int,
    folders: tuple[Path, ...],
    on: date | None,
) -> Office:
    found = read_organization(DEMONSTRATION, years=range(year - 1, year + 2), demonstration=True)
    data = _here_by(found.data, date(year, 1, 1))
    zone = ZoneInfo(data["organization"]["timezone"])
    clock = PastClock(datetime.combine(on or date(year, 1, 1), time(0, 30), zone))
    chance = Random(f"house {seed}")  # noqa: S311 - a simulation is no secret.
    settings = Settings(
        data_dir=folder,
        database_url=database.url,
        evidence_url=(folder / "evidence").as_uri(),
        witness_policy=None,
        tsa_url=None,
    )
    runtime = build_runtime(
        settings, database=database, clock=clock, ids=TimeOrderedIds(chance.randbytes)
    )
    runtime.random = chance.randbytes
    founding = OrganizationSeed(
        id=found.id, data=data, days=found.days, rules=found.rules, demonstration=True
    )
    found_organization(runtime, founding)
    clock.instant += timedelta(minutes=5)
    processes = _definitions(folders)
    publish_definitions(runtime, found.id, processes)
    clock.instant += timedelta(minutes=5)
    enter_plan(runtime, found.id, year, _plan(data, year))
    headed = {grant["unit"] for grant in data["grants"] if grant["role"] == "unit_head"}
    return Office(
        runtime=runtime,
        clock=clock,
        organization_id=found.id,
        year=year,
        zone=zone,
        staff=_staff(data),
        units={unit["id"]: unit["title"]["vi"] for unit in data["units"] if unit["id"] in headed},
        processes=processes,
    )


def _here_by(data: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The organisation with everybody there by a day, however early the year."""
    dated = ("qms", "units", "grants", "letterheads", "qualifications")
    moved = {
        kind: [
            {**row, "from": min(row["from"], day)} if row.get("from") else row
            for row in data.get(kind, ())
        ]
        for kind in dated
    }
    return {**data, **moved}


@cache
def _definitions(folders: tuple[Path, ...]) -> tuple[Process, ...]:
    """Read strictly once: hundreds of seeds need the same ones."""
    readings = read_definitions((DEFINITIONS, *folders))
    for reading in readings:
        if reading.process is None:
            raise Invalid("seed_unreadable", file=reading.findings[0].file, problem="definition")
    return tuple(reading.process for reading in readings if reading.process is not None)


def _plan(data: Mapping[str, Any], year: int) -> Mapping[str, Any]:
    first = plan_file(FIRST_PLAN)
    if first["year"] == year:
        return first
    director = next(g["person"] for g in data["grants"] if g["role"] == "director")
    signer = next(p["name"] for p in data["people"] if p["id"] == director)
    return plan_for(first, year, signer=signer)


def _staff(data: Mapping[str, Any]) -> tuple[Staff, ...]:
    return tuple(
        Staff(
            person=one["id"],
            username=one["username"],
            name=one["name"],
            unit=one["unit"],
            roles=tuple(
                (grant["role"], grant.get("unit"))
                for grant in data["grants"]
                if grant["person"] == one["id"]
            ),
        )
        for one in data["people"]
    )
