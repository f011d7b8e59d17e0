"""YAML text to a Process, with a line and a column for every finding, and all findings at once.

1. The text is read event by event, so that nothing is built before it is judged: no alias is
   followed, no tag is obeyed, nothing nests beyond a limit. libyaml finds the events (some forty
   times faster than a parser in Python); what type a scalar has is YAML 1.2's, as ruamel tells it,
   and so is what is wrong with a text that is no YAML.
2. Values are text, whole numbers, true and false, lists and mappings. Floats, dates, empty values
   and numbers in other bases are refused: `07-01` and `2026-07-01` are text, the second one in
   quotes.
3. What can be read goes on to the closed model; what the model refuses is a finding at its own
   node.
4. Faulty parts are set aside so that the rest can still be judged: `Reading.draft` is what remains.
   Whoever wants a definition to use takes `Reading.process`, which is there only without any error.

Codes found here: E00 unreadable · E01 duplicate key · E02 key that is not text · E03 bad or
reserved slug · E04 unknown key · E05 size, depth, alias, anchor, tag, kind of value · E06 a title
without vi or en · E07 wrong type or shape · E20, E21 arms whose order the model refuses · E34 an
empty `by`.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode
from yaml import CSafeLoader, parse
from yaml.error import YAMLError as NoYAML
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from engine.definition import model
from engine.definition.finding import Finding, Path, Places, Position, in_order
from engine.definition.model import Process

SIZE_BYTES: Final = 256 * 1024
DEPTH: Final = 12
KEPT_READINGS: Final = 32
LARGEST_NUMBER: Final = 2**53 - 1

RESERVED: Final[Mapping[str, frozenset[str]]] = {
    "states": frozenset({"open", "previous"}),
    "transitions": frozenset({"open"}),
    "fields": frozenset({"today", "end_of_window"}),
    "evidence": frozenset({"command"}),
}
"""Names that mean something else where they would stand: all open states, the way back, entry 0,
the day of the step, the part of a request that holds the command."""

_SECTIONS = frozenset(
    {"fields", "records", "facts", "evidence", "states", "transitions", "figures", "documents"}
)
_STAND_INS: Mapping[str, Any] = {
    "format": 1,
    "process": "unnamed",
    "version": 1,
    "title": {"vi": "-", "en": "-"},
    "code": "X",
}
_SEPARATORS: Final = re.compile("[\x85\u2028\u2029]|(?!\\A)\ufeff")
"""Line breaks to YAML 1.1 and not to 1.2 (§5.4), and a byte order mark that begins no file (§5.2):
no two parsers need agree on them."""
_OTHER_TRUTHS = frozenset({"on", "off", "yes", "no"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading gave.

    Attributes:
        process: the definition; None as soon as there is an error.
        findings: every fault of reading, in the order of the file.
        places: where each node stands, for the findings of the checks.
        draft: what could be built with the faulty parts set aside; None when nothing could.
        aside: names of the entries and sections set aside; a reference to one of them is no fault.
        whole: nothing but words was set aside, so that the draft says all that the file says.
    """

    process: Process | None
    findings: tuple[Finding, ...]
    places: Places = field(default_factory=Places)
    draft: Process | None = None
    aside: frozenset[str] = frozenset()
    whole: bool = True


def read(text: str | bytes, *, file: str = "-") -> Reading:
    """Read a definition; `file` is the name that findings carry. Never raises for what it reads."""
    notes = _Notes(file)
    data = _plain(text, notes)
    if not isinstance(data, dict):
        if not notes.findings:
            notes.add("E07", (), kind="nothing" if data is None else "file")
        return Reading(None, tuple(in_order(notes.findings)), notes.places)
    aside = _Aside(data)
    process = _build(aside, notes)
    findings = tuple(in_order(notes.findings))
    return Reading(
        process=None if findings else process,
        findings=findings,
        places=notes.places,
        draft=process,
        aside=frozenset(aside.names),
        whole=aside.whole,
    )


