"""The office with its pages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.dependencies import House
from tests.fixtures import Office
from tests.pages.equipment import ADDRESS, Browser, app_on, house_on, open_accounts

Enter = Callable[..., Browser]


@pytest.fixture
def house(sqlite_office: Office, tmp_path: Path) -> House:
    """A house with a login for everybody."""
    made = house_on(sqlite_office, tmp_path)
    open_accounts(sqlite_office, made)
    return made


@pytest.fixture
def pages(house: House) -> FastAPI:
    return app_on(house)


@pytest.fixture
def enter(pages: FastAPI) -> Iterator[Enter]:
    """Opens a browser of its own for somebody, in one of the two languages."""
    clients: list[TestClient] = []

    def open_browser(username: str | None = None, language: str | None = None) -> Browser:
        client = TestClient(pages, base_url=ADDRESS)
        clients.append(client)
        if language is not None:
            client.cookies.set("language", language)
        browser = Browser(client)
        if username is not None:
            browser.log_in(username)
        return browser

    yield open_browser
    for client in clients:
        client.close()
