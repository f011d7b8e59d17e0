"""Free text that people type, fit to be kept: NFC, without NUL, surrogates or controls."""

from engine.definition.model import FieldSpec, Text
from engine.definition.values import read_values

TEXT_LENGTH_MAX = 4000


def kept_text(name: str, value: str | None, *, length_max: int = TEXT_LENGTH_MAX) -> str | None:
    """The text as it is kept; None when nothing but white space was typed.

    Raises:
        WrongValues: characters that cannot be kept, or too many of them; the fault names `name`.
    """
    stripped = (value or "").strip()
    if not stripped:
        return None
    spec = FieldSpec(type="text", title=Text(vi=name, en=name), max_length=length_max)
    read = read_values({name: spec}, {name: stripped}, partial=True)
    return str(read[name])
