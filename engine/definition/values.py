"""Typed values of fields and columns: what people send, read; what logs and pages get, written.

1. Nothing is guessed: text is no number, `true` is no number, a number is no text. What does not
   fit is a fault; all faults of one sending are told at once, in one `WrongValues`.
2. `integer`: a whole number within 53 bits. `decimal`: text such as `-12.50`, at most `scale`
   digits after the point (none without `scale`), read as Decimal of exactly that scale.
3. `text`: NFC, line ends as LF; not blank; no control characters but line feed and tab, no U+0000,
   no lone surrogate; at most `max_length` characters, 4,000 where the field says nothing.
4. `date`: `2026-07-06`. `datetime`: RFC 3339 with offset, kept in UTC. Both lie in the years 1900
   to 2999, so that every deadline counted from them exists. `choice`: one of the choices. `person`,
   `unit`: an id; whether it exists is asked where people and units are known.
5. `many`: a list of such values without repetition, read as a tuple; an empty list clears.
6. None clears. What may not be cleared (`required`) has to be given, unless the sending is partial.
7. Reading what `to_json` wrote gives the same value again.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.definition.model import FieldSpec
from engine.errors import Invalid

TEXT_LENGTH: Final = 4_000
ITEMS: Final = 500
LARGEST_NUMBER: Final = 2**53 - 1
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999

Single = str | int | Decimal | date | datetime
Value = Single | tuple[Single, ...] | None
Json = str | int | list[Any] | None

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.([0-9]{1,6}))?")


class WrongValues(Invalid):
    """Some of the values that were sent do not fit; `params["faults"]` names each field.

    A fault is `{"field": name, "code": code, "params": {…}}`.
    """

    def __init__(self, faults: list[dict[str, Any]]) -> None:
        super().__init__("wrong_values", faults=faults)


FAULT_CODES: Final = frozenset(
    {
        "unknown_field",
        "required",
        "not_text",
        "blank",
        "too_long",
        "control_character",
        "not_integer",
        "too_small",
        "too_large",
        "not_decimal",
        "too_many_digits",
        "not_boolean",
        "not_date",
        "not_datetime",
        "not_a_choice",
        "not_id",
        "not_list",
        "too_many",
        "repeated",
    }
)
"""Every code of a fault, so that a test can ask for its sentence."""


def read_values(
    specs: Mapping[str, FieldSpec], given: Mapping[str, object], *, partial: bool
) -> dict[str, Value]:
    """Read the values that were sent.

    Args:
        specs: the fields, or the columns, that there are.
        given: name → value as JSON has it.
        partial: what is not given stays as it is; otherwise `required` columns must be there.

    Returns:
        Name → value, for every name that was given.

    Raises:
        WrongValues: with every fault of every field.
    """
    read: dict[str, Value] = {}
    faults: list[dict[str, Any]] = []
    for name, value in given.items():
        try:
            read[name] = _field(specs, name, value)
        except _Wrong as wrong:
            faults.append({"field": _safe(name), "code": wrong.code, "params": wrong.params})
    missing = () if partial else [n for n, spec in specs.items() if spec.required]
    faults.extend(
        {"field": name, "code": "required", "params": {}} for name in missing if name not in given
    )
    if faults:
        raise WrongValues(faults)
    return read


def to_json(value: Value) -> Json:
    """Write a value as JSON has it: dates and decimals as text, many as a list."""
    match value:
        case tuple():
            return [to_json(item) for item in value]
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return value


@dataclass(slots=True)
class _Wrong(Exception):  # noqa: N818 - it is a verdict that leaves this file as a fault.
    """One value does not fit."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def _field(specs: Mapping[str, FieldSpec], name: str, value: object) -> Value:
    """Read one field, or raise what is wrong with it."""
    if name not in specs:
        raise _Wrong("unknown_field")
    spec = specs[name]
    if value is None or (spec.many and value in ([], ())):
        if spec.required:
            raise _Wrong("required")
        return None
    return _many(spec, value) if spec.many else _READERS[spec.type](spec, value)


def _many(spec: FieldSpec, value: object) -> tuple[Single, ...]:
    if not isinstance(value, list | tuple):
        raise _Wrong("not_list")
    if len(value) > ITEMS:
        raise _Wrong("too_many", {"most": ITEMS})
    items = []
    for index, item in enumerate(value, start=1):
        try:
            items.append(_READERS[spec.type](spec, item))
        except _Wrong as wrong:
            raise _Wrong(wrong.code, {**wrong.params, "item": index}) from None
    if len(set(items)) != len(items):
        raise _Wrong("repeated")
    return tuple(items)


def _text(spec: FieldSpec, value: object) -> str:
    if not isinstance(value, str):
        raise _Wrong("not_text")
    most = spec.max_length or TEXT_LENGTH
    # Composition makes a text at most this much shorter; what is longer is not worth composing.
    if len(value) > 4 * most:
        raise _Wrong("too_long", {"most": most})
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in text):
        raise _Wrong("control_character")
    if not text.strip():
        raise _Wrong("blank")
    if len(text) > most:
        raise _Wrong("too_long", {"most": most})
    return text


def _integer(spec: FieldSpec, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Wrong("not_integer")
    _within(value, -LARGEST_NUMBER, LARGEST_NUMBER)
    _within(value, spec.min, spec.max)
    return value


def _decimal(spec: FieldSpec, value: object) -> Decimal:
    found = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _Wrong("not_decimal")
    scale = spec.scale or 0
    if len(found[1] or "") > scale:
        raise _Wrong("too_many_digits", {"most": scale})
    # Adding zero turns -0 into 0, so that equal values are written alike.
    read = Decimal(found[0]).quantize(Decimal(1).scaleb(-scale)) + 0
    _within(read, spec.min, spec.max)
    return read


def _within(value: int | Decimal, least: int | None, most: int | None) -> None:
    if least is not None and value < least:
        raise _Wrong("too_small", {"least": least})
    if most is not None and value > most:
        raise _Wrong("too_large", {"most": most})


def _boolean(_: FieldSpec, value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("not_boolean")
    return value


def _date(_: FieldSpec, value: object) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _Wrong("not_date")
    try:
        read = date.fromisoformat(value)
    except ValueError:
        raise _Wrong("not_date") from None
    _within_years(read)
    return read


def _datetime(_: FieldSpec, value: object) -> datetime:
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        raise _Wrong("not_datetime")
    try:
        read = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong("not_datetime") from None
    _within_years(read)
    return read


def _within_years(value: date) -> None:
    if value.year < FIRST_YEAR:
        raise _Wrong("too_small", {"least": date(FIRST_YEAR, 1, 1).isoformat()})
    if value.year > LAST_YEAR:
        raise _Wrong("too_large", {"most": date(LAST_YEAR, 12, 31).isoformat()})


def _choice(spec: FieldSpec, value: object) -> str:
    if not isinstance(value, str) or value not in spec.choices:
        raise _Wrong("not_a_choice", {"choices": ", ".join(spec.choices)})
    return value


def _id(_: FieldSpec, value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _Wrong("not_id")
    return value


_READERS: Final[Mapping[str, Callable[[FieldSpec, object], Single]]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
    "choice": _choice,
    "person": _id,
    "unit": _id,
}


def _safe(name: str) -> str:
    """A name that somebody sent, fit to be repeated in an answer."""
    return str(name)[:80].encode("utf-8", "backslashreplace").decode("utf-8")
