"""Every page, in both languages, over real data: whole, said in words, and usable by everybody."""

import re
from collections import Counter
from pathlib import Path

import pytest

from api import seeds
from engine.commands.check_log import run_checks
from engine.commands.enter_plan import enter_plan
from engine.queries.verifications import verification
from tests.fixtures import OFFICE
from tests.pages.equipment import PASSWORD, WORDS, Page
from tests.pages.office_work import Audit

ROOM = Path(__file__).parent.parent.parent / "api" / "pages"
TEMPLATES = sorted((ROOM / "templates").rglob("*.html"))
SOURCES = [*TEMPLATES, *sorted(ROOM.glob("*.py"))]
UNSAID = re.compile(r"\bpage\.[a-z_]+\.?[a-z_.]*")
VISITS = (
    ("iso_secretary", "/"),
    ("director", "/"),
    ("external_auditor", "/"),
    ("iso_secretary", "/instances?show=all"),
    ("iso_secretary", "/instances/new"),
    ("iso_secretary", "/instances/new?process=internal_audit"),
    ("lead_auditor", "{audit}"),
    ("director", "{audit}"),
    ("external_auditor", "{audit}"),
    ("lead_auditor", "{audit}/records/finding/new"),
    ("lead_auditor", "{audit}/documents/plan"),
    ("lead_auditor", "{audit}/documents/checklist"),
    ("external_auditor", "/log"),
    ("external_auditor", "/log?period=2026-Q3&outcome=accepted"),
    ("external_auditor", "/log/verifications"),
    ("external_auditor", "/log/entries/0"),
    ("external_auditor", "/log/entries/12"),
    ("external_auditor", "/log/times"),
    ("external_auditor", "/log/times?process=internal_audit&year=2026"),
    ("external_auditor", "/log/times?instance={case}"),
    ("iso_secretary", "/definitions"),
    ("iso_secretary", "/definitions/internal_audit"),
    ("iso_secretary", "/definitions/corrective_action"),
    ("iso_secretary", "/definitions/training_campaign"),
    ("iso_secretary", "/definitions/overdue_case"),
    ("one_stop", "/dossiers"),
    ("one_stop", "/dossiers/import"),
    ("one_stop", "/dossiers/list"),
    ("administrator", "/admin"),
    ("unit_head_tdc", "/admin"),
)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_said_in_words_and_holds_together(audit: Audit, language: str) -> None:
    for username in dict.fromkeys(name for name, _ in VISITS):
        browser = audit.enter(username, language)
        for visitor, address in VISITS:
            if visitor == username:
                page = browser.open(
                    address.replace("{audit}", audit.address).replace(
                        "{case}", audit.address.rpartition("/")[2]
                    )
                )
                _check(page, language, address)


def test_pages_before_the_login_are_said_in_words(audit: Audit) -> None:
    for language in ("vi", "en"):
        browser = audit.enter(language=language)
        _check(browser.open("/login"), language, "/login")


def test_every_word_of_the_pages_is_in_both_languages_and_used() -> None:
    own = {
        language: {code for code in WORDS.codes(language) if code.startswith("page.")}
        for language in ("vi", "en")
    }
    assert own["vi"] == own["en"]
    text = "\n".join(path.read_text("utf-8") for path in SOURCES)
    used = {f"page.{code}" for code in re.findall(r"\bui\(\s*[\"']([a-z_.]+)[\"']\s*[,)]", text)}
    for code in re.findall(r"counted\((?:[^'()]|\([^()]*\))*'([^']*)'", text):
        used |= {f"page.{code}.one", f"page.{code}.many"}
    assert used - own["vi"] == set()
    begun = {f"page.{code}" for code in re.findall(r"\bui\('([a-z_]+\.[a-z_.]*)' ~", text)}
    begun |= {f"page.{code}" for code in re.findall(r"\bui\(f\"([a-z_.]+[._])\{", text)}
    begun |= {"page.error."}
    listed = {
        f"page.{code}" for code in re.findall(r"\"((?:rule|moment|length|needs)\.[a-z_]+)", text)
    }
    for names in re.findall(r"for name in \[([^\]]*)\]", text):
        listed |= {f"page.{code}" for code in re.findall(r"'([a-z_]+\.[a-z_]+)'", names)}
    listed |= set(re.findall(r"words\.say\(\"(page\.[a-z_.]+)\"", text))
    unused = {
        code
        for code in own["vi"] - used - listed
        if not any(code.startswith(start) for start in begun)
    }
    assert unused == set()


