"""The values that may enter the log, and the strict reading of bytes that came out of it.

1. Null, booleans, integers within ±(2^53-1), text, lists, and objects with ASCII keys. No floats:
   two programs may print one number differently, and a hash forgives nothing.
2. Text is NFC, without lone surrogates and without U+0000. Normalising is the edge's work; here
   text that is not normalised is refused, because changing it silently would hide what was sent.
3. Nesting ends at `DEPTH_MAX`, so that no reader needs more stack than another.
4. Bytes are canonical when reading them strictly and writing them again gives the same bytes.
   Inside this profile RFC 8785 is what `json.dumps` writes with sorted keys and no spaces; a
   property test holds the two equal, so that reading needs the standard library alone.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 32

_DIGITS_MAX = len(str(INTEGER_MAX))


class AuditInputError(ValueError):
    """A value or an entry that the log does not take.

    The room is a stranger to the house, so the five families are not its own; it keeps their
    shape, and the caller turns one into the other.

    Attributes:
        code: stable identifier of the fault.
        params: values for the sentence that explains it; `path` leads to the value.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Any] = params


def check_profile(value: object, *, path: str = "$") -> None:
    """Refuses a value that could not be written and read back by anyone to the same bytes.

    Raises:
        AuditInputError: `float_refused`, `integer_too_large`, `text_not_nfc`,
            `text_lone_surrogate`, `text_nul`, `key_not_ascii_text`, `nested_too_deep` or
            `value_unknown`, with the `path` of the value.
    """
    _check(value, path, DEPTH_MAX)


def read_canonical(body: bytes) -> Any:
    """Reads bytes that must be canonical, duplicate keys and other tricks refused.

    Raises:
        AuditInputError: `body_unreadable`, `body_not_canonical`, or a code of `check_profile`.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, AuditInputError):
            raise
        raise AuditInputError("body_unreadable") from error
    check_profile(value)
    if canonical_text(value).encode("utf-8") != body:
        raise AuditInputError("body_not_canonical")
    return value


def canonical_text(value: object) -> str:
    """The one spelling of a value that has passed `check_profile`."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _check(value: object, path: str, depth: int) -> None:
    if depth < 0:
        raise AuditInputError("nested_too_deep", path=path, depth_max=DEPTH_MAX)
    match value:
        case None | bool():
            return
        case int():
            _check_integer(value, path)
        case str():
            _check_text(value, path)
        case float():
            raise AuditInputError("float_refused", path=path)
        case Mapping() | list() | tuple():
            for name, member in _members(value, path):
                _check(member, name, depth - 1)
        case _:
            raise AuditInputError("value_unknown", path=path, found=type(value).__name__)


def _members(
    value: Mapping[Any, object] | Sequence[object], path: str
) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        for position, member in enumerate(value):
            yield f"{path}[{position}]", member
        return
    for key, member in value.items():
        _check_key(key, path)
        yield f"{path}.{key}", member


def _check_integer(value: int, path: str) -> None:
    if abs(value) > INTEGER_MAX:
        raise AuditInputError("integer_too_large", path=path)


def _check_text(value: str, path: str) -> None:
    if "\0" in value:
        raise AuditInputError("text_nul", path=path)
    if value.isascii():
        return
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise AuditInputError("text_lone_surrogate", path=path) from error
    if not unicodedata.is_normalized("NFC", value):
        raise AuditInputError("text_not_nfc", path=path)


def _check_key(key: object, path: str) -> None:
    if not isinstance(key, str) or not key.isascii() or "\0" in key:
        raise AuditInputError("key_not_ascii_text", path=path)


def _object_without_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise AuditInputError("body_not_canonical", reason="duplicate_key")
    return read


def _refuse_number(_text: str) -> NoReturn:
    raise AuditInputError("float_refused", path="$")


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _DIGITS_MAX:
        raise AuditInputError("integer_too_large", path="$")
    return int(text)
