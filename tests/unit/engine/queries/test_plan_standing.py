"""A plan's lights: late is red, what is unknown is never green, and every light says why."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.machine.window import Span
from engine.queries.plan_standing import (
    Actual,
    Carrier,
    Cause,
    Light,
    PlanCase,
    PlanStanding,
    Reason,
    RowFacts,
    RowStanding,
    Target,
    plan_standing,
)

YEAR = 2026
TODAY = date(YEAR, 8, 17)
WORDS = {"vi": "Đánh giá nội bộ", "en": "Internal audit"}
QUARTER = Span(date(YEAR, 7, 1), date(YEAR, 9, 30))
SPRING = Span(date(YEAR, 4, 1), date(YEAR, 6, 30))
AUTUMN = Span(date(YEAR, 11, 1), date(YEAR, 11, 30))


def case(due_in: int | None = 30, **more: Any) -> PlanCase:
    """An open case that is due in so many days."""
    given_ = {
        "id": "1",
        "code": "IA-2026-01",
        "opened_on": date(YEAR, 7, 1),
        "closed_on": None,
        "due_on": None if due_in is None else TODAY + timedelta(days=due_in),
        "final": None,
        "overdue": due_in is not None and due_in < 0 and more.get("final") is None,
    }
    return PlanCase(**{**given_, **more})


def carrier(*cases: PlanCase, **more: Any) -> Carrier:
    """A process with these cases."""
    late = [each for each in cases if each.overdue]
    counted = {
        "total": len(cases),
        "done": sum(each.final == "success" for each in cases),
        "broken_off": sum(each.final == "aborted" for each in cases),
        "late": len(late),
        "first_late": late[0] if late else None,
    }
    return Carrier(process="internal_audit", title=WORDS, cases=cases, **{**counted, **more})


def target(numerator: int | None = None, **more: Any) -> Target:
    """At least 95 %, of 100."""
    settled = more.pop("settled", False)
    actual = (
        None
        if numerator is None
        else Actual(
            numerator=numerator,
            denominator=100,
            cut_off=TODAY,
            source="WR-2026-03",
            source_id="7",
            settled=settled,
        )
    )
    values = {"id": "on_time", "title": WORDS, "operator": "ge", "value": 95, "strive": False}
    return Target(**{**values, **more}, actual=actual)


def row(*carriers: Carrier, **more: Any) -> RowFacts:
    return RowFacts(**{"code": "4", "objective": 4, "title": WORDS, "carriers": carriers, **more})


def standing(*rows: RowFacts, today: date = TODAY) -> PlanStanding:
    return plan_standing(rows, year=YEAR, today=today)


def told(found: RowStanding) -> list[tuple[Light, Cause]]:
    return [(reason.light, reason.cause) for reason in found.reasons]


def of(*carriers: Carrier, today: date = TODAY, **more: Any) -> RowStanding:
    return standing(row(*carriers, **more), today=today).rows["4"]


@pytest.mark.parametrize(
    ("given_", "light", "cause"),
    [
        (carrier(case(-1)), Light.RED, Cause.CASE_LATE),
        (carrier(case(0)), Light.AMBER, Cause.DUE_SOON),
        (carrier(case(3)), Light.AMBER, Cause.DUE_SOON),
        (carrier(case(4)), Light.GREEN, Cause.RUNNING),
        (carrier(case(None)), Light.GREEN, Cause.RUNNING),
        (carrier(case(final="success")), Light.GREEN, Cause.DONE),
        (carrier(case(final="aborted")), Light.AMBER, Cause.GIVEN_UP),
        (carrier(case(final="aborted"), time=SPRING), Light.RED, Cause.GIVEN_UP),
        (carrier(time=SPRING), Light.RED, Cause.NOT_DONE),
        (carrier(time=QUARTER), Light.AMBER, Cause.NOT_OPENED),
        (carrier(time=AUTUMN), Light.NONE, Cause.NOT_YET),
        (carrier(), Light.AMBER, Cause.NOT_OPENED),
        (carrier(expected=False), Light.NONE, Cause.NOTHING_AROSE),
        (carrier(expected=False, time=SPRING), Light.RED, Cause.NOT_DONE),
        (carrier(known=False), Light.NONE, Cause.NO_PROCESS),
    ],
)
def test_a_process_gives_its_row_a_light(given_: Carrier, light: Light, cause: Cause) -> None:
    found = of(given_)
    assert told(found) == [(light, cause)]
    assert found.light is light


def test_a_row_that_no_process_carries_out_has_no_light_and_says_so() -> None:
    assert told(of()) == [(Light.NONE, Cause.NO_PROCESS)]


@pytest.mark.parametrize(
    ("today", "light", "cause"),
    [
        (date(YEAR - 1, 12, 31), Light.NONE, Cause.NOT_YET),
        (date(YEAR, 1, 1), Light.AMBER, Cause.NOT_OPENED),
        (date(YEAR, 12, 31), Light.AMBER, Cause.NOT_OPENED),
        (date(YEAR + 1, 1, 1), Light.RED, Cause.NOT_DONE),
    ],
)
def test_what_has_no_time_of_its_own_has_the_year(today: date, light: Light, cause: Cause) -> None:
    assert told(of(carrier(), today=today)) == [(light, cause)]


def test_a_case_whose_day_was_moved_is_in_time_though_the_months_are_over() -> None:
    assert told(of(carrier(case(30), time=SPRING))) == [(Light.GREEN, Cause.RUNNING)]


def test_every_reason_is_told_with_its_count_and_the_case_it_is_about() -> None:
    cases = (
        case(-3, id="a", code="A"),
        case(2, id="b", code="B"),
        case(1, id="c", code="C"),
        case(20, id="d", code="D"),
        case(final="success", id="e", code="E"),
        case(final="aborted", id="f", code="F"),
    )
    found = of(carrier(*cases))
    assert [(r.cause, r.count, r.case, r.day) for r in found.reasons] == [
        (Cause.CASE_LATE, 1, "A", TODAY - timedelta(days=3)),
        (Cause.DUE_SOON, 2, "C", TODAY + timedelta(days=1)),
        (Cause.RUNNING, 1, None, None),
        (Cause.DONE, 1, None, None),
    ]


@pytest.mark.parametrize(
    ("given_", "today", "light", "cause"),
    [
        (target(95), TODAY, Light.GREEN, Cause.TARGET_REACHED),
        (target(94), TODAY, Light.AMBER, Cause.TARGET_BEHIND),
        (target(94, settled=True), TODAY, Light.RED, Cause.TARGET_MISSED),
        (target(94), date(YEAR + 1, 1, 1), Light.RED, Cause.TARGET_MISSED),
        (target(94, strive=True), date(YEAR + 1, 1, 1), Light.AMBER, Cause.TARGET_BEHIND),
        (target(), TODAY, Light.NONE, Cause.NOT_MEASURED),
        (target(), date(YEAR + 1, 1, 1), Light.NONE, Cause.NOT_MEASURED),
        (target(100, operator="eq", value=100), TODAY, Light.GREEN, Cause.TARGET_REACHED),
        (target(99, operator="eq", value=100), TODAY, Light.AMBER, Cause.TARGET_BEHIND),
        (target(95, operator="gt"), TODAY, Light.AMBER, Cause.TARGET_BEHIND),
        (target(95, operator="le"), TODAY, Light.GREEN, Cause.TARGET_REACHED),
        (target(95, operator="lt"), TODAY, Light.AMBER, Cause.TARGET_BEHIND),
    ],
)
def test_a_target_gives_a_light(given_: Target, today: date, light: Light, cause: Cause) -> None:
    found = of(carrier(case(final="success")), targets=(given_,), today=today)
    assert (light, cause) in told(found)


def test_shares_are_not_rounded_up_to_their_target() -> None:
    actual = target(1).actual
    assert actual is not None
    near = Target(
        id="done",
        title=WORDS,
        operator="eq",
        value=100,
        strive=False,
        actual=replace(actual, numerator=99_999, denominator=100_000),
    )
    assert near.reached is False


@pytest.mark.parametrize(
    ("number", "operator", "reached"), [(3, "ge", True), (2, "ge", False), (3, "le", True)]
)
def test_a_target_that_is_no_share_is_compared_by_its_number(
    number: int, operator: str, *, reached: bool
) -> None:
    actual = target(1).actual
    assert actual is not None
    counted = Target(
        id="briefings",
        title=WORDS,
        operator=operator,
        value=3,
        strive=False,
        unit="count",
        actual=replace(actual, numerator=number, denominator=None),
    )
    assert counted.reached is reached
    found = of(carrier(case(30)), targets=(counted,))
    (reason,) = [each for each in found.reasons if each.target is counted]
    assert reason.params("en")["measured"] == str(number)


def test_an_objective_has_the_worst_light_of_its_heading_and_its_rows() -> None:
    heading = row(code="5", objective=5, heading=True, targets=(target(90),))
    first = row(carrier(case(30)), code="5.1", objective=5)
    second = row(carrier(case(-1)), code="5.2", objective=5)
    other = row(carrier(case(30)), code="7", objective=7)
    found = standing(heading, first, second, other)
    five, seven = found.objectives
    assert (five.number, five.row, five.rows) == (5, "5", ("5.1", "5.2"))
    assert told(five.standing)[0] == (Light.RED, Cause.CASE_LATE)
    assert [reason.row for reason in five.standing.reasons] == ["5.2", "5", "5.1"]
    assert five.standing.targets == heading.targets
    assert (seven.number, seven.standing.light) == (7, Light.GREEN)


def test_a_heading_without_targets_says_nothing_of_its_own() -> None:
    assert of(heading=True) == RowStanding(light=Light.NONE, reasons=())


carriers = st.builds(
    carrier,
    *[
        st.builds(
            case,
            st.none() | st.integers(-400, 400),
            final=st.sampled_from([None, None, "success", "aborted"]),
        )
    ]
    * 2,
    time=st.sampled_from([None, SPRING, QUARTER, AUTUMN]),
    expected=st.booleans(),
)
targets = st.builds(
    target, st.none() | st.integers(0, 100), settled=st.booleans(), strive=st.booleans()
)


@given(
    st.lists(
        carriers | st.builds(carrier, time=st.sampled_from([None, SPRING, AUTUMN])), max_size=3
    ),
    st.lists(targets, max_size=2),
    st.dates(date(YEAR - 1, 1, 1), date(YEAR + 1, 12, 31)),
)
def test_a_light_is_that_of_its_worst_reason_and_nothing_unknown_is_green(
    processes: list[Carrier], aims: list[Target], today: date
) -> None:
    found = of(*processes, targets=tuple(aims), today=today)
    order = list(Light)
    lights = [reason.light for reason in found.reasons]
    assert lights == sorted(lights, key=order.index)
    assert found.light is lights[0]
    if found.light is Light.GREEN:
        assert any(map(_speaks_well, found.reasons))
        assert not any(process.late for process in processes)
    assert len(found.reasons) >= len(processes) + len(aims)


def _speaks_well(reason: Reason) -> bool:
    return reason.cause in {Cause.RUNNING, Cause.DONE, Cause.TARGET_REACHED}
