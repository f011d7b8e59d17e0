"""Signatures as the log tells them: who, when, what for, how strongly, and whether they hold."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.audit.leaf import EntryType, Outcome, check_leaf
from engine.audit.profile import AuditInputError, read_canonical
from engine.audit.signature import Signatures
from engine.audit.verifier import Finding
from engine.definition.model import Process
from engine.machine.instance import Case
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogFilter

STEPS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """One signature.

    Attributes:
        entry: index of the log's entry that holds it.
        kind: `webauthn`, checked by anybody from the log; `password`, the house's word alone.
        meaning: what it stands for, `{vi, en}`.
    """

    entry: int
    transition: str
    person: str
    on_behalf_of: str | None
    role: str | None
    at: datetime
    kind: str
    meaning: Mapping[str, str]


def signatures_of(uow: UnitOfWork, case: Case, process: Process) -> tuple[SignatureView, ...]:
    """Every signature of a case, oldest first; nothing is read where nothing is signed."""
    signed = {name for name, step in process.transitions.items() if step.signing is not None}
    if not any(step.transition in signed for step in case.instance.history):
        return ()
    wanted = LogFilter(
        instance=case.instance.id,
        type=EntryType.TRANSITION.value,
        outcome=Outcome.ACCEPTED.value,
    )
    found = []
    for entry in uow.tables.log.read(wanted, limit=STEPS_MAX):
        body = json.loads(entry.body)
        if "sig" in body:
            found.append(
                SignatureView(
                    entry=entry.idx,
                    transition=body["transition"],
                    person=entry.actor,
                    on_behalf_of=body.get("on_behalf"),
                    role=body.get("role"),
                    at=entry.recorded_at,
                    kind=body["sig"]["kind"],
                    meaning=body["sig"]["meaning"],
                )
            )
    return tuple(found)


def signature_findings(uow: UnitOfWork, rules: Mapping[str, Process]) -> Iterator[Finding]:
    """What is wrong with the signatures of the whole log, as an auditor would find it.

    Args:
        uow: a transaction of the organisation.
        rules: the definitions that the log published, by digest.
    """
    signed = {process.process for process in rules.values() if _signs(process)}
    signatures = Signatures()
    for idx, body in uow.tables.log.signable(signed):
        told = _read(body)
        if told is None:
            # What is no entry is told by whoever reads all of them.
            continue
        for code in signatures.take(told, sign=_rule(told, rules)):
            yield Finding(code=code, idx=idx)


def _signs(process: Process) -> bool:
    return any(step.signing is not None for step in process.transitions.values())


def _rule(body: Mapping[str, Any], rules: Mapping[str, Process]) -> object:
    """What the definition that an entry names says under `sign` of its step."""
    process = rules.get(body.get("def", ""))
    step = None if process is None else process.transitions.get(body.get("transition", ""))
    return None if step is None else step.model_dump(by_alias=True, include={"sign"})["sign"]


def _read(body: bytes) -> Mapping[str, Any] | None:
    try:
        read = read_canonical(body)
        if not isinstance(read, Mapping):
            return None
        check_leaf(read)
    except AuditInputError:
        return None
    return read
