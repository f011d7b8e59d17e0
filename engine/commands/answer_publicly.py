"""A row from somebody without an account, through a link: judged, written and logged as any other.

1. The link acts, in the role `system`: no person stands behind the row or its entry, and nothing of
   who sent it is taken down, neither address nor browser.
2. The link fills its own column; whoever writes it into the form all the same is refused.
3. What does not fit is told and not logged: the log only grows, and anybody may send anything.
4. A form counts once, whatever happens to its answer: its key is kept for a week.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.commands.change_record import Changed, ChangeRow, change_row
from engine.definition.values import read_values
from engine.errors import Conflict
from engine.queries.public_forms import actor_of, digest_of_secret, open_case
from engine.runtime import Caller, OnceKey, Replayed, Runtime
from engine.storage.public_links import PublicLink


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAnswer:
    """What somebody sent; `values` as JSON has them."""

    secret: str
    values: Mapping[str, Any]
    key: OnceKey | None = None


class TakenEnough(Conflict):
    """The link has taken all that it takes on a day."""


def answer_publicly(runtime: Runtime, request: PublicAnswer) -> Changed | Replayed | None:
    """Write the row; None: the link is wrong, was withdrawn, or its form is closed.

    Raises:
        WrongValues: with every fault of every column.
        TakenEnough: the link takes nothing more today.
        Conflict: the same form was sent with other values.
    """
    found = runtime.public_link(digest_of_secret(request.secret))
    return None if found is None else _write(runtime, found, request)


def _write(runtime: Runtime, found: PublicLink, request: PublicAnswer) -> Changed | Replayed | None:
    caller = Caller(organization_id=found.organization_id, person=found.actor)
    with runtime.write(found.organization_id) as uow:
        replayed = uow.replay(caller, request.key)
        if replayed is not None:
            return replayed
        case = open_case(uow, found, lock=True)
        # Read again under the lock of the case, under which it is withdrawn and counted.
        link = uow.tables.public_links.get(found.id)
        if case is None or link is None or link.withdrawn_at is not None:
            return None
        if link.is_full(uow.today):
            raise TakenEnough("public_form_full")
        columns = uow.pinned(case).process.records[link.record_set].columns
        asked = {name: spec for name, spec in columns.items() if name not in link.given}
        read_values(asked, {**request.values}, partial=False)
        change = ChangeRow(
            caller=caller,
            instance_id=link.instance_id,
            record_set=link.record_set,
            values={**request.values, **link.given},
        )
        written = change_row(uow, case, change, actor=actor_of(link))
        if not isinstance(written, Changed):
            # It was closed between the two looks; a refusal of nobody is no entry (rule 3).
            return None
        uow.tables.public_links.count(link.id, on=uow.today)
        uow.remember(caller, request.key, written)
        uow.commit()
        return written
