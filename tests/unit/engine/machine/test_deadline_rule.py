"""Rules 1 to 5 of `deadline_rule`."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.machine.deadline_rule import (
    PlannedTimer,
    due_at,
    due_of_state,
    entered_on,
    timers_of_state,
)
from tests.unit.engine.machine.examples import WORDS, case, opened, process, taken

MONDAY = date(2026, 7, 6)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def state(**parts: Any) -> Any:
    return process(
        states={"planned": {"title": WORDS, **parts}}, window={"from": "07-01", "to": "09-05"}
    )


def due(moment: object, *, on: date = MONDAY, **parts: Any) -> date | None:
    return due_of_state(state(due=moment), "planned", case=case(**parts), entered_on=on)


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
    assert due_of_state(definition, "planned", case=case(), entered_on=MONDAY) is None
    assert timers_of_state(definition, "planned", case=case(), entered_on=MONDAY, zone=UTC) == ()


def test_a_state_without_a_deadline_has_none() -> None:
    assert due_of_state(process(), "planned", case=case(), entered_on=MONDAY) is None
    assert timers_of_state(process(), "planned", case=case(), entered_on=MONDAY, zone=UTC) == ()


@pytest.mark.parametrize("window", [{}, {"window": {"every": "week"}}])
def test_the_end_of_no_window_never_comes(window: dict[str, Any]) -> None:
    definition = process(states={"planned": {"title": WORDS, "due": "end_of_window"}}, **window)
    assert due_of_state(definition, "planned", case=case(), entered_on=MONDAY) is None


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
