"""Common work: who takes it on has it alone until they give it back; all of it is in the log."""

from datetime import timedelta

import pytest

from engine.commands.claim_instance import (
    ClaimInstance,
    ClaimRefused,
    ReleaseInstance,
    claim_instance,
    release_instance,
)
from engine.commands.manage_organization import NewDelegation, add_delegation
from engine.commands.steer_instance import InstanceClosed, NotSteered, Steered
from engine.errors import Invalid
from engine.machine.decision import UnmetCode
from engine.queries.audit_trail import verify_log
from engine.queries.instances import Claim, instance_view
from engine.storage.audit_log import LogFilter
from engine.transaction.opening import WrongOpening
from engine.transaction.stepping import Taken, TurnedDown
from tests.engine.equipment import Check, start, text_file
from tests.fixtures import OFFICE, Office

HEAD = "unit_head_science_management"
SHEET = "check_sheet"


@pytest.fixture
def check(office: Office) -> Check:
    """A check whose unit has two heads: the second is entered here."""
    found = start(office)
    with office.runtime.write(OFFICE) as uow:
        uow.tables.organization.add(
            "grants",
            id="second-head",
            person=office.people["clerk"],
            role="unit_head",
            unit="science_management",
            valid_from=uow.today,
        )
        uow.commit()
    return found


def claim(check: Check, username: str, role: str = "unit_head") -> Steered | NotSteered | object:
    asked = ClaimInstance(caller=check.office.as_(username), instance_id=check.id, role=role)
    return claim_instance(check.office.runtime, asked)


def release(
    check: Check, username: str, reason: str = "Đi công tác", role: str = "unit_head"
) -> object:
    asked = ReleaseInstance(
        caller=check.office.as_(username), instance_id=check.id, role=role, reason=reason
    )
    return release_instance(check.office.runtime, asked)


def claims(check: Check, username: str) -> tuple[Claim, ...]:
    return instance_view(check.office.runtime, check.office.as_(username), check.id).claims


def test_what_one_has_taken_on_is_theirs_until_they_give_it_back(check: Check) -> None:
    office = check.office
    assert claims(check, HEAD) == (Claim(role="unit_head", mine=False),)
    assert isinstance(claim(check, HEAD), Steered)
    assert claims(check, HEAD) == (Claim(role="unit_head", mine=True),)
    assert claims(check, "clerk") == ()
    turned = check.step("clerk", "report", file=(SHEET, text_file()), faults=0)
    assert isinstance(turned, TurnedDown)
    assert UnmetCode.ASSIGNMENT in {unmet.code for unmet in turned.refused.unmet}
    with pytest.raises(ClaimRefused) as refused:
        claim(check, "clerk")
    assert refused.value.code == "claimed_by_another"
    with pytest.raises(ClaimRefused) as refused:
        claim(check, HEAD)
    assert refused.value.code == "claimed_already"
    assert isinstance(release(check, HEAD), Steered)
    assert isinstance(check.step("clerk", "report", file=(SHEET, text_file()), faults=0), Taken)
    with office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(instance=check.id), limit=50)
    assert [entry.type for entry in entries].count("assignment_changed") == 2
    assert verify_log(office.runtime, OFFICE).intact


def test_who_could_not_do_it_does_not_take_it_and_is_written_down(check: Check) -> None:
    for username, code in (("iso_secretary", UnmetCode.ROLE), ("unit_head_office", UnmetCode.UNIT)):
        found = claim(check, username)
        assert isinstance(found, NotSteered)
        assert [unmet.code for unmet in found.refused.unmet] == [code]
    with check.office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(instance=check.id), limit=50)
    assert "refused" in {entry.outcome for entry in entries}


def test_what_makes_no_sense_is_told_and_changes_nothing(check: Check) -> None:
    with pytest.raises(WrongOpening):
        claim(check, HEAD, role="pilot")
    with pytest.raises(WrongOpening):
        release(check, HEAD, role="pilot")
    with pytest.raises(ClaimRefused) as refused:
        release(check, HEAD)
    assert refused.value.code == "not_claimed"
    claim(check, HEAD)
    with pytest.raises(Invalid) as unclear:
        release(check, HEAD, reason="  ")
    assert unclear.value.code == "reason_missing"
    assert claims(check, HEAD) == (Claim(role="unit_head", mine=True),)
    check.step(HEAD, "report", file=(SHEET, text_file()), faults=0)
    with pytest.raises(InstanceClosed):
        release(check, HEAD)
    assert claims(check, HEAD) == ()


def test_another_head_does_not_take_it_by_a_step_that_names_no_unit(check: Check) -> None:
    """`repaired` is open to heads of any unit; the role of the case is the checked unit's alone."""
    assert Claim(role="unit_head", mine=False) not in claims(check, "unit_head_office")
    assert isinstance(claim(check, "unit_head_office"), NotSteered)
    assert isinstance(check.step(HEAD, "report", file=(SHEET, text_file()), faults=0), Taken)


def test_a_deputy_takes_it_on_in_the_name_of_who_is_away(check: Check) -> None:
    office = check.office
    today = office.clock.now().date()
    lent = NewDelegation(
        giver=office.people[HEAD],
        deputy=office.people["office"],
        role="unit_head",
        document="QĐ 12",
        valid_from=today,
        valid_to=today + timedelta(days=2),
    )
    add_delegation(office.runtime, office.as_("administrator"), lent)
    assert isinstance(claim(check, "office"), Steered)
    for username in (HEAD, "office"):
        assert Claim(role="unit_head", mine=True) in claims(check, username)
        with pytest.raises(ClaimRefused) as refused:
            claim(check, username)
        assert refused.value.code == "claimed_already"
    # Either gives it back; after the absence it is the giver's own.
    assert isinstance(release(check, "office"), Steered)
    assert isinstance(claim(check, "office"), Steered)
    office.clock.forward(days=3)
    with pytest.raises(ClaimRefused) as refused:
        release(check, "office")
    assert refused.value.code == "not_claimed"
    assert isinstance(check.step(HEAD, "report", file=(SHEET, text_file()), faults=0), Taken)
