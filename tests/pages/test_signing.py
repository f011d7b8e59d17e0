"""A step that is signed, on the pages: the form asks for the password, and keeps what was typed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from api.dependencies import House
from api.pages.seals import signed_lines
from api.pages.showing import Voice
from engine.queries.signatures import SignatureView
from tests.fixtures import Office
from tests.pages.conftest import Enter
from tests.pages.equipment import PASSWORD
from tests.signed_paper import publish_signed_paper


def test_the_form_of_a_signed_step_asks_for_the_password(
    sqlite_office: Office, house: House, enter: Enter
) -> None:
    publish_signed_paper(sqlite_office.runtime)
    director = enter("director")
    director.open("/instances/new?process=signed_paper")
    director.send("/instances", {"title": "Quyết định thử"})
    paper = director.place.partition("?")[0]

    director.open(paper)
    director.send(f"{paper}/steps/sign", {"password": "", "reason": "Đã đọc"}, expect=409)
    assert "mật khẩu" in director.page.text
    director.send(f"{paper}/steps/sign", {"password": "đoán mò", "reason": "Đã đọc"}, expect=409)
    assert "Đã đọc" in director.page.form(f"{paper}/steps/sign").values["reason"]

    for _ in range(house.settings.login_per_minute - 1):
        director.send(f"{paper}/steps/sign", {"password": "đoán mò"}, expect=409)
    director.send(f"{paper}/steps/sign", {"password": PASSWORD, "reason": "Vội"}, expect=429)
    assert "Vội" in director.page.form(f"{paper}/steps/sign").values["reason"]


def test_the_right_password_signs(sqlite_office: Office, enter: Enter) -> None:
    publish_signed_paper(sqlite_office.runtime)
    director = enter("director")
    director.open("/instances/new?process=signed_paper")
    director.send("/instances", {"title": "Quyết định thử"})
    paper = director.place.partition("?")[0]

    director.send(f"{paper}/steps/sign", {"password": PASSWORD})

    assert "done=sign" in director.place


def test_a_paper_says_who_signed_when_and_what_for(house: House) -> None:
    voice = Voice(
        words=house.words, language="vi", zone=ZoneInfo("Asia/Ho_Chi_Minh"), people={"p1": "An"}
    )
    signed = SignatureView(
        entry=1,
        transition="sign",
        person="p1",
        on_behalf_of=None,
        role="director",
        at=datetime(2026, 7, 6, 1, tzinfo=UTC),
        kind="password",
        meaning={"vi": "Duyệt", "en": "Approve"},
    )
    lines = ["".join(run.text for run in line) for line in signed_lines([signed], voice)]
    assert lines[0] == (
        "Ký trong hệ thống: An, 08:00 06/07/2026, “Duyệt” — Ký bằng mật khẩu (yếu hơn)."
    )
    assert "không phải chữ ký số" in lines[1]
    assert not list(signed_lines([], voice))
