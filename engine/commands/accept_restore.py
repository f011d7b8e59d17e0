"""Take a log up again after the database was restored from a backup: openly, under a new name.

1. What was published cannot be taken back, so a database that lacks some of it may not go on under
   the same name. It goes on as the next generation, `…/g2`, whose tree holds every entry that the
   restored database has, and then an entry that says so.
2. That entry, `log_restored`, quotes the last checkpoint of the former generation, by size and root
   in its leaf and word for word beside it, with the person who answers for it and the reason.
3. Where nothing is wrong, nothing may be begun anew. The files of former generations stay.
"""

from dataclasses import dataclass

from engine.audit.leaf import EntryType
from engine.commands.publish_log import PublishedNowhere
from engine.errors import Conflict, Invalid
from engine.machine.actor import SYSTEM, Actor
from engine.runtime import Departed, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.transaction.publishing import LOG_STREAM, Standing, origin_of, standing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRestore:
    """How a log goes on.

    Attributes:
        origin: its name from now on.
        former: its name until now.
        size: how many entries the restored database has, the new one included.
        published: how many the former generation had published; None where its checkpoint is gone
            or cannot be opened.
    """

    origin: str
    former: str
    size: int
    published: int | None


def accept_restore(
    runtime: Runtime, organization_id: str, *, person: str | None, reason: str
) -> AcceptedRestore:
    """Begin the next generation of a log whose database is not what was published.

    Args:
        runtime: the house.
        organization_id: whose log.
        person: who answers for it; None for a demonstration that was loaded anew.
        reason: what happened, in words.

    Raises:
        Conflict: `log_not_restored`: the database holds all that was published.
        Invalid: `reason_missing`.
        Departed: the person does not work here today.
        PublishedNowhere: the runtime publishes nothing.
        OSError: the published files cannot be reached.
    """
    publishing = runtime.publishing
    if publishing is None:
        raise PublishedNowhere
    if not reason.strip():
        raise Invalid("reason_missing")
    with runtime.write(organization_id) as uow:
        uow.tables.log.lock()
        standing = standing_of(uow, publishing)
        if standing.serves:
            raise Conflict("log_not_restored", **standing.told())
        actor = _actor(uow, person)
        known = {origin.generation for origin in uow.tables.publications.origins()}
        # The standing is that of the newest generation there is.
        generation = standing.origin.generation + 1
        origin = origin_of(uow, publishing, generation).origin
        if standing.origin.generation not in known:
            # The database does not know of it: it was restored from before, or is a new one.
            former = standing.origin
            uow.tables.publications.begin(former.generation, former.origin, at=uow.now)
            uow.tables.publications.mark_published(former.generation)
        uow.tables.publications.begin(generation, origin, at=uow.now)
        uow.tables.publications.forget()
        idx = uow.tables.log.append(_entry(uow, standing, origin, actor=actor, reason=reason))
        uow.commit()
    return AcceptedRestore(
        origin=origin,
        former=standing.origin.origin,
        size=idx + 1,
        published=None if standing.checkpoint is None else standing.checkpoint.size,
    )


def _actor(uow: UnitOfWork, person: str | None) -> Actor:
    if person is None:
        return SYSTEM
    actor = uow.tables.organization.actor(person, on=uow.today)
    if actor is None:
        raise Departed("person_left", person=person)
    return actor


def _entry(
    uow: UnitOfWork, standing: Standing, origin: str, *, actor: Actor, reason: str
) -> LogDraft:
    checkpoint = standing.checkpoint
    return LogDraft(
        type=EntryType.LOG_RESTORED,
        stream=LOG_STREAM,
        at=uow.now,
        actor=actor,
        subject=None
        if checkpoint is None
        else f"checkpoint:{checkpoint.size}:{checkpoint.root.hex()}",
        flags=(standing.stand.value,),
        reason=reason,
        details={
            "origin": origin,
            "former": standing.origin.origin,
            "found_size": standing.size,
            "note": None if standing.note is None else standing.note.decode("utf-8", "replace"),
        },
    )
