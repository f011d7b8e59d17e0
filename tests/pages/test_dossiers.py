"""The pages of the one-stop desk without any script: a file is looked at, imported, read."""

import re

from engine.worker.jobs import run_waiting_imports
from tests.api.web import EXPORT, EXPORT_ROW
from tests.fixtures import Office
from tests.pages.conftest import Enter
from tests.pages.equipment import Browser

RENAMED = EXPORT.replace("Ngày hẹn trả", "Cột lạ").replace("Văn phòng Sở", "VP")
IMPORT = "/dossiers/import"
LATE = EXPORT_ROW.replace("Văn phòng Sở", "VP")


def upload(browser: Browser, content: str, *, expect: int = 200, **typed: str) -> str:
    """Send a file with the form; the address that it leads to."""
    browser.open(IMPORT)
    browser.send(
        IMPORT,
        {"source": "một cửa", **typed},
        files={"file": ("tuần 27.csv", content.encode())},
        expect=expect,
    )
    return browser.place


def test_a_file_is_looked_at_mapped_imported_and_read(sqlite_office: Office, enter: Enter) -> None:
    desk = enter("one_stop")
    assert "Sổ theo dõi chưa có hồ sơ nào" in desk.open("/dossiers").text
    job = upload(desk, RENAMED + LATE, rows="3")
    assert "Chưa tìm thấy các cột bắt buộc" in desk.page.text
    page = desk.send(f"{job}/mapping", {"column.due_on": "Cột lạ"})
    assert "không đọc và không lưu: Người nộp" in page.text
    assert "Cơ quan không có đơn vị “VP”" in page.text
    assert "Bình" not in page.text
    page = desk.send(f"{job}/mapping", {"alias.VP": "office"})
    assert "Không thấy lỗi" in page.text
    page = desk.send(f"{job}/start")
    assert "đang chờ" in page.text
    assert desk.answer is not None
    assert '<meta http-equiv="refresh"' in desk.answer.text
    run_waiting_imports(sqlite_office.runtime)
    page = desk.open(job)
    assert "Không khớp với nguồn: khai báo 3 dòng, đọc được 2 dòng" in page.text
    assert '<meta http-equiv="refresh"' not in desk.answer.text
    # The same file leads to the import that there is; the next one is read as this one was.
    again = upload(desk, RENAMED + LATE)
    assert "known=1" in (desk.send(f"{again}/start"), desk.place)[1]
    upload(desk, RENAMED + LATE + LATE.replace("HS-2", "HS-3"))
    assert "Không thấy lỗi" in desk.page.text
    check_reading(enter)


def check_reading(enter: Enter) -> None:
    """The analysis and the register, for whoever may not import too, in both languages."""
    reader = enter("director", "en")
    page = reader.open("/dossiers?from=2026-06-01&to=2026-07-06")
    assert "Pending and late" in page.text
    assert IMPORT not in page.links
    assert reader.answer is not None
    drawn = re.findall(
        r'<svg class="chart" role="img" aria-labelledby="(\S+) \S+"', reader.answer.text
    )
    assert drawn
    assert all(f'<title id="{title}">' in reader.answer.text for title in drawn)
    page = reader.open("/dossiers/list?late_on=2026-07-06")
    assert "HS-2" in page.text
    assert "HS-1" not in page.text
    page = reader.open("/dossiers/list/2026-07-01/HS-2")
    assert "As exported at" in page.text
    reader.open("/dossiers/list/2026-07-01/HS-9", expect=404)
    for address in (IMPORT, "/dossiers/imports/x"):
        reader.open(address, expect=403 if address == IMPORT else 404)
    for form in ("csv", "xlsx"):
        reader.client.get(f"/dossiers/analysis.{form}?by=cause").raise_for_status()
    reader.open("/dossiers/analysis.pdf", expect=404)
    page = reader.open("/dossiers?from=2026-07-06&to=2026-07-01", expect=422)
    assert "2026" in page.text


def test_what_is_typed_wrongly_is_told_and_a_file_is_forgotten(
    sqlite_office: Office, enter: Enter
) -> None:
    desk = enter("one_stop")
    desk.open(IMPORT)
    page = desk.send(IMPORT, {"source": "một cửa"}, expect=422)
    assert "Hãy chọn tệp trích xuất" in page.text
    upload(desk, EXPORT, rows="nhiều", expect=422)
    upload(desk, "không phải bảng", expect=422)
    job = upload(desk, EXPORT)
    desk.send(f"{job}/cancel")
    assert desk.place == IMPORT
    assert "đã dừng" in desk.open(job).text
    assert run_waiting_imports(sqlite_office.runtime) == 0


def test_faults_are_taken_along_as_a_file(sqlite_office: Office, enter: Enter) -> None:
    desk = enter("one_stop")
    job = upload(desk, EXPORT + EXPORT_ROW.replace("01/07/2026", "31/02/2026"))
    assert "Có 1 chỗ chưa đúng" in desk.page.text
    desk.send(f"{job}/start")
    run_waiting_imports(sqlite_office.runtime)
    assert "Phải là ngày" in desk.open(job).text
    for form in ("csv", "xlsx"):
        answer = desk.client.get(f"{job}/faults.{form}")
        assert answer.headers["content-disposition"].startswith("attachment")
    assert desk.client.get(f"{job}/faults.pdf").status_code == 404
