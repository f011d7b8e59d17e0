"""A security key in a real browser: enrols, signs a step that a stranger checks, and is revoked."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api.auth.passwords import Passwords
from engine.audit.signature import Signatures
from engine.commands.manage_accounts import add_account
from engine.storage.audit_log import LogFilter
from tests.acceptance.conftest import Served, serve
from tests.api.web import pdf
from tests.browser.conftest import House
from tests.browser.people import PASSWORD
from tests.fixtures import CHEAP, OFFICE
from tests.signed_paper import publish_keyed_paper

__all__ = ["serve"]

pytestmark = pytest.mark.browser

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def house(serve: Callable[..., Served], chromium: Browser) -> Iterator[House]:
    """An office that is reached by a name."""
    served = serve("localhost")
    add_account(
        served.office.runtime,
        OFFICE,
        person=served.office.people["director"],
        username="director",
        password_hash=Passwords(CHEAP).hash(PASSWORD),
    )
    publish_keyed_paper(served.office.runtime)
    found = House(served=served, browser=chromium)
    yield found
    found.close()
    assert found.complaints == []


def device_of(page: Page) -> tuple[Any, str]:
    """A security key that Chromium itself plays."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, str(made["authenticatorId"])


def test_a_key_is_enrolled_signs_a_step_and_signs_no_more_once_revoked(house: House) -> None:
    director = house.person("director")
    page, desk = director.page, director.desk
    session, device = device_of(page)

    director.go("/account")
    page.fill("#key-name", "Khóa ở cơ quan")
    page.fill("#key-password", PASSWORD)
    page.click("form[data-key-new] button")
    page.wait_for_url("**/account?done=enrolled")

    paper = desk.post("/instances", {"process": "keyed_paper", "title": "Quyết định"}, expect=201)
    case = paper["id"]
    director.go(f"/instances/{case}")
    # Nobody is there to touch the key: nothing is signed, and the page says so.
    told = {"authenticatorId": device, "isUserVerified": False}
    session.send("WebAuthn.setUserVerified", told)
    page.set_input_files('#step-sign input[type="file"]', files=[_file()])
    page.fill("#step-sign-reason", "Đã đọc kỹ")
    page.click("#step-sign form button")
    expect(page.locator("#step-sign [data-key-said]")).to_contain_text("Chưa có gì được ký")

    session.send("WebAuthn.setUserVerified", {**told, "isUserVerified": True})
    page.click("#step-sign form button")
    page.wait_for_url(f"**/instances/{case}?done=sign")
    expect(page.locator("section[aria-labelledby=signatures]")).to_contain_text("Duyệt giấy")
    assert _proved(house) == 1

    director.go("/account")
    page.click("details summary")
    page.fill("#revoke-1", PASSWORD)
    page.click('form[action$="/revoke"] button')
    page.wait_for_url("**/account?done=revoked")
    director.go(f"/instances/{case}")
    expect(page.locator("#step-seal")).to_contain_text("Bước này chỉ ký được bằng khóa bảo mật")
    expect(page.locator("#step-stamp-password")).to_have_count(1)


def _file() -> Any:
    return {"name": "giấy.pdf", "mimeType": "application/pdf", "buffer": pdf("giấy")}


def _proved(house: House) -> int:
    """How many signatures a stranger proves from the leaves of the log."""
    signatures = Signatures()
    with house.served.office.runtime.read(OFFICE) as uow:
        for entry in uow.tables.log.read(LogFilter(), limit=100_000):
            assert signatures.take(json.loads(entry.body), sign=True) == ()
    return signatures.by_key
