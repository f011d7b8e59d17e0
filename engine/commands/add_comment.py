"""Say something about a case, and have the people whom one names told of it.

1. Whoever holds a role today may, but for the auditor from outside, who only reads.
2. A comment does not touch the version of the case: nobody's step goes stale by it. It is said
   about ended cases as well.
3. The entry's payload holds the text, so that the log tells what was said and what was not.
"""

from dataclasses import dataclass
from typing import Final

from engine.audit.leaf import EntryType
from engine.errors import Invalid, Refused
from engine.machine.intent import Notify
from engine.runtime import Caller, OnceKey, Replayed, Runtime
from engine.storage.comments import Comment
from engine.transaction.entries import entry_of
from engine.transaction.notifying import notify
from engine.transaction.texts import kept_text

READS_ONLY: Final = frozenset({"external_auditor"})
MENTIONS_MAX: Final = 20


class OnlyReads(Refused):
    """Who asks may read and nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment:
    """The text, and the people who shall be told of it."""

    caller: Caller
    instance_id: str
    text: str
    mentions: tuple[str, ...] = ()
    key: OnceKey | None = None


def add_comment(runtime: Runtime, request: AddComment) -> Comment | Replayed:
    """Write a comment, with its entry and its messages.

    Raises:
        NotFound: no such case.
        OnlyReads: the caller may only read.
        Invalid: no text, too many or unknown people.
    """
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        case = uow.case(request.instance_id, lock=True)
        if not set(actor.roles) - READS_ONLY:
            raise OnlyReads("reads_only")
        text = kept_text("text", request.text)
        if text is None:
            raise Invalid("comment_empty")
        people = tuple(dict.fromkeys(request.mentions))
        if len(people) > MENTIONS_MAX:
            raise Invalid("mentions_too_many", most=MENTIONS_MAX)
        strange = set(people) - uow.tables.organization.present(people, on=uow.today)
        if strange:
            raise Invalid("mentions_unknown", people=sorted(strange))
        entry = uow.tables.log.append(
            entry_of(
                uow,
                case,
                EntryType.COMMENT_ADDED,
                actor=actor,
                reason=text,
                details={"mentions": list(people)} if people else {},
            )
        )
        comment = Comment(
            id=uow.new_id(),
            entry=entry,
            author=actor.person,
            text=text,
            mentions=people,
            written_at=uow.now,
        )
        uow.tables.comments.add(case.instance.id, comment)
        known = uow.tables.organization.known([actor.person], on=uow.today)
        told = {"name": known[actor.person].name if actor.person in known else actor.person}
        others = tuple(person for person in people if person != actor.person)
        notify(uow, case, Notify(message="mentioned", people=others, params=told))
        uow.remember(request.caller, request.key, comment)
        uow.commit()
        return comment
