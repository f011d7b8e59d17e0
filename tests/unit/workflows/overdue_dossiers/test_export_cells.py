"""What single cells of an export mean: days, terms, words, codes, and what tells of a person."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.overdue_dossiers.dossier import Cause, Stage, Status
from workflows.overdue_dossiers.export.moments import count_of, day_of, half_days_of, moment_of
from workflows.overdue_dossiers.export.personal import Personal, hidden, kind_of, kind_of_column
from workflows.overdue_dossiers.export.rows import ZONE
from workflows.overdue_dossiers.export.texts import CellFault, TextReader, code_of, text_of
from workflows.overdue_dossiers.export.vocabulary import (
    causes,
    columns,
    fields,
    stages,
    statuses,
)

JULY = date(2026, 7, 6)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime.combine(JULY, time(hour, minute))


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("06/07/2026", at(0)),
        ("6/7/2026", at(0)),
        ("06-07-2026", at(0)),
        ("06.07.26", at(0)),
        ("2026-07-06", at(0)),
        ("06/07/2026 14:55", at(14, 55)),
        ("06/07/2026 14:55:59", at(14, 55)),
        ("14:55 06/07/2026", at(14, 55)),
        ("06/07/2026 14h55", at(14, 55)),
        ("06/07/2026 14h", at(14)),
        ("06/07/2026 2:55 CH", at(14, 55)),
        ("06/07/2026 12:05 SA", at(0, 5)),
        ("06/07/2026 2:55:01 PM", at(14, 55)),
        ("2026-07-06 14:55:01.123", at(14, 55)),
        ("2026-07-06T14:55:01", at(14, 55)),
        ("2026-07-06T07:55:00Z", at(14, 55)),
        ("2026-07-06T14:55:00+07:00", at(14, 55)),
        ("46209", at(0)),
        ("46209,5", at(12)),
        (46209, at(0)),
        (46209.621527777, at(14, 55)),
        (Decimal("46209.25"), at(6)),
        (JULY, at(0)),
        (datetime.combine(JULY, time(8, 30, 59)), at(8, 30)),
    ],
)
def test_a_moment_is_read_however_an_office_writes_it(cell: Any, moment: datetime) -> None:
    assert moment_of(cell, ZONE) == (moment, moment.time() != time())
    assert day_of(cell, ZONE) == JULY


@pytest.mark.parametrize(
    "cell",
    [
        *("", "x", "31/02/2026", "07/15/2026", "06/07/2026 25:00", "06/07/2026 x", "123", True, 99),
        *("2026-13-01", "99999999999999999999", "46209.5.5", 1e300, "T", "0/0/0000", time(8)),
    ],
)
def test_what_is_no_moment_is_not_guessed(cell: Any) -> None:
    with pytest.raises((ValueError, OverflowError)):
        moment_of(cell, ZONE)


@given(st.text(max_size=30) | st.floats() | st.integers() | st.booleans() | st.dates())
def test_whatever_stands_in_a_cell_is_read_or_refused(cell: Any) -> None:
    for read in (lambda c: moment_of(c, ZONE), half_days_of, count_of, code_of):
        try:
            read(cell)
        except (ValueError, OverflowError):
            continue
    assert hidden(hidden(text_of(cell))) == hidden(text_of(cell))


@pytest.mark.parametrize(
    ("cell", "halves"),
    [
        ("10", 20),
        ("7,5", 15),
        ("7.5 ngày làm việc", 15),
        ("10 ngày", 20),
        ("4 giờ", 1),
        ("40h", 10),
        (2.5, 5),
        (15, 30),
        ("0", 0),
    ],
)
def test_a_term_is_counted_in_half_days(cell: Any, halves: int) -> None:
    assert half_days_of(cell) == halves


@pytest.mark.parametrize("cell", ["7,3", "x", "10 tháng", "3 giờ", -1, True, None, "1" * 40])
def test_a_term_that_is_no_half_days_is_refused(cell: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a verdict of this room.
        half_days_of(cell)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Đã trả kết quả trước hạn", Status.FINISHED),
        ("ĐÃ GIẢI QUYẾT", Status.FINISHED),
        ("Đang xử lý (quá hạn)", Status.PENDING),
        ("Chưa hoàn thành", Status.PENDING),
        ("Chờ trả kết quả", Status.PENDING),
        ("Tạm dừng chờ bổ sung", Status.PAUSED),
        ("Trả lại hồ sơ do không đủ điều kiện", Status.SENT_BACK),
        ("Công dân rút hồ sơ", Status.STOPPED),
        ("finished", Status.FINISHED),
        ("sent_back", Status.SENT_BACK),
        ("không rõ", None),
        ("Không hoàn thành", None),
    ],
)
def test_a_status_in_the_words_of_an_office(text: str, status: Status | None) -> None:
    assert statuses().meaning(text) == status


def test_own_words_of_a_source_come_first() -> None:
    own = statuses().with_own({"Xong bước 5": Status.PAUSED})
    assert own.meaning("xong bước 5") == Status.PAUSED
    assert statuses().meaning("xong bước 5") == Status.FINISHED


def test_every_code_of_the_house_is_one_of_its_words() -> None:
    for phrases, meanings in ((statuses(), Status), (causes(), Cause), (stages(), Stage)):
        assert {phrases.meaning(one.value) for one in meanings} == set(meanings)
        assert set(phrases.known.values()) == set(meanings)


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Mã số hồ sơ", "code"),
        ("NGÀY HẸN TRẢ KẾT QUẢ (*)", "due_on"),
        ("Ngày trả kết quả thực tế", "ended_on"),
        ("Số HS", "code"),
        ("Cơ quan thực hiện", "unit"),
        ("Ngày hẹn trả KQ", "due_on"),
        ("Chủ hồ sơ", "personal:name"),
        ("Thời gian giải quyết theo quy định (ngày)", "regulated"),
        ("Đơn vị của cán bộ thụ lý", "officer_unit"),
        ("Cán bộ thụ lý", "personal:name"),
        ("Họ và tên người nộp hồ sơ", "personal:name"),
        ("Tên đơn vị nộp hồ sơ", "personal:name"),
        ("Số CMND/CCCD", "personal:identity"),
        ("Điện thoại liên hệ", "personal:phone"),
        ("Địa chỉ", "personal:address"),
        ("Số ngày quá hạn", None),
        ("Ghi chú", None),
    ],
)
def test_a_heading_in_the_words_of_an_office(heading: str, column: str | None) -> None:
    assert columns().meaning(heading) == column


def test_the_columns_of_the_file_of_words_are_those_that_are_read() -> None:
    assert len(fields()) == 16
    assert all(columns().meaning(name) == name for name in fields())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("031090001234", Personal.IDENTITY),
        ("031234567", Personal.IDENTITY),
        ("0912345678", Personal.PHONE),
        ("+84 912 345 678", Personal.PHONE),
        ("0225.3842.123", Personal.PHONE),
        ("an.nguyen@example.org", Personal.EMAIL),
        ("Nguyễn Văn An", Personal.NAME),
        ("TRẦN THỊ BÍCH NGỌC", Personal.NAME),
        ("H15.22-260706-0001", None),
        ("000.00.22.H15-230101-0001", None),
        ("Cấp giấy phép", None),
        ("Phòng Quản lý Khoa học", None),
        ("Hồ sơ", None),
        ("20260706", None),
    ],
)
def test_what_tells_of_a_person_is_known_by_its_shape(text: str, kind: Personal | None) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Cấp phép (0912 345 678)", "Cấp phép (***)"),
        ("Cấp phép cho ông Nguyễn Văn An, gấp", "Cấp phép cho ông ***, gấp"),
        ("CCCD 031090001234", "CCCD ***"),
        ("UBND phường Nguyễn Văn Cừ", "UBND phường Nguyễn Văn Cừ"),
        ("Phòng A - TRẦN THỊ BÌNH", "Phòng A - ***"),
        ("liên hệ a.b@c.vn", "liên hệ ***"),
        ("Quyết định 1225/QĐ-BKHCN ngày 01/07/2026", "Quyết định 1225/QĐ-BKHCN ngày 01/07/2026"),
        ("Nghị định 142/2020/NĐ-CP", "Nghị định 142/2020/NĐ-CP"),
        ("1.002693.000.00.00.H24", "1.002693.000.00.00.H24"),
        ("Chi cục Tiêu chuẩn Đo lường Chất lượng", "Chi cục Tiêu chuẩn Đo lường Chất lượng"),
    ],
)
def test_what_tells_of_a_person_is_hidden_inside_a_text(text: str, left: str) -> None:
    assert hidden(text) == left


@pytest.mark.parametrize("text", ["a1", "a1@", "a.", "0 9 ", "Nguyễn Văn ", "a@a.", "+", "84"])
def test_a_text_of_any_length_is_looked_at_once(text: str) -> None:
    """Looking costs the square of the length: without a limit this takes minutes."""
    told = text * 60_000
    assert len(TextReader(None).procedure(told)) <= 300
    assert kind_of(told) is statuses().meaning(told) is None


def test_a_column_is_what_half_of_its_cells_are() -> None:
    names = ["Nguyễn Văn An", "Trần Thị Bình", "Công ty TNHH ABC", "Lê Hữu Chi", ""]
    assert kind_of_column(names) is Personal.NAME
    assert kind_of_column([*names, "x", "y", "z"]) is None
    assert kind_of_column(["Lê Chân", "Hồng Bàng", "Ngô Quyền", "Kiến An", "Hải An"]) is None


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("H15.22-260706-0001", "H15.22-260706-0001"),
        ('="000123"', "000123"),
        ("'000123", "000123"),
        (" H15\u00a0", "H15"),
        (123456.0, "123456"),
        ("Đ-15", "Đ-15"),
    ],
)
def test_a_code_is_read_without_what_guards_it(cell: Any, code: str) -> None:
    assert code_of(cell) == code


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "required"),
        (None, "required"),
        ("   ", "required"),
        ("Nguyễn Văn An", "code_personal"),
        ("0912345678", "code_personal"),
        ("031090001234", "code_personal"),
        ("a@b.vn", "code_personal"),
        ("không có", "code_wrong"),
        ("ABC", "code_wrong"),
        ("=1+1", "code_wrong"),
        ("H15 22\nx", "code_wrong"),
        ("1" * 61, "text_too_long"),
    ],
)
def test_what_is_no_code_is_refused(cell: Any, code: str) -> None:
    with pytest.raises(CellFault) as fault:
        code_of(cell)
    assert fault.value.code == code


def test_a_long_title_is_cut_and_counted_and_what_prints_nothing_is_gone() -> None:
    reader = TextReader(None)
    title = reader.procedure("Cấp\r\n  giấy\u200b phép " + "x" * 400)
    assert (len(title), title[-1], reader.cut) == (300, "…", 1)
    assert title.startswith("Cấp giấy phép x")
    assert reader.procedure("Cấp e\u0302\u0301") == "Cấp ế"
