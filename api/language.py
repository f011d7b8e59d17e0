"""Codes into sentences, in Vietnamese and English: the one place where words are found.

1. Everything below returns codes with parameters; a code is said here, in the reader's language.
2. `locale/<language>/*.json` and `workflows/<process>/words/<language>.json` are flat tables,
   code → sentence. A code stands in both languages, and once in each.
3. A sentence names its parameters as `{name}`; a format after a colon says how to show one:
   `{limit:bytes}`, `{day:day}`, `{roles:role}`. Dates and lists appear as its readers write them.
4. A code without a sentence is shown as it is, never a crash in front of a user; that every code
   has both sentences is held by a test.
"""

import json
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from typing_extensions import override

from engine.definition.model import Process, Text
from engine.definition.staffing import Shortage
from engine.machine.decision import Unmet, UnmetCode

LANGUAGES: Final = ("vi", "en")
DEFAULT: Final = "vi"

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_OF_EVIDENCE: Final = frozenset(code for code in UnmetCode if code.value.startswith("evidence_"))
_OF_FIELD: Final = frozenset(
    {UnmetCode.FIELD_MISSING, UnmetCode.NOT_CHANGED, UnmetCode.OWN_UNIT, UnmetCode.NAMED_IN}
)


class Words:
    """Every sentence of the house, loaded once.

    Args:
        tables: language → code → sentence.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        self._tables = tables

    def knows(self, code: str, language: str = DEFAULT) -> bool:
        """Whether the code has a sentence."""
        return code in self._tables[language]

    def codes(self, language: str) -> frozenset[str]:
        """Every code that has a sentence in a language."""
        return frozenset(self._tables[language])

    def say(self, code: str, params: Mapping[str, Any], language: str) -> str:
        """Put a code into words; a code without a sentence is its own sentence."""
        template = self._tables[language].get(code)
        if template is None:
            return code
        return _Sentence(self, language).vformat(template, (), params)

    def explain(
        self,
        unmet: Unmet,
        language: str,
        *,
        process: Process,
        transition: str | None = None,
        record_set: str | None = None,
    ) -> str:
        """Say what is missing, with the titles that the definition gives things.

        `transition` or `record_set` is what somebody wanted to take or to write.
        """
        subject = _subject(unmet, process, transition, record_set)
        params = {
            **unmet.params,
            "subject": title(subject, language) if subject else (unmet.subject or ""),
            "who_can": unmet.who_can,
        }
        own = f"guard.{unmet.subject}"
        if unmet.code is UnmetCode.GUARD and self.knows(own, language):
            return self.say(own, params, language)
        return self.say(f"unmet.{unmet.code.value}", params, language)

    def shortage(self, found: Shortage, process: Process, language: str) -> str:
        """Say what a process lacks in people, with the titles of its steps."""
        steps = process.transitions
        params = {
            "role": "" if found.role is None else self.role(found.role, language),
            "step": ""
            if found.transition is None
            else title(steps[found.transition].title, language),
            "others": ", ".join(title(steps[other].title, language) for other in found.others),
        }
        return self.say(f"shortage.{found.code}", params, language)

    def roles(self) -> tuple[str, ...]:
        """Every role that has a title, by id."""
        codes = self._tables[DEFAULT]
        return tuple(sorted(c.removeprefix("role.") for c in codes if c.startswith("role.")))

    def role(self, role: str, language: str) -> str:
        """The title of a role; an agency's own role is shown by its id."""
        code = f"role.{role}"
        return self._tables[language].get(code, role)


@cache
def load_words() -> Words:
    """Load the house's sentences and those of every process, once.

    Raises:
        ValueError: a code stands twice in a language.
    """
    rooms = [room for room in resources.files("workflows").iterdir() if room.is_dir()]
    tables: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        own = _json_files(resources.files("api") / "locale" / language)
        of_processes = [room / "words" / f"{language}.json" for room in rooms]
        found = [*own, *(file for file in of_processes if file.is_file())]
        tables[language] = _merged(found, language)
    return Words(tables)


