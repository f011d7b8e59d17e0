"""The pages in a real browser: with a mouse, a keyboard, a phone, and without JavaScript."""

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from api.seeds import DEFINITIONS, plan_for, read_plan
from engine.commands.enter_plan import enter_plan
from engine.commands.manage_imports import FileToImport, draft_import
from engine.worker.jobs import run_waiting_imports
from tests.acceptance.papers import PDF, paper
from tests.api.web import EXPORT, EXPORT_ROW
from tests.browser.site import Site, serving
from tests.fixtures import OFFICE
from tests.pages.conftest import audit, on_site
from tests.pages.equipment import PASSWORD
from tests.pages.office_work import Audit
from tests.scale import at_scale

__all__ = ["audit", "on_site"]

pytestmark = pytest.mark.browser

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LOOKS = (
    ("lead_auditor", "/"),
    ("lead_auditor", "{audit}"),
    ("lead_auditor", "{audit}/records/finding/new"),
    ("lead_auditor", "{audit}/documents/checklist"),
    ("lead_auditor", "/instances?show=all"),
    ("lead_auditor", "/log"),
    ("lead_auditor", "/definitions"),
    ("lead_auditor", "/definitions/internal_audit"),
    ("lead_auditor", "/plan/2026"),
    ("lead_auditor", "/plan/2026/beside"),
    ("lead_auditor", "/coverage?year=2026"),
    ("lead_auditor", "/work"),
    ("lead_auditor", "/instances/bulk"),
    ("administrator", "/admin"),
    ("administrator", "/admin/background"),
    ("iso_secretary", "/instances/new?process=internal_audit"),
    ("iso_secretary", "/nothing"),
    ("one_stop", "/dossiers?from=2026-06-01&to=2026-09-30"),
    ("one_stop", "/dossiers/list"),
    ("one_stop", "/dossiers/import"),
)


def uploaded(words: str) -> Any:
    """A real PDF as the browser's file dialog hands it over."""
    name, content = paper(PDF, words)
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


