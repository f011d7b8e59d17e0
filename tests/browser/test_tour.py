"""The tour that the documentation shows: walked over a few days here, complete in the docs."""

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from api.seeds import DEFINITIONS, read_plan
from api.simulation.year import Span
from tests.browser.tour import DOCS, tour

ARISING = frozenset(
    {
        "city_task",
        "corrective_action",
        "document_change",
        "external_inspection",
        "hotline_feedback",
        "overdue_case",
        "tthc_publication",
    }
)
"""Processes whose cases nobody plans: a few days may have none."""


@pytest.mark.browser
def test_the_first_days_of_a_year_can_be_walked_through(chromium: Browser, tmp_path: Path) -> None:
    days = Span(first=date(2026, 1, 5), last=date(2026, 1, 7))
    wrong = tour(chromium, 2026, 2, span=days, docs=tmp_path)
    assert set(wrong) <= {f"not shown: {name}" for name in ARISING}
    told = (tmp_path / "tour.md").read_text("utf-8")
    for picture in re.findall(r"\(tour/([a-z_]+\.jpg)\)", told):
        assert (tmp_path / "tour" / picture).read_bytes().startswith(b"\xff\xd8")


def test_the_documentation_shows_every_process_of_the_plan() -> None:
    told = (DOCS / "tour.md").read_text("utf-8")
    shown = re.findall(r"\(tour/([a-z_]+)\.jpg\)", told)
    plan = read_plan(DEFINITIONS / "plans" / "2023.yaml")
    wanted = {process for row in plan["rows"] for process in row.get("processes", ())}
    assert wanted <= set(shown)
    assert all((DOCS / "tour" / f"{name}.jpg").is_file() for name in shown)
    assert "0 faults, 0 broken invariants" in told
