"""Who gets in, with what, and what a form may not do: every gate from its wrong side."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.pages.visiting import local_address
from engine.commands.manage_accounts import add_account
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.runtime import Caller
from tests.fixtures import NEIGHBOUR, Office
from tests.pages.conftest import Enter
from tests.pages.equipment import ADDRESS, PASSWORD
from tests.pages.office_work import Audit

CLOSED = (
    "/",
    "/instances",
    "/instances/new",
    "/instances/bulk",
    "/instances/x",
    "/instances/x/records/slot/new",
    "/instances/x/documents/plan",
    "/instances/x/comments",
    "/instances/x/public-links",
    "/account",
    "/log",
    "/log/verification",
    "/log/verifications",
    "/log/verifications/x",
    "/log/entries/0",
    "/log/entries/0/body",
    "/log/entries/0/proof",
    "/log/export?format=csv",
    "/log/times",
    "/log/packs",
    "/definitions",
    "/definitions/internal_audit",
    "/plan/2026",
    "/plan/2026/beside?before=2025",
    "/coverage",
    "/work",
    "/dossiers",
    "/dossiers/list",
    "/dossiers/import",
    "/dossiers/imports/x",
    "/admin",
    "/admin/calendar",
    "/admin/letterheads",
    "/admin/webhooks",
    "/admin/webhooks/x",
    "/admin/background",
    "/admin/keys",
    "/messages",
    "/deadlines",
    "/admin/templates",
    "/documents",
)
CHANGE = '{"days": [], "removed": [[null, "2026-09-02"]], "rules": [], "source": "x"}'
"""A change of the calendar, as the page that showed what it moves would hold it."""


OPEN = frozenset({"/survey/s"})
"""The one form that needs no session; what it needs instead, test_public_form tells."""


def test_without_a_session_every_page_leads_to_the_login_and_back(enter: Enter) -> None:
    browser = enter()
    for address in CLOSED:
        browser.open(address)
        assert browser.place.startswith("/login?next="), address
    browser.open("/definitions/internal_audit")
    browser.send("/login", {"username": "director", "password": PASSWORD})
    assert browser.place == "/definitions/internal_audit"


def test_every_form_without_a_session_leads_to_the_login(pages: FastAPI, enter: Enter) -> None:
    browser = enter()
    for path in sorted({*_posts(pages)} - OPEN):
        answer = browser.client.post(path, data={"x": "y"}, follow_redirects=False)
        assert answer.status_code in {303, 403, 422}, path
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/login"), path


def test_every_form_wants_the_sessions_token_and_our_own_origin(
    pages: FastAPI, sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    browser = audit.at("administrator")
    token = browser.open("/").form("/logout").values["csrf_token"][0]
    own = {"Sec-Fetch-Site": "same-origin"}
    strange = {"Sec-Fetch-Site": "cross-site", "Origin": ADDRESS}
    with sqlite_office.runtime.read("skhcn") as uow:
        size = uow.tables.log.size()
    for path in _posts(pages):
        if path in {"/login", "/language", *OPEN}:
            continue
        for data, headers in (
            ({}, own),
            ({"csrf_token": "guess"}, own),
            ({"csrf_token": token}, strange),
        ):
            answer = browser.client.post(path, data=data, headers=headers, follow_redirects=False)
            assert answer.status_code == 403, (path, data, headers)
            assert "Biểu mẫu này đã cũ" in answer.text, path
    with sqlite_office.runtime.read("skhcn") as uow:
        assert uow.tables.log.size() == size


def test_a_form_that_was_refused_outright_shows_what_was_typed(
    sqlite_office: Office, enter: Enter
) -> None:
    audit = Audit(sqlite_office, enter)
    audit.open()
    browser = audit.at("iso_secretary")
    page = browser.send(
        f"{audit.address}/steps/submit",
        {"csrf_token": "old", "f.scope": "Một đoạn văn dài"},
        expect=403,
    )
    assert "Nội dung bạn đã nhập" in page.text
    assert "Một đoạn văn dài" in page.text


def test_a_wrong_password_and_an_unknown_name_read_the_same(enter: Enter) -> None:
    browser = enter()
    wrong = browser.log_in("director", password="không phải mật khẩu", expect=401)  # noqa: S106
    unknown = browser.log_in("nobody", password="không phải mật khẩu", expect=401)  # noqa: S106
    assert wrong.text == unknown.text.replace("nobody", "director")
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in wrong.text
    assert wrong.form("/login").values["username"] == ["director"]
    assert wrong.form("/login").values["password"] == [""]


def test_a_guesser_is_slowed_down_in_words(enter: Enter) -> None:
    browser = enter()
    for _ in range(5):
        browser.log_in("director", password="đoán", expect=401)  # noqa: S106
    page = browser.log_in("director", expect=429)
    assert "Đã gửi quá nhiều yêu cầu" in page.text
    assert browser.answer is not None
    assert int(browser.answer.headers["retry-after"]) > 0


def test_a_login_form_that_is_not_ours_is_refused(pages: FastAPI) -> None:
    with TestClient(pages, base_url=ADDRESS) as client:
        data = {"username": "director", "password": PASSWORD, "csrf_token": "x"}
        answer = client.post("/login", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    assert "sid" not in client.cookies


def test_logging_out_ends_the_session_everywhere(enter: Enter) -> None:
    browser = enter("director")
    kept = browser.client.cookies["sid"]
    browser.open("/")
    browser.send("/logout")
    assert browser.place == "/login"
    browser.client.cookies.set("sid", kept)
    browser.open("/")
    assert browser.place.startswith("/login")


def test_the_language_changes_and_the_page_stays(enter: Enter) -> None:
    browser = enter("iso_secretary")
    browser.open("/log?outcome=refused")
    page = browser.send("/language", {"language": "en"})
    assert browser.place == "/log?outcome=refused"
    assert "Audit log" in page.text
    assert browser.open("/").text.startswith("My work")
    browser.send("/language", {"language": "xx"})
    assert browser.open("/").text.startswith("My work")


def test_a_language_is_found_again_wherever_its_person_logs_in(enter: Enter) -> None:
    here = enter("iso_secretary")
    here.open("/")
    here.send("/language", {"language": "en"})
    there = enter("iso_secretary")
    assert there.open("/").text.startswith("My work")
    # Both browsers show what was chosen last, and nobody else does.
    there.send("/language", {"language": "vi"})
    assert here.open("/").text.startswith("Việc của tôi")
    here.send("/language", {"language": "en"})
    assert enter("director").open("/").text.startswith("Việc của tôi")


def test_a_language_chosen_before_the_login_goes_to_who_logs_in_and_to_nobody_after(
    enter: Enter,
) -> None:
    browser = enter()
    browser.open("/login")
    page = browser.send("/language", {"language": "en"})
    assert "Log in" in page.text
    browser.open("/login")
    browser.log_in("director")
    assert browser.open("/").text.startswith("My work")
    assert "language" not in browser.client.cookies
    browser.send("/logout")
    browser.log_in("iso_secretary")
    assert browser.open("/").text.startswith("Việc của tôi")
    assert enter("director").open("/").text.startswith("My work")


def test_ids_of_a_neighbour_are_not_there(sqlite_office: Office, enter: Enter) -> None:
    caller = Caller(organization_id=NEIGHBOUR, person=sqlite_office.people["iso_secretary"])
    theirs = start_instance(
        sqlite_office.runtime, StartInstance(caller=caller, process="internal_audit")
    )
    assert isinstance(theirs, Started)
    browser = enter("iso_secretary")
    token = browser.open("/").form("/logout").values["csrf_token"][0]
    base = f"/instances/{theirs.case.instance.id}"
    for address in (
        base,
        f"{base}/records/slot/new",
        f"{base}/documents/plan",
        f"/log?instance={theirs.case.instance.id}",
    ):
        browser.open(address, expect=404)
    for address in (
        f"{base}/steps/submit",
        f"{base}/evidence",
        f"{base}/assignees",
        f"{base}/claim",
        f"{base}/release",
        f"{base}/waivers",
        f"{base}/records/slot",
    ):
        answer = browser.client.post(
            address,
            data={"csrf_token": token, "version": "0"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status_code == 404, address


def test_a_person_of_another_organisation_sees_only_their_own(
    sqlite_office: Office, enter: Enter, pages: FastAPI
) -> None:
    house = pages.state.house
    add_account(
        sqlite_office.runtime,
        NEIGHBOUR,
        person=sqlite_office.people["director"],
        username="their_director",
        password_hash=house.passwords.hash(PASSWORD),
    )
    audit = Audit(sqlite_office, enter)
    audit.open()
    browser = enter("their_director")
    assert "Đánh giá nội bộ năm 2026" not in browser.open("/instances?show=all").text
    browser.open(audit.address, expect=404)


def test_only_administrators_change_the_organisation(enter: Enter) -> None:
    secretary = enter("iso_secretary")
    page = secretary.open("/admin")
    assert "/admin/grants" not in [form.action for form in page.forms]
    token = page.form("/logout").values["csrf_token"][0]
    told = {
        "/admin/grants": {"person": "p005", "role": "director", "from": "2026-07-01"},
        "/admin/calendar/day": {"day": "2026-07-10", "label": "x", "source": "y", "edition": "1"},
        "/admin/calendar/save": {"edition": "1", "change": CHANGE},
        "/admin/clock": {"to": "2026-07-10T08:00"},
        "/admin/letterheads": {
            "issuer": "agency",
            "valid_from": "2026-07-10",
            "symbol": "X",
            "filing": "VT",
            "place-vi": "X",
            "place-en": "X",
        },
    }
    for address, data in told.items():
        answer = secretary.client.post(
            address,
            data={**data, "csrf_token": token},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.status_code == 403, address
        assert "Quản trị hệ thống" in answer.text


def test_an_administrator_gives_and_ends_a_role(enter: Enter) -> None:
    browser = enter("administrator")
    browser.open("/admin")
    page = browser.send(
        "/admin/grants",
        {"person": "p031", "role": "internal_auditor", "unit": "", "from": "2026-07-06", "to": ""},
    )
    assert "Đã giao vai trò." in page.text
    ends = [form for form in page.forms if form.action.endswith("/end")]
    page = browser.send(ends[-1].action, {"last_day": "2026-07-06"}, form=ends[-1])
    assert "Đã kết thúc vai trò." in page.text
    page = browser.send(
        "/admin/grants", {"person": "p031", "role": "emperor", "from": "2026-07-06"}, expect=422
    )
    assert "Không có vai trò “emperor”." in page.text
    page = browser.send(
        "/admin/grants", {"person": "p031", "role": "clerk", "from": "mai"}, expect=422
    )
    assert "Phải là ngày dạng" in page.text


def test_a_delegation_and_the_clock_have_forms(enter: Enter) -> None:
    browser = enter("administrator")
    browser.open("/admin")
    page = browser.send(
        "/admin/delegations",
        {
            "giver": "p001",
            "deputy": "p002",
            "role": "director",
            "document": "12/QĐ-SKHCN",
            "from": "2026-07-06",
        },
    )
    assert "Đã ghi ủy quyền." in page.text
    page = browser.send("/admin/clock", {"to": "2026-07-06T09:30"})
    assert "09:30 06/07/2026" in page.text
    page = browser.send("/admin/clock", {"to": "2026-07-01T09:30"}, expect=422)
    assert "Đồng hồ chỉ đi tới" in page.text


def test_a_token_is_shown_once_and_can_be_revoked(enter: Enter) -> None:
    browser = enter("iso_secretary")
    browser.open("/admin")
    page = browser.send("/admin/tokens", {"name": "Excel", "expires": "2026-12-31"}, expect=201)
    secret = next(word for word in page.text.split() if word.startswith("qms_"))
    assert secret not in browser.open("/admin").html
    page = browser.page
    (revoke,) = [form for form in page.forms if form.action.endswith("/revoke")]
    page = browser.send(revoke.action, form=revoke)
    assert "Đã thu hồi mã truy cập." in page.text
    assert "Excel" not in page.text
    browser.send("/admin/tokens", {"name": "cũ", "expires": "2020-01-01"}, expect=422)


def test_what_breaks_inside_is_told_without_the_inside(pages: FastAPI, enter: Enter) -> None:
    inner = next(route.app for route in pages.routes if getattr(route, "path", "") == "")

    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    inner.router.add_api_route("/broken", broken)
    inner.router.routes.insert(0, inner.router.routes.pop())
    browser = enter("director")
    client = TestClient(pages, base_url=ADDRESS, raise_server_exceptions=False)
    client.cookies = browser.client.cookies
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Lỗi hệ thống" in answer.text


@given(st.text())
def test_no_text_leads_out_of_the_house(text: str) -> None:
    address = local_address(text)
    assert address.startswith("/")
    assert not address.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a\r\nSet-Cookie: x",
        "",
        "/\t/x",
    ],
)
def test_addresses_elsewhere_lead_to_the_first_page(text: str) -> None:
    assert local_address(text) == "/"


def test_an_address_of_the_house_is_kept() -> None:
    assert local_address("/log?outcome=refused") == "/log?outcome=refused"


def _posts(pages: FastAPI) -> list[str]:
    """The address of every form."""
    inner = next(route.app for route in pages.routes if getattr(route, "path", "") == "")
    names = {"instance_id": "x", "transition": "submit", "record_set": "slot"}
    others = {"row_id": "y", "evidence_id": "z", "grant_id": "g", "token_id": "t", "job_id": "j"}
    others |= {"link": "l", "secret": "s"}
    others |= {"webhook": "w", "delivery": "d", "message": "m", "feed_id": "f"}
    others |= {"key_id": "k", "line": "l", "name": "plan"}
    found = [
        route.path.format(**names, **others)
        for room in inner.routes
        if hasattr(room, "original_router")
        for route in room.original_router.routes
        if "POST" in route.methods
    ]
    assert len(found) > 15, found
    return found
