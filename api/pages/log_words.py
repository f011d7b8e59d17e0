"""Entries of the log in the words of whoever reads: what was done, to what, from what to what.

1. An entry is told by the definition that was in force for it; where a title is not known any more,
   the id stands, and nothing is left out.
2. A refusal says each reason, and who could have done it or could have mended it.
3. What was erased is said to be erased; personal values stand in a payload that no reading shows.
4. What an entry says beside its changes is a fact with a label; a fact without a label of its own
   is shown under its name.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from api.pages.marks import marks
from api.pages.showing import Reason, Voice
from engine.audit.payload import Change
from engine.commands.manage_accounts import WRONG_CREDENTIALS
from engine.definition.model import By, FieldSpec, Process, Requirement, RowRequirement
from engine.machine.actor import SYSTEM
from engine.machine.decision import FORBIDDING, UnmetCode
from engine.storage.audit_log import LogEntry

CALENDAR_DAY: Final = "calendar_day"
DUE_DAY: Final = "due_on"
"""What the house itself writes down as changed, beside the fields and columns of a case."""
LABELLED: Final = frozenset(
    {
        *("as_of", "by", "change", "clock_from", "clock_to", "code", "count", "declared_rows"),
        *("definition_version", "document", "edition", "effective_on", "first", "format", "gate"),
        *("giver", "kind", "last", "official", "parent", "period", "person", "phase", "process"),
        *("qms", "reauthenticated", "role", "rule", "sha256", "source", "state", "title", "token"),
        *("unit", "units_of", "until", "valid_from", "valid_to", "verdict", "words", "year"),
        *("actor", "outcome", "transition", "type", "instance", "size", "root", "names"),
        *("former", "origin", "vkey", "most_per_day"),
    }
)
"""Facts that have words of their own."""
NOT_TOLD: Final = frozenset(
    {
        *("filename", "media_type", "row", "rows", "old", "new", "calendar", "calendar_before"),
        *("voided_by", "mapping", "aliases", "supersedes", "note"),
    }
)
"""Facts that are told in their own place, or that say nothing to a person."""
SAID: Final[Mapping[str, frozenset[str]]] = {
    "change": frozenset(
        {
            *("founded", "unit_added", "qualified", "letterhead_set", "added", "disabled", "made"),
            *("revoked", "public_link_made", "public_link_withdrawn"),
        }
    ),
    "phase": frozenset({"begun", "finished", "failed", "cancelled"}),
    "verdict": frozenset({"accepted", "rejected"}),
    "outcome": frozenset({"accepted", "refused"}),
}
DAYS: Final = frozenset({"valid_from", "valid_to", "until", "effective_on"})
INSTANTS: Final = frozenset({"as_of", "first", "last"})
PEOPLE: Final = frozenset({"giver", "by", "person", "actor"})
UNITS: Final = frozenset({"unit", "units_of", "parent"})


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A value that changed, in words; empty where there was, or is, none."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that the entry speaks of."""

    id: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWords:
    """An entry of the log in words.

    Attributes:
        kind: what kind of entry it is, where `what` is the name of a step.
        flags: what was let through and marked.
        facts: label and value of what it says besides.
        erased: its payload is gone; `withheld`: it has personal values, which no reading shows;
            `personal_erased`: it had.
    """

    idx: int
    stream: str
    seq: int
    leaf: str
    at: datetime
    who: str
    role: str
    unit: str
    on_behalf: str
    token: str
    kind: str
    what: str
    origin: str
    target: str
    refused: bool
    unmet: tuple[Reason, ...]
    flags: tuple[str, ...]
    reason: str
    voided_by: str
    changes: tuple[ChangeView, ...]
    facts: tuple[tuple[str, str], ...]
    files: tuple[FileView, ...]
    erased: bool
    withheld: bool
    personal_erased: bool
    instance: str | None
    code: str
    subject: str