@pytest.fixture
def site(audit: Audit, chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    """The application over the office with a plan and an audit on site, whose desk has exported."""
    written = read_plan(DEFINITIONS / "plans" / "2023.yaml")
    plan = plan_for(written, 2026, signer="Nguyễn Khắc Hải Đăng")
    enter_plan(audit.office.runtime, OFFICE, 2026, plan)
    earlier = plan_for(written, 2025, signer="Nguyễn Khắc Hải Đăng")
    enter_plan(audit.office.runtime, OFFICE, 2025, earlier)
    file = FileToImport(
        register="dossier",
        content=BytesIO((EXPORT + EXPORT_ROW).encode()),
        filename="tuần.csv",
        source="desk",
    )
    desk = audit.office.as_("one_stop")
    draft_import(audit.office.runtime, desk, file, bytes_max=10_000, start=True)
    run_waiting_imports(audit.office.runtime)
    with serving(audit.office.runtime, chromium, tmp_path) as found:
        yield found


LOOKED_AT = at_scale(dev=(360,), ci=(360, 1440))
"""Widths at which axe goes over every page, which takes it the longest."""


@pytest.mark.parametrize(("width", "language"), [(360, "vi"), (1440, "vi"), (360, "en")])
def test_every_page_is_usable_by_everybody_at_every_width(
    site: Site, audit: Audit, width: int, language: str
) -> None:
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        faults.extend(_objections(message))

    for username in dict.fromkeys(name for name, _ in LOOKS):
        page = site.visit(username, width=width, language=language)
        page.on("console", hear)
        # English differs in words alone: what axe looks at was the same in Vietnamese.
        seen = None
        if language == "vi" and width in LOOKED_AT:
            seen = site.visit(username, width=width, language=language, bypass_csp=True)
        for visitor, address in LOOKS:
            if visitor == username:
                whole = site.address + address.replace("{audit}", audit.address)
                page.goto(whole)
                if _is_too_wide(page):
                    faults.append(f"{address} is wider than the window")
                if seen is not None:
                    seen.goto(whole)
                    faults += _violations(seen, address)
    assert faults == []


def test_the_login_needs_no_mouse(site: Site) -> None:
    page = site.visit(bypass_csp=True)
    page.goto(site.address)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#username")).to_be_focused()
    page.keyboard.type("lead_auditor")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Việc của tôi")
    assert _violations(page, "/") == []


def test_the_inbox_says_what_a_step_waits_for_and_leads_to_it(site: Site, audit: Audit) -> None:
    page = site.visit("lead_auditor")
    work = page.locator("#waiting + p + ul")
    expect(work).to_contain_text("Kết thúc đánh giá tại chỗ")
    expect(work).to_contain_text("Mọi câu trong phiếu hỏi phải có kết quả")
    page.click(f"a[href='{audit.address}']")
    expect(page.locator("#step-finish_site")).to_have_attribute("open", "")
    expect(page.locator(".drawing .current")).to_contain_text("Đang đánh giá")


def test_a_file_is_chosen_sent_and_announced_without_leaving_the_page(
    site: Site, audit: Audit
) -> None:
    page = site.visit("lead_auditor")
    page.goto(site.address + audit.address)
    page.evaluate("window.stayed = true")
    slot = page.locator("#evidence-closing_minutes")
    slot.locator("summary").first.click()
    slot.locator("input[type=file]").set_input_files(uploaded("Biên bản họp kết thúc"))
    slot.locator("button").click()
    expect(page.locator("[data-announce]")).to_have_text("Đã nhận tệp.")
    expect(page.locator("#announcer")).to_have_text("Đã nhận tệp.")
    expect(page.locator("[data-announce]")).to_be_focused()
    expect(page.locator("#evidence-closing_minutes")).to_contain_text("Biên bản họp kết thúc.pdf")
    assert page.evaluate("window.stayed")
    with page.expect_download() as download:
        page.click("#evidence-closing_minutes .files a")
    assert download.value.suggested_filename == "Biên bản họp kết thúc.pdf"


def test_a_file_is_dropped_onto_its_slot(site: Site, audit: Audit) -> None:
    page = site.visit("lead_auditor")
    page.goto(site.address + audit.address)
    slot = page.locator("#evidence-closing_minutes")
    slot.locator("summary").first.click()
    name, content = paper(PDF, "Biên bản thả vào")
    dropped = page.evaluate_handle(
        """([name, content]) => {
            const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], name, {type: "application/pdf"}));
            return carried;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    zone = slot.locator("[data-drop]")
    zone.dispatch_event("dragover", {"dataTransfer": dropped})
    expect(zone).to_have_class("drop over")
    zone.dispatch_event("drop", {"dataTransfer": dropped})
    expect(zone).to_have_class("drop")
    slot.locator("button").click()
    expect(page.locator("#evidence-closing_minutes")).to_contain_text("Biên bản thả vào.pdf")


def test_a_file_that_is_refused_is_told_where_it_was_sent(site: Site, audit: Audit) -> None:
    page = site.visit("lead_auditor")
    page.goto(site.address + audit.address)
    slot = page.locator("#evidence-closing_minutes")
    slot.locator("summary").first.click()
    wrong: Any = {"name": "biên bản.pdf", "mimeType": "application/pdf", "buffer": b"GIF89a" * 20}
    slot.locator("input[type=file]").set_input_files(wrong)
    slot.locator("button").click()
    expect(page.locator("[data-announce]")).to_contain_text("nội dung là")
    expect(page.locator("[role=alert]")).to_be_visible()


def test_a_step_that_ends_the_case_asks_once_more(site: Site, audit: Audit) -> None:
    page = site.visit("director")
    page.goto(site.address + audit.address)
    asked: list[str] = []

    def decline(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", decline)
    form = page.locator("#step-cancel form")
    page.locator("#step-cancel > summary").click()
    form.locator("button.danger").click()
    assert asked == ["“Hủy cuộc đánh giá” kết thúc hồ sơ và không quay lại được. Tiếp tục?"]
    page.reload()
    expect(page.locator("main .tag.here").first).to_have_text("Đang đánh giá")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#step-cancel > summary").click()
    form.locator("textarea[name=reason]").fill("Gộp vào đợt sau")
    form.locator("input[type=file]").set_input_files(uploaded("Quyết định hủy"))
    form.locator("button.danger").click()
    expect(page.locator("[data-announce]")).to_contain_text("Đã hủy")


def test_filters_change_the_list_and_the_address(site: Site) -> None:
    page = site.visit("iso_secretary")
    page.goto(f"{site.address}/instances")
    page.evaluate("window.stayed = true")
    page.fill("#q", "không có hồ sơ nào")
    page.click(".filters button")
    expect(page.locator("#results")).to_contain_text("Không có hồ sơ nào như vậy.")
    expect(page.locator("#announcer")).to_have_text("0 hồ sơ.")
    assert "q=" in page.url
    assert page.evaluate("window.stayed")


def test_everything_works_without_javascript(site: Site, audit: Audit) -> None:
    page = site.visit("lead_auditor", width=360, scripts=False)
    page.goto(site.address + audit.address)
    slot = page.locator("#evidence-closing_minutes")
    slot.locator("summary").first.click()
    slot.locator("input[type=file]").set_input_files(uploaded("Biên bản"))
    slot.locator("button").click()
    expect(page.locator("[data-announce]")).to_have_text("Đã nhận tệp.")
    page.click("text=English")
    expect(page.locator("h2#evidence")).to_have_text("Evidence")
    assert audit.address in page.url


def test_a_second_click_while_the_first_is_on_its_way_sends_nothing(
    site: Site, audit: Audit
) -> None:
    page = site.visit("lead_auditor")
    page.goto(f"{site.address}{audit.address}/records/checklist/new")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
    page.select_option("#row-slot", index=1)
    page.fill("#row-clause", "9.2")
    page.fill("#row-question", "Hồ sơ có được lưu không?")
    page.dblclick("button[value=back]")
    expect(page.locator("[data-announce]")).to_have_text("Đã lưu dòng.")
    assert len(sent) == 1


def test_an_export_is_dropped_followed_without_reloading_and_read(
    site: Site, audit: Audit, tmp_path: Path
) -> None:
    file = tmp_path / "tuan.csv"
    file.write_text(EXPORT + EXPORT_ROW.replace("HS-2", "HS-3"), "utf-8")
    page = site.visit("one_stop")
    page.goto(f"{site.address}/dossiers/import")
    page.set_input_files("#file", file)
    page.click("text=Tải lên và xem trước")
    page.wait_for_url("**/dossiers/imports/*")
    page.click("text=Nhập vào sổ")
    expect(page.locator("h2#state")).to_contain_text("đang chờ")
    run_waiting_imports(audit.office.runtime)
    expect(page.locator("h2#state")).to_contain_text("đã xong")
    page.click("text=Xem phân tích")
    expect(page.locator("svg.chart").first).to_be_visible()


def _violations(page: Page, address: str) -> list[str]:
    """What axe finds."""
    found = Axe().run(page, options=WCAG)
    return [
        f"{address} {fault['id']} {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found.response["violations"]
    ]


def _objections(message: ConsoleMessage) -> list[str]:
    """What the browser itself complains of; that a page is not found is what was asked for."""
    if message.type not in {"error", "warning"} or "404 (Not Found)" in message.text:
        return []
    return [message.text]


def _is_too_wide(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )
