"""A citizen answers on a telephone without JavaScript, through the code that the office prints."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, serving
from tests.browser.test_pages import WCAG
from tests.fixtures import Office
from tests.pages.conftest import sqlite_office, with_logins
from tests.surveys import Survey, open_survey

__all__ = ["sqlite_office", "with_logins"]

pytestmark = pytest.mark.browser

TARGET_PIXELS = 44


@pytest.fixture
def survey(sqlite_office: Office) -> Survey:
    return open_survey(sqlite_office)


@pytest.fixture
def site(survey: Survey, chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    with serving(survey.office.runtime, chromium, tmp_path) as found:
        yield found


def test_a_code_that_is_scanned_leads_to_a_form_that_counts_once(
    site: Site, survey: Survey
) -> None:
    office = site.visit("office")
    office.goto(f"{site.address}/instances/{survey.id}")
    office.click(f"a[href='/instances/{survey.id}/public-links']")
    office.click("text=Máy tại Bộ phận Một cửa")
    office.click("text=Tạo đường dẫn")
    office.emulate_media(media="print")
    expect(office.locator("form").first).to_be_hidden()
    (code,) = zxingcpp.read_barcodes(Image.open(BytesIO(office.screenshot(full_page=True))))
    citizen = site.visit(width=360, scripts=False)
    citizen.context.clear_cookies()
    citizen.goto(code.text)
    citizen.click("button.large")
    expect(citizen.locator("[role=alert]")).to_contain_text("Hài lòng chung")
    citizen.select_option("#ask-unit", label="Văn phòng Sở")
    citizen.click("#ask-overall label:has-text('Rất hài lòng')")
    citizen.click("#ask-staff label:nth-of-type(2)")
    citizen.fill("#ask-remark", "Nhanh\nGọn")
    citizen.dblclick("button.large")
    expect(citizen.locator("h1")).to_contain_text("Cảm ơn")
    citizen.reload()
    expect(citizen.locator("main")).to_contain_text("Phiếu của người tiếp theo")
    (row,) = survey.answers()
    assert dict(row.values) == {
        "unit": "office",
        "channel": "kiosk",
        "overall": 5,
        "staff": 2,
        "remark": "Nhanh\nGọn",
    }
    assert citizen.context.cookies() == []


@pytest.mark.parametrize("width", [360, 1440])
def test_the_form_is_usable_by_everybody(site: Site, survey: Survey, width: int) -> None:
    made = survey.link()
    page = site.visit(width=width, bypass_csp=True)
    for language in ("vi", "en"):
        for place in (f"/survey/{made.secret}", f"/survey/{made.secret}/thanks", "/survey/x"):
            page.goto(f"{site.address}{place}?lang={language}")
            assert _faults(page) == [], place
    page.goto(f"{site.address}/survey/{made.secret}")
    page.click("button.large")
    assert _faults(page) == []
    for label in page.locator(".scale label").all():
        box = label.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TARGET_PIXELS


@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_with_the_links_is_usable_by_everybody(
    site: Site, survey: Survey, width: int
) -> None:
    page = site.visit("office", width=width, bypass_csp=True)
    page.goto(f"{site.address}/instances/{survey.id}/public-links")
    page.click("text=Tạo đường dẫn")
    expect(page.locator(".sign-board svg")).to_be_visible()
    assert _faults(page) == []


def _faults(page: Page) -> list[str]:
    found = Axe().run(page, options=WCAG).response["violations"]
    told = [f"{one['id']} {[node['target'] for node in one['nodes']][:3]}" for one in found]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        told.append("wider than the window")
    return told
