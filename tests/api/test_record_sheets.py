"""Rows as files over HTTP: a sheet to fill in, and its import, all rows or none."""

import io
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest

from engine.tables.reading import ROWS_MAX, SHEET_BYTES_MAX
from tests.api.web import SLOT, Web
from tests.engine import roll_call
from tests.fixtures import OFFICE

HEADING = "Đơn vị;Đánh giá viên;Ngày đánh giá;Địa điểm;Điều khoản;Trạng thái"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def rows(small_web: Web) -> str:
    audit = small_web.open_audit()
    return f"/instances/{audit['id']}/records/slot"


def titles(web: Web) -> dict[str, str]:
    """Column → its Vietnamese title."""
    with web.office.runtime.read(OFFICE) as uow:
        columns = uow.definition("internal_audit").process.records["slot"].columns
    return {name: spec.title.vi for name, spec in columns.items()}


def send(web: Web, rows: str, content: bytes | str, name: str = "lịch.csv", **more: Any) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    user = more.pop("by", "iso_secretary")
    return web.post(user, f"{rows}/import", files={"file": (name, raw)}, **more)


def told(answer: Any) -> set[tuple[int, str, str]]:
    return {(one["row"], one["field"], one["code"]) for one in answer.json()["faults"]}


GOOD = (
    "unit;auditor;audit_date;place;clauses;status\n"
    "science_management;p007;06/08/2026;Phòng họp 1;7.5;planned\n"
    "office;Bùi Trọng Khôi Nguyên;2026-08-07;;7.5; Planned \n"
)


def test_a_file_is_imported_whole(web: Web) -> None:
    audit = web.open_audit()
    path = f"/instances/{audit['id']}/records/slot"
    dry = send(web, path, GOOD, data={"dry_run": "true"})
    assert dry.status_code == 200, dry.text
    assert dry.json() == {"added": 2, "unchanged": 0, "dry_run": True, "entries": []}
    assert web.get("director", path).json()["items"] == []
    done = send(web, path, GOOD)
    assert done.json()["added"] == 2
    found = [row["values"] for row in web.get("director", path).json()["items"]]
    assert [(row["unit"], row["auditor"], row["audit_date"]) for row in found] == [
        ("science_management", "p007", "2026-08-06"),
        ("office", "p006", "2026-08-07"),
    ]
    log = web.get("director", f"/instances/{audit['id']}/log").json()["items"][-1]
    assert log["idx" if "idx" in log else "index"] == done.json()["entries"][0]


def test_a_template_is_filled_in_and_sent_back(small_web: Web, rows: str) -> None:
    answer = small_web.get("iso_secretary", f"{rows}/template")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        quote("Lịch") in answer.headers["content-disposition"]
        or ".xlsx" in answer.headers["content-disposition"]
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet, lists = book.worksheets
    headings = [cell.value for cell in sheet[1]]
    names = titles(small_web)
    assert [text.rstrip(" *") for text in headings] == list(names.values())
    assert sheet.data_validations.dataValidation
    filled = {
        "unit": lists["A2"].value,
        "auditor": "Hoàng Mai Phương Linh",
        "audit_date": "04/08/2026",
        "clauses": "7.5; 8.1",
        "status": "planned",
        "place": "=HYPERLINK(1)",
    }
    for index, name in enumerate(names, start=1):
        sheet.cell(2, index).value = filled.get(name)
        sheet.cell(2, index).data_type = "s"
    saved = io.BytesIO()
    book.save(saved)
    done = send(small_web, rows, saved.getvalue(), "lịch.xlsx")
    assert done.status_code == 200, done.text
    (row,) = small_web.get("director", rows).json()["items"]
    assert row["values"]["clauses"] == ["7.5", "8.1"]
    assert row["values"]["place"] == "=HYPERLINK(1)"


