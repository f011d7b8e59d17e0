"""What every log entry about a case says alike: whose stream, under which definition, by whom."""

from typing import Any

from engine.audit.leaf import EntryType
from engine.machine.actor import Actor, Grant
from engine.machine.instance import Case
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogDraft


def entry_of(
    uow: UnitOfWork,
    case: Case,
    kind: EntryType,
    *,
    actor: Actor,
    grant: Grant | None = None,
    **more: Any,
) -> LogDraft:
    """The draft of an entry in the stream of a case; `more` are further attributes of the draft.

    Without a `grant` the entry names no role: a refused attempt was made in none.
    """
    instance = case.instance
    return LogDraft(
        type=kind,
        stream=f"instance:{instance.id}",
        at=uow.now,
        actor=actor,
        role=None if grant is None else grant.role,
        on_behalf=None if grant is None else grant.on_behalf_of,
        definition=uow.pinned(case).digest,
        instance=instance.id,
        code=instance.code,
        process=instance.process,
        **more,
    )
