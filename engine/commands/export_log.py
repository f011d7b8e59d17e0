"""An export of the log is an entry of the log: who took which part of it away, and how much.

1. The entry is written before the first byte leaves; what leaves are the entries below the size
   that the log had, so that its count is true however long the reading takes.
2. Names of people leave in event logs only for whom the office trusts with them; all others get
   ids, which say nothing outside of the office.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from engine.audit.leaf import EntryType, Outcome
from engine.errors import Refused
from engine.machine.actor import SYSTEM
from engine.queries.event_log import Wanted, ocel, xes
from engine.queries.log_lines import csv_lines, jsonl_lines
from engine.queries.log_pages import LogQuestion, found_in, resolved
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft

NAMED_FOR: Final = frozenset({"administrator", "external_auditor"})
"""Who gets the names of people in an event log."""


class ExportForm(StrEnum):
    """How entries leave."""

    CSV = "csv"
    JSONL = "jsonl"
    PDF = "pdf"
    XES = "xes"
    OCEL = "ocel"


EVENT_LOGS: Final = frozenset({ExportForm.XES, ExportForm.OCEL})


class NamesWithheld(Refused):
    """The caller may not take the names of people away."""

    def __init__(self) -> None:
        super().__init__("names_withheld", roles=sorted(NAMED_FOR))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogExport:
    """An export that was written down.

    Attributes:
        size: entries below it leave.
        count: how many they are.
        names: people by id, or by name.
    """

    organization_id: str
    question: LogQuestion
    form: ExportForm
    size: int
    count: int
    names: bool


def begin_export(
    runtime: Runtime,
    organization_id: str,
    caller: Caller | None,
    question: LogQuestion,
    form: ExportForm,
    *,
    names: bool = False,
) -> LogExport:
    """Write down that somebody takes a part of the log away; the house itself without a caller.

    Raises:
        NotFound: the organisation has no such case.
        NamesWithheld: the caller may not have the names.
    """
    with runtime.write(organization_id) as uow:
        actor = SYSTEM if caller is None else uow.actor(caller)
        if names and caller is not None and actor.roles.isdisjoint(NAMED_FOR):
            raise NamesWithheld
        uow.tables.log.lock()
        size = uow.tables.log.size()
        count = _count(uow, question, form, size=size)
        uow.tables.log.append(
            LogDraft(
                type=EntryType.DATA_EXPORTED,
                stream="log",
                at=uow.now,
                actor=actor,
                details={
                    **question.as_details(),
                    "format": form.value,
                    "count": count,
                    "size": size,
                    **({"names": True} if names else {}),
                },
            )
        )
        uow.commit()
    return LogExport(
        organization_id=organization_id,
        question=question,
        form=form,
        size=size,
        count=count,
        names=names,
    )


def _count(uow: UnitOfWork, question: LogQuestion, form: ExportForm, *, size: int) -> int:
    """How many entries leave."""
    total = 0
    for part in _parts(question, form):
        if question.words:
            total += sum(map(len, found_in(uow, part, size=size)))
        else:
            total += uow.tables.log_reader.total(resolved(uow, part), size=size)
    return total


def _parts(question: LogQuestion, form: ExportForm) -> Iterator[LogQuestion]:
    """What is counted: an event log holds openings and accepted steps alone."""
    if form not in EVENT_LOGS:
        yield question
        return
    wanted = question.wanted
    for kind in (EntryType.INSTANCE_CREATED.value, EntryType.TRANSITION.value):
        if wanted.type in {None, kind} and wanted.outcome in {None, Outcome.ACCEPTED}:
            narrowed = replace(wanted, type=kind, outcome=Outcome.ACCEPTED.value)
            yield replace(question, wanted=narrowed)


def export_lines(runtime: Runtime, begun: LogExport, *, language: str) -> Iterator[str]:
    """What leaves, piece by piece, for programs; titles of steps in a language."""
    wanted = Wanted(
        organization_id=begun.organization_id,
        question=begun.question,
        size=begun.size,
        language=language,
        names=begun.names,
    )
    match begun.form:
        case ExportForm.XES:
            return xes(runtime, wanted)
        case ExportForm.OCEL:
            return ocel(runtime, wanted)
        case ExportForm.CSV:
            lines = csv_lines
        case _:
            lines = jsonl_lines
    return lines(runtime, begun.organization_id, begun.question, size=begun.size)
