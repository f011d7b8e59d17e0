"""Entries of the log as they leave for programs: JSON Lines with what was hashed, CSV to be read.

1. A line of JSON holds the body as it was hashed, and the payload beside it, never the personal
   one.
2. No cell of the CSV is a formula to a spreadsheet.
3. Both are written as they are read, however long the log.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from engine.queries.log_pages import LogQuestion, pages
from engine.runtime import Runtime
from engine.storage.audit_log import LogEntry
from engine.tables.cells import guarded

COLUMNS: Final = (
    *("idx", "recorded_at", "stream", "seq", "type", "outcome", "actor", "unit"),
    *("instance", "process", "transition", "leaf_hash"),
    *("code", "role", "on_behalf", "from", "to", "unmet", "reason", "changes"),
)
OF_BODY: Final = ("code", "role", "on_behalf", "from", "to")


def jsonl_lines(
    runtime: Runtime, organization_id: str, question: LogQuestion, *, size: int
) -> Iterator[str]:
    """One JSON object a line."""
    for entry in exported(runtime, organization_id, question, size=size):
        line: dict[str, Any] = {
            "idx": entry.idx,
            "leaf_hash": entry.leaf_hash.hex(),
            "body": json.loads(entry.body),
        }
        if entry.payload is not None:
            line["payload"] = asdict(entry.payload)
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def csv_lines(
    runtime: Runtime, organization_id: str, question: LogQuestion, *, size: int
) -> Iterator[str]:
    """A table with a heading."""
    yield csv_line(COLUMNS)
    for entry in exported(runtime, organization_id, question, size=size):
        yield csv_line(_cells(entry))


def exported(
    runtime: Runtime, organization_id: str, question: LogQuestion, *, size: int
) -> Iterator[LogEntry]:
    """Every entry below a size that answers a question, oldest first.

    Each page is read in a transaction of its own: a slow reader holds nothing up, and what lies
    below the size never changes.
    """
    for some in pages(runtime, organization_id, question, size=size):
        yield from some.entries


def csv_line(cells: Any) -> str:
    """A line of cells, each a text that no spreadsheet runs."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerow([guarded(str(cell)) for cell in cells])
    return written.getvalue()


def _cells(entry: LogEntry) -> list[str]:
    body: dict[str, Any] = json.loads(entry.body)
    payload = entry.payload
    values: dict[str, Any] = {name: getattr(entry, name, None) for name in COLUMNS}
    values |= {name: body.get(name) for name in OF_BODY}
    values |= {
        "recorded_at": entry.recorded_at.isoformat(),
        "leaf_hash": entry.leaf_hash.hex(),
        "unmet": " ".join(body.get("unmet", ())),
        "reason": None if payload is None else payload.reason,
        "changes": ""
        if payload is None or not payload.changes
        else json.dumps([asdict(change) for change in payload.changes], ensure_ascii=False),
    }
    return ["" if values[name] is None else str(values[name]) for name in COLUMNS]
