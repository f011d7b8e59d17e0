"""The names that `definitions/unit_period_report.yaml` uses, tied to their functions."""

from collections.abc import Mapping
from typing import Any

from engine.machine.instance import Case
from engine.machine.registry import Figure, Registry
from workflows.documents.reminder import reminder_letter
from workflows.unit_period_report import effects, facts, records, report

PROCESS = "unit_period_report"


def dossiers_answered(case: Case) -> Figure:
    """Dossiers that are answered for, out of those that the unit was asked for."""
    asked = facts.asked(case)
    if not asked:
        return Figure(numerator=None)
    return Figure(
        numerator=len(asked) - len(facts.unanswered(case)),
        denominator=len(asked),
        cut_off=case.today,
        rows={facts.ITEM: tuple(row.id for row in facts.items(case))},
    )


def backlog_items(case: Case) -> tuple[Mapping[str, Any], ...]:
    """Each dossier that is still to be answered for; cause and measure are the unit's to say."""
    return tuple({"dossier_code": dossier.code} for dossier in facts.unanswered(case))


def register(registry: Registry) -> None:
    """Make the names of a unit's account known."""
    registry.fact(PROCESS, "dossiers_unanswered", facts.dossiers_unanswered)
    registry.fact(PROCESS, "items_strange", facts.items_strange)
    registry.figure(PROCESS, "dossiers_answered", dossiers_answered)
    for effect in (
        effects.stamp_answered,
        effects.tell_unit_of_period_return,
        effects.tell_leaders_of_missing_account,
    ):
        registry.effect(effect.__name__, effect)
    registry.proposal(PROCESS, facts.ITEM, backlog_items)
    registry.document(PROCESS, "unit_account", report.unit_account)
    registry.document(PROCESS, "reminder_letter", reminder_letter)
    registry.lookup(PROCESS, facts.ASKED, records.asked_dossiers)
