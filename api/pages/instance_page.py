"""One instance as a page shows it: an `InstanceView` put into words, forms and files.

1. A step that is mine has a form. What the form cannot bring is said in sentences, and there is no
   button that would only be refused; a rule that what is typed may satisfy hides no button.
2. A file that the step looks at can come with the step, in the same request.
3. The step whose form just came back is open, with what was typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from api.pages.forms import Choices, Entry, Typed, entry_of
from api.pages.marks import flag_words
from api.pages.showing import SEPARATOR, Reason, Voice, is_long
from engine.definition.graph import is_aside, leads_on
from engine.definition.model import FieldSpec, Process, Text
from engine.definition.values import to_json
from engine.machine.decision import Unmet, UnmetCode
from engine.machine.instance import Row
from engine.queries.instances import InstanceView, RecordTable, RouteStep, Slot, StepOption
from engine.queries.origins import row_origin
from engine.transaction.numbering import registered_values

Title = Mapping[str, str]

EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {"jpg": (".jpg", ".jpeg")}
JUDGED_WITH_VALUES: Final = frozenset({UnmetCode.CONDITION, UnmetCode.GUARD, UnmetCode.WINDOW})
"""Whether these hold may depend on what is typed into the form."""
ROW_NAME_LENGTH: Final = 120
OUTDATED: Final = frozenset({"superseded", "rejected", "disposed"})
REPLACEABLE: Final = frozenset({"received", "accepted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file as a line of its requirement."""

    id: str
    filename: str
    size: int
    sha256: str
    status: str
    status_words: str
    note: str
    by: str
    at: datetime
    effective_on: date | None
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotView:
    """A requirement with its files, and what its form needs.

    Attributes:
        accept: for the browser's file dialog; `types` for people.
        enough: as many files as the requirement asks for are there.
        missing: the step that shows it cannot be taken without a file from this form.
    """

    requirement: str
    title: Title
    accept: str
    types: str
    min: int
    max_bytes: int
    files: tuple[FileLine, ...]
    older: tuple[FileLine, ...]
    replaceable: tuple[FileLine, ...]
    rows: tuple[tuple[str, str], ...]
    wanted_now: bool
    may_supply: bool
    may_review: bool
    missing: bool = False

    @property
    def present(self) -> int:
        """How many files are there."""
        return len(self.files)

    @property
    def waits(self) -> bool:
        """Whether a file waits for its review."""
        return any(file.status == "received" for file in self.files)

    @property
    def enough(self) -> bool:
        """Whether as many files are there as the requirement asks for."""
        return self.present >= self.min


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """An approval that was given, and what ended it."""

    title: Title
    by: str
    at: datetime
    holds: bool
    ended_at: datetime | None
    ended_by: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignView:
    """How a step is signed: what the signature stands for, and with what it may be given.

    Attributes:
        by_key: the one who looks has a key, or needs one.
        by_password: the password will do.
        keyed: a key is there.
    """

    meaning: Title
    by_key: bool
    by_password: bool
    keyed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step with its form, or with the reasons why there is none.

    Attributes:
        possible: nothing is missing but what the form itself can bring.
        ends: the step leads to an end without success, so that the page asks once more.
        shuts_out: steps that nobody could take any more if the reader took this one.
    """

    transition: str
    title: Title
    to: tuple[Title, ...]
    entries: tuple[Entry, ...]
    slots: tuple[SlotView, ...]
    blocking: tuple[Reason, ...]
    reason: str
    reason_required: bool
    sign: SignView | None
    possible: bool
    ready: bool
    ends: bool
    shuts_out: tuple[Title, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """A row of a record set: short values as cells, long texts by name.

    Attributes:
        origin: address of what the row goes on from; empty where it goes on from nothing.
    """

    id: str
    version: int
    cells: tuple[str, ...]
    texts: tuple[tuple[Text, str], ...]
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A record set as a table.

    Attributes:
        origin: place of the cell that says from where a row goes on; None: no such cell.
    """

    name: str
    title: Text
    columns: tuple[Text, ...]
    long: bool
    rows: tuple[RowView, ...]
    may_edit: bool
    withheld: bool
    origin: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegView:
    """One step of the way so far, in words."""

    title: Title
    from_title: Title | None
    to_title: Title
    who: str
    on_behalf_of: str | None
    role: str
    at: datetime
    working_days: int | None
    reason: str | None
    internal: bool
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildView:
    """A child instance in a list."""

    id: str
    code: str
    title: str
    unit: str
    state_title: Title
    final: str | None
    due_on: date | None


