"""Rows that a review implies and that are not there yet.

1. Units are proposed with what the register says now; the frozen lines are what counts later.
2. A line of adjustment is proposed with its dossier and its kind; what happened, and where it is
   known from, is for the Office to say.
"""

from collections.abc import Mapping
from typing import Any

from engine.machine.instance import Case
from workflows.overdue_period_review import facts
from workflows.overdue_period_review.periods import data_of
from workflows.overdue_period_review.snapshot import ADJUSTMENT, snapshot

Rows = tuple[Mapping[str, Any], ...]


def unit_scope(case: Case) -> Rows:
    """Each unit that has late or pending dossiers and is not listed yet."""
    found = snapshot(case)
    if found is None:
        return ()
    wanted = set(facts.units_to_list(case))
    return tuple(
        {"unit": line.unit, "overdue": line.overdue, "backlog": line["backlog"]}
        for line in found.units
        if line.unit in wanted
    )


def adjustment(case: Case) -> Rows:
    """Each dossier that differs from what was frozen: here, or at the end of the last period."""
    told = {(row.values["dossier_code"], row.values["kind"]) for row in case.rows(ADJUSTMENT)}
    before = data_of(case).before
    known = told if before is None else told | before.adjusted
    frozen = snapshot(case)
    is_frozen = frozen is not None and frozen.frozen
    found = facts.late_changes(case) if is_frozen else facts.differences(case) - known
    return tuple({"dossier_code": code, "kind": kind} for code, kind in sorted(found - told))


PROPOSALS = {"unit_scope": unit_scope, "adjustment": adjustment}
"""Record set → what proposes its rows."""
