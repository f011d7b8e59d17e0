"""Bodies read strictly: JSON as RFC 8259 has it, forms with files, values of exactly their type.

1. Who asks is settled first; a stranger's body is not even read.
2. What is no JSON, no UTF-8, or has a key twice cannot be read: 400. U+0000 and lone surrogates can
   be read and are wrong: 422, each place named. No database could keep them.
3. Nothing is guessed: `false` is no number, `"1"` is no number, an unknown key is a fault.
"""

import hashlib
import json
import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, BinaryIO, Final, Generic, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from starlette.datastructures import FormData, UploadFile

from api.dependencies import digest_of_body
from api.problems import MediaTypeUnknown, Unreadable
from engine.errors import Invalid

DEPTH_MAX: Final = 32
FILES_MAX: Final = 50
CHUNK_BYTES: Final = 1024 * 1024

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """A body whose values have exactly their types, and no others."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class WrongText(Invalid):
    """A text holds what no text may hold; `faults` names each place."""


class WrongForm(Invalid):
    """A part of a form is unknown, comes twice, or is missing; `faults` names each."""


def _clean(value: str) -> str:
    """Compose the text, and refuse control characters but line feed and tab."""
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in text):
        raise PydanticCustomError("control_character", "a control character")
    return text


def _date(value: object) -> object:
    if isinstance(value, str):
        try:
            return _only_dates(value)
        except ValueError:
            pass
    raise PydanticCustomError("not_date", "not a date")


def _only_dates(text: str) -> date:
    found = date.fromisoformat(text)
    if found.isoformat() != text:
        raise ValueError(text)
    return found


def _instant(value: object) -> object:
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            instant = None
        # At the ends of the years that exist, an instant has no equal in another zone.
        inside = instant is not None and date.min.year < instant.year < date.max.year
        if instant is not None and inside and instant.tzinfo is not None:
            return instant
    raise PydanticCustomError("not_datetime", "not an instant with its offset")


Clean = AfterValidator(_clean)
Line = Annotated[str, StringConstraints(max_length=300), Clean]
LongText = Annotated[str, StringConstraints(max_length=4000), Clean]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100), Clean]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")]
Year = Annotated[int, Field(ge=2000, le=2100)]
Assignees = Annotated[
    dict[str, Annotated[list[Identifier], Field(max_length=200)]], Field(max_length=50)
]
"""Role → people; more than an office has people, and less than a database counts parameters."""
IsoDate = Annotated[
    date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})
]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]


@dataclass(frozen=True, slots=True)
class Sent(Generic[M]):
    """A body that was read, and the digest of what was sent."""

    value: M
    digest: str


class JsonBody(Generic[M]):
    """Reads the body of a request as one model; a dependency of a handler.

    Args:
        model: what the body must be.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> Sent[M]:
        """Read the body.

        Raises:
            MediaTypeUnknown: it is not sent as JSON.
            Unreadable: it is no JSON.
            WrongText: it holds U+0000 or a lone surrogate.
            RequestValidationError: it does not fit the model.
        """
        if media_type_of(request) != "application/json":
            raise MediaTypeUnknown("media_type_unknown", accepted="application/json")
        raw = await request.body()
        return Sent(read_as(self.model, parse_json(raw)), digest_of_body(raw))


def media_type_of(request: Request) -> str:
    """The media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def parse_json(raw: bytes) -> Any:
    """Parse a body.

    Raises:
        Unreadable: it is no UTF-8, no JSON, has a key twice, or is nested too deeply.
        WrongText: it holds U+0000 or a lone surrogate.
    """
    if not raw.strip():
        raise Unreadable("body_missing")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("not_utf8") from None
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Unreadable("not_json", position=error.pos) from None
    except RecursionError:
        raise Unreadable("nested_too_deep") from None
    except ValueError:
        # A number of thousands of digits: Python refuses to read it.
        raise Unreadable("not_json", position=0) from None
    faults = [
        {"field": place or "body", "code": code, "params": {}} for place, code in _bad_texts(value)
    ]
    if faults:
        raise WrongText("wrong_values", faults=faults)
    return value


def read_as(model: type[M], value: Any) -> M:
    """Read parsed JSON as a model.

    Raises:
        RequestValidationError: with every fault.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_input=False)) from None


