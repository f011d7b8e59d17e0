"""Who may open an instance, and what must be known to open one.

1. `opens` names the roles; where it is absent, those that may take a step from the initial state.
2. The house may always open: children and periodic instances are its work.
3. What must be filled from the initial state on must be filled at opening.
4. Nobody is narrowed by unit or name here: there is no case yet.
"""

from collections.abc import Mapping
from typing import Any

from engine.definition.model import Process
from engine.machine.actor import Actor, Grant
from engine.machine.conditions import is_filled
from engine.machine.decision import Refused, Unmet, UnmetCode


def may_open(process: Process, actor: Actor) -> Grant | Refused:
    """The grant by which the actor opens, own before delegated; or why not."""
    roles = openers(process)
    grants = [g for g in actor.grants if g.role in roles or g.role == "system"]
    if not grants:
        return Refused((Unmet(UnmetCode.ROLE, who_can=roles, waivable=False),))
    return min(grants, key=lambda grant: grant.on_behalf_of is not None)


def openers(process: Process) -> tuple[str, ...]:
    """The roles that may open an instance, in the order of the file."""
    if process.opens is not None:
        return process.opens
    roles = (
        by.role
        for name, step in process.transitions.items()
        if process.initial in process.sources(name)
        for by in step.by
    )
    return tuple(dict.fromkeys(roles))


def missing_at_opening(process: Process, fields: Mapping[str, Any]) -> Refused | None:
    """The fields that the initial state does not allow to be empty; None when all are there."""
    unmet = tuple(
        Unmet(UnmetCode.FIELD_MISSING, name, who_can=openers(process), fillable=True)
        for name, spec in process.fields.items()
        if spec.required_from == process.initial and not is_filled(fields.get(name))
    )
    return Refused(unmet) if unmet else None
