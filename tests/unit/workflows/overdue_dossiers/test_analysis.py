"""What is counted over dossiers: by hand, by laws, and against an independent computation."""

import io
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.seeds import DEFINITIONS, read_yaml
from engine.calendars.business_days import Calendar
from engine.calendars.vietnam import read_calendar_file, seed_days
from tests import dossier_reference as reference
from tests.dossier_exports import Style, write_csv
from tests.unit.workflows.overdue_dossiers.made_dossiers import DAYS, dossiers, made
from workflows.overdue_dossiers.analysis import counting
from workflows.overdue_dossiers.analysis.counting import (
    OTHERS,
    Analysis,
    Dimension,
    Window,
    WindowInvalid,
    analyse,
)
from workflows.overdue_dossiers.analysis.figures import median, quotient, told
from workflows.overdue_dossiers.analysis.lateness import WorkingDays
from workflows.overdue_dossiers.analysis.recurrence import Remedy
from workflows.overdue_dossiers.analysis.tally import Tally
from workflows.overdue_dossiers.dossier import Cause, Dossier, Status
from workflows.overdue_dossiers.export.opening import open_export

FILE = read_calendar_file(read_yaml(DEFINITIONS / "calendars" / "vn.yaml"))
CALENDAR = Calendar(days=seed_days(range(2024, 2029), FILE), weekend=FILE.weekend, version="vn")
JULY = Window(first=date(2026, 7, 1), last=date(2026, 7, 31))


def counted(*found: Dossier, window: Window = JULY, **more: Any) -> Analysis:
    return analyse(((1, dossier) for dossier in found), window, CALENDAR, **more)


def figure(name: str, *found: Dossier, window: Window = JULY) -> Any:
    return told(counted(*found, window=window).total)[name]


# -- one dossier, one verdict --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"ended_on": date(2026, 7, 14)}, "early"),
        ({"ended_on": date(2026, 7, 15)}, "on_time"),
        ({"ended_on": date(2026, 7, 16)}, "late"),
        ({"ended_on": date(2026, 7, 16), "current_due_on": date(2026, 7, 20)}, "reappointed"),
        ({"ended_on": date(2026, 7, 15), "current_due_on": date(2026, 7, 20)}, "on_time"),
        ({"ended_on": date(2026, 7, 21), "current_due_on": date(2026, 7, 20)}, "late"),
        # Due on a Saturday, the Monday is in time.
        ({"due_on": date(2026, 7, 18), "ended_on": date(2026, 7, 20)}, "on_time"),
        ({"due_on": date(2026, 7, 18), "ended_on": date(2026, 7, 21)}, "late"),
        ({"ended_on": date(2026, 7, 16), "status": Status.STOPPED}, "ended_late"),
        ({}, "pending_late"),
        ({"status": Status.PAUSED}, "paused_late"),
    ],
)
def test_a_dossier_has_one_verdict(changed: dict[str, Any], verdict: str) -> None:
    names = ("early", "on_time", "reappointed", "late", "ended_late", "pending_late", "paused_late")
    total = counted(made(**changed)).total
    assert [name for name in names if getattr(total, name)] == [verdict]


@pytest.mark.parametrize(
    ("due", "on", "days"),
    [
        (date(2026, 7, 17), date(2026, 7, 17), 0),
        # A Saturday after a Friday: no working day has passed, and yet it is late.
        (date(2026, 7, 17), date(2026, 7, 18), 1),
        (date(2026, 7, 17), date(2026, 7, 20), 1),
        (date(2026, 7, 18), date(2026, 7, 20), 0),
        (date(2026, 7, 18), date(2026, 7, 21), 1),
        # Tết 2026: the 13th of February is the last working day before, the 23rd the first after.
        (date(2026, 2, 13), date(2026, 2, 22), 1),
        (date(2026, 2, 13), date(2026, 2, 24), 2),
        (date(2026, 2, 16), date(2026, 2, 23), 0),
        (date(2026, 2, 16), date(2026, 2, 28), 4),
        # Saturday 22 August is worked for Monday 31 August.
        (date(2026, 8, 21), date(2026, 8, 22), 1),
        (date(2026, 8, 22), date(2026, 8, 24), 1),
        (date(2026, 8, 28), date(2026, 9, 3), 1),
    ],
)
def test_days_late_are_working_days_of_the_calendar(due: date, on: date, days: int) -> None:
    assert WorkingDays(CALENDAR).late(due, on) == days


