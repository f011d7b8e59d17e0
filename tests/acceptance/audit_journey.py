"""The whole way of an internal audit, as the right people go it, over HTTP alone.

Three units, four nonconformities with their corrective actions, one of which fails twice; refused
at every gate on the way. Another audit is cancelled. Time is moved by the demonstration's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.acceptance.desk import Desk, keys_of
from tests.acceptance.papers import DOCX, PDF, PNG, XLSX, paper

UNITS = ("science_management", "planning_finance", "stats_center")
AUDITORS = ("internal_auditor_1", "internal_auditor_2", "internal_auditor_3")
CLAUSES = ["7.5", "9.2", "10.2"]


@dataclass(slots=True)
class Journey:
    """An office over HTTP.

    Attributes:
        desk: gives the desk of a user name.
        move_clock: goes on from an instant, such as `2026-07-14T08:00:00+07:00`.
    """

    desk: Callable[[str], Desk]
    move_clock: Callable[[str], None]
    audit: str = ""
    slots: list[Any] = field(default_factory=list)

    def person(self, username: str) -> str:
        """The opaque id of somebody."""
        return self.desk(username).person

    def closed_audit(self) -> str:
        """Take an audit from opening to `closed`; its id."""
        self.open()
        self.plan()
        self.prepare()
        self.go_on_site()
        self.report()
        self.follow_up()
        self.close()
        return self.audit

    def open(self) -> None:
        """Only the ISO secretary opens an audit."""
        told = {"process": "internal_audit", "title": "Đánh giá nội bộ năm 2026", "year": 2026}
        problem = self.desk("unit_head_stats_center").post("/instances", told, expect=403)
        assert keys_of(problem) == ["role"]
        secretary = self.desk("iso_secretary")
        self.audit = secretary.post("/instances", told)["id"]

    def plan(self) -> None:
        """Schedule, submit, be returned, submit again, be approved by somebody else."""
        secretary, director = self.desk("iso_secretary"), self.desk("director")
        for unit, auditor in zip(UNITS, AUDITORS, strict=True):
            secretary.add(
                self.audit,
                "slot",
                unit=unit,
                auditor=self.person(auditor),
                audit_date="2026-07-21",
                clauses=CLAUSES,
                procedures=["QT.05"],
                status="planned",
            )
        own_unit = secretary.add(
            self.audit,
            "slot",
            expect=403,
            unit="planning_finance",
            auditor=self.person("internal_auditor_1"),
            audit_date="2026-07-22",
            clauses=["7.5"],
            status="planned",
        )
        assert keys_of(own_unit) == ["own_unit:auditor"]
        secretary.refused(
            self.audit,
            "submit",
            *(
                f"field_missing:{name}"
                for name in (
                    "objectives",
                    "scope",
                    "criteria",
                    "units",
                    "clauses",
                    "procedures",
                    "lead_auditor",
                    "first_day",
                    "last_day",
                )
            ),
            "evidence_missing:programme",
            "evidence_missing:plan",
        )
        told: dict[str, Any] = {
            "objectives": "Đánh giá sự phù hợp và hiệu lực của hệ thống quản lý chất lượng",
            "scope": "Giải quyết thủ tục hành chính và công việc nội bộ",
            "criteria": "TCVN ISO 9001:2015; quy trình nội bộ",
            "units": list(UNITS),
            "clauses": CLAUSES,
            "procedures": ["QT.05"],
            "lead_auditor": self.person("lead_auditor"),
            "first_day": "2026-07-20",
            "last_day": "2026-07-24",
        }
        files = {
            "programme": paper(XLSX, "Chương trình đánh giá năm 2026"),
            "plan": paper(DOCX, "Kế hoạch đánh giá"),
        }
        secretary.refused(
            self.audit, "submit", "window", files=files, **{**told, "last_day": "2026-10-02"}
        )
        secretary.step(self.audit, "submit", files=files, **told)
        secretary.refused(
            self.audit,
            "approve",
            "role",
            "separation:submit",
            "evidence_missing:plan_signed",
            "evidence_missing:team_decision",
            status=403,
        )
        director.refused(self.audit, "return", "reason_missing")
        director.step(self.audit, "return", reason="Bổ sung mục tiêu về quy trình QT.05")
        secretary.refused(self.audit, "submit", "evidence_stale:plan")
        secretary.step(
            self.audit, "submit", files={"plan": paper(DOCX, "Kế hoạch đánh giá, lần 2")}
        )
        director.refused(
            self.audit, "approve", "evidence_missing:plan_signed", "evidence_missing:team_decision"
        )
        director.step(
            self.audit,
            "approve",
            files={
                "plan_signed": paper(PDF, "Kế hoạch đã ký"),
                "team_decision": paper(PDF, "Quyết định thành lập đoàn"),
            },
        )

    def prepare(self) -> None:
        """Notify in good time, acknowledge, write the checklists."""
        secretary, lead = self.desk("iso_secretary"), self.desk("lead_auditor")
        notice = {"notice": paper(PDF, "Thông báo đánh giá")}
        secretary.step(self.audit, "notify", files=notice)
        lead.refused(
            self.audit,
            "start_prep",
            "evidence_missing:assignment",
            "condition:units_have_acknowledged",
        )
        outsider = self.desk("unit_head_inspectorate")
        outsider.refused(self.audit, "acknowledge", "unit", status=403)
        for unit in UNITS:
            self.desk(f"unit_head_{unit}").step(self.audit, "acknowledge")
        assignment = {"assignment": paper(XLSX, "Phân công đánh giá viên")}
        lead.step(self.audit, "start_prep", files=assignment)
        self.slots = lead.rows(self.audit, "slot")
        self.move_clock("2026-07-20T08:00:00+07:00")
        lead.refused(
            self.audit,
            "open_site",
            "field_missing:opening_on",
            "evidence_missing:opening_minutes",
            "evidence_missing:opening_attendance",
            "condition:every_slot_has_a_checklist",
        )
        for slot, auditor in zip(self.slots, self._auditors(), strict=True):
            for clause in ("7.5", "9.2"):
                self.desk(auditor).add(
                    self.audit,
                    "checklist",
                    slot=slot["id"],
                    clause=clause,
                    question=f"Hồ sơ theo điều khoản {clause} có được lưu đầy đủ không?",
                )
        meeting = {
            "opening_minutes": paper(DOCX, "Biên bản họp khai mạc"),
            "opening_attendance": paper(PNG, "Danh sách dự họp khai mạc"),
        }
        lead.refused(
            self.audit,
            "open_site",
            "condition:meeting_held",
            files=meeting,
            opening_on="2026-07-22",
        )
        lead.step(self.audit, "open_site", files=meeting, opening_on="2026-07-20")

    def go_on_site(self) -> None:
        """Four nonconformities; every line answered, every slot done."""
        self.move_clock("2026-07-24T15:00:00+07:00")
        lead = self.desk("lead_auditor")
        told = ((0, "major", "7.5"), (0, "minor", "9.2"), (1, "minor", "7.5"), (2, "minor", "10.2"))
        for number, grade, clause in told:
            slot = self.slots[number]
            auditor = self._auditors()[number]
            self.desk(auditor).add(
                self.audit,
                "finding",
                slot=slot["id"],
                unit=slot["values"]["unit"],
                auditor=self.person(auditor),
                clause=clause,
                criterion=f"Điều khoản {clause} TCVN ISO 9001:2015",
                grade=grade,
                statement="Hồ sơ không được lưu theo quy trình",
                objective_evidence="Hồ sơ số 15/2026 thiếu phiếu kiểm soát",
                auditee_seen=True,
            )
        lead.refused(
            self.audit,
            "finish_site",
            "field_missing:closing_on",
            "evidence_missing:closing_minutes",
            "evidence_missing:closing_attendance",
            "condition:slots_finished",
            "condition:lines_answered",
        )
        for line in lead.rows(self.audit, "checklist"):
            lead.change(
                self.audit, "checklist", line, verdict="conform", evidence_ref="Sổ theo dõi 2026"
            )
        for slot in lead.rows(self.audit, "slot"):
            lead.change(self.audit, "slot", slot, status="done")
        lead.step(
            self.audit,
            "finish_site",
            files={
                "closing_minutes": paper(PDF, "Biên bản họp kết thúc"),
                "closing_attendance": paper(XLSX, "Danh sách dự họp kết thúc"),
            },
            closing_on="2026-07-24",
        )
        assert len(self.slips()) == 4

    def report(self) -> None:
        """Report, be returned, sign, number, issue the slips."""
        lead, director = self.desk("lead_auditor"), self.desk("director")
        told = {
            "conclusions": "Hệ thống được duy trì; cần khắc phục 4 điểm không phù hợp",
            "fulfilment": "Cơ bản đáp ứng chuẩn mực đánh giá",
            "distribution": ["Giám đốc Sở", "Ban Chỉ đạo ISO", "Các đơn vị được đánh giá"],
        }
        lead.refused(
            self.audit,
            "submit_report",
            "field_missing:conclusions",
            "field_missing:fulfilment",
            "field_missing:distribution",
            "evidence_missing:audit_report",
        )
        report = {"audit_report": paper(DOCX, "Báo cáo đánh giá nội bộ")}
        lead.step(self.audit, "submit_report", files=report, **told)
        director.step(self.audit, "return_report", reason="Làm rõ mức độ đáp ứng")
        lead.refused(self.audit, "submit_report", "evidence_stale:audit_report")
        again = {"audit_report": paper(DOCX, "Báo cáo đánh giá nội bộ, lần 2")}
        lead.step(self.audit, "submit_report", files=again)
        director.step(
            self.audit, "sign_report", files={"signed_report": paper(PDF, "Báo cáo đã ký")}
        )
        self.move_clock("2026-07-27T08:00:00+07:00")
        clerk, secretary = self.desk("clerk"), self.desk("iso_secretary")
        clerk.refused(
            self.audit, "issue_report", "field_missing:report_number", "field_missing:report_date"
        )
        clerk.step(
            self.audit, "issue_report", report_number="45/BC-SKHCN", report_date="2026-07-27"
        )
        problem = secretary.refused(self.audit, "issue_cars", "children")
        assert problem["unmet"][0]["params"]
        for slip in self.slips():
            form = {"slip_form": paper(PDF, f"Phiếu {slip['code']}")}
            secretary.step(slip["id"], "issue", files=form)
        secretary.step(self.audit, "issue_cars")

    def follow_up(self) -> None:
        """Three slips go through; one minor one fails twice and is issued anew."""
        major, *minors = sorted(self.slips(), key=lambda s: s["fields"]["grade"] != "major")
        failing = minors[0]
        self.until_verifying(major["id"], "steering_head")
        verifier = self._verifier(major)
        self.desk(verifier).step(major["id"], "confirm_done")
        for slip in minors[1:]:
            self.until_verifying(slip["id"], "lead_auditor")
            self._pass(slip)
        self.until_verifying(failing["id"], "lead_auditor")
        self._fail(failing, "Vẫn còn hồ sơ thiếu phiếu kiểm soát")
        assert self.state(failing["id"]) == "analysing"
        self.until_verifying(failing["id"], "lead_auditor", accept=False)
        self._fail(failing, "Tái diễn lần hai")
        assert self.state(failing["id"]) == "reissued"
        self.desk(verifier).refused(
            major["id"],
            "pass",
            "not_changed:effectiveness",
            "evidence_missing:effectiveness_form",
            "condition:effect_had_time",
        )
        self.move_clock("2026-09-10T08:00:00+07:00")
        self._pass(major)

    def close(self) -> None:
        """Closing is refused until the new slip is effective."""
        head, secretary = self.desk("steering_head"), self.desk("iso_secretary")
        summary = {"summary": paper(XLSX, "Tổng hợp kết quả khắc phục")}
        told = {"effectiveness_note": "Các hành động khắc phục có hiệu lực"}
        head.refused(self.audit, "close", "children", files=summary, **told)
        (new,) = [slip for slip in self.slips() if slip["final"] is None]
        secretary.step(new["id"], "issue", files={"slip_form": paper(PDF, "Phiếu mới")})
        head.refused(self.audit, "close", "children", files=summary, **told)
        self.until_verifying(new["id"], "lead_auditor")
        self._pass(new)
        head.step(self.audit, "close", files=summary, **told)
        assert self.state(self.audit) == "closed"

    def cancelled_audit(self) -> str:
        """Open an audit, postpone, resume and cancel it; its id."""
        secretary, director = self.desk("iso_secretary"), self.desk("director")
        told = {"process": "internal_audit", "title": "Đánh giá đột xuất", "year": 2026}
        audit: str = secretary.post("/instances", told)["id"]
        director.refused(
            audit,
            "postpone",
            "not_changed:resume_on",
            "not_changed:new_last_day",
            "reason_missing",
            "evidence_missing:postpone_decision",
        )
        director.step(
            audit,
            "postpone",
            reason="Trùng đợt thanh tra",
            files={"postpone_decision": paper(PDF, "Quyết định tạm hoãn")},
            resume_on="2026-09-01",
            new_last_day="2026-10-15",
        )
        director.step(audit, "resume")
        assert self.state(audit) == "draft"
        director.refused(audit, "cancel", "reason_missing", "evidence_missing:cancel_decision")
        director.step(
            audit,
            "cancel",
            reason="Gộp vào đợt đánh giá chung",
            files={"cancel_decision": paper(PDF, "Quyết định hủy")},
        )
        assert self.state(audit) == "cancelled"
        return audit

    def until_verifying(self, slip: str, approver: str, *, accept: bool = True) -> None:
        """Take a slip from `issued` (or `analysing`) to `verifying`, refused where it should be."""
        unit = self.desk("iso_secretary").instance(slip)["fields"]["unit"]
        head = self.desk(f"unit_head_{unit}")
        if accept:
            head.step(slip, "accept")
        told = {
            "cause": "Chưa có bước kiểm tra trước khi lưu hồ sơ",
            "action": "Bổ sung bước kiểm tra vào quy trình và tập huấn",
            "planned_on": head.get("/me")["now"][:10],
            "correction": "Bổ sung phiếu kiểm soát cho hồ sơ",
            "owner": head.person,
            "look_across": "Đã rà soát 20 hồ sơ cùng loại",
            "risks_updated": True,
        }
        form = {"plan_form": paper(PDF, f"Nguyên nhân và biện pháp {slip} {accept}")}
        head.refused(
            slip,
            "submit_plan",
            "condition:cause_goes_deeper",
            files=form,
            **told,
            cause_codes=["personal_carelessness"],
        )
        head.step(slip, "submit_plan", files=form, **told, cause_codes=["procedure"])
        self.desk(approver).step(slip, "approve_plan")
        lacking = "evidence_missing:proof" if accept else "evidence_stale:proof"
        head.refused(slip, "report_done", "not_changed:result", lacking)
        head.step(
            slip,
            "report_done",
            files={"proof": paper(PNG, f"Ảnh hồ sơ đã bổ sung {slip} {accept}")},
            result="Đã bổ sung và tập huấn",
        )
        found = self.desk("iso_secretary").instance(slip)
        sheet = {"verification_sheet": paper(XLSX, f"Phiếu kiểm tra xác nhận {slip} {accept}")}
        self.desk(self._verifier(found)).step(slip, "verify", files=sheet)

    def slips(self) -> list[Any]:
        """The corrective actions of the audit, whole."""
        secretary = self.desk("iso_secretary")
        children = secretary.instance(self.audit)["children"]
        return [secretary.instance(child["id"]) for child in children]

    def state(self, instance_id: str) -> str:
        """The present state of an instance."""
        found: str = self.desk("iso_secretary").instance(instance_id)["state"]
        return found

    def _auditors(self) -> list[str]:
        """The auditor of each slot, by user name, in the order of the slots."""
        by_person = {self.person(name): name for name in AUDITORS}
        return [by_person[slot["values"]["auditor"]] for slot in self.slots]

    def _verifier(self, slip: Any) -> str:
        """An auditor of the team who does not belong to the unit."""
        own = {"planning_finance": "internal_auditor_1"}
        return next(a for a in AUDITORS if a != own.get(slip["fields"]["unit"]))

    def _pass(self, slip: Any) -> None:
        self.desk(self._verifier(slip)).step(
            slip["id"],
            "pass",
            files={"effectiveness_form": paper(PDF, f"Đánh giá hiệu lực {slip['code']}")},
            effectiveness="Không còn hồ sơ thiếu phiếu kiểm soát",
        )

    def _fail(self, slip: Any, why: str) -> None:
        self.desk(self._verifier(slip)).step(
            slip["id"],
            "fail",
            reason=why,
            files={"effectiveness_form": paper(PDF, f"Không đạt {slip['code']} {why}")},
            failure="ineffective",
        )
