"""Rows of an audit in tables of their own, and what an audit reads from earlier ones.

1. Slot, checklist and finding have SQL columns, because figures over years ask for unit and clause.
   Decisions on disputes are few and stay in the generic table.
2. What was asked the last time is read only while checklists are written.
3. A lookup reads other instances of the same organisation only, and gives frozen values.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select as sa_select
from sqlmodel import Field, Session, SQLModel, col, select

from engine.machine.instance import Instance
from engine.storage.database import JsonColumn, RecordColumns

NONCONFORMITIES = ("major", "minor")
PREPARING = "preparing"
EARLIER_CHECKLIST = "earlier_checklist"
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
    origin: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierLine:
    """A question of the audit before, and what was found then.

    Attributes:
        audit: the readable code of that audit.
        place: of the question among those of that audit, counted from one.
    """

    audit: str
    place: int
    unit: str
    clause: str
    question: str
    verdict: str | None


def earlier_checklist(session: Session, instance: Instance) -> tuple[EarlierLine, ...]:
    """The questions of the newest audit that ended well before this one, in their order."""
    if instance.state != PREPARING or instance.opened_at is None:
        return ()
    cases: Any = SQLModel.metadata.tables["instance"].c
    audits = (
        sa_select(cases.id, cases.code)
        .where(
            cases.organization_id == instance.organization_id,
            cases.process == instance.process,
            cases.final == "success",
            cases.opened_at < instance.opened_at,
        )
        .order_by(cases.opened_at.desc(), cases.id)
        .limit(1)
    )
    last = session.execute(audits).first()
    if last is None:
        return ()
    line, slot = AuditChecklistLine, AuditSlot
    lines = (
        select(line, slot.unit)
        .join(
            slot,
            (col(slot.organization_id) == col(line.organization_id))
            & (col(slot.id) == col(line.slot)),
        )
        .where(
            col(line.organization_id) == instance.organization_id,
            col(line.instance_id) == last.id,
            col(line.retired_at).is_(None),
        )
        .order_by(col(line.created_at), col(line.id))
    )
    return tuple(
        EarlierLine(
            audit=last.code,
            place=place,
            unit=unit,
            clause=found.clause,
            question=found.question,
            verdict=found.verdict,
        )
        for place, (found, unit) in enumerate(session.exec(lines), start=1)
    )
