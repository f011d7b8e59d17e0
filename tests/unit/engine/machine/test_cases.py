"""Worked examples: what the runner understands, and that it tells where one turns out otherwise."""

from datetime import date
from typing import Any

import pytest

from engine.calendars.business_days import Calendar, CalendarDay, DayKind
from engine.definition.values import WrongValues
from engine.machine.case_script import CasesUnreadable, read_cases
from engine.machine.cases import CaseResult, run_cases
from tests.unit.engine.machine.examples import WORDS, process

PEOPLE = {
    "an": {"roles": ["unit_head"], "unit": "lab"},
    "binh": {"roles": ["office"], "unit": "office"},
}


def run(
    *steps: dict[str, Any], definition: Any = None, calendar: Any = None, **case: Any
) -> CaseResult:
    script = {"name": "A case", "at": date(2026, 7, 6), "people": PEOPLE, "steps": list(steps)}
    (result,) = run_cases(
        definition or process(), read_cases([{**script, **case}]), calendar=calendar
    )
    return result


def step(transition: str, actor: str, expect: object, **parts: Any) -> dict[str, Any]:
    return {"transition": transition, "actor": actor, "expect": expect, **parts}


REPORT = step("report", "an", "repair")


def test_a_case_that_turns_out_as_expected_is_good() -> None:
    result = run(REPORT, step("hold", "binh", "held"), step("resume", "binh", "repair"))
    assert result == CaseResult(
        name="A case", ok=True, taken=("report", "hold", "resume"), state="repair"
    )


@pytest.mark.parametrize(
    ("expect", "expected", "got"),
    [
        ("fit", "fit", "repair"),
        ({"unmet": ["role", "children"]}, "unmet children, role", "repair"),
        ({"error": "not_available"}, "error not_available", "repair"),
    ],
)
def test_a_case_tells_where_it_turned_out_otherwise(
    expect: object, expected: str, got: str
) -> None:
    result = run(step("report", "an", expect), step("accept", "binh", "fit"))
    assert not result.ok
    assert (result.step, result.expected, result.got) == (0, expected, got)


def test_a_refusal_is_met_by_exactly_its_keys() -> None:
    definition = process(step={"evidence": ["sheet"], "fields": ["faults"]})
    wanted = {"unmet": ["evidence_missing:sheet", "field_missing:faults"]}
    result = run(step("report", "an", wanted), definition=definition)
    assert result.ok
    assert result.refused == set(wanted["unmet"])
    assert not run(
        step("report", "an", {"unmet": ["field_missing:faults"]}), definition=definition
    ).ok


def test_a_command_may_be_turned_away() -> None:
    assert run(step("accept", "binh", {"error": "not_available"})).ok
    assert run(step("report", "an", {"error": "field_not_of_step"}, fields={"faults": 1})).ok


def test_files_and_fields_of_a_refused_step_are_not_kept() -> None:
    definition = process(step={"evidence": ["sheet"], "fields": ["faults"]})
    result = run(
        step("report", "an", {"unmet": ["field_missing:faults"]}, evidence={"sheet": ["a"]}),
        step("report", "an", {"unmet": ["evidence_missing:sheet"]}, fields={"faults": 1}),
        step("report", "an", "repair", fields={"faults": 1}, evidence={"sheet": "a"}),
        definition=definition,
    )
    assert result.ok, result


def test_the_same_name_is_the_same_content() -> None:
    spec = {"title": WORDS, "accept": ["pdf"]}
    definition = process(
        step={"evidence": ["sheet", "proof"]},
        evidence={"sheet": {**spec, "distinct": True}, "proof": spec},
    )
    result = run(
        step(
            "report",
            "an",
            {"unmet": ["evidence_not_distinct:sheet"]},
            evidence={"sheet": ["a"], "proof": ["a"]},
        ),
        step("report", "an", "repair", evidence={"sheet": ["a"], "proof": ["b"]}),
        definition=definition,
    )
    assert result.ok, result


