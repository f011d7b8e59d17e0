"""Rows of a record set: a page for one row, made for a phone in an office that is being audited.

1. `save and go on to the next` walks through a checklist without going back to the table.
2. The row's own version goes with the form; who comes too late sees the row as it is now, with what
   was typed still in the form.
3. A row is retired, never deleted: the log keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Response

from api.dependencies import Reply
from api.pages.forms import Typed, values_of
from api.pages.instance_page import origin_address, row_entries, table_of, with_rows
from api.pages.instances import faults_of
from api.pages.showing import Message, Voice
from api.pages.visiting import Desk, Desked, Posted, Sent, go, gone, went
from api.problems import problem_of
from engine.commands.change_record import Changed, ChangeRow, NotChanged, change_record
from engine.definition.model import Text
from engine.definition.values import to_json
from engine.errors import Conflict, Invalid, NotFound
from engine.machine.instance import Row
from engine.queries.instances import InstanceView, RecordTable, instance_view
from engine.queries.origins import case_line
from engine.runtime import Replayed

router = APIRouter()

VERSION_DIGITS: Final = 9
PLACE_DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a row stands: its case, its table, and itself when it is there already."""

    view: InstanceView
    table: RecordTable
    row: Row | None

    @property
    def address(self) -> str:
        """The table on the page of its case."""
        return f"/instances/{self.view.summary.id}#set-{self.table.name}"

    @property
    def following(self) -> str:
        """The id of the row after this one; empty at the end."""
        ids = [row.id for row in self.table.rows]
        if self.row is None or self.row.id == ids[-1]:
            return ""
        return ids[ids.index(self.row.id) + 1]


@router.get("/instances/{instance_id}/records/{record_set}/new")
def new_row_page(desk: Desked, instance_id: str, record_set: str) -> Response:
    """The form for another row."""
    place = _place(desk, instance_id, record_set, None)
    done = desk.request.query_params.get("done") == "row"
    message = Message(kind="good", text=desk.voice.ui("done.row")) if done else None
    return _show(desk, place, message=message)


@router.get("/instances/{instance_id}/records/{record_set}/{row_id}")
def row_page(desk: Desked, instance_id: str, record_set: str, row_id: str) -> Response:
    """The form for one row."""
    place = _place(desk, instance_id, record_set, row_id)
    done = desk.request.query_params.get("done") == "row"
    message = Message(kind="good", text=desk.voice.ui("done.row")) if done else None
    return _show(desk, place, message=message)


@router.post("/instances/{instance_id}/records/{record_set}")
def add_row(sent: Posted, instance_id: str, record_set: str) -> Response:
    """Add a row."""
    return _write(sent, _place(sent.desk, instance_id, record_set, None))


@router.post("/instances/{instance_id}/records/{record_set}/{row_id}")
def change_row(sent: Posted, instance_id: str, record_set: str, row_id: str) -> Response:
    """Change a row, or retire it."""
    return _write(sent, _place(sent.desk, instance_id, record_set, row_id))


def _place(desk: Desk, instance_id: str, record_set: str, row_id: str | None) -> Place:
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    table = next((one for one in view.records if one.name == record_set), None)
    if table is None:
        raise NotFound("unknown_record_set", record_set=record_set)
    row = next((one for one in table.rows if one.id == row_id), None) or _nth(table, row_id)
    if row_id is not None and row is None:
        raise NotFound("unknown_row", record_set=record_set, row=row_id)
    return Place(view=view, table=table, row=row)


def _nth(table: RecordTable, place: str | None) -> Row | None:
    """The row at a place, counted from one: so a row names the one that it goes on from."""
    text = place or ""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= PLACE_DIGITS else 0
    return table.rows[number - 1] if 0 < number <= len(table.rows) else None


def _told(place: Place, voice: Voice) -> list[tuple[Text, str]]:
    """The values of a row in words, for who may not change it."""
    values = {} if place.row is None else place.row.values
    columns = place.table.spec.columns.items()
    return [(spec.title, voice.value(values.get(name), spec, name=name)) for name, spec in columns]


def _origin(row: Row, table: RecordTable) -> tuple[str, str] | None:
    """What a row goes on from, as it is written and as an address."""
    address = origin_address(row, table)
    return (row.values[table.origin or ""], address) if address else None


