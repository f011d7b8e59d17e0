"""The register of document numbers as a page, and the forms by which the records clerk keeps it.

1. Everybody reads, searches, prints and carries it away; the forms are the records clerk's alone.
2. What was cancelled stays in its place with its reason; what is reserved waits there to be filled.
3. A paper of a case is issued from its own page, with its number, its day and its frozen file.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from api.dependencies import Reply, run_once, standing
from api.pages.instances import show_paper
from api.pages.papers import Papers
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, Sent, go, gone, went
from api.problems import problem_of
from engine.commands.issue_document import IssueDocument, issue_document
from engine.commands.keep_register import (
    BeginSeries,
    CancelNumber,
    FillNumber,
    TakeNumber,
    begin_series,
    cancel_number,
    fill_number,
    take_number,
)
from engine.commands.manage_accounts import NotAllowed
from engine.errors import Conflict, Invalid, Refused
from engine.queries.instances import instance_view
from engine.runtime import Replayed
from engine.storage.document_numbers import Place, RegisterFilter
from engine.storage.letterheads import AGENCY
from engine.transaction.numbering import RECORDS_CLERK

router = APIRouter()

HOME: Final = "/documents"
PER_PAGE: Final = 100
KINDS: Final = ("BB", "BC", "CTr", "CV", "GM", "KH", "QĐ", "TB", "TTr")
STATUSES: Final = ("issued", "reserved", "cancelled", "earlier")
QUERIES: Final = ("year", "issuer", "kind", "status", "q")
DONE: Final = frozenset({"taken", "reserved", "filled", "cancelled", "begun"})
LAST_DIGITS: Final = 5


@router.get("/documents")
def register_page(desk: Desked) -> Response:
    """The register, narrowed by the form."""
    done = desk.request.query_params.get("done", "")
    message = None
    if done in DONE:
        number = desk.request.query_params.get("number", "")[:60]
        message = Message(kind="good", text=desk.voice.ui(f"numbers.done_{done}", number=number))
    return _show(desk, message=message)


@router.post("/documents/take")
def take(sent: Posted) -> Response:
    """Take a number for a paper made outside the house, or reserve one."""
    typed = sent.typed
    reserve = typed.text("status") == "reserved"

    def run() -> str:
        request = TakeNumber(
            caller=sent.desk.caller,
            issuer=typed.text("issuer") or AGENCY,
            kind=typed.text("kind"),
            dated=_day(typed.text("dated")),
            status="reserved" if reserve else "issued",
            subject=typed.text("subject"),
            signer=typed.text("signer"),
            recipients=typed.text("recipients"),
            note=typed.text("note"),
        )
        how = _papers(sent.desk).written(
            request.caller, issuer=request.issuer, kind=request.kind, dated=request.dated
        )
        line = _allowed(take_number(sent.desk.house.runtime, request, how))
        return _place("reserved" if reserve else "taken", line.reference)

    return _once(sent, run, open_form="take")


@router.post("/documents/series")
def begin(sent: Posted) -> Response:
    """Let a series go on after the last number that was given before this register."""
    typed = sent.typed

    def run() -> str:
        last = typed.text("last").strip()
        request = BeginSeries(
            caller=sent.desk.caller,
            issuer=typed.text("issuer") or AGENCY,
            kind=typed.text("kind"),
            dated=_day(typed.text("dated")),
            last=int(last) if last.isdecimal() and len(last) <= LAST_DIGITS else 0,
        )
        how = _papers(sent.desk).written(
            request.caller, issuer=request.issuer, kind=request.kind, dated=request.dated
        )
        line = _allowed(begin_series(sent.desk.house.runtime, request, how))
        return _place("begun", line.reference)

    return _once(sent, run, open_form="series")


@router.post("/documents/{line}/fill")
def fill(sent: Posted, line: str) -> Response:
    """Give a reserved number to a paper made outside the house."""
    typed = sent.typed

    def run() -> str:
        request = FillNumber(
            caller=sent.desk.caller,
            line_id=line,
            subject=typed.text("subject"),
            signer=typed.text("signer"),
            recipients=typed.text("recipients"),
        )
        filled = _allowed(fill_number(sent.desk.house.runtime, request))
        return _place("filled", filled.reference)

    return _once(sent, run)


@router.post("/documents/{line}/cancel")
def cancel(sent: Posted, line: str) -> Response:
    """Cancel a number; it stays, with the reason."""
    typed = sent.typed

    def run() -> str:
        request = CancelNumber(caller=sent.desk.caller, line_id=line, reason=typed.text("reason"))
        cancelled = _allowed(cancel_number(sent.desk.house.runtime, request))
        return _place("cancelled", cancelled.reference)

    return _once(sent, run)


@router.post("/instances/{instance_id}/documents/{name}/issue")
def issue(sent: Posted, instance_id: str, name: str) -> Response:
    """Issue a paper of a case; back on its page stand its number and its day."""
    desk, typed = sent.desk, sent.typed
    address = f"/instances/{instance_id}/documents/{name}"
    instance_view(desk.house.runtime, desk.caller, instance_id).document(name)

    def run() -> str:
        reserved = typed.text("reserved") or None
        request = IssueDocument(
            caller=desk.caller,
            instance_id=instance_id,
            document=name,
            dated=None if reserved else _day(typed.text("dated")),
            reserved=reserved,
            evidence=typed.text("evidence") or None,
            note=typed.text("note"),
        )
        make = _papers(desk).maker(desk.caller, instance_id, name, request.language)
        _allowed(issue_document(desk.house.runtime, request, make))
        return f"{address}?done=issued"

    try:
        return _carried_out(sent, run, address)
    except (Invalid, Conflict, Refused) as error:
        status = 403 if isinstance(error, Refused) else problem_of(error).status
        fault = desk.voice.error(error).text
        return show_paper(desk, instance_id, name, fault=fault, status=status)


def _once(sent: Sent, run: Callable[[], str], *, open_form: str = "") -> Response:
    """Carry out a form once; where the answer is no, the register comes back with the reason."""
    try:
        return _carried_out(sent, run, HOME)
    except (Invalid, Conflict, Refused) as error:
        status = 403 if isinstance(error, Refused) else problem_of(error).status
        message = sent.desk.voice.error(error)
        return _show(sent.desk, status=status, message=message, sent=sent, open_form=open_form)


def _carried_out(sent: Sent, run: Callable[[], str], otherwise: str) -> Response:
    desk = sent.desk
    place: list[str] = []

    def carried_out() -> Reply:
        place.append(run())
        return gone(place[0])

    once = sent.once(lambda reply: reply)
    outcome = run_once(desk.house.runtime, desk.caller, once, carried_out)
    if isinstance(outcome, Replayed):
        return go(went(outcome) or otherwise)
    return go(place[0])


def _allowed(outcome: Any) -> Any:
    """The outcome; a refusal becomes the error that the page tells.

    Raises:
        Refused: whoever asks does not keep the register.
    """
    if isinstance(outcome, NotAllowed):
        raise Refused("role_missing", roles=[RECORDS_CLERK])
    return outcome


def _show(
    desk: Desk,
    *,
    status: int = 200,
    message: Message | None = None,
    sent: Sent | None = None,
    open_form: str = "",
) -> Response:
    query = {name: desk.request.query_params.get(name, "").strip()[:200] for name in QUERIES}
    with standing(desk.house, desk.caller) as (uow, _):
        years = uow.tables.documents.years()
        heads = uow.tables.letterheads.in_force(uow.today)
        title = uow.organization.title
        if "year" not in desk.request.query_params:
            query["year"] = str(uow.today.year)
        found = uow.tables.documents.read(
            _filter(query), after=_after(desk.request.query_params), limit=PER_PAGE + 1
        )
    issuers = {AGENCY: title, **{name: one.name or title for name, one in heads.items()}}
    shown = found[:PER_PAGE]
    sheet = urlencode({name: value for name, value in query.items() if value})
    return desk.page(
        "register/list.html",
        block="results",
        status=status,
        message=message,
        asked=query,
        lines=shown,
        next=_next(query, shown[-1]) if len(found) > PER_PAGE else None,
        sheet=sheet,
        years=sorted({*years, desk.visit.today.year}, reverse=True),
        issuers=issuers,
        kinds=KINDS,
        statuses=STATUSES,
        keeps=RECORDS_CLERK in desk.visit.roles,
        typed=None if sent is None else sent.typed,
        open_form=open_form,
        people=dict(desk.choices.people),
    )


def _filter(query: dict[str, str]) -> RegisterFilter:
    year = query["year"]
    return RegisterFilter(
        year=int(year) if year.isdecimal() and len(year) == len("2026") else None,
        issuer=query["issuer"] or None,
        kind=query["kind"] or None,
        status=query["status"] if query["status"] in STATUSES else None,
        text=query["q"].replace("\x00", "") or None,
    )


def _after(params: Any) -> Place | None:
    """Where the next page begins; an address that somebody bent begins anew."""
    parts = params.get("after", "").split("~")
    if len(parts) != len(("year", "issuer", "series", "number")):
        return None
    year, issuer, series, number = parts
    if not (year.isdecimal() and number.isdecimal() and len(number) <= LAST_DIGITS + 4):
        return None
    return (int(year[:4]), issuer, series, int(number))


def _next(query: dict[str, str], last: Any) -> str:
    told = {name: value for name, value in query.items() if value}
    told["after"] = f"{last.year}~{last.issuer}~{last.series}~{last.number}"
    return f"{HOME}?{urlencode(told)}"


def _place(done: str, number: str) -> str:
    return f"{HOME}?{urlencode({'done': done, 'number': number})}"


def _papers(desk: Desk) -> Papers:
    return Papers(desk.house, desk.renderer)


def _day(typed: str) -> date:
    """The day that was typed.

    Raises:
        Invalid: it is none.
    """
    try:
        return date.fromisoformat(typed)
    except ValueError as fault:
        faults = [{"field": "day", "code": "not_date", "params": {}}]
        raise Invalid("wrong_values", faults=faults) from fault
