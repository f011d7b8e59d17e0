"""What tells of a person: known by its shape, hidden wherever it stands in a text that is kept.

1. Numbers: of an identity card (12 digits of its structure, or the 9 digits of the older one), of a
   Vietnamese telephone; addresses of e-mail; names by family name and form.
2. A column is known for what most of its cells are. One cell that looks like a name is not yet a
   list of people: wards and streets are named after them.
3. What is hidden stays a text, so that rows of one procedure still count as one; a ward or a school
   keeps the name it was given.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from workflows.overdue_dossiers.export.vocabulary import middle_names, places, surnames

HIDDEN: Final = "***"
NAME_WORDS: Final = range(2, 7)
SHARE_OF_COLUMN: Final = (1, 2)
CELLS_AT_LEAST: Final = 3
LOOKED_AT: Final = 1_000
"""More than any text that is kept."""


class Personal(StrEnum):
    """What is told about a person."""

    NAME = "name"
    PHONE = "phone"
    IDENTITY = "identity"
    EMAIL = "email"
    ADDRESS = "address"
    BIRTH = "birth"


_IDENTITY: Final = re.compile(
    r"(?<![\w.-])0(?:0[1-9]|[1-8]\d|9[0-6])[0-9]\d{2}\d{6}(?![\w.-])", re.ASCII
)
_OLD_IDENTITY: Final = re.compile(r"(?<![\w./-])\d{9}(?![\w./-])", re.ASCII)
_PHONE: Final = re.compile(
    r"(?<![\w/-])(?:\+?84|0)[ .]?(?:[35789]\d|2\d{1,2})(?:[ .-]?\d){7}(?![\w/-])", re.ASCII
)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBERS: Final = (
    (Personal.EMAIL, _EMAIL),
    (Personal.IDENTITY, _IDENTITY),
    (Personal.PHONE, _PHONE),
    (Personal.IDENTITY, _OLD_IDENTITY),
)
_WORD: Final = re.compile(r"[^\W\d_]+")


def kind_of(text: str) -> Personal | None:
    """What the whole text tells of a person; None where it tells nothing, or more than that."""
    plain = unicodedata.normalize("NFC", text).strip()
    for kind, pattern in _NUMBERS:
        if pattern.fullmatch(plain):
            return kind
    return Personal.NAME if is_name(plain) else None


def is_name(text: str) -> bool:
    """Whether a text has the form of a Vietnamese person's name."""
    words = text.split()
    if len(words) not in NAME_WORDS or not all(_WORD.fullmatch(word) for word in words):
        return False
    as_names = all(word.istitle() for word in words) or all(word.isupper() for word in words)
    return as_names and words[0].casefold() in surnames()


def kind_of_column(cells: Iterable[str]) -> Personal | None:
    """What at least half of the cells that are filled tell of a person."""
    filled = [cell for cell in cells if cell.strip()]
    counts: dict[Personal, int] = {}
    for cell in filled:
        kind = kind_of(cell)
        if kind is not None:
            counts[kind] = counts.get(kind, 0) + 1
    found = max(counts, key=lambda kind: counts[kind], default=None)
    if found is None or counts[found] < CELLS_AT_LEAST:
        return None
    share, of = SHARE_OF_COLUMN
    return found if counts[found] * of >= len(filled) * share else None


def hidden(text: str) -> str:
    """The text without the numbers, addresses and names that stand in it.

    A text beyond `LOOKED_AT` characters ends there: looking costs the square of its length.
    """
    text = text[:LOOKED_AT]
    if "@" in text or any(character.isdecimal() for character in text):
        for _, pattern in _NUMBERS:
            text = pattern.sub(HIDDEN, text)
    return _without_names(text)


def _without_names(text: str) -> str:
    """The text without a family name, a middle name and what follows them in capitals."""
    words = list(_WORD.finditer(text))
    kept = []
    end = 0
    position = 0
    while position < len(words):
        last = _name_from(words, position, text)
        if last is None:
            position += 1
            continue
        kept += [text[end : words[position].start()], HIDDEN]
        end = words[last].end()
        position = last + 1
    return "".join([*kept, text[end:]]) if kept else text


def _name_from(words: list[re.Match[str]], position: int, text: str) -> int | None:
    """Where a name ends that begins at this word."""
    following = words[position : position + NAME_WORDS.stop - 1]
    told = [word[0] for word in following]
    if len(told) < 3 or told[0].casefold() not in surnames():
        return None
    if position and words[position - 1][0].casefold() in places():
        return None
    if told[1].casefold() not in middle_names():
        return None
    length = 0
    for before, word in zip([None, *following], following, strict=False):
        apart = before is not None and text[before.end() : word.start()].strip(" ") != ""
        if apart or not word[0][0].isupper():
            break
        length += 1
    return position + length - 1 if length >= 3 else None
