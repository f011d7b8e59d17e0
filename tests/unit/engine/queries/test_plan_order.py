"""An order that a year's plan cannot keep is told; one that it keeps, or has kept, is not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition.model import Process
from engine.queries.plan_order import (
    OrderFault,
    OrderWarning,
    PlanRow,
    Standing,
    order_warnings,
)

YEAR = 2026
AUDIT_ROW = PlanRow(code="4", processes=("audit",), months=(7, 8, 9))
REVIEW_ROW = PlanRow(code="5.3", processes=("review",), months=(11,))


def title(name: str) -> dict[str, str]:
    return {"vi": f"{name} vi", "en": f"{name} en"}


def process(name: str, **keys: Any) -> Process:
    """Two open states and an end: `gather` leads to `ready`, `close` to `done`."""
    data: dict[str, Any] = {
        "format": 1,
        "process": name,
        "version": 1,
        "title": title(name),
        "code": "X",
        "roles": ["office"],
        "initial": "waiting",
        "states": {
            "waiting": {"title": title("waiting")},
            "ready": {"title": title("ready")},
            "done": {"title": title("done"), "final": "success"},
        },
        "transitions": {
            "gather": {"title": title("gather"), "from": "waiting", "to": "ready", "by": "office"},
            "close": {"title": title("close"), "from": "ready", "to": "done", "by": "office"},
        },
    }
    return Process.model_validate({**data, **keys})


def review(due: Any = None, window: Any = None, **step: Any) -> Process:
    """A review whose step `gather` needs an audit that is ready."""
    plain = process("review").model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if due is not None:
        plain["states"]["waiting"]["due"] = due
    if window is not None:
        plain["window"] = window
    plain["transitions"]["gather"] |= {"needs": {"process": "audit", "state": "ready"}, **step}
    return Process.model_validate(plain)


def warned(
    *definitions: Process,
    rows: tuple[PlanRow, ...] = (AUDIT_ROW, REVIEW_ROW),
    **standings: Standing,
) -> list[tuple[OrderFault, date | None, date | None]]:
    return [(w.fault, w.by, w.ready) for w in told(*definitions, rows=rows, **standings)]


def told(
    *definitions: Process,
    rows: tuple[PlanRow, ...] = (AUDIT_ROW, REVIEW_ROW),
    **standings: Standing,
) -> tuple[OrderWarning, ...]:
    known = {definition.process: definition for definition in definitions}
    return order_warnings(known, rows, standings, year=YEAR)


def test_a_plan_that_keeps_the_order_is_not_warned_of() -> None:
    audit = process("audit", window={"from": "07-01", "to": "09-30"})
    assert warned(audit, review({"date": "11-10"})) == []


def test_a_process_that_is_ready_after_the_due_day_is_told_with_both_days() -> None:
    late = replace(AUDIT_ROW, months=(12,))
    found = told(process("audit"), review({"date": "11-10"}), rows=(late, REVIEW_ROW))
    (warning,) = found
    assert (warning.fault, warning.by, warning.ready) == (
        OrderFault.TOO_LATE,
        date(2026, 11, 10),
        date(2026, 12, 31),
    )
    assert (warning.row, warning.process, warning.transition) == ("5.3", "review", "gather")
    assert (warning.needed, warning.state) == ("audit", "ready")
    assert warning.params("vi") == {
        "row": "5.3",
        "by": date(2026, 11, 10),
        "ready": date(2026, 12, 31),
        "process": "review vi",
        "step": "gather vi",
        "needed": "audit vi",
        "state": "ready vi",
    }


@pytest.mark.parametrize(
    ("due", "window", "by"),
    [
        ({"date": "02-15"}, None, date(2026, 2, 15)),
        ("end_of_window", {"month": 3}, date(2026, 3, 31)),
        ("end_of_window", {"every": "month"}, date(2026, 4, 30)),
        ("5wd", {"months": [2, 3]}, date(2026, 3, 31)),
        (None, None, date(2026, 4, 30)),
    ],
)
def test_the_last_day_of_a_step_is_its_due_day_else_the_end_of_its_window_else_of_its_row(
    due: Any, window: Any, by: date
) -> None:
    rows = (AUDIT_ROW, replace(REVIEW_ROW, months=(4,)))
    found = warned(process("audit"), review(due, window), rows=rows)
    assert found == [(OrderFault.TOO_LATE, by, date(2026, 9, 30))]


def test_of_several_states_that_a_step_leaves_the_latest_due_day_counts() -> None:
    plain = review({"date": "02-15"}).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["states"]["ready"]["due"] = {"date": "10-15"}
    plain["transitions"]["gather"]["from"] = ["waiting", "ready", "nowhere"]
    assert warned(process("audit"), Process.model_validate(plain)) == []


@pytest.mark.parametrize(
    ("months", "window", "standing", "ready"),
    [
        ((3,), {"month": 5}, Standing(), date(2026, 5, 31)),
        ((6,), {"month": 5}, Standing(), date(2026, 6, 30)),
        ((), {"every": "quarter"}, Standing(opened=True, due_on=date(2026, 8, 1)),
         date(2026, 8, 1)),
    ],
)  # fmt: skip
def test_a_process_is_ready_by_the_latest_day_that_anything_tells(
    months: tuple[int, ...], window: Any, standing: Standing, ready: date
) -> None:
    rows = (replace(AUDIT_ROW, months=months), REVIEW_ROW)
    audit = process("audit", window=window)
    found = warned(audit, review({"date": "04-01"}), rows=rows, audit=standing)
    assert found == [(OrderFault.TOO_LATE, date(2026, 4, 1), ready)]


def test_where_no_day_is_known_nothing_is_judged() -> None:
    silent = (replace(AUDIT_ROW, months=()), replace(REVIEW_ROW, months=()))
    assert warned(process("audit"), review(), rows=silent) == []
    assert warned(process("audit"), review({"date": "01-05"}), rows=silent) == []
    assert warned(process("audit"), review(), rows=(AUDIT_ROW, silent[1])) == []


def test_the_due_day_itself_is_in_time() -> None:
    audit = process("audit", window={"from": "07-01", "to": "09-30"})
    assert warned(audit, review({"date": "09-30"})) == []
    assert [fault for fault, *_ in warned(audit, review({"date": "09-29"}))] == [
        OrderFault.TOO_LATE
    ]


def test_a_process_that_the_plan_does_not_have_is_told_unless_it_has_a_case() -> None:
    rows = (REVIEW_ROW,)
    expected = [(OrderFault.NOT_PLANNED, date(2026, 11, 10), None)]
    late = process("audit", window={"month": 12})
    assert warned(late, review({"date": "11-10"}), rows=rows) == expected
    opened = Standing(opened=True, due_on=date(2026, 8, 1))
    assert warned(review({"date": "11-10"}), rows=rows, audit=opened) == []
    (unknown,) = told(review({"date": "11-10"}), rows=rows)
    assert unknown.params("en")["needed"] == "audit"
    assert unknown.params("en")["state"] == "ready"


def test_a_case_that_waits_for_a_process_without_a_case_is_told() -> None:
    pair = (process("audit"), review({"date": "11-10"}))
    assert warned(*pair, review=Standing(opened=True)) == [
        (OrderFault.NOT_OPENED, date(2026, 11, 10), date(2026, 9, 30))
    ]
    both = {"review": Standing(opened=True), "audit": Standing(opened=True)}
    assert warned(*pair, **both) == []


def test_what_was_reached_or_taken_already_is_no_worry() -> None:
    late = replace(AUDIT_ROW, months=(12,))
    pair = (process("audit"), review({"date": "11-10"}))
    reached = Standing(opened=True, reached=frozenset({"waiting", "ready"}))
    assert warned(*pair, rows=(late, REVIEW_ROW), audit=reached) == []
    assert warned(*pair, rows=(late, REVIEW_ROW), review=reached) == []


def test_rows_without_a_known_process_say_nothing() -> None:
    rows = (PlanRow(code="1", processes=("unknown",)), PlanRow(code="2", processes=()))
    assert warned(process("audit"), rows=rows) == []


@given(st.integers(1, 12), st.integers(1, 12))
def test_an_order_is_late_exactly_when_the_months_are(audit: int, dossier: int) -> None:
    rows = (replace(AUDIT_ROW, months=(audit,)), replace(REVIEW_ROW, months=(dossier,)))
    found = warned(process("audit"), review(), rows=rows)
    assert bool(found) == (audit > dossier)
