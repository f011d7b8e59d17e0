"""Open a process instance.

1. Who may: the roles in `opens`; without it, those that may take a step from the initial state.
2. Children and periodic instances are opened by the house, inside the step that asks for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definition.values import read_values
from engine.machine.decision import Refused
from engine.machine.instance import Case, no_values
from engine.machine.opening import may_open, missing_at_opening
from engine.runtime import Caller, OnceKey, Replayed, Runtime, UnitOfWork
from engine.transaction.opening import Opening, open_instance
from engine.transaction.texts import kept_text

TITLE_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInstance:
    """The request to open an instance; `fields` as sent."""

    caller: Caller
    process: str
    title: str = ""
    unit: str | None = None
    year: int | None = None
    period: str | None = None
    fields: Mapping[str, Any] = field(default_factory=no_values)
    assignees: Mapping[str, tuple[str, ...]] = field(default_factory=no_values)
    key: OnceKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The instance that was opened."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOpened:
    """The caller may not open this process, or a field that opening needs is missing."""

    refused: Refused


def start_instance(runtime: Runtime, request: StartInstance) -> Started | NotOpened | Replayed:
    """Open an instance of the newest published version.

    Raises:
        NotFound: no such process is published.
        WrongOpening, WrongValues: what was sent does not fit; every fault at once.
        Conflict: the idempotency key was used with another body.
    """
    with runtime.write(request.caller.organization_id) as uow:
        replayed = uow.replay(request.caller, request.key)
        if replayed is not None:
            return replayed
        actor = uow.actor(request.caller)
        process = uow.definition(request.process).process
        grant = may_open(process, actor)
        if isinstance(grant, Refused):
            return _refuse(uow, request, grant)
        given = read_values(process.fields, dict(request.fields), partial=True)
        missing = missing_at_opening(process, given)
        if missing is not None:
            return _refuse(uow, request, missing)
        opening = Opening(
            process=request.process,
            title=kept_text("title", request.title, length_max=TITLE_LENGTH_MAX) or "",
            unit=request.unit,
            year=request.year,
            period=request.period,
            fields=request.fields,
            assignees=request.assignees,
        )
        started = Started(case=open_instance(uow, opening, actor=actor, grant=grant))
        uow.remember(request.caller, request.key, started)
        uow.commit()
        return started


def _refuse(uow: UnitOfWork, request: StartInstance, refused: Refused) -> NotOpened:
    """Keep the answer; there is no instance yet whose log could tell of it."""
    turned = NotOpened(refused=refused)
    uow.remember(request.caller, request.key, turned)
    uow.commit()
    return turned