def with_rows(voice: Voice, view: InstanceView) -> Voice:
    """The voice that also knows what the rows of this case are called."""
    named = replace(voice, people=_names(voice, view), units=view.units)
    for table in view.records:
        labels = {row.id: _short(named.label(row, table.spec)) for row in table.rows}
        named = replace(named, rows={**named.rows, table.name: labels})
    return named


def steps_of(
    view: InstanceView, voice: Voice, choices: Choices, *, typed: Typed, wanted: str | None
) -> tuple[tuple[StepView, ...], tuple[StepView, ...]]:
    """The steps that are mine, the nearest first, and those that are not."""
    slots = {slot.requirement: slot for slot in slots_of(view, voice)}
    mine, others = [], []
    for option in view.options:
        step = _step(view, option, voice, choices, typed if option.transition == wanted else None)
        if option.mine:
            mine.append(replace(step, slots=_slots_for(option, slots)))
        else:
            others.append(step)
    mine = sorted((_weighed(step, view, voice) for step in mine), key=_nearness(view))
    opened = wanted or next(
        (step.transition for step in mine if not is_aside(view.process, step.transition)), None
    )
    shown = tuple(replace(step, open=step.transition == opened) for step in mine)
    return shown, tuple(others)


def slots_of(view: InstanceView, voice: Voice) -> tuple[SlotView, ...]:
    """Every requirement with its files; what the way ahead asks for comes first."""
    ahead = {
        name
        for option in view.options
        if not is_aside(view.process, option.transition)
        for name in option.evidence
    }
    slots = (_slot(slot, view, voice, wanted=slot.requirement in ahead) for slot in view.slots)
    return tuple(sorted(slots, key=lambda slot: (not slot.wanted_now, slot.enough)))


def values_of_case(view: InstanceView, voice: Voice) -> tuple[tuple[Text, str], ...]:
    """The fields that have a value, in the order of the definition."""
    return tuple(
        (spec.title, voice.value(view.typed_fields[name], spec, name=name))
        for name, spec in view.process.fields.items()
        if view.typed_fields.get(name) is not None
    )


def tables_of(view: InstanceView, voice: Voice) -> tuple[TableView, ...]:
    """The record sets that have rows or may be written to now."""
    return tuple(table_of(table, voice) for table in view.records if table.rows or table.may_edit)


def table_of(table: RecordTable, voice: Voice) -> TableView:
    """One record set as a table; rows that belong to the same row of another set stand together.

    What the name of that other row says already, such as its unit, has no column of its own.
    """
    columns = table.spec.columns
    links = [name for name in columns if name in voice.rows and name != table.name]
    ordered = sorted(table.rows, key=lambda row: [str(row.values.get(name)) for name in links])
    shown = {
        name: spec
        for name, spec in columns.items()
        if name in links or not _is_told(name, spec, table.rows, voice, links=links)
    }
    rows = tuple(
        replace(_row(row, shown, voice), origin=origin_address(row, table)) for row in ordered
    )
    short = {name: spec for name, spec in shown.items() if not is_long(spec)}
    return TableView(
        name=table.name,
        title=table.spec.title,
        columns=tuple(spec.title for spec in short.values()),
        long=any(row.texts for row in rows),
        rows=rows,
        may_edit=table.may_edit,
        withheld=bool(table.withheld),
        origin=list(short).index(table.origin) if table.origin in short else None,
    )


def origin_address(row: Row, table: RecordTable) -> str:
    """Where the case, or the row, stands from which a row goes on; empty: nowhere."""
    origin = None if table.origin is None else row_origin(row.values.get(table.origin))
    if origin is None:
        return ""
    case = f"/instances/{origin.case}"
    return case if origin.place is None else f"{case}/records/{table.name}/{origin.place}"


def row_entries(
    table: RecordTable,
    voice: Voice,
    choices: Choices,
    *,
    row: Row | None,
    typed: Typed,
) -> tuple[Entry, ...]:
    """The inputs for a row; a column that names a record set offers its rows."""
    entries = []
    for name, spec in table.spec.columns.items():
        stored = None if row is None else to_json(row.values.get(name))
        entry = entry_of(
            name, spec, choices=choices, stored=stored, required=spec.required, typed=typed
        )
        if spec.type == "text" and name in voice.rows and name != table.name:
            entry = replace(entry, options=tuple(voice.rows[name].items()))
        entries.append(entry)
    return tuple(entries)


def route_of(view: InstanceView, voice: Voice) -> tuple[LegView, ...]:
    """The way so far, oldest first."""
    return tuple(_leg(leg, voice) for leg in view.route)


def children_of(
    view: InstanceView, voice: Voice, processes: Mapping[str, Process]
) -> tuple[ChildView, ...]:
    """The child instances, with the words of their own definitions."""
    return tuple(
        ChildView(
            id=child.id,
            code=child.code,
            title=child.title,
            unit=voice.unit(child.unit),
            state_title=_state_title(processes.get(child.process), child.state),
            final=child.final,
            due_on=child.due_on,
        )
        for child in view.children
    )


