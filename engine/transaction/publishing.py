"""What a log is called, who signs it, and whether the database still is what was published.

1. A log is named after the installation and the organisation; a log that was taken up from a backup
   bears the number of its generation besides: `…/log/<slug>/g2`.
2. What was published last is read from outside the database and opened with our own keys. Size and
   root come from there alone.
3. The database must hold all that was published: not fewer entries, and the same ones. Only then is
   it served, and only then is a further checkpoint signed.
4. A transaction sees the database as it was when it began; what is published is read afterwards and
   may be newer. So nobody is told that a database is not what was published before one that began
   later has said so as well.
5. The tree at a published size is folded from the rows, unless the rows of the publication say the
   very same size and root: then nobody can have put an older database in place.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from engine.audit.checkpoint import Checkpoint, open_checkpoint
from engine.audit.leaf import EntryType
from engine.audit.merkle import CompactRange, compact_range
from engine.audit.note import NoteSigner
from engine.audit.profile import AuditInputError
from engine.audit.tile import CHECKPOINT_PATH, Tile, beginning_of
from engine.evidence.published import PublishedNotFound
from engine.machine.actor import SYSTEM
from engine.runtime import Publishing, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.log_publication import LogOrigin

LOG_STREAM: Final = "log"
LOOKS: Final = 3


class Stand(StrEnum):
    """How the database stands to what was published.

    SOUND holds all of it; UNPUBLISHED: there is nothing yet; BEHIND: it has fewer entries; BESIDE:
    it has others; MISSING: the checkpoint is gone; UNREADABLE: it is not one that our keys signed.
    """

    SOUND = "sound"
    UNPUBLISHED = "unpublished"
    BEHIND = "log_behind"
    BESIDE = "log_beside"
    MISSING = "log_checkpoint_missing"
    UNREADABLE = "log_checkpoint_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one log stands.

    Attributes:
        origin: the generation that was looked at: the newest that was published, if any.
        note: the checkpoint as it lies there.
        checkpoint: what it says, where our keys signed it.
        size: how many entries the database has.
        named: whether the database says under which name the log is published.
    """

    stand: Stand
    origin: LogOrigin
    note: bytes | None
    checkpoint: Checkpoint | None
    size: int
    named: bool

    @property
    def serves(self) -> bool:
        """Whether people may go on working."""
        return self.stand in {Stand.SOUND, Stand.UNPUBLISHED}

    def told(self) -> dict[str, Any]:
        """Values for the sentence that says how it stands."""
        published = None if self.checkpoint is None else self.checkpoint.size
        return {"origin": self.origin.origin, "published": published, "size": self.size}


def note_of(publishing: Publishing, organization_id: str, generation: int) -> bytes | None:
    """The signed checkpoint of a generation as it lies there; None where there is none."""
    try:
        return publishing.files.read(organization_id, path_of(generation, CHECKPOINT_PATH))
    except PublishedNotFound:
        return None


def read_tile(publishing: Publishing, organization_id: str, generation: int, tile: Tile) -> bytes:
    """The bytes of a published tile; a partial one that was outgrown, out of its full tile.

    Raises:
        PublishedNotFound: it is not there.
        AuditInputError: the full tile in its place is none.
    """
    try:
        return publishing.files.read(organization_id, path_of(generation, tile.path))
    except PublishedNotFound:
        if tile.full:
            raise
    # Somebody may have published since the reader learnt the size, and removed what was outgrown.
    full = Tile(tile.level, tile.index)
    return beginning_of(
        publishing.files.read(organization_id, path_of(generation, full.path)), tile
    )


def key_entry(
    uow: UnitOfWork, publishing: Publishing, origin: str, *, alone: bool = False
) -> LogDraft:
    """What the log says of the keys that sign it from now on; `alone`: former ones end."""
    present, *former = signers_of(publishing, origin)
    return LogDraft(
        type=EntryType.KEY_CHANGED,
        stream=LOG_STREAM,
        at=uow.now,
        actor=SYSTEM,
        subject=f"ed25519:{present.verifier.key.public_key.hex()}",
        details={
            "origin": origin,
            "vkey": present.vkey,
            "former": [] if alone else [signer.vkey for signer in former],
        },
    )


def path_of(generation: int, path: str) -> str:
    """Where a file of a generation lies among the published files."""
    return f"{generation}/{path}"


def signers_of(publishing: Publishing, origin: str) -> tuple[NoteSigner, ...]:
    """Who signs the checkpoints of a log: the present key first."""
    return tuple(NoteSigner(origin, seed) for seed in publishing.keys.seeds())


