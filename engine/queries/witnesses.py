"""The log as outsiders hold it: who signed what, who cries, and receipts that prove an entry.

1. A receipt is made from published files alone: of the checkpoint that witnesses signed when it
   covers the entry, else of the one that the log signed alone.
2. What a witness said without signing it is told as what it is: news for an operator, no proof.
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.audit.checkpoint import Checkpoint
from engine.audit.leaf import EntryType
from engine.audit.note import ED25519, NoteVerifier, VerifierKey, parse_note
from engine.audit.policy import quorum_met
from engine.audit.profile import AuditInputError
from engine.audit.tile import CHECKPOINT_PATH
from engine.audit.tlog_proof import LogProof, write_proof
from engine.audit.tree import TiledTree
from engine.errors import NotFound
from engine.evidence.published import PublishedNotFound
from engine.queries.publication import PublishedDamaged
from engine.runtime import Caller, Publishing, Runtime, UnitOfWork
from engine.storage.log_witnesses import LogWitness
from engine.transaction.publishing import note_of, path_of, read_tile, signers_of
from engine.witness.asking import ALARMS

WITNESSED_PATH: Final = "checkpoint.witnessed"
NEVER_ASKED: Final = "never_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessState:
    """An outsider of the policy, and what it last said.

    Attributes:
        url: where it is asked; None for one that is only believed.
        heard: None when it was never asked.
        current: whether it signed the newest checkpoint.
    """

    name: str
    url: str | None
    heard: LogWitness | None
    current: bool

    @property
    def alarm(self) -> bool:
        """Whether what it saw and what the log is cannot both be true."""
        return self.heard is not None and self.heard.said in ALARMS

    @property
    def said(self) -> str:
        """Code of its last answer."""
        return NEVER_ASKED if self.heard is None else self.heard.said


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """How a log stands with its outsiders.

    Attributes:
        size: of the newest checkpoint; None before the first.
        witnessed: size of the newest one that enough witnesses signed.
        asks: whether the policy asks for any witness.
        met: whether enough of them signed the newest one.
        time: the authority for time, where one is named.
    """

    size: int | None
    witnessed: int | None
    asks: bool
    met: bool
    witnesses: tuple[WitnessState, ...]
    time: WitnessState | None

    @property
    def alarm(self) -> bool:
        """Whether any of them cries."""
        return any(witness.alarm for witness in self.witnesses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt of one entry.

    Attributes:
        content: the file, as C2SP tlog-proof has it; None while no checkpoint covers the entry.
        witnessed: whether witnesses signed its checkpoint.
    """

    index: int
    content: bytes | None
    witnessed: bool = False


def witnesses_of(runtime: Runtime, organization_id: str) -> Witnesses:
    """How the log of one organisation stands with its outsiders.

    Raises:
        NotFound: `log_not_published`: this installation publishes nothing.
        Invalid: the policy cannot be read.
    """
    publishing = _publishing(runtime)
    policy = publishing.outside.policy()
    with runtime.read(organization_id) as uow:
        rows = {row.name: row for row in uow.tables.witnesses.all()}
        head = _head(_newest(uow, publishing, CHECKPOINT_PATH))
        witnessed = _head(_newest(uow, publishing, WITNESSED_PATH))

    def state(name: str, url: str | None, vkey: str) -> WitnessState:
        row = rows.get(name)
        heard = row if row is not None and row.vkey == vkey else None
        current = heard is not None and head is not None and _signed(heard, head)
        return WitnessState(name=name, url=url, heard=heard, current=current)

    found = tuple(state(one.name, one.url, one.key.vkey) for one in policy.witnesses)
    time = publishing.outside.time
    return Witnesses(
        size=None if head is None else head.size,
        witnessed=None if witnessed is None else witnessed.size,
        asks=policy.quorum is not None,
        met=quorum_met(policy, [one.name for one in found if one.current]),
        witnesses=found,
        time=None if time is None else state("tsa", time.url, time.url),
    )


def alarming(runtime: Runtime) -> bool:
    """Whether a witness of any log has seen another one than the database holds."""
    if runtime.publishing is None:
        return False
    for organization in runtime.organizations():
        with runtime.read(organization.id) as uow:
            if any(row.said in ALARMS for row in uow.tables.witnesses.all()):
                return True
    return False


def witnessed_checkpoint(runtime: Runtime, caller: Caller) -> bytes:
    """The newest checkpoint that enough witnesses signed, with their lines.

    Raises:
        NotFound: `log_not_witnessed`.
    """
    publishing = _publishing(runtime)
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        note = _newest(uow, publishing, WITNESSED_PATH)
    if note is None:
        raise NotFound("log_not_witnessed")
    return note


