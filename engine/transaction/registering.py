"""What filling a register needs inside a transaction: who may, how to read, what the log says.

1. The log has a stream for each register; its entries name the import and tell digest, counts and
   checksum, never a row.
2. What rows ask for is opened by the house under the lock of the log, so that two who open at once
   open each case once.
"""

from collections.abc import Mapping
from typing import Any

from engine.audit.leaf import EntryType
from engine.errors import Conflict, NotFound, Refused
from engine.machine.actor import SYSTEM, Actor
from engine.machine.decision import Command
from engine.machine.register import Reading, Register, WantedCase
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.jobs import Job
from engine.transaction.opening import Opening, open_instance
from engine.transaction.stepping import take_step

IMPORT = "import"
"""The kind of a job that fills a register."""


class FillsNot(Refused):
    """Whoever asks may not fill this register."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        super().__init__("role_missing", roles=list(roles))


def register_named(uow: UnitOfWork, name: str) -> Register:
    """The register of that name.

    Raises:
        NotFound: `unknown_register`.
    """
    found = uow.tables.registry.registers.get(name)
    if found is None:
        raise NotFound("unknown_register", register=name)
    return found


def check_filler(register: Register, actor: Actor) -> str:
    """The role in which somebody fills a register.

    Raises:
        FillsNot: the actor has none of them.
    """
    role = next((role for role in register.fills if role in actor.roles), None)
    if role is None:
        raise FillsNot(register.fills)
    return role


def reading_of(
    uow: UnitOfWork, filename: str, *, mapping: Mapping[str, str], aliases: Mapping[str, str]
) -> Reading:
    """How a file is to be read, with the units of today."""
    return Reading(
        filename=filename,
        mapping=mapping,
        aliases=aliases,
        units={unit.id: unit.title for unit in uow.tables.organization.units(uow.today)},
    )


def log_import(
    uow: UnitOfWork,
    job: Job,
    phase: str,
    *,
    actor: Actor = SYSTEM,
    role: str = "system",
    **details: Any,
) -> int:
    """Write down that an import began or ended; the index of the entry."""
    told = {"phase": phase, "source": job.options["source"], "sha256": job.sha256, **details}
    return uow.tables.log.append(
        LogDraft(
            type=EntryType.DATA_IMPORTED,
            stream=f"register:{job.subject}",
            at=uow.now,
            actor=actor,
            role=role,
            subject=job.id,
            details={name: value for name, value in told.items() if value is not None},
        )
    )


def open_wanted(uow: UnitOfWork, register: Register, *, limit: int) -> int:
    """Open some of the cases that rows ask for; how many rows have theirs now."""
    uow.tables.log.lock()
    wanted = register.wanted_cases(
        uow.tables.session,
        uow.tables.organization_id,
        today=uow.today,
        calendar=uow.tables.calendar_of(None),
        limit=limit,
    )
    if any(
        uow.tables.definitions.newest(process) is None for process in {w.process for w in wanted}
    ):
        # The rows stand without their cases until the process is published here.
        return 0
    for case in wanted:
        register.opened(
            uow.tables.session, uow.tables.organization_id, case.key, _opened(uow, case)
        )
    return len(wanted)


def _opened(uow: UnitOfWork, wanted: WantedCase) -> str:
    """The case of a row: a new one with the steps that it asks for, or the one that is there."""
    opening = Opening(
        process=wanted.process, title=wanted.title, unit=wanted.unit, fields=wanted.fields
    )
    try:
        case = open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
    except Conflict as error:
        if error.code != "opened_already":
            raise
        return str(error.params["instance"])
    for step in wanted.then:
        case = take_step(uow, case, Command(step), actor=SYSTEM).case
    return case.instance.id