@given(due=DAYS, on=DAYS)
def test_days_late_agree_with_counting_one_by_one(due: date, on: date) -> None:
    assert WORKING.late(due, on) == reference.days_late(due, on)


WORKING = WorkingDays(CALENDAR)


def test_what_ended_after_the_window_was_pending_in_it() -> None:
    dossier = made(ended_on=date(2026, 8, 3))
    assert figure("pending_late", dossier) == figure("closing", dossier) == 1
    august = Window(first=date(2026, 8, 1), last=date(2026, 8, 31))
    assert figure("opening", dossier, window=august) == figure("late", dossier, window=august) == 1


def test_time_cut_leaves_out_pauses_and_never_adds_what_was_not_saved() -> None:
    # 1 July to 14 July 2026 are 9 working days: 18 half days, less a pause of 4.
    one = made(ended_on=date(2026, 7, 14), regulated_half_days=20, paused_half_days=4)
    assert figure("time_cut", one) == {"numerator": 6, "denominator": 20}
    # A pause longer than the time itself saves the whole term and no more.
    two = made(ended_on=date(2026, 7, 2), regulated_half_days=20, paused_half_days=99)
    assert figure("time_cut", two) == {"numerator": 20, "denominator": 20}
    # Without a regulated term there is nothing to compare with.
    assert figure("time_cut", made(ended_on=date(2026, 7, 2))) == {
        "numerator": None,
        "denominator": 0,
    }


@pytest.mark.parametrize(("took", "reached", "kept"), [(8, 1, 1), (9, 0, 0)])
def test_fifteen_percent_of_ten_days_are_reached_by_eight_and_a_half(
    took: int, reached: int, kept: int
) -> None:
    # 10 days × 0.85 = 8.5: eight days keep it, nine do not.
    ended = CALENDAR.add_working_days(date(2026, 7, 1), took)
    total = counted(made(ended_on=ended, regulated_half_days=20)).total
    assert (total.cut_reached, total.commitment_kept) == (reached, kept)


@pytest.mark.parametrize(
    ("letter", "found"),
    [
        (date(2026, 7, 14), (1, 1, 0)),
        (date(2026, 7, 15), (1, 0, 1)),
        (None, (1, 0, 0)),
        # A letter of August is not there yet at the end of July.
        (date(2026, 8, 3), (1, 0, 0)),
    ],
)
def test_a_letter_is_in_time_on_the_working_day_before(
    letter: date | None, found: tuple[int, int, int]
) -> None:
    total = counted(made(apologised_on=letter)).total
    assert (total.letters, total.letters_in_time, total.letters_late) == found


def test_no_letter_is_asked_for_where_the_day_was_kept() -> None:
    assert counted(made(ended_on=date(2026, 7, 15))).total.letters == 0
    moved = made(ended_on=date(2026, 7, 10), current_due_on=date(2026, 7, 20))
    assert counted(moved).total.letters == 1


def test_backlog_is_what_came_before_the_window_and_is_not_ended_late_or_not() -> None:
    waiting = made(due_on=date(2026, 9, 30), status=Status.PAUSED)
    august = Window(first=date(2026, 8, 1), last=date(2026, 8, 31))
    assert figure("backlog", waiting) == 0
    assert figure("backlog", waiting, window=august) == 1
    assert figure("backlog_age_31", waiting, window=august) == 1
    assert figure("overdue", waiting, window=august) == 0


# -- rankings, breakdowns ------------------------------------------------------------------------


def _late(cause: Cause | None, count: int) -> list[Dossier]:
    return [made(code=f"H{cause}-{n}", cause=cause) for n in range(count)]


def test_the_vital_few_are_the_fewest_causes_that_reach_four_fifths() -> None:
    found = counted(
        *_late(Cause.SLOW_SIGNING, 5),
        *_late(Cause.LATE_UPDATE, 3),
        *_late(Cause.STAFFING, 1),
        *_late(Cause.OTHER, 1),
        *_late(None, 2),
    ).causes_by_count
    assert [(one.cause, one.running, one.is_vital) for one in found.causes] == [
        (Cause.SLOW_SIGNING, 5, True),
        (Cause.LATE_UPDATE, 8, True),
        (Cause.STAFFING, 9, False),
        (Cause.OTHER, 10, False),
    ]
    assert (found.total, found.unstated) == (10, 2)


