"""Many rows through the pages, without JavaScript: from a file, and from what the case implies."""

import json

import pytest

from engine.commands.change_record import ChangeRow, change_record
from engine.queries.audit_trail import verify_log
from tests.engine import roll_call
from tests.engine.roll_call import Roll
from tests.fixtures import OFFICE, Office
from tests.pages.conftest import Enter
from tests.pages.equipment import Browser

HEADING = "Buổi;Người học;Có mặt;Điểm;Ghi chú\n"


@pytest.fixture
def roll(sqlite_office: Office, enter: Enter) -> Roll:
    assert enter is not None  # accounts first: their ids count from the same clock.
    found = roll_call.start(sqlite_office)
    roll_call.propose(sqlite_office.runtime.registry)
    return found


@pytest.fixture
def office(roll: Roll, enter: Enter) -> Browser:
    assert roll.id
    return enter("office")


def sheets_address(roll: Roll, record_set: str = "attendance") -> str:
    return f"/instances/{roll.id}/records/{record_set}"


def check(browser: Browser, roll: Roll, text: str, *, expect: int = 200, **more: str) -> str:
    address = f"{sheets_address(roll)}/import"
    browser.open(address)
    page = browser.send(
        address,
        files={"file": (more.get("name", "điểm danh.csv"), text.encode())},
        expect=expect,
    )
    return page.text


def test_a_case_leads_to_files_templates_and_prefilled_rows(roll: Roll, office: Browser) -> None:
    page = office.open(f"/instances/{roll.id}")
    assert f"{sheets_address(roll)}/import" in page.links
    assert f"{sheets_address(roll)}/prefill" in page.links
    assert f"{sheets_address(roll, 'session')}/prefill" not in page.links
    page = office.open(f"{sheets_address(roll)}/import")
    assert "Tải mẫu XLSX" in page.text
    assert (
        f"/api/v1/instances/{roll.id}/records/attendance/template?format=csv&language=vi"
        in page.links
    )


def test_a_file_is_looked_at_and_then_written(roll: Roll, office: Browser) -> None:
    roll.session()
    text = check(
        office,
        roll,
        HEADING
        + "Tổng quan · 07/07/2026;Nguyễn Khắc Hải Đăng;x;7,5;=1+1 <b>\n"
        + "Tổng quan · 07/07/2026;p002;không;;\n",
    )
    assert "Sẽ thêm 2 dòng" in text
    assert "Lê Vũ Thùy Dương" in text
    assert "=1+1 <b>" in text
    assert roll.rows() == []
    page = office.send(f"{sheets_address(roll)}/import/rows")
    assert "Đã ghi các dòng." in page.text
    assert office.place.startswith(f"/instances/{roll.id}?done=rows")
    assert [(row["person"], row["present"]) for row in roll.rows()] == [
        ("p001", True),
        ("p002", False),
    ]
    again = check(office, roll, HEADING + "Tổng quan · 07/07/2026;p002;không;;\n")
    assert "1 dòng đã có sẵn, giữ nguyên." in again
    assert not [form for form in office.page.forms if form.action.endswith("/import/rows")]
    assert verify_log(roll.office.runtime, OFFICE).intact


def test_faults_of_a_file_are_told_by_row_and_column(roll: Roll, office: Browser) -> None:
    roll.session()
    text = check(
        office,
        roll,
        HEADING + "Tổng quan · 07/07/2026;Không Ai;có lẽ;11;\n",
        expect=422,
    )
    assert "Có 3 chỗ chưa đúng" in text
    assert "2 Người học Không tìm thấy “Không Ai”." in text
    assert "2 Điểm Lớn nhất là 10." in text
    assert "Chưa ghi dòng nào." in text
    assert roll.rows() == []
    many = HEADING + "x;y;z;;\n" * 150
    text = check(office, roll, many, expect=422)
    assert "… và 250 chỗ nữa." in text


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("a.csv", "", 422, "Tệp không có nội dung."),
        ("a.pdf", "%PDF", 415, "không nhận tệp pdf"),
        ("a.xlsx", "x", 415, "nội dung là"),
    ],
)
def test_a_file_that_is_no_sheet_is_told(
    roll: Roll, office: Browser, name: str, content: str, status: int, said: str
) -> None:
    assert said in check(office, roll, content, expect=status, name=name)


