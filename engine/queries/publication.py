"""What was published of a log: its checkpoint, its tiles, proofs out of them, and how it stands.

1. Everything here comes from the published files and from their signed checkpoint, not from the
   rows: whoever asks gets what anybody else was given.
2. Proofs are about published sizes alone: a size that nobody signed proves nothing to anybody.
3. Files of former generations stay readable under their number.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from engine.audit.checkpoint import Checkpoint
from engine.audit.note import parse_note
from engine.audit.profile import AuditInputError
from engine.audit.tile import TILE_WIDTH, Tile, members_at
from engine.audit.tree import TiledTree, TileReader
from engine.errors import Corrupt, Invalid, NotFound
from engine.evidence.published import PublishedNotFound
from engine.runtime import Caller, Publishing, Runtime
from engine.storage.log_publication import LogPublication
from engine.storage.organization import Organization
from engine.transaction.publishing import (
    Standing,
    note_of,
    origin_of,
    read_tile,
    signers_of,
    standing_of,
)


class LogUnsound(Corrupt):
    """The database is not what was published of it: nobody may go on working on it."""


class PublishedDamaged(Corrupt):
    """The published files are not what their checkpoint says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """That one entry stands in the log at a size.

    Attributes:
        path: RFC 6962 audit path, from the leaf upwards.
    """

    entry: int
    size: int
    leaf_hash: bytes
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyProof:
    """That the log at one size grew out of the log at another by appending alone."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIdentity:
    """What an auditor pins, and how far the log is published.

    Attributes:
        vkeys: the keys that sign it, the present one first.
        generations: the names under which it was published, the present one last.
        size: of the newest checkpoint; None before the first.
        unpublished: how many entries wait for the next one.
    """

    origin: str
    vkeys: tuple[str, ...]
    generations: tuple[str, ...]
    size: int | None
    unpublished: int
    published_at: datetime | None
    problem: str | None
    problem_idx: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStanding:
    """How the log of one organisation stands."""

    organization: Organization
    standing: Standing
    publication: LogPublication | None


def logs_are_sound(runtime: Runtime) -> bool:
    """Whether every log can be, and is, published: a quick look, without folding any tree.

    Raises:
        OSError: the published files cannot be reached.
    """
    return all(
        found.standing.serves and (found.publication is None or found.publication.problem is None)
        for found in log_standings(runtime, folding=False)
    )


def log_standings(runtime: Runtime, *, folding: bool = True) -> tuple[LogStanding, ...]:
    """How every log stands to what was published of it; nothing where nothing is published.

    Raises:
        OSError: the published files cannot be reached.
    """
    publishing = runtime.publishing
    if publishing is None:
        return ()
    found = []
    for organization in runtime.organizations():
        with runtime.read(organization.id) as uow:
            standing = standing_of(uow, publishing, folding=folding)
            publication = uow.tables.publications.state()
        found.append(
            LogStanding(organization=organization, standing=standing, publication=publication)
        )
    return tuple(found)


def refuse_unsound_logs(runtime: Runtime) -> None:
    """Let nobody work on a database that lacks what was published, or holds something else.

    Raises:
        LogUnsound: a log is behind or beside what was published, or cannot be compared any more.
        OSError: the published files cannot be reached.
    """
    for found in log_standings(runtime):
        if not found.standing.serves:
            raise LogUnsound(found.standing.stand.value, **found.standing.told())


def log_identity(runtime: Runtime, organization_id: str) -> LogIdentity:
    """What an auditor pins of a log.

    Raises:
        NotFound: `log_not_published`: this installation publishes nothing.
    """
    publishing = _publishing(runtime)
    with runtime.read(organization_id) as uow:
        origins = uow.tables.publications.origins()
        present = origins[-1] if origins else origin_of(uow, publishing, 1)
        state = uow.tables.publications.state()
        size = uow.tables.log.size()
    reached = None if state is None or state.published_at is None else state.size
    return LogIdentity(
        origin=present.origin,
        vkeys=tuple(signer.vkey for signer in signers_of(publishing, present.origin)),
        generations=tuple(origin.origin for origin in origins),
        size=reached,
        unpublished=size - (reached or 0),
        published_at=None if state is None else state.published_at,
        problem=None if state is None else state.problem,
        problem_idx=None if state is None else state.problem_idx,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestCheckpoint:
    """What an evidence pack is made at.

    Attributes:
        note: the signed checkpoint as it lies there.
        size: what it says, by whom nobody has checked yet.
        keys: members of a pack for reference: the public keys, by name.
    """

    note: bytes
    size: int
    keys: Mapping[str, bytes]


def newest_checkpoint(runtime: Runtime, organization_id: str) -> NewestCheckpoint:
    """The newest checkpoint of a log, for the house itself.

    Raises:
        NotFound: `log_not_published`.
    """
    identity = log_identity(runtime, organization_id)
    note = note_of(_publishing(runtime), organization_id, max(len(identity.generations), 1))
    if note is None:
        raise NotFound("log_not_published")
    keys = "".join(f"{vkey}\n" for vkey in identity.vkeys).encode("ascii")
    size = Checkpoint.parse(parse_note(note).text).size
    return NewestCheckpoint(note=note, size=size, keys={"keys/log.vkey": keys})


def published_checkpoint(
    runtime: Runtime, caller: Caller, *, generation: int | None = None
) -> bytes:
    """The signed checkpoint as it lies there.

    Raises:
        NotFound: `log_not_published`.
    """
    return _asked(runtime, caller, generation).note


def published_tile(
    runtime: Runtime, caller: Caller, tile: Tile, *, generation: int | None = None
) -> bytes:
    """A tile of which the checkpoint speaks, or an earlier one spoke.

    Raises:
        NotFound: `log_not_published`; `tile_not_published`: no checkpoint spoke of it, or its full
            tile has taken its place.
    """
    asked = _asked(runtime, caller, generation)
    if tile.index * TILE_WIDTH + tile.width > members_at(tile.level, asked.checkpoint.size):
        raise NotFound("tile_not_published", tile=tile.path)
    try:
        return asked.read(tile)
    except PublishedNotFound as error:
        raise NotFound("tile_not_published", tile=tile.path) from error


def prove_inclusion(
    runtime: Runtime, caller: Caller, *, entry: int, size: int | None = None
) -> InclusionProof:
    """The proof that an entry stands in the log, at the newest size or an earlier one.

    Raises:
        NotFound: `log_not_published`.
        Invalid: `size_not_published`, `entry_not_in_size`.
        PublishedDamaged: the tiles are not what was signed.
    """
    asked = _asked(runtime, caller, None)
    wanted = asked.size(size)
    if not 0 <= entry < wanted:
        raise Invalid("entry_not_in_size", entry=entry, size=wanted)
    with _whole_tiles():
        tree = asked.tree()
        return InclusionProof(
            entry=entry,
            size=wanted,
            leaf_hash=tree.leaf(entry),
            root=tree.root(wanted),
            path=tree.inclusion_proof(entry, wanted),
        )


def prove_consistency(
    runtime: Runtime, caller: Caller, *, first: int, second: int | None = None
) -> ConsistencyProof:
    """The proof that the log at `second` grew out of the log at `first`.

    Raises:
        NotFound: `log_not_published`.
        Invalid: `size_not_published`, `sizes_reversed`.
        PublishedDamaged: the tiles are not what was signed.
    """
    asked = _asked(runtime, caller, None)
    wanted = asked.size(second)
    if not 1 <= first <= wanted:
        raise Invalid("sizes_reversed", first=first, second=wanted)
    with _whole_tiles():
        tree = asked.tree()
        return ConsistencyProof(
            first=first,
            second=wanted,
            first_root=tree.root(first),
            second_root=tree.root(wanted),
            path=tree.consistency_proof(first, wanted),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """One generation as it lies there."""

    note: bytes
    checkpoint: Checkpoint
    read: TileReader

    def size(self, asked: int | None) -> int:
        """The size that is asked for, or the newest one.

        Raises:
            Invalid: `size_not_published`.
        """
        if asked is None:
            return self.checkpoint.size
        if not 0 <= asked <= self.checkpoint.size:
            raise Invalid("size_not_published", size=asked, published=self.checkpoint.size)
        return asked

    def tree(self) -> TiledTree:
        """The tree out of the tiles, if it is the one that was signed.

        Raises:
            PublishedDamaged: it is not.
        """
        tree = TiledTree(self.read, size=self.checkpoint.size)
        if tree.root() != self.checkpoint.root:
            raise PublishedDamaged("log_tiles_differ", size=self.checkpoint.size)
        return tree


def _asked(runtime: Runtime, caller: Caller, generation: int | None) -> _Published:
    """What was published in a generation, for somebody of the organisation."""
    publishing = _publishing(runtime)
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        origins = uow.tables.publications.origins()
        named = [o for o in origins if generation is None or o.generation == generation]
    if not named:
        raise NotFound("log_not_published")
    origin = named[-1]
    note = note_of(publishing, caller.organization_id, origin.generation)
    if note is None:
        raise NotFound("log_not_published")
    try:
        # Its signature is for the reader to check: a former key may have signed it long ago.
        checkpoint = Checkpoint.parse(parse_note(note).text)
    except AuditInputError as error:
        raise PublishedDamaged("log_checkpoint_unreadable", origin=origin.origin) from error
    read = partial(read_tile, publishing, caller.organization_id, origin.generation)
    return _Published(note=note, checkpoint=checkpoint, read=read)


@contextmanager
def _whole_tiles() -> Iterator[None]:
    """Name a tile that is missing or cut short as what it is."""
    try:
        yield
    except (AuditInputError, PublishedNotFound) as error:
        raise PublishedDamaged("log_tiles_differ", size=None) from error


def _publishing(runtime: Runtime) -> Publishing:
    if runtime.publishing is None:
        raise NotFound("log_not_published")
    return runtime.publishing
