"""Rules 1 to 5 of `deadline_rule`."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.business_days import Calendar
from engine.calendars.vietnam import read_calendar_file, seed_days
from engine.machine.deadline_rule import (
    PlannedTimer,
    due_at,
    due_of_state,
    entered_on,
    timers_of_state,
)
from engine.machine.instance import Case, Deadline
from tests.unit.engine.machine.examples import WORDS, case, opened, process, taken

MONDAY = date(2026, 7, 6)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
VIETNAM = Path(__file__).parents[4] / "definitions/calendars/vn.yaml"


def state(**parts: Any) -> Any:
    return process(
        states={"planned": {"title": WORDS, **parts}}, window={"from": "07-01", "to": "09-05"}
    )


def due(moment: object, *, on: date = MONDAY, **parts: Any) -> date | None:
    found = of_state(state(due=moment), case(**parts), on)
    return None if found is None else found.on


def of_state(definition: Any, known: Case, on: date = MONDAY) -> Deadline | None:
    return due_of_state(definition, "planned", case=known, entered_on=on, zone=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("5wd", date(2026, 7, 13)),
        ("0wd", MONDAY),
        ("4d", date(2026, 7, 10)),
        ("5d", date(2026, 7, 10)),
        ("1mo", date(2026, 8, 6)),
        ("2mo", date(2026, 9, 4)),
        ({"date": "06-20"}, date(2026, 6, 19)),
        ("end_of_window", date(2026, 9, 4)),
        ({"after": "hold", "plus": "2wd"}, date(2026, 7, 3)),
        ({"after": "hold"}, date(2026, 7, 1)),
        ({"after": "day"}, date(2026, 7, 15)),
        ({"after": "day", "plus": "3d"}, date(2026, 7, 17)),
        ({"before": "day", "minus": "3wd"}, date(2026, 7, 10)),
        ({"before": "day", "minus": "3d"}, date(2026, 7, 10)),
        ({"before": "day", "minus": "1mo"}, date(2026, 6, 15)),
    ],
)
def test_a_due_day_is_what_the_moment_says_rolled_back(moment: object, expected: date) -> None:
    history = (opened(), taken("hold", "planned", "planned", on=date(2026, 7, 1)))
    assert due(moment, history=history, fields={"day": date(2026, 7, 15)}) == expected


@pytest.mark.parametrize(
    "moment", [{"after": "accept"}, {"after": "day", "plus": "1wd"}, {"before": "day"}]
)
def test_what_is_not_known_yet_has_no_due_day_and_no_timers(moment: object) -> None:
    definition = state(due=moment, remind=["1wd"], escalate=[{"after": "1wd", "to": ["office"]}])
    assert of_state(definition, case()) is None
    assert timers_of_state(definition, "planned", case=case(), entered_on=MONDAY, zone=UTC) == ()


def test_a_state_without_a_deadline_has_none() -> None:
    assert of_state(process(), case()) is None
    assert timers_of_state(process(), "planned", case=case(), entered_on=MONDAY, zone=UTC) == ()


@pytest.mark.parametrize("window", [{}, {"window": {"every": "week"}}])
def test_the_end_of_no_window_never_comes(window: dict[str, Any]) -> None:
    definition = process(states={"planned": {"title": WORDS, "due": "end_of_window"}}, **window)
    assert of_state(definition, case()) is None


@pytest.mark.parametrize(
    ("moment", "rule"),
    [
        ("5wd", "5wd, roll: back"),
        ({"plus": "2mo", "roll": "forward"}, "2mo, roll: forward"),
        ({"date": "06-20"}, "06-20, roll: back"),
        ("end_of_window", "end_of_window, roll: back"),
        ({"after": "day", "plus": "3d"}, "after: day, plus: 3d, roll: back"),
        ({"after": "day"}, "after: day, roll: back"),
        ({"before": "day", "minus": "3wd"}, "before: day, minus: 3wd, roll: back"),
    ],
)
def test_a_deadline_says_which_rule_and_which_calendar_made_it(moment: object, rule: str) -> None:
    known = case(fields={"day": date(2026, 7, 15)}, calendar=Calendar(version=7))
    found = of_state(state(due=moment), known)
    assert found is not None
    assert (found.rule, found.calendar) == (rule, 7)
    assert found.at == due_at(found.on, UTC)


@pytest.mark.parametrize(
    ("day", "term", "expected"),
    [
        (date(2025, 12, 31), "2mo", date(2026, 3, 2)),
        (date(2026, 9, 22), "2mo", date(2026, 11, 23)),
        (date(2026, 9, 24), "2mo", date(2026, 11, 25)),
        (date(2026, 7, 1), "3mo", date(2026, 10, 1)),
        (date(2026, 2, 6), "10d", date(2026, 2, 23)),
        (date(2026, 8, 19), "10d", date(2026, 9, 3)),
        (date(2026, 4, 11), "15d", date(2026, 4, 28)),
    ],
)
def test_a_term_of_the_law_rolls_forward_where_the_definition_says_so(
    day: date, term: str, expected: date
) -> None:
    file = read_calendar_file(yaml.safe_load(VIETNAM.read_text(encoding="utf-8")))
    vietnam = Calendar(days=seed_days(range(2025, 2028), file), weekend=file.weekend)
    moment = {"after": "day", "plus": term, "roll": "forward"}
    assert due(moment, fields={"day": day}, calendar=vietnam) == expected


@given(hours=st.integers(-12, 14))
def test_a_due_day_ends_at_midnight_of_its_zone(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    assert due_at(MONDAY, zone) == datetime(2026, 7, 7, tzinfo=zone)
    assert due_at(MONDAY, zone).tzinfo is UTC


def test_everything_around_a_due_day_is_planned() -> None:
    definition = state(
        due="5wd",
        remind=["1wd", "0wd"],
        on_overdue="lapse",
        escalate=[{"after": "1wd", "to": ["office"]}, {"after": "7d", "to": ["unit_head"]}],
        checks=[
            {"at": {"date": "07-08"}, "effect": "look"},
            {"at": {"after": "accept"}, "effect": "never"},
        ],
    )
    planned = timers_of_state(definition, "planned", case=case(), entered_on=MONDAY, zone=HANOI)
    last = date(2026, 7, 13)

    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 7, day, hour, tzinfo=UTC)

    assert planned == (
        PlannedTimer(kind="check", at=at(8, 1), params={"index": 0, "effect": "look"}),
        PlannedTimer(kind="remind", at=at(10, 1), params={"due_on": last, "before": "1wd"}),
        PlannedTimer(kind="remind", at=at(13, 1), params={"due_on": last, "before": "0wd"}),
        PlannedTimer(kind="overdue", at=at(13, 17), params={"due_on": last, "transition": "lapse"}),
        PlannedTimer(
            kind="escalate",
            at=at(14, 1),
            params={"due_on": last, "after": "1wd", "to": ("office",)},
        ),
        PlannedTimer(
            kind="escalate",
            at=at(20, 1),
            params={"due_on": last, "after": "7d", "to": ("unit_head",)},
        ),
    )


def test_a_reminder_whose_hour_has_passed_is_left_out_and_a_late_escalation_is_not() -> None:
    definition = state(
        due="5wd", remind=["5wd", "1wd"], escalate=[{"after": "1wd", "to": ["office"]}]
    )
    long_ago = date(2026, 6, 1)
    planned = timers_of_state(definition, "planned", case=case(), entered_on=long_ago, zone=UTC)
    assert [timer.kind for timer in planned] == ["overdue", "escalate"]


def test_staying_internally_is_no_entry() -> None:
    history = (
        opened(on=date(2026, 7, 1)),
        taken("note", "planned", "planned", on=date(2026, 7, 3), internal=True),
    )
    assert entered_on(case(history=history)) == date(2026, 7, 1)
    assert entered_on(case(history=history[1:])) is None
