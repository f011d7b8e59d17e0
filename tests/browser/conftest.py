"""A real browser on a real server: what the journeys through the pages stand on.

1. The browser is the Chromium of the machine; none is ever downloaded. Without one these tests are
   skipped, unless `QUYTRINH_REQUIRE_BROWSER` is set: then its absence is a failure.
2. Everybody has a browser context of their own, as people have machines of their own.
3. What a page complains about in its console fails the test: a policy that was broken, a script
   that fell over, a file that was not found.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from api.auth.passwords import Passwords
from engine.commands.manage_accounts import add_account
from tests.acceptance.conftest import Served, serve
from tests.browser.people import PASSWORD, Person
from tests.fixtures import CHEAP, OFFICE

__all__ = ["serve"]

# The shell comes first: it draws pages alone, where the whole browser also draws its own windows.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDE = {"width": 1440, "height": 900}
WAIT_MILLISECONDS = 15_000


@dataclass(slots=True)
class House:
    """A served office whose people sit at browsers.

    Attributes:
        complaints: what the pages said in their consoles, which should be nothing.
        by_program: instances on which people work over HTTP from now on.
        seen: what the pages have shown somebody.
    """

    served: Served
    browser: Browser
    people: dict[str, Person] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    by_program: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, **options: Any) -> Page:
        """A page in a browser context of its own."""
        settings: dict[str, Any] = {
            "viewport": WIDE,
            "base_url": self.served.address,
            # Smooth scrolling would be waited for at every click.
            "reduced_motion": "reduce",
            **options,
        }
        context = self.browser.new_context(**settings)
        context.set_default_timeout(WAIT_MILLISECONDS)
        self._contexts.append(context)
        page = context.new_page()

        def hear(message: ConsoleMessage) -> None:
            # A refusal has a status of its own, which Chromium calls a resource that did not load.
            refusal = "the server responded with a status of 4" in message.text
            if message.type == "error" and not refusal:
                self.complaints.append(message.text)

        page.on("dialog", lambda dialog: dialog.accept())
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", hear)
        return page

    def person(self, username: str) -> Person:
        """Somebody at their own browser, who logs in with the first page that they open."""
        if username not in self.people:
            self.people[username] = Person(
                page=self.page(),
                desk=self.served.desk(username),
                username=username,
                by_program=self.by_program,
                seen=self.seen,
            )
        return self.people[username]

    def close(self) -> None:
        """Close every browser context."""
        for context in self._contexts:
            context.close()


def chromium_of_the_machine() -> str | None:
    """Where the machine has a Chromium; None without one."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The Chromium of the machine, closed with the module: its loop would disturb other tests."""
    path = chromium_of_the_machine()
    if path is None:
        required = os.environ.get("QUYTRINH_REQUIRE_BROWSER")  # noqa: TID251 - a test's own setting.
        assert not required, "a browser is required, and no Chromium is installed"
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def house(serve: Callable[[], Served], chromium: Browser) -> Iterator[House]:
    """An office with a login for everybody, whose password is hashed once."""
    served = serve()
    hashed = Passwords(CHEAP).hash(PASSWORD)
    for username, person in served.office.people.items():
        add_account(
            served.office.runtime, OFFICE, person=person, username=username, password_hash=hashed
        )
    found = House(served=served, browser=chromium)
    yield found
    found.close()
    assert found.complaints == []
