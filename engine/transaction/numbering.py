"""A number of the register: taken from its series, entered, written down.

1. Who keeps the register is the records clerk, whatever the process; nobody else takes a number.
2. Days rise with numbers inside a series. A number reserved on its day is how a late paper still
   gets a number of that day.
3. The log has a stream for the register; its entries name the line, and tell it whole beside.
4. What a step says of an issued paper is what the register says of it.
5. A number is taken under the lock of the log, so that it goes with its transaction or stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from engine.audit.leaf import EntryType, Outcome
from engine.definition.model import Process
from engine.definition.values import to_json
from engine.errors import Conflict, Invalid
from engine.machine.actor import Actor, Grant
from engine.machine.decision import Refused, Unmet, UnmetCode
from engine.runtime import UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.document_numbers import DocumentNumber
from engine.storage.letterheads import AGENCY

RECORDS_CLERK: Final = "clerk"
REGISTER: Final = "documents"
TOGETHER: Final = "*"
"""The series of an issuer that counts all kinds together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of numbers: a year, an issuer, a kind or all kinds together."""

    year: int
    issuer: str
    name: str

    @property
    def key(self) -> str:
        """The name under which the series is counted."""
        return f"document:{self.year}:{self.issuer}:{self.name}"


def clerk_of(actor: Actor) -> Grant | Refused:
    """The grant by which somebody keeps the register, or why not."""
    found = next((grant for grant in actor.grants if grant.role == RECORDS_CLERK), None)
    if found is not None:
        return found
    roles = (RECORDS_CLERK,)
    unmet = Unmet(UnmetCode.ROLE, params={"roles": list(roles)}, who_can=roles, waivable=False)
    return Refused((unmet,))


def series_of(uow: UnitOfWork, issuer: str, kind: str, dated: date) -> Series:
    """The series from which a paper of a kind gets its number on a day.

    Whether an issuer counts its kinds together stands in its letterhead of that day.
    """
    heads = uow.tables.letterheads.in_force(dated)
    head = heads.get(issuer) or heads.get(AGENCY)
    together = head is not None and head.together
    return Series(year=dated.year, issuer=issuer, name=TOGETHER if together else kind)


def check_day(uow: UnitOfWork, series: Series, dated: date) -> None:
    """Refuse a day that has not come, and one before the last number of the series.

    Raises:
        Invalid: `number_day_in_future`.
        Conflict: `number_day_before_last`.
    """
    if dated > uow.today:
        raise Invalid("number_day_in_future", date=dated.isoformat())
    newest = uow.tables.documents.newest_day(series.year, series.issuer, series.name)
    if newest is not None and dated < newest:
        raise Conflict("number_day_before_last", date=dated.isoformat(), last=newest.isoformat())


def enter(
    uow: UnitOfWork, line: DocumentNumber, kind: EntryType, *, actor: Actor, grant: Grant
) -> int:
    """Add a line and its entry; the entry's index."""
    uow.tables.documents.add(line)
    return note(uow, line, kind, actor=actor, grant=grant)


def note(
    uow: UnitOfWork, line: DocumentNumber, kind: EntryType, *, actor: Actor, grant: Grant
) -> int:
    """Write down what a line says now; the entry's index."""
    return uow.tables.log.append(
        LogDraft(
            type=kind,
            stream=f"register:{REGISTER}",
            at=uow.now,
            actor=actor,
            role=grant.role,
            on_behalf=grant.on_behalf_of,
            subject=line.id,
            effective_date=line.dated,
            details=_told(line),
        )
    )


def turn_away(uow: UnitOfWork, kind: EntryType, refused: Refused, *, actor: Actor) -> None:
    """Write down who tried to keep the register."""
    uow.tables.log.append(
        LogDraft(
            type=kind,
            stream=f"register:{REGISTER}",
            at=uow.now,
            actor=actor,
            outcome=Outcome.REFUSED,
            unmet=refused.keys,
        )
    )


def registered_values(
    process: Process, issued: Mapping[str, DocumentNumber]
) -> dict[str, str | date]:
    """Field → what the register says, for the fields that hold a paper's number and its day."""
    found: dict[str, str | date] = {}
    for name, line in issued.items():
        spec = process.documents.get(name)
        if spec is not None and spec.number is not None:
            found[spec.number] = line.reference
        if spec is not None and spec.dated is not None:
            found[spec.dated] = line.dated
    return found


def not_as_registered(
    uow: UnitOfWork, process: Process, instance_id: str, fields: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The faults of values that say something else of an issued paper than the register does."""
    specs = process.documents.values()
    if fields.keys().isdisjoint(part for spec in specs for part in (spec.number, spec.dated)):
        return []
    known = registered_values(process, uow.tables.documents.issued(instance_id))
    return [
        {
            "field": f"fields.{name}",
            "code": "not_as_registered",
            "params": {"registered": str(to_json(known[name]))},
        }
        for name, value in fields.items()
        if name in known and value != known[name]
    ]


def _told(line: DocumentNumber) -> dict[str, Any]:
    told = {
        "year": line.year,
        "issuer": line.issuer,
        "series": line.series,
        "number": line.number,
        "kind": line.kind,
        "reference": line.reference,
        "status": line.status,
        "subject": line.subject,
        "signer": line.signer,
        "recipients": line.recipients,
        "note": line.note,
        "instance": line.instance_id,
        "document": line.document,
        "sha256": line.sha256,
        "reason": line.cancelled_for,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}
