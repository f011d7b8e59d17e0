"""Mark a case outside any step: what a timed check sets and flags.

1. The version stays, as it does for rows: nobody who is about to take a step is staled by a check.
2. What is there already is no change, and leaves no entry.
"""

from collections.abc import Iterable

from engine.audit.leaf import EntryType
from engine.machine.actor import Actor, Grant
from engine.machine.instance import Case
from engine.machine.intent import Intent, RaiseFlag, SetField
from engine.runtime import UnitOfWork
from engine.storage.advance import as_json
from engine.storage.audit_log import split_changes
from engine.transaction.approving import end_approvals
from engine.transaction.entries import entry_of


def mark(
    uow: UnitOfWork, case: Case, intents: Iterable[Intent], *, actor: Actor, grant: Grant
) -> None:
    """Write the fields and flags that the intents ask for, and one entry that says so."""
    intents = tuple(intents)
    before = as_json(case.instance.fields)
    given = {i.field: i.value for i in intents if isinstance(i, SetField)}
    after = {
        name: value for name, value in {**before, **as_json(given)}.items() if value is not None
    }
    raised = dict.fromkeys(i.flag for i in intents if isinstance(i, RaiseFlag))
    flags = tuple(flag for flag in raised if flag not in case.instance.flags)
    if not flags and after == before:
        return
    plain, personal = split_changes(before, after, specs=uow.pinned(case).process.fields)
    uow.tables.instances.mark(case.instance.id, fields=after, flags=(*case.instance.flags, *flags))
    uow.tables.log.append(
        entry_of(
            uow,
            case,
            EntryType.FIELDS_CHANGED,
            actor=actor,
            grant=grant,
            flags=flags,
            changes=plain,
            personal=personal,
        )
    )
    end_approvals(uow, case, actor=actor)
