"""What the gates of a quarter's check ask; pure over the case.

1. 100 % means that everybody of every unit was looked at: people who are missing are not left out
   of the denominator.
2. Compliant is who does the duties of the post and keeps the rules; learning is told apart.
"""

from engine.machine.instance import Case, Row
from engine.machine.registry import Figure

EXCELLENT = 90
"""Points from which Decree 335/2025 speaks of excellent work."""


def units_missing(case: Case) -> int:
    """Units with a head that have not assessed themselves."""
    there = {row.values["unit"] for row in case.rows("unit_count")}
    return sum(unit not in there for unit in case.around.units)


def staff_not_assessed(case: Case) -> int:
    """How far staff and people assessed differ, unit by unit; too many is wrong as well."""
    assessed: dict[str, int] = {}
    for row in case.rows("assessment_line"):
        assessed[row.values["unit"]] = assessed.get(row.values["unit"], 0) + 1
    told = {row.values["unit"]: row.values["staff"] for row in case.rows("unit_count")}
    return sum(abs(told.get(u, 0) - assessed.get(u, 0)) for u in {*told, *assessed})


def units_not_checked(case: Case) -> int:
    """Units that assessed themselves and at which nobody looked again."""
    told = {row.values["unit"] for row in case.rows("unit_count")}
    return len(told - {row.values["unit"] for row in case.rows("spot_check")})


def checks_wrong(case: Case) -> int:
    """Second looks with more agreed than checked."""
    return sum(row.values["agreed"] > row.values["checked"] for row in case.rows("spot_check"))


def faults_without_issue(case: Case) -> int:
    """Units with somebody who does not comply, and nothing that is to be put right."""
    faulty = {row.values["unit"] for row in case.rows("assessment_line") if not complies(row)}
    return len(faulty - {row.values["unit"] for row in case.rows("issue")})


def complies(row: Row) -> bool:
    """Whether a person does the duties of the post and keeps the rules."""
    return bool(row.values["post"] and row.values["rules"])


def excels(row: Row) -> bool:
    """Whether the points are those of excellent work."""
    points: int = row.values["general"] + row.values["result"]
    return points >= EXCELLENT


def compliant(case: Case) -> Figure:
    """People who comply out of all staff, those who were not assessed included."""
    told = {row.values["unit"]: row.values["staff"] for row in case.rows("unit_count")}
    parts: dict[str, tuple[int, int | None]] = {unit: (0, staff) for unit, staff in told.items()}
    for row in case.rows("assessment_line"):
        top, bottom = parts.get(row.values["unit"], (0, 0))
        parts[row.values["unit"]] = (top + complies(row), bottom)
    return Figure(
        numerator=sum(top for top, _ in parts.values()) if parts else None,
        denominator=sum(told.values()) if parts else None,
        cut_off=case.instance.fields.get("last_day"),
        rows={"assessment_line": tuple(row.id for row in case.rows("assessment_line"))},
        parts=dict(sorted(parts.items())),
    )
