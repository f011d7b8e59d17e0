"""Who finds an attack: each eye looks as its owner would, and says by code what it saw.

`planted` puts a bug into a check on purpose: an attack that nobody misses then was found by
something else, and the test of that check proves nothing.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final

import pytest

from engine.audit import offline, pack_log, trust, verifier, witnessing
from engine.audit.checkpoint import Checkpoint
from engine.audit.note import parse_note
from engine.audit.tree import TiledTree
from engine.audit.verifier import Checkpoint as Kept
from engine.commands import publish_log as publisher
from engine.commands.publish_log import NotPublishable, publish_log
from engine.definition.model import Process
from engine.queries import audit_trail, published_check
from engine.queries.audit_trail import verify_log
from engine.queries.evidence_pack import LogDiffers
from engine.queries.publication import (
    LogUnsound,
    PublishedDamaged,
    prove_inclusion,
    refuse_unsound_logs,
)
from engine.runtime import loaded
from engine.storage.definitions import Published
from engine.transaction import publishing
from engine.transaction.publishing import Stand
from engine.witness.asking import ALARMS, Question, ask
from tests.fixtures import OFFICE, Office, people_of, seed_data
from tests.packs import codes_of, judged, pack_of
from tests.security.attacks.scene import COSIGNERS, Stage

Eye = Callable[[Stage], set[str]]


@cache
def read_once(published: Published, *, identity: str) -> Process:
    """A body never changes its meaning: what was read for one attack, the next need not."""
    return loaded(published, identity=identity)


def verify(stage: Stage) -> set[str]:
    """`audit verify`: the database, its files, the seals, and what this house published last."""
    return {found.code for found in verify_log(stage.runtime, OFFICE).findings}


def verify_alone(stage: Stage) -> set[str]:
    """The same of a database without its published files: a chain of hashes, alone."""
    published, stage.runtime.publishing = stage.runtime.publishing, None
    try:
        return verify(stage)
    finally:
        stage.runtime.publishing = published


def verify_held(stage: Stage) -> set[str]:
    """`audit verify --held` with the checkpoints that an auditor kept."""
    heads = [
        Checkpoint.parse(parse_note(note).text)
        for note in (stage.scene.held, stage.scene.newest, *stage.held.values())
    ]
    kept = [Kept(head.size, head.root) for head in heads]
    return {found.code for found in verify_log(stage.runtime, OFFICE, held=kept).findings}


def guard(stage: Stage) -> set[str]:
    """The start of the house."""
    try:
        refuse_unsound_logs(stage.runtime)
    except LogUnsound as refused:
        return {refused.code}
    return set()


def publish(stage: Stage) -> set[str]:
    """The publisher, when it wants to go on."""
    try:
        publish_log(stage.runtime, OFFICE)
    except NotPublishable as refused:
        return {refused.code}
    return set()


def proofs(stage: Stage) -> set[str]:
    """The house when it is asked for the proof of any entry."""
    caller = _office(stage).as_("director")
    try:
        for entry in range(stage.auditor.checkpoint().size):
            prove_inclusion(stage.runtime, caller, entry=entry)
    except PublishedDamaged as damaged:
        return {damaged.code}
    return set()


def pack(stage: Stage) -> set[str]:
    """The offline verifier on the pack that the auditor is given, with policy and what is held."""
    if stage.pack is None:
        try:
            stage.pack = pack_of(_office(stage), "year", "2026", note=stage.auditor.note()).content
        except LogDiffers as refused:
            return {refused.code}
    others = {name: io.BytesIO(content) for name, content in stage.others.items()}
    report = judged(
        stage.pack, policy=stage.policy, held=stage.held, others=others, now=stage.clock.now()
    )
    return codes_of(report)


def witness(stage: Stage) -> set[str]:
    """Three witnesses that remember, when they are shown the checkpoint that lies there now."""
    stage.answers.clear()
    note = stage.auditor.note()
    head = Checkpoint.parse(parse_note(note).text)
    tree = TiledTree(stage.auditor.tile, size=head.size)
    with stage.witnesses() as send:
        question = Question(
            checkpoint=note,
            head=head,
            prove=tree.consistency_proof,
            not_after=int(stage.clock.now().timestamp()),
            send=send,
        )
        said = [
            ask(f"https://{one.key.name}", one.key, question, seen=0).said
            for one in COSIGNERS.values()
        ]
    return {each.value for each in said if each in ALARMS}


def _office(stage: Stage) -> Office:
    return Office(runtime=stage.runtime, clock=stage.clock, people=people_of(seed_data()))


EYES: Final[Mapping[str, Eye]] = {
    "verify": verify,
    "verify alone": verify_alone,
    "verify --held": verify_held,
    "start": guard,
    "publish": publish,
    "proofs": proofs,
    "pack": pack,
    "witness": witness,
}


def _nothing(*_: Any, **__: Any) -> None:
    """A check that was taken out."""


def _none(*_: Any, **__: Any) -> tuple[()]:
    return ()


def _reached(self: Any) -> None:
    """A checkpoint that is passed by, and not looked at."""
    self._checkpoints.pop(self.size, None)


class _Agreeing:
    """Stands in the place of `hmac`: every seal is right."""

    @staticmethod
    def compare_digest(_one: bytes, _other: bytes) -> bool:
        return True


def _deaf(owner: Any, code: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A reading that does not tell one fault: for checks that are a line, not a function."""
    told = owner._find  # noqa: SLF001 - a bug is planted where the check is.

    def find(self: Any, found: str, *rest: Any, **more: Any) -> None:
        if found != code:
            told(self, found, *rest, **more)

    return partial(_set, owner, "_find", find)


