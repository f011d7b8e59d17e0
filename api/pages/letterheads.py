"""What stands around the papers of each issuer: to read for everybody, to set for administrators.

1. A letterhead is set from a day on, by one form; those before it stay.
2. A form begins from what holds today, and has two empty rows for further signers; a row without a
   title is left out.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Response

from api.dependencies import Reply, run_once, standing
from api.pages.forms import Typed
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, go, gone, went
from api.problems import problem_of
from engine.commands.manage_accounts import NotAllowed
from engine.commands.set_letterhead import set_letterhead
from engine.errors import Invalid, Refused
from engine.runtime import Replayed
from engine.storage.letterheads import AGENCY, Letterhead, Signer

router = APIRouter(prefix="/admin/letterheads")

HOME: Final = "/admin/letterheads"
MORE_SIGNERS: Final = 2
SIGNERS: Final = 40


@router.get("")
def letterheads_page(desk: Desked) -> Response:
    """The letterheads of today."""
    done = desk.request.query_params.get("done") == "letterhead"
    message = Message(kind="good", text=desk.voice.ui("done.letterhead")) if done else None
    return _show(desk, message=message)


@router.post("")
def set_one(sent: Posted) -> Response:
    """Set the letterhead of an issuer from a day on."""
    desk = sent.desk

    def carried_out() -> Reply:
        outcome = set_letterhead(desk.house.runtime, desk.caller, _letterhead(sent.typed))
        if isinstance(outcome, NotAllowed):
            raise Refused("role_missing", roles=["administrator"])
        return gone(f"{HOME}?done=letterhead")

    try:
        once = sent.once(lambda reply: reply)
        outcome = run_once(desk.house.runtime, desk.caller, once, carried_out)
    except (Invalid, Refused) as error:
        status = 403 if isinstance(error, Refused) else problem_of(error).status
        return _show(desk, status=status, message=desk.voice.error(error))
    return go(
        (went(outcome) if isinstance(outcome, Replayed) else None) or f"{HOME}?done=letterhead"
    )


def _show(desk: Desk, *, status: int = 200, message: Message | None = None) -> Response:
    with standing(desk.house, desk.caller) as (uow, _):
        found = uow.tables.letterheads.in_force(uow.today)
        title = uow.organization.title
    blank = {"vi": "", "en": ""}
    agency = Letterhead(
        issuer=AGENCY, place=blank, symbol="", filing="", valid_from=desk.visit.today
    )
    codes = desk.house.words.codes(desk.visit.language)
    roles = sorted(code.removeprefix("role.") for code in codes if code.startswith("role."))
    return desk.page(
        "admin/letterheads.html",
        status=status,
        message=message,
        administrator=desk.is_administrator,
        organization=title,
        letterheads=[found[one] for one in sorted(found)] or [agency],
        roles=[(role, desk.voice.roles((role,))) for role in roles],
        blank=blank,
        more=range(MORE_SIGNERS),
    )


def _letterhead(typed: Typed) -> Letterhead:
    """What the form says.

    Raises:
        Invalid: its day is no day.
    """
    try:
        first = date.fromisoformat(typed.text("valid_from"))
    except ValueError as fault:
        faults = [{"field": "day", "code": "not_date", "params": {}}]
        raise Invalid("wrong_values", faults=faults) from fault
    return Letterhead(
        issuer=typed.text("issuer").strip(),
        name=_words(typed, "name"),
        parent=_words(typed, "parent"),
        place=_words(typed, "place") or {},
        symbol=typed.text("symbol").strip(),
        drafter=typed.text("drafter").strip(),
        filing=typed.text("filing").strip(),
        signers=tuple(_signers(typed)),
        together=typed.text("together") == "yes",
        valid_from=first,
    )


def _signers(typed: Typed) -> Iterator[Signer]:
    for nth in range(SIGNERS):
        title = _words(typed, f"office-{nth}")
        if title is not None:
            authority = _words(typed, f"authority-{nth}")
            yield Signer(role=typed.text(f"role-{nth}"), title=title, authority=authority)


def _words(typed: Typed, name: str) -> dict[str, Any] | None:
    """What was typed in both languages; None where nothing was."""
    told = {language: typed.text(f"{name}-{language}").strip() for language in ("vi", "en")}
    return told if any(told.values()) else None
