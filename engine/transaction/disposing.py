"""Files of ended cases leave by a decision of people: what a step of a disposal carries out.

1. Each file is told in the log of its own case: who, by which disposal, which digest. That entry is
   its tombstone; record, name and digest stay.
2. The bytes are not touched here: a transaction cannot take them back. From this moment nobody is
   given them, and the sweep removes them, unless another record needs the same content.
3. The gates have asked whether the time is over; that a case has ended is asked once more here.
"""

from engine.audit.leaf import EntryType
from engine.errors import Conflict, NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.instance import Case
from engine.machine.intent import DisposeFiles
from engine.runtime import UnitOfWork
from engine.storage.evidence import DISPOSED
from engine.transaction.attaching import write_entry


def dispose_files(
    uow: UnitOfWork, case: Case, intent: DisposeFiles, *, actor: Actor, grant: Grant
) -> int:
    """Give up the files of the named cases; how many there were.

    Raises:
        NotFound: `unknown_instance`: a code that no case has.
        Conflict: `case_at_work`: a case that has not ended.
    """
    uow.tables.log.lock()
    return sum(_dispose(uow, case, code, actor=actor, grant=grant) for code in intent.cases)


def _dispose(uow: UnitOfWork, case: Case, code: str, *, actor: Actor, grant: Grant) -> int:
    found = uow.tables.instances.by_code(code)
    if found is None:
        raise NotFound("unknown_instance", instance=code)
    if found.final is None:
        raise Conflict("case_at_work", case=code)
    ended = uow.case(found.id)
    files = [file for file in uow.tables.evidence.of_instance(found.id) if file.status != DISPOSED]
    for file in files:
        write_entry(
            uow,
            ended,
            file,
            EntryType.EVIDENCE_DISPOSED,
            actor=actor,
            grant=grant,
            disposal=case.instance.code,
        )
    uow.tables.evidence.dispose(tuple(file.id for file in files))
    return len(files)
