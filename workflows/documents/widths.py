"""How wide the columns of a table are, and how long a text is: the same for every writer.

1. A column of short things is as wide as they are; the others share what is left, by the root of
   their length, so that one long text does not starve its neighbours; none is narrower than its
   longest word where the page has room for it.
2. A column in which nothing stands yet is to be written in by hand, and is wide.
3. Lengths of texts are by classes of letters of the face: near enough for a rule that is to be a
   third to a half of a text, and for one as long as the motto.
"""

import unicodedata
from collections.abc import Callable
from math import sqrt
from typing import Final

from workflows.documents.paper import Cell, Run, Table

SHORT: Final = 12
"""Signs: a column of no more keeps its own width."""
SIGN_EM: Final = 0.48
PADDING_EM: Final = 1.25
"""What a column keeps for its margins, and for letters wider than most."""
HEADING: Final = 6
"""Signs: a heading asks for no more than these and its longest word."""
LONG: Final = 300
"""Signs: longer texts ask for no more room."""
LONG_WORD: Final = 20
"""Signs: a longer word is broken."""
BY_HAND: Final = 4.0
MANY_COLUMNS: Final = 7

_NARROW: Final = frozenset("iljtfrI.,;:!|'()[]-/ ")
_WIDE: Final = frozenset("mwMW")


def column_widths(table: Table, *, width: float, size: float) -> tuple[float, ...]:
    """The width of each column of a table that is `width` points wide, set in `size` points."""
    count = table.columns
    filled, words, longest = [0] * count, [0] * count, [0] * count
    for row in table.rows:
        _measure(row, filled, _length)
        _measure(row, longest, _longest_word)
    for row in table.head:
        _measure(row, words, _heading)
        _measure(row, longest, _longest_word)
    fixed: list[float | None] = []
    shares: list[float] = []
    for index in range(count):
        widest = max(2, filled[index], words[index])
        by_hand = filled[index] == 0 and bool(table.head)
        short = widest <= SHORT and not by_hand
        fixed.append((widest * SIGN_EM + PADDING_EM) * size if short else None)
        shares.append(BY_HAND if by_hand else sqrt(min(widest, LONG)))
    if all(one is not None for one in fixed):
        fixed[-1] = None
    least = [(min(one, LONG_WORD) * SIGN_EM + PADDING_EM) * size for one in longest]
    return _shared(_held(fixed, shares, least, width), shares, width)


def text_length(text: str, *, bold: bool, caps: bool = False) -> float:
    """How long a text is, in ems of its size."""
    shown = text.upper() if caps else text
    total = 0.0
    for sign in unicodedata.normalize("NFD", shown):
        if unicodedata.combining(sign):
            continue
        if sign in _NARROW:
            total += 0.29
        elif sign in _WIDE:
            total += 0.87
        elif sign.isupper():
            total += 0.70
        else:
            total += 0.475
    return total * (1.04 if bold else 1)


def _held(
    fixed: list[float | None], shares: list[float], least: list[float], width: float
) -> list[float | None]:
    """Hold columns that would be narrower than their longest word at its width, one by one."""
    held = list(fixed)
    while held.count(None) > 1:
        found = _shared(held, shares, width)
        narrow = [
            (index, needed)
            for index, (one, needed) in enumerate(zip(held, least, strict=True))
            if one is None and found[index] < needed
        ]
        if not narrow:
            break
        index, needed = narrow[0]
        held[index] = needed
    return held


def _shared(fixed: list[float | None], shares: list[float], width: float) -> tuple[float, ...]:
    taken = sum(one for one in fixed if one is not None)
    most = 0.85 * width
    if taken > most:
        # Many short columns: all shrink alike, and what is open keeps some room.
        fixed = [None if one is None else one * most / taken for one in fixed]
        taken = most
    open_shares = sum(share for one, share in zip(fixed, shares, strict=True) if one is None)
    left = width - taken
    return tuple(
        share * left / open_shares if one is None else one
        for one, share in zip(fixed, shares, strict=True)
    )


def _measure(
    row: tuple[Cell, ...], most: list[int], measure: Callable[[tuple[Run, ...]], int]
) -> None:
    """Note in `most` what the cells of one column ask for."""
    place = 0
    for cell in row:
        if cell.span == 1:
            most[place] = max(most[place], measure(cell.runs))
        place += cell.span


def _length(runs: tuple[Run, ...]) -> int:
    """How long what stands in a cell is; of lines that were broken on purpose the longest."""
    text = "".join(run.text for run in runs)
    return max(map(len, text.split("\n")))


def _longest_word(runs: tuple[Run, ...]) -> int:
    return max(map(len, "".join(run.text for run in runs).split()), default=0)


def _heading(runs: tuple[Run, ...]) -> int:
    """A heading asks for its longest word, and for half of itself where that is short."""
    words = " ".join(run.text for run in runs).split()
    half = (len(" ".join(words)) + 1) // 2
    return max(min(half, HEADING), *(len(word) for word in words), 0)
