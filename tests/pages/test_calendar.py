"""The working calendar on its page: what moves is seen before anything is saved."""

from datetime import UTC, datetime

from tests.engine.equipment import start
from tests.fixtures import Office
from tests.pages.conftest import Enter

HOME = "/admin/calendar"
STORM = {"day": "2026-07-10", "kind": "off", "label": "Bão số 3", "source": "Công điện 05"}
SHEET = "Ngày;Loại ngày;Tên gọi;Văn bản\n{day};Ngày nghỉ;Tránh lũ;Công điện 07\n"


def test_a_closure_is_looked_at_saved_and_taken_back(sqlite_office: Office, enter: Enter) -> None:
    check = start(sqlite_office)
    browser = enter("administrator")
    page = browser.open(HOME)
    assert "Phiên bản 1 của lịch" in page.text
    assert "Quốc khánh" in page.text
    page = browser.send(f"{HOME}/day", STORM)
    assert "1 hạn đang mở thay đổi" in page.text
    assert "13/07/2026 14/07/2026" in page.text
    assert f"/instances/{check.id}" in page.links
    assert "Bão số 3" not in browser.open(HOME).text
    page = browser.send(f"{HOME}/day", STORM)
    saved = page.form(f"{HOME}/save")
    page = browser.send(f"{HOME}/save", form=saved)
    assert "Đã lưu lịch" in page.text
    assert "Phiên bản 2 của lịch" in page.text
    assert "Bão số 3" in page.text
    # A second click is the same one.
    assert "Phiên bản 2 của lịch" in browser.send(f"{HOME}/save", form=saved).text
    case = browser.open(f"/instances/{check.id}")
    assert (
        "5 ngày làm việc; ngày nghỉ thì lùi về ngày làm việc trước · lịch phiên bản 2" in case.text
    )
    log = browser.open(f"/log?instance={check.id}")
    assert "Đổi hạn “Công điện 05” 1 thay đổi Hạn: 13/07/2026 → 14/07/2026" in log.text
    assert "Ngày trong lịch: → Nghỉ: Bão số 3" in browser.open("/log").text

    page = browser.open(HOME)
    (gone,) = [
        form
        for form in page.forms
        if form.action == f"{HOME}/removal" and form.values["day"] == ["2026-07-10"]
    ]
    page = browser.send(gone.action, {"source": "Công điện 06"}, form=gone)
    assert "14/07/2026 13/07/2026" in page.text
    page = browser.send(f"{HOME}/save")
    assert "Bão số 3" not in page.text


def test_what_somebody_else_changed_meanwhile_is_told(enter: Enter) -> None:
    first, second = enter("administrator"), enter("administrator")
    first.open(HOME)
    first.send(f"{HOME}/day", STORM)
    second.open(HOME)
    second.send(f"{HOME}/day", {**STORM, "day": "2026-07-13"})
    second.send(f"{HOME}/save")
    page = first.send(f"{HOME}/save", expect=412)
    assert "Lịch vừa được người khác sửa" in page.text
    assert "Bão số 3" in page.text
    first.open(HOME)
    page = first.send(f"{HOME}/day", {**STORM, "source": " "}, expect=422)
    assert "Hãy nêu văn bản" in page.text
    page = first.send(f"{HOME}/day", {**STORM, "day": "mai"}, expect=422)
    assert "Phải là ngày dạng" in page.text
    bent = first.send(f"{HOME}/day", {**STORM, "day": "2026-07-14"}).form(f"{HOME}/save")
    bent.values["change"] = ['{"days": 7}']
    first.send(f"{HOME}/save", form=bent, expect=400)


def test_a_sheet_a_rota_and_the_reader(sqlite_office: Office, enter: Enter) -> None:
    start(sqlite_office)
    browser = enter("administrator", "vi")
    browser.open(HOME)
    page = browser.send(
        f"{HOME}/import",
        files={"file": ("lich.csv", SHEET.format(day="32/7/2026").encode())},
        expect=422,
    )
    assert "Dòng 2, cột Ngày:" in page.text
    page = browser.send(f"{HOME}/import", expect=422)
    assert "Hãy chọn" in page.text
    page = browser.send(
        f"{HOME}/import", files={"file": ("lich.csv", SHEET.format(day="9/7/2026").encode())}
    )
    assert "Tránh lũ" in page.text
    assert "Tránh lũ" in browser.send(f"{HOME}/save").text
    rota = {"unit": "one_stop", "from": "2026-08-01", "weekend": ["7"], "source": "Quy chế 1"}
    page = browser.send(f"{HOME}/working-time", rota)
    assert "Bộ phận Một cửa của Sở, từ 01/08/2026: nghỉ Chủ nhật, giờ chốt 15:00" in page.text
    assert "Quy chế 1" in browser.send(f"{HOME}/save").text
    page = browser.send(f"{HOME}/working-time", {**rota, "weekend": list("1234567")}, expect=422)
    assert "Không đúng dạng" in page.text
    decree = {"from": "2027-01-01", "month_ends_on": "14", "source": "Nghị định 09/2019/NĐ-CP"}
    browser.open(HOME)
    page = browser.send(f"{HOME}/periods", decree)
    assert "từ 01/01/2027: tháng từ ngày sau 14 tháng trước đến ngày 14" in page.text
    assert "Nghị định 09/2019/NĐ-CP" in browser.send(f"{HOME}/save").text
    page = browser.send(f"{HOME}/periods", {**decree, "month": "x"}, expect=422)
    assert "Không đúng dạng" in page.text
    reader = enter("unit_staff").open(HOME)
    assert "Tránh lũ" in reader.text
    assert [form.action for form in reader.forms if form.method == "post"] == [
        "/language",
        "/logout",
    ]


def test_in_december_the_next_year_is_asked_for(sqlite_office: Office, enter: Enter) -> None:
    asked = "Chưa có ngày nghỉ chính thức nào từ 01/01/2027 đến 30/06/2027"
    browser = enter("administrator")
    assert "Chưa có ngày nghỉ chính thức" not in browser.open("/admin").text
    sqlite_office.clock.move_to(datetime(2026, 12, 1, 2, tzinfo=UTC))
    assert asked in enter("administrator").open(HOME).text
    browser = enter("administrator")
    assert asked in browser.open("/admin").text
    browser.open(HOME)
    browser.send(f"{HOME}/day", {**STORM, "day": "2027-02-05"})
    assert "Chưa có ngày nghỉ chính thức" not in browser.send(f"{HOME}/save").text