def approvals_of(view: InstanceView, voice: Voice) -> tuple[ApprovalView, ...]:
    """The approvals that were given, those that ended first."""
    found = [
        ApprovalView(
            title=view.process.approvals[given.name].title.model_dump(),
            by=voice.person(given.person),
            at=given.at,
            holds=given.holds,
            ended_at=given.voided_at,
            ended_by=voice.person(given.voided_by),
            why=tuple(_part(part, view, voice) for part in given.why),
        )
        for given in view.approvals
        if given.name in view.process.approvals
    ]
    return tuple(sorted(found, key=lambda one: one.holds))


def _part(part: str, view: InstanceView, voice: Voice) -> str:
    """What an approval was bound to, in the words of the definition."""
    section, _, name = part.partition(":")
    specs: Mapping[str, Any] = getattr(view.process, section, {})
    return voice.title(specs[name].title) if name in specs else part


def names_of_case(view: InstanceView, voice: Voice) -> dict[str, str]:
    """Columns, states, choices, units and steps by their ids: papers and figures name them so."""
    specs = [*view.process.fields.values()]
    names: dict[str, str] = {}
    for record_set in view.process.records.values():
        specs += record_set.columns.values()
        names |= {name: voice.title(spec.title) for name, spec in record_set.columns.items()}
    names |= {name: voice.title(state.title) for name, state in view.process.states.items()}
    names |= {choice: voice.title(text) for spec in specs for choice, text in spec.choices.items()}
    names |= {unit: voice.title(title) for unit, title in view.units.items()}
    names |= {name: voice.title(step.title) for name, step in view.process.transitions.items()}
    return names


def _names(voice: Voice, view: InstanceView) -> dict[str, str]:
    return {**voice.people, **{person.id: person.name for person in view.people.values()}}


def _short(text: str) -> str:
    return text if len(text) <= ROW_NAME_LENGTH else f"{text[: ROW_NAME_LENGTH - 1]}…"


def _state_title(process: Process | None, state: str) -> Title:
    if process is None or state not in process.states:
        return {"vi": state, "en": state}
    return process.states[state].title.model_dump()


def _step(
    view: InstanceView, option: StepOption, voice: Voice, choices: Choices, typed: Typed | None
) -> StepView:
    spec = view.process.transitions[option.transition]
    anew = set(spec.must_change)
    # What the register gave a paper is filled in already.
    given = registered_values(view.process, view.issued)
    stored = {**view.fields, **{name: to_json(value) for name, value in given.items()}}
    return StepView(
        transition=option.transition,
        title=option.title,
        to=tuple(title for name, title in option.to.items() if name != view.summary.state),
        entries=tuple(
            entry_of(
                name,
                field,
                choices=choices,
                stored=None if name in anew else stored.get(name),
                required=required or name in spec.fields or name in anew,
                typed=typed,
            )
            for name, (field, required) in option.fields.items()
        ),
        slots=(),
        blocking=voice.reasons(
            (one for one in option.unmet if not one.fillable), view.process, option.transition
        ),
        reason="" if typed is None else typed.text("reason"),
        reason_required=option.reason_required,
        sign=_sign(view, option.transition),
        possible=option.mine,
        ready=option.ready,
        ends=bool(option.to)
        and all(view.process.states[state].final == "aborted" for state in option.to),
        shuts_out=tuple(
            view.process.transitions[name].title.model_dump() for name in option.shuts_out
        ),
    )


def _sign(view: InstanceView, transition: str) -> SignView | None:
    step = view.process.transitions[transition]
    if step.signing is None:
        return None
    keyed, with_ = view.keyed, step.signing.with_
    return SignView(
        meaning=(step.signing.meaning or step.title).model_dump(),
        by_key=keyed or with_ == "key",
        by_password=with_ == "any" or (with_ == "key_or_password" and not keyed),
        keyed=keyed,
    )


def _slots_for(option: StepOption, slots: Mapping[str, SlotView]) -> tuple[SlotView, ...]:
    lacking = {one.subject for one in option.unmet if _is_missing_file(one)}
    return tuple(
        replace(slots[name], missing=name in lacking)
        for name in option.evidence
        if slots[name].may_supply
    )


def _is_missing_file(unmet: Unmet) -> bool:
    """Whether another file would do; one that waits for its review is there already."""
    return unmet.code.value.startswith("evidence_") and unmet.code is not (
        UnmetCode.EVIDENCE_UNREVIEWED
    )


