"""The papers about late dossiers: what they say, that they balance, and whom they never name."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.pages.sample_papers import Sample, set_paper, texts
from workflows.documents.docx import write_docx
from workflows.documents.paper import Group, Paper, Picture, Table
from workflows.documents.pdf import write_pdf
from workflows.overdue_case.report import CauseSheet, Letter, Measure
from workflows.overdue_dossiers.analysis.pareto import Pareto, Ranked
from workflows.overdue_dossiers.dossier import Cause
from workflows.overdue_period_review.report import Adjustment, Explanation, Part, PeriodReport
from workflows.overdue_period_review.snapshot import KEPT, FrozenLine, ToExplain
from workflows.unit_period_report.report import AccountedDossier, UnitAccount

AT = datetime(2026, 8, 10, 1, tzinfo=UTC)
NAMES = {
    "one_stop": "Bộ phận Một cửa",
    "tdc": "Chi cục Tiêu chuẩn Đo lường Chất lượng",
    "slow_signing": "Chậm trình, ký",
    "objective": "Khách quan",
    "signing": "Trình, ký",
}


def line(unit: str | None, **numbers: int) -> FrozenLine:
    return FrozenLine(unit=unit, numbers={**dict.fromkeys(KEPT, 0), **numbers})


NOTHING = Pareto(causes=(), total=0, unstated=0)
EMPTY = PeriodReport(
    code="OP-2026-32",
    title="Tuần 32 năm 2026",
    kind="week",
    period="2026-W32",
    frozen=True,
    first=date(2026, 8, 3),
    last=date(2026, 8, 7),
    cut_off=datetime(2026, 8, 7, 10, 30, tzinfo=UTC),
    report_due=None,
    merged=(),
    total=None,
    units=(),
    figures={},
    overdue=(),
    backlog=(),
    causes=NOTHING,
    causes_by_days=NOTHING,
    missing_units=(),
)


def late_one(number: int, cause: str | None = "slow_signing") -> Explanation:
    return Explanation(
        dossier=ToExplain(
            code=f"H24.0{number}",
            unit="tdc",
            procedure="Công bố hợp chuẩn" if number % 2 else "Cấp giấy xác nhận",
            received_on=date(2026, 7, 1),
            due_on=date(2026, 8, 3),
            current_due_on=date(2026, 8, 3),
            ended_on=date(2026, 8, 5) if number % 3 else None,
            status="finished",
            late=True,
            backlog=False,
            days_late=number,
            case_code=None,
            cause=cause,
        ),
        cause=cause,
        nature=None,
        stage=None,
        confirmed=number % 2 == 0,
        named=number == 7,
    )


FULL = replace(
    EMPTY,
    total=line(
        None,
        opening=120,
        received=340,
        finished=350,
        sent_back=6,
        stopped=4,
        closing=100,
        early=200,
        on_time=140,
        reappointed=3,
        late=7,
        pending_late=4,
        paused=5,
        backlog=11,
        measured=300,
        regulated=3000,
        actual=2400,
        cut_reached=180,
        letters=11,
        letters_in_time=6,
        letters_late=3,
        days_lost=42,
        median_half_days=7,
        most_days_late=9,
        backlog_1_3=2,
        backlog_4_10=5,
        backlog_11_30=3,
        backlog_31=1,
    ),
    units=(
        line("one_stop", opening=20, received=40, finished=50, closing=10, late=3, early=47),
        line("tdc", opening=100, received=300, finished=300, closing=90, late=4, pending_late=4),
    ),
    overdue=tuple(
        late_one(number, None if number > 5 else "slow_signing") for number in range(1, 8)
    ),
    backlog=tuple(late_one(number) for number in range(10, 13)),
    causes=Pareto(
        causes=(
            Ranked(cause=Cause.SLOW_SIGNING, size=5, running=5, is_vital=True),
            Ranked(cause=Cause.SUPPLEMENT, size=3, running=8, is_vital=True),
            Ranked(cause=Cause.LATE_UPDATE, size=1, running=9, is_vital=False),
        ),
        total=9,
        unstated=2,
    ),
    causes_by_days=Pareto(
        causes=(Ranked(cause=Cause.SLOW_SIGNING, size=30, running=30, is_vital=True),),
        total=30,
        unstated=0,
    ),
    missing_units=("one_stop",),
    adjustments=(
        Adjustment(dossier_code="H24.09", kind="corrected", wording="Sửa ngày", source="Một cửa"),
    ),
)
PARTS = tuple(
    Part(
        code=f"OP-{week}",
        period=f"2026-W{week}",
        state="closed",
        first=date(2026, 8, 3),
        last=date(2026, 8, 7),
        whole=True,
        numbers={"received": 10 * week, "finished": 9 * week},
        late=week % 5,
    )
    for week in range(31, 36)
)
WEEK = Sample(process="overdue_period_review", document="period_report", type="BC")
NIL = replace(WEEK, document="nil_note")


def found(paper: Paper, kind: type) -> list[Any]:
    return [block for block in paper.blocks if isinstance(block, kind)]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_week_is_reported_whole(language: str) -> None:
    paper = set_paper(WEEK, FULL, language, NAMES)
    said = "\n".join(texts(paper.blocks))
    assert "120" in said
    if language == "vi":
        for sentence in (
            "Số: \xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0/BC-VP",
            "Kính gửi: Giám đốc Sở",
            "120 hồ sơ tồn đầu kỳ + 340 hồ sơ tiếp nhận = 360 hồ sơ đã kết thúc",
            "đúng hạn và trước hạn 340/350 hồ sơ, đạt 97,1 %.",
            "Trong kỳ có 11 hồ sơ quá hạn, tổng số ngày chậm 42 ngày làm việc; trung vị 3,5 ngày",
            "quy định 1.500 ngày làm việc, thực tế 1.200 ngày, rút ngắn 20,0 % (mục tiêu 15 %)",
            "đúng hạn 6 (54,5 %), muộn 3, chưa có 2",
            "Nhóm nguyên nhân chủ yếu (cộng dồn đến 80 %): Chậm trình, ký; Hồ sơ phải bổ sung.",
            "Còn 2 hồ sơ quá hạn chưa nêu nguyên nhân.",
            "Đơn vị chưa gửi báo cáo giải trình: Bộ phận Một cửa.",
            "H24.09: Sửa ngày (Một cửa)",
            "kính trình Giám đốc xem xét, chỉ đạo./.",
            "- Lưu: VP (ISO).",
            "Phụ lục II",
        ):
            assert sentence in said, sentence
    by_unit, pareto = (picture.chart for picture in found(paper, Picture))
    assert (by_unit.kind, by_unit.series[0].values) == ("bars", (3, 8))
    assert (pareto.kind, pareto.series[0].values) == ("pareto", (5, 3, 1))
    overdue, backlog = (group for group in found(paper, Group) if group.look == "appendix")
    assert len(_table(overdue).rows) == 7
    assert len(_table(backlog).rows) == 3
    assert write_docx(paper, at=AT).startswith(b"PK")
    assert write_pdf(paper, at=AT).startswith(b"%PDF")


def _table(group: Group) -> Table:
    (table,) = (block for block in group.blocks if isinstance(block, Table))
    return table


def test_a_month_shows_its_weeks_and_counts_each_dossier_once() -> None:
    month = replace(
        FULL,
        parts=PARTS,
        late_in_parts=14,
        late_again=3,
        gone_since=(("H24.99", date(2026, 8, 3)),),
    )
    paper = set_paper(WEEK, month, "vi", NAMES)
    lines = [one.chart for one in found(paper, Picture) if one.chart.kind == "lines"]
    assert [one.labels[0] for one in lines] == ["2026-W31"]
    said = "\n".join(texts(paper.blocks))
    assert "14 lượt hồ sơ quá hạn, trong đó 3 hồ sơ có mặt ở nhiều kỳ; 1 hồ sơ" in said
    assert "VI. KIẾN NGHỊ, ĐỀ XUẤT" in said


def test_an_issued_report_and_its_appendices_bear_the_number_and_the_day() -> None:
    issued = replace(WEEK, number="7", dated=date(2026, 8, 10))
    said = texts(set_paper(issued, FULL, "vi", NAMES).blocks)
    assert "Số: 07/BC-VP" in said
    assert "Hải Phòng, ngày 10 tháng 8 năm 2026" in said
    enclosed = "(Kèm theo Báo cáo số: 07/BC-VP ngày 10 tháng 8 năm 2026 của Văn phòng)"
    assert said.count(enclosed) == 2
    english = texts(set_paper(issued, FULL, "en", NAMES).blocks)
    assert "Hải Phòng, 10 August 2026" in english
    assert "(With Report No. 07/BC-VP of 10 August 2026, Office)" in english


def test_a_period_without_late_dossiers_says_so_and_draws_nothing() -> None:
    empty = replace(EMPTY, total=line(None, opening=3, received=4, finished=5, closing=2))
    for sample in (WEEK, NIL):
        paper = set_paper(sample, empty, "vi", NAMES)
        assert found(paper, Picture) == []
        assert not any(group.look for group in found(paper, Group))
    said = "\n".join(texts(set_paper(NIL, empty, "vi", NAMES).blocks))
    assert "không phát sinh hồ sơ quá hạn; không có hồ sơ tồn đọng" in said
    said = "\n".join(texts(set_paper(NIL, FULL, "vi", NAMES).blocks))
    assert "phải lập báo cáo phân tích đầy đủ" in said
    none = "\n".join(texts(set_paper(WEEK, EMPTY, "vi", NAMES).blocks))
    assert "Chưa có số liệu của kỳ." in none


LETTER = Letter(
    code="OC-2026-01",
    dossier_code="H24.01",
    procedure="Công bố hợp chuẩn <b>",
    unit="tdc",
    received_on=date(2026, 7, 1),
    original_due=date(2026, 8, 7),
    current_due=date(2026, 8, 7),
    because="Chờ ý kiến phối hợp",
    new_due=date(2026, 8, 14),
    sent_on=None,
    days_late=None,
)


def test_a_letter_asks_for_one_new_day_and_names_no_applicant() -> None:
    sample = Sample(process="overdue_case", document="extension_letter", type="CV")
    said = "\n".join(texts(set_paper(sample, LETTER, "vi", NAMES).blocks))
    for sentence in (
        "V/v xin lỗi và hẹn lại ngày trả kết quả",
        "/VP-TH",
        "hồ sơ mã số H24.01, thủ tục “Công bố hợp chuẩn <b>”, ngày 01/07/2026",
        "Lý do: Chờ ý kiến phối hợp.",
        "hẹn lại ngày trả kết quả là ngày 14/08/2026. Việc hẹn lại chỉ thực hiện một lần.",
        "Kính gửi: ....",
        "thông cảm./.",
    ):
        assert sentence in said, sentence
    assert "CÔNG VĂN" not in said, "a letter bears no name of its type"


def test_an_apology_says_how_late_it_is() -> None:
    sample = Sample(process="overdue_case", document="apology_letter", type="CV")
    late = replace(LETTER, days_late=3, because=None, new_due=None)
    said = "\n".join(texts(set_paper(sample, late, "vi", NAMES).blocks))
    assert "quá ngày hẹn trả 3 ngày làm việc. Lý do: …." in said
    unknown = "\n".join(texts(set_paper(sample, LETTER, "en", NAMES).blocks))
    assert "The dossier is late. Reason: Chờ ý kiến phối hợp." in unknown


def test_a_cause_sheet_says_why_who_and_what_is_done() -> None:
    sheet = CauseSheet(
        code="OC-2026-01",
        dossier_code="H24.01",
        procedure="Công bố hợp chuẩn",
        unit="tdc",
        received_on=None,
        original_due=None,
        current_due=None,
        returned_on=None,
        days_late=0,
        cause="slow_signing",
        nature="objective",
        stage="signing",
        responsible=None,
        stated_by="Đoàn Văn Kiên Trung",
        stated_on=date(2026, 8, 10),
        confirmed_by=None,
        confirmed_on=None,
        confirmed_because=None,
        apologised_on=None,
        alike=3,
        measures=(
            Measure(
                in_charge="tdc",
                statement="Trình ký điện tử",
                owner="Thái Doãn Tuấn Kiệt",
                due_on=date(2026, 8, 20),
                systemic=True,
            ),
        ),
        slips=("CA-2026-07",),
    )
    paper = set_paper(Sample(process="overdue_case", document="cause_sheet"), sheet, "vi", NAMES)
    said = "\n".join(texts(paper.blocks))
    assert "Số ngày chậm: 0" in said
    assert "Người nêu nguyên nhân: Đoàn Văn Kiên Trung, ngày 10/08/2026" in said
    assert "Số hồ sơ cùng nguyên nhân trong quý của đơn vị: 3. CA-2026-07" in said
    assert "Trình ký điện tử" in said
    assert write_docx(paper, at=AT).startswith(b"PK")


def test_a_unit_accounts_for_each_dossier_in_its_own_words_or_by_the_case() -> None:
    one = AccountedDossier(
        code="H24.01",
        procedure="Công bố hợp chuẩn",
        due_on=date(2026, 8, 3),
        current_due_on=date(2026, 8, 3),
        late=True,
        backlog=False,
        days_late=4,
        cause=None,
        code_of_cause="slow_signing",
        measure="Trình ký điện tử",
        by_day=date(2026, 8, 20),
        case_code="OC-2026-01",
    )
    own = replace(one, code="H24.02", cause="Chờ giám định", code_of_cause=None, case_code=None)
    account = UnitAccount(
        code="UP-1", title="Tuần 32", unit="tdc", signed_on=None, dossiers=(one, own)
    )
    sample = Sample(process="unit_period_report", document="unit_account")
    said = texts(set_paper(sample, account, "vi", NAMES).blocks)
    assert {"H24.01\nOC-2026-01", "H24.02", "Chậm trình, ký", "Chờ giám định"} <= set(said)
    empty = replace(account, dossiers=(), signed_on=date(2026, 8, 10))
    assert any(
        "10 August 2026" in text for text in texts(set_paper(sample, empty, "en", NAMES).blocks)
    )