def test_a_file_that_served_is_bound_to_its_visit() -> None:
    definition = process(
        step={"evidence": ["sheet"]},
        evidence={"sheet": {"title": WORDS, "accept": ["pdf"], "fresh": "per_visit"}},
        transitions={
            "back": {"title": WORDS, "from": "repair", "to": "planned", "by": ["office"]},
            "glance": {
                "title": WORDS,
                "from": ["planned", "repair"],
                "to": "=",
                "by": ["office"],
                "internal": True,
                "evidence": ["sheet"],
            },
        },
    )
    result = run(
        step("glance", "binh", "planned", evidence={"sheet": ["a"]}),
        step("report", "an", "repair"),
        step("glance", "binh", {"unmet": ["evidence_stale:sheet"]}),
        step("back", "binh", "planned"),
        step("report", "an", {"unmet": ["evidence_stale:sheet"]}),
        step("report", "an", "repair", evidence={"sheet": ["b"]}),
        step("back", "binh", "planned"),
        step("report", "an", {"unmet": ["evidence_stale:sheet"]}),
        definition=definition,
    )
    assert result.ok, result


def test_a_file_may_say_more_than_its_name() -> None:
    definition = process(
        step={"evidence": ["sheet", "proof"]},
        evidence={
            "sheet": {"title": WORDS, "accept": ["pdf"], "reviewed": "office"},
            "proof": {"title": WORDS, "accept": ["pdf"], "max_age": "5d", "per": "line"},
        },
    )
    old = {"name": "b", "effective_on": date(2026, 1, 1), "row": "r1"}
    result = run(
        step(
            "report",
            "an",
            {"unmet": ["evidence_unreviewed:sheet", "evidence_too_old:proof"]},
            evidence={"sheet": [{"name": "a", "reviewed": False}], "proof": [old]},
        ),
        step(
            "report", "an", "repair", evidence={"sheet": "a", "proof": {"name": "c", "row": "r1"}}
        ),
        definition=definition,
        given={"rows": {"line": ["r1"]}},
    )
    assert result.ok, result


def test_what_surrounds_a_case_holds_until_it_is_given_anew() -> None:
    definition = process(
        step={
            "requires": {
                "rule": {"that": {"fact": "lines", "op": "eq", "value": 0}, "title": WORDS}
            },
            "wait_for": {"children": "all", "in": ["closed"]},
            "needs": [{"process": "plan", "state": "issued"}],
            "guards": ["agrees"],
            "effects": ["plans"],
            "reason": "required",
            "sign": True,
        }
    )
    slip = {"code": "CA-1", "process": "slip", "state": "open"}
    successor = {"code": "CA-2", "process": "slip", "state": "closed", "predecessor": "CA-1"}
    result = run(
        step(
            "report",
            "an",
            {
                "unmet": [
                    "reason_missing",
                    "condition:rule",
                    "guard:agrees",
                    "children",
                    "need:plan",
                    "signature",
                ]
            },
            guards={"agrees": False},
            children=[slip],
            facts={"lines": 1},
        ),
        step(
            "report",
            "an",
            {"unmet": ["condition:rule", "children", "need:plan"]},
            reason="because",
            signed=True,
        ),
        step(
            "report",
            "an",
            "repair",
            reason="because",
            signed=True,
            facts={"lines": 0},
            children=[slip, successor],
            reached=[["plan", "issued"]],
        ),
        definition=definition,
        given={"facts": {"lines": 2}},
    )
    assert result.ok, result


def test_waivers_are_given_by_their_keys() -> None:
    definition = process(step={"evidence": ["sheet"]})
    result = run(
        step("report", "an", {"unmet": ["evidence_missing:sheet"]}),
        step("report", "an", "repair", waivers=["evidence_missing:sheet"]),
        definition=definition,
    )
    assert result.ok, result


def test_roles_are_narrowed_by_given_assignees_and_by_fields_that_assign() -> None:
    definition = process(
        fields={
            "owner": {"type": "person", "title": WORDS, "assigns": "office"},
        },
        step={"may_set": ["owner"]},
    )
    result = run(
        step("report", "an", {"unmet": ["assignment"]}),
        step("report", "an", "repair", assignees={"unit_head": ["an"]}, fields={"owner": "chi"}),
        step("accept", "binh", {"unmet": ["assignment"]}),
        step("accept", "chi", "fit", roles=["office"]),
        definition=definition,
        given={"assignees": {"unit_head": ["dung"]}},
    )
    assert result.ok, result