def _going_on(desk: Desk, place: Place, nth: int) -> list[tuple[str, str]]:
    """The rows of other cases that go on from this one: their case and where they stand."""
    line = case_line(desk.house.runtime, desk.caller, place.view.summary.id)
    return [
        (taken.case.code, f"/instances/{taken.case.id}/records/{taken.record_set}/{own}")
        for taken in line.taken_up
        if taken.record_set == place.table.name
        for own, origin in taken.rows
        if origin == nth
    ]


def _show(
    desk: Desk,
    place: Place,
    *,
    status: int = 200,
    message: Message | None = None,
    typed: Typed | None = None,
) -> Response:
    voice = with_rows(desk.voice, place.view)
    ids = [row.id for row in place.table.rows]
    nth = 0 if place.row is None else ids.index(place.row.id) + 1
    return desk.page(
        "instances/row.html",
        status=status,
        view=place.view,
        table=table_of(place.table, voice),
        row=place.row,
        place=(nth, len(ids)) if nth else None,
        origin=None if place.row is None else _origin(place.row, place.table),
        going_on=_going_on(desk, place, nth) if nth else (),
        following=place.following,
        message=message,
        told=_told(place, voice),
        entries=row_entries(
            place.table,
            voice,
            desk.choices,
            row=place.row,
            typed=typed or Typed(),
        ),
    )


def _write(sent: Sent, place: Place) -> Response:
    desk, typed = sent.desk, sent.typed
    retire = bool(typed.text("retire"))
    request = ChangeRow(
        caller=desk.caller,
        instance_id=place.view.summary.id,
        record_set=place.table.name,
        row=None if place.row is None else place.row.id,
        values={} if retire else _values(sent, place),
        expected_version=None if place.row is None else _version(typed),
        retire=retire,
        key=sent.once(lambda outcome: _kept(outcome, place, typed)),
    )
    try:
        outcome = change_record(desk.house.runtime, request)
    except (Invalid, Conflict) as error:
        return _faulty(sent, place, error)
    if isinstance(outcome, Replayed):
        return go(went(outcome) or place.address)
    if isinstance(outcome, NotChanged):
        reasons = desk.voice.reasons(
            outcome.refused.unmet, place.view.process, record_set=place.table.name
        )
        message = Message(kind="bad", text=desk.voice.ui("records.refused"), faults=reasons)
        status = 403 if outcome.refused.forbidden else 409
        return _show(desk, place, status=status, message=message, typed=typed)
    return go(_next(place, typed))


def _values(sent: Sent, place: Place) -> dict[str, Any]:
    stored: Mapping[str, Any] = {} if place.row is None else place.row.values
    return values_of(
        sent.typed,
        place.table.spec.columns,
        stored={name: to_json(value) for name, value in stored.items()},
        zone=sent.desk.visit.zone,
    )


def _version(typed: Typed) -> int:
    text = typed.text("version")
    return int(text) if text.isdecimal() and len(text) <= VERSION_DIGITS else -1


def _faulty(sent: Sent, place: Place, error: Invalid | Conflict) -> Response:
    """What was typed does not fit, or somebody changed the row in between."""
    desk, typed = sent.desk, sent.typed
    if error.code == "stale_row":
        row_id = None if place.row is None else place.row.id
        fresh = _place(desk, place.view.summary.id, place.table.name, row_id)
        message = Message(kind="warn", text=desk.voice.ui("records.stale"))
        return _show(desk, fresh, status=412, message=message, typed=typed)
    kept = replace(typed, faults=faults_of(error, desk.voice))
    message = desk.voice.error(error, place.table.spec.columns)
    return _show(desk, place, status=problem_of(error).status, message=message, typed=kept)


def _kept(outcome: Any, place: Place, typed: Typed) -> Reply:
    if isinstance(outcome, Changed):
        return gone(_next(place, typed))
    return Reply(status=409, body="")


def _next(place: Place, typed: Typed) -> str:
    """Where one goes after the row: the next one, another new one, or back to the table."""
    base = f"/instances/{place.view.summary.id}"
    rows = f"{base}/records/{place.table.name}"
    match typed.text("then"):
        case "next" if place.following:
            return f"{rows}/{place.following}?done=row"
        case "another":
            return f"{rows}/new?done=row"
        case _:
            done = "retired" if typed.text("retire") else "row"
            return f"{base}?done={done}#set-{place.table.name}"
