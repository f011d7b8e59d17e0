"""Alembic's entry: runs the revisions over the connection and metadata that the caller hands in."""

from typing import Any

from alembic import context
from sqlalchemy import Connection


def _ours(_object: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any) -> bool:
    """Leave tables alone that are not in our metadata, such as the job engine's."""
    metadata = context.config.attributes["metadata"]
    return not (kind == "table" and reflected and name not in metadata.tables)


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes["metadata"],
        render_as_batch=connection.dialect.name == "sqlite",
        include_object=_ours,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
