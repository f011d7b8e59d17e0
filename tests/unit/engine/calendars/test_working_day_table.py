from datetime import date

import pytest

from engine.calendars.business_days import Calendar, CalendarDay, CalendarInvalid, DayKind
from engine.calendars.working_day_table import WorkingDayTable

SWAPPED = Calendar(
    days=(
        CalendarDay(date(2026, 8, 22), DayKind.WORK, "làm bù", "TB 9441"),
        CalendarDay(date(2026, 8, 31), DayKind.OFF, "nghỉ hoán đổi", "TB 9441"),
    )
)


def test_a_swapped_saturday_counts_and_its_monday_does_not() -> None:
    table = WorkingDayTable(SWAPPED, date(2026, 8, 20), date(2026, 9, 4))
    assert table.between(date(2026, 8, 21), date(2026, 8, 22)) == 1
    assert table.between(date(2026, 8, 28), date(2026, 8, 31)) == 0
    assert table.between(date(2026, 9, 4), date(2026, 8, 20)) == -11
    assert list(table.running)[0::15] == [date(2026, 8, 20), date(2026, 9, 4)]


def test_a_day_outside_the_span_is_an_error_and_not_a_zero() -> None:
    table = WorkingDayTable(SWAPPED, date(2026, 8, 20), date(2026, 9, 4))
    with pytest.raises(CalendarInvalid) as caught:
        table.between(date(2026, 8, 20), date(2026, 9, 5))
    assert caught.value.code == "day_outside_table"
    assert caught.value.params["day"] == "2026-09-05"
    with pytest.raises(CalendarInvalid) as caught:
        WorkingDayTable(SWAPPED, date(2026, 8, 20), date(2026, 8, 19))
    assert caught.value.code == "working_day_table_empty"
