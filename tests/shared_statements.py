"""What a statement compiles to depends on the kind of database alone: test databases share it.

Each test has a database of its own, so an engine of its own, whose memory of compiled statements is
empty; making them anew was a fifth of what the tests cost. An office has one engine, and needs none
of this.
"""

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event

_shared: dict[str, tuple[Dialect, dict[Any, Any]]] = {}


@event.listens_for(Engine, "engine_connect")
def share(connection: Connection) -> None:
    """Give an engine the dialect, and with it the statements, of the first one of its kind.

    A dialect has asked its server what it is by the time of this event.
    """
    engine = connection.engine
    dialect, statements = _shared.setdefault(engine.dialect.name, (engine.dialect, {}))
    if engine.get_execution_options().get("compiled_cache") is not statements:
        engine.dialect = connection.dialect = dialect
        engine.update_execution_options(compiled_cache=statements)
        connection.execution_options(compiled_cache=statements)
