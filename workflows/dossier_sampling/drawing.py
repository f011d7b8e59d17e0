"""A sample that anybody can draw again; pure.

1. The population is its codes, each once, sorted, one a line, in UTF-8: its digest is the SHA-256
   of these bytes (`sort -u | sha256sum` says the same).
2. A dossier's mark is the SHA-256 of `seed:code`. The sample is the dossiers with the lowest marks,
   as many as its size.
3. Neither needs a generator of random numbers: no library, no version, no order of rows matters.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

POPULATION_DATA: Final = "sampling_population"
"""The lookup that gives a month its finished dossiers."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finished:
    """A dossier of the population."""

    code: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Drawn:
    """A dossier of the sample with the mark by which it was chosen."""

    mark: str
    code: str
    unit: str


def distinct(population: Iterable[Finished]) -> tuple[Finished, ...]:
    """Each code once, in the order of the codes."""
    return tuple(sorted({each.code: each for each in population}.values()))


def digest_of(population: Iterable[Finished]) -> str:
    """SHA-256 of the sorted codes, one a line."""
    text = "".join(f"{each.code}\n" for each in distinct(population))
    return hashlib.sha256(text.encode()).hexdigest()


def mark_of(seed: str, code: str) -> str:
    """By what a dossier is ranked."""
    return hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()


def draw(population: Iterable[Finished], *, seed: str, size: int) -> tuple[Drawn, ...]:
    """The sample, the lowest mark first."""
    ranked = sorted(
        Drawn(mark=mark_of(seed, each.code), code=each.code, unit=each.unit)
        for each in distinct(population)
    )
    return tuple(ranked[:size])
