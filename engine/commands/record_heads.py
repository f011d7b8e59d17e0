"""Write down, once a night, the newest entry of every stream under one root.

Whoever is later given the entries of a single case can ask for the proof of its head, and sees
whether the newest of them were withheld. A log to which nothing was added says nothing again.
"""

from engine.audit.heads import Heads, heads_of
from engine.audit.leaf import EntryType
from engine.machine.actor import SYSTEM
from engine.runtime import Runtime
from engine.storage.audit_log import LogDraft
from engine.transaction.publishing import LOG_STREAM


def record_heads(runtime: Runtime, organization_id: str) -> Heads | None:
    """Record the heads of one organisation's log; None where nothing is new since the last time."""
    with runtime.write(organization_id) as uow:
        # Under the lock on the head: the entry speaks of every entry before itself.
        uow.tables.log.lock()
        if uow.tables.publications.newest_type() in {None, EntryType.HEADS_RECORDED.value}:
            return None
        heads = heads_of(uow.tables.publications.heads())
        uow.tables.log.append(
            LogDraft(
                type=EntryType.HEADS_RECORDED,
                stream=LOG_STREAM,
                at=uow.now,
                actor=SYSTEM,
                subject=heads.subject(),
            )
        )
        uow.commit()
        return heads