def told(
    entry: LogEntry,
    voice: Voice,
    *,
    people: Mapping[str, str],
    definitions: Mapping[str, Process],
    newest: Mapping[str, Process],
    files: Mapping[str, str],
) -> EntryWords:
    """An entry in words.

    Args:
        entry: to be told.
        voice: of the reader.
        people: names of everybody whom it names.
        definitions: by digest, those of the time.
        newest: by process, for entries that name no digest.
        files: names of files by id.
    """
    body: dict[str, Any] = json.loads(entry.body)
    process = definitions.get(body.get("def", "")) or newest.get(entry.process or "")
    voice = _knowing(voice, people)
    payload = entry.payload
    details = {} if payload is None else payload.details
    subject = str(body.get("subject", ""))
    return EntryWords(
        idx=entry.idx,
        stream=entry.stream,
        seq=entry.seq,
        leaf=entry.leaf_hash.hex(),
        at=entry.recorded_at,
        who=voice.person(entry.actor),
        role="" if entry.actor == SYSTEM.person else body.get("role", ""),
        unit="" if entry.unit is None else voice.unit(entry.unit),
        on_behalf=voice.person(body["on_behalf"]) if "on_behalf" in body else "",
        token=body.get("token", ""),
        kind=voice.words.say(f"entry.{entry.type}", {}, voice.language),
        what=_what(entry, process, voice),
        origin=_state(body.get("from"), process, voice),
        target=_state(body.get("to"), process, voice),
        refused=entry.outcome == "refused",
        unmet=tuple(
            _unmet(key, process, voice, transition=entry.transition, record_set=subject)
            for key in body.get("unmet", ())
        ),
        flags=marks(body.get("flags", ()), process, voice),
        reason="" if payload is None else payload.reason or "",
        voided_by=_records(details.get("voided_by"), process, voice),
        changes=(
            *_assignments(details, voice),
            *(() if payload is None else (_change(c, process, voice) for c in payload.changes)),
        ),
        facts=tuple(_facts(details, process, voice)),
        files=tuple(_file(file, process, voice, files) for file in body.get("evidence", ())),
        erased="payload" in body and payload is None,
        withheld="personal" in body and entry.personal_kept,
        personal_erased="personal" in body and not entry.personal_kept,
        instance=entry.instance,
        code=body.get("code", ""),
        subject=_about(subject, body, voice),
    )


def _knowing(voice: Voice, people: Mapping[str, str]) -> Voice:
    """The voice that also knows people who have left."""
    return Voice(
        words=voice.words,
        language=voice.language,
        zone=voice.zone,
        people={**people, **voice.people},
        units=voice.units,
        rows=voice.rows,
    )


def _what(entry: LogEntry, process: Process | None, voice: Voice) -> str:
    """The kind of entry; a step by its own title."""
    if process is not None and entry.transition in process.transitions:
        return voice.title(process.transitions[entry.transition].title)
    return voice.words.say(f"entry.{entry.type}", {}, voice.language)


def _about(subject: str, body: Mapping[str, Any], voice: Voice) -> str:
    """What an entry outside of cases is about; ids of rows and files say nothing to a person."""
    if not subject or "instance" in body:
        return ""
    if subject in voice.people:
        return voice.person(subject)
    if subject in voice.units:
        return voice.unit(subject)
    return "" if _ID.fullmatch(subject) else subject


def _state(state: str | None, process: Process | None, voice: Voice) -> str:
    if not state:
        return ""
    if process is None or state not in process.states:
        return state
    return voice.title(process.states[state].title)


def _unmet(
    key: str, process: Process | None, voice: Voice, *, transition: str | None, record_set: str
) -> Reason:
    """A reason of a refusal: the log keeps its key, the page says it, and who could have."""
    code, _, subject = key.partition(":")
    if code not in {*UnmetCode, WRONG_CREDENTIALS}:
        return Reason(text=key)
    said = voice.ui(f"unmet.{code}")
    named = _subject(subject, process, voice)
    able = _able(code, subject, process, transition=transition, record_set=record_set)
    return Reason(
        text=f"{said}: {named}" if named else said,
        who=voice.roles(dict.fromkeys(able)),
        forbids=code in FORBIDDING,
    )


