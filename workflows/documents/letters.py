"""Text that a file can hold: composed letters, and no sign that XML has no place for."""

import re
import unicodedata
from typing import Final

_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """The text in composed letters, each sign that XML cannot hold named by its number."""
    composed = unicodedata.normalize("NFC", text)
    return _ILLEGAL.sub(lambda found: f"[U+{ord(found[0]):04X}]", composed)
