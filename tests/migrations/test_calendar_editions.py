"""A calendar that an organisation had before becomes its first edition, and goes back again."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from alembic import command
from sqlalchemy import text

import workflows.catalog  # noqa: F401 - its tables belong to the metadata that are compared.
from engine.calendars.business_days import DayKind
from engine.storage import schema
from engine.storage.calendars import CalendarRepository, Editions
from engine.storage.database import Database
from tests.fixtures import REVISIONS

NOW = datetime(2026, 7, 6, 1, tzinfo=UTC)
ROWS = (
    ("2026-07-10", "off", "Bão số 3", "Công điện 05", "p032"),
    ("2026-11-24", "off", "Ngày Văn hóa", "holidays 0.109", "system"),
)


def go(database: Database, revision: str) -> None:
    move = command.downgrade if revision == "0006" and was_newer(database) else command.upgrade
    with database.engine.connect() as connection:
        move(schema._config(connection, REVISIONS), revision)  # noqa: SLF001 - no door leads back.
        connection.commit()


def was_newer(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.dialect.has_table(connection, "calendar_edition"))


def test_what_was_there_is_edition_one(empty_database: Callable[[], Database]) -> None:
    database = empty_database()
    go(database, "0006")
    with database.writing() as session:
        session.execute(
            text(
                "INSERT INTO organization (id, slug, title_vi, title_en, timezone, demonstration)"
                " VALUES ('o', 'o', 'o', 'o', 'Asia/Ho_Chi_Minh', false)"
            )
        )
        for day, kind, label, source, by in ROWS:
            session.execute(
                text(
                    "INSERT INTO calendar_day VALUES ('o', :day, :kind, :label, :source, :by, :at)"
                ),
                {"day": day, "kind": kind, "label": label, "source": source, "by": by, "at": NOW},
            )
        session.commit()
    go(database, "head")
    with database.reading() as session:
        kept = CalendarRepository(session, "o", editions=Editions())
        edition = kept.edition()
        assert edition.number == 1
        calendar = edition.calendar_of()
        storm, culture = calendar.row_on(date(2026, 7, 10)), calendar.row_on(date(2026, 11, 24))
        assert storm is not None
        assert culture is not None
        assert (storm.kind, storm.official, culture.official) == (DayKind.OFF, True, False)
        assert {day.entered_by for day in kept.days()} == {"p032", "system"}
    go(database, "0006")
    with database.reading() as session:
        found = session.execute(text("SELECT label FROM calendar_day ORDER BY day")).scalars()
        assert list(found) == ["Bão số 3", "Ngày Văn hóa"]
