"""The order of Vietnamese words: đ after d, ă and â after a, tones only where letters are alike.

1. Letters decide first, word by word; a tone counts where all letters are the same, in the order of
   dictionaries: level, falling, dipping, creaking, rising, heavy.
2. People stand by their given name, the last word, then by the whole name, as lists of a Vietnamese
   office have them.
"""

import unicodedata
from typing import Final

_ALPHABET: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_FIRST: Final = ord("a")
_AFTER: Final = 1000
_RANK: Final = {letter: rank for rank, letter in enumerate(_ALPHABET, start=_FIRST)}
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}

Key = tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]


def alphabetical(text: str) -> Key:
    """A key that sorts as a Vietnamese dictionary does."""
    words = [_word(word) for word in text.casefold().split()]
    return tuple(letters for letters, _ in words), tuple(tones for _, tones in words)


def by_given_name(name: str) -> tuple[Key, Key]:
    """A key that sorts people by their given name, then by the whole name."""
    return alphabetical(name.rpartition(" ")[2]), alphabetical(name)


def _word(word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    letters: list[int] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", word):
        parts = unicodedata.normalize("NFD", char)
        tone = next((_TONES[part] for part in parts if part in _TONES), 0)
        letter = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES))
        letters.append(_rank(letter))
        tones.append(tone)
    return tuple(letters), tuple(tones)


def _rank(letter: str) -> int:
    """Digits and signs before the alphabet, foreign letters after it."""
    if letter in _RANK:
        return _RANK[letter]
    code = ord(letter[0]) if letter else 0
    return code if code < _FIRST else code + _AFTER