def origin_of(uow: UnitOfWork, publishing: Publishing, generation: int) -> LogOrigin:
    """The name of a generation: the one that was chosen, else the one that would be."""
    return _named(uow, publishing, uow.tables.publications.origins(), generation)


def _named(
    uow: UnitOfWork, publishing: Publishing, known: tuple[LogOrigin, ...], generation: int
) -> LogOrigin:
    for origin in known:
        if origin.generation == generation:
            return origin
    first = known[0].origin if known else f"{publishing.site}/log/{uow.organization.slug}"
    name = first if generation == 1 else f"{first}/g{generation}"
    return LogOrigin(generation=generation, origin=name, published=False)


def standing_of(uow: UnitOfWork, publishing: Publishing, *, folding: bool = True) -> Standing:
    """How the log of an organisation stands to what was published of it (rules 2 to 4).

    The answer may be of a later transaction than the one that is given, whose log is then shorter.

    Args:
        uow: a transaction of the organisation.
        publishing: where to look.
        folding: whether the tree may be folded from the rows where that is needed; without it the
            database is believed to hold what is as long as what was published.

    Raises:
        OSError: the published files cannot be reached.
    """
    standing = _look(uow, publishing, folding=folding)
    for _ in range(LOOKS - 1):
        if standing.serves:
            break
        with uow.runtime.read(uow.organization.id) as later:
            standing = _look(later, publishing, folding=folding)
    return standing


def _look(uow: UnitOfWork, publishing: Publishing, *, folding: bool) -> Standing:
    """How it stands as one transaction sees it."""
    known = uow.tables.publications.origins()
    present = known[-1].generation if known else 1
    newest, note = _newest(uow, publishing, present)
    origin = _named(uow, publishing, known, newest)
    checkpoint = None if note is None else _opened(publishing, origin, note)
    size = uow.tables.log.size()
    stand = _stand(origin, note=note, checkpoint=checkpoint, size=size)
    if stand is Stand.SOUND and newest > present:
        stand = Stand.BEHIND
    if stand is Stand.SOUND and folding and not _holds(uow, origin, checkpoint):
        stand = Stand.BESIDE
    return Standing(
        stand=stand, origin=origin, note=note, checkpoint=checkpoint, size=size, named=bool(known)
    )


def root_at(uow: UnitOfWork, size: int) -> CompactRange:
    """The folded tree over the first entries of the database (rule 5 is the caller's)."""
    head = CompactRange.from_bytes(uow.tables.log.head().compact_range)
    if head.size == size:
        return head
    return compact_range(uow.tables.publications.leaves(size))


def _newest(uow: UnitOfWork, publishing: Publishing, present: int) -> tuple[int, bytes | None]:
    """The newest generation that was published, from the one that the database knows upwards."""
    newest, note = present, note_of(publishing, uow.organization.id, present)
    while True:
        following = note_of(publishing, uow.organization.id, newest + 1)
        if following is None:
            return newest, note
        newest, note = newest + 1, following


def _opened(publishing: Publishing, origin: LogOrigin, note: bytes) -> Checkpoint | None:
    verifiers = [signer.verifier for signer in signers_of(publishing, origin.origin)]
    try:
        return open_checkpoint(note, verifiers, origin=origin.origin).checkpoint
    except AuditInputError:
        return None


def _stand(
    origin: LogOrigin, *, note: bytes | None, checkpoint: Checkpoint | None, size: int
) -> Stand:
    """How it stands by its sizes alone."""
    if note is None:
        return Stand.MISSING if origin.published else Stand.UNPUBLISHED
    if checkpoint is None:
        return Stand.UNREADABLE
    return Stand.BEHIND if size < checkpoint.size else Stand.SOUND


def _holds(uow: UnitOfWork, origin: LogOrigin, checkpoint: Checkpoint | None) -> bool:
    """Whether the first entries of the database are those that were published (rule 5)."""
    if checkpoint is None or _is_remembered(uow, origin, checkpoint):
        return True
    return root_at(uow, checkpoint.size).root() == checkpoint.root


def _is_remembered(uow: UnitOfWork, origin: LogOrigin, checkpoint: Checkpoint) -> bool:
    """Whether the database says that it published this very checkpoint."""
    state = uow.tables.publications.state()
    if state is None or (state.generation, state.size) != (origin.generation, checkpoint.size):
        return False
    try:
        return CompactRange.from_bytes(state.compact_range).root() == checkpoint.root
    except AuditInputError:
        return False