def test_causes_by_days_may_rank_otherwise_than_by_count() -> None:
    many = [made(code=f"A{n}", cause=Cause.LATE_UPDATE, ended_on=date(2026, 7, 16)) for n in (1, 2)]
    found = counted(*many, made(cause=Cause.INTERAGENCY))
    assert found.causes_by_count.causes[0].cause is Cause.LATE_UPDATE
    assert found.causes_by_days.causes[0].cause is Cause.INTERAGENCY
    assert found.causes_by_days.causes[0].size == 12


def test_a_remedy_is_judged_by_spans_of_one_length() -> None:
    remedy = Remedy(cause=Cause.STAFFING, on=date(2026, 7, 21), unit="telecom")
    days = [date(2026, 7, 6), date(2026, 7, 13), date(2026, 7, 20), date(2026, 7, 24)]
    found = [made(code=f"H{n}", due_on=day, cause=Cause.STAFFING) for n, day in enumerate(days)]
    found.append(made(code="other", due_on=days[3], cause=Cause.STAFFING, unit="science"))
    (recurrence,) = counted(*found, remedies=[remedy]).recurrences
    assert (recurrence.before, recurrence.after) == (2, 1)
    assert recurrence.first_again == date(2026, 7, 24)


def test_what_is_more_than_can_be_kept_apart_is_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "COMBINATIONS_MAX", 2)
    found = counted(*(made(code=f"H{n}", procedure=f"TT {n}") for n in range(5)))
    groups = found.by(Dimension.PROCEDURE)
    assert {name: tally.received for name, tally in groups.items()} == {
        OTHERS: 3,
        "TT 0": 1,
        "TT 1": 1,
    }
    assert found.total.received == 5


# -- laws ----------------------------------------------------------------------------------------


@given(st.lists(dossiers(), max_size=8), DAYS, st.integers(0, 90), st.integers(1, 90))
def test_any_window_balances_and_windows_add_up(
    found: list[Dossier], first: date, length: int, following: int
) -> None:
    one = Window(first=first, last=first + timedelta(days=length))
    two = Window(first=one.last + timedelta(days=1), last=one.last + timedelta(days=following))
    whole = Window(first=one.first, last=two.last)
    left, right, both = (counted(*found, window=window).total for window in (one, two, whole))
    assert left.balances
    assert right.balances
    assert both.balances
    assert left.closing == right.opening
    assert (left.opening, right.closing) == (both.opening, both.closing)
    for name in (
        *("received", "finished", "sent_back", "stopped"),
        *("early", "on_time", "reappointed", "late", "ended_late"),
        *("regulated", "actual", "measured", "cut_reached"),
    ):
        assert getattr(left, name) + getattr(right, name) == getattr(both, name)


@given(st.lists(dossiers(), max_size=8), st.lists(dossiers(), max_size=4), DAYS)
def test_what_is_taken_away_leaves_no_trace(
    kept: list[Dossier], gone: list[Dossier], first: date
) -> None:
    window = Window(first=first, last=first + timedelta(days=30))
    remedy = Remedy(cause=Cause.OTHER, on=first)
    weighed = [(1, one) for one in (*gone, *kept)] + [(-1, one) for one in gone]
    mixed = analyse(weighed, window, CALENDAR, remedies=[remedy])
    plain = counted(*kept, window=window, remedies=[remedy])
    assert mixed.told(Dimension) == plain.told(Dimension)


