"""A year's plan is opened whole, once: its cases through the house's own way, and never twice."""

import io
from copy import deepcopy
from typing import Any

import pytest

from api.seeds import DEFINITIONS, plan_for, read_plan
from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.enter_plan import enter_plan
from engine.commands.open_plan import Outcome, PlanOpened, open_plan
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.errors import NotFound
from engine.queries.plan import plan_view
from engine.queries.plan_order import OrderFault
from engine.storage.audit_log import LogFilter
from engine.storage.instances import Filter
from engine.transaction.attaching import Upload
from engine.transaction.stepping import Taken
from tests.api.web import pdf
from tests.fixtures import OFFICE, Office

YEAR = 2026
PERIODIC = {
    "weekly_task_report": "WR",
    "tthc_performance": "PF",
    "integrity_briefing": "IB",
    "duty_compliance_check": "DK",
    "dossier_sampling": "DS",
}
"""Processes of which the house opens a case for the period of today, with their codes."""
YEARLY = {
    "qms_maintenance": "QM",
    "satisfaction_survey": "SS",
    "st_database": "SD",
    "five_s_kpi": "FS",
    "infrastructure_plan": "IP",
}
"""Processes of which the plan opens one case, besides the audit, the training and the review."""
AS_IT_ARISES = (
    "city_task",
    "tthc_publication",
    "hotline_feedback",
    "document_change",
    "external_inspection",
)
"""Processes that are opened by what happens."""


def plan() -> dict[str, Any]:
    """The plan of 2023 for this year."""
    written = read_plan(DEFINITIONS / "plans" / "2023.yaml")
    return dict(plan_for(written, YEAR, signer="Nguyễn Khắc Hải Đăng"))


def of(opened: PlanOpened, outcome: Outcome) -> dict[str | None, tuple[str, ...]]:
    return {row.process: row.cases for row in opened.rows if row.outcome is outcome}


def cases(office: Office) -> dict[str, str]:
    with office.runtime.read(OFFICE) as uow:
        found = uow.tables.instances.find(Filter(year=YEAR), limit=100)
    return {case.code: case.state for case in found}


def test_every_row_gets_its_case_and_says_what_became_of_it(office: Office) -> None:
    opened = open_plan(office.runtime, OFFICE, YEAR, plan())
    assert opened.entered
    assert opened.edition == 1
    assert of(opened, Outcome.OPENED) == {
        "internal_audit": ("IA-2026-01",),
        "training_campaign": ("TC-2026-01",),
        "steering_review": ("SR-2026-01",),
        # The periods of today: a week, a month and a quarter.
        "overdue_period_review": ("OP-2026-01", "OP-2026-02", "OP-2026-03"),
        **{process: (f"{code}-2026-01",) for process, code in PERIODIC.items()},
        **{process: (f"{code}-2026-01",) for process, code in YEARLY.items()},
    }
    assert set(of(opened, Outcome.AS_IT_ARISES)) == {
        "corrective_action",
        "overdue_case",
        *AS_IT_ARISES,
    }
    without = [row.row for row in opened.rows if row.outcome is Outcome.NO_PROCESS]
    headings = {row["code"] for row in plan()["rows"] if row.get("heading")}
    assert headings.isdisjoint(without)
    with office.runtime.read(OFFICE) as uow:
        audit = uow.tables.instances.by_code("IA-2026-01")
        assert audit is not None
        entries = uow.tables.log.read(LogFilter(instance=audit.id), limit=10)
    assert (audit.title, audit.year, audit.opened_by) == (
        "Đánh giá nội bộ năm 2026",
        YEAR,
        "system",
    )
    assert [entry.type for entry in entries] == ["instance_created"]


