"""Units, people, roles, tokens, the calendar: to read for everybody, to write for administrators.

1. Everything is dated; nothing is overwritten; each form is one command, and a second click on it
   the same one.
2. The secret of a token is shown once, on the page that answers its form.
3. Everybody makes and ends tokens of their own, and lends roles of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from fastapi import APIRouter, Response

from api.collation import alphabetical, by_given_name
from api.dependencies import Reply, run_once, standing
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, Sent, go, gone, went
from api.problems import problem_of
from engine.calendars.edition import unannounced
from engine.commands.manage_accounts import NotAllowed, make_token, revoke_token
from engine.commands.manage_organization import (
    NewDelegation,
    NewGrant,
    add_delegation,
    add_grant,
    end_grant,
)
from engine.commands.move_clock import move_clock
from engine.errors import Conflict, Invalid, NotFound, Refused
from engine.machine.decision import Unmet
from engine.runtime import Replayed

router = APIRouter()

WITHOUT_LOGIN: Final = frozenset({"system", "api_client"})
TOKEN_NAME_LENGTH: Final = 80
DONE: Final = frozenset({"granted", "ended", "lent", "revoked", "clock"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody with unit, roles and qualifications, in words."""

    name: str
    unit: str
    roles: tuple[str, ...]
    qualifications: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """A role that is held, in words."""

    id: str
    person: str
    role: str
    unit: str
    first: date
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit with the one above it."""

    id: str
    title: str
    parent: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token that is alive; its secret is nowhere."""

    id: str
    name: str
    person: str
    scopes: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    mine: bool


@router.get("/admin")
def admin_page(desk: Desked) -> Response:
    """The organisation as it is today."""
    done = desk.request.query_params.get("done", "")
    message = Message(kind="good", text=desk.voice.ui(f"done.{done}")) if done in DONE else None
    return _show(desk, message=message)


@router.post("/admin/grants")
def grant(sent: Posted) -> Response:
    """Give somebody a role."""
    desk, typed = sent.desk, sent.typed

    def run() -> Any:
        wanted = NewGrant(
            person=typed.text("person"),
            role=_role(desk, typed.text("role")),
            unit=typed.text("unit") or None,
            valid_from=_day(typed.text("from")),
            valid_to=_day_or_none(typed.text("to")),
        )
        return add_grant(desk.house.runtime, desk.caller, wanted)

    return _run(sent, run, done="granted", anchor="grants")


@router.post("/admin/grants/{grant_id}/end")
def end(sent: Posted, grant_id: str) -> Response:
    """Let a role end."""
    desk = sent.desk

    def run() -> Any:
        last_day = _day(sent.typed.text("last_day"))
        return end_grant(desk.house.runtime, desk.caller, grant_id, last_day)

    return _run(sent, run, done="ended", anchor="grants")


@router.post("/admin/delegations")
def delegate(sent: Posted) -> Response:
    """Lend a role for a time, by a document."""
    desk, typed = sent.desk, sent.typed

    def run() -> Any:
        wanted = NewDelegation(
            giver=typed.text("giver") or desk.caller.person,
            deputy=typed.text("deputy"),
            role=_role(desk, typed.text("role")),
            document=typed.text("document"),
            valid_from=_day(typed.text("from")),
            valid_to=_day_or_none(typed.text("to")),
        )
        return add_delegation(desk.house.runtime, desk.caller, wanted)

    return _run(sent, run, done="lent", anchor="delegations")


@router.post("/admin/tokens")
def new_token(sent: Posted) -> Response:
    """Make a token of one's own; its secret stands on the page that answers, and nowhere else."""
    desk, typed = sent.desk, sent.typed
    try:
        last = _day_or_none(typed.text("expires"))
        made = make_token(
            desk.house.runtime,
            desk.caller.organization_id,
            person=desk.caller.person,
            name=typed.text("name").strip()[:TOKEN_NAME_LENGTH] or desk.voice.ui("tokens.unnamed"),
            expires_at=None if last is None else _end_of(last, desk),
            by=desk.caller.person,
        )
    except Invalid as error:
        return _show(desk, status=422, message=desk.voice.error(error))
    return _show(desk, status=201, secret=made.secret)


@router.post("/admin/tokens/{token_id}/revoke")
def revoke(sent: Posted, token_id: str) -> Response:
    """End a token."""
    desk = sent.desk
    return _run(
        sent,
        lambda: revoke_token(desk.house.runtime, desk.caller, token_id),
        done="revoked",
        anchor="tokens",
    )


@router.post("/admin/clock")
def clock(sent: Posted) -> Response:
    """Move the clock of a demonstration forward."""
    desk = sent.desk

    def run() -> Any:
        to = _instant(sent.typed.text("to"), desk)
        return move_clock(desk.house.runtime, desk.caller, to, clock=desk.house.clock)

    return _run(sent, run, done="clock", anchor="clock")


