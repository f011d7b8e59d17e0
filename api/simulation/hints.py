"""What people of an office know and a definition does not say, as data: `hints.yaml`.

1. A process without hints works too: its fields are filled by their types, its proposed rows taken
   as they are.
2. A recipe is a value, or one of the forms below; what a form names and the case does not have is
   None, and the field is filled by its type.

| Form | Gives |
|---|---|
| `{day: 5}`, `{day: 5, from: field}` | so many working days after today, or after that date |
| `{date: 11-18}` | that day of the case's year, or the working day before; `year: 1`: next |
| `{date: 01-01, exact: true}` | that very day, whether anybody works on it or not |
| `{entered: 18}` | so many working days after the case came into its state |
| `{year: 1}` | the number of the next year |
| `{end_of: field}` | the last minute of that date, as an instant |
| `{field: name}` | what the case has there |
| `{rows: set, column: name}` | every value of a column, once; `pick: least / most / one` |
| `{rows: set}` with `where` | whole rows; `where`: column → values that a row must have one of |
| `{lookup: set, id: recipe, column: name}` | a column of the row of that id |
| `{one_of: {a: 3, b: 1}}` | one of them, by weight |
| `{between: [1, 9]}` | a number |
| `{holder: role}` with `not_of: recipe` | somebody who holds the role, not of that unit |
| `{units: 3}` with `without: [role]` | so many units with a head, nobody of such a role there |
| `{own_unit: true}` | the unit of the one who writes |
| `{digest_of: requirement}` | the SHA-256 of the newest file of that requirement |
| `{me: true}` | the one who writes |
| `{each: true}`, `{each: column}` | the value, or the column of the row, for which a row is made |
| `{row: column}` | the same column of the row that is being written |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from api.seeds import read_yaml

FILE: Final = Path(__file__).parent / "hints.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTask:
    """Rows that somebody writes while a case is in a state.

    Attributes:
        states: in which.
        wait: not before this day.
        every: makes one row for each of its values that has none yet.
        key: column that holds that value.
        proposed: takes the rows that the case proposes, each completed with `values`.
        where: column → values: `change` only such rows; propose only such rows.
        change: whether rows that are there are changed instead of made.
        once: only while the set has no row.
        after: only once that other set has rows, and proposes no more.
        role: who does it, of those who may.
    """

    states: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    wait: Any = None
    every: Any = None
    key: str | None = None
    proposed: bool = False
    where: Mapping[str, Any] = field(default_factory=dict)
    change: bool = False
    once: bool = False
    after: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of a process.

    Attributes:
        a_year: how many cases arise by themselves in a year; None: the house's own measure.
        on: MM-DD of the day from which somebody opens the one case of the year; none arise then.
        open: field → recipe for opening; `unit` stands for the case's unit too.
        fields: field → recipe, for every step.
        steps: step → field → recipe, before `fields`.
        wait: step → recipe of the day before which nobody takes it.
        bring: files that somebody brings before the step whose form speaks of them.
        weights: step → how readily it is taken, against 10 for what leads on.
        rows: record set → tasks.
    """

    a_year: int | None = None
    on: str | None = None
    open: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wait: Mapping[str, Any] = field(default_factory=dict)
    bring: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    rows: Mapping[str, tuple[RowTask, ...]] = field(default_factory=dict)


NOTHING: Final = Hints()


@cache
def shipped_hints() -> Mapping[str, Hints]:
    """The hints of every process that needs some."""
    return {name: _hints(told or {}) for name, told in read_yaml(FILE).items()}


def _hints(told: Mapping[str, Any]) -> Hints:
    rows = {
        name: tuple(_task(task) for task in tasks) for name, tasks in told.get("rows", {}).items()
    }
    return Hints(**{**told, "rows": rows, "bring": tuple(told.get("bring", ()))})


def _task(told: Mapping[str, Any]) -> RowTask:
    rest = {key: value for key, value in told.items() if key != "in"}
    return RowTask(states=tuple(told["in"]), **rest)
