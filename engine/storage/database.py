"""The database: engine, sessions, column types, and the columns that every record table has.

1. SQLite runs in WAL with `synchronous=FULL`; a writing transaction begins IMMEDIATE, because a
   read that turns into a write fails at once when another writer was faster, whatever the busy
   timeout.
2. On PostgreSQL writers run READ COMMITTED and meet at their organisation's log head; readers see
   one picture (REPEATABLE READ), as SQLite's do.
3. Instants are stored in UTC and refused when naive.
4. What is wrong with a database is told apart: an address that names none, a file that is none, a
   file that is damaged, and a database that is away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel
from typing_extensions import override

from engine.errors import Corrupt, Invalid

BUSY_TIMEOUT_MILLISECONDS = 30_000

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = SQLModel.metadata


class AddressUnreadable(Invalid):
    """The address names no database of a kind that the house can use; it may hold a password."""

    def __init__(self) -> None:
        super().__init__("database_address_unreadable")


class NotADatabase(Corrupt):
    """There is a file, and it is something else."""

    def __init__(self) -> None:
        super().__init__("not_a_database")


class DatabaseMalformed(Corrupt):
    """The file of the database is damaged."""

    def __init__(self) -> None:
        super().__init__("database_malformed")


def database_file(url: str) -> Path | None:
    """The file that an address names; None for a server, for memory, and for no address at all."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return None
    named = address.get_backend_name() == "sqlite" and address.database not in {None, ":memory:"}
    return Path(str(address.database)) if named else None


def damage_of(error: DatabaseError) -> Corrupt | None:
    """What an error says of the file itself; None when it says nothing of it."""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    if name == "SQLITE_NOTADB":
        return NotADatabase()
    return DatabaseMalformed() if name.startswith("SQLITE_CORRUPT") else None


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. SQLite drops the zone, so it is put back; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "an instant without a zone cannot be stored"
            raise ValueError(msg)
        return value.astimezone(UTC)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        stored: datetime = value
        return stored.astimezone(UTC) if stored.tzinfo else stored.replace(tzinfo=UTC)


JsonColumn = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class RecordColumns(SQLModel):
    """The columns of every table that holds rows of a case; a process adds its own beside them."""

    organization_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    instance_id: str = Field(index=True)
    version: int = 1
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Database:
    """One database, SQLite or PostgreSQL, by its SQLAlchemy address.

    Args:
        url: such as `sqlite:///var/quytrinh.db` or `postgresql+psycopg://…`.

    Raises:
        AddressUnreadable: it is no address, or names a driver that is not there.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self.engine = _engine(url)
        except (ArgumentError, ImportError, ValueError):
            # The cause would show the address, and with it a password.
            raise AddressUnreadable from None
        self._writing = self.engine.execution_options(quytrinh_writes=True)
        self._reading = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether the file-based engine is in use, with its one writer."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent picture and writes nothing."""
        with Session(self._reading, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose transaction holds the right to write from its first statement on."""
        with Session(self._writing, autoflush=False, expire_on_commit=False) as session:
            yield session

    def damage(self) -> str | None:
        """What SQLite itself finds wrong with its file, in its words; None on a server.

        Raises:
            DatabaseError: it cannot even be looked at.
        """
        if not self.is_sqlite:
            return None
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        return None if found == "ok" else str(found)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    """Set what the crash tests of `design/reliability.md` forced; the busy timeout comes first."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own lower() knows ASCII only: a search for `đặc` would not find `Đặc`.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _begin_sqlite(connection: Any) -> None:
    """Begin as the session asked: writers IMMEDIATE, readers deferred."""
    writes = connection.get_execution_options().get("quytrinh_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
