"""Cases of periods: begun with the plan, gone on with by the house, once for each period."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.commands.enter_plan import enter_plan
from engine.commands.open_periods import open_periods
from engine.commands.open_plan import open_plan
from engine.storage.instances import Filter
from tests.fixtures import NEIGHBOUR, OFFICE, Office

YEAR = 2026
PLAN: dict[str, Any] = {
    "rows": [
        {"code": "2.3", "heading": False, "processes": ["overdue_period_review"], "measures": []}
    ]
}


def periods(office: Office) -> list[str | None]:
    with office.runtime.read(OFFICE) as uow:
        found = uow.tables.instances.find(Filter(process="overdue_period_review"), limit=100)
    return [stored.period for stored in reversed(found)]


def test_the_house_goes_on_where_it_was_left_and_opens_nothing_twice(office: Office) -> None:
    runtime = office.runtime
    open_plan(runtime, OFFICE, YEAR, PLAN)
    assert periods(office) == ["2026-W28", "2026-07", "2026-Q3"]
    assert open_periods(runtime, OFFICE).cases == ()
    # Nobody was there for three weeks: what has begun in the meantime is opened, in order.
    office.clock.move_to(datetime(2026, 8, 3, 1, tzinfo=UTC))
    assert open_periods(runtime, OFFICE).cases == (
        "OP-2026-04",
        "OP-2026-05",
        "OP-2026-06",
        "OP-2026-07",
        "OP-2026-08",
    )
    assert periods(office)[3:] == ["2026-W29", "2026-W30", "2026-W31", "2026-W32", "2026-08"]
    assert open_periods(runtime, OFFICE).count == 0
    with runtime.read(OFFICE) as uow:
        first = uow.tables.instances.by_code("OP-2026-04")
    assert first is not None
    assert (first.opened_by, first.due_on) == ("system", datetime(2026, 7, 17, tzinfo=UTC).date())
    assert first.fields["report_due"] == "2026-07-17"


@pytest.mark.parametrize("organization", [OFFICE, NEIGHBOUR])
def test_a_plan_that_was_only_entered_begins_nothing(
    sqlite_office: Office, organization: str
) -> None:
    enter_plan(sqlite_office.runtime, OFFICE, YEAR, PLAN)
    assert open_periods(sqlite_office.runtime, organization).count == 0
    assert periods(sqlite_office) == []
