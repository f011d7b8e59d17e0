from datetime import date

import pytest

from engine.machine.intent import Notify, RaiseFlag
from tests.unit.workflows.made_cases import ask, case, slot
from workflows.internal_audit import effects


def test_units_and_auditors_hear_of_the_audit_with_its_days() -> None:
    fields = {"first_day": date(2026, 8, 10), "last_day": date(2026, 8, 14)}
    records = {"slot": (slot("s1"), slot("s2"), slot("s3", auditor="an"))}
    found = case("internal_audit", fields=fields, records=records)
    assert effects.tell_audited_units(ask(found)) == (
        Notify(
            message="audit_notice",
            roles=("unit_head",),
            people=("an", "binh"),
            params={"first_day": "2026-08-10", "last_day": "2026-08-14"},
        ),
    )


def test_an_obstacle_goes_to_the_office_with_the_unit_that_has_it() -> None:
    found = case("internal_audit", state="on_site")
    (told,) = effects.tell_office_of_audit_obstacle(ask(found, unit="tdc"))
    assert isinstance(told, Notify)
    assert told.roles == ("office",)
    assert told.params == {"state": "on_site", "unit": "tdc"}


@pytest.mark.parametrize(
    ("end", "flagged"),
    [
        (date(2026, 9, 30), False),
        (date(2026, 10, 1), True),
        (date(2027, 8, 3), True),
        (None, False),
    ],
)
def test_a_new_end_outside_the_quarter_marks_the_case(end: date | None, flagged: bool) -> None:
    intents = effects.audit_leaves_quarter(ask(case("internal_audit"), new_last_day=end))
    assert (RaiseFlag(flag="outside_window") in intents) is flagged


def test_the_end_of_the_quarter_is_told_to_those_who_can_decide() -> None:
    (told,) = effects.audit_misses_quarter(ask(case("internal_audit", state="postponed")))
    assert isinstance(told, Notify)
    assert set(told.roles) == {"director", "steering_head"}
