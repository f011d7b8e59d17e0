"""Many rows at once: from a file, looked at before they are written; or from what the case implies.

1. A file is judged first, and nothing is written; what the page then holds is written by a second
   form, and judged again.
2. The rows that a case implies stand in one form, a group of them at a time: what is known already
   is text, a tick is a box, everything else is an input. An unticked box says no.
3. What is refused comes back as typed, each fault beside its cell.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile

from api.dependencies import Reply
from api.pages.forms import PREFIX, Entry, Typed, entry_of, values_of
from api.pages.instance_page import TableView, table_of, with_rows
from api.pages.showing import SEPARATOR, Message, Reason, Voice
from api.pages.visiting import Desk, Desked, Posted, Sent, go, gone, went
from api.problems import Unreadable, problem_of
from engine.commands.change_records import (
    ChangedRows,
    ChangeRows,
    ImportRows,
    NotChangedRows,
    change_records,
    import_records,
)
from engine.definition.model import FieldSpec
from engine.definition.values import to_json
from engine.errors import Conflict, Invalid, NotFound
from engine.queries.instances import InstanceView, RecordTable, instance_view
from engine.queries.sheets import lacking_of, proposed_rows
from engine.runtime import Replayed
from engine.tables.fault import WrongRows
from engine.transaction.many_rows import WantedRow

router = APIRouter(prefix="/instances/{instance_id}/records/{record_set}")

FAULTS_SHOWN: Final = 200
ROWS_SHOWN: Final = 20
ROWS_OF_FORM: Final = 100
FIELDS_OF_FORM: Final = 1_600
"""Inputs of one form, so that it stays under what a form may have."""
KNOWN_TYPES: Final = frozenset({"person", "unit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A record set of a case, as its visitor sees it."""

    view: InstanceView
    table: RecordTable
    voice: Voice

    @property
    def address(self) -> str:
        """The case."""
        return f"/instances/{self.view.summary.id}"

    @property
    def sheets_address(self) -> str:
        """The pages of this file for the record set."""
        return f"{self.address}/records/{self.table.name}"

    @property
    def columns(self) -> Mapping[str, FieldSpec]:
        """The columns of the record set."""
        return self.table.spec.columns

    def shown(self, name: str, value: Any) -> str:
        """A value of a column, as a person reads it."""
        spec = self.columns[name]
        if spec.row_of is not None:
            return self.voice.rows.get(spec.row_of, {}).get(str(value), str(value))
        return self.voice.value(value, spec, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFault:
    """What is wrong with one cell of a file, in words."""

    row: int
    column: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Implied:
    """A row that the case implies; `known` are the columns that are not asked for."""

    values: Mapping[str, Any]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledRow:
    """A row of the form.

    Attributes:
        known: hidden inputs that say what the row is about.
        more: inputs that may stay empty, folded away where a row is mostly a tick; `open` when
            something stands in one of them.
        fault: what is wrong with the row as a whole.
    """

    number: int
    title: str
    known: tuple[tuple[str, str], ...]
    ticks: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    more: tuple[Entry, ...]
    open: bool
    skipped: bool
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Rows that belong together, such as one session; `chosen` is the one on the page."""

    key: str
    title: str
    count: int
    chosen: bool


@router.get("/import")
def import_page(desk: Desked, instance_id: str, record_set: str) -> Response:
    """The form for a file."""
    return _show_import(desk, _place(desk, instance_id, record_set))


@router.post("/import")
def judge_file(sent: Posted, instance_id: str, record_set: str) -> Response:
    """Judge a file, and show what would be written."""
    place = _place(sent.desk, instance_id, record_set)
    file = sent.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        message = Message(kind="bad", text=sent.desk.voice.ui("sheets.choose_file"))
        return _show_import(sent.desk, place, status=422, message=message)
    request = ImportRows(
        caller=sent.desk.caller,
        instance_id=place.view.summary.id,
        record_set=record_set,
        content=file.file,
        filename=file.filename,
        again=bool(sent.typed.text("again")),
        dry_run=True,
    )
    try:
        outcome = import_records(sent.desk.house.runtime, request)
    except WrongRows as error:
        return _show_import(sent.desk, place, status=422, faults=_faults(error, place))
    except (Invalid, Conflict) as error:
        message = sent.desk.voice.error(error)
        return _show_import(sent.desk, place, status=problem_of(error).status, message=message)
    if not isinstance(outcome, ChangedRows):
        return _refused_import(sent.desk, place, outcome)
    return _show_import(sent.desk, place, judged=outcome, again=request.again)


@router.post("/import/rows")
def import_file(sent: Posted, instance_id: str, record_set: str) -> Response:
    """Write the rows that were looked at."""
    place = _place(sent.desk, instance_id, record_set)
    request = ChangeRows(
        caller=sent.desk.caller,
        instance_id=place.view.summary.id,
        record_set=record_set,
        rows=_rows_in(sent.typed),
        skip_equal=True,
        of_file=True,
        again=bool(sent.typed.text("again")),
        key=sent.once(lambda outcome: _kept(outcome, _written(place))),
    )
    try:
        outcome = change_records(sent.desk.house.runtime, request)
    except WrongRows as error:
        return _show_import(sent.desk, place, status=422, faults=_faults(error, place))
    except Conflict as error:
        message = sent.desk.voice.error(error)
        return _show_import(sent.desk, place, status=problem_of(error).status, message=message)
    if isinstance(outcome, Replayed):
        return go(went(outcome) or place.address)
    if isinstance(outcome, NotChangedRows):
        return _refused_import(sent.desk, place, outcome)
    return go(_written(place))


@router.get("/prefill")
def prefill_page(desk: Desked, instance_id: str, record_set: str, group: str = "") -> Response:
    """The rows that the case implies, to be completed."""
    place = _place(desk, instance_id, record_set)
    done = desk.request.query_params.get("done") == "rows"
    message = Message(kind="good", text=desk.voice.ui("done.rows")) if done else None
    return _show_prefill(desk, place, group=group, message=message)


@router.post("/prefill")
def save_prefilled(sent: Posted, instance_id: str, record_set: str) -> Response:
    """Write the rows of the form; or tick, or untick, a box in all of them first."""
    desk, typed = sent.desk, sent.typed
    place = _place(desk, instance_id, record_set)
    group = typed.text("group")
    if typed.text("tick"):
        return _show_prefill(desk, place, group=group, typed=_ticked(typed, place))
    request = ChangeRows(
        caller=desk.caller,
        instance_id=place.view.summary.id,
        record_set=record_set,
        rows=_filled_in(sent, place),
        skip_equal=True,
        key=sent.once(lambda outcome: _kept(outcome, _filled(place))),
    )
    try:
        outcome = change_records(desk.house.runtime, request)
    except (Invalid, Conflict) as error:
        kept = replace(typed, faults=_cell_faults(error, place))
        told = desk.voice.error(error)
        text = desk.voice.ui("sheets.faulty") if isinstance(error, WrongRows) else told.text
        message = Message(kind="bad", text=text)
        status = problem_of(error).status
        return _show_prefill(desk, place, group=group, typed=kept, message=message, status=status)
    if isinstance(outcome, Replayed):
        return go(went(outcome) or place.address)
    if isinstance(outcome, NotChangedRows):
        message, status = _refusal(place, outcome)
        return _show_prefill(desk, place, group=group, typed=typed, message=message, status=status)
    return go(_filled(place))


def _place(desk: Desk, instance_id: str, record_set: str) -> Place:
    view = instance_view(desk.house.runtime, desk.caller, instance_id)
    table = next((one for one in view.records if one.name == record_set), None)
    if table is None:
        raise NotFound("unknown_record_set", record_set=record_set)
    return Place(view=view, table=table, voice=with_rows(desk.voice, view))


def _written(place: Place) -> str:
    return f"{place.address}?done=rows#set-{place.table.name}"


def _filled(place: Place) -> str:
    return f"{place.sheets_address}/prefill?done=rows"


def _kept(outcome: Any, address: str) -> Reply:
    return gone(address) if isinstance(outcome, ChangedRows) else Reply(status=409, body="")


def _refusal(place: Place, outcome: NotChangedRows) -> tuple[Message, int]:
    """Why not, with the rows of each reason where it is not all of them."""
    refused = outcome.refused
    reasons = []
    for unmet in refused.unmet:
        (reason,) = place.voice.reasons((unmet,), place.view.process, record_set=place.table.name)
        rows = ", ".join(str(row) for row in unmet.params.get("rows", ()))
        text = place.voice.ui("sheets.of_rows", reason=reason.text, rows=rows)
        reasons.append(Reason(text=text, who=reason.who, forbids=True) if rows else reason)
    text = place.voice.ui("records.refused")
    message = Message(kind="bad", text=text, faults=tuple(reasons))
    return message, 403 if refused.forbidden else 409


# ---- from a file ------------------------------------------------------------------------------


def _show_import(  # noqa: PLR0913 - what a page shows after each of its answers.
    desk: Desk,
    place: Place,
    *,
    status: int = 200,
    message: Message | None = None,
    faults: Sequence[CellFault] = (),
    judged: ChangedRows | None = None,
    again: bool = False,
) -> Response:
    rows = () if judged is None else judged.wanted
    return desk.page(
        "instances/import.html",
        status=status,
        view=place.view,
        table=_table(place),
        message=message,
        faults=faults[:FAULTS_SHOWN],
        faults_count=len(faults),
        judged=judged,
        again=again,
        unique=place.table.spec.unique,
        columns=[spec.title for spec in place.columns.values()],
        shown=[
            (row.number, [place.shown(name, row.values.get(name)) for name in place.columns])
            for row in rows[:ROWS_SHOWN]
        ],
        rows=json.dumps([[row.number, dict(row.values)] for row in rows], ensure_ascii=False),
    )


def _refused_import(desk: Desk, place: Place, outcome: Any) -> Response:
    message, status = _refusal(place, outcome)
    return _show_import(desk, place, status=status, message=message)


def _table(place: Place) -> TableView:
    return table_of(place.table, place.voice)


def _faults(error: WrongRows, place: Place) -> list[CellFault]:
    return [
        CellFault(
            row=fault["row"],
            column=_column(fault["field"], place),
            text=place.voice.fault(fault),
        )
        for fault in error.params["faults"]
    ]


def _column(name: str, place: Place) -> str:
    spec = place.columns.get(name)
    return name if spec is None else place.voice.title(spec.title)


def _rows_in(typed: Typed) -> tuple[WantedRow, ...]:
    """The rows that the page held since they were looked at.

    Raises:
        Unreadable: somebody bent them.
    """
    try:
        rows = json.loads(typed.text("rows"))
        wanted = tuple(WantedRow(number=int(number), values=dict(given)) for number, given in rows)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise Unreadable("form_unreadable") from None
    return wanted


# ---- what the case implies --------------------------------------------------------------------


def _show_prefill(
    desk: Desk,
    place: Place,
    *,
    group: str,
    status: int = 200,
    message: Message | None = None,
    typed: Typed | None = None,
) -> Response:
    implied = proposed_rows(
        desk.house.runtime, desk.caller, place.view.summary.id, place.table.name
    )
    by = _grouped_by(place)
    if len({_key(row, by) for row in implied}) == len(implied):
        # A page for each single row would be many pages for nothing.
        by = None
    keys = list(dict.fromkeys(_key(row, by) for row in implied))
    chosen = group if group in keys else next(iter(keys), "")
    of_group = [row for row in implied if _key(row, by) == chosen]
    most = min(ROWS_OF_FORM, max(1, FIELDS_OF_FORM // (2 * len(place.columns) + 1)))
    rows = (
        _typed_rows(typed, place)
        if typed is not None
        else [Implied(values=row, known=_known(row, place)) for row in of_group[:most]]
    )
    return desk.page(
        "instances/prefill.html",
        status=status,
        view=place.view,
        table=_table(place),
        may_edit=place.table.may_edit,
        message=message,
        lacking=_lacking(desk, place),
        group=chosen,
        groups=[
            GroupView(
                key=key,
                title=_group_title(key, by, place),
                count=sum(_key(row, by) == key for row in implied),
                chosen=key == chosen,
            )
            for key in keys
        ],
        left=max(0, len(of_group) - len(rows)),
        ticks=[(n, spec.title) for n, spec in place.columns.items() if spec.type == "boolean"],
        rows=[
            _filled_row(number, row, place, desk, typed=typed, by=by)
            for number, row in enumerate(rows, start=1)
        ],
        quote=quote,
    )


def _lacking(desk: Desk, place: Place) -> list[str]:
    """What could not be proposed, in words."""
    titles = dict(desk.choices.units)
    found = lacking_of(desk.house.runtime, desk.caller, place.view.summary.id, place.table.name)
    return [
        desk.voice.words.say(
            f"lack.{lack.code}",
            {"unit": titles.get(lack.unit or "", lack.unit or "")},
            desk.visit.language,
        )
        for lack in found
    ]


def _grouped_by(place: Place) -> str | None:
    """The column by which the rows are parted: a row of another set, else a unit."""
    columns = place.columns.items()
    rows = [name for name, spec in columns if spec.row_of is not None]
    units = [name for name, spec in columns if spec.type == "unit" and not spec.many]
    return next(iter((*rows, *units)), None)


def _key(row: Mapping[str, Any], by: str | None) -> str:
    return "" if by is None or row.get(by) is None else str(row[by])


def _group_title(key: str, by: str | None, place: Place) -> str:
    return "" if by is None or not key else place.shown(by, key)


def _known(row: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    """The columns that say what a row is about, and are not what is asked of it."""
    return tuple(
        name
        for name, spec in place.columns.items()
        if row.get(name) is not None
        and spec.type != "boolean"
        and (
            name in place.table.spec.unique
            or name == place.table.origin
            or spec.row_of
            or spec.type in KNOWN_TYPES
        )
    )


def _filled_row(
    number: int,
    implied: Implied,
    place: Place,
    desk: Desk,
    *,
    typed: Typed | None,
    by: str | None,
) -> FilledRow:
    row, known = implied.values, implied.known
    parts = [place.shown(name, row[name]) for name in known if name != by]
    entries = [
        _entry(number, name, row, place, desk, typed=typed)
        for name in place.columns
        if name not in known
    ]
    faults = {} if typed is None else typed.faults
    told = [faults.get(f"{number}.{name}", "") for name in ("", *known)]
    hidden = [(f"{PREFIX}{number}.{name}", text) for name in known for text in _texts(row[name])]
    ticks = tuple(entry for entry in entries if entry.type == "boolean")
    asked = tuple(entry for entry in entries if entry.type != "boolean")
    aside = tuple(entry for entry in asked if ticks and not entry.required)
    return FilledRow(
        number=number,
        title=SEPARATOR.join(parts) or str(number),
        known=((f"known.{number}", ",".join(known)), *hidden),
        ticks=ticks,
        entries=tuple(entry for entry in asked if entry not in aside),
        more=aside,
        open=any(entry.value or entry.fault for entry in aside),
        skipped=typed is not None and bool(typed.text(f"skip.{number}")),
        fault=" ".join(dict.fromkeys(text for text in told if text)),
    )


def _entry(
    number: int,
    name: str,
    row: Mapping[str, Any],
    place: Place,
    desk: Desk,
    *,
    typed: Typed | None,
) -> Entry:
    spec = place.columns[name]
    entry = entry_of(
        f"{number}.{name}",
        spec,
        choices=desk.choices,
        stored=to_json(row.get(name)),
        required=spec.required,
        typed=typed,
    )
    if spec.row_of is not None:
        rows = place.voice.rows.get(spec.row_of, {})
        return replace(entry, options=tuple(rows.items()))
    return entry


def _texts(value: Any) -> Iterable[str]:
    plain = to_json(value)
    return [str(item) for item in plain] if isinstance(plain, list) else [str(plain)]


def _typed_rows(typed: Typed, place: Place) -> list[Implied]:
    """The rows of a form that comes back: what was known of each is in its hidden inputs."""
    rows = []
    for number in _numbers(typed):
        known = [n for n in typed.text(f"known.{number}").split(",") if n in place.columns]
        values: dict[str, Any] = {}
        for name in known:
            texts = typed.texts.get(f"{PREFIX}{number}.{name}", ())
            if texts:
                values[name] = texts if place.columns[name].many else texts[0]
        rows.append(Implied(values=values, known=tuple(values)))
    return rows


def _numbers(typed: Typed) -> range:
    """The rows of the form, counted from one; what nobody could have sent is cut off."""
    text = typed.text("count")
    count = int(text) if text.isdecimal() and len(text) <= 4 else 0
    return range(1, min(count, ROWS_OF_FORM) + 1)


def _filled_in(sent: Sent, place: Place) -> tuple[WantedRow, ...]:
    """The rows of the form that are not skipped, as JSON has them."""
    typed, wanted = sent.typed, []
    for number in _numbers(typed):
        if typed.text(f"skip.{number}"):
            continue
        specs = {f"{number}.{name}": spec for name, spec in place.columns.items()}
        values = values_of(typed, specs, stored={}, zone=sent.desk.visit.zone)
        for name, spec in place.columns.items():
            unticked = f"{number}.{name}" not in values
            if spec.type == "boolean" and unticked and f"shown.{number}.{name}" in typed.texts:
                values[f"{number}.{name}"] = False
        wanted.append(
            WantedRow(
                number=number,
                values={key.partition(".")[2]: value for key, value in values.items()},
            )
        )
    return tuple(wanted)


def _ticked(typed: Typed, place: Place) -> Typed:
    """What was typed, with a box ticked in every row, or in none."""
    column, _, none = typed.text("tick").partition(":")
    if column not in place.columns:
        return typed
    ticks = {f"{PREFIX}{number}.{column}": () if none else ("true",) for number in _numbers(typed)}
    return replace(typed, texts={**typed.texts, **ticks})


def _cell_faults(error: Invalid | Conflict, place: Place) -> dict[str, str]:
    """Cell → what is wrong with it, in words."""
    found: dict[str, str] = {}
    for fault in error.params.get("faults", ()) if isinstance(error, WrongRows) else ():
        cell = f"{fault['row']}.{fault['field']}"
        found[cell] = f"{found.get(cell, '')} {place.voice.fault(fault)}".strip()
    return found
