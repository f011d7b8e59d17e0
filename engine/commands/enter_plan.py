"""Enter a year's plan of quality objectives as it was signed."""

from collections.abc import Mapping
from typing import Any

from engine.runtime import Runtime
from engine.transaction.planning import add_edition


def enter_plan(runtime: Runtime, organization_id: str, year: int, body: Mapping[str, Any]) -> int:
    """Keep a further edition of the plan of a year; the same text again changes nothing."""
    with runtime.write(organization_id) as uow:
        newest = uow.tables.plans.newest(year)
        if newest is not None and newest[1] == body:
            return newest[0]
        edition = add_edition(uow, year, body)
        uow.commit()
        return edition
