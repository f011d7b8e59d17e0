"""An audit through the forms of the pages, without JavaScript: what they say on the way."""

from engine.commands.check_log import run_checks
from tests.fixtures import OFFICE, Office
from tests.pages.conftest import Enter
from tests.pages.equipment import Browser, Page
from tests.pages.office_work import PLAN, Audit, pdf


def test_an_audit_goes_from_nothing_to_the_first_finding_with_forms_alone(audit: Audit) -> None:
    page = audit.see("lead_auditor")
    assert "Đang đánh giá" in page.text
    assert "Hồ sơ <b>thiếu</b> phiếu kiểm soát & chữ ký" in page.text
    assert "<b>thiếu</b>" not in page.html
    assert "Đặng Xuân Minh Triết" in page.text
    secretary = audit.at("iso_secretary")
    secretary.open("/log/verification")
    secretary.send("/log/verifications")
    run_checks(audit.office.runtime, OFFICE)
    report = secretary.open(secretary.place)
    assert "Nhật ký còn nguyên vẹn." in report.text


def test_a_refusal_comes_back_with_every_reason_and_what_was_typed(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    secretary = audit.at("iso_secretary")
    page = secretary.send(
        f"{audit.address}/steps/submit",
        {**PLAN, "f.lead_auditor": audit.person("lead_auditor"), "reason": "Lần đầu"},
        files={"file.programme": pdf("Chương trình")},
        expect=409,
    )
    assert "Thiếu bằng chứng “Kế hoạch đánh giá”" in page.text
    assert "Mỗi đơn vị được đánh giá phải có lượt đánh giá" in page.text
    form = page.form(f"{audit.address}/steps/submit")
    assert form.values["f.objectives"] == ["Đánh giá sự phù hợp và hiệu lực"]
    assert set(form.values["f.units"]) == {"science_management", "planning_finance"}
    assert form.values["reason"] == ["Lần đầu"]
    assert "Dự thảo" in audit.see("iso_secretary").text


def test_values_that_do_not_fit_are_told_beside_their_fields(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    page = audit.step("iso_secretary", "submit", f__first_day="2026-02-30", expect=422)
    faulty = [given for tag, given in page.tags if given.get("aria-invalid") == "true"]
    assert [given["name"] for given in faulty] == ["f.first_day"]
    assert faulty[0]["aria-describedby"].split()[0] in page.ids
    assert "Phải là ngày dạng" in page.text


def test_who_comes_too_late_is_told_who_was_faster_and_loses_nothing(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    audit.schedule()
    slow = enter("iso_secretary")
    slow.open(audit.address)
    audit.submit()
    page = slow.send(
        f"{audit.address}/steps/submit", {**PLAN, "reason": "Tôi cũng trình"}, expect=412
    )
    assert "Vũ Ngọc Quỳnh Anh đã thực hiện “Trình kế hoạch đánh giá”" in page.text
    assert "Tôi cũng trình" in page.text
    assert "Đánh giá sự phù hợp và hiệu lực" in page.text


def test_a_second_click_is_the_first_one_again(sqlite_office: Office, enter: Enter) -> None:
    audit = Audit(sqlite_office, enter)
    secretary = audit.at("iso_secretary")
    form = secretary.open("/instances/new?process=internal_audit").form("/instances")
    secretary.send("/instances", {"title": "Một lần"}, form=form)
    first = secretary.place
    secretary.send("/instances", {"title": "Một lần"}, form=form)
    assert secretary.place == first
    assert secretary.open("/instances").text.count("Một lần") == 1


def test_a_second_click_on_a_refused_step_tells_the_reasons_again(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    secretary = audit.at("iso_secretary")
    form = secretary.page.form(f"{audit.address}/steps/submit")
    for _ in range(2):
        page = secretary.send(form.action, {"f.scope": "Tất cả"}, form=form, expect=409)
        assert "Chưa điền “Mục tiêu đánh giá”" in page.text
        assert page.form(form.action).values["f.scope"] == ["Tất cả"]
    log = secretary.open(f"/log?outcome=refused&instance={audit.address.rpartition('/')[2]}")
    assert log.text.count("Bị từ chối Trình kế hoạch đánh giá") == 1


def test_a_stale_row_keeps_what_was_typed(audit: Audit) -> None:
    row = f"{audit.address}/records/slot/{audit.slots()[0]}"
    slow = audit.enter("lead_auditor")
    slow.open(row)
    audit.at("iso_secretary").open(row)
    audit.at("iso_secretary").send(row, {"f.place": "Phòng họp 2"})
    page = slow.send(row, {"f.place": "Phòng họp 3"}, expect=412)
    assert "Người khác vừa sửa dòng này" in page.text
    assert page.form(row).values["f.place"] == ["Phòng họp 3"]
    assert page.form(row).values["version"] == ["2"]


def test_a_checklist_is_walked_row_by_row(audit: Audit) -> None:
    lead = audit.at("lead_auditor")
    table = f"{audit.address}/records/checklist/"
    links = [link for link in lead.open(audit.address).links if link.startswith(table)]
    first = next(link for link in links if not link.endswith(("/new", "/import", "/prefill")))
    lead.open(first)
    lead.send(first, {"f.verdict": "conform", "f.evidence_ref": "Sổ theo dõi", "then": "next"})
    assert lead.place.startswith(table)
    assert not lead.place.startswith(first)
    assert "Đã lưu dòng." in lead.page.text


def test_a_row_of_ones_own_unit_is_refused_in_words(sqlite_office: Office, enter: Enter) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    secretary = audit.at("iso_secretary")
    secretary.open(f"{audit.address}/records/slot/new")
    page = secretary.send(
        f"{audit.address}/records/slot",
        {
            "f.unit": "technology_management",
            "f.auditor": audit.person("internal_auditor_2"),
            "f.audit_date": "2026-07-21",
            "f.clauses": "7.5",
            "f.status": "planned",
        },
        expect=403,
    )
    assert "Không được đánh giá" in page.text


def test_a_row_is_retired_and_not_shown_again(sqlite_office: Office, enter: Enter) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    audit.schedule()
    secretary = audit.at("iso_secretary")
    table = f"{audit.address}/records/slot/"
    links = [link for link in secretary.open(audit.address).links if link.startswith(table)]
    row = next(link for link in links if not link.endswith(("/new", "/import", "/prefill")))
    form = next(f for f in secretary.open(row).forms if ("retire", "yes") in f.buttons)
    page = secretary.send(row, {"retire": "yes"}, form=form)
    assert "Đã gạch dòng" in page.text
    assert row not in page.links


def test_a_file_is_attached_superseded_and_shown_with_its_versions(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    secretary = audit.at("iso_secretary")
    action = f"{audit.address}/evidence"
    forms = [form for form in secretary.page.forms if form.action == action]
    plan = next(form for form in forms if form.values["requirement"] == ["plan"])
    page = secretary.send(action, files={"file": pdf("Bản 1")}, form=plan)
    assert "Đã nhận tệp." in page.text
    assert "Bản 1.pdf" in page.text
    again = next(
        form
        for form in page.forms
        if form.action == action and form.values["requirement"] == ["plan"]
    )
    old = next(link.split("/")[4] for link in page.links if link.startswith("/api/v1/evidence/"))
    page = secretary.send(action, {"supersedes": old}, files={"file": pdf("Bản 2")}, form=again)
    assert "1 bản cũ hoặc không được nhận" in page.text
    assert "Đã có bản thay thế" in page.text


def test_a_file_of_the_wrong_kind_is_told_in_words(sqlite_office: Office, enter: Enter) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    secretary = audit.at("iso_secretary")
    action = f"{audit.address}/evidence"
    page = _send_evidence(secretary, action, ("ảnh.pdf", b"GIF89a" + b"\0" * 64), expect=415)
    assert "nội dung là" in page.text
    page = _send_evidence(secretary, action, ("trống.pdf", b""), expect=422)
    assert "Tệp không có nội dung" in page.text


def test_waivers_and_assignments_have_forms_for_those_who_may(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    secretary = audit.see("iso_secretary")
    assert f"{audit.address}/waivers" not in [form.action for form in secretary.forms]
    director = audit.see("director")
    assert f"{audit.address}/assignees" not in [form.action for form in director.forms]
    page = audit.at("director").send(
        f"{audit.address}/waivers",
        {
            "gate": "evidence_missing:programme",
            "reason": "Chương trình ban hành sau",
            "until": "2026-07-31",
        },
    )
    assert "Chương trình đánh giá năm , đến hết 31/07/2026" in page.text
    assert "Đơn vị của chính mình (Đánh giá viên)" in page.text
    gate = {"gate": "own_unit:auditor", "reason": "Chỉ có hai người", "until": "2026-07-31"}
    page = audit.at("director").send(f"{audit.address}/waivers", gate)
    assert "Đơn vị của chính mình , đến hết 31/07/2026" in page.text
    own = {
        "f.unit": "technology_management",
        "f.auditor": audit.person("internal_auditor_2"),
        "f.audit_date": "2026-07-21",
        "f.clauses": "7.5",
        "f.status": "planned",
    }
    audit.at("iso_secretary").open(f"{audit.address}/records/slot/new")
    audit.at("iso_secretary").send(f"{audit.address}/records/slot", own)
    log = audit.at("director").open(f"/log?instance={audit.address.rsplit('/', 1)[1]}")
    assert "Đã miễn: Đơn vị của chính mình" in log.text
    audit.see("iso_secretary")
    page = audit.at("iso_secretary").send(
        f"{audit.address}/assignees",
        {"role": "director", "person": [audit.person("director")]},
    )
    assert "Đã phân công." in page.text


def _send_evidence(browser: Browser, action: str, file: tuple[str, bytes], *, expect: int) -> Page:
    form = next(
        f
        for f in browser.page.forms
        if f.action == action and f.values.get("requirement") == ["plan"]
    )
    return browser.send(action, files={"file": file}, form=form, expect=expect)
