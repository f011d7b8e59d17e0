"""A small process and cases of it, for tests that change one thing at a time."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from engine.calendars.business_days import Calendar
from engine.definition.model import Process
from engine.machine.actor import Actor, Grant
from engine.machine.compiler import compile_process
from engine.machine.decide import decide
from engine.machine.decision import Accepted, Command, Refused
from engine.machine.instance import Case, EvidenceFile, Instance, Person, Step
from engine.machine.registry import Registry

WORDS = {"vi": "chữ", "en": "words"}
TODAY = date(2026, 7, 6)
NOW = datetime(2026, 7, 6, 1, tzinfo=UTC)

CHECK: dict[str, Any] = {
    "format": 1,
    "process": "check",
    "version": 1,
    "code": "C",
    "title": WORDS,
    "roles": ["office", "unit_head", "system"],
    "fields": {
        "unit": {"type": "unit", "title": WORDS},
        "units": {"type": "unit", "many": True, "title": WORDS},
        "owner": {"type": "person", "title": WORDS},
        "faults": {"type": "integer", "title": WORDS},
        "cost": {"type": "decimal", "scale": 2, "title": WORDS},
        "day": {"type": "date", "title": WORDS},
        "moment": {"type": "datetime", "title": WORDS},
        "note": {"type": "text", "title": WORDS},
        "sure": {"type": "boolean", "title": WORDS},
    },
    "facts": {"lines": {"type": "integer", "title": WORDS}},
    "records": {
        "line": {
            "title": WORDS,
            "edit_in": ["planned"],
            "by": ["unit_head"],
            "columns": {
                "text": {"type": "text", "required": True, "title": WORDS},
                "unit": {"type": "unit", "title": WORDS},
                "person": {"type": "person", "title": WORDS},
            },
        }
    },
    "evidence": {
        "sheet": {"title": WORDS, "accept": ["pdf"]},
        "proof": {"title": WORDS, "accept": ["pdf"]},
    },
    "initial": "planned",
    "states": {
        "planned": {"title": WORDS},
        "repair": {"title": WORDS},
        "held": {"title": WORDS},
        "fit": {"title": WORDS, "final": "success"},
    },
    "transitions": {
        "report": {"title": WORDS, "from": "planned", "to": "repair", "by": ["unit_head"]},
        "accept": {"title": WORDS, "from": "repair", "to": "fit", "by": ["office"]},
        "hold": {"title": WORDS, "from": ["planned", "repair"], "to": "held", "by": ["office"]},
        "resume": {"title": WORDS, "from": "held", "to": "previous", "by": ["office"]},
        "lapse": {"title": WORDS, "from": "planned", "to": "fit", "by": ["system"]},
    },
}


def process(*, step: Mapping[str, Any] | None = None, **parts: Any) -> Process:
    """The process with parts laid over it; `step` is laid over `report`."""
    data = deepcopy(CHECK)
    for name, value in parts.items():
        if isinstance(value, dict) and isinstance(data.get(name), dict):
            data[name] |= value
        else:
            data[name] = value
    report = data["transitions"]["report"]
    report |= step or {}
    if "choose" in report:
        del report["to"]
    return Process.model_validate(data)


def opened(state: str = "planned", on: date = TODAY) -> Step:
    return taken("open", "", state, person="opener", on=on)


def taken(
    transition: str,
    from_state: str,
    to_state: str,
    *,
    person: str = "an",
    behalf: str | None = None,
    on: date = TODAY,
    internal: bool = False,
    flags: tuple[str, ...] = (),
) -> Step:
    return Step(
        version=0,
        transition=transition,
        from_state=from_state,
        to_state=to_state,
        person=person,
        on_behalf_of=behalf,
        role="",
        unit=None,
        at=NOW,
        on=on,
        internal=internal,
        flags=flags,
    )


def case(*, state: str = "planned", evidence: tuple[EvidenceFile, ...] = (), **parts: Any) -> Case:
    """A case; what is no part of the case itself is a part of its instance."""
    around = {
        name: parts.pop(name)
        for name in ("today", "calendar", "records", "children", "waivers", "people", "reached")
        if name in parts
    }
    instance = {
        "id": "i1",
        "organization_id": "o1",
        "code": "C-2026-01",
        "process": "check",
        "definition_version": 1,
        "definition_digest": "digest",
        "title": "A check",
        "version": 0,
        "year": 2026,
        "history": (opened(),),
    } | parts
    return Case(
        instance=Instance(state=state, **instance),
        now=NOW,
        evidence=evidence,
        **({"today": TODAY, "calendar": Calendar()} | around),
    )


def file(requirement: str = "sheet", *, content: str = "a", **parts: Any) -> EvidenceFile:
    values = {
        "id": f"{requirement}-{content}",
        "status": "accepted",
        "state": "planned",
        "visit": 1,
        "effective_on": TODAY,
    } | parts
    return EvidenceFile(
        requirement=requirement,
        sha256=content,
        size=1,
        media_type="application/pdf",
        filename="a.pdf",
        received_on=TODAY,
        supplied_by="an",
        **values,
    )


def actor(
    person: str = "an", *roles: str, unit: str | None = "lab", grants: tuple[Grant, ...] = ()
) -> Actor:
    return Actor(person=person, unit=unit, grants=(*(Grant(role=role) for role in roles), *grants))


def person(name: str, unit: str | None) -> Person:
    return Person(id=name, name=name, unit=unit)


HEAD = actor("an", "unit_head")
OFFICE = actor("binh", "office", unit="office")


def asked(
    definition: Process,
    present: Case,
    command: Command | str = "report",
    *,
    by: Actor = HEAD,
    facts: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
) -> Accepted | Refused:
    """What the decision says."""
    return decide(
        compile_process(definition, "digest"),
        present,
        Command(command) if isinstance(command, str) else command,
        actor=by,
        facts=facts or {},
        registry=registry or Registry(),
    )


def keys(decision: Accepted | Refused) -> list[str]:
    """What is unmet; nothing for an accepted step."""
    return list(decision.keys) if isinstance(decision, Refused) else []
