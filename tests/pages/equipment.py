"""A house with pages on the office of the tests, and somebody who clicks through them.

A `Browser` reads forms as a browser without JavaScript would: it sends every input that the page
shows, with what the page put there, and then what the test types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.auth.passwords import Passwords
from api.auth.sessions import SessionCookie
from api.auth.throttling import Throttle, Traffic
from api.dependencies import House
from api.language import load_words
from api.pages.mounting import mount_pages
from api.settings import Settings
from engine.commands.manage_accounts import add_account
from tests.fixtures import CHEAP, OFFICE, Office

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "mật khẩu để thử nghiệm"  # noqa: S105 - of invented people.
WORDS = load_words()
VOID = frozenset({"input", "br", "img", "link", "meta", "hr", "path", "circle", "rect", "polygon"})


def house_on(office: Office, folder: Path, address: str = ADDRESS) -> House:
    """A house with pages, whose passwords are hashed in no time."""
    return House(
        runtime=office.runtime,
        settings=Settings(data_dir=folder, base_url=address),
        words=WORDS,
        passwords=Passwords(CHEAP),
        throttle=Throttle(
            {Traffic.LOGIN: 5, Traffic.READ: 10_000, Traffic.STEP: 10_000, Traffic.ANSWER: 30}
        ),
        cookie=SessionCookie(secure=False, idle=timedelta(hours=8), absolute=timedelta(hours=12)),
        signing_key=b"k" * 32,
        clock=office.clock,
    )


def app_on(house: House) -> FastAPI:
    """The pages alone, mounted as the application mounts them."""
    app = FastAPI(openapi_url=None)
    app.state.house = house
    mount_pages(app)
    return app


def open_accounts(office: Office, house: House) -> None:
    """A login for everybody, all with the same password."""
    hashed = house.passwords.hash(PASSWORD)
    for username, person in office.people.items():
        add_account(office.runtime, OFFICE, person=person, username=username, password_hash=hashed)


@dataclass(slots=True)
class Form:
    """A form of a page, with what its inputs hold."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a test reads of a page: its forms, its text, its ids."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._texts: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        """The words of the page in one line."""
        return " ".join(" ".join(self._texts).split())

    def form(self, action: str) -> Form:
        """The form that is sent to an address."""
        found = [form for form in self.forms if form.action == action]
        assert found, (action, [form.action for form in self.forms])
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._form = Form(action=given["action"], method=given["method"])
            self.forms.append(self._form)
        elif self._form is not None:
            self._inside(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "select":
                self._select = None
            case "textarea":
                self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._form is not None:
            self._form.values[self._area] = [data.removeprefix("\n")]
            return
        self._texts.append(data)

    def _inside(self, form: Form, tag: str, given: dict[str, str]) -> None:
        """A part of a form: what it holds is what a browser would send."""
        match tag:
            case "input" if "name" in given:
                self._input(form, given)
            case "button":
                form.buttons.append((given.get("name", ""), given.get("value", "")))
            case "select":
                self._select = given["name"]
            case "option" if self._select is not None and "selected" in given:
                form.values.setdefault(self._select, []).append(given["value"])
            case "textarea":
                self._area = given["name"]
                form.values[self._area] = [""]

    def _input(self, form: Form, given: dict[str, str]) -> None:
        if given.get("type") == "file":
            form.files.add(given["name"])
        elif given.get("type") not in {"checkbox", "radio"} or "checked" in given:
            form.values.setdefault(given["name"], []).append(given.get("value", ""))


@dataclass(slots=True)
class Browser:
    """Somebody at a browser without JavaScript."""

    client: TestClient
    answer: httpx2.Response | None = None

    @property
    def page(self) -> Page:
        """The page that is open."""
        assert self.answer is not None
        return Page(self.answer.text)

    @property
    def place(self) -> str:
        """Path and query of the page that is open."""
        assert self.answer is not None
        return self.answer.url.raw_path.decode()

    def open(self, address: str, *, expect: int = 200, **headers: str) -> Page:
        """Go to an address of the house."""
        self.answer = self.client.get(address, headers=headers)
        assert self.answer.status_code == expect, (address, self.answer.status_code, self.page.text)
        return self.page

    def send(
        self,
        action: str,
        typed: Mapping[str, str | list[str]] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        expect: int = 200,
        form: Form | None = None,
    ) -> Page:
        """Fill in a form of the open page and send it; where that leads is opened."""
        found = form or self.page.form(action)
        values: dict[str, Any] = {**found.values, **(typed or {})}
        attached = [(name, file) for name, file in (files or {}).items()]
        assert {name for name, _ in attached} <= found.files, (attached, found.files)
        self.answer = self.client.post(
            found.action,
            data=values,
            files=attached or None,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert self.answer.status_code == expect, (action, self.answer.status_code, self.page.text)
        return self.page

    def log_in(self, username: str, *, password: str = PASSWORD, expect: int = 200) -> Page:
        """Log in with the form."""
        self.open("/login")
        return self.send("/login", {"username": username, "password": password}, expect=expect)