def test_a_template_comes_as_csv_and_in_english(small_web: Web, rows: str) -> None:
    answer = small_web.get(
        "iso_secretary", f"{rows}/template?format=csv", headers={"Accept-Language": "en"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "Unit" in answer.text
    wrong = small_web.get("iso_secretary", f"{rows}/template?format=ods")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_format")
    elsewhere = rows.replace("slot", "nothing")
    assert small_web.get("iso_secretary", f"{elsewhere}/template").status_code == 404
    missing = small_web.get("iso_secretary", "/instances/nothing/records/slot/template")
    assert missing.status_code == 404


def test_a_template_may_hold_the_rows_that_the_case_implies(small_web: Web) -> None:
    roll = roll_call.start(small_web.office)
    roll_call.propose(small_web.office.runtime.registry)
    roll.session()
    path = f"/instances/{roll.id}/records/attendance"
    sheet = small_web.get("office", f"{path}/template?format=csv&proposed=true")
    assert len(sheet.text.splitlines()) == 4
    assert "Tổng quan · 07/07/2026;Nguyễn Khắc Hải Đăng" in sheet.text
    done = send(small_web, path, sheet.content, by="office")
    assert done.json()["added"] == 3
    again = send(small_web, path, sheet.content, by="office")
    assert (again.json()["added"], again.json()["unchanged"]) == (0, 3)
    none = small_web.get("office", f"/instances/{roll.id}/records/session/template?proposed=true")
    assert (none.status_code, none.json()["code"]) == (404, "nothing_proposed")


def test_every_cell_that_is_wrong_is_told_and_nothing_is_written(small_web: Web, rows: str) -> None:
    before = small_web.entries()
    answer = send(
        small_web,
        rows,
        "unit;auditor;audit_date;clauses;status\n"
        "nowhere;Không Có Ai;32/13/2026;7.5;odd\n"
        "\n"
        "office;p005;2026-08-04;;planned\n",
        headers={"Accept-Language": "vi"},
    )
    assert answer.status_code == 422
    assert told(answer) == {
        (2, "unit", "unknown_name"),
        (2, "auditor", "unknown_name"),
        (2, "audit_date", "not_date"),
        (2, "status", "unknown_name"),
        (4, "clauses", "required"),
        (4, "auditor", "own_unit"),
    }
    said = {one["message"] for one in answer.json()["faults"]}
    assert "Không tìm thấy “Không Có Ai”." in said
    assert "Phải là ngày, ví dụ 06/07/2026." in said
    assert small_web.get("director", rows).json()["items"] == []
    assert small_web.entries() == before


def test_who_may_not_is_refused_and_it_is_logged(small_web: Web, rows: str) -> None:
    before = small_web.entries()
    answer = send(small_web, rows, GOOD, by="unit_staff")
    assert answer.status_code == 403
    assert [reason["code"] for reason in answer.json()["unmet"]] == ["role"]
    assert small_web.entries() == before + 1


def test_a_head_is_told_which_rows_are_not_theirs(small_web: Web) -> None:
    roll = roll_call.start(small_web.office)
    roll.session()
    path = f"/instances/{roll.id}/records/attendance"
    text = (
        "session;person;unit\n"
        "Tổng quan · 07/07/2026;p001;science_management\n"
        "Tổng quan · 07/07/2026;p002;office\n"
    )
    answer = send(small_web, path, text, by="unit_head_science_management")
    assert answer.status_code == 403
    (reason,) = answer.json()["unmet"]
    assert (reason["code"], reason["params"]["rows"]) == ("unit", [3])


def test_a_key_imports_once(web: Web) -> None:
    audit = web.open_audit()
    path = f"/instances/{audit['id']}/records/slot"
    headers = {"Idempotency-Key": "import-1"}
    first = send(web, path, GOOD, headers=headers)
    again = send(web, path, GOOD, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(web.get("director", path).json()["items"]) == 2
    other = send(web, path, GOOD + GOOD.splitlines()[1] + "\n", headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.csv", b"", 422, "file_empty"),
        ("a.csv", b" ;; \n\n", 422, "file_empty"),
        ("a.txt", b"unit\n", 415, "type_not_accepted"),
        ("a.xls", b"unit\n", 415, "extension_unknown"),
        ("a", b"unit\n", 415, "extension_unknown"),
        ("a.xlsx", b"unit\n", 415, "content_differs_from_name"),
        ("a.csv", b"%PDF-1.7\n%%EOF\n", 415, "content_differs_from_name"),
        ("a.csv", b"<html><script>1</script>", 415, "content_differs_from_name"),
        ("a.csv", b'unit;place\n"a"b;c\n', 422, "file_damaged"),
        ("a.csv", b"MZ\x90\x00\x03\xff\x81", 422, "text_not_utf8"),
        ("a.csv", b"unit\n" + b"a" * 40_000, 422, "cell_too_long"),
        ("a.csv", b";".join([b"x"] * 300), 422, "sheet_too_wide"),
        ("a.csv", b"unit\n" + b"office\n" * (ROWS_MAX + 1), 413, "sheet_too_long"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(
    small_web: Web, rows: str, name: str, content: bytes, status: int, code: str
) -> None:
    answer = send(small_web, rows, content, name)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    codes = {problem["code"], *(fault["code"] for fault in problem.get("faults", ()))}
    assert code in codes
    assert not any(fault["message"].startswith("error.") for fault in problem.get("faults", ()))


def test_more_bytes_than_a_sheet_may_have_are_413(small_web: Web, rows: str) -> None:
    answer = send(small_web, rows, b"unit\n" + b" " * SHEET_BYTES_MAX)
    assert answer.status_code == 413


def test_the_form_has_one_file_and_nothing_strange(small_web: Web, rows: str) -> None:
    path = f"{rows}/import"
    none = small_web.post("iso_secretary", path, files={"other": ("a.csv", b"x")})
    assert none.status_code == 400
    strange = send(small_web, rows, GOOD, data={"wish": "1"})
    assert strange.status_code == 422
    maybe = send(small_web, rows, GOOD, data={"dry_run": "maybe"})
    assert (maybe.status_code, maybe.json()["faults"][0]["code"]) == (422, "not_boolean")
    plain = small_web.post("iso_secretary", path, {"file": "x"})
    assert plain.status_code == 415
    missing = send(small_web, "/instances/nothing/records/slot", GOOD)
    assert missing.status_code == 404


def test_rows_are_imported_only_while_they_may_be_edited(small_web: Web) -> None:
    roll = roll_call.start(small_web.office)
    with small_web.office.runtime.write(OFFICE) as uow:
        connection = uow.tables.session.connection()
        connection.exec_driver_sql("UPDATE instance SET state = 'closed'")
        uow.commit()
    answer = send(
        small_web,
        f"/instances/{roll.id}/records/session",
        "topic;day\nA;06/07/2026\n",
        by="office",
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "records_closed")


def test_a_single_row_is_refused_as_before(small_web: Web, rows: str) -> None:
    """The one writer of both."""
    assert small_web.post("iso_secretary", rows, {"values": SLOT}).status_code == 201
