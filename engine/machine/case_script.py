"""The form of a worked example: `definitions/cases/<process>.yaml`, read into frozen values.

The file is a list of cases:

    - name: A fault is repaired at the second attempt
      at: 2026-07-06                  # first day; the year of the instance unless `year` says else
      people:                         # roles and unit once, instead of in every step
        an: {roles: [unit_head], unit: lab}
      given: {fields: {unit: lab}, facts: {lines_open: 0}, assignees: {unit_head: [an]}}
      steps:
        - {transition: report, actor: an, fields: {faults: 2}, evidence: {check_sheet: [sheet]},
           expect: repair}
        - {at: 2026-07-20, transition: accept, actor: an, roles: [office],
           expect: {unmet: ["separation:repaired"]}}

1. A step is expected to lead to a state, or to be refused for exactly the keys in `unmet`, or to
   be turned away with the code in `error` (`not_available`, `field_not_of_step`, …).
2. Evidence is given by names: the same name is the same content, a new name a new file. A name
   alone speaks of the day of the step and has passed its review;
   `{name, effective_on, reviewed, row}` says otherwise.
3. Unknown keys are faults, and so are names that the process does not have.
"""

from collections.abc import Container, Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from engine.definition.model import Process
from engine.errors import Invalid


class _Node(BaseModel):
    """A part of a case; an unknown key is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonScript(_Node):
    """Who somebody is.

    Attributes:
        on_behalf_of: who delegated the roles.
    """

    roles: tuple[str, ...] = ()
    unit: str | None = None
    on_behalf_of: str | None = None


class FileScript(_Node):
    """A file by its name; the same name is the same content."""

    name: str
    effective_on: date | None = None
    reviewed: bool = True
    row: str | None = None


class ChildScript(_Node):
    """A child instance; its code is its id."""

    code: str
    process: str
    state: str
    predecessor: str | None = None


Files = Annotated[
    tuple[
        Annotated[FileScript, BeforeValidator(lambda v: {"name": v} if isinstance(v, str) else v)],
        ...,
    ],
    BeforeValidator(lambda v: [v] if isinstance(v, str | dict) else v),
]


class SurroundingsScript(_Node):
    """What the process cannot know of itself; what is not given holds on.

    Attributes:
        assignees: role → people it is narrowed to, besides those that fields assign.
        waivers: keys of gates that are waived.
        reached: pairs of process and state.
        rows: record set → ids of its live rows.
    """

    facts: dict[str, Any] = {}
    assignees: dict[str, tuple[str, ...]] = {}
    children: tuple[ChildScript, ...] | None = None
    waivers: tuple[str, ...] | None = None
    reached: tuple[tuple[str, str], ...] | None = None
    rows: dict[str, tuple[str, ...]] | None = None


class GivenScript(SurroundingsScript):
    """What holds when the instance is opened."""

    fields: dict[str, Any] = {}


class ExpectRefusal(_Node):
    """Exactly these keys are unmet."""

    unmet: Annotated[tuple[str, ...], Field(min_length=1)]


class ExpectError(_Node):
    """The command is turned away with this code."""

    error: str


class StepScript(SurroundingsScript):
    """One command, and what is to come of it.

    Attributes:
        roles: what the actor holds now; None: as `people` has it.
        signed: the password was entered again; `key`: a key answered instead.
    """

    at: date | None = None
    transition: str
    actor: str
    roles: tuple[str, ...] | None = None
    unit: str | None = None
    on_behalf_of: str | None = None
    fields: dict[str, Any] = {}
    evidence: dict[str, Files] = {}
    reason: str | None = None
    signed: bool | Literal["key"] = False
    guards: dict[str, bool] = {}
    expect: str | ExpectRefusal | ExpectError


class CaseScript(_Node):
    """A worked example, as the file has it."""

    name: str
    at: date
    year: int | None = None
    period: str | None = None
    unit: str | None = None
    people: dict[str, PersonScript] = {}
    given: GivenScript = GivenScript()
    steps: Annotated[tuple[StepScript, ...], Field(min_length=1)]


class CasesUnreadable(Invalid):
    """A file of cases does not have the form; `faults` are places with what is wrong there."""


_SCRIPTS = TypeAdapter(tuple[CaseScript, ...])


def read_cases(data: object) -> tuple[CaseScript, ...]:
    """Read the parsed file of cases.

    Raises:
        CasesUnreadable: `cases_unreadable`, with every fault.
    """
    try:
        return _SCRIPTS.validate_python(data)
    except ValidationError as error:
        faults = [
            {"place": ".".join(str(part) for part in fault["loc"]), "problem": fault["msg"]}
            for fault in error.errors()
        ]
        raise CasesUnreadable("cases_unreadable", faults=faults) from error


def unknown_names(process: Process, script: CaseScript) -> tuple[dict[str, str], ...]:
    """Faults for every requirement, fact, guard and record set that the process does not have."""
    return tuple(
        {"place": f"{script.name}: {place}", "problem": f"unknown {kind} {name}"}
        for place, kind, name in _unknown(process, script)
    )


def _unknown(process: Process, script: CaseScript) -> Iterator[tuple[str, str, str]]:
    guards = {name for step in process.transitions.values() for name in step.guards}
    yield from _strange("given", "fact", script.given.facts, process.facts)
    yield from _strange("given", "record set", script.given.rows or {}, process.records)
    for index, step in enumerate(script.steps):
        place = f"steps.{index}"
        yield from _strange(place, "fact", step.facts, process.facts)
        yield from _strange(place, "record set", step.rows or {}, process.records)
        yield from _strange(place, "evidence", step.evidence, process.evidence)
        yield from _strange(place, "guard", step.guards, guards)


def _strange(
    place: str, kind: str, given: Iterable[str], known: Container[str]
) -> Iterator[tuple[str, str, str]]:
    return ((place, kind, name) for name in given if name not in known)
