"""The office with its pages; and one whose audit is on site already, made once and copied."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from api.dependencies import House
from engine.storage.database import Database
from tests.fixtures import Databases, MovedClock, Office, people_of, runtime_on, seed_data
from tests.pages.equipment import ADDRESS, Browser, app_on, house_on, open_accounts
from tests.pages.office_work import Audit

Enter = Callable[..., Browser]


@dataclass(frozen=True, slots=True)
class OnSite:
    """Where the office is kept whose audit is on site."""

    database: str
    folder: Path
    address: str
    now: datetime


class Entrance:
    """Opens a browser of its own for everybody who comes, and closes it at the end."""

    def __init__(self, pages: FastAPI, address: str = ADDRESS) -> None:
        self._pages = pages
        self._address = address
        self._clients: list[TestClient] = []

    def __call__(self, username: str | None = None, language: str | None = None) -> Browser:
        client = TestClient(self._pages, base_url=self._address)
        self._clients.append(client)
        if language is not None:
            client.cookies.set("language", language)
        browser = Browser(client)
        if username is not None:
            browser.log_in(username)
        return browser

    def close(self) -> None:
        """Everybody goes home."""
        for client in self._clients:
            client.close()


@pytest.fixture(scope="session")
def with_logins(
    sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Makes databases of an office in which everybody has a login: opened once, then copied."""
    url = sqlite_databases.founded()
    folder = tmp_path_factory.mktemp("logins")
    database = Database(url)
    clock = MovedClock()
    # Ids of each runtime begin anew; those of the founding were made at the clock's first instant.
    clock.forward(seconds=30)
    office = Office(
        runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
    )
    open_accounts(office, house_on(office, folder))
    database.close()
    numbers = count(1)

    def copied() -> str:
        path = folder / f"office-{next(numbers)}.db"
        shutil.copyfile(str(make_url(url).database), path)
        return f"sqlite:///{path}"

    return copied


@pytest.fixture
def sqlite_office(with_logins: Callable[[], str], tmp_path: Path) -> Iterator[Office]:
    """The office at work, with a login for everybody."""
    address = with_logins()
    database = Database(address)
    clock = MovedClock()
    clock.forward(minutes=1)
    yield Office(
        runtime=runtime_on(database, tmp_path, clock), clock=clock, people=people_of(seed_data())
    )
    database.close()
    Path(str(make_url(address).database)).unlink()


@pytest.fixture
def house(sqlite_office: Office, tmp_path: Path) -> House:
    """A house with a login for everybody."""
    return house_on(sqlite_office, tmp_path)


@pytest.fixture
def pages(house: House) -> FastAPI:
    return app_on(house)


@pytest.fixture
def enter(pages: FastAPI) -> Iterator[Enter]:
    """Opens a browser for somebody, in one of the two languages."""
    entrance = Entrance(pages)
    yield entrance
    entrance.close()


@pytest.fixture(scope="session")
def on_site(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> OnSite:
    """An audit taken to its first finding through the forms, once for all tests."""
    folder = tmp_path_factory.mktemp("on-site")
    url = sqlite_databases.founded()
    database = Database(url)
    clock = MovedClock()
    office = Office(
        runtime=runtime_on(database, folder, clock), clock=clock, people=people_of(seed_data())
    )
    house = house_on(office, folder)
    open_accounts(office, house)
    entrance = Entrance(app_on(house))
    audit = Audit(office, entrance)
    audit.until_on_site()
    entrance.close()
    database.close()
    return OnSite(url, folder, audit.address, clock.now())


@pytest.fixture
def audit(on_site: OnSite, tmp_path: Path) -> Iterator[Audit]:
    """The audit on site, in an office of this test's own."""
    copied = tmp_path / "office.db"
    shutil.copyfile(str(make_url(on_site.database).database), copied)
    shutil.copytree(on_site.folder / "evidence", tmp_path / "evidence")
    database = Database(f"sqlite:///{copied}")
    clock = MovedClock(on_site.now)
    # Ids of this office begin anew, at another instant.
    clock.forward(hours=1)
    office = Office(
        runtime=runtime_on(database, tmp_path, clock), clock=clock, people=people_of(seed_data())
    )
    entrance = Entrance(app_on(house_on(office, tmp_path)))
    yield Audit(office, entrance, address=on_site.address)
    entrance.close()
    database.close()