def test_templates_trust_nobody() -> None:
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        assert not re.search(r"\|\s*safe\b", text), path
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text), path
        assert "autoescape" not in text, path
        for source in re.findall(r"(?:src|href)=\"([^\"{]*)", text):
            assert not source.startswith(("http:", "https:", "//")), (path, source)
    assert [path.name for path in ROOM.glob("*.py") if "Markup(" in path.read_text("utf-8")] == [
        "rendering.py"
    ]


def test_every_page_forbids_what_it_does_not_need(audit: Audit) -> None:
    browser = audit.enter("director")
    browser.open("/")
    assert browser.answer is not None
    headers = browser.answer.headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_htmx_gets_the_block_that_it_asked_for(audit: Audit) -> None:
    browser = audit.enter("iso_secretary")
    whole = browser.open("/instances?show=all")
    part = browser.open("/instances?show=all", **{"HX-Request": "true"})
    assert "<html" in whole.html
    assert "<html" not in part.html
    assert part.html.strip() in whole.html
    again = browser.open(
        "/instances", **{"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert "<html" in again.html


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_plan_is_its_appendix_table_with_the_cases_of_each_row(
    audit: Audit, language: str
) -> None:
    written = seeds.read_plan(seeds.DEFINITIONS / "plans" / "2023.yaml")
    plan = seeds.plan_for(written, 2026, signer="Nguyễn Khắc Hải Đăng")
    enter_plan(audit.office.runtime, OFFICE, 2026, plan)
    browser = audit.enter("director", language)
    page = browser.open("/plan/2026")
    _check(page, language, "/plan/2026")
    rows = [name for name in page.ids if name.startswith("row-")]
    assert len(rows) == len(plan["rows"])
    assert {"row-1", "row-2.1", "row-5.3", "row-6.2", "row-7"} <= set(rows)
    assert audit.address in page.links
    assert {f"#row-{number}" for number in range(1, 8)} <= set(page.links)
    assert page.text.count(("Mục tiêu" if language == "vi" else "Objective") + " 7") == 1
    wording = next(row["content"][language] for row in plan["rows"] if row["code"] == "5.3")
    assert wording in page.text
    alone = browser.open("/plan/2026/beside", expect=404)
    _check(alone, language, "/plan/2026/beside")
    enter_plan(audit.office.runtime, OFFICE, 2024, plan)
    beside = browser.open("/plan/2026/beside?before=2024")
    _check(beside, language, "/plan/2026/beside")
    assert wording in beside.text
    assert "/plan/2026/beside?before=2024" in beside.links
    browser.open("/plan/2026/beside?before=2026", expect=404)
    browser.open("/plan/x/beside", expect=404)
    missing = browser.open("/plan/2025", expect=404)
    assert "/plan/2026" in missing.links
    _check(missing, language, "/plan/2025")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_coverage_names_what_is_missing_and_who_can_close_it(audit: Audit, language: str) -> None:
    browser = audit.enter("external_auditor", language)
    page = browser.open("/coverage?year=2026")
    _check(page, language, "/coverage")
    assert {"clause-9.2.2", "clause-10.2.2"} <= set(page.ids)
    assert audit.address in page.links
    assert ("Thư ký ISO" if language == "vi" else "ISO secretary") in page.text
    later = browser.open("/coverage?year=2026&edition=2026")
    _check(later, language, "/coverage")
    assert "9.3.2" in later.text
    for bent in ("year=x", "year=1999", "year=2026&edition=1987"):
        browser.open(f"/coverage?{bent}", expect=404)


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "31/12/2026 mới đến"), ("en", "as late as 31 December 2026")]
)
def test_a_plan_that_cannot_keep_the_order_between_processes_says_so(
    audit: Audit, language: str, said: str
) -> None:
    written = seeds.read_plan(seeds.DEFINITIONS / "plans" / "2023.yaml")
    plan = dict(seeds.plan_for(written, 2026, signer="Nguyễn Khắc Hải Đăng"))
    for row in plan["rows"]:
        if row["code"] == "4":
            row["time"]["window"]["months"] = [12]
    enter_plan(audit.office.runtime, OFFICE, 2026, plan)
    page = audit.enter("director", language).open("/plan/2026")
    _check(page, language, "/plan/2026")
    assert said in page.text


def test_a_paper_holds_the_values_of_the_case(audit: Audit) -> None:
    page = audit.at("lead_auditor").open(f"{audit.address}/documents/plan")
    assert "KẾ HOẠCH" in page.text
    assert "/KH-SKHCN" in page.text
    assert "Bùi Trọng Khôi Nguyên" in page.text
    assert "Phòng Quản lý khoa học; Phòng Kế hoạch - Tài chính" in page.text
    assert "Từ ngày 20/07/2026 đến ngày 24/07/2026" in page.text


