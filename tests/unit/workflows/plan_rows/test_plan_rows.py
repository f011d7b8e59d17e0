"""What the processes of the plan's rows share: forms of counting, periods, who is told."""

from datetime import date

import pytest

from engine.calendars.business_days import Calendar
from engine.calendars.recurrence import PeriodKind
from engine.machine.intent import Notify, SetField
from tests.unit.workflows.made_cases import TODAY, ask, case, row
from workflows.plan_rows import counting, effects
from workflows.plan_rows.periods import EveryHalfYear, EveryPeriod

ROWS = (
    row("a", unit="office", done=True, points=3, most=4),
    row("b", unit="office", points=1, most=4),
    row("c", unit="tdc", done=True, points=None, most=4),
)
CASE = case("any", records={"item": ROWS})


def test_rows_are_counted_by_what_their_columns_say() -> None:
    assert counting.count_of("item")(CASE) == 3
    assert counting.count_of("item", counting.having(done=True))(CASE) == 2
    assert counting.count_of("item", counting.having(done=False))(CASE) == 1
    assert counting.count_of("item", counting.lacking("points"))(CASE) == 1
    both = counting.both(counting.filled("points"), counting.having(unit="office"))
    assert counting.count_of("item", both)(CASE) == 2


def test_a_share_names_its_rows_and_its_parts() -> None:
    done = counting.having(done=True)
    figure = counting.share_of("item", done, by="unit", cut_off=lambda c: c.today)(CASE)
    assert (figure.numerator, figure.denominator, figure.cut_off) == (2, 3, TODAY)
    assert figure.parts == {"office": (1, 2), "tdc": (1, 1)}
    assert figure.rows == {"item": ("a", "b", "c")}
    narrow = counting.share_of("item", done, among=counting.having(unit="tdc"))(CASE)
    assert (narrow.numerator, narrow.denominator) == (1, 1)


def test_sums_are_formed_of_columns() -> None:
    figure = counting.sum_of("item", "points", "most", by="unit")(CASE)
    assert (figure.numerator, figure.denominator) == (4, 12)
    assert figure.parts == {"office": (4, 8), "tdc": (0, 4)}
    plain = counting.sum_of("item", "points", by="unit")(CASE)
    assert (plain.numerator, plain.denominator, plain.parts["tdc"]) == (4, None, (0, None))


def test_nothing_counted_says_nothing() -> None:
    empty = case("any")
    assert counting.share_of("item", counting.everything)(empty).numerator is None
    assert counting.sum_of("item", "points")(empty).numerator is None
    assert counting.answer_of(lambda _: None)(empty).numerator is None
    assert counting.answer_of(lambda _: False)(empty).numerator == 0


@pytest.mark.parametrize(
    ("today", "opened", "wanted"),
    [
        (date(2026, 7, 6), (), ["2026-Q4"]),
        (date(2026, 7, 6), ("2026-Q2",), ["2026-Q4"]),
        (date(2026, 5, 4), ("2026-Q2",), []),
        (date(2026, 2, 2), (), ["2026-Q2"]),
        (date(2027, 1, 4), ("2025-Q4",), ["2026-Q2", "2026-Q4", "2027-Q2"]),
    ],
)
def test_half_years_follow_one_another(
    today: date, opened: tuple[str, ...], wanted: list[str]
) -> None:
    found = EveryHalfYear("Quán triệt")(calendar=Calendar(), rules=(), today=today, opened=opened)
    assert [each.period for each in found] == wanted


def test_a_half_year_covers_both_of_its_quarters() -> None:
    (half,) = EveryHalfYear("Quán triệt")(
        calendar=Calendar(), rules=(), today=date(2026, 7, 6), opened=()
    )
    assert half.title == "Quán triệt 6 tháng cuối năm 2026"
    assert (half.fields["first_day"], half.fields["last_day"]) == ("2026-07-01", "2026-12-31")


def test_a_period_is_opened_once_and_a_standstill_is_made_up_for() -> None:
    months = EveryPeriod(PeriodKind.MONTH, "Kết quả")
    found = months(
        calendar=Calendar(), rules=(), today=date(2026, 8, 3), opened=("2026-05", "2026-W31")
    )
    assert [(each.period, each.title) for each in found] == [
        ("2026-06", "Kết quả tháng 6/2026"),
        ("2026-07", "Kết quả tháng 7/2026"),
        ("2026-08", "Kết quả tháng 8/2026"),
    ]


def test_the_heads_of_the_unit_in_charge_are_told_and_nobody_else() -> None:
    asked = ask(case("any", fields={"unit": "tdc"}))
    for effect in (effects.tell_unit_of_case, effects.tell_unit_of_return):
        (told,) = effect(asked)
        assert isinstance(told, Notify)
        assert (told.roles, told.units) == (("unit_head",), ("tdc",))
        # Without a unit, no head at all: an empty narrowing would tell every one of them.
        assert effect(ask(case("any"))) == ()


def test_leaders_are_told_by_their_roles_and_the_day_is_stamped() -> None:
    asked = ask(case("any"))
    told = [
        intent
        for effect in (
            effects.tell_office_of_case,
            effects.tell_director_of_case,
            effects.tell_secretary_of_case,
            effects.tell_office_of_obstacle,
        )
        for intent in effect(asked)
    ]
    assert [each.roles[0] for each in told if isinstance(each, Notify)] == [
        "office",
        "director",
        "iso_secretary",
        "office",
    ]
    assert effects.stamp_reported_on(asked) == (SetField(field="reported_on", value=TODAY),)