def test_a_form_without_a_file_asks_for_one(roll: Roll, office: Browser) -> None:
    address = f"{sheets_address(roll)}/import"
    office.open(address)
    page = office.send(address, expect=422)
    assert "Hãy chọn một tệp CSV, XLSX hoặc DOCX." in page.text


def test_rows_that_do_not_fit_any_more_are_told_when_they_are_written(
    roll: Roll, office: Browser
) -> None:
    session = roll.session()
    check(office, roll, HEADING + "Tổng quan · 07/07/2026;p001;x;;\n")
    form = office.page.form(f"{sheets_address(roll)}/import/rows")
    roll.change(*roll_call.wanted({"session": session, "person": "p001", "present": False}))
    page = office.send(f"{sheets_address(roll)}/import/rows", form=form, expect=422)
    assert "Trùng với một dòng khác." in page.text


@pytest.mark.parametrize("bent", ["", "{", "[1]", '[["x",{}]]', "[[1,2]]", "[" * 60_000])
def test_rows_that_somebody_bent_are_unreadable(roll: Roll, office: Browser, bent: str) -> None:
    roll.session()
    check(office, roll, HEADING + "Tổng quan · 07/07/2026;p001;x;;\n")
    office.send(f"{sheets_address(roll)}/import/rows", {"rows": bent}, expect=400)
    assert roll.rows() == []


def test_who_may_not_write_is_told_so_with_the_rows(roll: Roll, enter: Enter) -> None:
    roll.session()
    stranger = enter("one_stop")
    page = stranger.open(f"{sheets_address(roll)}/import")
    assert not [form for form in page.forms if form.action.endswith("/import")]
    head = enter("unit_head_science_management")
    address = f"{sheets_address(roll)}/import"
    head.open(address)
    sheet = "Buổi;Người học;Đơn vị\nTổng quan · 07/07/2026;p001;office\n"
    page = head.send(address, files={"file": ("a.csv", sheet.encode())}, expect=403)
    assert "(dòng 2)" in page.text


def test_implied_rows_are_ticked_and_saved_together(roll: Roll, office: Browser) -> None:
    session = roll.session()
    roll.session("Nâng cao", "2026-07-08")
    page = office.open(f"{sheets_address(roll)}/prefill")
    assert "Tổng quan · 07/07/2026 3" in page.text
    assert "Nguyễn Khắc Hải Đăng" in page.text
    form = page.form(f"{sheets_address(roll)}/prefill")
    assert form.values["f.1.person"] == ["p001"]
    assert form.values["f.1.session"] == [session]
    assert form.values["f.1.present"] == ["true"]
    typed = {"f.1.score": "7,5", "f.2.present": [], "f.3.note": "Đến muộn", "skip.3": "yes"}
    page = office.send(f"{sheets_address(roll)}/prefill", typed)
    assert "Đã ghi các dòng." in page.text
    assert [(row["person"], row["present"], str(row.get("score"))) for row in roll.rows()] == [
        ("p001", True, "7.5"),
        ("p002", False, "None"),
    ]
    assert "Tổng quan · 07/07/2026 1" in page.text
    assert "Phạm Đình Gia Huy" in page.text


def test_a_group_is_chosen_by_its_link(roll: Roll, office: Browser) -> None:
    roll.session()
    second = roll.session("Nâng cao", "2026-07-08")
    page = office.open(f"{sheets_address(roll)}/prefill")
    link = next(link for link in page.links if second in link)
    page = office.open(link)
    assert page.form(f"{sheets_address(roll)}/prefill").values["f.1.session"] == [second]


def test_all_are_ticked_or_none_without_writing(roll: Roll, office: Browser) -> None:
    roll.session()
    address = f"{sheets_address(roll)}/prefill"
    office.open(address)
    page = office.send(address, {"tick": "present:none", "f.1.score": "abc", "skip.2": "yes"})
    form = page.form(address)
    assert "f.1.present" not in form.values
    assert form.values["f.1.score"] == ["abc"]
    assert form.values["skip.2"] == ["yes"]
    assert form.values["f.3.person"] == ["p003"]
    page = office.send(address, {"tick": "present"})
    assert page.form(address).values["f.3.present"] == ["true"]
    page = office.send(address, {"tick": "nothing"})
    assert page.form(address).values["f.3.present"] == ["true"]
    assert roll.rows() == []


