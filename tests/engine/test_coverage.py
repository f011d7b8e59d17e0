"""What the coverage of clauses counts: files that were used, in cases that were not given up."""

from engine.commands.fire_timers import fire_timers
from engine.queries.clause_coverage import Edition, RequiredRecord, clause_coverage
from engine.queries.plan_standing import Light
from tests.engine.equipment import start, text_file
from tests.fixtures import Office

WORDS = {"vi": "Kết quả kiểm tra thiết bị", "en": "Equipment checks"}
EDITION = Edition(
    edition="2015",
    title=WORDS,
    status="in_force",
    clauses={"7.1.5": WORDS},
    records=(
        RequiredRecord(
            clause="7.1.5",
            id="checks",
            kind="retain",
            title=WORDS,
            slots=(("equipment_check", "check_sheet"),),
        ),
    ),
)


def light(office: Office) -> Light:
    found = clause_coverage(
        office.runtime, office.as_("office"), EDITION, year=office.clock.now().year
    )
    return found.records[0].light


def test_what_a_case_that_was_given_up_once_used_is_no_record(office: Office) -> None:
    check = start(office)
    assert light(office) is Light.AMBER
    check.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file()), faults=2
    )
    assert light(office) is Light.GREEN
    office.clock.forward(days=30)
    fire_timers(office.runtime, office.organization_id)
    assert light(office) is Light.RED