def read_file(path: FilePath) -> Reading:
    """Read the definition in a file."""
    return _read_bytes(path.read_bytes(), file=str(path))


@lru_cache(maxsize=KEPT_READINGS)
def _read_bytes(content: bytes, *, file: str) -> Reading:
    """Read once what a process reads again: an upgrade, a founding and a check ask for the same."""
    return read(content, file=file)


def load(data: str | bytes) -> Process:
    """Build a published version from its stored JSON; it was checked before it was published.

    Raises:
        pydantic.ValidationError: the JSON is not a definition of this format.
    """
    return Process.model_validate(json.loads(data))


@dataclass(slots=True)
class _Notes:
    """Findings and positions, as they come up while reading."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    positions: dict[Path, Position] = field(default_factory=dict)

    @property
    def places(self) -> Places:
        return Places(self.file, self.positions)

    def add(self, code: str, path: Path, **params: Any) -> None:
        """Note a fault, one of a code for a node: the first says it."""
        found = self.places.finding(code, path, **params)
        if all((f.code, f.path) != (found.code, found.path) for f in self.findings):
            self.findings.append(found)

    def faulty(self, path: Path) -> bool:
        """Whether the node, or anything in it, is known as faulty."""
        node = ".".join(map(str, path))
        return any(f.path == node or f.path.startswith(f"{node}.") for f in self.findings)


class _TooDeep(Exception):  # noqa: N818 - it ends the reading and leaves this file never.
    """The text nests deeper than a definition may."""


def _plain(text: str | bytes, notes: _Notes) -> Any:
    """Turn text into plain data; None when there is nothing to go on with."""
    size = len(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    if size > SIZE_BYTES:
        notes.add("E05", (), kind="size", size=size, most=SIZE_BYTES)
        return None
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        notes.add("E00", (), kind="encoding", at=error.start + 1)
        return None
    if separator := _SEPARATORS.search(decoded):
        notes.add("E00", (), kind="character", at=separator.start() + 1)
        return None
    try:
        return _Reader(decoded, notes).document()
    except (NoYAML, UnicodeEncodeError) as error:
        _note_syntax(decoded, error, notes)
    except _TooDeep:
        pass
    return None


def _note_syntax(text: str, fault: Exception, notes: _Notes) -> None:
    """Note why a text is no YAML, as a parser of 1.2 tells it; where it has nothing to tell, so."""
    own = getattr(fault, "problem_mark", None)
    if own is not None:
        notes.positions[()] = Position(own.line + 1, own.column + 1)
    if getattr(fault, "problem", None) == _NESTS_TOO_DEEP:
        notes.add("E05", (), kind="depth", most=DEPTH)
        return
    try:
        for _ in YAML().parse(text):
            pass
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        notes.positions[()] = Position(mark.line + 1, mark.column + 1)
        notes.add("E00", (), kind=_syntax_kind(str(error.problem or error.context)))
    except YAMLError as error:
        notes.add("E00", (), kind="character", at=getattr(error, "position", 0) + 1)
    else:
        notes.add("E00", (), kind="syntax")


class _Reader:
    """Plain data from the events of one YAML document, judged on the way."""

    def __init__(self, text: str, notes: _Notes) -> None:
        self._resolve: Callable[..., str] = YAML().resolver.resolve
        self._events: Iterator[Event] = parse(text, Loader=CSafeLoader)
        self._notes = notes

    def document(self) -> Any:
        """Read the one document; a second one, or a directive, is a fault."""
        data: Any = None
        seen = False
        for event in self._events:
            if not isinstance(event, DocumentStartEvent):
                continue
            if seen:
                self._fault((), event, "E05", kind="documents")
                break
            seen = True
            if event.version or event.tags:
                self._fault((), event, "E05", kind="directive")
            data = self._node(next(self._events), ())
        return data

    def _node(self, event: Event, path: Path) -> Any:
        """Read one value; `path` leads to it."""
        self._notes.positions.setdefault(path, _position(event))
        if isinstance(event, AliasEvent):
            self._fault(path, event, "E05", kind="alias", name=str(event.anchor))
        if isinstance(event, ScalarEvent | CollectionStartEvent):
            self._decorated(event, path)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, path)
        return self._sequence(event, path) if isinstance(event, CollectionStartEvent) else None

    def _decorated(self, event: ScalarEvent | CollectionStartEvent, path: Path) -> None:
        """Note what a definition does without: anchors, tags, nesting beyond the limit."""
        if event.anchor is not None:
            self._fault(path, event, "E05", kind="anchor", name=str(event.anchor))
        if event.tag is not None:
            self._fault(path, event, "E05", kind="tag", tag=str(event.tag))
        if len(path) >= DEPTH and isinstance(event, CollectionStartEvent):
            self._fault(path, event, "E05", kind="depth", most=DEPTH)
            raise _TooDeep

    def _mapping(self, _: Event, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, path, found)
            value_event = next(self._events)
            if key is None:
                self._node(value_event, (*path, "?"))
                continue
            # A collection is pointed at by its key, a scalar by itself.
            at = value_event if isinstance(value_event, ScalarEvent) else event
            self._notes.positions[(*path, key)] = _position(at)
            found[key] = self._node(value_event, (*path, key))
        return found

    def _key(self, event: Event, path: Path, found: Mapping[str, Any]) -> str | None:
        """The text of a key; None when the entry has to be passed over."""
        if not isinstance(event, ScalarEvent):
            self._fault((*path, "?"), event, "E02", kind="collection")
            self._node(event, (*path, "?"))
            return None
        key = str(event.value)
        self._decorated(event, (*path, key))
        if self._tag(event) != "str" or (event.implicit[0] and key.lower() in _OTHER_TRUTHS):
            self._fault((*path, key), event, "E02", key=key[:60])
            return None
        if key in found:
            first = self._notes.places.at((*path, key)).line
            self._fault((*path, key), event, "E01", key=key[:60], first=first)
            return None
        return key

    def _sequence(self, _: Event, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            found.append(self._node(event, (*path, len(found))))
        return found

    def _scalar(self, event: ScalarEvent, path: Path) -> Any:
        text = str(event.value)
        match self._tag(event):
            case "str" if unicodedata.is_normalized("NFC", text):
                return text
            case "str":
                self._fault(path, event, "E05", kind="nfc", value=text[:60])
                return unicodedata.normalize("NFC", text)
            case "bool":
                return text.lower() == "true"
            case "int" if re.fullmatch(r"-?(0|[1-9][0-9]{0,15})", text) and (
                abs(int(text)) <= LARGEST_NUMBER
            ):
                return int(text)
            case "null":
                # A file that is empty as a whole is told of as a file.
                if path:
                    self._fault(path, event, "E07", kind="empty", key=_key_of(path))
                return None
            case kind:
                self._fault(path, event, "E05", kind="value", type=kind, value=text[:60])
                return text

    def _tag(self, event: ScalarEvent) -> str:
        """The type that YAML 1.2 gives a scalar, by its short name."""
        if not event.implicit[0]:
            return "str"
        tag = self._resolve(ScalarNode, event.value, event.implicit)
        return str(tag).rpartition(":")[2]

    def _fault(self, path: Path, event: Event, code: str, /, **params: Any) -> None:
        """Note a fault at the very place of the event, whatever the path's place is."""
        here = Places(self._notes.file, {path: _position(event)})
        self._notes.findings.append(here.finding(code, path, **params))


