"""What offices call columns, statuses, causes and stages: the words of `synonyms.json`.

1. Words are compared as letters and digits alone, without case and accents.
2. The whole text first; then the longest phrase that stands in it. A status must begin with its
   phrase: "chưa hoàn thành" holds "hoàn thành" and says the contrary.
3. What is not known is nothing: a guess would be a wrong number in a report.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final

from engine.tables.names import far

WORDS_AT_LEAST: Final = 2
"""A single word stands in too many other phrases to be looked for inside them."""


class Column:
    """The columns of an export that are read; a mapping names them so."""

    CODE: Final = "code"
    PROCEDURE: Final = "procedure"
    UNIT: Final = "unit"
    OFFICER_UNIT: Final = "officer_unit"
    STAGE: Final = "stage"
    RECEIVED_AT: Final = "received_at"
    DUE_ON: Final = "due_on"
    CURRENT_DUE_ON: Final = "current_due_on"
    REAPPOINTMENTS: Final = "reappointments"
    STATUS: Final = "status"
    ENDED_ON: Final = "ended_on"
    CAUSE: Final = "cause"
    APOLOGISED_ON: Final = "apologised_on"
    REGULATED: Final = "regulated"
    COMMITTED: Final = "committed"
    PAUSED: Final = "paused"


@dataclass(frozen=True, slots=True)
class Phrases:
    """Finds what a text means among known phrases.

    Attributes:
        known: phrase as letters and digits → what it means.
        at_start: a phrase counts inside a text only where the text begins with it.
    """

    known: Mapping[str, str]
    at_start: bool = False
    _longest_first: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        inside = [
            (phrase, meaning)
            for phrase, meaning in self.known.items()
            if self.at_start or len(phrase.split()) >= WORDS_AT_LEAST
        ]
        inside.sort(key=lambda pair: -len(pair[0]))
        object.__setattr__(self, "_longest_first", tuple(inside))

    def exactly(self, text: str) -> str | None:
        """What the whole text means."""
        return self.known.get(far(text))

    def meaning(self, text: str) -> str | None:
        """What the text means as a whole or by the longest phrase in it."""
        plain = far(text)
        found = self.known.get(plain)
        if found is not None:
            return found
        padded = f" {plain} "
        for phrase, meaning in self._longest_first:
            sought = f" {phrase} "
            if padded.startswith(sought) if self.at_start else sought in padded:
                return meaning
        return None

    def with_own(self, own: Mapping[str, str]) -> "Phrases":
        """These phrases, and those of one source before them."""
        told = {far(text): meaning for text, meaning in own.items()}
        return Phrases({**self.known, **told}, at_start=self.at_start)


@cache
def columns() -> Phrases:
    """Headings of the columns that are read, and `personal:<kind>` of those that never are."""
    found = _phrases(_all()["columns"])
    for kind, phrases in _all()["personal"].items():
        found.update({far(phrase): f"personal:{kind}" for phrase in phrases})
    return Phrases(found)


@cache
def statuses() -> Phrases:
    """What offices call the status of a dossier."""
    return Phrases(_phrases(_all()["status"]), at_start=True)


@cache
def causes() -> Phrases:
    """What offices call a cause, and the codes of the agency's list."""
    return Phrases(_phrases(_all()["cause"]))


@cache
def stages() -> Phrases:
    """What offices call a stage."""
    return Phrases(_phrases(_all()["stage"]))


@cache
def surnames() -> frozenset[str]:
    """The family names by which a column of names is known."""
    return frozenset(_all()["surnames"])


@cache
def middle_names() -> frozenset[str]:
    """Names in the middle that show, after a family name, that a person is meant."""
    return frozenset(_all()["middle_names"])


@cache
def places() -> frozenset[str]:
    """Words before a name of a person that is the name of a place or a school."""
    return frozenset(_all()["places"])


def fields() -> tuple[str, ...]:
    """Every column that is read, in the order of the file of words."""
    return tuple(_all()["columns"])


def _phrases(meanings: Mapping[str, Iterable[str]]) -> dict[str, str]:
    found = {far(meaning): meaning for meaning in meanings}
    found.update({far(p): meaning for meaning, phrases in meanings.items() for p in phrases})
    return found


@cache
def _all() -> Any:
    file = resources.files("workflows.overdue_dossiers.export") / "synonyms.json"
    return json.loads(file.read_text("utf-8"))
