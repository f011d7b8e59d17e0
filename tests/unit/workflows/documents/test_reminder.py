"""The letter that urges a unit says what is late, by how many working days, and to whom."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from engine.machine.instance import Deadline
from tests.pages.sample_papers import Sample, html, set_paper, texts
from tests.unit.workflows.made_cases import case
from workflows.documents.reminder import Reminder, reminder_letter

DUE = date(2026, 8, 7)
NAMES = {"tdc": "Chi cục TĐC", "in_progress": "Đang thực hiện"}


def made(today: date, *, due: date | None = DUE) -> Reminder:
    found = case("corrective_action", fields={"unit": "tdc"}, today=today)
    deadline = None
    if due is not None:
        deadline = Deadline(on=due, at=datetime(2026, 8, 7, 17, tzinfo=UTC), rule="5wd")
    instance = replace(
        found.instance, deadline=deadline, state="in_progress", title="Thu hồi biểu mẫu"
    )
    return reminder_letter(replace(found, instance=instance))


@pytest.mark.parametrize(
    ("today", "late"), [(date(2026, 8, 7), None), (date(2026, 8, 10), 1), (date(2026, 8, 14), 5)]
)
def test_days_late_are_working_days_after_the_due_day(today: date, late: int | None) -> None:
    assert made(today).days_late == late


def test_without_a_due_day_nothing_is_late() -> None:
    assert made(date(2026, 8, 14), due=None).days_late is None


@pytest.mark.parametrize("process", ["corrective_action", "unit_report", "unit_period_report"])
def test_every_process_with_a_unit_that_owes_something_has_the_letter(process: str) -> None:
    sample = Sample(process=process, document="reminder_letter", type="CV")
    said = "\n".join(texts(set_paper(sample, made(date(2026, 8, 14)), "vi", NAMES).blocks))
    assert "V/v đôn đốc thực hiện hồ sơ" in said
    assert "Kính gửi: Chi cục TĐC" in said
    assert "đến ngày 14/08/2026 đã quá hạn 5 ngày làm việc" in said
    assert "“Đang thực hiện”" in said
    assert "working days late" in html(sample, made(date(2026, 8, 14)), "en", NAMES)
    waiting = "\n".join(texts(set_paper(sample, made(DUE), "vi", NAMES).blocks))
    assert "phải hoàn thành chậm nhất ngày 07/08/2026." in waiting
    assert "quá hạn" not in waiting