def _position(event: Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1)


def _syntax_kind(problem: str) -> str:
    """Which of our sentences tells what the parser's words say; `syntax` where none fits."""
    return next((kind for words, kind in _SYNTAX.items() if problem.startswith(words)), "syntax")


def _key_of(path: Path) -> str:
    """The last word of a path, for a sentence."""
    return str(next((part for part in reversed(path) if isinstance(part, str)), "-"))


class _Aside:
    """The data of a file, from which faulty parts are set aside so that the rest can be judged."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.names: set[str] = set()
        self.whole = True

    def drop(self, path: Path) -> bool:
        """Set the faulty part at a path aside: as little as keeps the rest readable."""
        if path[-1:] in {("vi",), ("en",)} or path[-1:] == ("title",):
            return self._fill(path)
        self.whole = False
        if len(path) > 1 and path[0] in _SECTIONS and isinstance(self.data.get(path[0]), dict):
            self.names.add(str(path[1]))
            return self.data[path[0]].pop(path[1], None) is not None
        top = str(path[0]) if path else "-"
        self.names.add(top)
        if top in _STAND_INS:
            self.data[top] = _STAND_INS[top]
            return True
        return self.data.pop(top, None) is not None

    def drop_key(self, path: Path) -> bool:
        """Set one unknown key aside, and nothing around it."""
        self.whole = False
        holder = self.holder(path)
        return isinstance(holder, dict) and holder.pop(path[-1], None) is not None

    def holder(self, path: Path) -> Any:
        """The mapping or list that the last part of a path stands in."""
        found: Any = self.data
        for part in path[:-1]:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    def _fill(self, path: Path) -> bool:
        """Put words where words are missing: the rest does not depend on them."""
        at = path if path[-1] == "title" else path[:-1]
        holder = self.holder(at)
        if isinstance(holder, dict):
            holder[at[-1]] = {"vi": "-", "en": "-"}
        return isinstance(holder, dict)


def _build(aside: _Aside, notes: _Notes) -> Process | None:
    """Build the model, setting faulty parts aside until it can be built or nothing more helps."""
    for finding in tuple(notes.findings):
        aside.whole = aside.whole and finding.code == "E01"
    reserved = _reserved(aside.data, notes)
    aside.names |= reserved
    aside.whole = aside.whole and not reserved
    told = False
    while True:
        try:
            return Process.model_validate(aside.data)
        except ValidationError as error:
            details = error.errors(include_url=False)
            faults = [_read_error(detail, notes.positions) for detail in details]
        # What is known as faulty has been told; what the model says of it only follows. So does
        # everything that comes up only after parts were set aside.
        known = notes.positions
        new = [fault for fault in faults if not told and not notes.faulty(_spelt(fault[1], known))]
        for code, path, params in new:
            notes.add(code, path, **params)
        told = True
        helped = [
            aside.drop_key(path) if code == "E04" else aside.drop(path) for code, path, _ in faults
        ]
        # Each round sets something aside, so that there is a last one.
        if not any(helped):
            return None


def _spelt(path: Path, spelt: Container[Path]) -> Path:
    """The part of a path that the file spells out."""
    while path and path not in spelt:
        path = path[:-1]
    return path


def _reserved(data: Mapping[str, Any], notes: _Notes) -> set[str]:
    """Note and return the names that mean something else where they stand."""
    found = set()
    for section, names in RESERVED.items():
        given = data.get(section)
        for name in given if isinstance(given, dict) else ():
            if name in names:
                notes.add("E03", (section, name), kind="reserved", name=name)
                found.add(name)
    return found


def _read_error(details: ErrorDetails, spelt: Container[Path]) -> tuple[str, Path, dict[str, Any]]:
    """Turn what pydantic says of a node into code, path and parameters."""
    type_, context = details["type"], details.get("ctx", {})
    path: Path = tuple(part for part in details["loc"] if part != "[key]")
    if path not in spelt and _is_branch(path[-1]):
        # One of several types that the value could have had: none fits, and that is the fault.
        type_, path = "no_type_fits", path[:-1]
    elif type_ != "missing" and path not in spelt:
        # A short form was unfolded: the author knows only the key that the file spells out.
        type_ = "moment_form" if path[-1] == "plus" else type_
        path = _spelt(path, spelt)
    key = _key_of(path)
    if type_ == "extra_forbidden":
        near = get_close_matches(key, sorted(_KEYS), n=1)
        return "E04", path, {"key": key, **({"kind": "near", "near": near[0]} if near else {})}
    if type_ == "string_pattern_mismatch" and context.get("pattern") in _SLUG_PATTERNS:
        return "E03", path, {"name": str(details["input"])[:80]}
    if _wants_words(path, type_):
        return "E06", path, {"key": key}
    if key == "by" and type_ in {"missing", "too_short"}:
        return "E34", path, {"kind": "empty", "transition": str(path[1])}
    if type_ in _ARMS:
        return _ARMS[type_], path, {"kind": "order", "transition": str(path[1])}
    kind = type_ if type_ in _OWN_KINDS else _KINDS.get(type_, "shape")
    return "E07", path, {"kind": kind, "key": key, **_numbers(context)}


def _is_branch(part: str | int) -> bool:
    """Whether the last part of a path names a type that was tried and not a key of the file."""
    return part in {"str", "int", "bool"} or str(part).startswith("tuple[")


def _wants_words(path: Path, type_: str) -> bool:
    """Whether a fault at this path means that a title lacks a language."""
    if path[-1:] in {("vi",), ("en",)}:
        return type_ in {"missing", "string_too_short", "string_type"}
    return path[-1:] == ("title",) and type_ in {"missing", "model_type"}


def _numbers(context: Mapping[str, Any]) -> dict[str, Any]:
    """The limit that was passed, or the values that are allowed, for the sentence."""
    found = {
        "least": context.get("ge", context.get("min_length")),
        "most": context.get("le", context.get("max_length")),
        "expected": context.get("expected"),
    }
    return {name: value for name, value in found.items() if value is not None}


_KEYS: Final = frozenset(
    info.alias or name
    for shape in vars(model).values()
    if isinstance(shape, type) and issubclass(shape, BaseModel)
    for name, info in shape.model_fields.items()
)
"""Every key that the language knows, for the hint at an unknown one."""

_SLUG_PATTERNS: Final = frozenset(
    {model.SLUG_PATTERN, model.TARGET_PATTERN, model.REGISTERED_PATTERN}
)
_SYNTAX: Final[Mapping[str, str]] = {
    "found character '\\t'": "tab",
    "found character": "sign",
    "mapping values are not allowed": "colon",
    "could not find expected ':'": "no_colon",
    "expected ','": "bracket",
    "expected <block end>": "indentation",
    "found unexpected end of stream": "quote",
}
"""How the parser's words begin → kind of E00."""
SYNTAX_KINDS: Final = frozenset({*_SYNTAX.values(), "syntax"})
"""Every kind of E00 that a parser tells, so that a test can ask for its sentences."""
_NESTS_TOO_DEEP: Final = "exceeded maximum nesting depth"
"""What libyaml says of a text that opens thousands of brackets before its first value."""
_ARMS: Final[Mapping[str, str]] = {"arms_not_total": "E20", "arm_without_when": "E21"}
_KINDS: Final[Mapping[str, str]] = {
    "missing": "missing",
    "model_type": "mapping",
    "dict_type": "mapping",
    "tuple_type": "list",
    "string_type": "text",
    "int_type": "number",
    "bool_type": "boolean",
    "literal_error": "choice",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_short": "too_few",
    "string_pattern_mismatch": "pattern",
}
_OWN_KINDS: Final = frozenset(
    {
        "month_day",
        "duration",
        "moment_form",
        "window_form",
        "field_choices",
        "field_limits",
        "field_limits_order",
        "field_assigns",
        "field_many",
        "field_row_of",
        "condition_form",
        "condition_operator",
        "condition_list",
        "condition_is_set",
        "row_condition",
        "state_carries",
        "record_pair",
        "evidence_signed",
        "transition_target",
        "transition_internal",
    }
)
KINDS: Final = frozenset({*_KINDS.values(), *_OWN_KINDS, "shape", "empty", "nothing", "file"})
"""Every kind of E07, so that a test can ask for its sentences."""
