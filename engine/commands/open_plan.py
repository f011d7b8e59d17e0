"""Open a year's plan: enter it where it is not entered yet, and open the cases of its rows.

1. One transaction: the plan with all its cases, or nothing. Who comes second finds the first one's
   cases and opens none.
2. What is opened, and what is not, `engine.transaction.planning` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import NotFound
from engine.queries.plan import warnings_of
from engine.queries.plan_order import OrderWarning
from engine.runtime import Runtime
from engine.transaction.planning import Outcome, RowOutcome, add_edition, carry_on, open_rows

__all__ = ["Outcome", "PlanOpened", "RowOutcome", "open_plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOpened:
    """A plan that is open.

    Attributes:
        entered: the plan was entered just now.
        carried: codes of the cases that go on from the year before, opened just now.
        warnings: orders between processes that it cannot keep.
    """

    edition: int
    entered: bool
    rows: tuple[RowOutcome, ...]
    carried: tuple[str, ...]
    warnings: tuple[OrderWarning, ...]


def open_plan(
    runtime: Runtime, organization_id: str, year: int, written: Mapping[str, Any] | None
) -> PlanOpened:
    """Open the plan of a year; a second time opens nothing.

    Args:
        runtime: what the house runs on.
        organization_id: whose plan.
        year: of the plan.
        written: the plan as its file has it, for when none is entered; None: there is no file.

    Raises:
        NotFound: `plan_not_written`: none is entered, and there is no file.
    """
    with runtime.write(organization_id) as uow:
        # Two who open at once meet here.
        uow.tables.log.lock()
        newest = uow.tables.plans.newest(year)
        if newest is None and written is None:
            raise NotFound("plan_not_written", year=year, known=list(uow.tables.plans.years()))
        body = written if newest is None else newest[1]
        edition = add_edition(uow, year, body or {}) if newest is None else newest[0]
        rows = open_rows(uow, body or {}, year)
        opened = PlanOpened(
            edition=edition,
            entered=newest is None,
            rows=rows,
            carried=tuple(carry_on(uow, year)),
            warnings=warnings_of(uow, body or {}, year),
        )
        uow.commit()
        return opened
