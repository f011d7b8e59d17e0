"""The register of numbers on its page, and a paper that is issued from its own."""

from engine.storage.document_numbers import RegisterFilter
from tests.fixtures import Office
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit, pdf

HOME = "/documents"
_ANY = RegisterFilter()


def test_a_clerk_issues_a_paper_takes_a_number_and_cancels_one(  # noqa: PLR0915 - a story.
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    audit.schedule()
    audit.submit()
    plan, notice = (f"{audit.address}/documents/{name}" for name in ("plan", "notice"))
    clerk = enter("clerk")
    assert "Chưa có số nào" in clerk.open(HOME).text
    assert f"{plan}/issue" not in [form.action for form in clerk.open(plan).forms], "not signed"
    files = {"plan_signed": pdf("Đã ký"), "team_decision": pdf("Quyết định")}
    audit.step("director", "approve", files=files)

    # ---- The paper's own page: a fault is told beside the form, then the number stands there.
    form = clerk.open(plan).form(f"{plan}/issue")
    page = clerk.send(form.action, {"dated": "2026-07-05"}, form=form, expect=409)
    assert "trước ngày ký" in page.text
    page = clerk.send(
        form.action, {"dated": "hôm nay"}, form=page.form(f"{plan}/issue"), expect=422
    )
    page = clerk.send(form.action, {}, form=clerk.open(plan).form(f"{plan}/issue"))
    assert clerk.place == f"{plan}?done=issued"
    assert "Đã ban hành: số 01/KH-SKHCN" in page.text
    assert "Số: 01/KH-SKHCN" in page.text
    assert f"{plan}/issue" not in [one.action for one in page.forms], "once"
    reader = enter("director")
    assert "Số: 01/KH-SKHCN" in reader.open(plan).text
    assert f"{notice}/issue" not in [one.action for one in reader.open(notice).forms]

    # ---- The register: a late paper, one from outside, a cancelled one.
    page = clerk.open(HOME)
    take = f"{HOME}/take"
    told = {"kind": "TB", "status": "reserved", "subject": "Nghỉ lễ 2/9"}
    page = clerk.send(take, told, form=page.form(take))
    assert "Đã giữ số 01/TB-SKHCN." in page.text
    page = clerk.send(take, {**told, "dated": "2026-07-09"}, form=page.form(take), expect=422)
    assert "chưa tới" in page.text
    assert page.form(take).values["subject"] == ["Nghỉ lễ 2/9"], "what was typed comes back"
    (fill,) = (one for one in clerk.open(HOME).forms if one.action.endswith("/fill"))
    page = clerk.send(fill.action, {"signer": "Nguyễn Văn A"}, form=fill)
    assert "Đã vào sổ số 01/TB-SKHCN." in page.text
    cancel = [one for one in page.forms if one.action.endswith("/cancel")][-1]
    page = clerk.send(cancel.action, {"reason": "Hoãn <họp>"}, form=cancel)
    assert "Đã hủy số 01/TB-SKHCN." in page.text
    assert "Hoãn <họp>" in page.text
    begin = f"{HOME}/series"
    page = clerk.send(begin, {"kind": "QĐ", "last": "41"}, form=page.form(begin))
    assert "Sổ sẽ cấp tiếp sau số 41/QĐ-SKHCN." in page.text

    # ---- Everybody reads it, narrowed by the form; nobody else has its forms.
    page = reader.open(f"{HOME}?q=Nghỉ+lễ")
    assert "01/TB-SKHCN" in page.text
    assert "01/KH-SKHCN" not in page.text
    assert [one.action for one in page.forms if one.action.startswith(f"{HOME}/")] == []
    assert "01/TB-SKHCN" in reader.open(f"{HOME}?status=cancelled&year=").text
    assert "Chưa có số nào" in reader.open(f"{HOME}?year=2019").text
    reader.open(f"{HOME}?year=abc&after=x~y&status=zzz")
    token = page.form("/logout").values["csrf_token"][0]
    for address in (take, begin, fill.action, cancel.action, f"{notice}/issue"):
        answer = reader.client.post(
            address,
            data={"csrf_token": token, "kind": "TB", "dated": "2026-07-06", "subject": "x",
                  "reason": "x", "last": "1"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip
        assert answer.status_code == 403, address
    english = enter("external_auditor", language="en").open(HOME)
    assert "Register of outgoing papers" in english.text


def test_a_reserved_number_and_a_signed_file_are_offered_for_the_paper(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    audit.schedule()
    audit.submit()
    files = {"plan_signed": pdf("Đã ký"), "team_decision": pdf("Quyết định")}
    audit.step("director", "approve", files=files)
    clerk = enter("clerk")
    take = f"{HOME}/take"
    told = {"kind": "KH", "status": "reserved", "subject": "Kế hoạch muộn"}
    clerk.send(take, told, form=clerk.open(HOME).form(take))
    plan = f"{audit.address}/documents/plan"
    page = clerk.open(plan)
    form = page.form(f"{plan}/issue")
    assert "01/KH-SKHCN" in page.text
    with sqlite_office.runtime.read("skhcn") as uow:
        (line,) = uow.tables.documents.read(_ANY, limit=5)
        signed = next(
            one
            for one in uow.tables.evidence.of_instance(audit.address.rpartition("/")[2])
            if one.requirement == "plan_signed"
        )
    page = clerk.send(form.action, {"reserved": line.id, "evidence": signed.id}, form=form)
    assert "Đã ban hành: số 01/KH-SKHCN" in page.text
    assert f"/api/v1/evidence/{signed.id}/content" in page.links