def newest_checkpoint(runtime: Runtime, organization_id: str) -> tuple[bytes, Checkpoint] | None:
    """The newest checkpoint as the log alone signed it; None where there is none to be had."""
    publishing = runtime.publishing
    if publishing is None:
        return None
    try:
        with runtime.read(organization_id) as uow:
            note = _newest(uow, publishing, CHECKPOINT_PATH)
        head = _head(note)
    except (OSError, PublishedDamaged):
        return None
    return None if note is None or head is None else (note, head)


def log_verifiers(
    runtime: Runtime, organization_id: str, origin: str
) -> tuple[NoteVerifier, ...] | None:
    """Who signs, or signed, the checkpoints of a log; None when it is another's.

    Keys that were given up are known from the entries that say so.

    Raises:
        NotFound: `log_not_published`.
    """
    publishing = _publishing(runtime)
    with runtime.read(organization_id) as uow:
        if origin not in {one.origin for one in uow.tables.publications.origins()}:
            return None
        told = uow.tables.log.of_type(EntryType.KEY_CHANGED.value)
    publics = {signer.verifier.key.public_key for signer in signers_of(publishing, origin)}
    publics |= {key for row in told if (key := _told_key(row.body)) is not None}
    return tuple(NoteVerifier(VerifierKey(origin, ED25519, public)) for public in sorted(publics))


def _told_key(body: bytes) -> bytes | None:
    """The key of an entry that speaks of one."""
    kind, _, key = str(json.loads(body).get("subject", "")).partition(":")
    return bytes.fromhex(key) if kind == "ed25519" and len(key) == 64 else None


def receipt(runtime: Runtime, caller: Caller, index: int) -> Receipt:
    """The receipt of an entry of the caller's organisation.

    Raises:
        NotFound: `log_not_published`; `entry_unknown`: the log has no such entry.
        PublishedDamaged: the tiles are not what was signed.
    """
    publishing = _publishing(runtime)
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        if not 0 <= index < uow.tables.log.size():
            raise NotFound("entry_unknown", entry=index)
        (entry,) = uow.tables.publications.entries(index, index + 1)
        for path in (WITNESSED_PATH, CHECKPOINT_PATH):
            note = _newest(uow, publishing, path)
            head = _head(note)
            if note is not None and head is not None and index < head.size:
                content = _proof(uow, publishing, (note, head), index=index, body=entry.body)
                return Receipt(index=index, content=content, witnessed=path == WITNESSED_PATH)
    return Receipt(index=index, content=None)


def _proof(
    uow: UnitOfWork,
    publishing: Publishing,
    signed: tuple[bytes, Checkpoint],
    *,
    index: int,
    body: bytes,
) -> bytes:
    """The file; the tree at the size that was signed is read from tiles of that size or later."""
    note, head = signed
    newest = _head(_newest(uow, publishing, CHECKPOINT_PATH)) or head
    read = partial(read_tile, publishing, uow.organization.id, _generation(uow))
    try:
        tree = TiledTree(read, size=newest.size)
        if tree.root(head.size) != head.root:
            raise PublishedDamaged("log_tiles_differ", size=head.size)
        path = tree.inclusion_proof(index, head.size)
    except (AuditInputError, PublishedNotFound) as error:
        raise PublishedDamaged("log_tiles_differ", size=head.size) from error
    return write_proof(LogProof(index=index, path=path, checkpoint=note, extra=body))


def _newest(uow: UnitOfWork, publishing: Publishing, path: str) -> bytes | None:
    """A signed note of the present generation."""
    if path == CHECKPOINT_PATH:
        return note_of(publishing, uow.organization.id, _generation(uow))
    try:
        return publishing.files.read(uow.organization.id, path_of(_generation(uow), path))
    except PublishedNotFound:
        return None


def _generation(uow: UnitOfWork) -> int:
    origins = uow.tables.publications.origins()
    return origins[-1].generation if origins else 1


def _head(note: bytes | None) -> Checkpoint | None:
    if note is None:
        return None
    try:
        return Checkpoint.parse(parse_note(note).text)
    except AuditInputError as error:
        raise PublishedDamaged("log_checkpoint_unreadable", origin="") from error


def _signed(row: LogWitness, head: Checkpoint) -> bool:
    return (row.size, row.root, row.origin) == (head.size, head.root, head.origin)


def _publishing(runtime: Runtime) -> Publishing:
    if runtime.publishing is None:
        raise NotFound("log_not_published")
    return runtime.publishing