def test_a_field_of_many_people_assigns_them_all() -> None:
    definition = process(
        fields={
            "team": {"type": "person", "many": True, "title": WORDS, "assigns": "unit_head"},
        },
    )
    refused = {"unmet": ["assignment"]}
    result = run(
        step("report", "chi", refused, roles=["unit_head"]),
        step("report", "an", "repair"),
        definition=definition,
        given={"fields": {"team": ["an", "binh"]}},
    )
    assert result.ok, result


def test_the_house_and_deputies_may_act() -> None:
    assert run(step("lapse", "system", "fit")).ok
    definition = process(
        step={"by": [{"role": "unit_head", "of": "unit"}]},
        transitions={
            "hold": {"title": WORDS, "from": "planned", "to": "=", "by": ["office"]},
        },
    )
    result = run(
        step("report", "em", {"unmet": ["unit"]}, roles=["unit_head"], unit="archive"),
        step("report", "em", {"unmet": ["unit"]}, roles=["unit_head"], on_behalf_of="binh"),
        step("report", "em", "repair", roles=["unit_head"], on_behalf_of="an"),
        definition=definition,
        given={"fields": {"unit": "lab"}},
    )
    assert result.ok, result


def test_days_pass_only_as_the_case_says() -> None:
    definition = process(step={"not_before": "1wd"})
    steps = (
        step("report", "an", {"unmet": ["not_before"]}),
        step("report", "an", "repair", at=date(2026, 7, 7)),
    )
    assert run(*steps, definition=definition).ok
    holiday = CalendarDay(date=date(2026, 7, 7), kind=DayKind.OFF, label="", source="")
    assert not run(*steps, definition=definition, calendar=Calendar((holiday,))).ok


def test_dates_may_be_written_as_yaml_or_as_text() -> None:
    definition = process(step={"fields": ["day"], "in_window": "day"}, window={"month": 7})
    for day in (date(2026, 7, 7), "2026-07-07"):
        assert run(step("report", "an", "repair", fields={"day": day}), definition=definition).ok


def test_a_case_may_belong_to_a_year_and_a_period() -> None:
    yearly = process(step={"in_window": "today"}, window={"month": 7})
    assert not run(REPORT, definition=yearly, year=2025).ok
    weekly = process(step={"in_window": "today"}, window={"every": "week"})
    assert run(REPORT, definition=weekly, period="2026-W28").ok


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ([{"name": "x"}], "0.at"),
        ([{"name": "x", "at": "2026-07-06", "steps": []}], "0.steps"),
        ([{"name": "x", "at": "2026-07-06", "steps": [REPORT], "colour": 1}], "0.colour"),
        ({}, ""),
    ],
)
def test_a_file_of_another_form_is_unreadable(broken: object, place: str) -> None:
    with pytest.raises(CasesUnreadable) as caught:
        read_cases(broken)
    assert place in [fault["place"] for fault in caught.value.params["faults"]]


def test_names_that_the_process_does_not_have_are_told_at_once() -> None:
    bad = step(
        "report",
        "an",
        "repair",
        evidence={"letter": "a"},
        facts={"moon": 1},
        guards={"nobody": True},
        rows={"stars": []},
    )
    with pytest.raises(CasesUnreadable) as caught:
        run(bad, given={"facts": {"sun": 1}, "rows": {"planets": []}})
    problems = [fault["problem"] for fault in caught.value.params["faults"]]
    assert problems == [
        "unknown fact sun",
        "unknown record set planets",
        "unknown fact moon",
        "unknown record set stars",
        "unknown evidence letter",
        "unknown guard nobody",
    ]


def test_a_value_that_does_not_fit_its_field_is_told() -> None:
    with pytest.raises(WrongValues):
        run(REPORT, given={"fields": {"faults": "many"}})
