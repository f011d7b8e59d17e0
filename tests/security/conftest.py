"""The web application around an office at work, for those who mean it harm."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.web import Web, web_of
from tests.fixtures import Office


@pytest.fixture
def web(office: Office, tmp_path: Path) -> Iterator[Web]:
    """The application on both databases."""
    web = web_of(office, tmp_path)
    with web.client:
        yield web


@pytest.fixture
def small_web(sqlite_office: Office, tmp_path: Path) -> Iterator[Web]:
    """The application on SQLite alone, for what no database can change."""
    web = web_of(sqlite_office, tmp_path)
    with web.client:
        yield web
