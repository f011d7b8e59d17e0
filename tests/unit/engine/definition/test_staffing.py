"""Whether an organisation can finish a process: roles held, people enough to be kept apart."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.model import Process
from engine.definition.source import read
from engine.definition.staffing import (
    Grant,
    Organization,
    Shortage,
    shortages_of,
    with_organization,
)
from tests.unit.engine.definition.test_planted import SOUND, STAFF

TEXT = SOUND.read_text(encoding="utf-8")


def changed(*changes: tuple[str, str]) -> Process:
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    process = read(text).process
    assert process is not None
    return process


def codes(process: Process, *grants: Grant, has_calendar: bool = True) -> list[str]:
    organization = Organization(grants=grants, has_calendar=has_calendar)
    return [finding.code for finding in with_organization(process, organization)]


def test_one_person_in_two_roles_cannot_be_kept_apart_from_themselves() -> None:
    both = (Grant(person="an", role="office"), Grant(person="an", role="unit_head"))
    assert codes(changed(), *both) == ["W62"]
    assert codes(changed(), *both, Grant(person="binh", role="office")) == []


def test_what_lacks_is_told_by_role_or_by_step_for_who_opens_a_case() -> None:
    both = (Grant(person="an", role="office"), Grant(person="an", role="unit_head"))
    (apart,) = shortages_of(changed(), Organization(grants=both))
    assert (apart.code, apart.role) == ("W62", None)
    assert {apart.transition, *apart.others} == {"accept", "repaired"}
    (unheld,) = shortages_of(changed(), Organization(grants=both[:1]))
    assert unheld == Shortage(code="W61", role="unit_head")


def test_a_deputy_does_not_help_out_of_a_separation_when_the_same_person_stands_behind() -> None:
    deputy = Grant(person="binh", role="office", for_person="an")
    assert deputy.people == {"an", "binh"}
    assert codes(changed(), Grant(person="an", role="unit_head"), deputy) == ["W62"]
    assert codes(changed(), Grant(person="chi", role="unit_head"), deputy) == []


def test_a_role_without_holder_is_told_once_and_its_separation_is_not_judged() -> None:
    assert codes(changed(), Grant(person="an", role="office")) == ["W61"]


def test_a_step_of_the_house_is_apart_from_everybody() -> None:
    process = changed(("    to: recheck\n    by: [unit_head]", "    to: recheck\n    by: [system]"))
    only = (Grant(person="an", role="office"), Grant(person="an", role="unit_head"))
    assert codes(process, *only) == []


def test_three_steps_kept_apart_from_one_another_need_three_people() -> None:
    process = changed(
        ("    reason: required\n", "    reason: required\n    not_same_as: [accept, repaired]\n"),
        ("    from: recheck\n    to: fit", "    from: [recheck, repair]\n    to: fit"),
    )
    two = tuple(
        Grant(person=person, role=role)
        for person, role in itertools.product(("an", "binh"), ("office", "unit_head"))
    )
    assert codes(process, *two) == ["W62"]
    assert codes(process, *two, Grant(person="chi", role="office")) == []


def test_a_separation_from_the_step_itself_or_from_nothing_is_left_to_the_other_checks() -> None:
    process = changed(("    not_same_as: [repaired]", "    not_same_as: [accept]"))
    assert codes(process, *STAFF) == []
    unknown = process.model_copy(
        update={
            "transitions": {
                "accept": process.transitions["accept"].model_copy(
                    update={"not_same_as": ("gone",)}
                )
            }
        }
    )
    assert codes(unknown, *STAFF) == []


def test_working_days_need_a_calendar_and_other_days_do_not() -> None:
    assert codes(changed(), *STAFF, has_calendar=False) == ["E53"]
    days = TEXT.replace("wd", "d")
    process = read(days).process
    assert process is not None
    assert codes(process, *STAFF, has_calendar=False) == []


PEOPLE = ("an", "binh", "chi")


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(("office", "unit_head")))))
def test_what_is_reported_is_what_trying_everybody_finds(held: list[tuple[str, str]]) -> None:
    grants = [Grant(person=person, role=role) for person, role in held]
    office = {person for person, role in held if role == "office"}
    heads = {person for person, role in held if role == "unit_head"}
    free = any(one != other for one in office for other in heads)
    found = codes(changed(), *grants)
    assert ("W61" in found) == (not office or not heads)
    assert ("W62" in found) == bool(office and heads and not free)


@pytest.mark.parametrize("role", ["system", "api_client"])
def test_roles_without_people_need_no_holder(role: str) -> None:
    process = changed(
        ("roles: [office, unit_head]", f"roles: [office, unit_head, {role}]"),
        ("    to: fit\n    by: [office]", f"    to: fit\n    by: [office, {role}]"),
    )
    assert codes(process, *STAFF) == []
