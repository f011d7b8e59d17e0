"""Give somebody a dated qualification that a case has earned them.

It is a fact about a person, so its entry stands in the stream of the organisation, as grants do;
the entry names the case that it came from.
"""

from engine.audit.leaf import EntryType
from engine.machine.actor import Actor, Grant
from engine.machine.instance import Case
from engine.machine.intent import Qualify
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogDraft


def qualify(uow: UnitOfWork, case: Case, intent: Qualify, *, actor: Actor, grant: Grant) -> None:
    """Write the qualification and its entry; an older one of the same kind stays as it is."""
    uow.tables.organization.add(
        "qualifications",
        id=uow.new_id(),
        person=intent.person,
        kind=intent.kind,
        evidence_vi=intent.evidence["vi"],
        evidence_en=intent.evidence["en"],
        valid_from=intent.valid_from,
        valid_to=intent.valid_to,
    )
    last = {} if intent.valid_to is None else {"valid_to": intent.valid_to.isoformat()}
    uow.tables.log.append(
        LogDraft(
            type=EntryType.ORGANIZATION_CHANGED,
            stream="organization",
            at=uow.now,
            actor=actor,
            role=grant.role,
            on_behalf=grant.on_behalf_of,
            subject=intent.person,
            instance=case.instance.id,
            code=case.instance.code,
            process=case.instance.process,
            details={
                "change": "qualified",
                "kind": intent.kind,
                "evidence": dict(intent.evidence),
                "valid_from": intent.valid_from.isoformat(),
                **last,
            },
        )
    )