def test_a_second_time_opens_nothing_and_writes_nothing(office: Office) -> None:
    open_plan(office.runtime, OFFICE, YEAR, plan())
    before = cases(office)
    with office.runtime.read(OFFICE) as uow:
        size = uow.tables.log.size()
    again = open_plan(office.runtime, OFFICE, YEAR, None)
    assert not again.entered
    assert of(again, Outcome.OPENED) == {}
    assert of(again, Outcome.THERE)["internal_audit"] == ("IA-2026-01",)
    assert cases(office) == before
    with office.runtime.read(OFFICE) as uow:
        assert uow.tables.log.size() == size


def test_a_case_that_somebody_opened_or_broke_off_counts(office: Office) -> None:
    secretary = office.as_("iso_secretary")
    started = start_instance(
        office.runtime, StartInstance(caller=secretary, process="internal_audit", year=YEAR)
    )
    assert isinstance(started, Started)
    taken = advance_instance(
        office.runtime,
        AdvanceInstance(
            caller=office.as_("director"),
            instance_id=started.case.instance.id,
            transition="cancel",
            expected_version=0,
            reason="Gộp vào đợt sau",
            uploads=(
                Upload(
                    requirement="cancel_decision",
                    filename="Quyết định hủy.pdf",
                    content=io.BytesIO(pdf("Quyết định hủy")),
                ),
            ),
        ),
    )
    assert isinstance(taken, Taken), taken
    opened = open_plan(office.runtime, OFFICE, YEAR, plan())
    assert of(opened, Outcome.THERE) == {"internal_audit": ("IA-2026-01",)}
    assert set(of(opened, Outcome.OPENED)) == {
        "training_campaign",
        "steering_review",
        "overdue_period_review",
        *PERIODIC,
        *YEARLY,
    }


def test_a_plan_that_was_entered_is_opened_as_it_was_entered(office: Office) -> None:
    narrow = deepcopy(plan())
    narrow["rows"] = [row for row in narrow["rows"] if row["code"] == "5.1"]
    enter_plan(office.runtime, OFFICE, YEAR, narrow)
    opened = open_plan(office.runtime, OFFICE, YEAR, plan())
    assert not opened.entered
    assert [(row.row, row.outcome) for row in opened.rows] == [("5.1", Outcome.OPENED)]


def test_a_row_whose_process_is_not_published_has_none_yet(office: Office) -> None:
    strange = deepcopy(plan())
    strange["rows"] = [{**strange["rows"][-1], "processes": ["five_s"]}]
    opened = open_plan(office.runtime, OFFICE, YEAR, strange)
    assert [(row.process, row.outcome) for row in opened.rows] == [("five_s", Outcome.NO_PROCESS)]


def test_without_a_plan_and_without_a_file_nothing_is_opened(office: Office) -> None:
    with pytest.raises(NotFound) as found:
        open_plan(office.runtime, OFFICE, 2031, None)
    assert found.value.code == "plan_not_written"
    assert cases(office) == {}


def test_an_order_that_the_plan_cannot_keep_is_told_when_it_is_opened_and_shown(
    office: Office,
) -> None:
    opened = open_plan(office.runtime, OFFICE, YEAR, plan())
    assert opened.warnings == ()
    late = deepcopy(plan())
    for row in late["rows"]:
        if row["code"] == "4":
            row["time"]["window"]["months"] = [12]
    enter_plan(office.runtime, OFFICE, YEAR, late)
    again = open_plan(office.runtime, OFFICE, YEAR, None)
    assert [(w.fault, w.process, w.needed) for w in again.warnings] == [
        (OrderFault.TOO_LATE, "qms_maintenance", "internal_audit"),
        (OrderFault.TOO_LATE, "steering_review", "internal_audit"),
    ]
    view = plan_view(office.runtime, office.as_("director"), YEAR)
    assert view.warnings == again.warnings


def test_a_plan_without_the_process_that_another_needs_is_told(office: Office) -> None:
    lacking = deepcopy(plan())
    lacking["rows"] = [row for row in lacking["rows"] if row["code"] == "5.3"]
    opened = open_plan(office.runtime, OFFICE, YEAR, lacking)
    assert [w.fault for w in opened.warnings] == [OrderFault.NOT_PLANNED]
