"""The name under which people see a file; no path is ever made of it.

1. Names are NFC, whatever the sender's system writes: a Mac sends Vietnamese letters in pieces.
2. Space at the ends is cut, runs of space become one.
3. What could lie to a reader or to a program is refused and not repaired, so that nobody finds
   another name than the one that was sent: control characters, U+0000, lone surrogates, path
   separators, line separators, and characters that turn the direction of text or are invisible.
4. A name has at most 200 characters and more than dots.
"""

import re
import unicodedata

from engine.errors import Invalid

FILENAME_LENGTH_MAX = 200

_SPACES = re.compile(r"\s+")
# Marks, embeddings, overrides and isolates of direction; zero-width space; byte order mark.
_HIDDEN = frozenset("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff") | frozenset(
    "\u2066\u2067\u2068\u2069"
)
_PATH = frozenset("/\\")
_REASONS = {
    "Cc": "control_character",
    "Cs": "lone_surrogate",
    "Zl": "line_separator",
    "Zp": "line_separator",
}


class FilenameInvalid(Invalid):
    """A file name that we would have to repair to show.

    `params["reason"]` is one of `nul`, `control_character`, `lone_surrogate`, `line_separator`,
    `path_separator`, `hidden_character`, `empty` and `too_long`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("filename_invalid", reason=reason, length_max=FILENAME_LENGTH_MAX)


def clean_filename(raw: str) -> str:
    """The display name of an uploaded file.

    Raises:
        FilenameInvalid: the name breaks rule 3 or 4.
    """
    for character in raw:
        reason = _objection(character)
        if reason is not None:
            raise FilenameInvalid(reason)
    name = _SPACES.sub(" ", unicodedata.normalize("NFC", raw)).strip()
    if not name.strip(". "):
        raise FilenameInvalid("empty")
    if len(name) > FILENAME_LENGTH_MAX:
        raise FilenameInvalid("too_long")
    return name


def _objection(character: str) -> str | None:
    if character == "\0":
        return "nul"
    if character in _PATH:
        return "path_separator"
    if character in _HIDDEN:
        return "hidden_character"
    return _REASONS.get(unicodedata.category(character))
