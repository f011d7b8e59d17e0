"""Parquet, read by DuckDB: the one door to it.

1. DuckDB is an extra (`pip install 'quytrinh[analytics]'`); without it a Parquet file is refused
   with that sentence, and everything else works.
2. The file is read from a copy under a name of our own, by a database in memory that may open
   nothing else: no other file, no address, no extension.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, BinaryIO, Final

from engine.errors import Invalid
from engine.evidence.file_type import TypeNotAccepted, UnsafeContent
from engine.tables.cell import Cell

SUFFIX: Final = ".parquet"
MAGIC: Final = b"PAR1"
ROWS_AT_ONCE: Final = 2_000
COLUMNS_MAX: Final = 200


class AnalyticsMissing(Invalid):
    """What was asked for needs the extra `analytics`."""


def is_parquet(stream: BinaryIO, filename: str) -> bool:
    """Whether a file is Parquet by its name, and then by its content.

    Raises:
        TypeNotAccepted: `content_differs_from_name`.
    """
    if not filename.casefold().endswith(SUFFIX):
        return False
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        raise TypeNotAccepted("content_differs_from_name", expected="parquet", found="unknown")
    return True


def refuse_without_reader() -> None:
    """Refuse what only DuckDB reads.

    Raises:
        AnalyticsMissing: `analytics_missing`.
    """
    if find_spec("duckdb") is None:
        raise AnalyticsMissing("analytics_missing")


def parquet_rows(stream: BinaryIO) -> Iterator[Sequence[Cell]]:
    """The names of the columns, and then the rows.

    Raises:
        UnsafeContent: `file_damaged` or `sheet_too_wide`.
    """
    import duckdb  # noqa: PLC0415 - an extra, imported where it is asked for.

    with tempfile.NamedTemporaryFile(suffix=SUFFIX) as copy:
        stream.seek(0)
        shutil.copyfileobj(stream, copy)
        copy.flush()
        with duckdb.connect(":memory:", config=dict(CONFIG)) as database:
            try:
                database.execute("SET allowed_paths = [$path]", {"path": copy.name})
                database.execute("SET enable_external_access = false")
                database.execute("SET lock_configuration = true")
                found = database.execute("SELECT * FROM read_parquet($path)", {"path": copy.name})
                names = [told[0] for told in found.description or ()]
                if len(names) > COLUMNS_MAX:
                    raise UnsafeContent("sheet_too_wide", columns_max=COLUMNS_MAX)
                yield names
                while rows := found.fetchmany(ROWS_AT_ONCE):
                    yield from rows
            except duckdb.Error as error:
                raise UnsafeContent("file_damaged", type="parquet") from error


CONFIG: Final[dict[str, Any]] = {
    "threads": 1,
    "memory_limit": "512MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
