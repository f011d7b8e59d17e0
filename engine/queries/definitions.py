"""Published definitions: what there is, one version whole, which may be opened by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.definition.model import Process
from engine.definition.values import WrongValues
from engine.errors import NotFound
from engine.machine.actor import Actor
from engine.machine.decision import Refused
from engine.machine.opening import may_open
from engine.runtime import Caller, Runtime, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionView:
    """One published version, with the numbers of all versions."""

    process: Process
    digest: str
    published_at: datetime
    versions: tuple[int, ...]
    may_open: bool


def list_definitions(runtime: Runtime, caller: Caller) -> tuple[DefinitionView, ...]:
    """The newest version of every process."""
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        return tuple(
            _view(uow, actor, process, None) for process in uow.tables.definitions.processes()
        )


def definition_view(
    runtime: Runtime, caller: Caller, process: str, version: int | None = None
) -> DefinitionView:
    """One version; the newest without a number.

    Raises:
        NotFound: `unknown_definition`, or `unknown_version` where others were published.
    """
    with runtime.read(caller.organization_id) as uow:
        return _view(uow, uow.actor(caller), process, version)


def refuse_unknown_names(
    runtime: Runtime, caller: Caller, *, process: str | None = None, state: str | None = None
) -> None:
    """Refuse to look for what no published version has: the list would be empty by mistake.

    A state is one of any version of the process, or of any process when none is named.

    Raises:
        WrongValues: `unknown_process` or `unknown_state`, with the names that there are.
    """
    if process is None and state is None:
        return
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        processes = uow.tables.definitions.processes()
        faults: list[dict[str, Any]] = []
        if process is not None and process not in processes:
            params: dict[str, Any] = {"process": process, "known": list(processes)}
            faults.append({"field": "process", "code": "unknown_process", "params": params})
        elif state is not None:
            asked = processes if process is None else (process,)
            known = _states(uow, asked)
            if state not in known:
                params = {"state": state, "known": known}
                faults.append({"field": "state", "code": "unknown_state", "params": params})
    if faults:
        raise WrongValues(faults)


def _states(uow: UnitOfWork, processes: Iterable[str]) -> list[str]:
    return sorted(
        {
            state
            for process in processes
            for published in uow.tables.definitions.versions(process)
            for state in uow.runtime.compiled(published).process.states
        }
    )


def _view(uow: UnitOfWork, actor: Actor, process: str, version: int | None) -> DefinitionView:
    published = uow.tables.definitions.versions(process)
    found = next((p for p in reversed(published) if version is None or p.version == version), None)
    if found is None and published:
        known = [p.version for p in published]
        raise NotFound("unknown_version", process=process, version=version, known=known)
    if found is None:
        raise NotFound("unknown_definition", process=process)
    compiled = uow.runtime.compiled(found)
    return DefinitionView(
        process=compiled.process,
        digest=found.digest,
        published_at=found.published_at,
        versions=tuple(p.version for p in published),
        may_open=not isinstance(may_open(compiled.process, actor), Refused)
        and not uow.tables.registry.lacks(compiled.process),
    )
