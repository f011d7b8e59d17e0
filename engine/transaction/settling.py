"""Take the steps that rows of a register ask for: what an export tells moves the case of its row.

1. The house takes them, with what the import took as evidence, and they are decided like every
   other step. What is not accepted now is left alone and leaves no entry: people go on by hand, or
   the next import asks again.
2. Each case is read under its lock; a row that was asked for in between finds its case moved on.
"""

from dataclasses import replace
from io import BytesIO
from pathlib import PurePath

from engine.evidence.file_type import MEDIA_TYPES, FileType
from engine.machine.actor import SYSTEM
from engine.machine.decision import Accepted, Command
from engine.machine.instance import Case
from engine.machine.register import Register, WantedStep
from engine.runtime import UnitOfWork
from engine.storage.evidence import StoredEvidence
from engine.transaction.attaching import Kept, Upload, attach, record_of, with_files
from engine.transaction.stepping import judge, take_step

RECORD_TYPE = FileType.CSV


def settle_wanted(uow: UnitOfWork, register: Register, *, limit: int) -> int:
    """Take some of the steps that rows ask for; how many were taken."""
    wanted = register.wanted_steps(uow.tables.session, uow.tables.organization_id)
    taken = 0
    for step in wanted:
        taken += _settle(uow, step)
        if taken == limit:
            break
    return taken


def _settle(uow: UnitOfWork, step: WantedStep) -> bool:
    """Take one step; False where it is not accepted."""
    case = uow.case(step.instance_id, lock=True)
    process = uow.pinned(case).process
    if step.transition not in process.transitions:
        return False
    if case.instance.state not in process.sources(step.transition):
        return False
    record = _file(uow, case, step)
    command = Command(step.transition, step.fields)
    seen = case if record is None else with_files(case, (record,))
    if not isinstance(judge(uow, seen, command, actor=SYSTEM), Accepted):
        return False
    if record is not None:
        attach(uow, case, record, actor=SYSTEM, grant=SYSTEM.grants[0])
        case = uow.case(step.instance_id)
    take_step(uow, case, command, actor=SYSTEM)
    return True


def _file(uow: UnitOfWork, case: Case, step: WantedStep) -> StoredEvidence | None:
    """What the import took, as evidence; None where none is asked for, or where it is of no use.

    The file that came is not kept: it may hold what nobody here may know of an applicant.
    """
    job = None if step.requirement is None or step.job is None else uow.tables.jobs.get(step.job)
    if job is None or step.requirement is None or "record" not in job.progress:
        return None
    if RECORD_TYPE.value not in uow.pinned(case).process.evidence[step.requirement].accept:
        return None
    filename = PurePath(job.filename).with_suffix(f".{RECORD_TYPE.value}").name
    kept = Kept(
        upload=Upload(
            requirement=step.requirement, filename=filename, content=BytesIO(), note=job.id
        ),
        sha256=job.progress["record"]["sha256"],
        size=job.progress["record"]["size"],
        media_type=MEDIA_TYPES[RECORD_TYPE],
        filename=filename,
    )
    return replace(record_of(uow, case, kept, actor=SYSTEM), note=job.id)
