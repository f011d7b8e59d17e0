from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.machine.instance import Case, Row, Surroundings
from engine.machine.intent import ChangeRecord, Notify
from tests.unit.workflows.made_cases import ask, row, step
from tests.unit.workflows.steering_review.made_reviews import (
    DAY,
    lifted,
    other,
    plan_row,
    published,
    report,
    review,
    tally,
    told,
)
from workflows.steering_review import effects, gathering
from workflows.steering_review.gathering import Kind, Line
from workflows.steering_review.proposals import objective_results

UNITS_AUDITED = "internal_audit.units_audited"
BY_GRADE = "internal_audit.findings_by_grade"
COVERAGE = "training_campaign.objective_coverage"
AROUND = Surroundings(
    others=(
        other("RD-2025-03", "review_decision", "carried_over", year=2025, final="success"),
        other(
            "SR-2025-01",
            "steering_review",
            "closed",
            year=2025,
            figures={
                "steering_review.rows_met": published(13, 14),
                "steering_review.objectives_met": published(6, 7),
                "steering_review.decisions_in_time": published(None, 0),
            },
        ),
        other(
            "IA-2025-01",
            "internal_audit",
            "closed",
            year=2025,
            final="success",
            figures={
                UNITS_AUDITED: published(5, 6),
                BY_GRADE: published(4, parts={"observation": (4, None)}),
            },
        ),
        other("CA-2025-09", "corrective_action", "watching", year=2025, overdue=True),
        other("CA-2025-01", "corrective_action", "closed_effective", year=2025, final="success"),
        other("CA-2025-02", "corrective_action", "reissued", year=2025, final="aborted"),
        other(
            "IA-2026-01",
            "internal_audit",
            "report_issued",
            due_on=date(2026, 11, 30),
            figures={
                UNITS_AUDITED: published(8, 9, cut_off=date(2026, 9, 18)),
                BY_GRADE: published(7, parts={"opportunity": (2, None), "major": (5, None)}),
            },
        ),
        other("IA-2026-02", "internal_audit", "cancelled", final="aborted"),
        other("TC-2026-01", "training_campaign", "closed", figures={COVERAGE: published(116, 120)}),
        other("CA-2026-01", "corrective_action", "closed_effective", final="success"),
        other("CA-2026-02", "corrective_action", "withdrawn", final="aborted"),
        other("CA-2026-03", "corrective_action", "in_progress"),
    ),
    tallies=(
        tally("internal_audit", 2025, 1, 1),
        tally("internal_audit", 2026, 2, 0, 1),
        tally("corrective_action", 2026, 3, 1),
    ),
    told=(told("Thiếu máy quét"),),
    plan=(plan_row("4"), plan_row("10")),
)
REPORTS = (
    report("UR-01", "office", "accepted", met=("4", "10")),
    report("UR-02", "tdc", "accepted", met=("10",), not_met=("4",)),
    report("UR-03", "lab", "excluded"),
)


def by_key(lines: tuple[Line, ...]) -> Mapping[str, Line]:
    return {line.key: line for line in lines}


def told_by(case: Case, topic: str) -> Mapping[str, Line]:
    return by_key(gathering.gather(case)[topic])


def ratios(line: Line) -> tuple[int | None, ...]:
    return (
        line.numerator,
        line.denominator,
        line.numerator_before,
        line.denominator_before,
    )


def test_earlier_decisions_come_with_their_state_whoever_carried_them_over() -> None:
    lines = told_by(review(around=AROUND), "earlier_decisions")
    (line,) = lines.values()
    assert (line.code, line.label, line.state) == (
        "RD-2025-03",
        "Việc RD-2025-03",
        "carried_over",
    )
    assert line.kind is Kind.CASE


def test_a_decision_that_goes_on_from_the_year_before_tells_how_it_stands_now() -> None:
    own = other("RD-2026-02", "review_decision", "assigned", parent_id="id-SR-2026-01")
    goes_on = other("RD-2026-01", "review_decision", "in_progress")
    around = replace(AROUND, others=(*AROUND.others, own, goes_on))
    lines = told_by(review(around=around), "earlier_decisions").values()
    assert {(line.code, line.state) for line in lines} == {
        ("RD-2025-03", "carried_over"),
        ("RD-2026-01", "in_progress"),
    }


def test_a_process_that_nobody_here_knows_speaks_by_the_topics_of_its_figures() -> None:
    apologies = {"desk.apologies": published(9, 10, topics=("feedback", "monitoring"))}
    before = {"desk.apologies": published(7, 10, topics=("feedback", "monitoring"))}
    budget = {
        COVERAGE: published(116, 120),
        "training_campaign.budget_spent": published(29, 30, topics=("resource_adequacy",)),
    }
    others = (
        other("DR-2025-01", "desk", "closed", year=2025, figures=before),
        other("DR-2025-02", "desk", "closed", year=2025),
        other("DR-2026-01", "desk", "closed", figures=apologies),
        other("DR-2026-02", "desk", "cancelled", final="aborted", figures=apologies),
        other("TC-2026-01", "training_campaign", "closed", figures=budget),
    )
    found = gathering.gather(review(around=Surroundings(others=others)))
    (feedback,) = found["feedback"]
    assert (feedback.code, ratios(feedback)) == ("DR-2026-01", (9, 10, 7, 10))
    (spent,) = found["resource_adequacy"]
    assert ratios(spent)[:2] == (29, 30)
    told = [line.key for line in found["monitoring"]]
    assert told.count("id-DR-2026-01/desk.apologies") == 1
    assert "id-TC-2026-01/training_campaign.budget_spent" not in told
    assert found["providers"] == ()


