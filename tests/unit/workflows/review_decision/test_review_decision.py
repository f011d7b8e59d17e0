from datetime import date
from typing import Any

import pytest

from engine.machine.instance import Case
from engine.machine.intent import Notify, SetField
from tests.unit.workflows.made_cases import TODAY, ask, case
from workflows.review_decision import effects, facts, figures

DUE = date(2026, 12, 15)


def made(state: str = "in_progress", **fields: Any) -> Case:
    return case("review_decision", fields=fields, state=state)


@pytest.mark.parametrize(
    ("year", "right"), [(None, True), (2027, True), (2026, False), (2028, False)]
)
def test_a_decision_is_carried_to_the_very_next_year(year: int | None, right: bool) -> None:
    fields = {"carried_to": year} if year else {}
    assert facts.carried_to_next_year(made(**fields)) is right


@pytest.mark.parametrize(
    ("day", "right"),
    [(None, True), (date(2027, 12, 31), True), (date(2026, 12, 31), False)],
)
def test_its_new_day_lies_in_the_very_next_year(day: date | None, right: bool) -> None:
    fields = {"carried_due": day} if day else {}
    assert facts.new_day_in_next_year(made(**fields)) is right


@pytest.mark.parametrize(
    ("state", "done", "in_time"),
    [
        ("done", date(2026, 12, 15), 1),
        ("done", date(2026, 12, 16), 0),
        ("done", None, None),
        ("reported", date(2026, 12, 1), None),
    ],
)
def test_it_is_in_time_when_it_was_reported_done_by_its_day(
    state: str, done: date | None, in_time: int | None
) -> None:
    fields = {"due_on": DUE, **({"done_on": done} if done else {})}
    assert figures.done_in_time(made(state, **fields)).numerator == in_time


def test_the_owner_hears_of_the_task_and_the_house_stamps_its_day() -> None:
    (told,) = effects.tell_owner_of_decision(ask(made(owner="binh", due_on=DUE)))
    assert told == Notify(
        message="decision_assigned", people=("binh",), params={"due_on": "2026-12-15"}
    )
    (nobody,) = effects.tell_owner_of_decision(ask(made()))
    assert nobody == Notify(message="decision_assigned", people=(), params={})
    stamped = effects.stamp_decision_reported(ask(made()))
    assert stamped == (SetField(field="done_on", value=TODAY),)
    (obstacle,) = effects.tell_office_of_decision_obstacle(ask(made(), unit="tdc"))
    assert obstacle == Notify(
        message="decision_obstacle", roles=("office",), params={"unit": "tdc"}
    )
