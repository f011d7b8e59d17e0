"""A year of exports over HTTP: every window is what an independent computation counts."""

from engine.queries.audit_trail import verify_log
from engine.worker.jobs import run_waiting_imports
from tests.acceptance.conftest import Served
from tests.acceptance.period_journey import PeriodJourney, calendar_of
from tests.acceptance.year_of_exports import END, MONDAY, WEEKS, Year, dossiers_of_a_year
from tests.fixtures import OFFICE


def test_a_year_of_exports_is_counted_to_the_row(served: Served) -> None:
    calendar = calendar_of(served.desk("administrator"))
    journey = PeriodJourney(
        desk=served.desk,
        move_clock=served.move_clock,
        carry_out=lambda: run_waiting_imports(served.office.runtime),
        fates=dossiers_of_a_year(calendar),
    )
    year = Year(journey=journey, calendar=calendar, bring=lambda: None)
    year.bring = journey.bring_export

    assert year.live() > WEEKS

    received = sum(year.confirm(first, last)["received"] for first, last in year.months())
    assert received > 4 * WEEKS - 15
    whole = year.confirm(MONDAY, END)
    assert whole["received"] == len(journey.fates)
    assert whole["late"] > WEEKS / 10
    assert verify_log(served.office.runtime, OFFICE).findings == ()
