"""A walk with a real browser through a year of the plan: every row, by a case that carries it out.

`make tour` lives through the whole year by `quytrinh simulate`'s own people, opens the pages as the
Director, the secretary and an auditor, and writes the pictures and `docs/tour.md` anew.

1. A stop is a page that somebody of the office really may open; one that answers anything but 200,
   or complains in the console, ends the tour.
2. Each row that names processes is shown by one of its cases: one that came to a good end, if any
   did, else the newest one.
3. The year is invented by a seed, the people are those of the demonstration: no real person is in
   a picture.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from api.auth.passwords import Passwords
from api.simulation.figures import figures_of
from api.simulation.office import Office, office_of
from api.simulation.year import Span, Year
from engine.commands.manage_accounts import add_account
from engine.queries.plan import plan_view
from engine.storage.instances import Filter, StoredInstance
from tests.browser.conftest import FLAGS, chromium_of_the_machine
from tests.browser.site import Site, serving
from tests.fixtures import CHEAP
from tests.pages.equipment import PASSWORD

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
WIDTH: Final = 1200
HEIGHT: Final = 900
QUALITY: Final = 55
CASES_MAX: Final = 1000
SECRETARY: Final = "iso_secretary"
DIRECTOR: Final = "director"
AUDITOR: Final = "external_auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A page of the tour.

    Attributes:
        name: of its picture, without the ending.
        path: where it is.
        who: the user name of who looks at it.
        title: what it is, in Vietnamese.
    """

    name: str
    path: str
    who: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Stops that belong together."""

    title: str
    stops: tuple[Stop, ...]


def itinerary(office: Office) -> tuple[Chapter, ...]:
    """Everything that is shown of a year, in its order."""
    year = office.year
    return (
        Chapter(
            title="Kế hoạch của năm",
            stops=(
                Stop(
                    name="plan",
                    path=f"/plan/{year}",
                    who=DIRECTOR,
                    title="Một màn hình của Giám đốc",
                ),
                Stop(name="inbox", path="/", who=SECRETARY, title="Buổi sáng của thư ký ISO"),
                Stop(name="work", path="/work", who=SECRETARY, title="Việc của mọi người"),
                Stop(name="calendar", path="/deadlines", who=SECRETARY, title="Lịch hạn của tháng"),
            ),
        ),
        Chapter(title="Từng nội dung của phụ lục", stops=tuple(_rows(office))),
        Chapter(
            title="Chứng minh",
            stops=(
                Stop(
                    name="coverage",
                    path=f"/coverage?year={year}",
                    who=SECRETARY,
                    title="Điều khoản nào đã có hồ sơ",
                ),
                Stop(
                    name="log",
                    path="/log",
                    who=AUDITOR,
                    title="Nhật ký, chuyên gia đánh giá tự kiểm tra",
                ),
                Stop(
                    name="dossiers",
                    path=f"/dossiers?from={year}-01-01&to={year}-12-31",
                    who=DIRECTOR,
                    title="Hồ sơ một cửa của năm",
                ),
            ),
        ),
    )


def _rows(office: Office) -> Iterator[Stop]:
    """A case for each process of each row, a process once."""
    director = next(iter(office.holders("director")))
    view = plan_view(office.runtime, office.caller(director.person), office.year)
    shown = {"annual_objectives"}
    objectives = case_of(office, "annual_objectives")
    if objectives is not None:
        yield _stop(objectives, "Mục tiêu chất lượng và kế hoạch năm")
    for row in view.body["rows"]:
        for process in row.get("processes", ()):
            case = None if process in shown else case_of(office, process)
            if case is not None:
                shown.add(process)
                yield _stop(case, f"{row['code']}. {row['content']['vi']}")


def _stop(case: StoredInstance, title: str) -> Stop:
    path = f"/instances/{case.id}"
    return Stop(name=case.process, path=path, who=SECRETARY, title=f"{title} ({case.code})")


def case_of(office: Office, process: str) -> StoredInstance | None:
    """The case that shows a process: one that came to a good end, if any, else the newest."""
    with office.runtime.read(office.organization_id) as uow:
        found = uow.tables.instances.find(
            Filter(process=process, year=office.year), limit=CASES_MAX
        )
    ended = [case for case in found if case.final == "success"]
    return next(iter((*ended, *found)), None)


def missing(office: Office, chapters: Iterable[Chapter]) -> frozenset[str]:
    """The processes of the plan that the tour does not show."""
    director = next(iter(office.holders("director")))
    view = plan_view(office.runtime, office.caller(director.person), office.year)
    wanted = {process for row in view.body["rows"] for process in row.get("processes", ())}
    return frozenset(wanted - {stop.name for chapter in chapters for stop in chapter.stops})


def walk(site: Site, chapters: Iterable[Chapter], folder: Path) -> list[str]:
    """Take the picture of every stop; what the pages complained about."""
    folder.mkdir(parents=True, exist_ok=True)
    pages: dict[str, Page] = {}
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    for chapter in chapters:
        for stop in chapter.stops:
            if stop.who not in pages:
                page = pages[stop.who] = site.visit(stop.who, width=WIDTH)
                page.on("console", hear)
            page = pages[stop.who]
            answer = page.goto(f"{site.address}{stop.path}")
            if answer is None or answer.status != 200:
                complaints.append(f"{stop.path}: {answer.status if answer else 'no answer'}")
            page.screenshot(
                path=folder / f"{stop.name}.jpg",
                type="jpeg",
                quality=QUALITY,
                clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT},
            )
    return complaints


def written(office: Office, chapters: Iterable[Chapter], *, told: str) -> str:
    """`docs/tour.md`."""
    lines = [
        f"# Một năm qua các trang · A year in pictures ({office.year})",
        "",
        "Made by `make tour`: the demonstration office lives through the year by the people of",
        "`quytrinh simulate`, then a browser opens the pages. No person or case here is real.",
        "",
        told,
    ]
    for chapter in chapters:
        lines += ["", f"## {chapter.title}"]
        for stop in chapter.stops:
            lines += ["", f"**{stop.title}**", "", f"![{stop.title}](tour/{stop.name}.jpg)"]
    return "\n".join(lines) + "\n"


def open_accounts(office: Office) -> None:
    """A login for everybody, all with the same password."""
    hashed = Passwords(CHEAP).hash(PASSWORD)
    for one in office.staff:
        add_account(
            office.runtime,
            office.organization_id,
            person=one.person,
            username=one.username,
            password_hash=hashed,
        )


def tour(browser: Browser, year: int, seed: int, *, span: Span, docs: Path) -> list[str]:
    """Live, walk, write; what was wrong."""
    with (
        office_of(year, seed, first_day=span.first) as office,
        tempfile.TemporaryDirectory() as place,
    ):
        account = Year(office, seed=seed).live(span)
        figures = figures_of(office, account)
        open_accounts(office)
        chapters = itinerary(office)
        with serving(office.runtime, browser, Path(place)) as site:
            wrong = walk(site, chapters, docs / "tour")
        told = (
            f"Seed {seed}: {figures.steps} steps taken, `audit verify` finds"
            f" {len(figures.verdict.findings)} faults, {len(figures.broken)} broken invariants."
        )
        (docs / "tour.md").write_text(written(office, chapters, told=told), "utf-8")
        wrong += [f"not shown: {process}" for process in sorted(missing(office, chapters))]
        return wrong


def main() -> int:
    """The command behind `make tour`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("year", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    span = Span(first=date(asked.year, 1, 1), last=date(asked.year, 12, 31))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_of_the_machine(), args=list(FLAGS)
        )
        wrong = tour(browser, asked.year, asked.seed, span=span, docs=DOCS)
        browser.close()
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
