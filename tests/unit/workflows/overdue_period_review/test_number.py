"""The report of a period gets its number after it was submitted, and a day that can be."""

from datetime import date, timedelta

import pytest

from tests.unit.workflows.made_cases import step
from tests.unit.workflows.overdue_period_review.made_periods import FRIDAY, review
from workflows.overdue_period_review.facts import report_day_plausible

TODAY = FRIDAY + timedelta(days=5)
SUBMITTED = (
    step("submit_nil", FRIDAY),
    step("submit", FRIDAY + timedelta(days=3)),
)


@pytest.mark.parametrize(
    ("days", "plausible"), [(None, True), (2, False), (3, True), (5, True), (6, False)]
)
def test_the_day_lies_between_the_last_submission_and_today(
    days: int | None, plausible: bool
) -> None:
    day: date | None = None if days is None else FRIDAY + timedelta(days=days)
    case = review(today=TODAY, history=SUBMITTED, report_date=day)
    assert report_day_plausible(case) is plausible
