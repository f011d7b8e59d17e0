"""A case that ended as carried into the next year goes on there, as a case of its own.

1. A final state says with `carries` which fields the new case takes over, and from which of the
   old.
2. The new case has no parent, names the old one as its predecessor, and belongs to the next year.
   It is opened with the next year's plan: by `plan open`, or by the step itself where that plan is
   entered already. There is never a second one.
3. What no longer stands (somebody who left, a unit that is gone) is left empty: a step of the new
   case asks for it.
"""

from collections.abc import Mapping
from dataclasses import replace

from engine.machine.actor import SYSTEM
from engine.machine.instance import Case
from engine.runtime import UnitOfWork
from engine.storage.advance import as_json
from engine.transaction.opening import Opening, WrongOpening, open_instance


def continue_case(uow: UnitOfWork, case: Case) -> str | None:
    """Open the case that goes on from this one; its id, None where there is one or none is due."""
    instance, carries = case.instance, _carries(uow, case)
    if not carries:
        return None
    uow.tables.log.lock()
    if uow.tables.instances.succeeding(instance.id) is not None:
        return None
    values = {name: instance.fields.get(source) for name, source in carries.items()}
    fields = as_json({name: value for name, value in values.items() if value is not None})
    opening = Opening(
        process=instance.process,
        title=instance.title,
        unit=instance.unit,
        year=instance.year + 1,
        fields=fields,
        predecessor=instance.id,
    )
    return _open(uow, opening)


def continue_now(uow: UnitOfWork, case: Case) -> str | None:
    """The same right after the last step, where the plan of the next year is entered already."""
    if not _carries(uow, case) or uow.tables.plans.newest(case.instance.year + 1) is None:
        return None
    return continue_case(uow, case)


def _carries(uow: UnitOfWork, case: Case) -> Mapping[str, str]:
    return uow.pinned(case).process.states[case.instance.state].carries


def _open(uow: UnitOfWork, opening: Opening) -> str:
    """Open it; values that name nothing any more are left out."""
    try:
        case = open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
    except WrongOpening as error:
        gone = {fault["field"] for fault in error.params["faults"]}
        kept = {name: value for name, value in opening.fields.items() if name not in gone}
        unit = None if "unit" in gone else opening.unit
        left = replace(opening, fields=kept, unit=unit)
        case = open_instance(uow, left, actor=SYSTEM, grant=SYSTEM.grants[0])
    return case.instance.id
