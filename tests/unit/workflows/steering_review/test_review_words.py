"""Every code that the three rooms of the review can say has its sentences; none is left over."""

import json
from datetime import date
from pathlib import Path

import pytest

from engine.machine.intent import Notify
from engine.machine.registry import Registry
from tests.unit.workflows.made_cases import ask, case
from workflows import catalog

ROOMS = Path(catalog.__file__).parent


def said(process: str) -> set[str]:
    registry = Registry()
    catalog.catalog(registry)
    own = f"workflows.{process}."
    asked = ask(case(process, fields={"meeting_on": date(2026, 11, 18)}))
    messages = {
        f"message.{intent.message}"
        for effect in registry.effects.values()
        if getattr(effect, "__module__", "").startswith(own)
        for intent in effect(asked)
        if isinstance(intent, Notify)
    }
    return messages | {
        f"guard.{name}"
        for name, guard in registry.guards.items()
        if getattr(guard, "__module__", "").startswith(own)
    }


@pytest.mark.parametrize("process", ["steering_review", "unit_report", "review_decision"])
def test_every_code_has_both_sentences_and_no_sentence_is_left_over(process: str) -> None:
    words = {
        language: set(
            json.loads((ROOMS / process / "words" / f"{language}.json").read_text("utf-8"))
        )
        for language in ("vi", "en")
    }
    assert words["vi"] == words["en"]
    assert {code for code in words["vi"] if not code.startswith("page.")} == said(process)
