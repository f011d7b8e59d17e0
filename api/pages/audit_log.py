"""The auditors' view of the log: who did what, to which case, with which old and new values.

1. Newest first; the index of an entry is its address.
2. A refused attempt is an entry like any other, and marked as refused in words.
3. Values are shown with the words of the definition; what was erased is said to be erased.
4. Verification reads the whole log again, with every file; it changes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from api.pages.showing import Voice
from api.pages.visiting import Desk, Desked
from api.verdict import fault_sentences, not_checked_sentences
from engine.commands.manage_accounts import WRONG_CREDENTIALS
from engine.definition.model import FieldSpec, Process, Requirement, RowRequirement
from engine.machine.actor import SYSTEM
from engine.machine.decision import UnmetCode
from engine.queries.audit_trail import trail, verify_log
from engine.queries.definitions import list_definitions
from engine.queries.instances import instance_view
from engine.storage.audit_log import LogEntry, LogFilter

router = APIRouter()

PER_PAGE: Final = 50
INDEX_DIGITS: Final = 15
CALENDAR_DAY: Final = "calendar_day"
DUE_DAY: Final = "due_on"
"""What the house itself writes down as changed, beside the fields and columns of a case."""
OUTCOMES: Final = frozenset({"accepted", "refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the log was asked for, as the form shows it again."""

    process: str = ""
    transition: str = ""
    actor: str = ""
    outcome: str = ""
    first: str = ""
    last: str = ""
    instance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A value that changed, in words; empty where there was, or is, none."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that the entry speaks of."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """An entry of the log in words."""

    idx: int
    stream: str
    seq: int
    leaf: str
    at: datetime
    who: str
    role: str
    on_behalf: str
    token: str
    what: str
    origin: str
    target: str
    refused: bool
    unmet: tuple[str, ...]
    reason: str
    voided_by: str
    changes: tuple[ChangeView, ...]
    files: tuple[FileView, ...]
    erased: bool
    instance: str | None
    code: str
    subject: str


@router.get("/log")
def log_page(desk: Desked) -> Response:
    """The log, narrowed by the form."""
    asked = _asked(desk.request.query_params)
    runtime, caller = desk.house.runtime, desk.caller
    instance = instance_view(runtime, caller, asked.instance) if asked.instance else None
    before = desk.request.query_params.get("before", "")
    found = trail(
        runtime,
        caller,
        _wanted(asked, desk),
        after=int(before) if before.isdecimal() and len(before) <= INDEX_DIGITS else -1,
        limit=PER_PAGE,
        newest_first=True,
    )
    processes = {view.process.process: view.process for view in list_definitions(runtime, caller)}
    voice = desk.voice
    return desk.page(
        "log/list.html",
        block="results",
        asked=asked,
        trail=found,
        entries=[_entry(entry, processes, voice, found.people) for entry in found.entries],
        next=_next(asked, found.next),
        instance_name=None
        if instance is None
        else f"{instance.summary.code} · {instance.summary.title}",
        processes=[(name, voice.title(process.title)) for name, process in processes.items()],
        transitions=[
            (
                voice.title(process.title),
                [(step, voice.title(spec.title)) for step, spec in process.transitions.items()],
            )
            for name, process in processes.items()
            if asked.process in {"", name}
        ],
        people=[*desk.choices.people, (SYSTEM.person, voice.person(SYSTEM.person))],
    )


@router.get("/log/verification")
def verification_page(desk: Desked) -> Response:
    """Check the whole log, and say what was found."""
    verdict = verify_log(desk.house.runtime, desk.caller.organization_id)
    say, language = desk.voice.words.say, desk.voice.language
    sentences = fault_sentences(verdict, say=say, language=language)
    return desk.page(
        "log/verification.html",
        verdict=verdict,
        faults=list(zip(verdict.findings, sentences, strict=True)),
        not_checked=not_checked_sentences(verdict, say=say, language=language),
    )


def _asked(query: Mapping[str, str]) -> Asked:
    """What the form asks for; what cannot be meant is left out."""
    outcome = query.get("outcome", "")
    return Asked(
        process=query.get("process", ""),
        transition=query.get("transition", ""),
        actor=query.get("actor", ""),
        outcome=outcome if outcome in OUTCOMES else "",
        first=_day_text(query.get("from", "")),
        last=_day_text(query.get("to", "")),
        instance=query.get("instance", ""),
    )


