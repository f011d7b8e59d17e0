"""Bring a database to the newest schema, and say whether it is there.

1. One linear chain of revisions in two folders: the engine's and the processes'. The caller names
   the folders; this room knows no process.
2. `upgrade` is safe to repeat and safe against a second caller: on PostgreSQL it holds an advisory
   lock, on SQLite the writer's lock.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from engine.storage.database import Database, metadata

FOLDER = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 7_315_001


def upgrade(database: Database, folders: tuple[Path, ...]) -> None:
    """Run every revision that has not run yet."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            # Held to the end: a second caller waits here, and then finds nothing left to do.
            connection.execution_options(quytrinh_writes=True).begin()
        else:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
            connection.commit()
        try:
            command.upgrade(_config(connection, folders), "head")
            connection.commit()
        finally:
            if not database.is_sqlite:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
                connection.commit()


def is_current(database: Database, folders: tuple[Path, ...]) -> bool:
    """Whether the newest revision has run."""
    with database.engine.connect() as connection:
        script = ScriptDirectory.from_config(_config(connection, folders))
        found = MigrationContext.configure(connection).get_current_heads()
        return set(found) == set(script.get_heads())


def differences(database: Database, folders: tuple[Path, ...]) -> list[Any]:
    """What the tables in code and the migrated database disagree on."""
    with database.engine.connect() as connection:
        config = _config(connection, folders)
        known = metadata.tables
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _object, name, kind, reflected, _to: (
                    not (kind == "table" and reflected and name not in known)
                )
            },
        )
        return list(compare_metadata(context, config.attributes["metadata"]))


def write_revision(
    database: Database, folders: tuple[Path, ...], *, message: str, into: Path
) -> None:
    """Write the difference as a new revision file, for a developer to read and mend."""
    with database.engine.connect() as connection:
        command.revision(
            _config(connection, folders),
            message=message,
            autogenerate=True,
            version_path=str(into),
        )


def _config(connection: Connection, folders: tuple[Path, ...]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "newline")
    locations = (FOLDER / "versions", *folders)
    config.set_main_option("version_locations", "\n".join(str(path) for path in locations))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config
