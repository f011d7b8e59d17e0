"""What people said about a case, with their names, the newest first."""

from dataclasses import dataclass

from engine.runtime import Caller, Runtime
from engine.storage.comments import Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """A comment with the names of its author and of those whom it names."""

    comment: Comment
    author: str
    mentions: tuple[str, ...]


def comments_on(
    runtime: Runtime, caller: Caller, instance_id: str, *, before: int | None = None, limit: int
) -> tuple[CommentView, ...]:
    """Comments on a case, older than an entry.

    Raises:
        NotFound: no such case.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        uow.case(instance_id)
        found = uow.tables.comments.of(instance_id, before=before, limit=limit)
        people = {one.author for one in found} | {who for one in found for who in one.mentions}
        known = uow.tables.organization.known(people, on=uow.today)
    names = {person: known[person].name if person in known else person for person in people}
    return tuple(
        CommentView(
            comment=one,
            author=names[one.author],
            mentions=tuple(names[person] for person in one.mentions),
        )
        for one in found
    )