def _able(
    code: str, subject: str, process: Process | None, *, transition: str | None, record_set: str
) -> tuple[str, ...]:
    """The roles that could have done it, or could have brought what was missing."""
    if process is None:
        return ()
    if code in FORBIDDING:
        return _roles(_doers(process, transition, record_set))
    spec = process.evidence.get(subject)
    if spec is None or not code.startswith("evidence_"):
        return ()
    if code == UnmetCode.EVIDENCE_UNREVIEWED and spec.reviewed is not None:
        return (spec.reviewed,)
    asking = (step for step in process.transitions.values() if subject in step.evidence)
    return spec.from_ or _roles(by for step in asking for by in step.by)


def _doers(process: Process, transition: str | None, record_set: str) -> tuple[By, ...]:
    if transition in process.transitions:
        return process.transitions[transition].by
    return process.records[record_set].by if record_set in process.records else ()


def _roles(bys: Iterable[By]) -> tuple[str, ...]:
    return tuple(by.role for by in bys)


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


def _change(change: Change, process: Process | None, voice: Voice) -> ChangeView:
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


def _spec(change: Change, process: Process | None) -> FieldSpec | None:
    if process is None:
        return None
    if change.record_set is None:
        return process.fields.get(change.column)
    record_set = process.records.get(change.record_set)
    return None if record_set is None else record_set.columns.get(change.column)


def _assignments(details: Mapping[str, Any], voice: Voice) -> Iterator[ChangeView]:
    """Who was named for a role before, and who is now."""
    old, new = details.get("old"), details.get("new")
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return
    for role in sorted(old.keys() | new.keys()):
        before, after = old.get(role, ()), new.get(role, ())
        if before != after:
            yield ChangeView(
                name=voice.roles((role,)),
                old=", ".join(map(voice.person, before)),
                new=", ".join(map(voice.person, after)),
            )


def _facts(
    details: Mapping[str, Any], process: Process | None, voice: Voice
) -> Iterator[tuple[str, str]]:
    for name, value in details.items():
        if name not in NOT_TOLD and value not in ("", None, [], {}):
            label = voice.ui(f"log.fact.{name}") if name in LABELLED else name
            yield label, _fact(name, value, process, voice)


def _fact(name: str, value: Any, process: Process | None, voice: Voice) -> str:
    if name in SAID and value in SAID[name]:
        return voice.ui(f"log.said.{value}")
    if isinstance(value, Mapping):
        known = {"vi", "en"} <= value.keys()
        return str(value[voice.language]) if known else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    say = _SAYING.get(name)
    if say is not None:
        return say(voice, str(value))
    return _state(value, process, voice) if name == "state" else voice.value(value, None)


def _moment(text: str, voice: Voice) -> str:
    """A day or an instant that is kept as text."""
    try:
        kept: Any = datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return text
    return voice.value(kept, None)


_SAYING: Final[Mapping[str, Callable[[Voice, str], str]]] = {
    **dict.fromkeys(DAYS | INSTANTS, lambda voice, text: _moment(text, voice)),
    **dict.fromkeys(PEOPLE, lambda voice, text: voice.person(text)),
    **dict.fromkeys(UNITS, lambda voice, text: voice.unit(text)),
    "role": lambda voice, text: voice.roles((text,)),
}


def _records(name: str | None, process: Process | None, voice: Voice) -> str:
    """What people call a record set; its id where the process is not known any more."""
    spec = process.records.get(name or "") if process is not None else None
    return (name or "") if spec is None else voice.title(spec.title)


def _file(
    file: Mapping[str, Any], process: Process | None, voice: Voice, names: Mapping[str, str]
) -> FileView:
    requirement = _subject(file["requirement"], process, voice)
    filename = names.get(file["id"])
    return FileView(
        id=file["id"],
        name=f"{requirement}: {filename}" if filename else requirement,
        size=file["size"],
        sha256=file["sha256"],
    )
