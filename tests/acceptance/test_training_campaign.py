"""A training campaign from opening to its end, and another to a true 100 %, over HTTP alone.

The long one on PostgreSQL beside the developer, the short one on SQLite; each on both in `.ci/run`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ruamel.yaml import YAML

from engine.calendars.vietnam import read_calendar_file, seed_days
from engine.commands.manage_organization import OrganizationSeed, found_organization
from engine.commands.publish_definition import publish_definitions
from engine.queries.audit_trail import verify_log
from tests.acceptance.campaign_journey import UNITS, CampaignJourney, Employee
from tests.acceptance.conftest import Served
from tests.fixtures import DEFINITIONS, Office, people_of, seed_data, shipped
from tests.scale import journey_on

AGENCY = "agency"
PEOPLE = 120
MOVED = {
    "leadership": "office",
    "one_stop": "office",
    "tdc_one_stop": "tdc",
    "testing_center": "tdc",
}
"""Where the people of other units work in this agency, which has nine."""
JOINER = {"id": "joiner", "username": "joiner", "name": "Người mới về", "unit": "tdc"}


def agency_data() -> dict[str, Any]:
    """The demonstration with nine units, 120 people in them, and one who joins in August."""
    data = seed_data()
    people = [
        {**person, "unit": MOVED.get(person["unit"], person["unit"])} for person in data["people"]
    ]
    staff = sum(person["unit"] is not None for person in people)
    people += [
        {
            "id": f"staff{number:03d}",
            "username": f"staff{number:03d}",
            "name": f"Trần Văn Người Thứ {number:03d}",
            "unit": UNITS[number % len(UNITS)],
        }
        for number in range(staff, PEOPLE)
    ]
    people.append({**JOINER, "from": "2026-08-03"})
    gone = [grant for grant in data["grants"] if grant.get("unit") in MOVED]
    return {
        **data,
        "organization": {**data["organization"], "slug": AGENCY},
        "units": [unit for unit in data["units"] if unit["id"] in {*UNITS, "department"}],
        "people": people,
        "grants": [grant for grant in data["grants"] if grant not in gone],
    }


@pytest.fixture
def agency(serve: Callable[[], Served], office: Office) -> Served:
    """A server of the agency, on the database that the test asks for."""
    data = agency_data()
    calendar = YAML(typ="safe").load((DEFINITIONS / "calendars" / "vn.yaml").read_text("utf-8"))
    days = seed_days(range(2026, 2027), read_calendar_file(calendar))
    found_organization(
        office.runtime, OrganizationSeed(id=AGENCY, data=data, days=days, demonstration=True)
    )
    publish_definitions(office.runtime, AGENCY, shipped())
    served = serve()
    served.office = replace(office, people=people_of(data), organization_id=AGENCY)
    return served


def journey_in(agency: Served) -> CampaignJourney:
    staff = tuple(
        Employee(id=person["id"], name=person["name"], unit=person["unit"])
        for person in agency_data()["people"]
        if person["unit"] is not None and person["id"] != JOINER["id"]
    )
    return CampaignJourney(
        desk=agency.desk,
        move_clock=agency.move_clock,
        staff=staff,
        stranger=agency.office.people["external_auditor"],
    )


def figures_of(agency: Served, campaign: str) -> dict[str, Any]:
    found = agency.desk("external_auditor").get(f"/instances/{campaign}/figures")["items"]
    return {figure["name"]: figure for figure in found}


def ratio(figure: dict[str, Any]) -> tuple[Any, Any]:
    return figure["numerator"], figure["denominator"]


def qualified(agency: Served) -> set[str]:
    """Everybody who is qualified for the awareness of the quality system today."""
    with agency.office.runtime.read(AGENCY) as uow:
        people = uow.tables.organization.people(uow.today)
    return {person.id for person in people if "qms_awareness" in person.qualifications}


@journey_on("postgresql")
def test_a_campaign_of_120_people_ends_with_two_exceptions_by_name(agency: Served) -> None:
    journey = journey_in(agency)

    campaign = journey.finished_campaign()

    auditor = agency.desk("external_auditor")
    found = auditor.instance(campaign)
    assert (found["state"], found["final"]) == ("completed_with_exceptions", "success")
    figures = figures_of(agency, campaign)
    assert ratio(figures["objective_coverage"]) == (116, 120)
    assert ratio(figures["eligible_coverage"]) == (116, 118)
    assert ratio(figures["exception_count"]) == (2, None)
    assert ratio(figures["exempt_count"]) == (2, None)
    assert ratio(figures["joiners"]) == (1, None)
    assert ratio(figures["current_coverage"]) == (116, 121)
    assert figures["joiners"]["parts"] == {"tdc": [1, None]}
    assert len(figures["objective_coverage"]["parts"]) == len(UNITS)
    assert figures["objective_coverage"]["cut_off"] == "2026-08-18"
    # 118 learners with two half days, ten of them with one more; eight absences of seven people.
    assert ratio(figures["attendance_rate"]) == (222 + 9, 236 + 10)
    assert ratio(figures["pass_rate"]) == (116, 117)
    assert ratio(figures["cost_per_person"]) == (29_000_000, 116)
    assert ratio(figures["units_effective"]) == (8, 9)
    rows = journey.desk("iso_secretary").rows(campaign, "exception")
    listed = {row["values"]["person"] for row in rows}
    assert listed == set(journey.left)
    refused = auditor.get("/log", outcome="refused", limit=200)["items"]
    assert len(refused) > 25
    trained = {one.id for one in journey.staff} - {*journey.left, *journey.exempt}
    assert qualified(agency) == trained
    assert len(trained) == 116
    assert verify_log(agency.office.runtime, AGENCY).findings == ()


@journey_on("sqlite")
def test_a_campaign_completes_only_when_everybody_was_trained(agency: Served) -> None:
    journey = journey_in(agency)

    campaign = journey.complete_campaign()

    found = agency.desk("external_auditor").instance(campaign)
    assert (found["state"], found["final"]) == ("completed", "success")
    figures = figures_of(agency, campaign)
    assert ratio(figures["objective_coverage"]) == (2, 2)
    assert ratio(figures["eligible_coverage"]) == (2, 2)
    assert ratio(figures["exception_count"]) == (0, None)
    # Only one of the two sat in a class of ours.
    assert ratio(figures["minutes_per_person"]) == (210, 1)
    assert qualified(agency) == {journey.staff[0].id, journey.staff[1].id}
    with agency.office.runtime.read(AGENCY) as uow:
        people = uow.tables.organization.known([journey.staff[0].id], on=date(2026, 9, 6))
    assert "qms_awareness" not in people[journey.staff[0].id].qualifications
    assert verify_log(agency.office.runtime, AGENCY).findings == ()
