"""The year-end review, as the right people go it, over HTTP alone: from the call to next year.

Four units report on their own: one late and never, one sent back. A report comes after the cut-off.
The first meeting has no quorum. Nine decisions, eight carried out, one carried over. Refused at
every gate on the way. Time is moved by the demonstration's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.acceptance.desk import Desk, keys_of
from tests.acceptance.papers import DOCX, PDF, XLSX, paper

REPORTING = ("office", "planning_finance", "tdc", "stats_center")
WRITTEN = ("feedback", "providers", "resource_adequacy", "risk_actions")
GATHERED = {
    "objectives_reached",
    "process_performance",
    "nonconformities",
    "audit_results",
    "context_changes",
    "improvement_chances",
}
UNMET = {"2.2": "decision", "7": "corrective_action"}
CARRIED = "Rà soát, ban hành lại quy trình nội bộ"
DECISIONS = (
    ("improvement", "Rút ngắn thời gian giải quyết thủ tục hành chính"),
    ("improvement", "Công khai kết quả giải quyết hằng tuần"),
    ("improvement", "Lấy ý kiến người dân qua mã QR"),
    ("qms_change", CARRIED),
    ("qms_change", "Bổ sung biểu mẫu kiểm soát hồ sơ"),
    ("qms_change", "Cập nhật danh mục tài liệu bên ngoài"),
    ("resource", "Bố trí thêm máy quét cho Bộ phận Một cửa"),
    ("resource", "Bồi dưỡng hai đánh giá viên nội bộ"),
    ("resource", "Nâng cấp phần mềm lưu trữ"),
)


@dataclass(slots=True)
class ReviewJourney:
    """An office over HTTP, in the months of its review.

    Attributes:
        desk: gives the desk of a user name.
        many: the desk at which somebody enters many rows at once, as a sheet.
        move_clock: goes on from an instant, such as `2026-11-18T08:00:00+07:00`.
        plan_rows: codes of the rows of the plan that are carried out.
    """

    desk: Callable[[str], Desk]
    many: Callable[[str], Desk]
    move_clock: Callable[[str], None]
    plan_rows: tuple[str, ...]
    review: str = ""
    reports: dict[str, str] = field(default_factory=dict)

    def closed_review(self) -> str:
        """Take a review from opening to `closed`; its id."""
        self.open()
        self.call()
        self.collect()
        self.freeze()
        self.adjust()
        self.send_dossier()
        self.adjourn()
        self.meet()
        self.sign()
        self.issue()
        self.track()
        self.close()
        return self.review

    def open(self) -> None:
        """Only the ISO secretary opens a review."""
        self.move_clock("2026-10-12T08:00:00+07:00")
        told = {"process": "steering_review", "title": "Tổng kết năm 2026", "year": 2026}
        problem = self.desk("unit_head_stats_center").post("/instances", told, expect=403)
        assert keys_of(problem) == ["role"]
        self.review = self.desk("iso_secretary").post("/instances", told)["id"]

    def call(self) -> None:
        """The outline is approved by somebody else; every unit is asked."""
        secretary, head = self.desk("iso_secretary"), self.desk("steering_head")
        told = {"meeting_on": "2026-11-18", "place": "Phòng họp tầng 2", "agenda": "12 nội dung"}
        notice = {"meeting_notice": paper(PDF, "Thông báo họp")}
        secretary.refused(
            self.review,
            "call",
            "evidence_missing:outline",
            "condition:outline_approved",
            "condition:all_units_asked",
            "condition:meeting_ahead",
            files=notice,
            **{**told, "meeting_on": "2026-10-09"},
        )
        outline = {"outline": paper(DOCX, "Đề cương báo cáo")}
        secretary.refused(self.review, "approve_outline", "role", status=403, files=outline)
        head.step(self.review, "approve_outline", files=outline)
        assert len(self.many("iso_secretary").proposed(self.review, "unit_input")) == len(
            self._units()
        )
        self.many("iso_secretary").fill(
            self.review, "unit_input", self._asked(year=2026, alone=REPORTING)
        )
        secretary.step(self.review, "call", files=notice, **told)
        for child in secretary.instance(self.review)["children"]:
            found = secretary.instance(child["id"])
            self.reports[found["fields"]["unit"]] = child["id"]
        assert set(self.reports) == set(REPORTING)

    def collect(self) -> None:
        """Three units report, one of them twice; the fourth is named and told upwards."""
        secretary = self.desk("iso_secretary")
        self.move_clock("2026-11-04T08:00:00+07:00")
        for unit in REPORTING[:3]:
            self.report(unit)
        returned = self.reports["planning_finance"]
        secretary.refused(returned, "return", "reason_missing")
        secretary.step(returned, "return", reason="Thiếu nguyên nhân chưa đạt")
        head = self.desk("unit_head_planning_finance")
        head.refused(returned, "submit", "evidence_stale:report", "evidence_stale:dataset")
        head.step(returned, "submit", files=_report_files("lần 2"))
        for unit in REPORTING[:3]:
            secretary.step(self.reports[unit], "accept")
        late = self.reports["stats_center"]
        obstacle = "Chưa có số liệu của đơn vị cung cấp phần mềm"
        self.desk("unit_head_stats_center").step(late, "report_obstacle", reason=obstacle)
        secretary.refused(late, "name_missing", "not_before", "reason_missing")
        self.move_clock("2026-11-12T08:00:00+07:00")
        files = {"unit_data": paper(XLSX, "Số liệu tổng hợp")}
        secretary.refused(self.review, "freeze", "children", files=files, cut_off="2026-11-10")
        secretary.step(late, "name_missing", reason="Đã đôn đốc hai lần")
        told = [item["text"] for item in self._told("director")]
        assert any("chưa gửi báo cáo" in text for text in told), told

    def report(self, unit: str) -> None:
        """A unit reports on every row that it leads; refused while one is missing."""
        head, report = self.desk(f"unit_head_{unit}"), self.reports[unit]
        head.refused(report, "submit", "condition:rows_measured", files=_report_files(unit))
        rows = [
            {
                "row": code,
                "target": "100 %",
                "actual": "90 %" if code in UNMET else "100 %",
                "met": "no" if code in UNMET else "yes",
            }
            for code in self.plan_rows
        ]
        self.many(f"unit_head_{unit}").fill(report, "row_result", rows)
        head.refused(report, "submit", "condition:causes_given", files=_report_files(unit))
        for row in head.rows(report, "row_result"):
            if not row["values"]["met"]:
                head.change(report, "row_result", row, cause="Thiếu biên chế")
        head.step(report, "submit", files=_report_files(unit))

    def freeze(self) -> None:
        """The data are frozen with their cut-off, and the pack has gathered itself."""
        secretary = self.desk("iso_secretary")
        files = {"unit_data": paper(XLSX, "Số liệu tổng hợp")}
        secretary.refused(
            self.review, "freeze", "condition:cut_off_reached", files=files, cut_off="2026-11-30"
        )
        secretary.step(self.review, "freeze", files=files, cut_off="2026-11-10")
        assert {row["values"]["topic"] for row in self.gathered()} >= GATHERED

    def adjust(self) -> None:
        """The late unit reports after all: beside the frozen figures, never in them."""
        frozen = self.gathered()
        head = self.desk("unit_head_stats_center")
        told = {"row": "6.1", "actual": "Đã vận hành", "why": "Hoàn thành sau ngày chốt"}
        foreign = head.add(self.review, "adjustment", expect=403, unit="tdc", **told)
        assert keys_of(foreign) == ["unit"]
        head.add(self.review, "adjustment", unit="stats_center", **told)
        (row,) = head.rows(self.review, "adjustment")
        head.refused(self.review, "enter_adjustment", "evidence_missing:adjustment_file")
        secretary = self.desk("iso_secretary")
        self.many("iso_secretary").attach(
            self.review, "adjustment_file", paper(PDF, "Báo cáo gửi sau"), row=row["id"]
        )
        secretary.step(self.review, "enter_adjustment")
        assert self.gathered() == frozen

    def send_dossier(self) -> None:
        """Refused while a section is blank, by name; sent three working days before."""
        secretary = self.desk("iso_secretary")
        files = {
            "review_dossier": paper(PDF, "Tài liệu họp"),
            "open_car_list": paper(XLSX, "Phiếu khắc phục đang mở"),
        }
        problem = secretary.refused(
            self.review,
            "send_dossier",
            *(f"condition:has_{topic}" for topic in self.blank()),
            "condition:results_consolidated",
            files=files,
        )
        assert any("c1) " in unmet["message"] for unmet in problem["unmet"])
        for number, topic in enumerate(self.blank()):
            said = {"nothing_arose": True} if number == 0 else {"content": "Đã rà soát, phù hợp"}
            secretary.add(self.review, "review_input", item=topic, **said)
        rows = [
            {
                "row": code,
                "target": "100 %",
                "actual": "90 %" if code in UNMET else "100 %",
                "source": "Báo cáo của đơn vị",
                "estimated": "95 %",
                "expected": "will_not_be_met" if code == "7" else "will_be_met",
            }
            for code in self.plan_rows
        ]
        self.many("iso_secretary").fill(self.review, "objective_result", rows)
        secretary.step(self.review, "send_dossier", files=files)

    def adjourn(self) -> None:
        """Two of five members are there: no quorum, a new day."""
        self.move_clock("2026-11-18T08:30:00+07:00")
        head = self.desk("steering_head")
        head.refused(
            self.review,
            "adjourn",
            "condition:attendance_known",
            "condition:new_day_ahead",
            "not_changed:meeting_on",
            "reason_missing",
            "evidence_missing:attendance_list",
        )
        there = {"steering_head", "steering_member", "director"}
        rows = [
            {
                "person": self.desk(name).person,
                "member": "no" if name == "director" else "yes",
                "present": "yes" if name in there else "no",
            }
            for name in (*self._committee(), "director")
        ]
        self.many("iso_secretary").fill(self.review, "attendee", rows)
        listed = {"attendance_list": paper(PDF, "Danh sách dự họp lần 1")}
        head.refused(
            self.review,
            "open_meeting",
            "condition:quorum_there",
            files=listed,
            held_on="2026-11-18",
            chair=head.person,
        )
        head.step(
            self.review,
            "adjourn",
            files=listed,
            reason="Vắng ba thành viên đi công tác",
            meeting_on="2026-11-20",
        )

    def meet(self) -> None:
        """A chair from outside is refused; fourteen conclusions, nine decisions."""
        self.move_clock("2026-11-20T08:30:00+07:00")
        head, secretary = self.desk("steering_head"), self.desk("iso_secretary")
        for row in secretary.rows(self.review, "attendee"):
            if not row["values"]["present"]:
                secretary.change(self.review, "attendee", row, present=True)
        listed = {"attendance_list": paper(PDF, "Danh sách dự họp lần 2")}
        outsider = self.desk("unit_head_inspectorate").person
        head.refused(
            self.review,
            "open_meeting",
            "condition:member_chairs",
            "condition:quorum_there",
            files=listed,
            held_on="2026-11-20",
            chair=outsider,
        )
        head.step(
            self.review, "open_meeting", files=listed, held_on="2026-11-20", chair=head.person
        )
        minutes = {"minutes": paper(DOCX, "Dự thảo biên bản")}
        told = {"conclusion_qms": "HTQLCL phù hợp, có hiệu lực", "conclusion_5": "Đạt 5.1, 5.2"}
        secretary.refused(
            self.review,
            "end_meeting",
            "condition:all_concluded",
            "condition:outputs_complete",
            files=minutes,
            **told,
        )
        concluded = self._conclude()
        nameless = secretary.add(
            self.review,
            "decision",
            expect=409,
            kind="resource",
            wording="Mua sắm thiết bị",
            unit="office",
            due_on="2026-12-15",
            resource="Dự toán 2027",
        )
        assert keys_of(nameless) == ["field_missing:owner"]
        for kind, wording in DECISIONS[1:]:
            self._decide(kind, wording)
        secretary.refused(
            self.review, "end_meeting", "condition:unmet_followed_up", files=minutes, **told
        )
        self._decide(*DECISIONS[0], about=concluded["2.2"])
        secretary.step(self.review, "end_meeting", files=minutes, hours="8h30 - 11h00", **told)

    def sign(self) -> None:
        """Chair and secretary sign, two steps of two people; the Director sends back once."""
        head, secretary = self.desk("steering_head"), self.desk("iso_secretary")
        report = {"report": paper(DOCX, "Báo cáo tổng kết")}
        secretary.refused(
            self.review,
            "submit",
            "approval:minutes_by_chair",
            "approval:minutes_by_secretary",
            "condition:chair_signed",
            "condition:secretary_signed",
            "evidence_missing:minutes_signed",
            files=report,
        )
        signed = {"minutes_signed": paper(PDF, "Biên bản đã ký")}
        self.desk("steering_member").refused(
            self.review, "sign_minutes", "guard:chair_signs_minutes", files=signed
        )
        head.step(self.review, "sign_minutes", files=signed)
        secretary.step(self.review, "countersign_minutes")
        secretary.step(self.review, "submit", files=report)
        director = self.desk("director")
        director.refused(self.review, "return", "reason_missing")
        director.step(self.review, "return", reason="Bổ sung ước cả năm")
        secretary.refused(self.review, "submit", "evidence_stale:report")
        secretary.step(
            self.review, "submit", files={"report": paper(DOCX, "Báo cáo tổng kết, lần 2")}
        )

    def issue(self) -> None:
        """Signed, numbered and issued in November; the slip for the unmet row is opened."""
        self.move_clock("2026-11-26T08:00:00+07:00")
        signed = {"report_signed": paper(PDF, "Báo cáo tổng kết đã ký")}
        self.desk("iso_secretary").refused(
            self.review,
            "sign_report",
            "role",
            "separation:submit",
            "evidence_missing:report_signed",
            status=403,
        )
        self.desk("director").step(self.review, "sign_report", files=signed)
        clerk = self.desk("clerk")
        clerk.refused(
            self.review,
            "issue_report",
            "condition:report_dated",
            report_number="88/BC-BCĐ",
            report_date="2026-11-25",
        )
        clerk.step(self.review, "issue_report", report_number="88/BC-BCĐ", report_date="2026-11-26")

    def track(self) -> None:
        """Nine decisions are handed out; eight are carried out and proved."""
        secretary = self.desk("iso_secretary")
        secretary.refused(self.review, "track", "evidence_missing:task_list")
        secretary.step(self.review, "track", files={"task_list": paper(XLSX, "Bảng giao việc")})
        tasks = self.tasks()
        assert len(tasks) == len(DECISIONS)
        self.move_clock("2026-12-14T08:00:00+07:00")
        head = self.desk("unit_head_office")
        for task in tasks:
            head.step(task["id"], "accept")
            if task["title"] == CARRIED:
                continue
            head.refused(
                task["id"], "report_result", "field_missing:result", "evidence_missing:proof"
            )
            head.step(
                task["id"],
                "report_result",
                files={"proof": paper(PDF, f"Kết quả {task['code']}")},
                result="Đã hoàn thành",
            )
            secretary.step(task["id"], "confirm")

    def close(self) -> None:
        """Refused over the open decision; it is carried into next year, and the review ends."""
        self.move_clock("2026-12-28T08:00:00+07:00")
        head = self.desk("steering_head")
        summary = {"summary": paper(XLSX, "Tổng hợp thực hiện kết luận")}
        head.refused(self.review, "close", "children", files=summary)
        (open_,) = [task for task in self.tasks() if task["final"] is None]
        note = {"carry_over_note": paper(PDF, "Chuyển sang kế hoạch năm 2027")}
        why = "Chờ quy định mới của Bộ"
        head.refused(
            open_["id"],
            "carry_over",
            "condition:next_year",
            "condition:new_day",
            files=note,
            reason=why,
            carried_to=2028,
            carried_due="2026-12-31",
        )
        told = {"carried_to": 2027, "carried_due": "2027-03-31"}
        head.step(open_["id"], "carry_over", files=note, reason=why, **told)
        results = self.desk("iso_secretary").rows(self.review, "objective_result")
        told = {"actual": "100 %", "reached": "yes", "source": "Báo cáo tháng 01"}
        rows = [{"about": row["id"], **told} for row in results]
        self.many("iso_secretary").fill(self.review, "year_result", rows)
        head.step(self.review, "close", files=summary)

    def next_review(self) -> str:
        """The review of the year after, frozen without reports of units; its id."""
        self.move_clock("2027-10-11T08:00:00+07:00")
        secretary, head = self.desk("iso_secretary"), self.desk("steering_head")
        told = {"process": "steering_review", "title": "Tổng kết năm 2027", "year": 2027}
        self.review = secretary.post("/instances", told)["id"]
        head.step(self.review, "approve_outline", files={"outline": paper(DOCX, "Đề cương 2027")})
        self.many("iso_secretary").fill(self.review, "unit_input", self._asked(year=2027))
        secretary.step(
            self.review,
            "call",
            files={"meeting_notice": paper(PDF, "Thông báo họp 2027")},
            meeting_on="2027-11-18",
            place="Phòng họp tầng 2",
            agenda="12 nội dung",
        )
        secretary.step(
            self.review,
            "freeze",
            files={"unit_data": paper(XLSX, "Số liệu 2027")},
            cut_off="2027-10-11",
        )
        return self.review

    def gathered(self, topic: str | None = None) -> list[Any]:
        """What the house froze, of one section or of all."""
        rows = self.desk("iso_secretary").rows(self.review, "gathered")
        return [row for row in rows if topic in {None, row["values"]["topic"]}]

    def blank(self) -> list[str]:
        """Sections that nothing was gathered for, in the order of the definition."""
        told = {row["values"]["topic"] for row in self.gathered()}
        written = {
            row["values"]["item"]
            for row in self.desk("iso_secretary").rows(self.review, "review_input")
        }
        choices = self.desk("iso_secretary").get("/definitions/steering_review")
        topics = choices["definition"]["records"]["review_input"]["columns"]["item"]["choices"]
        return [topic for topic in topics if topic not in told | written]

    def tasks(self) -> list[Any]:
        """The decisions that are followed up, whole."""
        return [child for child in self.children() if child["process"] == "review_decision"]

    def children(self) -> list[Any]:
        """Every child of the review, whole."""
        secretary = self.desk("iso_secretary")
        found = secretary.instance(self.review)["children"]
        return [secretary.instance(child["id"]) for child in found]

    def figures(self) -> dict[str, tuple[int | None, int | None]]:
        """Name → numerator and denominator of every figure."""
        items = self.desk("external_auditor").get(f"/instances/{self.review}/figures")["items"]
        return {item["name"]: (item["numerator"], item["denominator"]) for item in items}

    def _conclude(self) -> dict[str, str]:
        """Conclude on every row; row of the plan → id of its conclusion."""
        results = {
            row["id"]: row["values"]["row"]
            for row in self.desk("iso_secretary").rows(self.review, "objective_result")
        }
        rows = []
        for result, code in results.items():
            follow_up = UNMET.get(code, "")
            corrected = follow_up == "corrective_action"
            rows.append(
                {
                    "about": result,
                    "outcome": "not_met" if follow_up else "met",
                    "follow_up": follow_up,
                    "unit": "innovation_center" if corrected else "",
                    "statement": "Chưa ban hành kế hoạch" if corrected else "",
                }
            )
        secretary = self.many("iso_secretary")
        secretary.fill(self.review, "objective_conclusion", rows)
        return {
            results[row["values"]["about"]]: row["id"]
            for row in secretary.rows(self.review, "objective_conclusion")
        }

    def _decide(self, kind: str, wording: str, **more: Any) -> None:
        self.desk("steering_head").add(
            self.review,
            "decision",
            kind=kind,
            wording=wording,
            unit="office",
            owner=self.desk("unit_head_office").person,
            due_on="2026-12-15",
            resource="Không phát sinh kinh phí",
            **more,
        )

    def _asked(self, *, year: int, alone: tuple[str, ...] = ()) -> list[dict[str, str]]:
        """A row for every unit; those that do not report alone with the reason."""
        return [
            {
                "unit": unit,
                "due_on": f"{year}-11-10",
                "asked": "yes" if unit in alone else "no",
                "why": "" if unit in alone else "Số liệu nằm trong báo cáo của Văn phòng",
            }
            for unit in self._units()
        ]

    def _units(self) -> tuple[str, ...]:
        """The units that somebody heads."""
        return (
            *REPORTING,
            "one_stop",
            "science_management",
            "technology_management",
            "special_management",
            "inspectorate",
            "tdc_one_stop",
            "testing_center",
            "innovation_center",
        )

    def _committee(self) -> tuple[str, ...]:
        return (
            "steering_head",
            "deputy_director",
            "steering_member",
            "unit_head_office",
            "unit_head_tdc",
        )

    def _told(self, username: str) -> list[Any]:
        """What somebody was told by the house, newest first."""
        found: list[Any] = self.desk(username).get("/inbox")["messages"]
        return found


def _report_files(words: str) -> dict[str, tuple[str, bytes]]:
    return {
        "report": paper(DOCX, f"Báo cáo của đơn vị {words}"),
        "dataset": paper(XLSX, f"Số liệu {words}"),
    }
