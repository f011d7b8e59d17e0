"""Cases of late dossiers, read for one another and for the reviews of periods.

1. Read are the caller's organisation and the process of this room's dossiers, nothing else.
2. A lookup gives frozen values; who asks decides what counts.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, select

from engine.calendars.edition import RuleKind
from engine.calendars.period_scheme import PeriodRule
from engine.machine.instance import Instance
from engine.storage.database import metadata
from workflows.overdue_dossiers.case_standing import CONFIRM, TOLD, AlikeCase, CaseStanding
from workflows.overdue_dossiers.records import KnownDossier, dossier_of

PROCESS: Final = "overdue_case"


def alike_cases(session: Session, instance: Instance) -> tuple[AlikeCase, ...]:
    """The other cases with the same confirmed cause in the same unit, oldest first."""
    cause, unit = instance.fields.get("cause"), instance.fields.get("unit")
    if cause is None or unit is None:
        return ()
    other, step = metadata.tables["instance"].c, metadata.tables["step"].c
    query = (
        select(other.id, other.code, other.fields)
        .where(
            other.organization_id == instance.organization_id,
            other.process == PROCESS,
            other.id != instance.id,
            other.fields["cause"].as_string() == cause,
            other.fields["unit"].as_string() == unit,
            select(step.version)
            .where(
                step.organization_id == other.organization_id,
                step.instance_id == other.id,
                step.transition == CONFIRM,
            )
            .exists(),
        )
        .order_by(other.code)
    )
    return tuple(
        AlikeCase(
            id=found,
            code=code,
            dossier_code=fields["dossier_code"],
            cause=cause,
            missed_due=date.fromisoformat(fields["current_due"]),
        )
        for found, code, fields in session.exec(query)
    )


def period_rules(session: Session, instance: Instance) -> tuple[PeriodRule, ...]:
    """How the office of a case cuts its periods; none where it has entered no rule of its own."""
    rule = metadata.tables["calendar_rule"].c
    query = select(rule.body).where(
        rule.organization_id == instance.organization_id,
        rule.kind == RuleKind.PERIODS.value,
        rule.unit == "",
        rule.removed_in.is_(None),
    )
    rules = [PeriodRule.model_validate(body) for body in session.exec(query)]
    return tuple(sorted(rules, key=lambda each: each.from_))


def own_dossier(session: Session, instance: Instance) -> KnownDossier | None:
    """The dossier of a case as the newest export tells it; None where none has told of it."""
    code, due_on = instance.fields.get("dossier_code"), instance.fields.get("original_due")
    if code is None or due_on is None:
        return None
    return dossier_of(session, instance.organization_id, code=code, due_on=due_on)


def standings(
    session: Session, organization_id: str, *, first: date, last: date
) -> tuple[CaseStanding, ...]:
    """The cases of dossiers that were due by `last`, but for those that ended before `first`.

    What was excluded counts whenever that was: its dossier may look late for a long time.
    """
    cases, steps = _asked()
    given = {"organization": organization_id, "first": first, "last": last.isoformat()}
    found = session.execute(cases, given).all()
    days: dict[str, dict[str, date]] = {}
    # Newest first, so that the first time a step was taken is what stays.
    for instance_id, transition, on in session.execute(steps, given):
        days.setdefault(instance_id, {})[transition] = on
    return tuple(_standing(row, days.get(row[0], {})) for row in found)


@cache
def _asked() -> tuple[Any, Any]:
    """The two questions, put together once: every reading of a period asks them."""
    other, step = metadata.tables["instance"].c, metadata.tables["step"].c
    wanted: tuple[Any, ...] = (
        other.organization_id == bindparam("organization"),
        other.process == PROCESS,
        other.fields["original_due"].as_string() <= bindparam("last"),
        other.closed_on.is_(None)
        | (other.closed_on >= bindparam("first"))
        | (other.state == "excluded"),
    )
    columns: tuple[Any, ...] = (other.id, other.code, other.state, other.final, other.fields)
    steps = (
        select(step.instance_id, step.transition, step.on)
        .join_from(
            metadata.tables["step"],
            metadata.tables["instance"],
            (step.organization_id == other.organization_id) & (step.instance_id == other.id),
        )
        .where(*wanted, step.transition.in_(TOLD))
        .order_by(step.instance_id, step.version.desc())
    )
    return select(*columns).where(*wanted).order_by(other.code), steps


def _standing(row: Iterable[Any], days: dict[str, date]) -> CaseStanding:
    instance_id, code, state, final, fields = row
    return CaseStanding(
        id=instance_id,
        code=code,
        dossier_code=fields["dossier_code"],
        original_due=date.fromisoformat(fields["original_due"]),
        state=state,
        final=final,
        cause=fields.get("cause"),
        nature=fields.get("cause_nature"),
        stage=fields.get("lost_stage"),
        letter_on=date.fromisoformat(letter) if (letter := fields.get("letter_on")) else None,
        first_on=days,
    )
