"""What a new version of a definition changed, in words, for who reads its publication.

1. A key is told by its part of the definition and the title that the thing has; deeper keys, which
   have no titles, are told as the language writes them.
2. A gate that was dropped is told first: that is what an auditor looks for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.pages.showing import Voice
from engine.definition.diff import Change, Difference, Kind

PARTS: Final = frozenset(
    {
        *("code", "clauses", "documents", "evidence", "facts", "fields", "figures", "guarantees"),
        *("initial", "opens", "records", "roles", "states", "title", "transitions", "version"),
        *("waived_by", "weakens", "window", "personal_to", "unique", "migrate"),
    }
)
VALUE_LENGTH_MAX: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceWords:
    """One key that differs, in words.

    Attributes:
        weaker: it says that a gate was dropped.
    """

    kind: str
    what: str
    old: str
    new: str
    weaker: bool = False


def difference_words(difference: Difference, voice: Voice) -> tuple[DifferenceWords, ...]:
    """Everything that changed; what got weaker comes first."""
    weaker = (
        DifferenceWords(
            kind=voice.ui("log.diff.weaker"),
            what=voice.words.say(finding.words, finding.params, voice.language),
            old="",
            new="",
            weaker=True,
        )
        for finding in difference.weaker
    )
    return (*weaker, *(_change(change, voice) for change in difference.changes))


def _change(change: Change, voice: Voice) -> DifferenceWords:
    return DifferenceWords(
        kind=voice.ui(f"log.diff.{change.kind.value}"),
        what=_what(change, voice),
        old="" if change.kind is Kind.ADDED else _value(change.old, voice),
        new="" if change.kind is Kind.REMOVED else _value(change.new, voice),
    )


def _what(change: Change, voice: Voice) -> str:
    part, *rest = change.path
    named = voice.ui(f"log.part.{part}") if part in PARTS else part
    for value in (change.new, change.old):
        if rest and len(rest) == 1 and isinstance(value, Mapping) and "title" in value:
            rest = [_title(value["title"], voice)]
    return " · ".join((named, *rest))


def _title(told: Any, voice: Voice) -> str:
    if isinstance(told, Mapping):
        return str(told.get(voice.language, next(iter(told.values()), "")))
    return str(told)


def _value(value: Any, voice: Voice) -> str:
    if isinstance(value, Mapping) and {"vi", "en"} <= value.keys():
        return _title(value, voice)
    if isinstance(value, Mapping) and "title" in value:
        return _title(value["title"], voice)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_LENGTH_MAX else f"{text[:VALUE_LENGTH_MAX]}…"
