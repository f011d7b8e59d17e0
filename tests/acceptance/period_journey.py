"""A quarter of late dossiers, week by week over HTTP: exports, cases, reviews, the Director's word.

One dossier goes each way: returned in time, re-appointed, lapsed up to its closing, excluded,
stopped, three of one cause. One week has nothing to tell, one is merged, one begins with a dossier
that the desk entered late. Refused at every gate on the way.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.acceptance.desk import Desk, keys_of
from tests.acceptance.papers import PDF, XLSX, paper
from tests.acceptance.quarter_of_dossiers import Fate, WorkingDays, export

CAUSE = {
    "cause": "slow_signing",
    "cause_nature": "subjective",
    "lost_stage": "signing",
}


def calendar_of(desk: Desk) -> WorkingDays:
    """The working days of the office, by the days that it tells."""
    days = desk.get("/holidays", limit=200)["items"]
    return WorkingDays(
        off=frozenset(date.fromisoformat(each["day"]) for each in days if each["kind"] == "off"),
        made_up=frozenset(
            date.fromisoformat(each["day"]) for each in days if each["kind"] != "off"
        ),
    )


@dataclass(slots=True)
class PeriodJourney:
    """An office over HTTP, in a quarter of its dossiers.

    Attributes:
        desk: gives the desk of a user name.
        move_clock: goes on from an instant, such as `2026-08-07T10:00:00+07:00`.
        carry_out: lets the background do what waits.
        fates: what becomes of every dossier.
        reviews: name of a period → its review.
    """

    desk: Callable[[str], Desk]
    move_clock: Callable[[str], None]
    carry_out: Callable[[], int]
    fates: tuple[Fate, ...]
    reviews: dict[str, str] = field(default_factory=dict)
    today: date = date(2026, 7, 6)

    def go_to(self, day: date, *, hour: int = 10) -> None:
        """Go on to the morning of a day."""
        self.today = day
        self.move_clock(f"{day.isoformat()}T{hour:02}:00:00+07:00")

    def bring_export(self) -> Any:
        """The desk hands in its export of today, and the house reads it."""
        one_stop = self.desk("one_stop")
        answer = one_stop.http.post(
            "/api/v1/dossiers/import",
            data={"source": "Một cửa điện tử"},
            files={"file": (f"{self.today}.csv", export(self.fates, self.today).encode())},
            headers={"Authorization": f"Bearer {one_stop.token}"},
        )
        assert answer.status_code == 202, answer.text
        self.carry_out()
        path = answer.headers["location"].removeprefix("/api/v1")
        job = one_stop.get(path)
        assert job["state"] == "done", job
        assert job["counts"]["faulty"] == 0, one_stop.get(f"{path}/faults")
        return job["counts"]

    def review_of(self, period: str) -> str:
        """The review of a period, which the house has opened."""
        if period not in self.reviews:
            found = self.desk("office").get(
                "/instances", process="overdue_period_review", limit=200
            )["items"]
            for item in found:
                whole = self.desk("office").instance(item["id"])
                self.reviews[whole["period"]] = item["id"]
        return self.reviews[period]

    def freeze(self, period: str, *, refused_for: tuple[str, ...] = ()) -> str:
        """The Office lists the units and freezes the numbers of today."""
        office, review = self.desk("office"), self.review_of(period)
        rows = office.proposed(review, "unit_scope")
        if rows:
            office.fill(review, "unit_scope", rows)
        files = {
            "dossier_list": paper(XLSX, f"Danh sách {period}"),
            "reconciliation": paper(PDF, f"Đối chiếu {period}"),
        }
        cut_off = {"cut_off": f"{self.today.isoformat()}T10:00:00+07:00"}
        if refused_for:
            office.refused(review, "freeze", *refused_for, files=files, **cut_off)
            return review
        office.step(review, "freeze", files=files, **cut_off)
        return review

    def lines(self, period: str) -> dict[str | None, dict[str, int]]:
        """The frozen numbers of a review: unit → name → number; the whole under None."""
        rows = self.desk("external_auditor").rows(self.review_of(period), "snapshot_line")
        return {row["values"].get("unit"): row["values"] for row in rows}

    def late_codes(self, period: str) -> set[str]:
        """The dossiers that a review froze as late."""
        rows = self.desk("external_auditor").rows(self.review_of(period), "snapshot_dossier")
        return {row["values"]["dossier_code"] for row in rows if row["values"]["late"]}

    def case_of(self, code: str) -> str:
        """The case of a dossier."""
        (found,) = self.desk("one_stop").get("/dossiers", code=code)["items"]
        return str(found["case"])

    def state_of(self, code: str) -> str:
        """Where the case of a dossier stands."""
        return str(self.desk("one_stop").instance(self.case_of(code))["state"])

    def extend(self, code: str, unit: str, new_due: date) -> None:
        """A dossier is re-appointed once, with its letter in time."""
        case, head, director = (
            self.case_of(code),
            self.desk(f"unit_head_{unit}"),
            self.desk("director"),
        )
        asked = {"asked_due": new_due.isoformat(), "asked_because": "Chờ ý kiến phối hợp"}
        draft = {"extension_draft": paper(PDF, f"Dự thảo {code}")}
        head.refused(
            case, "request_extension", "condition:day_valid",
            files=draft, **{**asked, "asked_due": "2026-08-01"},
        )  # fmt: skip
        head.step(case, "request_extension", files=draft, **asked)
        letter = {
            "extension_letter": paper(PDF, f"Văn bản xin lỗi {code}"),
            "one_stop_notice": paper(PDF, f"Báo Một cửa {code}"),
        }
        granted = {"letter_on": self.today.isoformat(), "current_due": new_due.isoformat()}
        head.refused(case, "grant", "role", status=403, files=letter, **granted)
        director.refused(
            case, "grant", "condition:letter_sent_in_time",
            files=letter, **{**granted, "letter_on": "2026-07-21"},
        )  # fmt: skip
        director.step(case, "grant", files=letter, **granted)

    def state_cause(self, code: str, unit: str) -> None:
        """The unit apologises and says why; the Office holds it against the control slip."""
        case, head, office = self.case_of(code), self.desk(f"unit_head_{unit}"), self.desk("office")
        head.step(case, "apologise", files={"apology": paper(PDF, f"Xin lỗi {code}")})
        form = {"cause_form": paper(PDF, f"Nguyên nhân {code}")}
        head.refused(case, "state_cause", "condition:responsibility_named", files=form, **CAUSE)
        head.add(case, "responsibility", who="Lãnh đạo phòng")
        head.step(case, "state_cause", files=form, **CAUSE)
        # Who is to blame is for the head of the unit and the Director alone.
        for reader, values in ((office, {}), (self.desk("director"), {"who": "Lãnh đạo phòng"})):
            assert reader.rows(case, "responsibility")[0]["values"] == values
        office.step(case, "confirm", slip_matches=True, reason="Khớp phiếu kiểm soát")

    def close_late(self, code: str, unit: str) -> None:
        """A lapsed dossier goes on from its confirmed cause to its closing."""
        case, head, office = self.case_of(code), self.desk(f"unit_head_{unit}"), self.desk("office")
        told = {"applicant_notice": paper(PDF, f"Đã báo {code}")}
        self.desk("one_stop").step(case, "notify_applicant", files=told)
        form = {"measure_form": paper(PDF, f"Biện pháp {code}")}
        # One of four alike cases: a measure that is not against the systemic cause is not enough.
        head.refused(
            case, "remedy", "condition:measure_there", "condition:systemic_named", files=form
        )
        head.add(
            case, "measure", in_charge=unit, statement="Ký số trong ngày", owner=head.person,
            due_on="2026-08-14", systemic=True,
        )  # fmt: skip
        head.step(case, "remedy", files=form)
        head.step(
            case, "report_measure_done", files={"measure_proof": paper(PDF, f"Kết quả {code}")}
        )
        summary = {"summary": paper(PDF, f"Tổng hợp {code}")}
        head.refused(case, "close", "role", status=403, files=summary)
        office.step(case, "close", files=summary)

    def exclude(self, code: str) -> None:
        """Two people and a proof take a dossier out of the late ones."""
        case, office = self.case_of(code), self.desk("office")
        proof = {"exclusion_proof": paper(PDF, f"Nhật ký hệ thống {code}")}
        self.desk("one_stop").step(
            case, "propose_exclusion", files=proof, reason="Trả đúng hẹn, thao tác chậm"
        )
        office.step(case, "exclude", reason="Nhật ký khớp")

    def stop(self, code: str) -> None:
        """The applicant takes a late dossier back."""
        notice = {"stop_notice": paper(PDF, f"Đơn rút {code}")}
        self.desk("one_stop").step(
            self.case_of(code), "stop", files=notice, reason="Tổ chức xin rút hồ sơ"
        )

    def report_nothing(self, period: str) -> None:
        """A week without anything to explain is reported all the same."""
        review = self.review_of(period)
        self.desk("office").step(
            review, "submit_nil", files={"nil_report": paper(PDF, f"Không phát sinh {period}")}
        )
        self.desk("office").refused(
            review, "acknowledge_nil", "role", "separation:submit_nil", status=403
        )
        self.desk("director").step(review, "acknowledge_nil")

    def account(self, period: str) -> None:
        """Each unit accounts for its dossiers; its desk reconciles; the last unit is waited for."""
        review = self.review_of(period)
        office, one_stop = self.desk("office"), self.desk("one_stop")
        children = office.instance(review)["children"]
        reports = [child["id"] for child in children if child["process"] == "unit_period_report"]
        one_stop.refused(
            review, "analyse", "children", "condition:causes_there", "condition:backlog_measured"
        )
        for report in reports:
            unit = office.instance(report)["fields"]["unit"]
            head = self.desk(f"unit_head_{unit}")
            signed = {"unit_report": paper(PDF, f"Giải trình {unit} {period}")}
            rows = head.proposed(report, "backlog_item")
            if rows:
                head.refused(report, "sign", "condition:all_answered", files=signed)
            for row in rows:
                head.add(
                    report, "backlog_item", dossier_code=row["Mã hồ sơ *"],
                    cause="Chờ ý kiến phối hợp", measure="Đôn đốc", due_on="2026-08-14",
                )  # fmt: skip
            head.step(report, "sign", files=signed)
            one_stop.step(
                report, "reconcile",
                files={"reconciliation": paper(PDF, f"Đối chiếu {unit} {period}")},
            )  # fmt: skip

    def direct(self, period: str) -> list[str]:
        """The report goes up, comes back once, and is directed; the slips that this opens."""
        review, office, director = (
            self.review_of(period),
            self.desk("office"),
            self.desk("director"),
        )
        self.desk("one_stop").step(review, "analyse")
        office.step(review, "submit", files={"report": paper(PDF, f"Báo cáo {period}")})
        director.step(review, "send_back", reason="Nêu rõ trách nhiệm")
        office.refused(review, "submit", "evidence_stale:report")
        office.step(review, "submit", files={"report": paper(PDF, f"Báo cáo {period}, lần hai")})
        director.add(
            review, "task", kind="corrective_action", unit="tdc", due_on="2026-08-31",
            statement="Rà soát việc trình ký",
        )  # fmt: skip
        director.step(
            review, "direct", direction="Khắc phục ngay",
            files={"direction_note": paper(PDF, f"Bút phê {period}")},
        )  # fmt: skip
        office.step(review, "close")
        children = office.instance(review)["children"]
        return [child["id"] for child in children if child["process"] == "corrective_action"]

    def merge(self, period: str, into: str) -> None:
        """A week of hardly any working day is merged into its neighbour."""
        office, review = self.desk("office"), self.review_of(period)
        office.refused(review, "merge", "condition:into_neighbour",
                       merged_into="2026-W40", reason="Tuần nghỉ")  # fmt: skip
        office.step(review, "merge", merged_into=into, reason="Tuần chỉ có một ngày làm việc")

    def slips(self) -> list[Any]:
        """Every corrective action, as whoever reads the log sees it."""
        found: list[Any] = self.desk("iso_secretary").get(
            "/instances", process="corrective_action", limit=200
        )["items"]
        return found

    def opens_none(self, code: str) -> None:
        """People do not open the case of a dossier: the house does, and programs."""
        fields = self.desk("one_stop").instance(self.case_of(code))["fields"]
        wanted = {"process": "overdue_case", "title": code, "fields": fields}
        problem = self.desk("unit_head_tdc").post("/instances", wanted, expect=403)
        assert keys_of(problem) == ["role"]
