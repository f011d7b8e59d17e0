"""The plan of a year, word for word, each row with its instances and with how it stands."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from api.dependencies import Asked, Circumstances, Reader, Reply, send
from api.problems import plain
from api.v1.instances import SummaryBody, summary_body
from engine.queries.plan import plan_view
from engine.queries.plan_beside import Side, plans_beside
from engine.queries.plan_carried import CarriedCase
from engine.queries.plan_order import OrderWarning
from engine.queries.plan_standing import Reason, RowStanding, Target
from engine.queries.plan_verdicts import Verdict

router = APIRouter(prefix="/plans", tags=["plans"])


class OrderWarningBody(BaseModel):
    """An order between processes that the plan cannot keep.

    Attributes:
        code: not_planned, not_opened, too_late.
        row: the plan row of the process whose step waits.
        needs: the process that must have reached `state` before the step.
        by: the last day on which the step is in time.
        ready: the day by which the other process is ready.
    """

    code: str
    row: str
    process: str
    transition: str
    needs: str
    state: str
    by: date | None
    ready: date | None
    message: str


class ReasonBody(BaseModel):
    """One thing that speaks for a light.

    Attributes:
        code: case_late, not_done, target_missed (red) · due_soon, not_opened, given_up,
            target_behind (amber) · running, done, target_reached (green) · not_yet, nothing_arose,
            not_measured, no_process (none).
        light: red, amber, green, none.
        row: the plan row that it comes from.
        case: readable code of the case that it is about, or that measures the target.
    """

    code: str
    light: str
    row: str
    message: str
    count: int
    day: date | None
    case: str | None
    case_id: str | None


class BeforeBody(BaseModel):
    """What a figure said of the year before, and in which case."""

    numerator: int
    denominator: int | None
    case: str
    case_id: str


class TargetBody(BaseModel):
    """A target of the plan, and what a published figure says to it.

    Attributes:
        unit: `percent` (a share is compared) or another, of which the numerator itself is compared.
        operator: eq, ge, gt, le, lt.
        strive: the plan only strives for it.
        numerator, denominator: None while nothing was measured.
        cut_off: the day to which the figure speaks.
        case, case_id: the case whose figure it is.
        before: what the same figure said of the year before; None: nothing.
    """

    id: str
    title: str
    unit: str
    operator: str
    value: int
    strive: bool
    reached: bool | None
    numerator: int | None
    denominator: int | None
    cut_off: date | None
    case: str | None
    case_id: str | None
    before: BeforeBody | None


class StandingBody(BaseModel):
    """How a row or an objective stands.

    Attributes:
        light: red, amber, green, none: that of its worst reason.
        reasons: the worst first.
    """

    light: str
    reasons: list[ReasonBody]
    targets: list[TargetBody]


class ObjectiveBody(StandingBody):
    """How an objective stands, by its heading and its rows.

    Attributes:
        rows: codes of its rows that are carried out.
    """

    number: int
    rows: list[str]


class VerdictBody(BaseModel):
    """What was concluded on an objective when its year was closed, and in which case.

    Attributes:
        met: it leaves nothing to the year after.
    """

    objective: int
    verdict: str
    title: str
    met: bool
    result: str
    case: str
    case_id: str


class CarriedCaseBody(SummaryBody):
    """A case that the years before left.

    Attributes:
        origin, origin_id: readable code and id of the case that it comes from, if any.
    """

    origin: str | None
    origin_id: str | None


class CarriedBody(BaseModel):
    """What the years before left: open cases, those that go on here, objectives that were missed.

    Attributes:
        more: there are open cases besides.
    """

    cases: list[CarriedCaseBody]
    more: bool
    missed: list[VerdictBody]


class PlanBody(BaseModel):
    """A year's plan.

    Attributes:
        plan: the document as entered.
        instances: row code → instances of its processes in that year.
        warnings: orders between processes that the plan cannot keep, told months ahead.
        today: the day to which the standing speaks.
        standing: row code → how it stands.
        objectives: how each objective stands.
        carried: what the years before left.
    """

    year: int
    edition: int
    years: list[int]
    plan: dict[str, Any]
    instances: dict[str, list[SummaryBody]]
    warnings: list[OrderWarningBody]
    today: date
    standing: dict[str, StandingBody]
    objectives: list[ObjectiveBody]
    carried: CarriedBody


class SideBody(StandingBody):
    """A row in the plan of one of two years, and how it stands.

    Attributes:
        cases: how many cases carry it out.
        instances: those cases, children left out.
        target: what the plan says of it in words.
        days_late: calendar days; 0 where nothing is late.
        verdict: of the objective for which the row speaks, when its year is closed.
    """

    code: str
    cases: int
    instances: list[SummaryBody]
    target: str
    days_late: int
    verdict: VerdictBody | None


class ChangedBody(BaseModel):
    """A column that reads otherwise."""

    column: str
    before: str
    now: str


class RowBesideBody(BaseModel):
    """A row of either plan.

    Attributes:
        fate: same, changed, new, dropped.
    """

    fate: str
    heading: bool
    content: str
    now: SideBody | None
    before: SideBody | None
    changed: list[ChangedBody]


class BesideBody(BaseModel):
    """Two years' plans beside each other: this year's rows in their order, dropped ones last."""

    year: int
    before: int
    rows: list[RowBesideBody]


@router.get("/{year}", summary="The plan of a year", response_model=PlanBody)
def get_plan(
    year: Annotated[int, Path(ge=2000, le=2100)], caller: Reader, asked: Circumstances
) -> Response:
    """Show the newest edition of a year's plan."""
    view = plan_view(asked.house.runtime, caller, year)
    body = PlanBody(
        year=view.year,
        edition=view.edition,
        years=list(view.years),
        plan=plain(view.body),
        instances={
            code: [summary_body(asked, caller, summary) for summary in found]
            for code, found in view.instances.items()
        },
        warnings=[_warning(asked, warning) for warning in view.warnings],
        today=view.today,
        standing={
            code: StandingBody(**_standing(asked, row)) for code, row in view.standing.rows.items()
        },
        objectives=[
            ObjectiveBody(
                number=found.number, rows=list(found.rows), **_standing(asked, found.standing)
            )
            for found in view.standing.objectives
        ],
        carried=CarriedBody(
            cases=[_carried(asked, caller, one) for one in view.carried.cases],
            more=view.carried.more,
            missed=[_verdict(asked, told) for told in view.carried.missed],
        ),
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


@router.get(
    "/{year}/beside", summary="The plan of a year beside another's", response_model=BesideBody
)
def get_beside(
    year: Annotated[int, Path(ge=2000, le=2100)],
    caller: Reader,
    asked: Circumstances,
    before: Annotated[int | None, Query(ge=2000, le=2100)] = None,
) -> Response:
    """Hold two years' plans beside each other; without `before`, this year and the last."""
    earlier = year - 1 if before is None else before
    pair = plans_beside(asked.house.runtime, caller, year, before=earlier)
    body = BesideBody(
        year=pair.year,
        before=pair.before,
        rows=[
            RowBesideBody(
                fate=row.fate.value,
                heading=row.heading,
                content=row.content[asked.language],
                now=_side(asked, caller, row.now),
                before=_side(asked, caller, row.before),
                changed=[
                    ChangedBody(
                        column=change.column,
                        before=change.before[asked.language],
                        now=change.now[asked.language],
                    )
                    for change in row.changed
                ],
            )
            for row in pair.rows
        ],
    )
    return send(Reply(status=200, body=body.model_dump(mode="json")))


def _side(asked: Asked, caller: Reader, side: Side | None) -> SideBody | None:
    if side is None:
        return None
    told = side.verdict
    return SideBody(
        code=side.code,
        cases=len(side.cases),
        instances=[summary_body(asked, caller, summary) for summary in side.cases],
        target=side.target[asked.language],
        days_late=side.days_late,
        verdict=None if told is None else _verdict(asked, told),
        **_standing(asked, side.standing),
    )


def _carried(asked: Asked, caller: Reader, one: CarriedCase) -> CarriedCaseBody:
    return CarriedCaseBody(
        **summary_body(asked, caller, one.case).model_dump(),
        origin=None if one.origin is None else one.origin.code,
        origin_id=None if one.origin is None else one.origin.id,
    )


def _verdict(asked: Asked, told: Verdict) -> VerdictBody:
    return VerdictBody(
        objective=told.objective,
        verdict=told.verdict,
        title=told.title[asked.language],
        met=told.met,
        result=told.result,
        case=told.case,
        case_id=told.case_id,
    )


def _warning(asked: Asked, warning: OrderWarning) -> OrderWarningBody:
    return OrderWarningBody(
        code=warning.fault.value,
        row=warning.row,
        process=warning.process,
        transition=warning.transition,
        needs=warning.needed,
        state=warning.state,
        by=warning.by,
        ready=warning.ready,
        message=asked.say(f"plan_warning.{warning.fault}", **warning.params(asked.language)),
    )


def _standing(asked: Asked, found: RowStanding) -> dict[str, Any]:
    return {
        "light": found.light.value,
        "reasons": [_reason(asked, reason) for reason in found.reasons],
        "targets": [_target(asked, target) for target in found.targets],
    }


def _reason(asked: Asked, reason: Reason) -> ReasonBody:
    return ReasonBody(
        code=reason.cause.value,
        light=reason.light.value,
        row=reason.row,
        message=asked.say(f"plan_standing.{reason.cause}", **reason.params(asked.language)),
        count=reason.count,
        day=reason.day,
        case=reason.case,
        case_id=reason.case_id,
    )


def _target(asked: Asked, target: Target) -> TargetBody:
    found, before = target.actual, target.before
    return TargetBody(
        id=target.id,
        title=target.title[asked.language],
        unit=target.unit,
        operator=target.operator,
        value=target.value,
        strive=target.strive,
        reached=target.reached,
        numerator=None if found is None else found.numerator,
        denominator=None if found is None else found.denominator,
        cut_off=None if found is None else found.cut_off,
        case=None if found is None else found.source,
        case_id=None if found is None else found.source_id,
        before=None
        if before is None
        else BeforeBody(
            numerator=before.numerator,
            denominator=before.denominator,
            case=before.source,
            case_id=before.source_id,
        ),
    )
