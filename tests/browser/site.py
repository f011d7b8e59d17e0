"""The application at an address of its own, over the office whose audit is on site."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page

from api.app import create_app
from api.auth.passwords import Passwords
from api.settings import Settings
from engine.runtime import Runtime
from tests.fixtures import CHEAP
from tests.pages.equipment import PASSWORD

STARTS_WITHIN_SECONDS = 30
WAIT_MILLISECONDS = 20_000


@dataclass(slots=True)
class Site:
    """The application at its address, and a way to stand before it."""

    address: str
    open_context: Callable[..., BrowserContext]

    def visit(
        self,
        username: str | None = None,
        *,
        width: int = 1440,
        language: str = "vi",
        scripts: bool = True,
        bypass_csp: bool = False,
    ) -> Page:
        """A page of a new browser window, logged in as somebody.

        Only axe needs `bypass_csp`: the policy of the pages forbids its script as any other.
        """
        context = self.open_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(WAIT_MILLISECONDS)
        context.add_cookies([{"name": "language", "value": language, "url": self.address}])
        page = context.new_page()
        if username is not None:
            page.goto(f"{self.address}/login")
            page.fill("#username", username)
            page.fill("#password", PASSWORD)
            page.click("main button")
            page.wait_for_url(f"{self.address}/")
        return page


@contextmanager
def serving(runtime: Runtime, browser: Browser, folder: Path) -> Iterator[Site]:
    """Serve the application as it is in earnest, without its worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    app = create_app(
        runtime,
        Settings(data_dir=folder, base_url=address, login_per_minute=100),
        passwords=Passwords(CHEAP),
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    contexts: list[BrowserContext] = []

    def open_context(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**options))
        return contexts[-1]

    try:
        _wait_for(server)
        yield Site(address=address, open_context=open_context)
    finally:
        for context in contexts:
            context.close()
        server.should_exit = True
        thread.join()


def _wait_for(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
