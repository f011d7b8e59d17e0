"""The signatures of a case, as its log tells them: who, when, what for, and how strongly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.audit.leaf import EntryType, Outcome
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
