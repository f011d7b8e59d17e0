"""A quarter of late dossiers over HTTP, its totals confirmed by plain Python over the raw rows.

On PostgreSQL beside the developer, on both databases in `.ci/run`.
"""

from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from engine.commands.open_plan import open_plan
from engine.queries.audit_trail import verify_log
from engine.worker.jobs import run_waiting_imports
from tests.acceptance.conftest import Served
from tests.acceptance.period_journey import PeriodJourney, calendar_of
from tests.acceptance.quarter_of_dossiers import DAY, Fate, WorkingDays, fates, totals
from tests.fixtures import OFFICE
from tests.scale import journey_on

PLAN = Path(__file__).parents[2] / "definitions" / "plans" / "2023.yaml"
STORM = tuple(date(2026, 7, day) for day in (27, 28, 29, 30))
"""Days on which the office was closed: the week has one working day left."""
MONDAY = date(2026, 7, 6)
JULY, AUGUST = date(2026, 7, 31), date(2026, 8, 28)
"""The last working days of two months."""
END = date(2026, 9, 30)
PROVED = date(2026, 7, 24)


def one(code: str, unit: str, due: date, **more: Any) -> Fate:
    return Fate(code=code, unit=unit, received=date(2026, 7, 7), due=due, term=10, **more)


TUESDAY = date(2026, 7, 21)
CHOSEN = (
    one("H1-IN-TIME", "special_management", TUESDAY, ended=date(2026, 7, 20)),
    one("H2-EXTENDED", "special_management", TUESDAY, moved_on=date(2026, 7, 20),
        new_due=date(2026, 8, 5), ended=date(2026, 8, 4)),
    one("H3-EXCLUDED", "special_management", TUESDAY, ended=date(2026, 7, 22)),
    one("H4-STOPPED", "science_management", TUESDAY, ended=JULY, ending="stopped"),
    *(one(f"ALIKE-{n}", "tdc", TUESDAY, ended=date(2026, 8, 3 + n)) for n in range(4)),
    one("H5-TOLD-LATE", "special_management", date(2026, 9, 1), told_from=JULY,
        ended=date(2026, 8, 20)),
)  # fmt: skip


def started(served: Served) -> tuple[PeriodJourney, WorkingDays]:
    """The plan is open, the storm is in the calendar, and a quarter lies ahead."""
    administrator = served.desk("administrator")
    for edition, day in enumerate(STORM, start=1):
        administrator.post(
            "/holidays",
            {"day": day.isoformat(), "kind": "off", "label": "Bão số 3", "source": "Công điện 12"},
            expect=200,
            **{"If-Match": f'"{edition}"'},
        )
    body = YAML(typ="safe").load(PLAN.read_text("utf-8"))
    open_plan(served.office.runtime, OFFICE, 2026, body)
    calendar = calendar_of(administrator)
    journey = PeriodJourney(
        desk=served.desk,
        move_clock=served.move_clock,
        carry_out=lambda: run_waiting_imports(served.office.runtime),
        fates=(*fates(calendar, first=MONDAY, last=date(2026, 9, 18)), *CHOSEN),
    )
    return journey, calendar


