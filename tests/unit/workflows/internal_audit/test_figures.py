from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.machine.instance import Case
from tests.unit.workflows.made_cases import TODAY, case, child, finding, slot
from workflows.internal_audit import figures


@dataclass(frozen=True)
class Found:
    id: str
    unit: str
    clause: str
    found_on: date


def audit(**given: Any) -> Case:
    return case("internal_audit", **given)


def slip(code: str, state: str, **given: Any) -> Any:
    fields = {"issued_on": date(2026, 8, 3), "planned_on": date(2026, 8, 7)} | given.pop(
        "fields", {}
    )
    return child(code, state, fields=fields, **given)


def test_audited_is_what_was_done_out_of_what_was_planned() -> None:
    fields = {"units": ("office", "tdc"), "clauses": ("7.5", "8.5"), "procedures": ("QT.01",)}
    slots = (
        slot("s1", status="done", clauses=("7.5", "4.1")),
        slot("s2", "tdc", status="excused", clauses=("8.5",), procedures=("QT.01",)),
    )
    found = audit(fields=fields, records={"slot": slots})
    units = figures.units_audited(found)
    assert (units.numerator, units.denominator) == (1, 2)
    assert units.parts == {"office": (1, 1), "tdc": (0, 1)}
    assert units.rows == {"slot": ("s1",)}
    clauses = figures.clauses_audited(found)
    assert (clauses.numerator, clauses.denominator) == (1, 2)
    procedures = figures.procedures_audited(found)
    assert (procedures.numerator, procedures.denominator) == (0, 1)


def test_the_cut_off_is_the_closing_meeting_once_it_was_held() -> None:
    closing = date(2026, 8, 5)
    assert figures.units_audited(audit(fields={"closing_on": closing})).cut_off == closing
    assert figures.units_audited(audit()).cut_off == TODAY


def test_findings_are_counted_by_grade_and_nonconformities_by_unit_and_clause() -> None:
    findings = (
        finding("f1"),
        finding("f2", grade="major", unit="tdc", clause="8.5"),
        finding("f3", grade="observation"),
    )
    found = audit(records={"finding": findings})
    assert figures.findings_by_grade(found).parts == {
        "major": (1, None),
        "minor": (1, None),
        "observation": (1, None),
    }
    assert figures.nonconformities_by_unit(found).parts == {"office": (1, None), "tdc": (1, None)}
    by_clause = figures.nonconformities_by_clause(found)
    assert by_clause.numerator == 2
    assert by_clause.rows == {"finding": ("f1", "f2")}


@pytest.mark.parametrize(
    ("earlier", "repeated"),
    [
        (Found("e", "office", "7.5", date(2024, 8, 10)), 1),
        (Found("e", "office", "7.5", date(2024, 8, 9)), 0),
        (Found("e", "tdc", "7.5", date(2026, 1, 5)), 0),
        (Found("e", "office", "8.5", date(2026, 1, 5)), 0),
        (Found("e", "office", "7.5", TODAY + timedelta(days=1)), 0),
    ],
)
def test_a_repeat_is_the_same_unit_and_clause_within_24_months(
    earlier: Found, repeated: int
) -> None:
    found = audit(
        records={"finding": (finding("f1"), finding("f2", grade="opportunity"))},
        lookups={"earlier_findings": (earlier,)},
    )
    figure = figures.repeat_nonconformities(found)
    assert (figure.numerator, figure.denominator) == (repeated, 1)


def test_a_slip_is_in_time_when_it_is_effective_and_was_done_by_its_planned_day() -> None:
    on_time, late = {"done_on": date(2026, 8, 7)}, {"done_on": date(2026, 8, 8)}
    slips = (
        slip("CA-1", "closed_effective", fields=on_time),
        slip("CA-2", "closed_effective", fields=late),
        slip("CA-3", "reissued", fields=on_time),
        slip("CA-4", "in_progress"),
        slip("CA-5", "in_progress", fields={"planned_on": TODAY}),
        slip("CA-6", "withdrawn", fields=on_time),
        child("CA-7", "draft"),
    )
    figure = figures.slips_closed_in_time(audit(children=slips))
    assert (figure.numerator, figure.denominator) == (1, 4)
    assert figure.rows == {"children": ("CA-1", "CA-2", "CA-3", "CA-4"), "in_time": ("CA-1",)}


