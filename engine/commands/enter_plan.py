"""Enter a year's plan of quality objectives as it was signed."""

from collections.abc import Mapping
from typing import Any

from engine.audit.leaf import EntryType
from engine.machine.actor import SYSTEM
from engine.runtime import Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft


def enter_plan(runtime: Runtime, organization_id: str, year: int, body: Mapping[str, Any]) -> int:
    """Keep a further edition of the plan of a year; the same text again changes nothing."""
    with runtime.write(organization_id) as uow:
        newest = uow.tables.plans.newest(year)
        if newest is not None and newest[1] == body:
            return newest[0]
        edition = add_edition(uow, year, body)
        uow.commit()
        return edition


def add_edition(uow: UnitOfWork, year: int, body: Mapping[str, Any]) -> int:
    """Keep a further edition inside a transaction that does more; its number."""
    edition = uow.tables.plans.add(year, body, by=SYSTEM.person, at=uow.now)
    uow.tables.log.append(
        LogDraft(
            type=EntryType.PLAN_CHANGED,
            stream="organization",
            at=uow.now,
            actor=SYSTEM,
            subject=f"plan/{year}/{edition}",
        )
    )
    return edition
