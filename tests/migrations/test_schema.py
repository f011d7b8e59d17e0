"""A migrated database has the tables of the code, one head, and a log that only grows."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

import workflows.catalog  # noqa: F401 - its tables belong to the metadata that are compared.
from engine.storage import schema
from engine.storage.database import Database, metadata
from tests.fixtures import Office

ROOT = Path(schema.FOLDER).parents[2]
FOLDERS = (ROOT / "workflows" / "migrations" / "versions",)

OpenEmpty = Callable[[], Database]


def test_a_migrated_database_is_what_the_code_says(empty_database: OpenEmpty) -> None:
    database = empty_database()
    schema.upgrade(database, FOLDERS)
    assert schema.differences(database, FOLDERS) == []
    with database.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
    assert tables == {*metadata.tables, "alembic_version"}


def test_a_table_that_no_revision_makes_is_noticed(empty_database: OpenEmpty) -> None:
    database = empty_database()
    schema.upgrade(database, FOLDERS)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE internal_audit_slot"))
    missing = [
        change[1].name
        for change in schema.differences(database, FOLDERS)
        if change[0] == "add_table"
    ]
    assert missing == ["internal_audit_slot"]


def test_an_empty_database_is_behind_and_a_second_upgrade_changes_nothing(
    empty_database: OpenEmpty,
) -> None:
    database = empty_database()
    assert not schema.is_current(database, FOLDERS)
    schema.upgrade(database, FOLDERS)
    assert schema.is_current(database, FOLDERS)
    schema.upgrade(database, FOLDERS)
    assert schema.is_current(database, FOLDERS)


def test_the_revisions_of_both_folders_are_one_chain() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.FOLDER))
    config.set_main_option("path_separator", "newline")
    folders = (schema.FOLDER / "versions", *FOLDERS)
    config.set_main_option("version_locations", "\n".join(map(str, folders)))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    chain = [revision.revision for revision in script.walk_revisions()]
    files = [path for folder in folders for path in folder.glob("[0-9]*.py")]
    assert sorted(chain) == sorted(path.name[:4] for path in files)
    assert not any(revision.is_branch_point for revision in script.walk_revisions())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET stream = 'other'",
        "DELETE FROM log_entry",
        "TRUNCATE log_entry CASCADE",
    ],
)
def test_the_log_lets_nothing_be_changed_or_removed(statement: str, office: Office) -> None:
    database = office.runtime.database
    if statement.startswith("TRUNCATE") and database.is_sqlite:
        # SQLite's truncation is a DELETE without a WHERE, which its trigger sees row by row.
        statement = "DELETE FROM log_entry WHERE 1 = 1"
    with database.writing() as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM log_entry")).scalar_one() > 0


def test_two_upgrades_at_once_end_with_one_schema(empty_database: OpenEmpty) -> None:
    database = empty_database()
    address = database.engine.url.render_as_string(hide_password=False)
    script = (
        "import sys; from pathlib import Path; import workflows.catalog;"
        "from engine.storage import schema; from engine.storage.database import Database;"
        "schema.upgrade(Database(sys.argv[1]), (Path(sys.argv[2]),))"
    )
    command = [sys.executable, "-c", script, address, str(FOLDERS[0])]
    running = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own words.
        for _ in range(3)
    ]
    outcomes = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert [code for _, code in outcomes] == [0, 0, 0], outcomes
    assert schema.is_current(database, FOLDERS)
    assert schema.differences(database, FOLDERS) == []