def test_what_became_of_obstacles_is_told_as_the_effect_of_acting_on_risks() -> None:
    ended = replace(told("Thiếu người"), instance_id="id-CA-2026-01")
    around = replace(AROUND, told=(*AROUND.told, ended))
    (line,) = told_by(review(around=around), "risk_actions").values()
    assert (line.figure, ratios(line)[:2]) == ("obstacles_settled", (1, 2))
    assert told_by(review(around=replace(AROUND, told=())), "risk_actions") == {}


def test_gates_that_were_lifted_are_counted_and_told_under_how_processes_performed() -> None:
    around = replace(AROUND, lifted=(lifted("Máy hỏng"),))
    found = told_by(review(around=around), "process_performance")
    assert ratios(found["figure/waivers_granted"])[:2] == (1, None)
    line = found["waiver/w1"]
    assert (line.kind, line.code, line.label, line.unit) == (
        Kind.WAIVER,
        "IA-2026-01",
        "Máy hỏng",
        "tdc",
    )
    none = told_by(review(around=AROUND), "process_performance")
    assert ratios(none["figure/waivers_granted"])[:2] == (0, None)


def test_obstacles_of_the_year_are_changes_of_the_context() -> None:
    (line,) = told_by(review(around=AROUND), "context_changes").values()
    assert (line.code, line.unit, line.label, line.day) == (
        "IA-2026-01",
        "tdc",
        "Thiếu máy quét",
        date(2026, 8, 3),
    )


def test_objectives_are_what_accepted_reports_say_in_the_order_of_the_plan() -> None:
    found = review(around=AROUND, children=REPORTS, fields={"cut_off": date(2026, 11, 10)})
    lines = gathering.gather(found)["objectives_reached"]
    assert [line.key for line in lines[:2]] == ["4", "10"]
    assert [ratios(line)[:2] for line in lines[:2]] == [(1, 2), (2, 2)]
    assert {line.cut_off for line in lines[:2]} == {date(2026, 11, 10)}
    assert lines[0].label == "4. Nội dung 4"
    assert [ratios(line) for line in lines[2:]] == [(None, None, 6, 7), (None, None, 13, 14)]


def test_processes_are_counted_beside_the_year_before() -> None:
    lines = told_by(review(around=AROUND), "process_performance")
    assert ratios(lines["internal_audit"]) == (0, 2, 1, 1)
    assert lines["internal_audit"].late == 1
    assert ratios(lines["corrective_action"]) == (1, 3, None, None)


def test_corrective_actions_are_those_of_the_year_and_older_open_ones() -> None:
    lines = told_by(review(around=AROUND), "nonconformities")
    assert lines["figure/actions_open"].numerator == 2
    assert lines["figure/actions_overdue"].numerator == 1
    assert ratios(lines["figure/actions_effective"]) == (1, 1, 1, 2)
    cases = [line.code for line in lines.values() if line.kind is Kind.CASE]
    assert cases == ["CA-2025-09", "CA-2026-03"]
    assert ratios(lines[f"id-IA-2026-01/{BY_GRADE}"]) == (7, None, 4, None)


def test_training_is_a_monitoring_result() -> None:
    lines = told_by(review(around=AROUND), "monitoring")
    assert ratios(lines["figure/training_coverage"]) == (116, 120, None, None)
    assert ratios(lines[f"id-TC-2026-01/{COVERAGE}"]) == (116, 120, None, None)


def test_audits_come_with_their_figures_and_those_given_up_do_not() -> None:
    lines = told_by(review(around=AROUND), "audit_results")
    assert ratios(lines["figure/audit_completion"]) == (8, 9, 5, 6)
    assert ratios(lines[f"id-IA-2026-01/{UNITS_AUDITED}"]) == (8, 9, 5, 6)
    assert lines[f"id-IA-2026-01/{UNITS_AUDITED}"].cut_off == date(2026, 9, 18)
    assert "id-IA-2026-02" not in lines
    assert lines["id-IA-2026-01"].day == date(2026, 11, 30)


def test_chances_are_opportunities_and_observations_of_audits() -> None:
    (line,) = told_by(review(around=AROUND), "improvement_chances").values()
    assert ratios(line) == (2, None, 4, None)


def test_where_nothing_lives_nothing_is_gathered() -> None:
    assert all(lines == () for lines in gathering.gather(review()).values())


def frozen_rows(case: Case) -> tuple[Row, ...]:
    """What the effect would write, as rows."""
    return tuple(
        row(f"g{number}", **intent.values)
        for number, intent in enumerate(effects.freeze_gathered(ask(case)))
        if isinstance(intent, ChangeRecord)
    )