@asynccontextmanager
async def opened_form(request: Request) -> AsyncIterator[FormData]:
    """A form with files, which are closed afterwards.

    Raises:
        WrongText: a text of it holds U+0000 or a lone surrogate.
    """
    async with request.form(max_files=FILES_MAX, max_fields=FILES_MAX) as form:
        faults = [
            {"field": name, "code": code, "params": {}}
            for name, value in form.multi_items()
            if isinstance(value, str)
            for _, code in _bad_texts(value)
        ]
        if faults:
            raise WrongText("wrong_values", faults=faults)
        yield form


def refuse_texts(texts: Sequence[tuple[str, str]], *, known: AbstractSet[str]) -> None:
    """Refuse parts that mean nothing here, or come twice.

    A file that was sent without a name is such a part: nobody shall believe that it was taken.

    Raises:
        WrongForm: with every part.
    """
    names = [name for name, _ in texts]
    faults: list[dict[str, Any]] = [
        {"field": name[:80], "code": "repeated" if name in known else "unknown_field", "params": {}}
        for name in sorted(set(names))
        if name not in known or names.count(name) > 1
    ]
    if faults:
        raise WrongForm("wrong_values", faults=faults)


def missing_file(name: str) -> dict[str, Any]:
    """The fault of a file that is spoken of and was not sent."""
    return {"field": f"files.{name[:80]}", "code": "required", "params": {}}


def files_of(form: FormData) -> list[tuple[str, UploadFile]]:
    """The files of a form, by the name of their part."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]


def digest_of_form(form: FormData) -> str:
    """A digest of a form that does not depend on the boundary its sender chose."""
    texts = sorted((name, value) for name, value in form.multi_items() if isinstance(value, str))
    parts = [part.encode() for pair in texts for part in pair]
    return digest_of_body(*parts, digest_of_files(form).encode())


def digest_of_files(form: FormData) -> str:
    """A digest of the files of a form, with the names of their parts and their own."""
    parts: list[bytes] = []
    for name, file in sorted(files_of(form), key=lambda item: item[0]):
        parts.append(name.encode("utf-8", "replace"))
        parts.append((file.filename or "").encode("utf-8", "replace"))
        parts.append(_digest_of(file.file))
    return digest_of_body(*parts)


def _digest_of(file: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    file.seek(0)
    return digest.digest()


def safe_text(value: str | None) -> str | None:
    """A text of the query, refused when no database could hold it."""
    code = None if value is None else _fault_of(value)
    if code == "nul":
        raise PydanticCustomError("nul", "U+0000")
    if code is not None:
        raise PydanticCustomError("lone_surrogate", "a lone surrogate")
    return value


QueryText = Annotated[str, StringConstraints(max_length=200), AfterValidator(safe_text)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable("duplicate_key", key=key.encode("utf-8", "replace").decode()[:80])
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise Unreadable("not_json", position=name)


def _bad_texts(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Where a text holds U+0000 or a lone surrogate: (place, code)."""
    if depth > DEPTH_MAX:
        raise Unreadable("nested_too_deep")
    if isinstance(value, str):
        code = _fault_of(value)
        if code is not None:
            yield place, code
        return
    for name, item in _parts(value):
        shown = name.encode("utf-8", "replace").decode().replace("\0", "�")[:80]
        code = _fault_of(name)
        if code is not None:
            yield _join(place, shown), code
        yield from _bad_texts(item, _join(place, shown), depth + 1)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from ((str(index), item) for index, item in enumerate(value))
    elif isinstance(value, dict):
        yield from value.items()


def _fault_of(text: str) -> str | None:
    if "\0" in text:
        return "nul"
    return "lone_surrogate" if any("\ud800" <= c <= "\udfff" for c in text) else None


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