def _day_text(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _wanted(asked: Asked, desk: Desk) -> LogFilter:
    return LogFilter(
        process=asked.process or None,
        transition=asked.transition or None,
        actor=asked.actor or None,
        outcome=asked.outcome or None,
        instance=asked.instance or None,
        first=_midnight(asked.first, desk, days=0),
        last=_midnight(asked.last, desk, days=1),
    )


def _midnight(text: str, desk: Desk, *, days: int) -> datetime | None:
    """The instant at which a day of the organisation begins, `days` later."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return datetime.combine(day, time(), desk.visit.zone).astimezone(UTC)
    except OverflowError:
        return None


def _next(asked: Asked, index: int | None) -> str | None:
    if index is None:
        return None
    names = {"first": "from", "last": "to"}
    query = {names.get(name, name): getattr(asked, name) for name in Asked.__slots__}
    query["before"] = str(index)
    return f"/log?{urlencode({name: value for name, value in query.items() if value})}"


def _entry(
    entry: LogEntry, processes: Mapping[str, Process], voice: Voice, people: Mapping[str, str]
) -> EntryView:
    body: dict[str, Any] = json.loads(entry.body)
    process = processes.get(entry.process or "")
    payload = entry.payload
    details = {} if payload is None else payload.details
    return EntryView(
        idx=entry.idx,
        stream=entry.stream,
        seq=entry.seq,
        leaf=entry.leaf_hash.hex(),
        at=entry.recorded_at,
        who=people.get(entry.actor) or voice.person(entry.actor),
        role=body.get("role", ""),
        on_behalf=voice.person(body["on_behalf"]) if "on_behalf" in body else "",
        token=body.get("token", ""),
        what=_what(entry, process, voice),
        origin=_state(body.get("from"), process, voice),
        target=_state(body.get("to"), process, voice),
        refused=entry.outcome == "refused",
        unmet=tuple(_unmet(key, process, voice) for key in body.get("unmet", ())),
        reason="" if payload is None else payload.reason or "",
        voided_by=_records(details.get("voided_by"), process, voice),
        changes=()
        if payload is None
        else tuple(_change(change, process, voice) for change in payload.changes),
        files=tuple(_file(file, process, voice, details) for file in body.get("evidence", ())),
        erased="payload" in body and payload is None,
        instance=entry.instance,
        code=body.get("code", ""),
        subject=people.get(body.get("subject", "")) or body.get("subject", ""),
    )


def _what(entry: LogEntry, process: Process | None, voice: Voice) -> str:
    """The kind of entry; a step by its own title."""
    if process is not None and entry.transition in process.transitions:
        return voice.title(process.transitions[entry.transition].title)
    return voice.words.say(f"entry.{entry.type}", {}, voice.language)


def _state(state: str | None, process: Process | None, voice: Voice) -> str:
    if not state:
        return ""
    if process is None or state not in process.states:
        return state
    return voice.title(process.states[state].title)


def _unmet(key: str, process: Process | None, voice: Voice) -> str:
    """A reason of a refusal: the log keeps its key, the page says it."""
    code, _, subject = key.partition(":")
    if code not in {*UnmetCode, WRONG_CREDENTIALS}:
        return key
    said = voice.ui(f"unmet.{code}")
    named = _subject(subject, process, voice)
    return f"{said}: {named}" if named else said


def _subject(subject: str, process: Process | None, voice: Voice) -> str:
    """What a reason speaks of, by its title where the definition has one."""
    if process is None or not subject:
        return subject
    for titled in (process.evidence, process.fields, process.transitions, process.records):
        if subject in titled:
            return voice.title(titled[subject].title)
    asking: tuple[Mapping[str, Requirement | RowRequirement], ...] = (
        *(step.requires for step in process.transitions.values()),
        *(records.edit_when for records in process.records.values()),
    )
    for conditions in asking:
        if subject in conditions:
            return voice.title(conditions[subject].title)
    return subject


def _change(change: Any, process: Process | None, voice: Voice) -> ChangeView:
    spec = _spec(change, process)
    name = _column(change.column, voice) if spec is None else voice.title(spec.title)
    if change.record_set is not None and process is not None:
        record_set = process.records.get(change.record_set)
        title = change.record_set if record_set is None else voice.title(record_set.title)
        name = f"{title} · {name}"
    shown = partial(_value, column=change.column, spec=spec, process=process, voice=voice)
    return ChangeView(
        name=name,
        old="" if change.old is None else shown(change.old),
        new="" if change.new is None else shown(change.new),
    )


def _value(
    value: Any, *, column: str, spec: FieldSpec | None, process: Process | None, voice: Voice
) -> str:
    """A value in words; the id of a row says only which table it is in, as rows come and go."""
    if process is not None and column in process.records:
        return voice.ui("log.row", table=voice.title(process.records[column].title))
    if column == CALENDAR_DAY:
        kind, _, label = str(value).partition(": ")
        return f"{voice.ui(f'admin.kind_{kind}')}: {label}"
    if column == DUE_DAY and spec is None:
        return voice.value(date.fromisoformat(str(value)), None)
    return voice.value(value, spec)


def _column(name: str, voice: Voice) -> str:
    """What the house itself writes down beside fields and columns, by its own words."""
    return voice.ui(f"log.changed.{name}") if name in {CALENDAR_DAY, DUE_DAY} else name


def _spec(change: Any, process: Process | None) -> FieldSpec | None:
    if process is None:
        return None
    if change.record_set is None:
        return process.fields.get(change.column)
    record_set = process.records.get(change.record_set)
    return None if record_set is None else record_set.columns.get(change.column)


def _records(name: str | None, process: Process | None, voice: Voice) -> str:
    """What people call a record set; its id where the process is not known any more."""
    spec = process.records.get(name or "") if process is not None else None
    return (name or "") if spec is None else voice.title(spec.title)


def _file(
    file: Mapping[str, Any], process: Process | None, voice: Voice, details: Mapping[str, Any]
) -> FileView:
    requirement = _subject(file["requirement"], process, voice)
    filename = details.get("filename")
    return FileView(
        name=f"{requirement}: {filename}" if filename else requirement,
        size=file["size"],
        sha256=file["sha256"],
    )
