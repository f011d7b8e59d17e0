"""Publishing procedures, petitions, and a month of procedures: terms, checks, counts."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from engine.machine.instance import Case, EvidenceFile
from engine.machine.intent import ChangeRecord, SetField
from tests.unit.workflows.made_cases import TODAY, ask, case, row, step
from workflows.hotline_feedback import facts as petition
from workflows.overdue_dossiers.dossier import Dossier, Status
from workflows.tthc_performance import counting
from workflows.tthc_performance.month import MONTH_DATA, Decision, ListedProcedure, MonthData
from workflows.tthc_publication import facts as publication

MONDAY = date(2026, 8, 3)


def published(*days: date, **more: Any) -> Case:
    """A decision signed on 3 August, in its three places on these days."""
    kinds = ("department_portal", "unit_portal", "notice_board")
    places = tuple(
        row(f"p{n}", kind=kind, posted_on=day)
        for n, (kind, day) in enumerate(zip(kinds, days, strict=False))
    )
    records = {"place": places, **more.pop("records", {})}
    fields = {"signed_on": MONDAY, **more.pop("fields", {})}
    return case("tthc_publication", fields=fields, records=records, **more)


def test_published_is_what_is_in_all_three_places() -> None:
    assert publication.places_missing(published(MONDAY)) == 2
    assert publication.days_taken(published(MONDAY)) is None
    assert publication.days_taken(published(MONDAY, MONDAY, MONDAY)) == 0
    late = published(MONDAY, MONDAY, date(2026, 8, 11))
    assert publication.days_taken(late) == publication.days_to_publish(late).numerator == 6
    assert publication.late_unexplained(late)
    said = published(MONDAY, MONDAY, date(2026, 8, 11), fields={"late_because": "Bảo trì"})
    assert not publication.late_unexplained(said)
    assert publication.published_in_time(late) is False
    assert publication.published_in_time(published(MONDAY, MONDAY, TODAY)) is True
    assert publication.published_in_time(published()) is None
    assert publication.published_in_time(published(today=date(2026, 8, 11))) is False
    assert not publication.days_plausible(late)
    assert publication.days_plausible(published(MONDAY, TODAY))


def check(day: date, *, right: bool = True, place: str = "p0", name: str = "c") -> Any:
    return row(name, place=place, checked_on=day, opens=right, in_force=True)


def test_each_round_looks_anew_and_a_mending_is_looked_at_the_same_day() -> None:
    done = (step("check", date(2026, 8, 6)),)
    old = published(MONDAY, records={"link_check": (check(date(2026, 8, 6)),)}, history=done)
    assert publication.places_unchecked(old) == 1
    assert publication.checks_to_make(old) == ({"place": "p0"},)
    new = published(MONDAY, records={"link_check": (check(TODAY, right=False),)}, history=done)
    assert publication.checks_to_make(new) == ()
    assert (publication.places_unchecked(new), publication.places_wrong(new)) == (0, 1)
    assert publication.places_current(new).numerator == 0
    assert publication.places_current(published(MONDAY)).numerator is None
    mended = published(
        MONDAY,
        records={"link_check": (check(TODAY, right=False), check(TODAY, name="d"))},
        history=(*done, step("republish", TODAY)),
    )
    assert (publication.places_unchecked(mended), publication.places_wrong(mended)) == (0, 0)


def feedback(**fields: Any) -> Case:
    given = {"received_on": MONDAY, "anonymous": False, **fields}
    return case("hotline_feedback", fields=given, history=fields.pop("history", ()))


@pytest.mark.parametrize(("complexity", "due"), [("simple", TODAY), ("complex", date(2026, 8, 17))])
def test_an_answer_is_due_from_the_day_of_receipt(complexity: str, due: date) -> None:
    asked = ask(feedback(complexity=complexity))
    assert petition.set_answer_day(asked) == (SetField(field="answer_due", value=due),)
    assert petition.set_answer_day(ask(feedback())) == ()


def test_an_answer_is_late_once_its_day_has_passed() -> None:
    assert petition.answered_in_time(feedback()) is None
    assert petition.answered_in_time(feedback(answer_due=TODAY)) is None
    assert petition.answered_in_time(feedback(answer_due=MONDAY)) is False
    assert petition.answered_in_time(feedback(answer_due=MONDAY, answered_on=MONDAY)) is True
    assert petition.answer_late(feedback(answer_due=MONDAY))
    assert not petition.received_plausible(feedback(received_on=date(2026, 8, 11)))
    assert petition.true_without_measure(feedback(substantiated=True))
    assert not petition.true_without_measure(feedback(substantiated=False))
    (stamp,) = petition.stamp_answer(ask(feedback()))
    assert stamp == SetField(field="answered_on", value=TODAY)


def test_a_sender_is_told_within_two_working_days() -> None:
    assert petition.acknowledged_in_time(feedback()) is False
    assert petition.acknowledged_in_time(feedback(anonymous=True)) is None
    assert petition.acknowledged_in_time(feedback(received_on=TODAY)) is None
    told = case(
        "hotline_feedback",
        fields={"received_on": MONDAY},
        history=(step("acknowledge", date(2026, 8, 5)),),
    )
    assert petition.acknowledged_in_time(told) is True


def dossier(code: str, unit: str, ended: date | None, due: date = date(2026, 7, 20)) -> Dossier:
    return Dossier(
        code=code,
        procedure="Cấp phép",
        unit=unit,
        received_at=datetime(2026, 7, 6, 8),  # noqa: DTZ001 - the office's wall clock
        received_time_known=True,
        due_on=due,
        current_due_on=due,
        status=Status.PENDING if ended is None else Status.FINISHED,
        ended_on=ended,
        regulated_half_days=20,
    )


DATA = MonthData(
    dossiers=(
        dossier("HS-1", "tdc", date(2026, 7, 15)),
        dossier("HS-2", "tdc", date(2026, 7, 22)),
        dossier("HS-3", "office", None, date(2026, 9, 1)),
    ),
    decisions=(
        Decision(code="TP-1", signed_on=date(2026, 7, 6), published_on=date(2026, 7, 8)),
        Decision(code="TP-2", signed_on=date(2026, 7, 6), published_on=date(2026, 7, 20)),
        Decision(code="TP-3", signed_on=date(2026, 8, 10), published_on=None),
    ),
    procedures=(ListedProcedure(code="1.1", name="Cấp phép", unit="tdc", online="full"),),
)


def month(data: MonthData = DATA, **more: Any) -> Case:
    days = {"first_day": date(2026, 7, 1), "last_day": date(2026, 7, 31)}
    return case(
        "tthc_performance",
        fields={**days, **more.pop("fields", {})},
        lookups={MONTH_DATA: data},
        **more,
    )


def told(case_: Case, name: str) -> tuple[int | None, int | None]:
    figure = counting.FIGURES[name](case_)
    return figure.numerator, figure.denominator


def test_a_month_is_counted_from_the_register_and_stays_as_it_was_frozen() -> None:
    live = month()
    assert told(live, "on_time") == (1, 2)
    assert told(live, "published_in_time") == (1, 2)
    assert counting.FIGURES["on_time"](live).parts["tdc"] == (1, 2)
    assert told(month(MonthData()), "on_time") == (None, None)
    assert told(case("tthc_performance"), "on_time") == (None, None)
    written = [i for i in counting.freeze_month(ask(live)) if isinstance(i, ChangeRecord)]
    rows = tuple(row(f"l{n}", **intent.values) for n, intent in enumerate(written))
    frozen = month(MonthData(), records={"month_line": rows})
    assert all(told(frozen, name) == told(live, name) for name in counting.FIGURES)
    again = counting.freeze_month(ask(frozen))
    assert sum(isinstance(i, ChangeRecord) and i.retire for i in again) == len(rows)
    assert counting.freeze_month(ask(case("tthc_performance"))) == ()


def test_the_desk_holds_the_register_to_its_software() -> None:
    assert counting.finished_difference(month(fields={"source_count": 5})) == 3
    assert counting.difference_open(month(fields={"source_count": 5}))
    said = {"source_count": 5, "difference_because": "Cập nhật sau"}
    assert not counting.difference_open(month(fields=said))
    assert counting.month_over(month())
    assert not counting.month_over(month(today=date(2026, 7, 31)))
    export = EvidenceFile(
        id="e",
        requirement="export",
        sha256="ab" * 32,
        size=1,
        media_type="text/csv",
        filename="x.csv",
        status="accepted",
        state="month_open",
        visit=1,
        effective_on=None,
        received_on=TODAY,
        supplied_by="an",
    )
    for digest, fits in (("AB" * 32, True), ("cd" * 32, False)):
        told_ = month(fields={"source_digest": digest})
        assert counting.checksum_matches(with_file(told_, export)) is fits


def with_file(made: Case, file: EvidenceFile) -> Case:
    return replace(made, evidence=(file,))


def test_every_announced_procedure_is_listed() -> None:
    assert counting.procedures_unlisted(month()) == 1
    assert [each["code"] for each in counting.online_procedures(month())] == ["1.1"]
    listed = month(records={"online_procedure": (row("o", code="1.1", online="full"),)})
    assert counting.procedures_unlisted(listed) == 0
    assert counting.online_procedures(listed) == ()
