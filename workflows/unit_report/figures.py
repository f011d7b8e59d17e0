"""What a unit's report is measured by."""

from engine.machine.instance import Case
from engine.machine.registry import Figure
from workflows.unit_report.facts import reported


def rows_reached(case: Case) -> Figure:
    """Rows that the unit calls met, out of those that it reported."""
    rows = reported(case)
    return Figure(
        numerator=sum(bool(row.values["met"]) for row in rows),
        denominator=len(rows),
        cut_off=case.instance.fields.get("reported_on"),
        rows={"row_result": tuple(row.id for row in rows)},
        parts={row.values["row"]: (int(row.values["met"]), 1) for row in rows},
    )
