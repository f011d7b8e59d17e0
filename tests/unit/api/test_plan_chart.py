"""The drawing of a year: a day is at its place, and nothing leaves the paper."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.pages.plan_chart import BAR_LEAST, LEFT, WIDTH, Bar, YearChart, year_chart
from engine.machine.window import Span
from engine.queries.plan import PlanView
from engine.queries.plan_carried import Carried
from engine.queries.plan_standing import Carrier, PlanCase, RowFacts, plan_standing

YEAR = 2026
WORDS = {"vi": "Nội dung", "en": "Content"}


def drawn(
    *cases: PlanCase, today: date = date(YEAR, 8, 17), year: int = YEAR, **row: Any
) -> YearChart:
    """A plan of one row that is carried out by these cases."""
    time = row.pop("process_time", None)
    carrier = Carrier(process="x", title=WORDS, total=len(cases), cases=cases, time=time)
    facts = RowFacts(code="4", objective=4, title=WORDS, carriers=(carrier,))
    view = PlanView(
        year=year,
        edition=1,
        years=(year,),
        body={"rows": [{"code": "4", "objective": 4, "content": WORDS, **row}]},
        instances={"4": ()},
        warnings=(),
        standing=plan_standing((facts,), year=year, today=today),
        carriers={"4": (carrier,)},
        carried=Carried(),
        today=today,
    )
    return year_chart(view)


def case(opened: date, closed: date | None = None, **more: Any) -> PlanCase:
    given_ = {"id": "1", "code": "A", "due_on": None, "final": None, "overdue": False}
    return PlanCase(**{**given_, "opened_on": opened, "closed_on": closed, **more})


def test_a_year_goes_from_edge_to_edge_and_today_stands_in_it() -> None:
    chart = drawn(today=date(YEAR, 7, 2))
    assert chart.months[0] == LEFT
    assert chart.months == tuple(sorted(set(chart.months)))
    # 182 of 365 days are over on the morning of 2 July.
    assert chart.today == LEFT + WIDTH * 182 // 365
    assert drawn(today=date(YEAR + 1, 1, 5)).today is None


def test_bands_are_the_months_that_the_plan_names_or_the_year() -> None:
    (line,) = drawn(time={"window": {"months": [12]}}).lines
    assert line.bands == ((LEFT + WIDTH * 334 // 365, WIDTH - WIDTH * 334 // 365),)
    (line,) = drawn().lines
    assert line.bands == ((LEFT, WIDTH),)
    spring = Span(date(YEAR, 4, 1), date(YEAR, 6, 30))
    (line,) = drawn(heading=True, process_time=spring).lines
    assert line.bands[0][0] == LEFT + WIDTH * 90 // 365


def test_what_needs_somebody_is_drawn_last() -> None:
    (line,) = drawn(
        case(date(YEAR, 1, 1), overdue=True, due_on=date(YEAR, 2, 1)),
        case(date(YEAR, 1, 1), date(YEAR, 3, 1), final="success"),
        case(date(YEAR, 1, 1), date(YEAR, 3, 1), final="aborted"),
        case(date(YEAR, 8, 17)),
    ).lines
    assert [bar.kind for bar in line.bars] == ["off", "done", "open", "late"]
    assert [mark.late for mark in line.marks] == [True]
    assert line.bars[2] == Bar(left=LEFT + WIDTH * 228 // 365, width=BAR_LEAST, kind="open")


@given(
    st.dates(date(YEAR - 2, 1, 1), date(YEAR + 2, 1, 1)),
    st.none() | st.dates(date(YEAR - 2, 1, 1), date(YEAR + 2, 1, 1)),
    st.none() | st.dates(date(YEAR - 2, 1, 1), date(YEAR + 2, 1, 1)),
)
def test_nothing_leaves_the_paper(opened: date, closed: date | None, due: date | None) -> None:
    (line,) = drawn(case(opened, closed, due_on=due, final="success" if closed else None)).lines
    (bar,) = line.bars
    assert LEFT <= bar.left <= LEFT + WIDTH
    assert BAR_LEAST <= bar.width <= WIDTH
    assert all(LEFT <= mark.at <= LEFT + WIDTH for mark in line.marks)