def _run(sent: Sent, run: Callable[[], Any], *, done: str, anchor: str) -> Response:
    """Carry out one form, once however often it is sent: go on, or show what stood in the way."""
    desk = sent.desk

    def carried_out() -> Reply:
        outcome = run()
        if isinstance(outcome, NotAllowed):
            raise NotYours(outcome)
        return gone(f"/admin?done={done}#{anchor}")

    once = sent.once(lambda reply: reply)
    try:
        outcome = run_once(desk.house.runtime, desk.caller, once, carried_out)
    except NotYours as error:
        text = " ".join(_said(desk, unmet) for unmet in error.outcome.refused.unmet)
        return _show(desk, status=403, message=Message(kind="bad", text=text))
    except (Invalid, NotFound, Conflict) as error:
        status = 422 if isinstance(error, NotFound) else problem_of(error).status
        return _show(desk, status=status, message=desk.voice.error(error))
    address = went(outcome) if isinstance(outcome, Replayed) else outcome.headers["Location"]
    return go(address or "/admin")


class NotYours(Refused):
    """Who is no administrator may not do it."""

    def __init__(self, outcome: NotAllowed) -> None:
        super().__init__("forbidden")
        self.outcome = outcome


def _show(
    desk: Desk, *, status: int = 200, message: Message | None = None, secret: str = ""
) -> Response:
    voice = desk.voice
    with standing(desk.house, desk.caller) as (uow, _actor):
        people = uow.tables.organization.people(uow.today)
        units = uow.tables.organization.units(uow.today)
        grants = uow.tables.organization.grants(uow.today)
        edition = uow.tables.calendars.edition()
        tokens = uow.accounts.tokens_of(desk.caller.organization_id)
        today = uow.today
    held: dict[str, list[str]] = {}
    at_home = {person.id: person.unit for person in people}
    for row in grants:
        own = row["unit"] == at_home.get(row["person"])
        words = voice.roles((row["role"],)) if own else _role_words(desk, row)
        held.setdefault(row["person"], []).append(words)
    return desk.page(
        "admin/view.html",
        status=status,
        message=message,
        secret=secret,
        administrator=desk.is_administrator,
        movable=desk.house.clock is not None and desk.visit.demonstration,
        units=[
            UnitRow(
                id=unit.id,
                title=voice.title(unit.title),
                parent=voice.unit(unit.parent) if unit.parent else "",
                people=sum(person.unit == unit.id for person in people),
            )
            for unit in sorted(units, key=lambda one: alphabetical(voice.title(one.title)))
        ],
        people=[
            PersonRow(
                name=person.name,
                unit=voice.unit(person.unit) if person.unit else "",
                roles=tuple(held.get(person.id, ())),
                qualifications=tuple(
                    voice.roles((kind,)) for kind in sorted(person.qualifications)
                ),
            )
            for person in sorted(people, key=lambda one: by_given_name(one.name))
        ],
        grants=[
            GrantRow(
                id=row["id"],
                person=voice.person(row["person"]),
                role=voice.roles((row["role"],)),
                unit=voice.unit(row["unit"]),
                first=row["valid_from"],
                last=row["valid_to"],
            )
            for row in grants
        ],
        days=sum(row.day.date.year >= today.year for row in edition.days),
        unannounced=unannounced(edition, today),
        tokens=[
            TokenRow(
                id=token.id,
                name=token.name,
                person=voice.person(token.person),
                scopes=", ".join(sorted(token.scopes)),
                created_at=token.created_at,
                expires_at=token.expires_at,
                used_at=token.used_at,
                mine=token.person == desk.caller.person,
            )
            for token in tokens
            if desk.is_administrator or token.person == desk.caller.person
        ],
        roles=[(role, voice.roles((role,))) for role in _roles(desk)],
        my_roles=[(role, voice.roles((role,))) for role in desk.visit.roles],
        everybody=desk.choices.people,
        everywhere=desk.choices.units,
    )


def _roles(desk: Desk) -> list[str]:
    """Every role that somebody may hold."""
    codes = desk.house.words.codes(desk.visit.language)
    found = (code.removeprefix("role.") for code in codes if code.startswith("role."))
    return sorted(role for role in found if role not in WITHOUT_LOGIN)


def _role(desk: Desk, role: str) -> str:
    if role not in _roles(desk):
        raise Invalid("unknown_role", role=role)
    return role


def _role_words(desk: Desk, row: dict[str, Any]) -> str:
    role = desk.voice.roles((row["role"],))
    return role if row["unit"] is None else f"{role} ({desk.voice.unit(row['unit'])})"


def _said(desk: Desk, unmet: Unmet) -> str:
    params = {**unmet.params, "who_can": unmet.who_can, "subject": unmet.subject or ""}
    return desk.house.words.say(f"unmet.{unmet.code.value}", params, desk.visit.language)


def _day(text: str) -> date:
    found = _day_or_none(text)
    if found is None:
        raise Invalid("wrong_values", faults=[{"field": "day", "code": "not_date", "params": {}}])
    return found


def _day_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Invalid(
            "wrong_values", faults=[{"field": "day", "code": "not_date", "params": {}}]
        ) from None


def _end_of(day: date, desk: Desk) -> datetime:
    """The instant at which a day of the organisation is over."""
    return datetime.combine(day + timedelta(days=1), time(), desk.visit.zone).astimezone(UTC)


def _instant(text: str, desk: Desk) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=desk.visit.zone).astimezone(UTC)
    except ValueError:
        raise Invalid(
            "wrong_values", faults=[{"field": "day", "code": "not_date", "params": {}}]
        ) from None
