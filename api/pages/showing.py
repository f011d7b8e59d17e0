"""Values, reasons and results in the words of a page.

1. People and units are shown by name; an id that nobody knows any more is shown as it is.
2. A reason says what is missing and, where somebody else can mend it, who.
3. A text column that bears the name of a record set holds the id of one of its rows; it is shown,
   and chosen, by what that row says first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from api.language import Words, show_day
from api.problems import problem_of, said_of
from engine.definition.model import FieldSpec, Process, RecordSetSpec, Text
from engine.errors import QuyTrinhError
from engine.machine.decision import Unmet
from engine.machine.instance import Row
from engine.storage.public_links import ACTOR_PREFIX

LONG_TEXT: Final = 200
LABEL_LENGTH: Final = 90
LABEL_PARTS: Final = 3
SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why not: one sentence, who could mend it, and whether the fault lies in who acts."""

    text: str
    who: str = ""
    forbids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What just happened, or went wrong: `kind` is good, warn or bad."""

    kind: str
    text: str
    faults: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How a page speaks: its language, its clock's zone, and the names of people, units and rows.

    Attributes:
        rows: record set → row id → what the row is called.
    """

    words: Words
    language: str
    zone: tzinfo
    people: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def ui(self, code: str, **params: Any) -> str:
        """A sentence of the pages."""
        return self.words.say(f"page.{code}", params, self.language)

    def title(self, text: Text | Mapping[str, str]) -> str:
        """A title in the language of the page."""
        if isinstance(text, Text):
            return text.en if self.language == "en" else text.vi
        return text[self.language]

    def person(self, person: str | None) -> str:
        """The name of a person; the house itself has one as well, and so has a public link."""
        if person is None or person == "system":
            return self.words.role("system", self.language)
        if person.startswith(ACTOR_PREFIX):
            return self.ui("public_links.actor")
        return self.people.get(str(person), str(person))

    def unit(self, unit: str | None) -> str:
        """The title of a unit; the whole organisation where there is none."""
        if unit is None:
            return self.ui("whole")
        return self.title(self.units[unit]) if unit in self.units else unit

    def value(self, value: Any, spec: FieldSpec | None, *, name: str = "") -> str:
        """A typed value, as a person reads it."""
        if value is None or value in ((), [], ""):
            return "—"
        if isinstance(value, list | tuple):
            parts = [self.value(item, spec, name=name) for item in value]
            joint = "\n" if any(len(part) > LABEL_LENGTH for part in parts) else ", "
            return joint.join(parts)
        if name in self.rows and str(value) in self.rows[name]:
            return self.rows[name][str(value)]
        return self._single(value, spec)

    def reasons(
        self,
        unmet: Iterable[Unmet],
        process: Process,
        transition: str | None = None,
        *,
        record_set: str | None = None,
    ) -> tuple[Reason, ...]:
        """What is unmet for a step, or for a row of a record set, in sentences."""
        return tuple(
            self._reason(one, process, transition=transition, record_set=record_set)
            for one in unmet
        )

    def roles(self, roles: Iterable[str]) -> str:
        """The titles of roles in a row."""
        return ", ".join(self.words.role(role, self.language) for role in roles)

    def error(self, error: QuyTrinhError, fields: Mapping[str, FieldSpec] | None = None) -> Message:
        """An error as a message, each field that is wrong by its title."""
        problem = problem_of(error)
        faults = tuple(
            Reason(text=f"{self._field(fault['field'], fields or {})}: {self.fault(fault)}")
            for fault in problem.members.get("faults", ())
            if not fault.get("error")
        )
        code = "wrong_values" if faults else error.code
        text = (
            self.ui("error.wrong_values")
            if code == "wrong_values"
            else self.words.say(f"error.{code}", problem.params, self.language)
        )
        return Message(kind="bad", text=text, faults=faults)

    def fault(self, fault: Mapping[str, Any]) -> str:
        """Why one value does not fit."""
        return said_of(fault, say=self.words.say, language=self.language)

    def label(self, row: Row, spec: RecordSetSpec) -> str:
        """What a row is called: its first short values."""
        parts = [
            self.value(row.values[name], column, name=name)
            for name, column in spec.columns.items()
            if row.values.get(name) is not None and not is_long(column)
        ]
        return SEPARATOR.join(parts[:LABEL_PARTS]) or row.id

    def _reason(self, unmet: Unmet, process: Process, **about: str | None) -> Reason:
        text = self.words.explain(unmet, self.language, process=process, **about)
        who = "" if unmet.forbids or unmet.fillable else self.roles(unmet.who_can)
        return Reason(text=text, who=who, forbids=unmet.forbids)

    def _field(self, name: str, fields: Mapping[str, FieldSpec]) -> str:
        plain = name.removeprefix("fields.")
        return self.title(fields[plain].title) if plain in fields else name

    def _single(self, value: Any, spec: FieldSpec | None) -> str:
        if isinstance(value, str):
            return self._text(value, spec)
        if isinstance(value, bool):
            return self.ui("yes") if value else self.ui("no")
        if isinstance(value, datetime):
            local = value.astimezone(self.zone)
            return f"{local:%H:%M} {show_day(local.date(), self.language)}"
        if isinstance(value, date):
            return show_day(value, self.language)
        if isinstance(value, Decimal):
            return format(value, "f").replace(".", "," if self.language == "vi" else ".")
        return str(value)

    def _text(self, value: str, spec: FieldSpec | None) -> str:
        """A text; of an id or a date as JSON has it, what it stands for."""
        if spec is None:
            return value
        read: Mapping[str, Callable[[str], str]] = {
            "date": lambda text: self._single(date.fromisoformat(text), None),
            "datetime": lambda text: self._single(datetime.fromisoformat(text), None),
            "person": self.person,
            "unit": self.unit,
            "choice": lambda text: self.title(spec.choices[text]),
        }
        known = spec.type != "choice" or value in spec.choices
        return read[spec.type](value) if spec.type in read and known else value


def is_long(spec: FieldSpec) -> bool:
    """Whether a column holds more than a line of text."""
    return spec.type == "text" and not spec.many and (spec.max_length or LONG_TEXT + 1) > LONG_TEXT
