"""The whole way of a training campaign, as the right people go it, over HTTP alone.

120 people in 9 units: 7 are absent, 3 fail, 2 are exempt, 1 joins later. The make-up class recovers
6 of those absent and 2 of those who failed. Lists come as CSV files, filled in from the sheets that
the campaign proposes. Refused at every gate on the way.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.acceptance.desk import Desk, keys_of
from tests.acceptance.papers import DOCX, PDF, PNG, XLSX, paper

UNITS = (
    "office",
    "planning_finance",
    "science_management",
    "technology_management",
    "special_management",
    "inspectorate",
    "tdc",
    "stats_center",
    "innovation_center",
)
KINDS = ("civil_servant", "public_employee", "contract_staff")
PLAN = {
    "content": "Nhận thức chung và áp dụng TCVN ISO 9001:2015",
    "lecturer": "Chi cục Tiêu chuẩn Đo lường Chất lượng",
    "first_day": "2026-07-13",
    "last_day": "2026-08-20",
    "cost": 36_000_000,
}
Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """Somebody of the office, by id, name and unit."""

    id: str
    name: str
    unit: str


@dataclass(slots=True)
class CampaignJourney:
    """An office over HTTP.

    Attributes:
        desk: gives the desk of a user name.
        move_clock: goes on from an instant.
        staff: everybody in a unit at the snapshot, in the order of the roster.
        stranger: the id of somebody who is in no unit.
    """

    desk: Callable[[str], Desk]
    move_clock: Callable[[str], None]
    staff: tuple[Employee, ...]
    stranger: str
    campaign: str = ""
    classes: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def branch(self) -> Desk:
        """Who leads the campaign."""
        return self.desk("tdc_branch")

    @property
    def exempt(self) -> tuple[str, ...]:
        """Two people who have a reason."""
        return tuple(one.id for one in self.staff[118:])

    @property
    def absent(self) -> tuple[str, ...]:
        """Seven people who do not come to the first round."""
        return tuple(one.id for one in self.staff[:7])

    @property
    def failed(self) -> tuple[str, ...]:
        """Three people who come, and fail."""
        return tuple(one.id for one in self.staff[7:10])

    @property
    def left(self) -> tuple[str, ...]:
        """One who is absent again, and one who fails again."""
        return (self.absent[0], self.failed[0])

    def finished_campaign(self) -> str:
        """Take a campaign from opening to its end with exceptions; its id."""
        self.open()
        self.plan()
        self.take_headcount()
        self.enrol()
        self.teach()
        self.grade()
        self.project()
        self.make_up()
        self.report()
        self.sign()
        self.check_effect()
        return self.campaign

    def open(self) -> None:
        """Only the branch and the ISO secretary open a campaign."""
        told = {"process": "training_campaign", "title": "Đào tạo HTQLCL năm 2026", "year": 2026}
        problem = self.desk("unit_head_office").post("/instances", told, expect=403)
        assert keys_of(problem) == ["role"]
        self.campaign = self.branch.post("/instances", {**told, "unit": "tdc"})["id"]

    def plan(self) -> None:
        """Needs, classes and sessions; submit, be returned, be approved with the Office's word."""
        files = {
            "needs_survey": paper(XLSX, "Tổng hợp nhu cầu đào tạo"),
            "plan": paper(DOCX, "Kế hoạch đào tạo"),
        }
        self.branch.refused(
            self.campaign,
            "submit",
            *(f"field_missing:{name}" for name in PLAN),
            "evidence_missing:needs_survey",
            "evidence_missing:plan",
            "condition:needs_known",
        )
        for unit in UNITS:
            self.desk(f"unit_head_{unit}").add(
                self.campaign, "need", unit=unit, topic="Áp dụng quy trình nội bộ", people=10
            )
        of_another = self.desk("unit_head_office").add(
            self.campaign, "need", expect=403, unit="tdc", topic="Đo lường", people=3
        )
        assert keys_of(of_another) == ["unit"]
        self.add_class("A", 1)
        self.add_class("B", 1)
        self.add_session("A1", "A", "2026-07-13", "morning")
        self.add_session("A2", "A", "2026-07-14", "morning")
        self.add_session("B1", "B", "2026-07-13", "afternoon")
        self.add_session("B2", "B", "2026-09-14", "afternoon")
        self.branch.refused(
            self.campaign,
            "submit",
            "condition:sessions_in_window",
            "condition:days_in_order",
            "condition:pass_mark_reachable",
            files=files,
            **{**PLAN, "first_day": "2026-08-21", "pass_mark": 60, "max_score": 50},
        )
        self.change("class_session", self.sessions["B2"], held_on="2026-07-14")
        late = {**PLAN, "last_day": "2026-09-04"}
        self.branch.refused(self.campaign, "submit", "window", files=files, **late)
        self.branch.step(self.campaign, "submit", files=files, **PLAN)
        director = self.desk("director")
        director.refused(self.campaign, "return", "reason_missing")
        director.step(self.campaign, "return", reason="Giảm kinh phí thuê hội trường")
        self.branch.refused(self.campaign, "submit", "evidence_stale:plan")
        again = {"plan": paper(DOCX, "Kế hoạch đào tạo, lần 2")}
        self.branch.step(self.campaign, "submit", files=again, cost=30_000_000)
        self.branch.refused(
            self.campaign,
            "approve",
            "role",
            "separation:submit",
            "evidence_missing:budget_opinion",
            "evidence_missing:plan_signed",
            status=403,
        )
        director.refused(
            self.campaign,
            "approve",
            "evidence_missing:budget_opinion",
            "evidence_missing:plan_signed",
        )
        self.attach("office", "budget_opinion", paper(PDF, "Ý kiến về kinh phí"))
        signed = {"plan_signed": paper(PDF, "Kế hoạch đã ký")}
        director.step(self.campaign, "approve", files=signed)

    def take_headcount(self) -> None:
        """The roster comes as a file; faulty ones leave nothing; afterwards it is frozen."""
        rows = [
            {"person": one.name, "unit": one.unit, "kind": KINDS[number % 3]}
            for number, one in enumerate(self.staff)
        ]
        files = {"headcount_list": paper(XLSX, "Danh sách nhân sự tại ngày chốt")}
        self.branch.refused(
            self.campaign,
            "open_enrol",
            "field_missing:snapshot_on",
            "evidence_missing:headcount_list",
            "condition:headcount_taken",
            "condition:snapshot_explained",
        )
        unknown = {"person": "Người không ai biết", "unit": "tdc", "kind": KINDS[0]}
        faults = self.send("headcount", [*rows, rows[4], unknown], expect=422)
        assert {fault["row"] for fault in faults["faults"]} >= {6, 123}
        assert self.branch.rows(self.campaign, "headcount") == []
        assert self.send("headcount", rows)["added"] == len(self.staff)
        again = self.branch.add(
            self.campaign,
            "headcount",
            expect=409,
            person=self.staff[0].id,
            unit=self.staff[0].unit,
            kind=KINDS[0],
        )
        assert keys_of(again) == ["not_unique:headcount"]
        self.branch.refused(
            self.campaign,
            "open_enrol",
            "condition:snapshot_has_been",
            files=files,
            snapshot_on="2026-07-07",
        )
        self.branch.step(self.campaign, "open_enrol", files=files, snapshot_on="2026-07-06")
        frozen = self.branch.add(
            self.campaign,
            "headcount",
            expect=409,
            person=self.stranger,
            unit="tdc",
            kind=KINDS[0],
        )
        assert frozen["code"] == "records_closed"
        assert "enrolment_open" in self.messages("unit_head_tdc")

    def enrol(self) -> None:
        """Each head places or excuses the people of the unit, and confirms."""
        notice = {"class_notice": paper(PDF, "Thông báo mở lớp")}
        self.branch.refused(
            self.campaign,
            "schedule",
            "evidence_missing:class_notice",
            "condition:everyone_placed",
            "condition:units_confirmed",
        )
        proposed = self.proposed("placement")
        assert len(proposed) == len(self.staff)
        of_another = self.desk("unit_head_tdc").add(
            self.campaign,
            "placement",
            expect=403,
            person=self.staff[0].id,
            unit=self.staff[0].unit,
            training_class=self.classes["A"],
        )
        assert keys_of(of_another) == ["unit"]
        for unit in UNITS:
            rows = [self.placed(number) for number in range(len(self.staff))]
            mine = [row for row in rows if row["unit"] == unit]
            self.send("placement", mine, by=f"unit_head_{unit}")
        self.branch.add(
            self.campaign,
            "placement",
            expect=422,
            person=self.staff[0].id,
            unit=self.staff[0].unit,
            training_class="no-class-of-ours",
        )
        outside = self.branch.add(
            self.campaign,
            "placement",
            person=self.stranger,
            unit="tdc",
            training_class=self.classes["A"],
        )
        for unit in UNITS[1:]:
            self.confirm(unit)
        self.branch.refused(
            self.campaign,
            "schedule",
            "condition:units_confirmed",
            "condition:everyone_in_snapshot",
            files=notice,
        )
        self.retire("placement", outside["id"])
        self.confirm(UNITS[0])
        twice = self.branch.add(
            self.campaign,
            "placement",
            person=self.staff[0].id,
            unit=self.staff[0].unit,
            training_class=self.classes["B"],
        )
        self.branch.refused(
            self.campaign,
            "schedule",
            "condition:placements_right",
            "condition:units_confirmed",
            files=notice,
        )
        self.retire("placement", twice["id"])
        # What two units confirmed is another list now: their heads are asked again.
        self.branch.refused(self.campaign, "schedule", "condition:units_confirmed", files=notice)
        assert "rows_voided" in self.messages(f"unit_head_{self.staff[0].unit}")
        assert len(self.proposed("unit_confirmation")) == 2
        for unit in ("tdc", self.staff[0].unit):
            self.confirm(unit)
        self.branch.step(self.campaign, "schedule", files=notice)

    def teach(self) -> None:
        """Attendance on a tick list; what cannot have been is refused at the latest at the end."""
        self.branch.refused(self.campaign, "start", "evidence_missing:materials")
        materials = {"materials": paper(PDF, "Tài liệu đào tạo")}
        self.move_clock("2026-07-13T08:00:00+07:00")
        self.branch.step(self.campaign, "start", files=materials)
        trainer = self.desk("trainer")
        trainer.add(
            self.campaign,
            "attendance",
            expect=422,
            person=self.staff[20].id,
            class_session="no-session-of-ours",
            present=True,
        )
        early = trainer.add(
            self.campaign,
            "attendance",
            person=self.staff[20].id,
            class_session=self.sessions["A2"],
            present=True,
        )
        self.hold("A1", "B1")
        self.branch.refused(
            self.campaign,
            "end_classes",
            "evidence_missing:attendance_list",
            "condition:all_held",
            "condition:all_listed",
            "condition:listed_when_held",
        )
        self.retire("attendance", early["id"], by="trainer")
        self.move_clock("2026-07-14T17:00:00+07:00")
        self.hold("A2", "B2")
        not_placed = trainer.add(
            self.campaign,
            "attendance",
            person=self.staff[1].id,
            class_session=self.sessions["A1"],
            present=True,
        )
        away = {one.name for one in self.staff if one.id in self.absent}
        lines = self.proposed("attendance", by="trainer")
        assert len(lines) == 2 * 118
        self.send("attendance", [ticked(line, away) for line in lines], by="trainer")
        signed = {"attendance_list": paper(PNG, "Danh sách điểm danh có chữ ký")}
        self.branch.refused(
            self.campaign, "end_classes", "condition:listed_when_placed", files=signed
        )
        self.retire("attendance", not_placed["id"], by="trainer")
        self.branch.step(self.campaign, "end_classes", files=signed)

    def grade(self) -> None:
        """Points for everyone present; nobody gets more than there are."""
        trainer = self.desk("trainer")
        above = trainer.add(
            self.campaign, "score", expect=422, person=self.staff[20].id, round=1, after=101
        )
        assert above["faults"][0]["code"] == "too_large"
        self.branch.refused(self.campaign, "grade", "evidence_missing:test", "condition:all_scored")
        self.branch.refused(
            self.campaign,
            "submit_report",
            "evidence_missing:score_list",
            "evidence_missing:report",
            "condition:graded",
            "condition:all_scored",
            "condition:everyone_explained",
        )
        absent = trainer.add(self.campaign, "score", person=self.stranger, round=1, after=90)
        lines = self.proposed("score", by="trainer")
        assert len(lines) == 111
        failing = {one.name for one in self.staff if one.id in self.failed}
        self.send("score", [scored(line, failing) for line in lines], by="trainer")
        tests = {"test": paper(PDF, "Bài kiểm tra, bảng điểm")}
        self.branch.refused(self.campaign, "grade", "condition:scores_of_learners", files=tests)
        self.retire("score", absent["id"], by="trainer")
        self.branch.step(self.campaign, "grade", files=tests)
        assert self.state() == "make_up"
        assert self.figure("objective_coverage") == (108, 120)
        self.kept_from_others()

    def kept_from_others(self) -> None:
        """Names and scores are for those who keep the case; a head reads the own unit."""
        auditor, trainer, head = (
            self.desk(name) for name in ("external_auditor", "trainer", "unit_head_tdc")
        )
        row = auditor.rows(self.campaign, "score")[0]
        assert (row["values"], row["withheld"]) == ({"round": 1}, ["after", "before", "person"])
        assert trainer.rows(self.campaign, "score")[0]["withheld"] == []
        places = self.rows(head, "placement")
        assert {r["values"]["unit"] for r in places if not r["withheld"]} == {"tdc"}
        assert {r["values"]["unit"] for r in places if r["withheld"]} == {*UNITS} - {"tdc"}
        assert self.proposed("exception", by="external_auditor") == []
        for name in ("enrolment_list", "training_report"):
            path = f"/instances/{self.campaign}/documents/{name}"
            assert auditor.get(path, expect=403)["code"] == "personal_data"

    def project(self) -> None:
        """In mid-August those who can still act hear how many will be missing, once."""
        assert self.flags() == []
        self.move_clock("2026-08-15T08:30:00+07:00")
        assert self.flags() == ["coverage_short"]
        for username in ("iso_secretary", "steering_head"):
            assert self.messages(username).count("coverage_short") == 1
        told = self.texts("steering_head", "coverage_short")
        assert "108/120" in told
        assert "12" in told
        concerned = {one.unit for one in self.staff if one.id in self.missing()}
        for unit in UNITS:
            heard = "unit_coverage_short" in self.messages(f"unit_head_{unit}")
            assert heard is (unit in concerned), unit
        assert self.figure("projected_coverage") == (108, 120)

    def make_up(self) -> None:
        """Only who was absent or failed; six and two of them are recovered."""
        self.branch.refused(
            self.campaign,
            "add_class",
            "evidence_missing:make_up_notice",
            "condition:somebody_placed",
        )
        self.add_class("C", 2)
        notice = {"make_up_notice": paper(PDF, "Thông báo lớp bù")}
        lines = self.proposed("placement")
        assert len(lines) == 10
        self.send_sheet("placement", lines)
        wrong = self.branch.add(
            self.campaign,
            "placement",
            person=self.staff[20].id,
            unit=self.staff[20].unit,
            training_class=self.classes["C"],
        )
        self.branch.refused(
            self.campaign,
            "add_class",
            "condition:only_outstanding",
            "condition:classes_have_sessions",
            files=notice,
        )
        self.retire("placement", wrong["id"])
        self.closed_before_make_up()
        self.add_session("C1", "C", "2026-08-18", "morning")
        assert self.figure("projected_coverage") == (118, 120)
        self.branch.step(self.campaign, "add_class", files=notice)
        assert self.state() == "delivering"
        self.move_clock("2026-08-18T17:00:00+07:00")
        self.hold("C1")
        self.closed("attendance", present=True)
        absent_again, failed_again = self.left
        names = {one.id: one.name for one in self.staff}
        self.send_sheet(
            "attendance",
            [ticked(line, {names[absent_again]}) for line in self.proposed("attendance")],
        )
        signed = {"attendance_list": paper(PNG, "Danh sách điểm danh lớp bù")}
        self.branch.step(self.campaign, "end_classes", files=signed)
        lines = self.proposed("score")
        assert len(lines) == 9
        self.closed("score", after=100)
        self.send_sheet("score", [scored(line, {names[failed_again]}) for line in lines])
        tests = {"test": paper(PDF, "Bài kiểm tra lớp bù")}
        self.branch.step(self.campaign, "grade", files=tests)
        assert self.state() == "make_up"

    def report(self) -> None:
        """Two exceptions by name, and nobody who needs none."""
        papers = {
            "score_list": paper(XLSX, "Tổng hợp kết quả"),
            "report": paper(DOCX, "Báo cáo kết quả đào tạo"),
        }
        self.branch.refused(
            self.campaign, "submit_report", "condition:everyone_explained", files=papers
        )
        lines = self.proposed("exception")
        assert len(lines) == 2
        self.send_sheet("exception", [explained(line) for line in lines])
        # A row is called by its person: who may not read that reads no name in a sheet either.
        told = str(self.proposed("exception_approval", by="external_auditor"))
        names = [one.name for one in self.staff if one.id in self.left]
        assert not [name for name in names if name in told]
        assert all(name in str(self.proposed("exception_approval")) for name in names)
        trained = self.branch.add(
            self.campaign,
            "exception",
            person=self.staff[20].id,
            unit=self.staff[20].unit,
            reason="Ghi nhầm",
            plan="Không",
        )
        self.branch.refused(
            self.campaign, "submit_report", "condition:exceptions_founded", files=papers
        )
        self.retire("exception", trained["id"])
        self.branch.step(self.campaign, "submit_report", files=papers, actual_cost=29_000_000)

    def sign(self) -> None:
        """Each exception is approved by itself; a returned report takes its approvals along."""
        director, clerk = self.desk("director"), self.desk("clerk")
        signed = {"report_signed": paper(PDF, "Báo cáo đã ký")}
        director.refused(
            self.campaign, "sign_report", "condition:exceptions_approved", files=signed
        )
        first, second = director.rows(self.campaign, "exception")
        director.add(self.campaign, "exception_approval", exception=first["id"])
        director.refused(
            self.campaign, "sign_report", "condition:exceptions_approved", files=signed
        )
        director.step(self.campaign, "return_report", reason="Nêu rõ cách đào tạo tiếp")
        # What was approved ends with the report that was returned.
        assert director.rows(self.campaign, "exception_approval") == []
        self.change("exception", first["id"], plan="Học bù ngày 15/10")
        self.branch.refused(
            self.campaign, "submit_report", "evidence_stale:report", "evidence_stale:score_list"
        )
        again = {
            "score_list": paper(XLSX, "Tổng hợp kết quả, lần 2"),
            "report": paper(DOCX, "Báo cáo kết quả đào tạo, lần 2"),
        }
        self.branch.step(self.campaign, "submit_report", files=again)
        director.add(self.campaign, "exception_approval", exception=first["id"])
        self.branch.add(self.campaign, "exception_approval", expect=403, exception=second["id"])
        director.refused(
            self.campaign, "sign_report", "condition:exceptions_approved", files=signed
        )
        director.add(self.campaign, "exception_approval", exception=second["id"])
        director.step(self.campaign, "sign_report", files=signed)
        clerk.refused(
            self.campaign,
            "issue_report",
            "condition:dated_after_signature",
            report_number="62/BC-SKHCN",
            report_date="2026-08-17",
        )
        clerk.step(
            self.campaign,
            "issue_report",
            report_number="62/BC-SKHCN",
            report_date="2026-08-18",
        )
        self.branch.refused(self.campaign, "accept", "role", "separation:submit_report", status=403)
        self.desk("steering_head").step(self.campaign, "accept")

    def check_effect(self) -> None:
        """A month later, unit by unit; a poor one gets its corrective action."""
        secretary = self.desk("iso_secretary")
        form = {"effect_form": paper(PDF, "Phiếu đánh giá hiệu lực")}
        secretary.refused(
            self.campaign, "check_effect", "not_before", "condition:all_units_checked", files=form
        )
        secretary.refused(self.campaign, "open_corrections", "condition:poor_unit_found")
        self.move_clock("2026-09-21T08:00:00+07:00")
        lines = self.proposed("effect", by="iso_secretary")
        assert len(lines) == len(UNITS)
        self.send("effect", [checked(unit) for unit in UNITS[1:]], by="iso_secretary")
        poor = secretary.add(self.campaign, "effect", **checked("office"), expect=201)
        self.change("effect", poor["id"], by="iso_secretary", conforming=11)
        self.change("effect", poor["id"], by="iso_secretary", poor=True)
        secretary.refused(
            self.campaign,
            "check_effect",
            "condition:effects_consistent",
            "condition:poor_units_corrected",
            files=form,
        )
        self.change("effect", poor["id"], by="iso_secretary", conforming=4)
        secretary.step(self.campaign, "open_corrections")
        (slip,) = secretary.instance(self.campaign)["children"]
        assert slip["process"] == "corrective_action"
        assert secretary.instance(slip["id"])["fields"]["unit"] == "office"
        # A draft that is thrown away leaves the unit as poor as it was: it is opened anew.
        self.desk("lead_auditor").step(slip["id"], "discard", reason="Ghi nhầm nội dung")
        secretary.refused(
            self.campaign, "check_effect", "condition:poor_units_corrected", files=form
        )
        secretary.step(self.campaign, "open_corrections")
        assert len(secretary.instance(self.campaign)["children"]) == 2
        secretary.step(self.campaign, "check_effect", files=form)

    def complete_campaign(self) -> str:
        """A small campaign that trains everybody: late classes, a course elsewhere; its id."""
        self.open()
        self.plan_late()
        self.teach_one()
        self.conclude()
        return self.campaign

    def plan_late(self) -> None:
        """A class in September is refused, until the Director waives the window."""
        self.branch.add(self.campaign, "need", unit="tdc", topic="Nhận thức chung", people=2)
        self.add_class("A", 1)
        self.add_session("A1", "A", "2026-09-07", "morning")
        files = {
            "needs_survey": paper(XLSX, "Nhu cầu"),
            "plan": paper(DOCX, "Kế hoạch đợt bổ sung"),
        }
        told = {**PLAN, "last_day": "2026-09-07", "max_score": 10}
        self.branch.refused(
            self.campaign,
            "submit",
            "window",
            "condition:sessions_in_window",
            files=files,
            **told,
        )
        director = self.desk("director")
        for gate in ("window", "condition:sessions_in_window"):
            waiver = {"gate": gate, "reason": "Hội trường sửa chữa", "until": "2026-09-30"}
            self.branch.post(f"/instances/{self.campaign}/waivers", waiver, expect=403)
            director.post(f"/instances/{self.campaign}/waivers", waiver)
        self.branch.step(self.campaign, "submit", files=files, **told)
        assert "waived:condition:sessions_in_window" in self.flags()
        self.attach("office", "budget_opinion", paper(PDF, "Ý kiến"))
        director.step(self.campaign, "approve", files={"plan_signed": paper(PDF, "Đã ký")})

    def teach_one(self) -> None:
        """Two people: one is taught by us, the other was elsewhere."""
        learner, elsewhere = self.staff[0], self.staff[1]
        self.send(
            "headcount",
            [
                {"person": one.id, "unit": one.unit, "kind": KINDS[0]}
                for one in (learner, elsewhere)
            ],
        )
        lists = {"headcount_list": paper(XLSX, "Danh sách")}
        self.branch.refused(
            self.campaign,
            "open_enrol",
            "condition:snapshot_explained",
            files=lists,
            snapshot_on="2026-07-06",
        )
        lines = self.proposed("headcount_difference")
        assert 0 < len(lines) == self.figure("snapshot_differences")[0]
        self.send_sheet(
            "headcount_difference", [{**line, "Lý do": "Học ở đợt chung tháng 7"} for line in lines]
        )
        self.branch.step(self.campaign, "open_enrol", files=lists, snapshot_on="2026-07-06")
        self.branch.add(
            self.campaign,
            "placement",
            person=learner.id,
            unit=learner.unit,
            training_class=self.classes["A"],
        )
        self.take_course(elsewhere)
        for unit in {learner.unit, elsewhere.unit}:
            self.confirm(unit)
        notice = {"class_notice": paper(PDF, "Thông báo")}
        self.branch.step(self.campaign, "schedule", files=notice)
        self.move_clock("2026-09-07T13:00:00+07:00")
        materials = {"materials": paper(PDF, "Tài liệu")}
        self.branch.step(self.campaign, "start", files=materials)
        self.hold("A1")
        self.tick(learner)
        lists = {"attendance_list": paper(PNG, "Điểm danh")}
        self.branch.step(self.campaign, "end_classes", files=lists)
        given = self.branch.add(self.campaign, "score", person=learner.id, round=1, after=11)
        tests = {"test": paper(PDF, "Bài kiểm tra")}
        self.branch.refused(self.campaign, "grade", "condition:scores_within_maximum", files=tests)
        self.change("score", given["id"], after=5)
        self.branch.step(self.campaign, "grade", files=tests)
        assert self.state() == "assessing"

    def tick(self, learner: Employee) -> None:
        """Write down that somebody is present."""
        self.desk("trainer").add(
            self.campaign,
            "attendance",
            person=learner.id,
            class_session=self.sessions["A1"],
            present=True,
        )

    def conclude(self) -> None:
        """Report, sign, number, accept; the effect a month later."""
        director, secretary = self.desk("director"), self.desk("iso_secretary")
        papers = {
            "score_list": paper(XLSX, "Kết quả"),
            "report": paper(DOCX, "Báo cáo đợt bổ sung"),
        }
        self.branch.step(self.campaign, "submit_report", files=papers)
        director.step(
            self.campaign, "sign_report", files={"report_signed": paper(PDF, "Báo cáo ký")}
        )
        self.desk("clerk").step(
            self.campaign,
            "issue_report",
            report_number="70/BC-SKHCN",
            report_date="2026-09-07",
        )
        director.step(self.campaign, "accept")
        self.move_clock("2026-10-12T08:00:00+07:00")
        for unit in {one.unit for one in self.staff[:2]}:
            secretary.add(self.campaign, "effect", **checked(unit))
        form = {"effect_form": paper(PDF, "Phiếu hiệu lực")}
        secretary.step(self.campaign, "check_effect", files=form)

    def take_course(self, who: Employee) -> None:
        """A course elsewhere counts once the branch has accepted its certificate."""
        head = self.desk(f"unit_head_{who.unit}")
        told = {"person": who.id, "unit": who.unit, "course": "Nhận thức ISO 9001"}
        days = {"from_day": "2026-06-01", "to_day": "2026-06-03"}
        number = "QUACERT 118/2026"
        head.add(self.campaign, "outside_course", expect=403, **told, **days, certificate=number)
        lacking = self.branch.add(self.campaign, "outside_course", expect=409, **told, **days)
        assert keys_of(lacking) == ["field_missing:certificate"]
        made = self.branch.add(self.campaign, "outside_course", **told, **days, certificate=number)
        notice = {"class_notice": paper(PDF, "Thông báo")}
        self.branch.refused(
            self.campaign,
            "schedule",
            "condition:everyone_placed",
            "condition:units_confirmed",
            files=notice,
        )
        accepted = {"outside_course": made["id"]}
        head.add(self.campaign, "course_acceptance", expect=403, **accepted)
        self.branch.add(self.campaign, "course_acceptance", **accepted)
        # What was accepted is this certificate; another one is looked at again.
        self.change("outside_course", made["id"], certificate="QUACERT 119/2026")
        assert self.branch.rows(self.campaign, "course_acceptance") == []
        assert "rows_voided" in self.messages("tdc_branch")
        self.branch.add(self.campaign, "course_acceptance", **accepted)

    def missing(self) -> tuple[str, ...]:
        """Who is not trained after the first round."""
        return (*self.absent, *self.failed, *self.exempt)

    def placed(self, number: int) -> Row:
        """The row that a head fills in for somebody: classes in turn, the last two exempt."""
        one = self.staff[number]
        if one.id in self.exempt:
            return {"person": one.id, "unit": one.unit, "training_class": "", "exempt": "maternity"}
        of_class = self.classes["AB"[number % 2]]
        return {"person": one.id, "unit": one.unit, "training_class": of_class, "exempt": ""}

    def confirm(self, unit: str) -> None:
        """The head of a unit confirms its list."""
        self.desk(f"unit_head_{unit}").add(
            self.campaign, "unit_confirmation", unit=unit, confirmed_on="2026-07-06"
        )

    def add_class(self, code: str, in_round: int) -> None:
        """A class of a round."""
        made = self.branch.add(self.campaign, "training_class", class_code=code, round=in_round)
        self.classes[code] = made["id"]

    def add_session(self, name: str, of_class: str, day: str, half: str) -> None:
        """A half day of a class."""
        made = self.branch.add(
            self.campaign,
            "class_session",
            training_class=self.classes[of_class],
            held_on=day,
            half=half,
            place="Hội trường tầng 3",
            hours="3.5",
        )
        self.sessions[name] = made["id"]

    def hold(self, *names: str) -> None:
        """Sessions are marked as held."""
        for name in names:
            self.change("class_session", self.sessions[name], held=True)

    def change(self, record_set: str, row: str, *, by: str = "tdc_branch", **values: Any) -> None:
        """Change a row as it stands."""
        desk = self.desk(by)
        found = next(one for one in self.rows(desk, record_set) if one["id"] == row)
        desk.change(self.campaign, record_set, found, **values)

    def closed_before_make_up(self) -> None:
        """Classes, sessions and places of the first round stand as they are."""
        self.closed("placement", unit="inspectorate")
        self.closed("class_session", place="Nơi khác")
        self.closed("training_class", class_code="A bis")

    def closed(self, record_set: str, **values: Any) -> None:
        """The first row, which is of the first round, can neither change nor go any more."""
        row = self.rows(self.branch, record_set)[0]
        answer = self.branch.change(self.campaign, record_set, row, expect=409, **values)
        assert keys_of(answer) == ["condition:round_open"], answer
        assert "lần đào tạo" in answer["unmet"][0]["message"], answer
        self.retire(record_set, row["id"], expect=409)

    def retire(
        self, record_set: str, row: str, *, by: str = "tdc_branch", expect: int = 204
    ) -> None:
        """Take a row back."""
        desk = self.desk(by)
        found = next(one for one in self.rows(desk, record_set) if one["id"] == row)
        answer = desk.http.delete(
            f"/api/v1/instances/{self.campaign}/records/{record_set}/{row}",
            headers={
                "Authorization": f"Bearer {desk.token}",
                "If-Match": f'"{found["version"]}"',
            },
        )
        assert answer.status_code == expect, answer.text

    def rows(self, desk: Desk, record_set: str) -> list[Any]:
        """The live rows of a set, all pages of them."""
        found: list[Any] = []
        more: dict[str, Any] = {"limit": 200}
        while more:
            page = desk.get(f"/instances/{self.campaign}/records/{record_set}", **more)
            found += page["items"]
            more = {"limit": 200, "cursor": page["next"]} if page["next"] else {}
        return found

    def attach(self, by: str, requirement: str, file: tuple[str, bytes]) -> None:
        """Attach a file for a requirement."""
        desk = self.desk(by)
        answer = desk.http.post(
            f"/api/v1/instances/{self.campaign}/evidence",
            data={"requirement": requirement},
            files={"file": file},
            headers={"Authorization": f"Bearer {desk.token}"},
        )
        assert answer.status_code == 201, answer.text

    def proposed(self, record_set: str, *, by: str = "tdc_branch") -> list[Row]:
        """The sheet that the campaign proposes: a mapping by heading for each row."""
        desk = self.desk(by)
        answer = desk.http.get(
            f"/api/v1/instances/{self.campaign}/records/{record_set}/template",
            params={"format": "csv", "proposed": "true"},
            headers={"Authorization": f"Bearer {desk.token}", "Accept-Language": "vi"},
        )
        assert answer.status_code == 200, answer.text
        text = answer.content.decode("utf-8-sig")
        found = csv.DictReader(io.StringIO(text), delimiter=";")
        # A star marks what may not be left out.
        return [{title.removesuffix(" *"): cell for title, cell in row.items()} for row in found]

    def send(
        self,
        record_set: str,
        rows: Iterable[Mapping[str, str]],
        *,
        by: str = "tdc_branch",
        expect: int = 200,
    ) -> Any:
        """Import rows from a CSV file."""
        found = list(rows)
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(found[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(found)
        desk = self.desk(by)
        answer = desk.http.post(
            f"/api/v1/instances/{self.campaign}/records/{record_set}/import",
            files={"file": ("danh sách.csv", text.getvalue().encode("utf-8-sig"))},
            headers={"Authorization": f"Bearer {desk.token}", "Accept-Language": "vi"},
        )
        assert answer.status_code == expect, (record_set, answer.status_code, answer.text)
        return answer.json()

    def send_sheet(self, record_set: str, rows: list[Row]) -> None:
        """Import a proposed sheet that was filled in, whole."""
        assert self.send(record_set, rows)["added"] == len(rows)

    def state(self) -> str:
        """Where the campaign stands."""
        found: str = self.branch.instance(self.campaign)["state"]
        return found

    def flags(self) -> list[str]:
        """The marks that the campaign carries."""
        found: list[str] = self.branch.instance(self.campaign)["flags"]
        return found

    def figure(self, name: str) -> tuple[int | None, int | None]:
        """A figure as it stands: numerator and denominator."""
        found = self.branch.get(f"/instances/{self.campaign}/figures")["items"]
        return next((f["numerator"], f["denominator"]) for f in found if f["name"] == name)

    def messages(self, username: str) -> list[str]:
        """What somebody was told, as codes."""
        return [told["message"] for told in self.desk(username).get("/inbox")["messages"]]

    def texts(self, username: str, message: str) -> str:
        """What somebody was told, as they read it."""
        found = self.desk(username).get("/inbox")["messages"]
        return " ".join(told["text"] for told in found if told["message"] == message)


def ticked(line: Row, away: set[str]) -> Row:
    """A line of a tick list: present, or not."""
    return {**line, "Có mặt": "không" if line["Họ và tên"] in away else "x"}


def scored(line: Row, failing: set[str]) -> Row:
    """A line of a list of results."""
    after = "40" if line["Họ và tên"] in failing else "80"
    return {**line, "Điểm trước khóa học": "30", "Điểm sau khóa học": after}


def explained(line: Row) -> Row:
    """A line of the list of exceptions."""
    return {**line, "Lý do": "Đi công tác dài ngày", "Cách đào tạo tiếp": "Học bù trong quý IV"}


def checked(unit: str) -> dict[str, Any]:
    """A unit whose dossiers are in order."""
    return {
        "unit": unit,
        "method": "dossier_sampling",
        "sampled": 10,
        "conforming": 10,
        "poor": False,
        "statement": "Hồ sơ được lập đúng quy trình",
    }