def test_freezing_writes_every_line_and_reads_it_back_as_it_was() -> None:
    live = review(around=AROUND, children=REPORTS)
    rows = frozen_rows(live)
    frozen = replace(live, records={"gathered": rows})
    assert len(rows) == sum(len(lines) for lines in gathering.gather(live).values())
    assert {found.values["round"] for found in rows} == {1}
    assert gathering.frozen_lines(frozen) == gathering.gather(live)
    assert all(gathering.differences(frozen, topic) == () for topic in gathering.GATHERERS)


def test_a_second_freeze_is_a_round_of_its_own_and_counts_from_then_on() -> None:
    first = frozen_rows(review(around=AROUND))
    again = review(around=replace(AROUND, told=()), history=(step("freeze", DAY),))
    rows = frozen_rows(again)
    assert {found.values["round"] for found in rows} == {2}
    both = replace(again, records={"gathered": (*first, *rows)})
    lines = gathering.frozen_lines(both)
    assert lines is not None
    assert lines["context_changes"] == ()


def test_what_changes_elsewhere_shows_beside_the_frozen_lines() -> None:
    rows = frozen_rows(review(around=AROUND))
    new = other("CA-2026-04", "corrective_action", "issued")
    later = Surroundings(others=(*AROUND.others[:-1], new))
    found = review(around=later, records={"gathered": rows})
    changed = gathering.differences(found, "nonconformities")
    told_of = {
        (item.frozen or item.now).code: (item.frozen is None, item.now is None)  # type: ignore[union-attr]
        for item in changed
    }
    assert told_of == {"CA-2026-03": (False, True), "CA-2026-04": (True, False)}
    assert gathering.in_force(found)["nonconformities"] == tuple(
        line for line in gathering.gather(review(around=AROUND))["nonconformities"]
    )
    assert gathering.differences(review(around=later), "nonconformities") == ()


def test_while_reports_are_collected_again_live_lines_count() -> None:
    rows = frozen_rows(review(around=AROUND))
    found = review(around=Surroundings(), records={"gathered": rows}, state="collecting")
    assert gathering.in_force(found)["audit_results"] == ()


@given(
    changes=st.lists(st.sampled_from(AROUND.others), unique_by=lambda found: found.id),
    open_=st.booleans(),
)
def test_nothing_that_happens_elsewhere_rewrites_what_was_frozen(
    changes: list[object], open_: bool
) -> None:
    rows = frozen_rows(review(around=AROUND, children=REPORTS))
    around = replace(AROUND, others=tuple(changes), told=() if open_ else AROUND.told)  # type: ignore[arg-type]
    later = review(around=around, records={"gathered": rows}, children=REPORTS[: int(open_)])
    assert gathering.in_force(later) == gathering.gather(review(around=AROUND, children=REPORTS))


def test_those_concerned_hear_of_the_meeting_of_the_dossier_and_of_a_new_day() -> None:
    found = ask(review(state="collecting"), unit="tdc", meeting_on=date(2026, 11, 18))
    plans = (
        effects.tell_of_review_call,
        effects.tell_of_review_dossier,
        effects.tell_of_new_meeting_day,
    )
    for plan in plans:
        (intent,) = plan(found)
        assert isinstance(intent, Notify)
        assert {"steering_head", "steering_member", "director"} <= set(intent.roles)
        assert intent.params == {"meeting_on": "2026-11-18"}
    (silent,) = effects.tell_of_review_call(ask(review()))
    assert isinstance(silent, Notify)
    assert silent.params == {}
    (obstacle,) = effects.tell_office_of_review_obstacle(found)
    assert obstacle == Notify(
        message="review_obstacle", roles=("office",), params={"state": "collecting", "unit": "tdc"}
    )


def test_the_quarters_of_dossiers_stand_among_the_processes_and_measure_the_plan() -> None:
    figures = {
        "overdue_period_review.time_cut": published(180, 1000),
        "overdue_period_review.on_time": published(480, 500),
    }
    quarter = other(
        "OP-2026-40",
        "overdue_period_review",
        "closed",
        final="success",
        figures=figures,
    )
    late = other(
        "OP-2026-41", "overdue_period_review", "period_open", due_on=DAY - timedelta(days=1)
    )
    merged = other("OP-2026-07", "overdue_period_review", "merged", final="aborted")
    around = Surroundings(
        others=(merged, quarter, late),
        plan=(
            plan_row("2.2", measures=("time_cut",)),
            plan_row("2.3", processes=("overdue_case", "overdue_period_review")),
        ),
    )
    lines = told_by(review(around=around), "process_performance")
    assert ratios(lines["id-OP-2026-40/overdue_period_review.time_cut"]) == (180, 1000, None, None)
    assert ratios(lines["id-OP-2026-40/overdue_period_review.on_time"]) == (480, 500, None, None)
    proposed = objective_results(review(around=around))
    assert [(row["row"], row["actual"]) for row in proposed] == [
        ("2.2", "180/1000"),
        ("2.3", "1/2"),
    ]
    assert proposed[0]["source"] == "OP-2026-40"
