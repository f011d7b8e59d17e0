"""Briefing on integrity and check of duties: who was reached, and who was left out."""

from dataclasses import replace
from datetime import date
from typing import Any

from engine.machine.instance import Case, Row, Surroundings
from tests.unit.workflows.made_cases import TODAY, case, row
from workflows.duty_compliance_check import facts as duties
from workflows.integrity_briefing import facts as briefing

HALF = {"first_day": date(2026, 7, 1), "last_day": date(2026, 12, 31)}


def made(process: str, units: tuple[str, ...] = (), **records: tuple[Row, ...]) -> Case:
    found = case(process, fields=HALF, records=records)
    return replace(found, around=Surroundings(units=units))


def session(row_id: str, unit: str, present: int, on: date = TODAY) -> Row:
    return row(row_id, unit=unit, present=present, staff=10, held_on=on)


def test_every_unit_is_briefed_in_the_period() -> None:
    sessions = (
        session("a", "tdc", 4),
        session("b", "tdc", 9),
        session("c", "office", 10),
    )
    found = made("integrity_briefing", ("tdc", "office", "lab"), session=sessions)
    assert briefing.units_without_session(found) == 1
    assert briefing.sessions_wrong(found) == 0
    assert briefing.units_without_commitment(found) == 2
    figure = briefing.coverage(found)
    assert (figure.numerator, figure.denominator) == (19, 20)
    assert figure.parts == {"office": (10, 10), "tdc": (9, 10)}
    assert briefing.coverage(made("integrity_briefing")).numerator is None


def test_a_session_outside_the_period_or_with_too_many_people_is_wrong() -> None:
    for wrong in (
        session("a", "tdc", 11),
        session("a", "tdc", 4, date(2026, 6, 30)),
        session("a", "tdc", 4, date(2026, 8, 11)),
    ):
        assert briefing.sessions_wrong(made("integrity_briefing", session=(wrong,))) == 1
    later = replace(made("integrity_briefing", session=(session("a", "tdc", 4, date(2027, 1, 4)),)))
    assert briefing.sessions_wrong(replace(later, today=date(2027, 1, 5))) == 1
    signed = (row("c", unit="tdc", signed=11, staff=10),)
    assert briefing.commitments_wrong(made("integrity_briefing", commitment=signed)) == 1
    assert briefing.complaints(made("integrity_briefing")).numerator == 0


def assessed(row_id: str, unit: str = "tdc", **values: Any) -> Row:
    given = {"post": True, "rules": True, "learning": True, "general": 28, "result": 62}
    return row(row_id, unit=unit, **{**given, **values})


def test_who_was_not_assessed_counts_against_a_hundred_per_cent() -> None:
    found = made(
        "duty_compliance_check",
        ("tdc", "office"),
        unit_count=(row("u", unit="tdc", staff=3),),
        assessment_line=(assessed("a"), assessed("b", rules=False)),
    )
    assert duties.units_missing(found) == 1
    assert duties.staff_not_assessed(found) == 1
    figure = duties.compliant(found)
    assert (figure.numerator, figure.denominator, figure.parts) == (1, 3, {"tdc": (1, 3)})
    assert duties.compliant(made("duty_compliance_check")).numerator is None


def test_people_of_a_unit_that_told_no_number_are_too_many() -> None:
    found = made("duty_compliance_check", assessment_line=(assessed("a", "lab"),))
    assert duties.staff_not_assessed(found) == 1
    assert duties.compliant(found).parts == {"lab": (1, 0)}


def test_a_unit_with_a_fault_needs_something_to_put_right() -> None:
    lines = (assessed("a", post=False),)
    assert duties.faults_without_issue(made("duty_compliance_check", assessment_line=lines)) == 1
    issue = (row("i", unit="tdc"),)
    mended = made("duty_compliance_check", assessment_line=lines, issue=issue)
    assert duties.faults_without_issue(mended) == 0


def test_every_unit_gets_a_second_look_and_points_are_added() -> None:
    count = (row("u", unit="tdc", staff=1),)
    looked = (row("s", unit="tdc", checked=2, agreed=3),)
    assert duties.units_not_checked(made("duty_compliance_check", unit_count=count)) == 1
    found = made("duty_compliance_check", unit_count=count, spot_check=looked)
    assert (duties.units_not_checked(found), duties.checks_wrong(found)) == (0, 1)
    assert duties.excels(assessed("a"))
    assert not duties.excels(assessed("a", result=61))
