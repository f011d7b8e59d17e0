"""Last year beside this year: by how much each row was late, and what was concluded on it."""

import pytest

from api.seeds import DEFINITIONS, plan_for, read_plan
from engine.commands.enter_plan import enter_plan
from engine.commands.open_plan import open_plan
from engine.errors import NotFound
from engine.queries.plan import plan_view
from engine.queries.plan_beside import Side, plans_beside
from engine.queries.plan_verdicts import verdicts_of
from tests.engine.test_annual_objectives import (
    Objectives,
    added,
    begun,
    filled,
    last_years,
    proposed,
)
from tests.fixtures import OFFICE, Office

WRITTEN = read_plan(DEFINITIONS / "plans" / "2023.yaml")


def both_plans(office: Office) -> None:
    for year in (2026, 2027):
        enter_plan(office.runtime, OFFICE, year, plan_for(WRITTEN, year, signer="Trần Quang Tuấn"))


def sides(office: Office, year: int, *, before: int) -> dict[str, tuple[Side | None, Side | None]]:
    pair = plans_beside(office.runtime, office.as_("director"), year, before=before)
    return {row.now.code: (row.before, row.now) for row in pair.rows if row.now}


def closed_year(office: Office) -> Objectives:
    """The objectives of 2026, carried out, evaluated and closed: the seventh was missed."""
    last_years(office)
    made = begun(office)
    made.write("row", *proposed(made, "row"))
    filled(made)
    made.to_decided()
    made.issue()
    made.take("office", "track")
    office.clock.forward(days=170)
    met = [added(objective=n, verdict="met", result="Đạt") for n in range(1, 7)]
    made.write("evaluation", *met)
    missed = {"verdict": "not_met", "result": "60 %", "cause": "Thiếu kinh phí"}
    made.write("evaluation", added(objective=7, **missed))
    made.take("office", "evaluate", "evaluation_report", assessment="Khá")
    return made


def test_a_closed_year_tells_its_verdict_beside_the_new_plan_and_an_open_one_does_not(
    office: Office,
) -> None:
    made = closed_year(office)
    enter_plan(office.runtime, OFFICE, 2027, plan_for(WRITTEN, 2027, signer="Trần Quang Tuấn"))
    before, _ = sides(office, 2027, before=2026)["7"]
    assert before is not None
    assert before.verdict is None
    made.take("director", "close")
    rows = sides(office, 2027, before=2026)
    told = {code: was.verdict.verdict for code, (was, _) in rows.items() if was and was.verdict}
    assert {code: verdict for code, verdict in told.items() if verdict != "met"} == {"7": "not_met"}
    assert len(told) == 7
    before, now = rows["7"]
    assert before is not None
    assert before.verdict is not None
    assert (before.verdict.title["vi"], before.verdict.result) == ("Không đạt", "60 %")
    assert before.verdict.case_id == made.id
    assert now is not None
    assert now.verdict is None
    (missed,) = plan_view(office.runtime, office.as_("director"), 2027).carried.missed
    assert (missed.objective, missed.case_id) == (7, made.id)
    with office.runtime.read(OFFICE) as uow:
        assert verdicts_of(uow, 2025) == verdicts_of(uow, 2027) == {}


def test_days_late_are_those_of_the_latest_case_of_each_year(office: Office) -> None:
    both_plans(office)
    open_plan(office.runtime, OFFICE, 2026, None)
    office.clock.forward(days=400)
    rows = sides(office, 2027, before=2026)
    before, now = rows["5.3"]
    assert before is not None
    assert now is not None
    reasons = [one for one in before.standing.reasons if one.cause.value == "case_late"]
    with office.runtime.read(OFFICE) as uow:
        days = [(uow.today - one.day).days for one in reasons if one.day]
    assert before.days_late == max(days) > 200
    # Its window of the new year has not come, or nothing of it was opened: it is not late yet.
    assert now.days_late < before.days_late


def test_a_year_without_a_plan_is_told_by_its_number(sqlite_office: Office) -> None:
    both_plans(sqlite_office)
    caller = sqlite_office.as_("director")
    with pytest.raises(NotFound) as told:
        plans_beside(sqlite_office.runtime, caller, 2027, before=2020)
    assert told.value.params["year"] == 2020
