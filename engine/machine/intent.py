"""What a decision and its effects may ask for. Commands carry intents out; nothing else does.

Every kind is a frozen value; a command matches over `Intent` exhaustively, so that a new kind fails
typing until it is carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from engine.machine.instance import no_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell the holders of roles, or named people; `message` is a code with its parameters.

    Attributes:
        units: narrow the roles to their holders in these units; empty narrows nothing.
    """

    message: str
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetField:
    """Write one of the case's own fields."""

    field: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInstance:
    """Open another instance.

    Attributes:
        relation: `child` of this case, or `successor`: this one's place under its parent.
        once: open none where the organisation has one of the same process and origin already,
            from whichever case.
    """

    process: str
    relation: Literal["child", "successor"] = "child"
    title: str = ""
    unit: str | None = None
    fields: Mapping[str, Any] = field(default_factory=no_values)
    origin_set: str | None = None
    origin_row: str | None = None
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """Add (`row` None), change or retire a row of this case, through the one writer of records."""

    record_set: str
    row: str | None
    values: Mapping[str, Any]
    retire: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTransition:
    """Let the house take a further step of this case in the same transaction (such as `lapse`)."""

    transition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseFlag:
    """Mark the step and the case for the review: `outside_window`, `late`."""

    flag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualify:
    """Give somebody a dated qualification.

    Attributes:
        kind: what it is for: `internal_auditor`, `qms_awareness`.
        evidence: what shows it, such as a certificate number: language → words.
        valid_to: the last day; None leaves it open.
    """

    person: str
    kind: str
    evidence: Mapping[str, str]
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPlan:
    """Keep a further edition of the plan of a year.

    Attributes:
        body: the plan in the shape in which files have it: `document`, `appendix`, `rows`.
    """

    year: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenYear:
    """Open the cases of the rows of a year's newest plan; those that are there stay as they are."""

    year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposeFiles:
    """Remove the files of ended cases; a tombstone in the log of each case stays.

    Attributes:
        cases: their readable codes.
    """

    cases: tuple[str, ...]


Intent = (
    Notify
    | SetField
    | StartInstance
    | ChangeRecord
    | TakeTransition
    | RaiseFlag
    | Qualify
    | EnterPlan
    | OpenYear
    | DisposeFiles
)
