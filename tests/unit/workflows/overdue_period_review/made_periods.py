"""Reviews of periods made by hand, with the dossiers and cases around them."""

from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import count as numbers
from typing import Any

from engine.calendars.business_days import Calendar
from engine.machine.instance import Case, Child, Row, Step
from engine.machine.intent import ChangeRecord
from tests.unit.workflows.made_cases import ask, case, row
from workflows.overdue_dossiers.case_standing import CaseStanding
from workflows.overdue_dossiers.dossier import Dossier, Status
from workflows.overdue_period_review.effects import freeze_period
from workflows.overdue_period_review.periods import PERIOD_DATA, OtherPeriod, PeriodData

MONDAY, FRIDAY, SUNDAY = date(2026, 8, 3), date(2026, 8, 7), date(2026, 8, 9)
"""Week 32 of 2026."""
CALENDAR = Calendar()


def dossier(
    code: str,
    received: date,
    due: date,
    ended: date | None = None,
    *,
    status: Status | None = None,
    unit: str = "special_management",
    **more: Any,
) -> Dossier:
    return Dossier(
        code=code,
        procedure="Cấp giấy phép",
        unit=unit,
        received_at=datetime.combine(received, time()),
        received_time_known=False,
        due_on=due,
        **{"current_due_on": due, **more},
        status=status or (Status.FINISHED if ended else Status.PENDING),
        ended_on=ended,
    )


def standing(found: Dossier, state: str = "overdue", **more: Any) -> CaseStanding:
    return CaseStanding(
        id=found.code,
        code=f"OC-{found.code}",
        dossier_code=found.code,
        original_due=found.due_on,
        state=state,
        final=None,
        **more,
    )


def review(
    *dossiers: Dossier,
    standings: tuple[CaseStanding, ...] = (),
    first: date = MONDAY,
    last: date = SUNDAY,
    kind: str = "week",
    today: date = FRIDAY,
    cut_off: date | None = None,
    records: Mapping[str, tuple[Row, ...]] | None = None,
    children: tuple[Child, ...] = (),
    history: tuple[Step, ...] = (),
    period: str = "2026-W32",
    state: str = "period_open",
    around: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Case:
    """A review whose clock stands at the noon of `today`."""
    given = {"kind": kind, "first_day": first, "last_day": last, "report_due": FRIDAY, **fields}
    found = case(
        "overdue_period_review",
        fields=given,
        records=records,
        children=children,
        history=history,
        lookups={PERIOD_DATA: PeriodData(dossiers=dossiers, standings=standings, **(around or {}))},
        today=today,
        calendar=CALENDAR,
        state=state,
        period=period,
    )
    if cut_off is not None:
        found.instance.fields["cut_off"] = datetime.combine(  # type: ignore[index]
            cut_off, time(10), tzinfo=found.now.tzinfo
        )
    return found


def frozen(open_review: Case, **more: Any) -> Case:
    """The same review with the rows that freezing wrote."""
    written: dict[str, list[Row]] = {}
    ids = numbers(1)
    for intent in freeze_period(ask(open_review)):
        if isinstance(intent, ChangeRecord):
            made = row(f"{intent.record_set}-{next(ids)}", **intent.values)
            written.setdefault(intent.record_set, []).append(made)
    records = {**open_review.records, **{name: tuple(rows) for name, rows in written.items()}}
    data: PeriodData = open_review.lookups[PERIOD_DATA]
    fields = dict(open_review.instance.fields)
    return review(
        *more.pop("dossiers", data.dossiers),
        standings=more.pop("standings", data.standings),
        first=fields.pop("first_day"),
        last=fields.pop("last_day"),
        records=records,
        state="frozen",
        today=open_review.today,
        **{**fields, **more},
    )


def before(of: Case, **more: Any) -> OtherPeriod:
    """A frozen review as the next one sees it."""
    from workflows.overdue_period_review.snapshot import snapshot  # noqa: PLC0415

    found = snapshot(of)
    assert found is not None
    return OtherPeriod(
        id=of.instance.id,
        code=of.instance.code,
        kind=of.instance.fields["kind"],
        state=of.instance.state,
        period=of.instance.period,
        first_day=of.instance.fields["first_day"],
        last_day=of.instance.fields["last_day"],
        first=found.first,
        last=found.last,
        totals=found.total.numbers,
        pending=found.pending,
        late=frozenset(each.key for each in found.dossiers if each.late),
        **more,
    )
