"""Whose work every open case is: nobody's work is missing, and what stands still is told."""

from datetime import timedelta

import pytest

from engine.commands.claim_instance import ClaimInstance, claim_instance
from engine.commands.manage_organization import NewDelegation, add_delegation
from engine.definition.graph import is_aside
from engine.queries.instances import step_options
from engine.queries.work_list import Wanted, WorkList, work_list
from engine.storage.instances import Filter
from tests.api.test_shortages import without_holders
from tests.engine.equipment import another, start
from tests.engine.test_inbox import counted, open_cases
from tests.fixtures import OFFICE, Office

HEAD = "unit_head_science_management"
DEPUTY = "office"
UNIT = "science_management"


def work(office: Office, **wanted: str | bool) -> WorkList:
    asked = Wanted(**wanted)  # type: ignore[arg-type]
    return work_list(office.runtime, office.as_("clerk"), asked)


def lend(office: Office, giver: str, deputy: str, role: str) -> None:
    today = office.clock.now().date()
    lent = NewDelegation(
        giver=office.people[giver],
        deputy=office.people[deputy],
        role=role,
        document="QĐ 1",
        valid_from=today,
        valid_to=today + timedelta(days=7),
    )
    add_delegation(office.runtime, office.as_("administrator"), lent)


def test_everybody_at_once_is_what_each_is_alone(office: Office) -> None:
    lend(office, HEAD, DEPUTY, "unit_head")
    with office.runtime.read(OFFICE) as uow:
        today = uow.today
        actors = {actor.person: actor for actor in uow.tables.organization.actors(on=today)}
        alone = {
            person.id: uow.tables.organization.actor(person.id, on=today)
            for person in uow.tables.organization.people(today)
        }
    assert actors.keys() == alone.keys()
    for person, actor in actors.items():
        one = alone[person]
        assert one is not None
        assert (actor.unit, set(actor.grants)) == (one.unit, set(one.grants))


def test_what_somebody_has_to_do_stands_in_their_list(sqlite_office: Office) -> None:
    office = sqlite_office
    open_cases(office)
    listed = 0
    for username, person in office.people.items():
        theirs = {item.instance.code for item in work(office, person=person).items}
        # Duties that are kept apart are not asked here: more may be listed, never less.
        assert leading_work(office, username) <= theirs, username
        listed += bool(theirs)
    assert 1 < listed < len(office.people)


def leading_work(office: Office, username: str) -> set[str]:
    """The cases in which a step that leads on is somebody's, every case judged whole."""
    with office.runtime.read(OFFICE) as uow:
        actor = uow.actor(office.as_(username))
        found = set()
        for stored in uow.tables.instances.find(Filter(open_only=True), limit=100):
            process = uow.version_of(stored).process
            options = step_options(uow, uow.case(stored.id), actor)
            mine = [one.transition for one in options if one.mine]
            if any(not is_aside(process, n) and not process.transitions[n].internal for n in mine):
                found.add(stored.code)
    return found


def test_the_loads_count_cases_by_person_role_and_unit(office: Office) -> None:
    start(office)
    another(office)
    found = work(office)
    head = office.people[HEAD]
    assert {load.key: load.cases for load in found.by_role}["unit_head"] == 2
    assert {load.key: (load.cases, load.overdue) for load in found.by_person}[head] == (2, 0)
    assert {load.key: load.cases for load in found.by_unit} == {UNIT: 2}
    assert work(office, overdue=True).items == ()
    office.clock.forward(days=30)
    late = work(office, overdue=True)
    assert len(late.items) == 2
    assert late.by_person[0].overdue == 2
    for wanted in ({"person": head}, {"role": "unit_head"}, {"unit": UNIT}):
        assert len(work(office, **wanted).items) == 2
    for wanted in ({"person": office.people["clerk"]}, {"role": "office"}, {"unit": "tdc"}):
        assert work(office, **wanted).items == ()


def test_what_one_has_taken_on_is_theirs_and_their_deputies(office: Office) -> None:
    check = start(office)
    with office.runtime.write(OFFICE) as uow:
        uow.tables.organization.add(
            "grants",
            id="second-head",
            person=office.people["clerk"],
            role="unit_head",
            unit=UNIT,
            valid_from=uow.today,
        )
        uow.commit()
    both = sorted((office.people[HEAD], office.people["clerk"]))
    (step,) = work(office).items[0].steps
    assert (list(step.people), step.named) == (both, False)
    asked = ClaimInstance(caller=office.as_(HEAD), instance_id=check.id, role="unit_head")
    claim_instance(office.runtime, asked)
    lend(office, HEAD, DEPUTY, "unit_head")
    (step,) = work(office).items[0].steps
    assert set(step.people) == {office.people[HEAD], office.people[DEPUTY]}
    assert step.named


def test_a_case_that_nobody_can_lead_on_is_told(sqlite_office: Office) -> None:
    office = sqlite_office
    start(office)
    assert work(office).stuck == 0
    without_holders(office, "unit_head")
    found = work(office, stuck=True)
    assert found.stuck == 1
    assert [step.people for step in found.items[0].steps] == [()]
    assert found.by_person == ()


def test_more_cases_cost_no_more_questions(office: Office) -> None:
    start(office)
    with counted(office) as few:
        work(office)
    for _ in range(4):
        another(office)
    with counted(office) as many:
        assert len(work(office).items) == 5
    assert len(many) == len(few)


@pytest.mark.parametrize("wanted", [{"person": "nobody"}, {"role": "pilot"}, {"unit": "moon"}])
def test_what_there_is_not_finds_nothing(sqlite_office: Office, wanted: dict[str, str]) -> None:
    start(sqlite_office)
    assert work(sqlite_office, **wanted).items == ()