def _weighed(step: StepView, view: InstanceView, voice: Voice) -> StepView:
    """Leave out what the form brings from the reasons, and see whether it can lift the others."""
    option = next(one for one in view.options if one.transition == step.transition)
    brought = {slot.requirement for slot in step.slots}
    left = [
        one
        for one in option.unmet
        if not one.fillable and not (_is_missing_file(one) and one.subject in brought)
    ]
    blocking = voice.reasons(left, view.process, step.transition)
    hard = [one for one in left if not (option.fields and one.code in JUDGED_WITH_VALUES)]
    return replace(step, possible=not hard, blocking=blocking, ready=not left)


def _nearness(view: InstanceView) -> Any:
    """What leads on comes first, then what stays or goes back, last what leaves the way."""

    def key(step: StepView) -> tuple[bool, bool, bool]:
        return (
            is_aside(view.process, step.transition),
            not leads_on(view.process, step.transition, view.summary.state),
            not step.possible,
        )

    return key


def _slot(slot: Slot, view: InstanceView, voice: Voice, *, wanted: bool) -> SlotView:
    files = tuple(_file(file, voice) for file in slot.files)
    current = tuple(file for file in files if file.status not in OUTDATED)
    per = view.process.evidence[slot.requirement].per
    return SlotView(
        requirement=slot.requirement,
        title=slot.title,
        accept=",".join(extension for name in slot.accept for extension in _extensions(name)),
        types=", ".join(name.upper() for name in slot.accept),
        min=slot.min,
        max_bytes=slot.max_bytes,
        files=current,
        older=tuple(file for file in files if file.status in OUTDATED),
        replaceable=tuple(file for file in current if file.status in REPLACEABLE),
        rows=tuple(voice.rows.get(per, {}).items()) if per else (),
        wanted_now=wanted,
        may_supply=slot.may_supply,
        may_review=slot.may_review,
    )


def _extensions(name: str) -> tuple[str, ...]:
    return EXTENSIONS.get(name, (f".{name}",))


def _file(file: Any, voice: Voice) -> FileLine:
    return FileLine(
        id=file.id,
        filename=file.filename,
        size=file.size,
        sha256=file.sha256,
        status=file.status,
        status_words=voice.words.say(f"evidence_status.{file.status}", {}, voice.language),
        note=file.note,
        by=voice.person(file.received_by),
        at=file.received_at,
        effective_on=file.effective_on,
        signatures=tuple(_signed(file.signatures, voice)),
    )


def _signed(report: Mapping[str, Any] | None, voice: Voice) -> Iterable[str]:
    """What was found of the signatures inside a file, a sentence each."""
    if report is None:
        return
    if report["problem"] is not None:
        yield voice.ui(f"pdf.problem.{report['problem']}")
    elif not report["signatures"]:
        yield voice.ui("pdf.none")
    for found in report["signatures"]:
        said = [voice.ui(f"pdf.level.{found['level']}")]
        said += [voice.ui(f"pdf.roots.{name}") for name in found.get("roots", ())]
        said.append(voice.ui(f"pdf.change.{found['modification']}"))
        who = found.get("signer") or found["field"]
        day = (found.get("signed_at") or "")[:10]
        when = (voice.ui("pdf.claimed", day=date.fromisoformat(day)),) if day else ()
        yield SEPARATOR.join((who, *said, *when))


def _is_told(
    name: str, spec: FieldSpec, rows: Sequence[Row], voice: Voice, *, links: Iterable[str]
) -> bool:
    """Whether every row's value stands in the name of a row that it belongs to."""
    return any(
        all(
            voice.value(row.values.get(name), spec)
            in voice.value(row.values.get(link), None, name=link).split(SEPARATOR)
            for row in rows
        )
        for link in links
        if rows
    )


def _row(row: Row, columns: Mapping[str, FieldSpec], voice: Voice) -> RowView:
    short = {name: spec for name, spec in columns.items() if not is_long(spec)}
    return RowView(
        id=row.id,
        version=row.version,
        cells=tuple(
            voice.value(row.values.get(name), spec, name=name) for name, spec in short.items()
        ),
        texts=tuple(
            (spec.title, voice.value(row.values[name], spec))
            for name, spec in columns.items()
            if name not in short and row.values.get(name) is not None
        ),
    )


def _leg(leg: RouteStep, voice: Voice) -> LegView:
    step = leg.step
    return LegView(
        title=leg.title,
        from_title=leg.from_title,
        to_title=leg.to_title,
        who=voice.person(step.person),
        on_behalf_of=voice.person(step.on_behalf_of) if step.on_behalf_of else None,
        role="" if step.person == "system" else step.role,
        at=step.at,
        working_days=leg.working_days,
        reason=step.reason,
        internal=step.internal,
        flags=flag_words(step.flags, voice),
    )
