"""Rules 1 to 6 of `decide`, and what an accepted step says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Corrupt
from engine.machine.actor import Grant
from engine.machine.compiler import compile_process
from engine.machine.decide import (
    Accepted,
    Command,
    FieldNotOfStep,
    NotAvailable,
    Refused,
    RegistryMissing,
    UnknownTransition,
    Unmet,
    UnmetCode,
    available,
    facts_of,
)
from engine.machine.decision import FORBIDDING
from engine.machine.instance import Waiver
from engine.machine.intent import Notify, RaiseFlag
from engine.machine.registry import Objection, Registry
from tests.unit.engine.machine.examples import (
    HEAD,
    OFFICE,
    TODAY,
    WORDS,
    actor,
    asked,
    case,
    file,
    keys,
    opened,
    process,
    taken,
)

EVERYTHING = {
    "fields": ["faults"],
    "must_change": ["day"],
    "evidence": ["sheet"],
    "reason": "required",
    "requires": {"sound": {"that": {"fact": "lines", "op": "ge", "value": 1}, "title": WORDS}},
    "guards": ["agrees"],
    "needs": [{"process": "plan", "state": "issued"}],
    "wait_for": {"children": "any", "in": ["closed"]},
    "not_before": {"date": "12-01"},
    "in_window": "today",
    "sign": True,
    "not_of_unit": ["unit"],
    "not_named_in": ["owner"],
    "not_same_as": ["hold"],
}


def everything_wrong() -> tuple[Accepted | Refused, list[str]]:
    definition = process(step=EVERYTHING, window={"month": 11, "outside": "waiver"})
    registry = Registry(guards={"agrees": lambda _question: Objection(params={"n": 1})})
    present = case(
        fields={"unit": "lab", "owner": "an"},
        history=(opened(), taken("hold", "planned", "held", person="an")),
    )
    decision = asked(definition, present, by=actor("an", "office"), registry=registry)
    return decision, keys(decision)


def test_every_reason_is_told_at_once() -> None:
    _, told = everything_wrong()
    assert told == [
        "role",
        "separation:hold",
        "own_unit:unit",
        "named_in:owner",
        "field_missing:faults",
        "not_changed:day",
        "evidence_missing:sheet",
        "reason_missing",
        "condition:sound",
        "guard:agrees",
        "window",
        "not_before",
        "children",
        "need:plan",
        "signature",
    ]


def test_a_refusal_says_who_could_meet_what_is_unmet() -> None:
    decision, _ = everything_wrong()
    assert isinstance(decision, Refused)
    who = {unmet.key: unmet.who_can for unmet in decision.unmet}
    assert who["role"] == who["evidence_missing:sheet"] == ("unit_head",)
    assert who["window"] == who["children"] == ()
    fillable = {unmet.key for unmet in decision.unmet if unmet.fillable}
    assert fillable == {"field_missing:faults", "not_changed:day", "reason_missing", "signature"}


def test_everything_met_is_accepted_with_what_it_used() -> None:
    definition = process(
        step={key: EVERYTHING[key] for key in ("fields", "evidence", "reason", "sign")}
    )
    command = Command("report", {"faults": 0}, reason="because", reauthenticated=True)
    assert asked(definition, case(evidence=(file(),)), command) == Accepted(
        transition="report",
        from_state="planned",
        to_state="repair",
        role="unit_head",
        fields={"faults": 0},
        evidence_used=("sheet-a",),
    )


@pytest.mark.parametrize("code", list(UnmetCode))
def test_only_who_acts_makes_a_refusal_forbidden(code: UnmetCode) -> None:
    decision = Refused((Unmet(UnmetCode.FIELD_MISSING, "x"), Unmet(code, "y")))
    named = {"role", "unit", "assignment", "separation", "own_unit", "named_in"}
    assert decision.forbidden == (code in FORBIDDING) == (code.value in named)


def test_an_unknown_step_is_no_refusal() -> None:
    with pytest.raises(UnknownTransition) as caught:
        asked(process(), case(), "fly")
    assert caught.value.code == "unknown_transition"
    assert "report" in caught.value.params["known"]


def test_a_field_that_the_step_does_not_take_is_no_refusal() -> None:
    definition = process(step={"may_set": ["note"]})
    with pytest.raises(FieldNotOfStep) as caught:
        asked(definition, case(), Command("report", {"note": "a", "owner": "an", "day": TODAY}))
    assert caught.value.params == {"transition": "report", "fields": ["day", "owner"]}


def test_a_step_from_elsewhere_tells_what_is_available() -> None:
    with pytest.raises(NotAvailable) as caught:
        asked(process(), case(), "accept")
    assert caught.value.params["available"] == ["report", "hold"]
    assert caught.value.params["state"] == "planned"


def test_nothing_leaves_a_state_that_the_definition_does_not_have() -> None:
    with pytest.raises(NotAvailable) as caught:
        asked(process(), case(state="gone"), "report")
    assert caught.value.params["available"] == []


@pytest.mark.parametrize("part", ["guards", "effects"])
def test_a_name_without_code_stops_the_step(part: str) -> None:
    with pytest.raises(RegistryMissing) as caught:
        asked(process(step={part: ["unwritten"]}), case())
    assert caught.value.code == "registry_missing"
    assert caught.value.params == {"names": ["unwritten"]}


# --- fields -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, False])
def test_false_and_zero_are_values(value: object) -> None:
    definition = process(step={"fields": ["faults"]})
    assert keys(asked(definition, case(fields={"faults": value}))) == []


@pytest.mark.parametrize("value", [None, "", ()])
def test_an_emptied_field_is_missing(value: object) -> None:
    definition = process(step={"fields": ["faults"]})
    command = Command("report", {"faults": value})
    assert keys(asked(definition, case(fields={"faults": 1}), command)) == ["field_missing:faults"]


def test_what_must_change_is_given_anew_even_if_it_is_the_same() -> None:
    definition = process(step={"must_change": ["faults"]})
    present = case(fields={"faults": 1})
    assert keys(asked(definition, present)) == ["not_changed:faults"]
    assert keys(asked(definition, present, Command("report", {"faults": 1}))) == []


def test_a_field_is_required_from_the_state_that_is_entered() -> None:
    definition = process(
        fields={"note": {"type": "text", "title": WORDS, "required_from": "repair"}},
        step={"may_set": ["note"]},
    )
    decision = asked(definition, case())
    assert keys(decision) == ["field_missing:note"]
    assert isinstance(decision, Refused)
    assert decision.unmet[0].fillable
    assert keys(asked(definition, case(), Command("report", {"note": "x"}))) == []


def test_a_required_field_cannot_be_emptied_later() -> None:
    definition = process(
        fields={"note": {"type": "text", "title": WORDS, "required_from": "planned"}},
        step={"may_set": ["note"]},
    )
    present = case(fields={"note": "x"})
    assert keys(asked(definition, present)) == []
    assert keys(asked(definition, present, Command("report", {"note": None}))) == [
        "field_missing:note"
    ]


def test_a_field_that_is_both_asked_for_and_required_is_told_once() -> None:
    definition = process(
        fields={"note": {"type": "text", "title": WORDS, "required_from": "repair"}},
        step={"fields": ["note"]},
    )
    assert keys(asked(definition, case())) == ["field_missing:note"]


def test_a_field_required_elsewhere_may_be_empty() -> None:
    definition = process(fields={"note": {"type": "text", "title": WORDS, "required_from": "held"}})
    assert keys(asked(definition, case())) == []


# --- waivers ------------------------------------------------------------------------------------


def waiver(gate: str, until: date = TODAY) -> Waiver:
    return Waiver(gate=gate, reason="", granted_by="binh", until=until)


def test_a_waiver_lifts_exactly_its_key_and_marks_the_step() -> None:
    definition = process(step={"evidence": ["sheet", "proof"]})
    one = case(waivers=(waiver("evidence_missing:sheet"),))
    assert keys(asked(definition, one)) == ["evidence_missing:proof"]
    both = case(waivers=(waiver("evidence_missing:sheet"), waiver("evidence_missing:proof")))
    decision = asked(definition, both)
    assert isinstance(decision, Accepted)
    assert decision.flags == ("waived:evidence_missing:sheet", "waived:evidence_missing:proof")


def test_a_waiver_ends_with_its_last_day() -> None:
    definition = process(step={"reason": "required"})
    over = case(waivers=(waiver("reason_missing", TODAY - timedelta(days=1)),))
    assert keys(asked(definition, over)) == ["reason_missing"]
    assert keys(asked(definition, case(waivers=(waiver("reason_missing"),)))) == []


@given(
    gates=st.lists(st.sampled_from(sorted(code.value for code in FORBIDDING)), max_size=6),
)
def test_no_waiver_lets_the_wrong_person_pass(gates: list[str]) -> None:
    definition = process(step={"not_same_as": ["hold"]})
    present = case(
        history=(opened(), taken("hold", "planned", "held", person="an")),
        waivers=tuple(waiver(gate) for gate in (*gates, "separation:hold", "role")),
    )
    assert keys(asked(definition, present, by=actor("an"))) == ["role", "separation:hold"]


# --- previous, effects, facts -------------------------------------------------------------------


def test_a_resumption_leads_back_and_is_marked() -> None:
    present = case(state="held", previous_state="repair")
    decision = asked(process(), present, "resume", by=OFFICE)
    assert isinstance(decision, Accepted)
    assert (decision.to_state, decision.resumed, decision.flags) == ("repair", True, ("resumed",))


@pytest.mark.parametrize("previous", [None, "fit"])
def test_a_case_that_came_from_nowhere_is_corrupt(previous: str | None) -> None:
    with pytest.raises(Corrupt, match="previous_state_unknown"):
        asked(process(), case(state="held", previous_state=previous), "resume", by=OFFICE)


def test_effects_are_planned_only_when_the_step_is_accepted() -> None:
    told = Notify(message="reported", roles=("office",))
    seen: list[object] = []

    def plan(question: object, /) -> tuple[Notify | RaiseFlag, ...]:
        seen.append(question)
        return (told, RaiseFlag(flag="late"), RaiseFlag(flag="late"))

    definition = process(step={"effects": ["plan"], "fields": ["faults"]})
    registry = Registry(effects={"plan": plan})
    assert keys(asked(definition, case(), registry=registry)) == ["field_missing:faults"]
    assert not seen
    decision = asked(definition, case(), Command("report", {"faults": 2}), registry=registry)
    assert isinstance(decision, Accepted)
    assert decision.intents == (told,)
    assert decision.flags == ("late",)
    assert seen[0].fields == {"faults": 2}  # type: ignore[attr-defined]


def test_facts_are_computed_by_their_registered_functions() -> None:
    registry = Registry()
    registry.fact("check", "lines", lambda present: present.instance.fields.get("faults"))
    present = case(fields={"faults": 1})
    assert facts_of(process(), present, registry) == {"lines": 1}
    assert facts_of(process(), present, registry, given={"faults": 2}) == {"lines": 2}


def test_a_fact_without_code_stops_everything() -> None:
    with pytest.raises(RegistryMissing) as caught:
        facts_of(process(), case(), Registry())
    assert caught.value.params == {"names": ["check.lines"]}


# --- available ----------------------------------------------------------------------------------


def test_available_is_the_decision_without_a_form() -> None:
    definition = process(step={"fields": ["faults"], "reason": "required"})
    options = available(
        compile_process(definition, "digest"), case(), actor=HEAD, facts={}, registry=Registry()
    )
    assert [(option.transition, option.to) for option in options] == [
        ("report", ("repair",)),
        ("hold", ("held",)),
    ]
    report, hold = options
    assert report.ready
    assert not report.forbidden
    assert hold.forbidden
    assert not hold.ready


def test_nothing_is_available_in_an_end() -> None:
    compiled = compile_process(process(), "digest")
    options = available(compiled, case(state="fit"), actor=HEAD, facts={}, registry=Registry())
    assert options == ()


def test_a_delegated_role_names_both() -> None:
    deputy = actor("em", grants=(Grant(role="unit_head", on_behalf_of="an"),))
    decision = asked(process(), case(), by=deputy)
    assert isinstance(decision, Accepted)
    assert (decision.role, decision.on_behalf_of) == ("unit_head", "an")