@journey_on("postgresql")
def test_a_quarter_of_late_dossiers_is_explained_reviewed_and_adds_up(  # noqa: PLR0915 - a story.
    served: Served,
) -> None:
    journey, calendar = started(served)
    covered: dict[str, tuple[date, date]] = {}

    def confirm(period: str, first: date, last: date) -> None:
        """The frozen numbers of a period are those of plain Python, for the whole and each unit."""
        covered[period] = (first, last)
        known = [each for each in journey.fates if not each.told_from or each.told_from <= last]
        found = journey.lines(period)
        for unit, line in found.items():
            excluded = frozenset({"H3-EXCLUDED"} if last >= PROVED else ())
            wanted = totals(known, calendar, first, last, excluded=excluded, unit=unit)
            assert {name: line[name] for name in wanted} == wanted, (period, unit)
        assert (found[None]["from_day"], found[None]["to_day"]) == (
            first.isoformat(), last.isoformat(),
        )  # fmt: skip

    # ---- A week in which nothing is late or left over: a nil report is still sent.
    journey.go_to(date(2026, 7, 10))
    journey.bring_export()
    journey.freeze("2026-W28")
    confirm("2026-W28", MONDAY, date(2026, 7, 10))
    journey.report_nothing("2026-W28")

    # ---- Dossiers at risk get their cases; one is re-appointed in time.
    journey.go_to(date(2026, 7, 17))
    assert journey.bring_export()["opened"] > len(CHOSEN) - 2
    journey.freeze("2026-W29")
    confirm("2026-W29", date(2026, 7, 11), date(2026, 7, 17))
    assert journey.state_of("H2-EXTENDED") == "at_risk"
    journey.extend("H2-EXTENDED", "special_management", date(2026, 8, 5))
    journey.opens_none("H2-EXTENDED")

    # ---- What the next export tells moves the cases: in time, late; then each goes its way.
    journey.go_to(date(2026, 7, 24))
    journey.bring_export()
    assert journey.state_of("H1-IN-TIME") == "closed_on_time"
    assert journey.state_of("ALIKE-0") == "overdue"
    journey.exclude("H3-EXCLUDED")
    journey.stop("H4-STOPPED")
    for number in range(4):
        journey.state_cause(f"ALIKE-{number}", "tdc")
        # The third alike cause opens the slip by itself, and the fourth none beside it.
        assert len(journey.slips()) == int(number >= 2)
    (slip,) = journey.slips()
    assert (slip["unit"], slip["state"]) == ("tdc", "draft")
    journey.freeze("2026-W30")
    confirm("2026-W30", date(2026, 7, 18), date(2026, 7, 24))
    assert "H3-EXCLUDED" not in journey.late_codes("2026-W30")
    journey.account("2026-W30")
    (directed,) = journey.direct("2026-W30")
    assert directed != slip["id"]

    # ---- A week of one working day is merged; the month is frozen with what came late.
    journey.go_to(JULY)
    journey.bring_export()
    journey.merge("2026-W31", "2026-W32")
    journey.freeze("2026-07")
    confirm("2026-07", date(2026, 7, 1), JULY)

    journey.go_to(date(2026, 8, 7))
    journey.bring_export()
    assert journey.state_of("H2-EXTENDED") == "closed_on_time"
    journey.close_late("ALIKE-0", "tdc")
    # The week begins with a dossier that the last one did not know: only a line lets it be frozen.
    journey.freeze("2026-W32", refused_for=("condition:begins_as_left",))
    office = served.desk("office")
    week = journey.review_of("2026-W32")
    (row,) = office.proposed(week, "adjustment")
    assert "H5-TOLD-LATE" in row.values()
    office.add(
        week, "adjustment", dossier_code="H5-TOLD-LATE", kind="received_late",
        wording="Vào sổ sau khi chốt", source="Dữ liệu ngày 31/7",
    )  # fmt: skip
    before = journey.lines("2026-W30")
    journey.freeze("2026-W32")
    confirm("2026-W32", date(2026, 7, 25), date(2026, 8, 7))
    assert journey.lines("2026-W30") == before

    # ---- The rest of the quarter, week by week, and its months.
    last = date(2026, 8, 7)
    for week_number in range(33, 40):
        # One of these weeks ends on a Saturday that is worked for a day off elsewhere.
        first, last = last + DAY, calendar.last_of(date.fromisocalendar(2026, week_number, 7))
        journey.go_to(last)
        journey.bring_export()
        if last == AUGUST:
            journey.freeze("2026-08")
            confirm("2026-08", date(2026, 8, 1), AUGUST)
        journey.freeze(f"2026-W{week_number}")
        confirm(f"2026-W{week_number}", first, last)
    journey.go_to(END)
    journey.bring_export()
    journey.freeze("2026-09")
    confirm("2026-09", date(2026, 8, 29), END)
    journey.freeze("2026-Q3")
    confirm("2026-Q3", date(2026, 7, 1), END)

    _adds_up(journey, served, covered)
    assert verify_log(served.office.runtime, OFFICE).findings == ()


def _adds_up(journey: PeriodJourney, served: Served, covered: dict[str, tuple[date, date]]) -> None:
    """Weeks and months tile the quarter; what was late in several of them is late once in it."""
    weeks = [name for name in covered if "W" in name]
    months = [name for name in covered if name[5:].isdigit()]
    quarter = journey.lines("2026-Q3")[None]
    for name in ("received", "finished", "sent_back", "stopped"):
        assert sum(journey.lines(month)[None][name] for month in months) == quarter[name]
    assert journey.lines(weeks[-1])[None]["closing"] >= 0
    late = [code for name in weeks for code in journey.late_codes(name)]
    assert len(late) > len(set(late)) > 0
    assert quarter["late"] + quarter["ended_late"] + quarter["pending_late"] == len(
        journey.late_codes("2026-Q3")
    )
    assert set(late) <= journey.late_codes("2026-Q3")
    review = journey.review_of("2026-Q3")
    auditor = served.desk("external_auditor")
    figures = {each["name"]: each for each in auditor.get(f"/instances/{review}/figures")["items"]}
    on_time = figures["on_time"]
    assert (on_time["numerator"], on_time["denominator"]) == (
        quarter["early"] + quarter["on_time"],
        quarter["finished"],
    )
    assert figures["overdue_dossiers"]["numerator"] == len(journey.late_codes("2026-Q3"))
