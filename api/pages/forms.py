"""Typed values and HTML forms: a definition's fields as inputs, and what came back as values.

1. An input is named `f.<field>`, so that no field can pose as one of the page's own.
2. What was typed is sent on as JSON would have it, and judged by the engine alone: text that is
   no number stays text, so that the engine's own sentence says so.
3. An empty input clears a value that was there, and says nothing where there was none.
4. What was typed comes back in the form when the answer is no.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from starlette.datastructures import FormData

from engine.definition.model import FieldSpec, Text

PREFIX: Final = "f."
LONG_TEXT: Final = 200

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One input of a form.

    Attributes:
        input: its name in the form.
        long: asks for more than a line.
        options: value and word of each; None where anything may be typed.
        values: what is chosen; `value` is the same as one text.
        fault: why what was typed does not fit, in words.
    """

    name: str
    title: Text
    type: str
    required: bool
    many: bool
    hint: Text | None
    min: int | None
    max: int | None
    max_length: int | None
    options: Options | None
    values: tuple[str, ...]
    fault: str = ""

    @property
    def input(self) -> str:
        """The name of the input."""
        return PREFIX + self.name

    @property
    def long(self) -> bool:
        """Whether more than a line may be written."""
        return self.type == "text" and (self.max_length or LONG_TEXT + 1) > LONG_TEXT

    @property
    def value(self) -> str:
        """What stands in the input; several values have a line each."""
        return "\n".join(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What people and units can be chosen from, with their names in the language of the page."""

    people: Options = ()
    units: Options = ()
    language: str = "vi"
    zone: tzinfo = UTC

    def options(self, spec: FieldSpec) -> Options | None:
        """The options of a field; None where anything may be typed."""
        match spec.type:
            case "person":
                return self.people
            case "unit":
                return self.units
            case "choice":
                english = self.language == "en"
                return [
                    (key, text.en if english else text.vi) for key, text in spec.choices.items()
                ]
            case _:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody typed, kept for the form that comes back.

    Attributes:
        texts: input name → texts as sent.
        faults: field → why it does not fit.
    """

    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The first text of an input; empty when there was none."""
        return next(iter(self.texts.get(name, ())), "")


def entry_of(
    name: str,
    spec: FieldSpec,
    *,
    choices: Choices,
    stored: Any = None,
    required: bool = False,
    typed: Typed | None = None,
) -> Entry:
    """The input for one field: with what was typed, else with what is stored."""
    if typed is not None and typed.texts:
        values = typed.texts.get(PREFIX + name, ())
    else:
        values = _shown(stored, spec, choices.zone)
    return Entry(
        name=name,
        title=spec.title,
        type=spec.type,
        required=required,
        many=spec.many,
        hint=spec.hint,
        min=spec.min,
        max=spec.max,
        max_length=spec.max_length,
        options=choices.options(spec),
        values=values,
        fault="" if typed is None else typed.faults.get(name, ""),
    )


def typed_in(form: FormData) -> Typed:
    """The texts of a form, files left out."""
    texts: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            texts[name] = (*texts.get(name, ()), value)
    return Typed(texts=texts)


def values_of(
    typed: Typed, specs: Mapping[str, FieldSpec], *, stored: Mapping[str, Any], zone: tzinfo
) -> dict[str, Any]:
    """The values that a form sends for these fields, as JSON has them."""
    found: dict[str, Any] = {}
    for name, spec in specs.items():
        texts = _lines(typed.texts.get(PREFIX + name, ()), spec)
        if texts:
            read = [_read(text, spec, zone) for text in texts]
            found[name] = read if spec.many else read[0]
        elif stored.get(name) is not None and _was_shown(typed, name, spec):
            found[name] = None
    return found


def _lines(texts: Iterable[str], spec: FieldSpec) -> list[str]:
    """What was typed, without the empty; a text of which there may be many has a line for each."""
    if spec.many and spec.type == "text":
        texts = (line for text in texts for line in text.splitlines())
        return [line.strip() for line in texts if line.strip()]
    return [text for text in texts if text.strip()]


def _was_shown(typed: Typed, name: str, spec: FieldSpec) -> bool:
    """Whether the form had the input; boxes that nobody ticked send nothing at all."""
    boxes = spec.many and spec.type != "text"
    return PREFIX + name in typed.texts or (boxes and f"shown.{name}" in typed.texts)


def _read(text: str, spec: FieldSpec, zone: tzinfo) -> Any:
    match spec.type:
        case "integer":
            digits = text.strip()
            return int(digits) if digits.lstrip("-").isdecimal() and len(digits) <= 17 else text
        case "decimal":
            return text.strip().replace(",", ".")
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "datetime":
            return _instant(text, zone)
        case _:
            return text


def _instant(text: str, zone: tzinfo) -> str:
    """An instant as a browser's input tells it: local time without a zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        return text


def _shown(stored: Any, spec: FieldSpec, zone: tzinfo) -> tuple[str, ...]:
    if stored is None:
        return ()
    if isinstance(stored, list | tuple):
        return tuple(str(item) for item in stored)
    if isinstance(stored, bool):
        return ("true" if stored else "false",)
    if spec.type == "datetime":
        local = datetime.fromisoformat(str(stored)).astimezone(zone)
        return (f"{local:%Y-%m-%dT%H:%M}",)
    return (str(stored),)