def test_what_is_refused_comes_back_as_typed_with_the_fault_beside_its_cell(
    roll: Roll, office: Browser
) -> None:
    session = roll.session()
    address = f"{sheets_address(roll)}/prefill"
    office.open(address)
    change_record(
        roll.office.runtime,
        ChangeRow(
            caller=roll.office.as_("office"),
            instance_id=roll.id,
            record_set="attendance",
            values={"session": session, "person": "p002", "present": False},
        ),
    )
    page = office.send(
        address, {"f.1.score": "11", "f.3.note": "Nguyên văn <i>", "f.3.result": "good"}, expect=422
    )
    form = page.form(address)
    assert form.values["f.1.score"] == ["11"]
    assert form.values["f.3.note"] == ["Nguyên văn <i>"]
    assert form.values["f.3.result"] == ["good"]
    assert form.values["f.2.person"] == ["p002"]
    assert "Lớn nhất là 10." in page.text
    assert "Trùng với một dòng khác." in page.text
    faulty = {given.get("name") for _, given in page.tags if given.get("aria-invalid") == "true"}
    assert faulty == {"f.1.score"}
    assert len(roll.rows()) == 1


def test_a_second_click_saves_once(roll: Roll, office: Browser) -> None:
    roll.session()
    address = f"{sheets_address(roll)}/prefill"
    form = office.open(address).form(address)
    office.send(address, form=form)
    office.send(address, form=form)
    assert len(roll.rows()) == 3


def test_when_nothing_is_left_the_page_says_so(roll: Roll, office: Browser) -> None:
    page = office.open(f"{sheets_address(roll)}/prefill")
    assert "Không còn dòng nào để điền." in page.text
    office.open(f"{sheets_address(roll, 'session')}/prefill", expect=404)
    office.open(f"/instances/{roll.id}/records/nothing/import", expect=404)


def test_who_may_not_fill_in_sees_no_form(roll: Roll, enter: Enter) -> None:
    roll.session()
    stranger = enter("one_stop")
    page = stranger.open(f"{sheets_address(roll)}/prefill")
    assert not [form for form in page.forms if form.action.endswith("/prefill")]


def test_a_head_is_refused_for_rows_without_their_unit(roll: Roll, enter: Enter) -> None:
    roll.session()
    head = enter("unit_head_science_management")
    address = f"{sheets_address(roll)}/prefill"
    head.open(address)
    page = head.send(address, expect=403)
    assert "(dòng 1, 2, 3)" in page.text
    assert page.form(address).values["f.1.person"] == ["p001"]


def test_the_pages_speak_english_too(roll: Roll, enter: Enter) -> None:
    roll.session()
    browser = enter("office", language="en")
    page = browser.open(f"{sheets_address(roll)}/prefill")
    assert "Tick all" in page.text
    assert "Skip this row" in page.text
    page = browser.open(f"{sheets_address(roll)}/import")
    assert "XLSX template" in page.text
    assert "page." not in page.text


def test_the_looked_at_rows_are_what_the_form_sends(roll: Roll, office: Browser) -> None:
    session = roll.session()
    check(office, roll, HEADING + "Tổng quan · 07/07/2026;p001;x;;\n")
    form = office.page.form(f"{sheets_address(roll)}/import/rows")
    ((number, values),) = json.loads(form.values["rows"][0])
    assert number == 2
    assert (values["session"], values["person"], values["present"]) == (session, "p001", True)


def test_a_list_that_was_taken_is_told_and_taken_again_only_when_that_is_meant(
    roll: Roll, office: Browser
) -> None:
    """In a set without unique columns nothing but the list itself tells that it came before."""
    address = f"{sheets_address(roll, 'remark')}/import"
    sheet = {"file": ("nhận xét.csv", "Nội dung\nđủ\n".encode())}
    office.open(address)
    assert "Sẽ thêm 1 dòng" in office.send(address, files=sheet).text
    office.send(f"{address}/rows")
    office.open(address)
    told = office.send(address, files=sheet, expect=409)
    assert "Danh sách này đã được nhập vào bảng này ngày" in told.text
    again = office.send(address, {"again": "1"}, files=sheet)
    assert "Sẽ thêm 1 dòng" in again.text
    office.send(f"{address}/rows")
    assert len(roll.rows("remark")) == 2


def test_a_closed_row_is_told_by_the_words_of_its_definition(roll: Roll, office: Browser) -> None:
    address = sheets_address(roll, "remark")
    office.open(f"{address}/new")
    told = office.send(address, {"f.text": "niêm phong"}, expect=409)
    assert "Chưa đạt: Chưa niêm phong" in told.text
    assert roll.rows("remark") == []
