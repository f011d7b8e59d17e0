"""Rows of an audit in tables of their own, and what an audit reads from earlier ones.

1. Slot, checklist and finding have SQL columns, because figures over years ask for unit and clause.
   Decisions on disputes are few and stay in the generic table.
2. A lookup reads other instances of the same organisation only, and gives frozen values.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Field, Session, col, select

from engine.machine.instance import Instance
from engine.storage.database import JsonColumn, RecordColumns

NONCONFORMITIES = ("major", "minor")
LOOK_BACK = timedelta(days=3 * 366)
"""Wider than the 24 months of the figure, which counts exactly; an audit may be open for months."""


class AuditSlot(RecordColumns, table=True):
    """One sitting: an auditor looks at a unit on a day."""

    __tablename__ = "internal_audit_slot"
    unit: str
    auditor: str
    audit_date: date
    place: str | None = None
    clauses: list[str] = Field(sa_type=JsonColumn)
    procedures: list[str] | None = Field(default=None, sa_type=JsonColumn)
    status: str
    excuse: str | None = None


class AuditChecklistLine(RecordColumns, table=True):
    """One question of a sitting, with its verdict; `slot` is the id of the sitting's row."""

    __tablename__ = "internal_audit_checklist"
    slot: str
    clause: str
    question: str
    verdict: str | None = None
    evidence_ref: str | None = None
    reason: str | None = None


class AuditFinding(RecordColumns, table=True):
    """What was found, and the evidence for it; `slot` is the id of the sitting's row."""

    __tablename__ = "internal_audit_finding"
    slot: str
    unit: str = Field(index=True)
    auditor: str
    clause: str
    criterion: str
    grade: str
    statement: str
    objective_evidence: str
    auditee_seen: bool
    disputed: bool | None = None
    auditee_opinion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierFinding:
    """A nonconformity of another audit of the same organisation."""

    id: str
    unit: str
    clause: str
    found_on: date


def earlier_findings(session: Session, instance: Instance) -> tuple[EarlierFinding, ...]:
    """The nonconformities of other audits that may be repeated in this one, oldest first."""
    opened = instance.opened_at or datetime.max.replace(tzinfo=UTC)
    query = (
        select(AuditFinding)
        .where(
            col(AuditFinding.organization_id) == instance.organization_id,
            col(AuditFinding.instance_id) != instance.id,
            col(AuditFinding.grade).in_(NONCONFORMITIES),
            col(AuditFinding.retired_at).is_(None),
            col(AuditFinding.created_at) >= opened - LOOK_BACK,
        )
        .order_by(col(AuditFinding.created_at), col(AuditFinding.id))
    )
    return tuple(
        EarlierFinding(
            id=found.id, unit=found.unit, clause=found.clause, found_on=found.created_at.date()
        )
        for found in session.exec(query)
    )
