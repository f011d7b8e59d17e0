"""A task of the city and the week's report: days, counts, the frozen rows."""

from datetime import date
from typing import Any

import pytest

from engine.machine.instance import Case
from engine.machine.intent import ChangeRecord, Notify, SetField
from tests.unit.workflows.made_cases import TODAY, ask, case, row, step
from workflows.city_task import effects, facts, figures
from workflows.weekly_task_report import effects as week_effects
from workflows.weekly_task_report import facts as week_facts
from workflows.weekly_task_report import proposals
from workflows.weekly_task_report.figures import FIGURES
from workflows.weekly_task_report.tasks import WEEK_DATA, OtherWeek, Task, WeekData, count

FRIDAY = date(2026, 8, 14)


def task(**fields: Any) -> Case:
    given = {"unit": "tdc", "document_date": date(2026, 8, 3), "due_on": date(2026, 8, 12)}
    return case("city_task", fields={**given, **fields}, state=fields.pop("state", "in_progress"))


@pytest.mark.parametrize(
    ("done_on", "fits"),
    [(None, True), (date(2026, 8, 2), False), (TODAY, True), (date(2026, 8, 11), False)],
)
def test_a_task_is_done_between_its_document_and_today(done_on: date | None, fits: bool) -> None:
    assert facts.done_day_plausible(task(done_on=done_on)) is fits


def test_an_extension_is_asked_for_in_time_and_leads_on() -> None:
    assert facts.not_yet_late(task(due_on=TODAY))
    assert not facts.not_yet_late(task(due_on=date(2026, 8, 7)))
    assert facts.days_plausible(task())
    assert not facts.days_plausible(task(due_on=date(2026, 8, 1)))
    for fact, field in (
        (facts.asked_day_later, "asked_due"),
        (facts.granted_day_later, "granted_due"),
    ):
        assert fact(task())
        assert fact(task(**{field: date(2026, 8, 13)}))
        assert not fact(task(**{field: date(2026, 8, 12)}))


def test_the_day_first_set_stays_on_the_case() -> None:
    asked = ask(task(granted_due=date(2026, 8, 21)))
    first, due, told = effects.extend_city_task(asked)
    assert first == SetField(field="first_due", value=date(2026, 8, 12))
    assert due == SetField(field="due_on", value=date(2026, 8, 21))
    assert isinstance(told, Notify)
    owner = ask(task(owner="an"))
    assert [n.people for n in effects.tell_owner_of_city_task(owner) if isinstance(n, Notify)] == [
        ("an",)
    ]
    assert effects.tell_owner_of_city_task(asked) == ()
    late = effects.tell_of_late_city_task(asked)
    assert [n.roles for n in late if isinstance(n, Notify)] == [
        ("unit_head",),
        ("office", "director"),
    ]


def test_both_readings_of_an_extended_day_are_told() -> None:
    moved = {"first_due": date(2026, 8, 5), "done_on": date(2026, 8, 10)}
    done = task(state="confirmed", **moved)
    assert figures.done_in_time(done).numerator == 1
    assert figures.done_by_first_day(done).numerator == 0
    assert figures.done_in_time(task(**moved)).numerator is None
    plain = task(state="confirmed", done_on=date(2026, 8, 13))
    assert figures.done_by_first_day(plain).numerator == 0


TASKS = (
    Task(
        code="CT-1",
        task="Một",
        unit="tdc",
        state="confirmed",
        due_on=date(2026, 8, 12),
        done_on=date(2026, 8, 12),
        is_open=False,
    ),
    Task(code="CT-2", task="Hai", unit="tdc", state="late", due_on=date(2026, 8, 11)),
    Task(code="CT-3", task="Ba", unit="office", state="reported", due_on=date(2026, 8, 13)),
    # What is due on the day of the cut-off is not over yet.
    Task(code="CT-4", task="Bốn", unit="office", state="in_progress", due_on=FRIDAY),
    Task(code="CT-5", task="Năm", unit="lab", state="withdrawn", due_on=TODAY, is_open=False),
    Task(
        code="CT-6",
        task="Sáu",
        unit="tdc",
        state="confirmed",
        due_on=date(2026, 3, 2),
        first_due=date(2026, 2, 2),
        done_on=date(2026, 3, 9),
        is_open=False,
    ),
)


def week(
    *, tasks: tuple[Task, ...] = TASKS, weeks: tuple[OtherWeek, ...] = (), **more: Any
) -> Case:
    fields = {
        "first_day": date(2026, 8, 10),
        "last_day": date(2026, 8, 16),
        "report_due": FRIDAY,
        **more.pop("fields", {}),
    }
    return case(
        "weekly_task_report",
        fields=fields,
        lookups={WEEK_DATA: WeekData(tasks=tasks, weeks=weeks)},
        today=FRIDAY,
        period="2026-W33",
        **more,
    )


