"""Rules 1 to 3 of `holders`: who held a role is what the log told, and nothing more."""

from typing import Any

import pytest

from engine.audit.holders import Holders

FOUNDED = {
    "change": "founded",
    "grants": [{"id": "g1", "person": "an", "role": "office", "valid_from": "2026-01-01"}],
    "delegations": [
        {
            "id": "d1",
            "person": "binh",
            "giver": "an",
            "role": "office",
            "valid_from": "2026-07-01",
            "valid_to": "2026-07-10",
        }
    ],
}


def entry(kind: str, **told: Any) -> dict[str, Any]:
    return {"type": kind, "outcome": "accepted", "subject": "an", **told}


def step(actor: str, day: str = "2026-07-06", **told: Any) -> dict[str, Any]:
    return {
        "actor": actor,
        "role": "office",
        "recorded_at": f"{day}T01:00:00.000000Z",
        **told,
    }


@pytest.fixture
def holders() -> Holders:
    found = Holders()
    found.take(entry("organization_changed"), FOUNDED)
    return found


def test_the_founding_tells_who_holds_what(holders: Holders) -> None:
    assert holders.whole
    assert holders.held(step("an"))
    assert not holders.held(step("binh"))
    assert not holders.held(step("an", role="director"))
    assert not holders.held(step("an", day="2025-12-30"))
    assert holders.held(step("an", day="2025-12-31")), "a day of grace, for the zone"


def test_who_acts_for_another_was_lent_the_role_that_the_other_holds(holders: Holders) -> None:
    assert holders.held(step("binh", on_behalf="an"))
    assert not holders.held(step("binh", day="2026-07-12", on_behalf="an"))
    assert not holders.held(step("chi", on_behalf="an"))
    assert not holders.held(step("an", on_behalf="binh"))


def test_the_house_itself_has_one_role(holders: Holders) -> None:
    assert holders.held(step("system", role="system"))
    assert not holders.held(step("system"))


def test_grants_come_and_end(holders: Holders) -> None:
    told = {"grant": "g2", "role": "director", "valid_from": "2026-07-01"}
    holders.take(entry("grant_changed", subject="chi"), told)
    assert holders.held(step("chi", role="director"))
    holders.take(entry("grant_changed", subject="g2"), {"valid_to": "2026-07-04"})
    assert not holders.held(step("chi", role="director"))
    assert holders.whole
    lent = {"giver": "chi", "role": "director", "valid_from": "2026-07-01"}
    holders.take(entry("delegation_changed", subject="an"), lent)
    assert not holders.held(step("an", role="director", on_behalf="chi"))


@pytest.mark.parametrize(
    ("body", "details"),
    [
        (entry("grant_changed"), None),
        (entry("grant_changed", subject="unknown"), {"valid_to": "2026-07-04"}),
        (entry("grant_changed"), {"role": "office", "valid_from": "no day"}),
        (entry("organization_changed"), {"change": "founded"}),
        (entry("organization_changed"), {**FOUNDED, "grants": [1]}),
    ],
)
def test_what_is_not_told_whole_is_said_to_be_so(
    holders: Holders, body: dict[str, Any], details: dict[str, Any] | None
) -> None:
    holders.take(body, details)
    assert not holders.whole


def test_refused_attempts_and_other_changes_say_nothing(holders: Holders) -> None:
    holders.take(entry("grant_changed", outcome="refused"), None)
    holders.take(entry("login"), None)
    holders.take(entry("organization_changed"), {"change": "unit_added"})
    assert holders.whole