def _set(owner: Any, name: str, value: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(owner, name, value)


def _believing_read(body: bytes) -> Any:
    import json  # noqa: PLC0415 - the lenient reader that nobody should use.

    return json.loads(body)


PLANTED: Final[Mapping[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "seals": partial(_set, verifier._Reading, "_check_hmac", _nothing),  # noqa: SLF001
    "projections": partial(_set, verifier._Reading, "_check_projections", _nothing),  # noqa: SLF001
    "strict reader": partial(_set, verifier, "read_canonical", _believing_read),
    "checkpoints": partial(_set, verifier._Reading, "_compare_checkpoints", _reached),  # noqa: SLF001
    "sizes held": partial(_set, verifier._Reading, "finish", _nothing),  # noqa: SLF001
    "published tiles": partial(_set, published_check, "_tiles_lead_there", lambda *_: True),
    "replay": partial(_set, audit_trail, "_replayed", _none),
    "signatures": partial(_set, audit_trail, "signature_findings", _none),
    "times": partial(_set, verifier._Reading, "_check_time", _nothing),  # noqa: SLF001
    "files": partial(_set, audit_trail, "_fault_of_file", lambda *_: None),
    "definitions": partial(_set, audit_trail, "_definitions", _none),
    "sizes published": partial(_set, publishing, "_stand", lambda *_, **__: Stand.SOUND),
    "roots published": partial(_set, publishing, "_holds", lambda *_, **__: True),
    "publisher's seals": partial(_set, publisher, "hmac", _Agreeing),
    "policy's key": partial(_set, trust, "open_note", lambda *_: type("N", (), {"verified": ()})),
    "quorum": partial(_set, trust, "quorum_met", lambda *_: True),
    "held": partial(_set, offline._Reading, "_held", _nothing),  # noqa: SLF001
    "pack's root": _deaf(offline._Reading, "root_differs"),  # noqa: SLF001
    "pack's heads": partial(_set, offline._Reading, "_heads", _nothing),  # noqa: SLF001
    "pack's files": _deaf(offline._Reading, "evidence_differs"),  # noqa: SLF001
    "pack's rules": _deaf(offline._Reading, "definition_differs"),  # noqa: SLF001
    "pack's tree": _deaf(pack_log.PackLog, "not_in_tree"),
    "pack's time": partial(_set, pack_log.PackLog, "_time", _nothing),
    "pack's signatures": partial(_set, offline._Reading, "_signature", _none),  # noqa: SLF001
    "witness's memory": partial(
        _set, witnessing, "_compared", lambda *_: witnessing.Verdict.COSIGN
    ),
}


@contextmanager
def planted(*names: str) -> Iterator[None]:
    """Bugs in these checks, for as long as it lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            PLANTED[name](patch)
        yield
