"""Links to public forms: made and withdrawn by who keeps the form, and every change written down.

1. A link is for one record set of one case; the process says which sets may be offered, by whom.
2. Its secret is 192 random bits, shown once; the database has its digest.
3. It ends by itself: nothing comes through it once the definition lets no such row be written.
4. Only while the case is in a state in which such rows are written may a link be made.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import NotAllowed
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.actor import Actor
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.machine.instance import Case
from engine.machine.registry import PublicForm
from engine.queries.public_forms import digest_of_secret, form_of, open_case
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.public_links import PublicLink

MOST_PER_DAY: Final = 10_000
USUAL_PER_DAY: Final = 500
SECRET_BYTES: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPublicLink:
    """A link that is to be made.

    Attributes:
        kind: by which way answers come: a choice of the column that the link fills.
        most_per_day: rows that it takes on one day.
    """

    instance_id: str
    record_set: str
    kind: str
    most_per_day: int = USUAL_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePublicLink:
    """A link, and its secret for this once."""

    link: PublicLink
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedForm:
    """A record set that the caller may offer to the public, with its links.

    Attributes:
        kinds: by which ways answers may come.
        running: a link may be made now.
        links: the newest first, each with whether anything may come through it now.
    """

    record_set: str
    by_link: str
    kinds: tuple[str, ...]
    running: bool
    links: tuple[tuple[PublicLink, bool], ...]


class FormClosed(Conflict):
    """Nobody may fill the form in the present state of its case."""


def make_public_link(
    runtime: Runtime, caller: Caller, wanted: NewPublicLink
) -> MadePublicLink | NotAllowed:
    """Make a link.

    Raises:
        NotFound: no such case, or its record set is not offered to the public.
        Invalid: no such way for answers to come, or no sensible count a day.
        FormClosed: the case is not where such rows are written.
    """
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        case = uow.case(wanted.instance_id, lock=True)
        form = form_of(uow, case, wanted.record_set)
        refused = _refused(actor, form.keepers)
        if refused is not None:
            return refused
        if wanted.kind not in form.kinds:
            raise Invalid("public_link_kind_wrong", kinds=list(form.kinds))
        if not 1 <= wanted.most_per_day <= MOST_PER_DAY:
            raise Invalid("public_link_count_wrong", most=MOST_PER_DAY)
        if not _is_running(uow, case, wanted.record_set):
            raise FormClosed("public_form_closed")
        secret = secrets.token_urlsafe(SECRET_BYTES)
        link = PublicLink(
            organization_id=caller.organization_id,
            id=uow.new_id(),
            secret_digest=digest_of_secret(secret),
            instance_id=case.instance.id,
            record_set=wanted.record_set,
            given={form.by_link: wanted.kind},
            most_per_day=wanted.most_per_day,
            made_by=caller.person,
            made_at=uow.now,
        )
        uow.tables.public_links.add(link)
        told = {"kind": wanted.kind, "most_per_day": wanted.most_per_day}
        _log(uow, case, link, actor, {"change": "public_link_made", **told})
        uow.commit()
        return MadePublicLink(link=link, secret=secret)


def withdraw_public_link(
    runtime: Runtime, caller: Caller, instance_id: str, link_id: str
) -> NotAllowed | None:
    """Withdraw a link at once; one that was withdrawn stays so.

    Raises:
        NotFound: this case has no such link.
    """
    with runtime.write(caller.organization_id) as uow:
        actor = uow.actor(caller)
        case = uow.case(instance_id, lock=True)
        link = uow.tables.public_links.get(link_id)
        if link is None or link.instance_id != case.instance.id:
            raise NotFound("unknown_public_link", link=link_id)
        refused = _refused(actor, form_of(uow, case, link.record_set).keepers)
        if refused is not None:
            return refused
        if link.withdrawn_at is None:
            uow.tables.public_links.withdraw(link_id, at=uow.now)
            _log(uow, case, link, actor, {"change": "public_link_withdrawn"})
            uow.commit()
        return None


def offered_forms(
    runtime: Runtime, caller: Caller, instance_id: str
) -> tuple[OfferedForm, ...] | NotAllowed:
    """The forms of a case that the caller keeps, with their links; none where none is offered.

    Raises:
        NotFound: no such case.
    """
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        case = uow.case(instance_id)
        forms = _forms(uow, case)
        kept = {name: form for name, form in forms.items() if actor.roles & set(form.keepers)}
        if forms and not kept:
            return _not_allowed({role for form in forms.values() for role in form.keepers})
        links = uow.tables.public_links.of_instance(case.instance.id)
        return tuple(
            OfferedForm(
                record_set=name,
                by_link=form.by_link,
                kinds=form.kinds,
                running=_is_running(uow, case, name),
                links=tuple(
                    (link, open_case(uow, link, lock=False) is not None)
                    for link in links
                    if link.record_set == name
                ),
            )
            for name, form in kept.items()
        )


def _forms(uow: UnitOfWork, case: Case) -> dict[str, PublicForm]:
    found: dict[str, PublicForm] = {}
    for process, record_set in uow.tables.registry.public_forms:
        if process != case.instance.process:
            continue
        try:
            found[record_set] = form_of(uow, case, record_set)
        except NotFound:
            # The version to which the case is pinned does not offer it.
            continue
    return found


def _is_running(uow: UnitOfWork, case: Case, record_set: str) -> bool:
    return case.instance.state in uow.pinned(case).process.records[record_set].edit_in


def _refused(actor: Actor, keepers: Collection[str]) -> NotAllowed | None:
    return None if actor.roles & set(keepers) else _not_allowed(keepers)


def _not_allowed(keepers: Collection[str]) -> NotAllowed:
    known = sorted(keepers)
    unmet = Unmet(UnmetCode.ROLE, params={"roles": known}, who_can=tuple(known), waivable=False)
    return NotAllowed(refused=Refused((unmet,)))


def _log(
    uow: UnitOfWork, case: Case, link: PublicLink, actor: Actor, details: dict[str, Any]
) -> None:
    """Write it down in the stream of the link; the entry names the case."""
    uow.tables.log.append(
        LogDraft(
            type=EntryType.TOKEN_CHANGED,
            stream=f"account:link-{link.id}",
            at=uow.now,
            actor=actor,
            subject=link.id,
            instance=case.instance.id,
            code=case.instance.code,
            process=case.instance.process,
            details=details,
        )
    )
