"""Rows that a unit's report implies: one for each row of the plan that the unit leads."""

from collections.abc import Mapping
from typing import Any

from engine.machine.instance import Case
from workflows.unit_report.facts import led, reported


def row_results(case: Case) -> tuple[Mapping[str, Any], ...]:
    """The rows of the plan that the unit has not reported yet, with their targets."""
    told = {row.values["row"] for row in reported(case)}
    return tuple(
        {"row": row.code, "target": row.target["vi"][:500]}
        for row in led(case)
        if row.code not in told
    )
