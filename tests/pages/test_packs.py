"""Packs and doors on their page: a file for everybody who reads, doors for the secretary."""

from pathlib import Path

import pytest

from engine.commands.publish_log import publish_log
from tests.fixtures import OFFICE, Office
from tests.packs import judged
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit
from tests.publishing import Auditor, auditor_in

HOME = "/log/packs"
LINKS = f"{HOME}/links"


@pytest.fixture
def auditor(sqlite_office: Office, enter: Enter, tmp_path: Path) -> Auditor:
    """An office with an audit whose log is published."""
    Audit(sqlite_office, enter).open()
    found = auditor_in(sqlite_office.runtime, tmp_path / "published")
    publish_log(sqlite_office.runtime, OFFICE)
    return found


def test_who_reads_the_log_gets_a_pack_of_what_was_asked_for(
    auditor: Auditor, enter: Enter
) -> None:
    browser = enter("external_auditor")
    assert HOME in browser.open("/log").links
    page = browser.open(f"{HOME}?instance=IA-2026-01")
    form = page.form(HOME)
    assert form.values["value"] == ["IA-2026-01"]
    assert not [one for one in page.forms if one.action == LINKS]
    browser.send(HOME, {"kind": "instance"}, form=form)
    assert browser.answer is not None
    assert browser.answer.headers["content-type"] == "application/zip"
    policy = f"log {auditor.vkey}\nquorum none\n".encode()
    assert judged(browser.answer.content, policy=policy).findings == ()
    form = browser.open(HOME).form(HOME)
    page = browser.send(HOME, {"kind": "year", "value": "năm nay"}, form=form, expect=422)
    assert "không phải là năm" in page.text
    page = browser.send(HOME, {"kind": "year", "value": "2031"}, form=form, expect=409)
    assert "chưa nói tới hồ sơ nào" in page.text
    page = browser.send(HOME, {"kind": "all", "value": "x"}, form=form, expect=422)
    assert "đúng một phạm vi" in page.text
    told = {"kind": "year", "value": "2026", "label": "A", "until": "2026-07-10"}
    token = form.values["csrf_token"][0]
    for path, status in ((LINKS, 403), (f"{LINKS}/{'0' * 36}/end", 404)):
        data = {**told, "csrf_token": token}
        answer = browser.client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == status, path
        assert (status == 404) or "Chỉ thư ký ISO" in answer.text


def test_the_secretary_makes_a_door_sees_its_code_once_and_closes_it(
    auditor: Auditor, enter: Enter
) -> None:
    del auditor
    browser = enter("iso_secretary")
    told = {"kind": "instance", "value": "IA-2026-01", "label": "Đoàn đánh giá A"}
    page = browser.send(LINKS, {**told, "until": "2026-07-20"}, form=browser.open(HOME).form(LINKS))
    assert "Mã chỉ hiện một lần này" in page.text
    again = browser.open(HOME)
    assert "Mã chỉ hiện một lần này" not in again.text
    assert "Đoàn đánh giá A" in again.text
    for until in ("hôm nay", "2026-07-01", "2027-07-01"):
        wrong = {**told, "until": until}
        page = browser.send(LINKS, wrong, form=again.form(LINKS), expect=422)
        assert "phải có ngày hết hạn" in page.text
    (end,) = [form for form in again.forms if form.action.endswith("/end")]
    page = browser.send(end.action, form=end)
    assert "Đã đóng lối vào" in page.text
    assert " Đã đóng " in page.text