def test_a_paper_that_is_not_there_yet_is_not_found(audit: Audit) -> None:
    browser = audit.at("lead_auditor")
    page = browser.open(f"{audit.address}/documents/audit_report", expect=404)
    assert "Hồ sơ này chưa có văn bản" in page.text


def test_a_refused_login_and_the_house_itself_are_found_in_the_log(audit: Audit) -> None:
    stranger = audit.enter()
    stranger.log_in("director", password=PASSWORD.upper(), expect=401)
    auditor = audit.at("external_auditor")
    refused = auditor.open("/log?outcome=refused")
    assert "Sai tên đăng nhập hoặc mật khẩu" in refused.text
    assert auditor.answer is not None
    assert '<option value="system">Hệ thống</option>' in auditor.answer.text


def test_what_a_verification_did_not_check_is_said_in_words(audit: Audit) -> None:
    auditor = audit.at("external_auditor")
    auditor.open("/log/verifications")
    auditor.send("/log/verifications")
    run_checks(audit.office.runtime, OFFICE)
    page = auditor.open(auditor.place)
    told = verification(audit.office.runtime, audit.office.as_("director"), auditor.place[-36:])
    assert told.result is not None
    assert "outside_checkpoint" in told.result["not_checked"]
    assert not [code for code in told.result["not_checked"] if code in page.text.split()]


def test_people_and_units_stand_in_vietnamese_order(audit: Audit) -> None:
    page = audit.at("administrator").open("/admin")
    assert page.text.index("Vũ Ngọc Quỳnh Anh") < page.text.index("Lê Vũ Thùy Dương")
    assert page.text.index("Lê Vũ Thùy Dương") < page.text.index("Nguyễn Khắc Hải Đăng")


def test_the_log_shows_old_and_new_values_and_marks_refusals(audit: Audit) -> None:
    audit.at("lead_auditor").open(audit.address)
    audit.step("lead_auditor", "finish_site", f__closing_on="2026-07-20", expect=409)
    page = audit.at("external_auditor").open("/log")
    assert "Bị từ chối Kết thúc đánh giá tại chỗ" in page.text
    assert "Thiếu bằng chứng: Biên bản họp kết thúc" in page.text
    assert "Phát hiện đánh giá · Phân loại: → Không phù hợp nhẹ" in page.text
    refused = audit.at("external_auditor").open("/log?outcome=refused&process=internal_audit")
    assert refused.text.startswith("Nhật ký")
    assert "Họp khai mạc → " not in refused.text
    nobody = audit.at("external_auditor").open("/log?from=2030-01-01")
    assert "Không có mục nào như vậy." in nobody.text


def test_addresses_that_somebody_bent_are_answered_calmly(audit: Audit) -> None:
    browser = audit.at("director")
    for address in (
        "/instances?year=abc&show=perhaps&after=x~y&q=%F0%9F%98%80",
        "/log?from=2026-13-45&to=9999-12-31&before=999999999999999999999&outcome=maybe",
        "/definitions/internal_audit?done=%3Cscript%3E",
    ):
        browser.open(address)
    for address in (
        "/instances/nothing",
        "/definitions/nothing",
        "/definitions/internal_audit?version=99",
        "/definitions/internal_audit?version=x",
        "/plan/99",
        "/plan/2031",
        "/log?instance=nothing",
        "/nothing",
        f"{audit.address}/records/nothing/new",
        f"{audit.address}/records/slot/nothing",
    ):
        page = browser.open(address, expect=404)
        assert not UNSAID.search(page.text), (address, page.text)


def _check(page: Page, language: str, address: str) -> None:
    """What holds of every page."""
    assert not UNSAID.search(page.text), (address, UNSAID.findall(page.text))
    root = next(given for tag, given in page.tags if tag == "html")
    assert root["lang"] == language
    twice = [name for name, count in Counter(page.ids).items() if count > 1]
    assert not twice, (address, twice)
    for tag, given in page.tags:
        assert "style" not in given, (address, tag)
        for name in ("for", "aria-labelledby", "aria-describedby"):
            for wanted in given.get(name, "").split():
                assert wanted in page.ids, (address, tag, name, wanted)
    for form in page.forms:
        if form.method == "post":
            assert form.values.get("csrf_token", [""])[0], (address, form.action)
    headings = [tag for tag, _ in page.tags if tag == "h1"]
    assert len(headings) == 1, (address, headings)
    anchors = {link[1:] for link in page.links if link.startswith("#")}
    assert anchors <= set(page.ids), (address, anchors - set(page.ids))
