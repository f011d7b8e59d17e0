"""A year of exports in a real browser: each month's last one comes over the pages and is read.

The year is the one of the acceptance tests; what a page tells of a month and of the year is what
the independent computation counts.
"""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from api.language import load_words
from engine.worker.jobs import run_waiting_imports
from tests.acceptance.period_journey import PeriodJourney, calendar_of
from tests.acceptance.quarter_of_dossiers import DAY, export
from tests.acceptance.year_of_exports import END, MONDAY, WEEKS, Year, dossiers_of_a_year
from tests.browser.conftest import House

# The same year runs over HTTP on both databases; no page knows which of them it is on.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("databases", ["sqlite"], indirect=True),
]

TILES = ("received", "finished", "late", "pending_late", "backlog")
WORDS = load_words()


def hand_in(house: House, journey: PeriodJourney) -> None:
    """The one-stop desk brings the export of today over the pages."""
    page = house.person("one_stop").page
    house.person("one_stop").go("/dossiers/import")
    content = export(journey.fates, journey.today).encode()
    page.set_input_files(
        "#file", {"name": f"{journey.today}.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.fill("#source", "Một cửa điện tử")
    page.click("text=Tải lên và xem trước")
    page.wait_for_url("**/dossiers/imports/*")
    # Names of applicants are dropped, and the page says so.
    expect(page.locator("main")).to_contain_text("Người nộp")
    page.click("text=Nhập vào sổ")
    run_waiting_imports(house.served.office.runtime)
    # That the page looks by itself every two seconds, another test shows.
    page.reload()
    expect(page.locator("h2#state")).to_contain_text("đã xong")


def read_tiles(house: House, first: date, last: date) -> dict[str, int]:
    """What the Director reads of a window."""
    page = house.person("director").page
    house.person("director").go(f"/dossiers?from={first.isoformat()}&to={last.isoformat()}&by=unit")
    titles = {WORDS.say(f"dossier.figure.{name}", {}, "vi"): name for name in TILES}
    found = {}
    for tile in page.locator("dl.tiles > div").all():
        title, told = tile.locator("dt").inner_text(), tile.locator("dd").inner_text()
        if title in titles:
            number = re.match(r"[\d.]+", told)
            assert number is not None, (title, told)
            found[titles[title]] = int(number[0].replace(".", ""))
    return found


def test_a_year_of_exports_is_brought_and_read_in_a_browser(house: House) -> None:
    desk = house.served.desk
    journey = PeriodJourney(
        desk=desk,
        move_clock=house.served.move_clock,
        carry_out=lambda: run_waiting_imports(house.served.office.runtime),
        fates=dossiers_of_a_year(calendar_of(desk("administrator"))),
    )

    def bring() -> None:
        if (journey.today + 7 * DAY).month == journey.today.month:
            journey.bring_export()
        else:
            hand_in(house, journey)

    year = Year(journey=journey, calendar=calendar_of(desk("administrator")), bring=bring)
    assert year.live() > WEEKS

    for first, last in (*year.months(), (MONDAY, END)):
        wanted = year.confirm(first, last)
        assert read_tiles(house, first, last) == {name: wanted[name] for name in TILES}
