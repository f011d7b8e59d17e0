from datetime import date

from engine.machine.instance import Surroundings
from engine.machine.registry import Objection
from tests.unit.workflows.made_cases import ask, person, row, step
from tests.unit.workflows.steering_review.made_reviews import (
    DAY,
    concluded,
    plan_row,
    report,
    result,
    review,
    tally,
    task,
    there,
)
from workflows.steering_review import guards
from workflows.steering_review import report as papers

PEOPLE = (person("an", "office"), person("binh", "tdc"))
AROUND = Surroundings(
    plan=(plan_row("5.1"),),
    tallies=(tally("internal_audit", 2026, 1, 1),),
)
RECORDS = {
    "unit_input": (
        row("ask-tdc", unit="tdc", due_on=date(2026, 11, 10), asked=True),
        row("ask-lab", unit="lab", due_on=date(2026, 11, 10), asked=False, why="Gộp"),
    ),
    "review_input": (
        row("i1", item="providers", content="Đã đánh giá", author="binh"),
        row("i2", item="feedback", nothing_arose=True),
    ),
    "adjustment": (row("a1", unit="tdc", row="5.1", actual="100 %", why="Muộn", by="binh"),),
    "objective_result": (result("5.1", lead="Chi cục"), result("10")),
    "objective_conclusion": (
        concluded("5.1", "met"),
        concluded("10", "not_met", follow_up="decision", statement="Thiếu người"),
    ),
    "year_result": (row("y1", about="result-5.1", actual="100 %", reached=True),),
    "attendee": (there("an"), there("guest", member=False, present=False)),
    "decision": (
        row(
            "row-RD-01",
            kind="resource",
            wording="Bổ sung biên chế",
            unit="office",
            owner="binh",
            due_on=date(2026, 12, 15),
            resource="Một người",
            about="verdict-10",
        ),
        row(
            "row-RD-02",
            kind="improvement",
            wording="Quét mã",
            unit="tdc",
            owner="gone",
            due_on=date(2026, 12, 15),
            resource="Không",
        ),
    ),
    "no_decision": (row("n1", kind="qms_change", statement="Đã ổn định"),),
}
FIELDS = {
    "meeting_on": date(2026, 11, 18),
    "held_on": date(2026, 11, 20),
    "place": "Phòng họp",
    "agenda": "12 nội dung",
    "chair": "an",
    "cut_off": date(2026, 11, 10),
    "conclusion_qms": "Có hiệu lực",
    "conclusion_5": "Đạt",
    "hours": "8h - 11h",
    "report_number": "88/BC-BCĐ",
    "report_date": date(2026, 11, 26),
}
CHILDREN = (
    report("UR-01", "tdc", "accepted", met=("5.1",), reported_on=date(2026, 11, 12)),
    task("RD-01", "done", date(2026, 12, 15), date(2026, 12, 14), result="Xong"),
)
HISTORY = (
    step("end_meeting", date(2026, 11, 20), person="binh"),
    step("sign_minutes", date(2026, 11, 23), person="an"),
    step("countersign_minutes", date(2026, 11, 24), person="gone"),
)
FOUND = review(
    around=AROUND,
    records=RECORDS,
    fields=FIELDS,
    children=CHILDREN,
    history=HISTORY,
    people=PEOPLE,
    state="tracking",
)


def test_the_pack_shows_each_section_with_its_author_and_says_which_is_blank() -> None:
    pack = papers.input_pack(FOUND)
    by_topic = {section.topic: section for section in pack.sections}
    assert len(pack.sections) == 12
    assert pack.frozen is False
    assert by_topic["providers"].author == "Binh"
    assert (by_topic["feedback"].nothing_arose, by_topic["feedback"].author) == (True, "An")
    assert by_topic["risk_actions"].blank is True
    assert by_topic["process_performance"].blank is False
    assert by_topic["process_performance"].author is None
    assert papers.report_outline(FOUND) == pack


def test_a_late_unit_is_named_and_what_it_told_later_stands_apart() -> None:
    paper = papers.summary_report(FOUND)
    (late,) = paper.late_units
    assert (late.unit, late.reported_on, late.reports) == (
        "tdc",
        date(2026, 11, 12),
        (("UR-01", "id-UR-01"),),
    )
    (told,) = paper.adjustments
    assert (told.author, told.actual) == ("Binh", "100 %")
    lab, _ = papers.meeting_notice(FOUND).asked
    assert (lab.unit, lab.on_its_own, lab.why, lab.state, lab.reports) == (
        "lab",
        False,
        "Gộp",
        None,
        (),
    )


def test_objective_five_has_a_section_of_its_own() -> None:
    paper = papers.summary_report(FOUND)
    assert [item.row for item in paper.results] == ["5.1", "10"]
    assert [item.row for item in paper.own_section] == ["5.1"]
    assert (paper.number, paper.dated, paper.conclusion_5) == (
        "88/BC-BCĐ",
        date(2026, 11, 26),
        "Đạt",
    )
    (own,) = paper.own_section
    assert (own.title["vi"], own.lead, own.outcome) == ("Nội dung 5.1", "Chi cục", "met")
    assert (own.year_actual, own.year_reached) == ("100 %", True)


def test_the_table_lays_estimate_and_conclusion_side_by_side() -> None:
    table = papers.objective_table(FOUND)
    unmet = table.results[1]
    assert (unmet.outcome, unmet.follow_up, unmet.cause) == ("not_met", "decision", "Thiếu người")
    assert unmet.title == {"vi": "10", "en": "10"}
    assert table.figures["rows_met"].numerator == 1


def test_the_minutes_name_who_was_there_who_chaired_and_who_signed() -> None:
    minutes = papers.meeting_minutes(FOUND)
    assert (minutes.head.chair, minutes.secretary, minutes.hours) == ("An", "Binh", "8h - 11h")
    assert [(a.name, a.unit, a.present) for a in minutes.attendees] == [
        ("An", "office", True),
        ("guest", None, False),
    ]
    assert minutes.signed == (
        ("sign_minutes", "An", date(2026, 11, 23)),
        ("countersign_minutes", "gone", date(2026, 11, 24)),
    )
    assert papers.meeting_minutes(review()).secretary is None


def test_a_decision_stands_with_its_follow_up_and_the_row_behind_it() -> None:
    paper = papers.conclusions(FOUND)
    done, open_ = paper.outputs.decisions
    assert (done.about, done.owner, done.child, done.in_time, done.result) == (
        "10",
        "Binh",
        ("RD-01", "id-RD-01"),
        True,
        "Xong",
    )
    assert (open_.about, open_.owner, open_.child, open_.state) == (None, "gone", None, None)
    assert paper.outputs.none == (("qms_change", "Đã ổn định"),)
    assert [item.row for item in paper.unmet] == ["10"]


def test_the_minutes_are_signed_by_who_chaired() -> None:
    assert guards.chair_signs_minutes(ask(FOUND)) is None
    assert guards.chair_signs_minutes(ask(review())) is None
    wrong = review(fields={"chair": "binh"}, people=PEOPLE)
    assert guards.chair_signs_minutes(ask(wrong)) == Objection(params={"chair": "Binh"})
    unknown = review(fields={"chair": "gone"}, today=DAY)
    assert guards.chair_signs_minutes(ask(unknown)) == Objection(params={"chair": "gone"})
