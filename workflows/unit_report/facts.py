"""What the gates of a unit's report ask of its rows; pure over the case.

1. A unit answers for the rows of the plan that name it in the lead, and for those that every unit
   leads; where the year has no plan, it reports at least one row.
2. What is not met needs its cause.
"""

from engine.machine.instance import Case, PlanRow, Row

EVERY_UNIT = "all_units"
"""The plan's own word for a row that every unit leads."""


def rows_not_reported(case: Case) -> int:
    """Rows of the plan that the unit leads and has not reported; one where it reported none."""
    told = {row.values["row"] for row in reported(case)}
    missing = sum(row.code not in told for row in led(case))
    return missing or int(not told)


def rows_without_cause(case: Case) -> int:
    """Rows that are not met, without a cause."""
    return sum(not row.values["met"] and not row.values.get("cause") for row in reported(case))


def reported(case: Case) -> tuple[Row, ...]:
    """The rows of the report."""
    return case.rows("row_result")


def led(case: Case) -> tuple[PlanRow, ...]:
    """The rows of the plan that the unit leads, alone or with all others."""
    mine = {case.instance.fields.get("unit"), EVERY_UNIT}
    return tuple(row for row in case.around.plan if not mine.isdisjoint(row.lead))