def test_a_week_counts_what_has_run_out_by_its_cut_off() -> None:
    found = count(week())
    assert found is not None
    whole = found.whole
    assert (whole.due_week, whole.done_week, whole.in_time_week) == (3, 1, 1)
    assert (whole.due_year, whole.done_year, whole.in_time_year, whole.extended) == (4, 2, 1, 1)
    assert (whole.running, whole.waiting, whole.overdue) == (3, 1, 2)
    assert [red.code for red in found.red] == ["CT-2", "CT-3"]
    assert [each.unit for each in found.units] == ["office", "tdc"]
    assert count(case("weekly_task_report")) is None


def test_weeks_tile_from_cut_off_to_cut_off() -> None:
    before = OtherWeek(
        period="2026-W32", state="noted", first_day=date(2026, 8, 3), cut_off=date(2026, 8, 12)
    )
    later = count(week(weeks=(before,)))
    earlier = count(week(fields={"cut_off": date(2026, 8, 12)}))
    assert later is not None
    assert earlier is not None
    assert (earlier.whole.due_week, later.whole.due_week) == (1, 2)


def test_a_unit_with_tasks_tells_or_is_named() -> None:
    assert week_facts.units_silent(week()) == 2
    assert [each["unit"] for each in proposals.unit_word(week())] == ["office", "tdc"]
    told = {"unit_word": (row("w", unit="tdc"),), "missing_unit": (row("m", unit="office"),)}
    assert week_facts.units_silent(week(records=told)) == 0
    urged = week_effects.urge_silent_units(ask(week()))
    assert [n.units for n in urged if isinstance(n, Notify)] == [("office", "tdc")]


def test_what_is_frozen_stays_and_feeds_the_figures() -> None:
    intents = week_effects.freeze_week(ask(week()))
    assert intents[0] == SetField(field="cut_off", value=FRIDAY)
    lines = [i for i in intents if isinstance(i, ChangeRecord) and i.record_set == "count_line"]
    red = [i.values for i in intents if isinstance(i, ChangeRecord) and i.record_set == "red_line"]
    assert [(r["task_code"], r["days_late"], r["waiting"]) for r in red] == [
        ("CT-2", 3, False),
        ("CT-3", 1, True),
    ]
    frozen = week(
        tasks=(),
        records={"count_line": tuple(row(str(n), **i.values) for n, i in enumerate(lines))},
    )
    for name, expected in {
        "done": (2, 4),
        "on_time": (1, 4),
        "on_time_week": (1, 3),
        "overdue_tasks": (2, None),
    }.items():
        assert (FIGURES[name](frozen).numerator, FIGURES[name](frozen).denominator) == expected
        assert FIGURES[name](week()).parts == FIGURES[name](frozen).parts
    assert week_facts.tasks_to_report(frozen) == week_facts.tasks_to_report(week()) == 6
    assert FIGURES["done"](week(tasks=())).numerator is None
    assert week_effects.freeze_week(ask(case("weekly_task_report"))) == ()


def test_every_red_task_is_explained() -> None:
    red = {"red_line": (row("r", task_code="CT-2", unit="tdc"),)}
    assert week_facts.red_without_word(week(records=red)) == 1
    assert proposals.red_word(week(records=red)) == ({"task_code": "CT-2", "unit": "tdc"},)
    said = {**red, "red_word": (row("w", task_code="CT-2"),)}
    assert week_facts.red_without_word(week(records=said)) == 0
    assert proposals.red_word(week(records=said)) == ()


@pytest.mark.parametrize(
    ("merged_into", "fits"),
    [
        (None, True),
        ("2026-W34", True),
        ("2026-W32", True),
        ("2026-W35", False),
        ("2026-08", False),
        ("tuần sau", False),
    ],
)
def test_a_week_is_merged_into_its_neighbour(merged_into: str | None, fits: bool) -> None:
    assert week_facts.merged_into_neighbour(week(fields={"merged_into": merged_into})) is fits


def test_weeks_are_collected_in_their_order_and_dated_plausibly() -> None:
    open_week = OtherWeek(period="2026-W32", state="week_open", first_day=date(2026, 8, 3))
    assert week_facts.earlier_weeks_open(week(weeks=(open_week,))) == 1
    assert week_facts.earlier_weeks_open(week()) == 0
    assert week_facts.working_days_in_week(week()) == 5
    assert week_facts.working_days_in_week(case("weekly_task_report")) == 0
    sent = (step("submit", FRIDAY),)
    for day, fits in ((None, True), (date(2026, 8, 13), False), (FRIDAY, True)):
        dated = week(fields={"report_date": day}, history=sent)
        assert week_facts.report_day_plausible(dated) is fits
