"""Who reads which personal columns, role by role, of the definitions as they are shipped."""

from datetime import date

import pytest

from engine.definition.model import Process
from engine.definition.source import read_file
from engine.machine.actor import Actor, Grant
from engine.machine.instance import Case, Row
from engine.machine.personal_rule import personal_columns, reads_paper, reads_whole, withheld
from tests.fixtures import DEFINITIONS
from tests.unit.workflows.made_cases import case

ALL = {
    "tdc_branch",
    "iso_secretary",
    "director",
    "steering_head",
}
WRITERS = {"attendance": {"trainer"}, "score": {"trainer"}}
ROLES = (*sorted(ALL), "trainer", "office", "clerk", "external_auditor", "administrator")


def shipped(name: str) -> Process:
    found = read_file(DEFINITIONS / f"{name}.yaml").process
    assert found is not None
    return found


CAMPAIGN, REVIEW = shipped("training_campaign"), shipped("steering_review")
PERSONAL = [name for name in CAMPAIGN.records if personal_columns(CAMPAIGN, name)]


def somebody(role: str, *, unit: str = "office", person: str = "me") -> Actor:
    return Actor(person=person, unit=unit, grants=(Grant(role=role),))


def made() -> Case:
    return case("training_campaign", fields={})


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("record_set", PERSONAL)
def test_a_role_reads_what_it_writes_and_what_the_process_lets_it_read(
    role: str, record_set: str
) -> None:
    row = {"person": "binh", "unit": "tdc", "after": 80}
    hidden = withheld(CAMPAIGN, record_set, made(), row, actor=somebody(role))
    may = role in ALL | WRITERS.get(record_set, set())
    assert hidden == (frozenset() if may else personal_columns(CAMPAIGN, record_set))
    assert reads_whole(CAMPAIGN, record_set, made(), actor=somebody(role)) is may


def test_a_head_reads_the_own_unit_alone() -> None:
    mine, other = {"person": "a", "unit": "office"}, {"person": "b", "unit": "tdc"}
    head = somebody("unit_head")
    assert not withheld(CAMPAIGN, "placement", made(), mine, actor=head)
    assert withheld(CAMPAIGN, "placement", made(), other, actor=head) == {"person", "exempt"}
    # A score has no unit: it is for the branch and the trainer.
    assert withheld(CAMPAIGN, "score", made(), {"person": "a"}, actor=head)
    assert not reads_whole(CAMPAIGN, "placement", made(), actor=head)


def test_everybody_reads_what_is_written_of_them_and_of_nobody_else() -> None:
    me = somebody("unit_staff", person="binh")
    assert not withheld(CAMPAIGN, "score", made(), {"person": "binh"}, actor=me)
    assert withheld(CAMPAIGN, "score", made(), {"person": "an"}, actor=me)


def test_what_is_not_personal_is_for_everybody() -> None:
    auditor = somebody("external_auditor")
    for name in ("need", "training_class", "class_session", "dissemination", "effect"):
        assert reads_whole(CAMPAIGN, name, made(), actor=auditor)


@pytest.mark.parametrize(
    ("role", "papers"),
    [
        ("external_auditor", {"training_plan", "effect_report"}),
        ("unit_head", {"training_plan", "effect_report"}),
        ("trainer", {"training_plan", "effect_report", "attendance_form"}),
        ("iso_secretary", set(CAMPAIGN.documents)),
    ],
)
def test_a_paper_is_for_those_who_read_all_that_it_shows(role: str, papers: set[str]) -> None:
    found = {
        name
        for name in CAMPAIGN.documents
        if reads_paper(CAMPAIGN, name, made(), actor=somebody(role))
    }
    assert found == papers


def test_only_the_minutes_of_a_review_tell_who_attended() -> None:
    auditor, member = somebody("external_auditor"), somebody("steering_member")
    kept = {
        name for name in REVIEW.documents if not reads_paper(REVIEW, name, made(), actor=auditor)
    }
    assert kept == {"meeting_minutes"}
    assert reads_paper(REVIEW, "meeting_minutes", made(), actor=member)


def test_a_condition_on_writing_does_not_hide_what_was_written() -> None:
    """`when` narrows who may write today; a row of yesterday stays readable to its writers."""
    row = Row(id="r", version=1, values={"person": "an"}, created_by="b", created_on=date.min)
    trainer = somebody("trainer")
    assert not withheld(CAMPAIGN, "attendance", made(), row.values, actor=trainer)
