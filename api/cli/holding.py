"""What somebody kept of a log from outside: a checkpoint from a code on paper, or a receipt.

1. A file is the text of a scanned code, a checkpoint or a `.tlog-proof`; line ends that a telephone
   or a mail changed are put back, nothing else.
2. It must name a log of this database, and one of the keys with which this installation signs, or
   signed, must have signed it: a paper that anybody could have printed accuses nobody.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from engine.audit.checkpoint import Checkpoint, open_checkpoint
from engine.audit.note import parse_note
from engine.audit.profile import AuditInputError
from engine.audit.tlog_proof import note_in
from engine.audit.verifier import Checkpoint as Held
from engine.errors import Invalid, NotFound
from engine.queries.witnesses import log_verifiers
from engine.runtime import Runtime

HELD_BYTES_MAX: Final = 1024 * 1024


def held_by_log(runtime: Runtime, files: Iterable[Path]) -> dict[str, tuple[Held, ...]]:
    """Organisation → what is held of its log.

    Raises:
        NotFound: `file_not_there`.
        Invalid: `held_unreadable`, `held_of_other_log` or `held_not_signed`.
    """
    kept: dict[str, tuple[Held, ...]] = {}
    for path in files:
        organization, head = _held(runtime, path)
        kept[organization] = (*kept.get(organization, ()), Held(head.size, head.root))
    return kept


def _held(runtime: Runtime, path: Path) -> tuple[str, Checkpoint]:
    if not path.is_file():
        raise NotFound("file_not_there", file=str(path))
    try:
        note = note_in(path.read_bytes()[: HELD_BYTES_MAX + 1])
        origin = Checkpoint.parse(parse_note(note).text).origin
    except AuditInputError:
        raise Invalid("held_unreadable", file=str(path)) from None
    for organization in runtime.organizations():
        verifiers = log_verifiers(runtime, organization.id, origin)
        if verifiers is None:
            continue
        try:
            return organization.id, open_checkpoint(note, verifiers, origin=origin).checkpoint
        except AuditInputError:
            raise Invalid("held_not_signed", file=str(path), origin=origin) from None
    raise Invalid("held_of_other_log", file=str(path), origin=origin)