@given(st.lists(dossiers(), max_size=8), DAYS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_and_groups_sum_to_the_total(
    found: list[Dossier], first: date, order: random.Random
) -> None:
    window = Window(first=first, last=first + timedelta(days=60))
    shuffled = list(found)
    order.shuffle(shuffled)
    one, two = counted(*found, window=window), counted(*shuffled, window=window)
    assert one.told(Dimension) == two.told(Dimension)
    for dimension in Dimension:
        groups = one.by(dimension).values()
        for name in ("received", "closing", "overdue", "letters", "days_lost"):
            assert sum(getattr(group, name) for group in groups) == getattr(one.total, name)
    total = one.total
    assert total.finished == total.early + total.on_time + total.reappointed + total.late
    assert total.letters >= total.letters_in_time + total.letters_late


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_the_median_is_the_middle(days: list[int]) -> None:
    ordered = sorted(days)
    middle = ordered[(len(days) - 1) // 2] + ordered[len(days) // 2]
    found = median({day: days.count(day) for day in days})
    assert found is not None
    assert 2 * found[0] == middle * found[1]


def test_nothing_late_has_no_mean_and_no_median() -> None:
    assert median({}) is None
    found = told(Tally())
    assert found["days_late_mean"] == {"numerator": None, "denominator": 0}
    assert found["days_late_max"] is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [
        (1, 3, "0.33"),
        (2, 3, "0.67"),
        (1, 8, "0.13"),
        (-1, 8, "-0.13"),
        (-1, 900, "0.00"),
        (5, 1, "5.00"),
    ],
)
def test_fractions_are_rounded_half_up_in_whole_numbers(
    numerator: int, denominator: int, shown: str
) -> None:
    assert quotient(numerator, denominator) == shown


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(WindowInvalid):
        Window(first=date(2026, 7, 2), last=date(2026, 7, 1))


# -- the independent computation -----------------------------------------------------------------

STYLES = {
    "utf8": Style(late=30, twice=20, wrong=10),
    "cp1258": Style(encoding="cp1258", delimiter="\t", iso=True, late=30, twice=20, wrong=10),
}
WINDOWS = {
    "quarter": (date(2026, 4, 1), date(2026, 6, 30)),
    "Tet": (date(2026, 2, 14), date(2026, 2, 22)),
    "year": (date(2026, 1, 1), date(2026, 12, 31)),
}


@pytest.fixture(scope="module", params=STYLES)
def export(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[bytes, list[dict[str, Any]]]:
    style = STYLES[request.param]
    path: Path = tmp_path_factory.mktemp("export") / "one.csv"
    write_csv(path, 2_500, seed=7, style=style)
    if style.encoding != "cp1258":
        raws = reference.dossiers(path, encoding=style.encoding, delimiter=style.delimiter)
        return path.read_bytes(), raws
    plain = path.with_name("plain.csv")
    write_csv(
        plain, 2_500, seed=7, style=Style(delimiter="\t", iso=True, late=30, twice=20, wrong=10)
    )
    return path.read_bytes(), reference.dossiers(plain, encoding="utf-8-sig", delimiter="\t")


@pytest.mark.parametrize("window", WINDOWS)
def test_an_independent_computation_confirms_every_count(
    export: tuple[bytes, list[dict[str, Any]]], window: str
) -> None:
    content, raws = export
    first, last = WINDOWS[window]
    opened = open_export(io.BytesIO(content), filename="one.csv")
    found = analyse(opened.current(), Window(first=first, last=last), CALENDAR)
    expected = reference.figures(raws, first, last)
    total = found.total
    for name in (
        *("opening", "received", "finished", "sent_back", "stopped", "closing"),
        *("early", "on_time", "reappointed", "late", "ended_late", "pending_late"),
        *("paused", "paused_late", "backlog", "overdue", "regulated", "cut_reached"),
        *("letters", "reappointed_again", "days_lost"),
    ):
        assert getattr(total, name) == expected[name], name
    assert total.regulated - total.actual == expected["cut"]
    assert total.letters_in_time == expected["in_time"]
    assert total.letters_late == expected["letter_late"]
    assert told(total)["days_late_max"] == (expected["most_late"] or None)
    assert opened.reconciliation().accepted == len(raws)
    units = {name: tally.overdue for name, tally in found.by(Dimension.UNIT).items()}
    assert {f"unit {name}": count for name, count in units.items() if count} == _named(
        expected, "unit "
    )
    assert _sizes(found) == sorted(_named(expected, "cause ").values())


def _named(found: Iterable[str], prefix: str) -> dict[str, int]:
    assert isinstance(found, dict)
    return {name: count for name, count in found.items() if name.startswith(prefix) and count}


def _sizes(found: Analysis) -> list[int]:
    pareto = found.causes_by_count
    return sorted(size for size in (*(one.size for one in pareto.causes), pareto.unstated) if size)
