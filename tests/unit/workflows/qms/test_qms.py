"""The year of the quality system, a change of a document, an inspection: terms of the law."""

from datetime import date
from typing import Any

import pytest

from engine.machine.instance import Case, Child
from engine.machine.intent import Notify
from tests.unit.workflows.made_cases import TODAY, ask, case, row, step
from workflows.document_change import facts as change
from workflows.external_inspection import facts as inspection
from workflows.qms_maintenance import facts as year


def changed(code: str, state: str, begun: date | None, forced: date | None = None) -> Child:
    return Child(
        id=code,
        code=code,
        process="document_change",
        state=state,
        final=None,
        origin_row=code.lower(),
        fields={"legal_effective": begun, "effective_on": forced},
    )


CHILDREN = (
    changed("C1", "effective", date(2026, 4, 1), date(2026, 7, 1)),
    changed("C2", "superseded", date(2026, 4, 1), date(2026, 7, 2)),
    changed("C3", "drafted", date(2026, 5, 1)),
    changed("C4", "drafted", date(2026, 7, 1)),
    changed("C5", "rejected", date(2026, 4, 1)),
    changed("C6", "withdrawn", date(2026, 4, 1)),
    changed("C7", "drafted", None),
)


def test_a_change_of_the_law_has_three_months() -> None:
    found = case("qms_maintenance", children=CHILDREN)
    # Of the two that came into force one took a day too long; C3's term ended on Monday, 3 August.
    assert year.legal_overdue(found) == 1
    figure = year.changes_in_time(found)
    assert (figure.numerator, figure.denominator) == (1, 3)
    assert figure.rows == {"children": ("C1", "C2", "C3")}
    assert year.changes_in_time(case("qms_maintenance")).numerator is None
    early = case("qms_maintenance", children=CHILDREN, today=date(2026, 8, 3))
    assert year.legal_overdue(early) == 0


def test_every_change_gets_a_case_of_its_own() -> None:
    rows = (row("c1"), row("c9"))
    found = case("qms_maintenance", children=CHILDREN, records={"change": rows})
    assert year.changes_not_handed_out(found) == 1


def document(**fields: Any) -> Case:
    steps = (
        step("open", date(2026, 7, 1)),
        step("approve", date(2026, 7, 17)),
        step("put_in_force", date(2026, 7, 27)),
    )
    return case("document_change", fields=fields, history=fields.pop("history", steps))


def test_a_document_is_in_force_after_its_approval() -> None:
    assert change.effective_plausible(document())
    assert change.effective_plausible(document(effective_on=date(2026, 7, 17)))
    assert not change.effective_plausible(document(effective_on=date(2026, 7, 16)))
    assert change.cycle_days(document()).numerator == 26
    assert change.cycle_days(case("document_change")).numerator is None


@pytest.mark.parametrize(
    ("begun", "forced", "kept"),
    [
        (None, date(2026, 7, 27), None),
        (date(2026, 4, 27), date(2026, 7, 27), True),
        # 26 July is a Sunday: a term of the law rolls forward.
        (date(2026, 4, 26), date(2026, 7, 27), True),
        (date(2026, 4, 24), date(2026, 7, 27), False),
    ],
)
def test_the_term_of_the_law_rolls_forward(
    begun: date | None, forced: date, kept: bool | None
) -> None:
    assert change.in_legal_term(document(legal_effective=begun, effective_on=forced)) is kept


def test_a_change_that_is_not_in_force_is_late_once_its_term_has_passed() -> None:
    waiting = case("document_change", fields={"legal_effective": date(2026, 5, 10)})
    assert change.in_legal_term(waiting) is None
    assert (
        change.in_legal_term(case("document_change", fields={"legal_effective": date(2026, 5, 1)}))
        is False
    )
    told = change.legal_term_nears(ask(case("document_change", fields={"unit": "tdc"})))
    assert [n.roles for n in told if isinstance(n, Notify)] == [
        ("unit_head",),
        ("iso_secretary", "director"),
    ]


def test_a_first_edition_has_no_old_copy() -> None:
    copies = (row("d1", received_on=TODAY), row("d2", received_on=TODAY, withdrawn_on=TODAY))
    for edition, outstanding in ((1, 0), (2, 1)):
        found = case(
            "document_change",
            fields={"new_version": edition},
            records={"distribution": copies},
        )
        assert change.copies_outstanding(found) == outstanding


def inspected(**more: Any) -> Case:
    fields = {"visit_on": date(2026, 8, 3), "minutes_on": date(2026, 8, 4)}
    return case("external_inspection", fields={**fields, **more.pop("fields", {})}, **more)


def test_ten_items_and_plausible_minutes() -> None:
    items = tuple(row(f"i{n}", number=n, ready=n != 7) for n in range(1, 11))
    assert inspection.items_missing(inspected(records={"dossier_item": items})) == 1
    assert inspection.minutes_plausible(inspected())
    for day in (date(2026, 7, 31), date(2026, 8, 11)):
        assert not inspection.minutes_plausible(inspected(fields={"minutes_on": day}))


def test_a_finding_bears_the_day_of_its_minutes() -> None:
    findings = (
        row("f1", unit="tdc", minutes_on=date(2026, 5, 4)),
        row("f2", unit="tdc", minutes_on=date(2026, 8, 4)),
    )
    found = inspected(records={"finding": findings})
    assert not inspection.finding_days_fit(found)
    handed = Child(
        id="x", code="x", process="corrective_action", state="done", final=None, origin_row="f1"
    )
    assert inspection.finding_days_fit(inspected(records={"finding": findings}, children=(handed,)))
    assert inspection.findings(found).parts == {"tdc": (2, None)}
    unsigned = inspected(fields={"minutes_on": None})
    assert inspection.findings(unsigned).numerator is None
    assert inspection.reported_in_time(unsigned) is None


@pytest.mark.parametrize(
    ("signed", "told", "kept"),
    [
        # 22 September and two months is a Sunday: the report may come on Monday, 23 November.
        (date(2026, 9, 22), date(2026, 11, 23), True),
        (date(2026, 9, 22), date(2026, 11, 24), False),
        (date(2026, 8, 4), None, None),
    ],
)
def test_the_report_has_two_months(signed: date, told: date | None, kept: bool | None) -> None:
    history = () if told is None else (step("report", told),)
    found = inspected(fields={"minutes_on": signed}, history=history)
    assert inspection.reported_in_time(found) is kept
    late = inspected(fields={"minutes_on": date(2026, 6, 1)})
    assert inspection.reported_in_time(late) is False