def test_the_median_counts_working_days_from_issue_to_the_effective_end() -> None:
    closings = (date(2026, 8, 5), date(2026, 8, 10), date(2026, 8, 28))
    slips = tuple(
        slip(f"CA-{number}", "closed_effective", closed_on=day)
        for number, day in enumerate(closings)
    )
    assert figures.median_days_to_close(audit(children=slips)).numerator == 5
    assert figures.median_days_to_close(audit(children=slips[:2])).numerator == 2
    assert figures.median_days_to_close(audit()).numerator is None


def test_a_successor_is_no_first_attempt() -> None:
    slips = (
        slip("CA-1", "closed_effective"),
        slip("CA-2", "closed_effective", taken={"fail": 1}),
        slip("CA-3", "reissued", taken={"fail": 2}),
        slip("CA-4", "closed_effective", predecessor="CA-3"),
        slip("CA-5", "verifying"),
    )
    figure = figures.effective_first_time(audit(children=slips))
    assert (figure.numerator, figure.denominator) == (1, 3)


@pytest.mark.parametrize(
    ("closing", "inside"),
    [
        (None, None),
        (date(2026, 7, 1), 1),
        (date(2026, 9, 30), 1),
        (date(2026, 10, 1), 0),
        (date(2026, 6, 30), 0),
        (date(2027, 8, 1), 0),
    ],
)
def test_the_third_quarter_is_that_of_the_closing_meeting(
    closing: date | None, inside: int | None
) -> None:
    fields = {} if closing is None else {"closing_on": closing}
    assert figures.finished_in_third_quarter(audit(fields=fields)).numerator == inside


PLACES = st.tuples(st.sampled_from(["office", "tdc"]), st.sampled_from(["7.5", "8.5"]))
DAYS = st.dates(date(2023, 1, 1), date(2026, 12, 31))


@given(
    now=st.lists(PLACES, max_size=5),
    before=st.lists(st.tuples(PLACES, DAYS), max_size=6),
    more=st.tuples(PLACES, DAYS),
)
def test_repeats_never_exceed_findings_and_only_grow_with_history(
    now: list[tuple[str, str]],
    before: list[tuple[tuple[str, str], date]],
    more: tuple[tuple[str, str], date],
) -> None:
    findings = tuple(
        finding(f"f{number}", unit=unit, clause=clause) for number, (unit, clause) in enumerate(now)
    )

    def share(history: list[tuple[tuple[str, str], date]]) -> int:
        earlier = tuple(Found(f"e{n}", *place, day) for n, (place, day) in enumerate(history))
        figure = figures.repeat_nonconformities(
            audit(records={"finding": findings}, lookups={"earlier_findings": earlier})
        )
        assert figure.numerator is not None
        assert figure.denominator == len(findings)
        assert 0 <= figure.numerator <= len(findings)
        assert set(figure.rows["repeated"]) <= set(figure.rows["finding"])
        return figure.numerator

    assert share(before) <= share([*before, more])


@given(
    states=st.lists(
        st.sampled_from(["draft", "in_progress", "closed_effective", "reissued", "withdrawn"]),
        max_size=8,
    )
)
def test_no_ratio_of_slips_exceeds_one(states: list[str]) -> None:
    slips = tuple(
        slip(f"CA-{number}", state, fields={"done_on": date(2026, 8, 6)})
        for number, state in enumerate(states)
    )
    found = audit(children=slips)
    for figure in (figures.slips_closed_in_time(found), figures.effective_first_time(found)):
        assert figure.numerator is not None
        assert figure.denominator is not None
        assert 0 <= figure.numerator <= figure.denominator <= len(slips)
