"""What a review reads from the database: dossiers, their cases, and the other reviews.

1. Dossiers are read while something can still be said of them; a review that ended is its rows.
2. Other reviews are read by their frozen rows, not by what the register would say of them today.
3. A lookup reads the caller's organisation only, and gives frozen values.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from sqlmodel import Session, select

from engine.machine.instance import Instance
from engine.storage.database import metadata
from workflows.overdue_dossiers.cases import standings
from workflows.overdue_dossiers.records import dossiers_between
from workflows.overdue_period_review.periods import DAY, OtherPeriod, PeriodData
from workflows.overdue_period_review.snapshot import (
    ADJUSTMENT,
    DOSSIER,
    KEPT,
    LINE,
    PENDING,
    key_of,
)

PROCESS: Final = "overdue_period_review"
SMALLER: Final = {"month": "week", "quarter": "month"}
ENDED: Final = frozenset({"closed", "nil_report", "merged", "cancelled"})
BROKEN_OFF: Final = frozenset({"merged", "cancelled"})
OPEN: Final = "period_open"


def period_data(session: Session, instance: Instance) -> PeriodData:
    """Everything that a review may look at."""
    fields = instance.fields
    kind, first, last = fields.get("kind"), fields.get("first_day"), fields.get("last_day")
    if kind is None or first is None or last is None:
        return PeriodData()
    kinds = (kind, *((SMALLER[kind],) if kind in SMALLER else ()))
    others = _others(session, instance, kinds)
    of_kind = [each for each in others if each.kind == kind and each.first_day < first]
    frozen = [each for each in of_kind if each.is_frozen and each.state not in BROKEN_OFF]
    merged = tuple(
        each
        for each in others
        if each.kind == kind and each.state == "merged" and each.merged_into == instance.period
    )
    before = frozen[-1] if frozen else None
    # What it may cover at most: from the last cut-off on, with what was merged into it.
    since = min((first, *(each.first_day for each in merged)))
    if before is not None and before.last is not None:
        since = before.last + DAY
    until = max((last, *(each.last_day for each in merged)))
    over = instance.state in ENDED
    organization = instance.organization_id
    return PeriodData(
        dossiers=()
        if over
        else tuple(dossiers_between(session, organization, first=since, last=until)),
        standings=standings(session, organization, first=since, last=until),
        before=before,
        waiting=tuple(each for each in of_kind if each.state == OPEN),
        merged=merged,
        parts=tuple(
            each
            for each in others
            if each.kind != kind and each.first_day <= last and each.last_day >= first
        ),
    )


def _others(
    session: Session, instance: Instance, kinds: tuple[str, ...]
) -> tuple[OtherPeriod, ...]:
    """The other reviews of some kinds that begin before this one ends, by their first day."""
    other = metadata.tables["instance"].c
    last: date = instance.fields["last_day"]
    columns: tuple[Any, ...] = (other.id, other.code, other.state, other.period, other.fields)
    wanted: tuple[Any, ...] = (
        other.organization_id == instance.organization_id,
        other.process == PROCESS,
        other.id != instance.id,
        other.fields["kind"].as_string().in_(kinds),
        other.fields["first_day"].as_string() <= last.isoformat(),
        other.year.in_((instance.year - 1, instance.year, instance.year + 1)),
    )
    found = session.exec(
        select(*columns).where(*wanted).order_by(other.fields["first_day"].as_string())
    ).all()
    rows = _rows(session, instance, [row[0] for row in found])
    return tuple(_other(row, rows[row[0]]) for row in found)


def _rows(
    session: Session, instance: Instance, ids: list[str]
) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The frozen rows and adjustment lines of reviews."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    if ids:
        row = metadata.tables["record_row"].c
        columns: tuple[Any, ...] = (row.instance_id, row.record_set, row.row_values)
        query = select(*columns).where(
            row.organization_id == instance.organization_id,
            row.instance_id.in_(ids),
            row.record_set.in_((LINE, DOSSIER, PENDING, ADJUSTMENT)),
            row.retired_at.is_(None),
        )
        for instance_id, record_set, values in session.exec(query):
            found[instance_id].append((record_set, values))
    return found


def _other(row: Iterable[Any], rows: list[tuple[str, dict[str, Any]]]) -> OtherPeriod:
    instance_id, code, state, period, fields = row
    whole = next(
        (values for name, values in rows if name == LINE and values.get("unit") is None), None
    )
    late = (values for name, values in rows if name == DOSSIER and values["late"])
    return OtherPeriod(
        id=instance_id,
        code=code,
        kind=fields["kind"],
        state=state,
        period=period,
        first_day=date.fromisoformat(fields["first_day"]),
        last_day=date.fromisoformat(fields["last_day"]),
        first=None if whole is None else date.fromisoformat(whole["from_day"]),
        last=None if whole is None else date.fromisoformat(whole["to_day"]),
        merged_into=fields.get("merged_into"),
        totals={} if whole is None else {name: whole[name] for name in KEPT},
        pending=frozenset(
            key_of(each) for name, values in rows if name == PENDING for each in values["dossiers"]
        ),
        late=frozenset(
            (values["dossier_code"], date.fromisoformat(values["due_on"])) for values in late
        ),
        adjusted=frozenset(
            (values["dossier_code"], values["kind"]) for name, values in rows if name == ADJUSTMENT
        ),
    )
