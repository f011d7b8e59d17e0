"""Sheets to fill in for a record set, and the rows that a case implies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.definition.model import RecordSetSpec
from engine.errors import NotFound
from engine.evidence.file_type import MEDIA_TYPES, FileType
from engine.machine.actor import Actor
from engine.machine.instance import Case
from engine.machine.personal_rule import seen_by, withheld
from engine.machine.registry import Lack
from engine.runtime import Caller, Runtime, UnitOfWork
from engine.tables.writing import Form, SheetFormat, write_sheet
from engine.transaction.sheets import sheet_reading

TYPES: Final[Mapping[SheetFormat, FileType]] = {
    SheetFormat.CSV: FileType.CSV,
    SheetFormat.XLSX: FileType.XLSX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFile:
    """A sheet as a file; `name` is not yet fit for a header."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSheet:
    """Which sheet: of which set, in which format and language, empty or with the implied rows."""

    instance_id: str
    record_set: str
    format: SheetFormat
    language: str
    proposed: bool = False


def sheet_to_fill(runtime: Runtime, caller: Caller, wanted: WantedSheet) -> SheetFile:
    """A sheet with the headings of a record set.

    Raises:
        NotFound: no such instance or record set; or nothing is proposed for it where that is asked.
    """
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        case = uow.case(
            wanted.instance_id, proposing=wanted.record_set if wanted.proposed else None
        )
        seen = seen_by(uow.pinned(case).process, case, actor)
        reading = sheet_reading(uow, seen, wanted.record_set)
        spec = _spec(uow, case, wanted.record_set)
        form = Form(
            title=spec.title,
            columns=spec.columns,
            reading=reading,
            language=wanted.language,
            rows=_proposed(uow, case, wanted.record_set, actor) if wanted.proposed else (),
        )
        title = spec.title.en if wanted.language == "en" else spec.title.vi
        return SheetFile(
            name=f"{case.instance.code} {title}.{wanted.format.value}",
            content=write_sheet(form, wanted.format),
            media_type=MEDIA_TYPES[TYPES[wanted.format]],
        )


def proposed_rows(
    runtime: Runtime, caller: Caller, instance_id: str, record_set: str
) -> tuple[Mapping[str, Any], ...]:
    """The rows that a case implies and that are not there yet, as typed values.

    Raises:
        NotFound: no such instance or record set, or nothing is ever proposed for it.
    """
    with runtime.read(caller.organization_id) as uow:
        actor = uow.actor(caller)
        case = uow.case(instance_id, proposing=record_set)
        _spec(uow, case, record_set)
        return _proposed(uow, case, record_set, actor)


def lacking_of(
    runtime: Runtime, caller: Caller, instance_id: str, record_set: str
) -> tuple[Lack, ...]:
    """What could not be proposed for a record set, and why.

    Raises:
        NotFound: no such instance.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        case = uow.case(instance_id, proposing=record_set)
        found = uow.tables.registry.lacking.get((case.instance.process, record_set))
        return () if found is None else found(case)


def _spec(uow: UnitOfWork, case: Case, record_set: str) -> RecordSetSpec:
    spec = uow.pinned(case).process.records.get(record_set)
    if spec is None:
        raise NotFound("unknown_record_set", record_set=record_set)
    return spec


def _proposed(
    uow: UnitOfWork, case: Case, record_set: str, actor: Actor
) -> tuple[Mapping[str, Any], ...]:
    """The rows that are implied and that this actor may read whole."""
    propose = uow.tables.registry.proposals.get((case.instance.process, record_set))
    if propose is None:
        raise NotFound("nothing_proposed", record_set=record_set)
    process = uow.pinned(case).process
    return tuple(
        row
        for row in propose(case)
        if not withheld(process, record_set, case, row, actor=actor) & row.keys()
    )
