"""What differs between two definitions, key by key, and which gates the newer one has dropped.

1. The data that are compared are those of a version's identity (`digest`): short forms, comments
   and the order of keys say nothing, and what equals a default is not there. Two definitions
   without a difference have the same digest, and the other way round.
2. Mappings are entered, so that a changed key of a step is told by itself; what is there on one
   side only is told once, whole. A list is one value: its order may matter.
3. What got weaker is `weakening`'s to say; here no written reason excuses it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.definition.digest import to_json
from engine.definition.finding import Finding
from engine.definition.model import Process
from engine.definition.weakening import weaker


class Kind(StrEnum):
    """What became of a key."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key that differs.

    Attributes:
        path: keys that lead to it: `("transitions", "submit", "evidence")`.
        old: its value before as JSON; None when it was not there.
        new: its value now as JSON; None when it is gone.
    """

    kind: Kind
    path: tuple[str, ...]
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything between two definitions.

    Attributes:
        changes: in the order of the older file; what is new in a mapping comes last in it.
        weaker: the findings W72 of the newer one, whether or not it gives a reason.
    """

    changes: tuple[Change, ...]
    weaker: tuple[Finding, ...]


def difference(old: Process, new: Process) -> Difference:
    """Compare two definitions, usually two versions of one process."""
    before, after = (json.loads(to_json(process)) for process in (old, new))
    return Difference(changes=tuple(_changes(before, after, ())), weaker=tuple(weaker(new, old)))


def _changes(
    old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        before, after, here = old.get(key), new.get(key), (*path, key)
        if key not in new:
            yield Change(kind=Kind.REMOVED, path=here, old=before, new=None)
        elif key not in old:
            yield Change(kind=Kind.ADDED, path=here, old=None, new=after)
        elif isinstance(before, dict) and isinstance(after, dict):
            yield from _changes(before, after, here)
        elif _written(before) != _written(after):
            yield Change(kind=Kind.CHANGED, path=here, old=before, new=after)


def _written(value: Any) -> str:
    """A value as text: in Python `true` would equal 1."""
    return json.dumps(value, sort_keys=True)
