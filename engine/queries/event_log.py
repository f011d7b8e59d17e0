"""The log as an event log for process mining: XES (IEEE 1849-2023) and OCEL 2.0 (JSON).

1. Events are the openings and the accepted steps of cases, in the order of the log; what was
   refused did not happen to the case. In XES a trace is a case; in OCEL cases, files, people and
   units are objects, and the files' own entries are events besides.
2. Steps bear the title that they have in the definition of their time; their ids stand beside.
3. People are ids, which say nothing outside of the office, unless names were asked for by right.
   Titles of cases and names of files stay here: they may name people.
4. It is read case by case and written as it is read, however long the log: nothing is held but the
   ids of cases, people and units.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from engine.audit.leaf import EntryType
from engine.definition.model import Process, Text
from engine.queries.log_pages import LogQuestion, definitions_of, resolved, says, units_below
from engine.runtime import Runtime, UnitOfWork
from engine.storage.audit_log import LogEntry

OPENED: Final[Mapping[str, str]] = {"vi": "Mở hồ sơ", "en": "Opened"}
STEPS: Final = (EntryType.INSTANCE_CREATED.value, EntryType.TRANSITION.value)
OF_FILES: Final = (
    EntryType.EVIDENCE_ATTACHED.value,
    EntryType.EVIDENCE_SUPERSEDED.value,
    EntryType.EVIDENCE_REVIEWED.value,
)
PERSON, UNIT, FILE = "person", "unit", "evidence"
EXTENSIONS: Final = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
)
EVENT_ATTRIBUTES: Final = ("process", "transition", "from", "to", "role", "requirement")
CASE_ATTRIBUTES: Final = ("code", "state", "unit", "year")
FILE_ATTRIBUTES: Final = ("requirement", "sha256", "size", "status")
# What XML 1.0 cannot write.
_NOT_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events leave, and how.

    Attributes:
        size: entries below it.
        whole: of the cases that are asked for, everything.
        language: of titles.
        names: people by name.
    """

    organization_id: str
    question: LogQuestion
    size: int
    whole: bool = False
    language: str = "vi"
    names: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a case."""

    idx: int
    case: str
    code: str
    process: str
    kind: str
    activity: str
    at: str
    person: str
    details: Mapping[str, Any]
    body: Mapping[str, Any]


def xes(runtime: Runtime, wanted: Wanted) -> Iterator[str]:
    """The event log as XES, piece by piece."""
    yield from _xes_head(wanted)
    for case in _cases(runtime, wanted):
        yield from _trace(runtime, wanted, case)
    yield "</log>\n"


def ocel(runtime: Runtime, wanted: Wanted) -> Iterator[str]:
    """The event log as OCEL 2.0 in JSON, piece by piece: events, objects, and last their types."""
    seen = _Seen()
    yield '{"events":['
    comma = ""
    for case in _cases(runtime, wanted):
        for event in _events(runtime, wanted, case, kinds=(*STEPS, *OF_FILES)):
            yield comma + _json(_ocel_event(event, seen))
            comma = ","
    yield '],"objects":['
    comma = ""
    for told in chain(_case_objects(runtime, wanted, seen), _other_objects(seen)):
        yield comma + _json(told)
        comma = ","
    yield f'],"objectTypes":{_json(_object_types(seen))}'
    yield f',"eventTypes":{_json(_types(seen.activities, EVENT_ATTRIBUTES))}}}\n'


@dataclass(slots=True)
class _Seen:
    """What events speak of: small beside the events themselves."""

    cases: dict[str, str] = field(default_factory=dict)
    people: dict[str, str | None] = field(default_factory=dict)
    units: set[str] = field(default_factory=set)
    activities: set[str] = field(default_factory=set)


def _cases(runtime: Runtime, wanted: Wanted) -> Iterator[str]:
    """The cases of which something happened that is asked for."""
    place = ""
    while True:
        with runtime.read(wanted.organization_id) as uow:
            narrowed = resolved(uow, wanted.question)
            found = uow.tables.log_reader.some_cases(narrowed, size=wanted.size, place=place)
        yield from found
        if not found:
            return
        place = found[-1]


def _events(
    runtime: Runtime, wanted: Wanted, case: str, *, kinds: tuple[str, ...] = STEPS
) -> Iterator[Event]:
    """What happened to a case, in the order of the log."""
    with runtime.read(wanted.organization_id) as uow:
        of_case = uow.tables.log_reader.of_case(case, kinds, size=wanted.size)
        happened = [one for one in of_case if wanted.whole or _asked_for(uow, wanted, one)]
        definitions = definitions_of(uow, happened)
        names = _names(uow, happened) if wanted.names else {}
        found = [_event(uow, one, definitions, names, wanted.language) for one in happened]
    yield from found


def _asked_for(uow: UnitOfWork, wanted: Wanted, entry: LogEntry) -> bool:
    """Whether an entry of a case that is asked for is itself."""
    question = wanted.question
    narrowed = question.wanted
    for name in ("process", "actor", "transition", "outcome", "type", "unit"):
        if getattr(narrowed, name) not in {None, getattr(entry, name)}:
            return False
    early = narrowed.first is not None and entry.recorded_at < narrowed.first
    late = narrowed.last is not None and entry.recorded_at >= narrowed.last
    if early or late or (question.unit and entry.unit not in units_below(uow, question.unit)):
        return False
    return not question.words or says(entry, question.words)


def _event(
    uow: UnitOfWork,
    entry: LogEntry,
    definitions: Mapping[str, Process],
    names: Mapping[str, str],
    language: str,
) -> Event:
    body: dict[str, Any] = json.loads(entry.body)
    return Event(
        idx=entry.idx,
        case=str(entry.instance),
        code=body.get("code", ""),
        process=str(entry.process),
        kind=entry.type,
        activity=_activity(entry, definitions.get(body.get("def", "")), language),
        at=_instant(entry.recorded_at.astimezone(uow.zone)),
        person=names.get(entry.actor, entry.actor),
        details={} if entry.payload is None else entry.payload.details,
        body=body,
    )


def _names(uow: UnitOfWork, entries: list[LogEntry]) -> dict[str, str]:
    found = uow.tables.organization.known({one.actor for one in entries}, on=uow.today)
    return {person.id: person.name for person in found.values()}


def _activity(entry: LogEntry, process: Process | None, language: str) -> str:
    if entry.type == EntryType.INSTANCE_CREATED:
        return OPENED[language]
    if entry.type != EntryType.TRANSITION:
        return entry.type
    step = None if process is None else process.transitions.get(entry.transition or "")
    return str(entry.transition) if step is None else _title(step.title, language)


def _title(title: Text, language: str) -> str:
    return title.en if language == "en" else title.vi


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _xes_head(wanted: Wanted) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<log xes.version="1849.2023" xes.features="" xmlns="http://www.xes-standard.org/">\n'
    for name, prefix, uri in EXTENSIONS:
        yield f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n'
    unknown = "UNKNOWN"
    yield '<global scope="trace">' + _string("concept:name", unknown) + "</global>\n"
    yield (
        '<global scope="event">'
        + _string("concept:name", unknown)
        + _string("lifecycle:transition", "complete")
        + _string("org:resource", unknown)
        + '<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/></global>\n'
    )
    yield '<classifier name="Activity" scope="event" keys="concept:name"/>\n'
    yield '<classifier name="Resource" scope="event" keys="org:resource"/>\n'
    yield _string("concept:name", wanted.organization_id)
    yield _string("lifecycle:model", "standard") + "\n"


def _trace(runtime: Runtime, wanted: Wanted, case: str) -> Iterator[str]:
    events = list(_events(runtime, wanted, case))
    if not events:
        return
    first = events[0]
    yield "<trace>" + _string("concept:name", first.code) + _string("process", first.process)
    if first.kind == EntryType.INSTANCE_CREATED:
        yield _strings(first.details, (("unit", "unit"), ("year", "year")))
    yield "\n"
    for event in events:
        yield "<event>" + _string("concept:name", event.activity)
        yield _string("lifecycle:transition", "complete")
        yield _string("org:resource", event.person)
        yield _strings(event.body, (("org:role", "role"), ("org:group", "unit")))
        yield f'<date key="time:timestamp" value="{event.at}"/>'
        yield _strings(event.body, (("transition",) * 2, ("from",) * 2, ("to",) * 2))
        yield f'<int key="entry" value="{event.idx}"/></event>\n'
    yield "</trace>\n"


def _strings(told: Mapping[str, Any], named: tuple[tuple[str, str], ...]) -> str:
    """Attributes for what is there, each under its key."""
    return "".join(_string(key, str(told[name])) for key, name in named if name in told)


def _string(key: str, value: str) -> str:
    return f'<string key="{key}" value={_quoted(value)}/>'


def _quoted(value: str) -> str:
    """A value as XML holds it: line breaks and tabs kept, quotes always the same."""
    entities = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;", '"': "&quot;"}
    return quoteattr(value.translate(_NOT_XML), entities)


def _ocel_event(event: Event, seen: _Seen) -> dict[str, Any]:
    body = event.body
    activity = event.activity
    if event.kind in STEPS:
        activity = f"{event.process}: {event.activity}"
    seen.activities.add(activity)
    seen.cases[event.case] = event.process
    person = body["actor"]
    seen.people[person] = event.person if event.person != person else None
    related = [(event.case, "case"), (_id(PERSON, person), "actor")]
    if "unit" in body:
        seen.units.add(body["unit"])
        related.append((_id(UNIT, body["unit"]), "unit of the actor"))
    if "on_behalf" in body:
        seen.people.setdefault(body["on_behalf"], None)
        related.append((_id(PERSON, body["on_behalf"]), "on behalf of"))
    files = dict.fromkeys(file["id"] for file in body.get("evidence", ()))
    if event.kind == EntryType.EVIDENCE_REVIEWED and "subject" in body:
        files[body["subject"]] = None
    related += [(_id(FILE, file), "evidence") for file in files]
    told = {**body, "requirement": _requirement(body)}
    return {
        "id": f"e{event.idx}",
        "type": activity,
        "time": event.at,
        "attributes": [
            {"name": name, "value": str(told[name])} for name in EVENT_ATTRIBUTES if told.get(name)
        ],
        "relationships": [{"objectId": one, "qualifier": how} for one, how in related],
    }


def _requirement(body: Mapping[str, Any]) -> str:
    named = dict.fromkeys(file["requirement"] for file in body.get("evidence", ()))
    return ", ".join(named)


def _id(kind: str, name: str) -> str:
    return f"{kind}:{name}"


def _case_objects(runtime: Runtime, wanted: Wanted, seen: _Seen) -> Iterator[dict[str, Any]]:
    """Cases and their files, told by the whole of their entries, whatever was asked for."""
    whole = replace(wanted, whole=True, names=False)
    for case, process in seen.cases.items():
        told = _Telling(case=case, process=process)
        for event in _events(runtime, whole, case, kinds=(*STEPS, *OF_FILES)):
            told.take(event)
        seen.units.update({told.unit} if told.unit else ())
        yield told.as_object(seen)
        yield from told.files()


@dataclass(slots=True)
class _Telling:
    """A case while its events are read."""

    case: str
    process: str
    attributes: list[dict[str, Any]] = field(default_factory=list)
    unit: str | None = None
    parent: str | None = None
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """What an event changed of the case and its files."""
        body = event.body
        if event.kind == EntryType.INSTANCE_CREATED:
            self.unit = event.details.get("unit")
            self.parent = event.details.get("parent")
            self._note("code", event.code, event.at)
            for name in ("unit", "year"):
                if name in event.details:
                    self._note(name, event.details[name], event.at)
        if event.kind in STEPS and body.get("from") != body["to"]:
            self._note("state", body["to"], event.at)
        for file in body.get("evidence", ()):
            self._file(file, event)
        if event.kind == EntryType.EVIDENCE_REVIEWED:
            verdict = event.details.get("verdict", "reviewed")
            known = self.found.setdefault(body["subject"], [])
            known.append(_attribute("status", verdict, event.at))

    def as_object(self, seen: _Seen) -> dict[str, Any]:
        """The case; it is related to what is an object itself."""
        related = [] if self.unit is None else [(_id(UNIT, self.unit), "of unit")]
        if self.parent in seen.cases:
            related.append((str(self.parent), "part of"))
        return {
            "id": self.case,
            "type": self.process,
            "attributes": self.attributes,
            "relationships": [{"objectId": one, "qualifier": how} for one, how in related],
        }

    def files(self) -> Iterator[dict[str, Any]]:
        """The files of the case."""
        for file, attributes in self.found.items():
            yield {
                "id": _id(FILE, file),
                "type": FILE,
                "attributes": attributes,
                "relationships": [{"objectId": self.case, "qualifier": "evidence of"}],
            }

    def _file(self, file: Mapping[str, Any], event: Event) -> None:
        known = self.found.setdefault(file["id"], [])
        if not known:
            known += [
                _attribute(name, file[name], event.at) for name in ("requirement", "sha256", "size")
            ]
        used = "frozen" if event.kind == EntryType.TRANSITION else "received"
        known.append(_attribute("status", used, event.at))
        replaced = event.details.get("supersedes")
        if replaced is not None:
            self.found.setdefault(replaced, []).append(_attribute("status", "superseded", event.at))

    def _note(self, name: str, value: Any, at: str) -> None:
        self.attributes.append(_attribute(name, value, at))


def _attribute(name: str, value: Any, at: str) -> dict[str, Any]:
    return {"name": name, "value": str(value), "time": at}


def _other_objects(seen: _Seen) -> Iterator[dict[str, Any]]:
    for person, name in sorted(seen.people.items()):
        named = [] if name is None else [_attribute("name", name, "1970-01-01T00:00:00+00:00")]
        yield {
            "id": _id(PERSON, person),
            "type": PERSON,
            "attributes": named,
            "relationships": [],
        }
    for unit in sorted(seen.units):
        yield {"id": _id(UNIT, unit), "type": UNIT, "attributes": [], "relationships": []}


def _object_types(seen: _Seen) -> list[dict[str, Any]]:
    return [
        *_types(set(seen.cases.values()), CASE_ATTRIBUTES),
        *_types({FILE}, FILE_ATTRIBUTES),
        *_types({PERSON}, ("name",)),
        *_types({UNIT}, ()),
    ]


def _types(names: set[str], attributes: tuple[str, ...]) -> list[dict[str, Any]]:
    typed = [{"name": name, "type": "string"} for name in attributes]
    return [{"name": name, "attributes": typed} for name in sorted(names)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
