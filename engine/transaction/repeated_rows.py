"""Was this very list taken before? What tells a file that is sent twice from more rows alike.

1. A list is known by the SHA-256 of its rows, in their order; the entries that it made name it, so
   that no format and no file name hides that it is the same one.
2. Only sets without `unique` columns are asked: elsewhere a row that stands already is passed over.
3. A list whose rows are all gone again may come again.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import rfc8785

from engine.audit.leaf import EntryType, Outcome
from engine.errors import Conflict
from engine.machine.instance import Case
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogFilter

DETAIL: Final = "rows_sha256"
"""The name of the digest among the details of an entry."""
ENTRIES_AT_ONCE: Final = 200


class TakenAlready(Conflict):
    """The same rows came from a file before, and some of them stand."""

    def __init__(self, record_set: str, *, entry: int, on: str) -> None:
        super().__init__("rows_taken_already", record_set=record_set, entry=entry, on=on)


def digest_of_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """What a list of rows, as sent, is known by."""
    plain = [{name: str(value) for name, value in row.items()} for row in rows]
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def refuse_repeated(uow: UnitOfWork, case: Case, record_set: str, digest: str) -> None:
    """Let nothing pass that was taken before.

    Raises:
        TakenAlready: an entry of this case made rows of the same list, and one of them stands.
    """
    live = {row.id for row in case.rows(record_set)}
    wanted = LogFilter(
        instance=case.instance.id,
        type=EntryType.RECORD_CHANGED.value,
        outcome=Outcome.ACCEPTED.value,
    )
    page = _page(uow, wanted, -1)
    while page:
        for entry in page:
            details = {} if entry.payload is None else entry.payload.details
            if details.get(DETAIL) == digest and not live.isdisjoint(details["rows"]):
                day = entry.recorded_at.astimezone(uow.zone).date().isoformat()
                raise TakenAlready(record_set, entry=entry.idx, on=day)
        page = _page(uow, wanted, page[-1].idx)


def _page(uow: UnitOfWork, wanted: LogFilter, after: int) -> Sequence[Any]:
    return uow.tables.log.read(wanted, after=after, limit=ENTRIES_AT_ONCE)
