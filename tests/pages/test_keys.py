"""Keys on the account page and in the form of a signed step, as the page's script fills them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.dependencies import House
from engine.commands.manage_keys import keys_in_force, revoke_key_of_another
from engine.errors import NotFound
from engine.queries.audit_trail import verify_log
from engine.runtime import Caller
from tests.api.web import pdf
from tests.authenticator import SoftwareKey
from tests.fixtures import NEIGHBOUR, OFFICE, Office, people_of, seed_data
from tests.pages.conftest import Entrance
from tests.pages.equipment import PASSWORD, Browser, app_on, house_on
from tests.signed_paper import publish_keyed_paper

ADDRESS = "http://localhost:8000"
KEY = SoftwareKey("EdDSA")
PDF = ("giấy.pdf", pdf("giấy"))


@pytest.fixture
def named(sqlite_office: Office, tmp_path: Path) -> House:
    """A house that is reached by a name, to which browsers bind keys."""
    house = house_on(sqlite_office, tmp_path, ADDRESS)
    publish_keyed_paper(sqlite_office.runtime)
    return house


@pytest.fixture
def director(named: House) -> Iterator[Browser]:
    entrance = Entrance(app_on(named), ADDRESS)
    yield entrance("director")
    entrance.close()


def asked(browser: Browser, address: str, action: str, typed: dict[str, str]) -> Any:
    """What the script is told when it asks for a challenge."""
    values = {**browser.page.form(action).values, **typed}
    return browser.client.post(address, data=values, headers={"Sec-Fetch-Site": "same-origin"})


def enrol(browser: Browser, key: SoftwareKey, *, expect: int = 200, **more: str) -> None:
    browser.open("/account")
    typed = {"name": "Khóa ở cơ quan", "secret": PASSWORD, **more}
    told = asked(browser, "/account/keys/request", "/account/keys", typed).json()
    made = key.create(told["options"]["challenge"])
    answer = {"signing": told["id"], "assertion": json.dumps(made)}
    browser.send("/account/keys", {**typed, **answer}, expect=expect)


def paper(browser: Browser) -> str:
    browser.open("/instances/new?process=keyed_paper")
    browser.send("/instances", {"title": "Quyết định thử"})
    return browser.place.partition("?")[0]


def test_a_key_is_enrolled_with_the_password_signs_a_step_and_is_revoked(director: Browser) -> None:
    enrol(director, KEY)
    assert director.place == "/account?done=enrolled"
    assert "Khóa ở cơ quan" in director.page.text
    assert "không phải chữ ký số theo quy định của pháp luật" in director.page.text

    case = paper(director)
    director.send(f"{case}/evidence", {"requirement": "paper"}, files={"file": PDF})
    text = director.open(case).text
    # Who signs, when and what it stands for is shown before; the password is not asked for.
    assert "Ý nghĩa chữ ký Duyệt giấy" in text
    assert "password" not in director.page.form(f"{case}/steps/sign").values
    told = asked(director, f"{case}/steps/sign/signing", f"{case}/steps/sign", {"f.note": "đồng ý"})
    given = json.dumps(KEY.get(told.json()["options"]["challenge"]))
    director.send(
        f"{case}/steps/sign",
        {"f.note": "đồng ý", "signing": told.json()["id"], "assertion": given},
    )
    assert director.place.endswith("?done=sign")
    assert "Ký bằng khóa bảo mật" in director.page.text

    director.open("/account")
    revoking = f"/account/keys/{KEY.key_id}/revoke"
    director.send(revoking, {"password": "đoán mò"}, expect=403)
    assert "Mật khẩu không đúng." in director.page.text
    director.send(revoking, {"password": PASSWORD})
    assert "Đã thu hồi khóa." in director.page.text
    assert "Ký lần cuối" not in director.page.text
    # It is never enrolled again: it may be in other hands.
    enrol(director, KEY, expect=409)
    assert "đã bị thu hồi" in director.page.text


def test_without_a_script_or_with_a_key_that_lies_nothing_is_signed(director: Browser) -> None:
    enrol(director, KEY)
    case = paper(director)
    director.send(f"{case}/evidence", {"requirement": "paper"}, files={"file": PDF})
    director.open(case)
    director.send(f"{case}/steps/sign", {"reason": "Đã đọc"}, expect=409)
    assert "Bước này phải ký bằng khóa bảo mật; mật khẩu không đủ." in director.page.text
    assert "Đã đọc" in director.page.form(f"{case}/steps/sign").values["reason"]

    told = asked(director, f"{case}/steps/sign/signing", f"{case}/steps/sign", {})
    given = {"signing": told.json()["id"], "assertion": json.dumps(KEY.get("AAAA"))}
    director.send(f"{case}/steps/sign", given, expect=403)
    assert "Khóa đã ký một nội dung khác." in director.page.text
    director.send(f"{case}/steps/sign", {**given, "assertion": "[" * 5000}, expect=422)
    assert "Không đọc được câu trả lời của khóa." in director.page.text


def test_a_key_is_not_enrolled_without_password_name_or_answer(director: Browser) -> None:
    other = SoftwareKey("EdDSA", id=b"another", origin="http://evil.localhost:8000")
    director.open("/account")
    refused = asked(director, "/account/keys/request", "/account/keys", {"secret": "đoán"})
    assert refused.status_code == 409
    director.send("/account/keys", {"name": "K", "secret": PASSWORD}, expect=422)
    assert "cần bật JavaScript" in director.page.text
    enrol(director, other, expect=403)
    assert "không đúng địa chỉ" in director.page.text
    enrol(director, SoftwareKey("EdDSA", id=b"more"), name="  ", expect=422)
    assert "Hãy đặt tên cho khóa." in director.page.text
    assert "Chưa có khóa nào." in director.page.text


def test_a_house_reached_by_a_bare_number_says_that_it_binds_no_keys(enter: Entrance) -> None:
    director = enter("director")
    assert "Hãy truy cập bằng tên" in director.open("/account").text
    assert not [form for form in director.page.forms if form.action == "/account/keys"]


def test_an_administrator_ends_the_key_of_somebody_who_cannot_and_the_person_hears_of_it(
    named: House, director: Browser
) -> None:
    enrol(director, KEY)
    entrance = Entrance(app_on(named), ADDRESS)
    administrator = entrance("administrator")
    page = administrator.open("/admin/keys")
    assert "Nguyễn Khắc Hải Đăng · Khóa ở cơ quan" in page.text
    revoking = f"/admin/keys/{KEY.key_id}/revoke"
    whole = {"reason": "Mất khóa ngày 03/7", "password": PASSWORD}
    for wrong, status, said in (
        ({**whole, "password": "đoán mò"}, 403, "Mật khẩu không đúng."),
        ({**whole, "reason": "  "}, 422, "Hãy nói rõ bằng lời điều gì đã xảy ra."),
    ):
        administrator.open("/admin/keys")
        page = administrator.send(revoking, wrong, expect=status)
        assert said in page.text
        assert "Khóa ở cơ quan" in page.text
    form = administrator.open("/admin/keys").form(revoking)
    page = administrator.send(revoking, whole)
    assert "Chưa ai đăng ký khóa." in page.text
    # It stays revoked: neither its person nor the administrator ends it again or enrols it anew.
    administrator.send(revoking, whole, form=form, expect=404)
    assert "Khóa ở cơ quan" not in director.open("/account").text
    enrol(director, KEY, expect=409)
    assert "đã thu hồi khóa ký “Khóa ở cơ quan” của bạn: Mất khóa ngày 03/7" in (
        director.open("/messages").text
    )
    entries = entrance("external_auditor").open("/log?type=key_changed").text
    assert "Mất khóa ngày 03/7" in entries
    assert verify_log(named.runtime, OFFICE).intact
    entrance.close()


def test_nobody_but_an_administrator_ends_the_key_of_another(
    named: House, director: Browser
) -> None:
    enrol(director, KEY)
    entrance = Entrance(app_on(named), ADDRESS)
    secretary = entrance("iso_secretary")
    secretary.open("/admin/keys", expect=403)
    revoking = f"/admin/keys/{KEY.key_id}/revoke"
    form = replace(secretary.open("/admin").form("/logout"), action=revoking)
    secretary.send(revoking, {"reason": "x", "password": PASSWORD}, form=form, expect=403)
    assert "Khóa ở cơ quan" in director.open("/account").text
    entrance.close()


def test_an_administrator_does_not_reach_the_key_of_a_neighbour(
    named: House, director: Browser
) -> None:
    enrol(director, KEY)
    person = people_of(seed_data())["administrator"]
    stranger = Caller(organization_id=NEIGHBOUR, person=person)
    assert keys_in_force(named.runtime, stranger) == ()
    with pytest.raises(NotFound) as refused:
        revoke_key_of_another(named.runtime, stranger, KEY.key_id, reason="x")
    assert refused.value.code == "unknown_key"
    assert "Khóa ở cơ quan" in director.open("/account").text
