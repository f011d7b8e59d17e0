"""Have an authority say when it saw the newest checkpoint of a log (RFC 3161).

1. Once for each checkpoint that is newest when the job comes round; a log that did not grow is not
   stamped again, and no two checkpoints are stamped within the hour.
2. The checkpoint as the log signed it, the token and its certificates lie together under
   `timestamps/<size>/`, the checkpoint first: a token never lies beside anything else.
3. Where roots are given, a token that does not lead to them is not kept. Where none are, it is kept
   and told as unchecked: an auditor with the roots can check it later.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from engine.audit.checkpoint import Checkpoint
from engine.audit.profile import AuditInputError
from engine.audit.tile import CHECKPOINT_PATH
from engine.audit.timestamp import TimestampFiles
from engine.evidence.published import PublishedNotFound
from engine.runtime import Publishing, Runtime
from engine.storage.log_witnesses import LogWitness
from engine.transaction.publishing import Standing, path_of, standing_of
from engine.witness.calling import Answer, Call, CallFailed, post
from engine.witness.outside import TimeAuthority
from engine.witness.timestamping import Stamped, stamp

AUTHORITY: Final = "tsa"
"""Its name among the outsiders; a witness of the policy may not have it."""
EVERY: Final = timedelta(minutes=50)
AFTER_FAILURE: Final = timedelta(minutes=10)
TOLERANCE: Final = timedelta(minutes=5)

_log = logging.getLogger("quytrinh.witness")


def timestamp_log(
    runtime: Runtime,
    organization_id: str,
    *,
    now: datetime,
    send: Callable[[str, Call], Answer] = post,
) -> bool:
    """Have the newest checkpoint of one organisation's log stamped; whether it was, now.

    Args:
        runtime: the house.
        organization_id: whose log.
        now: the time outside, even where a demonstration has one of its own.
        send: makes the call.

    Raises:
        OSError: the published files cannot be reached.
    """
    publishing = runtime.publishing
    authority = None if publishing is None else publishing.outside.time
    if publishing is None or authority is None:
        return False
    with runtime.read(organization_id) as uow:
        standing = standing_of(uow, publishing)
        known = {row.name: row for row in uow.tables.witnesses.all()}.get(AUTHORITY)
    if standing.checkpoint is None or not standing.serves or not _due(known, standing, now):
        return False
    row = _stamped(publishing, organization_id, standing, authority, now, send)
    with runtime.write(organization_id) as uow:
        uow.tables.witnesses.keep(row if row.size is not None else _failed(known, row))
        uow.commit()
    return row.size is not None


def _due(known: LogWitness | None, standing: Standing, now: datetime) -> bool:
    if known is None or standing.checkpoint is None:
        return standing.checkpoint is not None
    head = standing.checkpoint
    same = (known.origin, known.size, known.root) == (head.origin, head.size, head.root)
    return known.next_at <= now and not same


def _stamped(
    publishing: Publishing,
    organization_id: str,
    standing: Standing,
    authority: TimeAuthority,
    now: datetime,
    send: Callable[[str, Call], Answer],
) -> LogWitness:
    """Ask, and keep the token; what to remember of it."""
    checkpoint, note = _published(standing)
    row = LogWitness(
        name=AUTHORITY,
        origin=checkpoint.origin,
        vkey=authority.url,
        said="failed",
        asked_at=now,
        next_at=now + AFTER_FAILURE,
    )
    try:
        stamped = stamp(note, authority, send=send)
        said, signed_at = _judged(stamped, now)
    except CallFailed as failure:
        _log.warning("no timestamp: %s %s", failure.code, failure.problem)
        return replace(row, problem=f"{failure.code} {failure.problem}".strip())
    except AuditInputError as error:
        _log.error("a timestamp was refused: %s", error.params.get("problem"))
        return replace(row, said="refused", problem=str(error.params.get("problem"))[:200])
    files = TimestampFiles(checkpoint.size)
    told = ((files.checkpoint, note), (files.chain, stamped.chain), (files.token, stamped.token))
    generation = standing.origin.generation
    publishing.files.write(
        organization_id, [(path_of(generation, path), content) for path, content in told]
    )
    return replace(
        row,
        said=said,
        next_at=now + EVERY,
        size=checkpoint.size,
        root=checkpoint.root,
        held=checkpoint.size,
        signed_at=signed_at,
    )


def _published(standing: Standing) -> tuple[Checkpoint, bytes]:
    if standing.checkpoint is None or standing.note is None:
        raise PublishedNotFound(CHECKPOINT_PATH)
    return standing.checkpoint, standing.note


def _judged(stamped: Stamped, now: datetime) -> tuple[str, datetime | None]:
    """What the token is worth; AuditInputError where its time cannot be."""
    if stamped.timestamp is None:
        return "unchecked", None
    if abs(stamped.timestamp.time - now) > TOLERANCE:
        # Either clock may be wrong; a token far from now bounds nothing that anybody asked for.
        raise AuditInputError("timestamp_invalid", problem=f"time {stamped.timestamp.time}")
    return "stamped", stamped.timestamp.time.astimezone(UTC)


def _failed(known: LogWitness | None, row: LogWitness) -> LogWitness:
    """What was stamped before is still there."""
    if known is None:
        return replace(row, failures=1)
    return replace(
        known,
        said=row.said,
        problem=row.problem,
        asked_at=row.asked_at,
        next_at=row.next_at,
        failures=known.failures + 1,
    )
