import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.machine.intent import Notify, RaiseFlag
from engine.machine.registry import Registry
from tests.unit.workflows.made_cases import ask, case, step
from tests.unit.workflows.training_campaign.made_campaigns import campaign
from workflows import catalog as room
from workflows.catalog import catalog

ROOMS = Path(room.__file__).parent
HOUSE_FLAGS = {"outside_window"}


def words(process: str, language: str) -> dict[str, str]:
    path = ROOMS / process / "words" / f"{language}.json"
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return found


def filled() -> Registry:
    registry = Registry()
    catalog(registry)
    return registry


def said(process: str) -> set[str]:
    """Codes of everything that the effects and guards of a process can say."""
    fields = {"failure": "ineffective", "new_last_day": case(process).today.replace(month=12)}
    failed = (step("fail", case(process).today, to="analysing"),)
    made = {"training_campaign": campaign}
    asked = ask(
        made[process]() if process in made else case(process, fields=fields, history=failed)
    )
    own = [
        effect
        for effect in filled().effects.values()
        if f"workflows.{process}." in getattr(effect, "__module__", "")
    ]
    intents = [intent for effect in own for intent in effect(asked)]
    messages = {f"message.{i.message}" for i in intents if isinstance(i, Notify)}
    flags = {i.flag for i in intents if isinstance(i, RaiseFlag)} - HOUSE_FLAGS
    guards = {
        f"guard.{name}"
        for name, guard in filled().guards.items()
        if f"workflows.{process}." in getattr(guard, "__module__", "")
    }
    return messages | {f"flag.{flag}" for flag in flags} | guards


def test_the_catalog_registers_every_process_without_a_clash() -> None:
    registry = filled()
    assert "internal_audit.units_without_slot" in registry.facts
    assert "corrective_action.ineffective_before" in registry.facts
    assert "training_campaign.untrained" in registry.facts


def test_every_code_of_a_room_has_both_sentences_and_no_sentence_is_left_over() -> None:
    for process in ("internal_audit", "corrective_action", "training_campaign"):
        # What is printed on papers is asked for by their templates, and looked for there.
        told = {code for code in words(process, "vi") if not code.startswith("page.")}
        assert told == said(process)
        assert set(words(process, "vi")) == set(words(process, "en"))


class Watched(Mapping[str, Any]):
    """Fields of a case that remember which of them somebody looked at."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values_of, self.seen = values, set[str]()

    def __getitem__(self, name: str) -> Any:
        self.seen.add(name)
        return self.values_of[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_of)

    def __len__(self) -> int:
        return len(self.values_of)


def looked_at(process: str, fact: str) -> set[str]:
    days = {
        name: date(2026, 8, 10)
        for name in ("first_day", "last_day", "opening_on", "closing_on", "report_date")
    }
    more = {"minutes_on": date(2026, 8, 3), "planned_on": date(2026, 8, 12), "lead_auditor": "an"}
    more |= {"snapshot_on": date(2026, 8, 3), "pass_mark": 50, "max_score": 100}
    lists = dict.fromkeys(("units", "clauses", "procedures", "cause_codes"), ("7.5",))
    watched = Watched({**days, **more, **lists})
    filled().facts[f"{process}.{fact}"](case(process, fields=watched))
    return watched.seen


@pytest.mark.parametrize("name", sorted(filled().facts))
def test_a_fact_reads_the_fields_that_it_is_registered_with_and_no_others(name: str) -> None:
    process, fact = name.split(".")
    assert looked_at(process, fact) == filled().reads[name]
