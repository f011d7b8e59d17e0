"""Links to public forms over REST, and the form behind them as the whole application serves it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from api.auth.form_tokens import LIFETIME
from engine.queries.audit_trail import verify_log
from tests.api.web import Web, web_of
from tests.fixtures import OFFICE, Office
from tests.surveys import Survey, designed_survey, open_survey

TOKEN = re.compile(r'name="form_token" value="([^"]*)"')
TYPED = {"f.unit": "office", "f.overall": "4", "f.access": "5", "f.remark": "Nhanh, gọn"}


@dataclass(slots=True)
class Desk:
    """A survey that runs, and somebody with its link who has no account."""

    web: Web
    survey: Survey

    @property
    def links(self) -> str:
        return f"/instances/{self.survey.id}/public-links"

    def make(self, username: str = "office", **more: Any) -> Any:
        body = {"record_set": "answer", "kind": "online", **more}
        return self.web.post(username, self.links, body)

    def place(self, **more: Any) -> str:
        """Where a fresh link leads."""
        answer = self.make(**more)
        assert answer.status_code == 201, answer.text
        address: str = answer.json()["address"]
        return address.removeprefix("http://localhost")

    def open(self, place: str) -> Any:
        self.web.client.cookies.clear()
        return self.web.client.get(place)

    def token(self, place: str) -> str:
        found = TOKEN.search(self.open(place).text)
        assert found is not None
        return found[1]

    def send(self, place: str, typed: dict[str, Any] | None = None, **more: str) -> Any:
        """Fill the form in and send it; a token of its own unless one is given."""
        given = {**(TYPED if typed is None else typed), **more}
        if "form_token" not in given:
            given["form_token"] = self.token(place)
        return self.web.client.post(place, data=given)

    def count(self) -> int:
        return len(self.survey.answers())


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Iterator[Desk]:
    web = web_of(office, tmp_path, answer_per_minute=1000)
    with web.client:
        yield Desk(web, open_survey(office))


@pytest.fixture
def small_desk(sqlite_office: Office, tmp_path: Path) -> Iterator[Desk]:
    web = web_of(sqlite_office, tmp_path, answer_per_minute=20)
    with web.client:
        yield Desk(web, open_survey(sqlite_office))


def test_a_citizen_answers_without_leaving_a_trace(desk: Desk) -> None:
    place = desk.place()
    shown = desk.open(place)
    assert shown.status_code == 200
    answer = desk.send(place)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{place}/thanks?lang=vi")
    thanks = desk.web.client.get(answer.headers["location"])
    assert "Cảm ơn" in thanks.text
    assert "tiếp theo" not in thanks.text
    for each in (shown, answer, thanks):
        assert "set-cookie" not in each.headers
        assert each.headers["cache-control"] == "no-store"
    for each in (shown, thanks):
        assert each.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in each.headers["x-robots-tag"]
        assert "<script" not in each.text
    (row,) = desk.survey.answers()
    assert row.values["channel"] == "online"
    assert row.values["remark"] == "Nhanh, gọn"
    entry = desk.survey.entries()[-1]
    assert entry.actor == row.created_by
    assert entry.actor.startswith("public-link:")
    assert "testclient" not in repr(entry)
    assert verify_log(desk.web.office.runtime, OFFICE).findings == ()
    shown_links = desk.web.get("office", desk.links).json()["items"]
    assert [(one["taken"], one["last_day"]) for one in shown_links] == [(1, "2026-07-06")]


def test_no_line_of_the_applications_own_log_holds_an_address(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    place = desk.place()
    desk.send(place)
    told = capsys.readouterr()
    assert place.rpartition("/")[2] not in told.out + told.err
    assert "testclient" not in told.out + told.err


def test_the_kiosk_offers_a_form_to_the_next_and_says_that_it_was_the_kiosk(desk: Desk) -> None:
    place = desk.place(kind="kiosk")
    thanks = desk.web.client.get(desk.send(place).headers["location"])
    assert "Phiếu của người tiếp theo" in thanks.text
    assert desk.survey.answers()[0].values["channel"] == "kiosk"


def test_the_form_speaks_both_languages(desk: Desk) -> None:
    place = desk.place()
    assert 'lang="vi"' in desk.open(place).text
    english = desk.open(f"{place}?lang=en")
    assert "Handling of feedback" in english.text
    assert english.headers["content-language"] == "en"
    assert "Đo lường" in desk.open(f"{place}?lang=xx").text
    closed = desk.open("/survey/x?lang=en")
    assert "This address is not open" in closed.text
    sent = desk.web.client.post(f"{place}?lang=en", data={"form_token": "x", "f.overall": "9"})
    assert "open for too long" in sent.text


def test_a_double_click_a_reload_and_a_way_back_count_once(desk: Desk) -> None:
    place = desk.place()
    token = desk.token(place)
    for _ in range(3):
        assert desk.send(place, form_token=token).status_code == 303
    other = desk.send(place, {**TYPED, "f.overall": "1"}, form_token=token)
    assert other.status_code == 409
    assert "đã được ghi nhận" in other.text
    assert [row.values["overall"] for row in desk.survey.answers()] == [4]
    # A form that came back with a fault is still the same form.
    token = desk.token(place)
    faulty = desk.send(place, {**TYPED, "f.overall": ""}, form_token=token)
    assert faulty.status_code == 422
    again = TOKEN.search(faulty.text)
    assert again is not None
    assert again[1] == token
    assert desk.send(place, form_token=token).status_code == 303
    assert desk.count() == 2


def test_a_form_that_is_not_ours_or_too_old_comes_back_filled_in(desk: Desk) -> None:
    place, other = desk.place(), desk.place(kind="kiosk")
    token = desk.token(place)
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    for given in ("", "x", forged, desk.token(other), f"9{token}", "9" * 5000):
        answer = desk.send(place, form_token=given)
        assert answer.status_code == 409, given
        assert "Nhanh, gọn" in answer.text
        fresh = TOKEN.search(answer.text)
        assert fresh is not None
        assert fresh[1] not in {given, token}
    assert desk.count() == 0
    desk.web.office.clock.forward(seconds=LIFETIME.total_seconds())
    assert desk.send(place, form_token=token).status_code == 303
    token = desk.token(place)
    desk.web.office.clock.forward(seconds=LIFETIME.total_seconds() + 1)
    assert desk.send(place, form_token=token).status_code == 409
    assert desk.count() == 1


def test_links_that_open_nothing_read_the_same(desk: Desk) -> None:
    withdrawn, ended = desk.make(), desk.place(kind="kiosk")
    link = withdrawn.json()["id"]
    place = withdrawn.json()["address"].removeprefix("http://localhost")
    gone = desk.web.request("office", "DELETE", f"{desk.links}/{link}")
    assert gone.status_code == 204
    wrong = desk.open("/survey/wrong")
    assert (wrong.status_code, "Khoa học" in wrong.text) == (404, False)
    assert desk.open(place).text == wrong.text
    assert desk.send(place, form_token="x").text == wrong.text  # noqa: S106
    assert desk.open(f"{place}/thanks").text == wrong.text
    token = desk.token(ended)
    desk.web.office.clock.forward(days=11)
    desk.web.office.clock.forward(hours=16)
    assert desk.open(ended).text == wrong.text, "the last day is over"
    late = desk.send(ended, form_token=token)
    assert (late.status_code, late.text) == (404, wrong.text)
    desk.web.office.clock.forward(days=1)
    desk.survey.end()
    assert desk.open(ended).text == wrong.text
    for path in ("/survey/" + "a" * 5000, "/survey/" + quote("ấ\ud7ff"), "/survey/%F0%28"):
        answer = desk.open(path)
        assert (answer.status_code, answer.text) == (404, wrong.text), path
    assert desk.count() == 0
    assert desk.web.get("office", desk.links).json()["items"][0]["open"] is False


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"f.overall": ""}, "Xin chọn một câu trả lời"),
        ({"f.unit": ""}, "Xin chọn một câu trả lời"),
        ({"f.overall": "6"}, "5"),
        ({"f.overall": "-1"}, "1"),
        ({"f.overall": "٣"}, 'href="#ask-overall"'),
        ({"f.overall": "1e3"}, 'href="#ask-overall"'),
        ({"f.access": "9" * 40}, 'href="#ask-access"'),
        ({"f.unit": "nowhere"}, 'href="#ask-unit"'),
        ({"f.unit": "../x"}, 'href="#ask-unit"'),
        ({"f.remark": "dài " * 400}, "1000"),
    ],
)
def test_what_does_not_fit_comes_back_with_what_was_typed(
    small_desk: Desk, typed: dict[str, str], said: str
) -> None:
    place = small_desk.place()
    entries = small_desk.web.entries()
    answer = small_desk.send(place, {**TYPED, **typed})
    if typed.get("f.overall") == "٣":
        # Digits are digits, whoever's they are.
        assert answer.status_code == 303
        return
    assert answer.status_code == 422, answer.text
    assert said in answer.text
    assert "Chưa gửi được" in answer.text
    kept = {**TYPED, **typed}
    assert kept["f.remark"].strip() in answer.text
    assert re.search(r'name="f.access" value="5" checked', answer.text) or "f.access" in typed
    assert small_desk.count() == 0
    assert small_desk.web.entries() == entries


@pytest.mark.parametrize("raw", ["a%00b", "a%ED%A0%80b", "a%FFb", "a%07b"])
def test_what_no_page_can_show_is_told_and_left_out(small_desk: Desk, raw: str) -> None:
    place = small_desk.place()
    token = small_desk.token(place)
    body = f"{urlencode({**TYPED, 'f.remark': ''})}&form_token={token}&f.remark={raw}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = small_desk.web.client.post(place, content=body, headers=headers)
    assert answer.status_code == 422
    assert "không đọc được" in answer.text
    assert small_desk.count() == 0


def test_a_body_that_is_no_form_of_ours_is_not_read_to_its_end(small_desk: Desk) -> None:
    place = small_desk.place()
    post = small_desk.web.client.post
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    long = "f.remark=" + "a" * 70_000
    assert post(place, content=long, headers=form).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"a" * 10_000

    assert post(place, content=pieces(), headers=form).status_code == 413
    many = "&".join(f"a{n}=1" for n in range(100))
    assert post(place, content=many, headers=form).status_code == 400
    assert post(place, content="ấ".encode(), headers=form).status_code == 400
    assert post(place, json={"f.overall": 5}).status_code == 400
    assert post(place, files={"f.remark": ("a", b"x")}).status_code == 400
    assert small_desk.count() == 0


def test_what_a_program_fills_in_is_thanked_and_thrown_away(small_desk: Desk) -> None:
    place = small_desk.place()
    entries = small_desk.web.entries()
    answer = small_desk.send(place, website="https://spam.example")
    assert answer.status_code == 303
    assert (small_desk.count(), small_desk.web.entries()) == (0, entries)


def test_nobody_writes_the_links_own_column_or_one_that_is_not_there(small_desk: Desk) -> None:
    place = small_desk.place()
    extra = {"f.channel": "paper", "f.name": "A", "f.created_by": "p001", "row": "x"}
    assert small_desk.send(place, {**TYPED, **extra}).status_code == 303
    (row,) = small_desk.survey.answers()
    assert row.values["channel"] == "online"
    assert "name" not in row.values


def test_a_flood_is_slowed_by_link_and_ends_at_the_count_of_the_day(small_desk: Desk) -> None:
    place, other = small_desk.place(most_per_day=5), small_desk.place(kind="kiosk")
    for _ in range(5):
        assert small_desk.send(place).status_code == 303
    token = small_desk.token(other)
    full = small_desk.send(place, form_token=token)
    assert full.status_code == 409, "a token of another link"
    assert small_desk.open(place).status_code == 429
    assert "ngày mai" in small_desk.open(place).text
    for _ in range(14):
        small_desk.send(place, form_token="x")  # noqa: S106
    slowed = small_desk.send(place, form_token="x")  # noqa: S106
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) > 0
    assert "Nhanh, gọn" in slowed.text
    assert small_desk.send(other, form_token=token).status_code == 303, "another link goes on"
    assert small_desk.count() == 6


def test_what_was_typed_stays_when_the_day_fills_up_meanwhile(small_desk: Desk) -> None:
    place = small_desk.place(most_per_day=1)
    first, second = small_desk.token(place), small_desk.token(place)
    assert small_desk.send(place, form_token=first).status_code == 303
    full = small_desk.send(place, form_token=second)
    assert full.status_code == 429
    assert "Nhanh, gọn" in full.text
    small_desk.web.office.clock.forward(days=1)
    assert small_desk.send(place, form_token=second).status_code == 303
    assert small_desk.count() == 2


def test_links_are_made_listed_and_withdrawn_by_the_office_alone(desk: Desk) -> None:
    made = desk.make(kind="kiosk", most_per_day=40)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    shown = made.json()
    secret = shown["address"].rpartition("/")[2]
    assert len(secret) == 32
    assert (shown["open"], shown["kind"], shown["most_per_day"]) == (True, "kiosk", 40)
    listed = desk.web.get("office", desk.links)
    assert secret not in listed.text
    assert [one["id"] for one in listed.json()["items"]] == [shown["id"]]
    one = f"{desk.links}/{shown['id']}"
    for username in ("director", "one_stop", "external_auditor", "administrator"):
        assert desk.make(username).status_code == 403
        assert desk.web.get(username, desk.links).status_code == 403
        assert desk.web.request(username, "DELETE", one).status_code == 403
    for method, path, body in (
        ("POST", desk.links, {"record_set": "answer", "kind": "online"}),
        ("GET", desk.links, None),
        ("DELETE", one, None),
    ):
        assert desk.web.neighbour("office", method, path, json=body).status_code == 404
    other = open_survey(desk.web.office)
    elsewhere = f"/instances/{other.id}/public-links/{shown['id']}"
    assert desk.web.request("office", "DELETE", elsewhere).status_code == 404
    for _ in range(2):
        assert desk.web.request("office", "DELETE", one).status_code == 204
    assert desk.web.get("office", desk.links).json()["items"][0]["withdrawn_at"] is not None


def test_a_link_that_means_nothing_is_not_made_over_rest(small_desk: Desk) -> None:
    for more in (
        {"kind": "paper"},
        {"kind": 7},
        {"most_per_day": 0},
        {"most_per_day": 10_001},
        {"most_per_day": "5"},
        {"most_per_day": True},
        {"record_set": None},
        {"more": 1},
    ):
        assert small_desk.make(**more).status_code == 422, more
    assert small_desk.make(record_set="measure").status_code == 404
    early = Desk(small_desk.web, designed_survey(small_desk.web.office))
    assert early.make().status_code == 409
    assert small_desk.web.get("office", small_desk.links).json()["items"] == []
