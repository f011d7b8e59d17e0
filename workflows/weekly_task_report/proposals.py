"""Rows that a week's report implies and that are not there yet."""

from collections.abc import Mapping
from typing import Any

from engine.machine.instance import Case
from workflows.weekly_task_report.facts import silent


def unit_word(case: Case) -> tuple[Mapping[str, Any], ...]:
    """Each unit that has not told how its tasks stand."""
    return tuple({"unit": unit} for unit in silent(case))


def red_word(case: Case) -> tuple[Mapping[str, Any], ...]:
    """Each overdue task to which nobody said why."""
    said = {row.values["task_code"] for row in case.rows("red_word")}
    return tuple(
        {"task_code": row.values["task_code"], "unit": row.values["unit"]}
        for row in case.rows("red_line")
        if row.values["task_code"] not in said
    )


PROPOSALS = {"unit_word": unit_word, "missing_unit": unit_word, "red_word": red_word}
"""Record set → what proposes its rows."""