def title(text: Text, language: str) -> str:
    """The text of a definition in one of the two languages."""
    return text.en if language == "en" else text.vi


def negotiate(header: str | None) -> str | None:
    """The language that an `Accept-Language` header likes best; None when it names none of ours."""
    if not header:
        return None
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, rest = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        weight = _weight(rest)
        if language in LANGUAGES and weight > 0:
            ranked.append((-weight, place, language))
    return min(ranked)[2] if ranked else None


def show_day(day: date, language: str) -> str:
    """A date as people of the language write it."""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day:%d/%m/%Y}"


WORDED: Final = frozenset({"dossier.column", "job_state", "webhook_reason"})
"""Parameters that have words of their own: `{state:job_state}` says `job_state.<state>`."""


@dataclass(frozen=True, slots=True)
class _Sentence(string.Formatter):
    """Fills one sentence: how each parameter is shown."""

    words: Words
    language: str

    @override
    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        # A parameter that was not given leaves a gap, not a crash.
        return kwargs.get(str(key), "…")

    @override
    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        # Only plain names: no attribute and no item of a value can be reached from a sentence.
        return self.get_value(field_name, args, kwargs), field_name

    @override
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "bytes" and isinstance(value, int):
            return _size(value)
        if format_spec == "role":
            items = (value,) if isinstance(value, str) else value
            return ", ".join(self.words.role(str(item), self.language) for item in items)
        if format_spec in WORDED:
            items = (value,) if isinstance(value, str) else value
            said = (f"{format_spec}.{item}" for item in items)
            return ", ".join(self.words.say(code, {}, self.language) for code in said)
        if format_spec == "day" and isinstance(value, str):
            return self._show(_day(value))
        return self._show(value)

    def _show(self, value: Any) -> str:
        match value:
            case date():
                clock = f"{value:%H:%M} " if isinstance(value, datetime) else ""
                return clock + show_day(value, self.language)
            case tuple((date() as first, date() as last)):
                return f"{self._show(first)} – {self._show(last)}"
            case Mapping():
                # What the definition calls something, in both languages.
                return str(value.get(self.language, value.get(DEFAULT, "…")))
            case list() | tuple():
                return ", ".join(self._show(item) for item in value) or "—"
            case Decimal():
                return format(value, "f")
            case _:
                return "—" if value is None else str(value)


def _subject(
    unmet: Unmet, process: Process, transition: str | None, record_set: str | None
) -> Text | None:
    """What the definition calls the thing that an unmet speaks of."""
    step, rows = process.transitions.get(transition or ""), process.records.get(record_set or "")
    named: Mapping[str, Any] = {}
    if unmet.code in _OF_EVIDENCE:
        named = process.evidence
    elif unmet.code in _OF_FIELD:
        named = rows.columns if rows else process.fields
    elif unmet.code is UnmetCode.SEPARATION:
        named = process.transitions
    elif unmet.code in {UnmetCode.APPROVAL, UnmetCode.APPROVAL_STANDS}:
        named = process.approvals
    elif unmet.code is UnmetCode.CONDITION and step is not None:
        named = step.requires
    elif unmet.code is UnmetCode.CONDITION and rows is not None:
        named = rows.edit_when
    found = named.get(unmet.subject or "")
    return found.title if found is not None else None


def _json_files(folder: Traversable) -> Iterable[Traversable]:
    return sorted(
        (file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda f: f.name
    )


def _merged(files: Iterable[Traversable], language: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for file in files:
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        twice = table.keys() & found.keys()
        if twice:
            msg = f"{language}/{file.name}: {', '.join(sorted(twice))} said twice"
            raise ValueError(msg)
        table.update(found)
    return table


def _weight(rest: str) -> float:
    name, _, value = rest.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _size(count: int) -> str:
    for unit, factor in (("MB", 1024 * 1024), ("KB", 1024)):
        if count >= factor:
            whole = count / factor
            return f"{whole:.0f} {unit}" if whole == int(whole) else f"{whole:.1f} {unit}"
    return f"{count} B"


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
