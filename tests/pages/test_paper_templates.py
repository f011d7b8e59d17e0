"""Word templates on their page: looked at, set, told what is wrong with them, taken back."""

from tests.fixtures import Office
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit
from tests.unit.workflows.documents.test_word_template import template as word

HOME = "/admin/templates"
GOOD = word("MẪU CỦA SỞ", "{{ reference }}", "{{ body }}")


def test_an_administrator_looks_at_a_template_sets_it_and_takes_it_back(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    browser = enter("administrator")
    assert HOME in browser.open("/admin").links
    form = browser.open(HOME).form(HOME)
    told = {"paper": "internal_audit.plan", "code": "IA-2026-01"}

    def send(content: bytes, expect: int = 200, **more: str) -> str:
        file = {"file": ("mẫu kế hoạch.docx", content)}
        page = browser.send(HOME, {**told, **more}, form=form, files=file, expect=expect)
        return page.text

    wrong = send(word("{{ agenci }}"), 422, do="set")
    assert "Không có tên “agenci” (phần document, đoạn 1" in wrong
    assert "Không có hồ sơ" in send(GOOD, 404, do="look", code="IA-2026-99")
    token = form.values["csrf_token"][0]
    looked = browser.client.post(
        HOME,
        data={**told, "csrf_token": token, "do": "look"},
        files={"file": ("mẫu.docx", GOOD)},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert looked.status_code == 200
    assert looked.content.startswith(b"PK")
    assert "Đã đặt mẫu." in send(GOOD, do="set")
    page = enter("director").open(f"{audit.address}/documents/plan")
    assert "Bản Word theo mẫu của cơ quan (“mẫu kế hoạch.docx”)" in page.text
    page = browser.open(HOME)
    assert "mẫu kế hoạch.docx" in page.text
    (back,) = (one for one in page.forms if one.action == f"{HOME}/withdraw")
    page = browser.send(back.action, {}, form=back)
    assert "Đã trở lại mẫu của hệ thống." in page.text


def test_nobody_else_sets_one(enter: Enter) -> None:
    browser = enter("iso_secretary")
    page = browser.open(HOME)
    assert [one.action for one in page.forms if one.action.startswith(HOME)] == []
    token = page.form("/logout").values["csrf_token"][0]
    told = {"paper": "internal_audit.plan", "valid_from": "2026-07-06", "csrf_token": token}
    for address in (HOME, f"{HOME}/withdraw"):
        answer = browser.client.post(
            address,
            data=told,
            files={"file": ("mẫu.docx", GOOD)} if address == HOME else None,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status_code == 403, address
