"""What ships as data beside the code: the plan, the organisation, clauses, processes.

1. The plan stands there word for word: held by a digest of each row, so that the text itself is
   not kept a second time.
2. The demonstration's people exist, hold known roles, and can finish every process.
3. Every process of rows 2.3, 5.1 and 5.3 is sound, and its worked examples walk every step, meet
   every stated condition and every separation with a refusal.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from engine.definition.checks import check_file
from engine.definition.model import Process
from engine.definition.source import read_file
from engine.definition.staffing import Grant, Organization, with_organization
from engine.machine.case_script import read_cases
from engine.machine.cases import CaseResult, run_cases
from engine.machine.registry import Registry
from workflows.catalog import catalog
from workflows.steering_review.surveys import MEASURED_BY

DEFINITIONS = Path(__file__).parents[2] / "definitions"

PROCESSES = (
    "training_campaign",
    "steering_review",
    "unit_report",
    "review_decision",
    "overdue_case",
    "overdue_period_review",
    "unit_period_report",
)
CELLS = ("content", "lead", "with", "method", "time")
TEXT_DIGESTS = {
    "1": "398247ddb83dcc0ccf37e2befcfbfc0c94b040d664855b3abe39cd4c232226c8",
    "2": "d0dd55f8f40253db92da7ae44f5bae1b87a8810d8faa0877353c975c1fa3ee67",
    "2.1": "6e6242a84b8a208cf67db6e54ff94a44112dd9bb59cf2a7021a83aa646274ca9",
    "2.2": "a92f3567bcc5692058d36acd98f4d50bc80cdb4decc7137b8e98f4a1d616388c",
    "2.3": "fd04d9fbba24ff349ac94af7a6515c7127b8b22195a11ef471bc96f7855b7209",
    "2.4": "4c59a1c412772f3d24cc1e0a1c8b60e1b7909711ddde52838470519878383965",
    "2.5": "4fe3a5931368f84572bb5d817b47af3ab153b9515566a905e5b64fb208e7c459",
    "3": "c9e398e634d2e1dab8956956a5fd9ba70a4e0ce91a2c1a0974a44ae65ccfbff3",
    "4": "39f6f5aa79d12ad3d34d1c636ad69ca73ce8f05168eea8da736d898ec93ff54e",
    "5": "de78c52e3209156375d95a1d29998dd80aeaf8f0bb7dbf57b4c72231e52bed0e",
    "5.1": "8a1b29d70d42dadaf3c9ff1b6520912567e65702a389fbe27a7616bce3bf4fb7",
    "5.2": "41960f1290103b9dd353b401a537e0963ba058a25dfb8e35d10192f63ebedf0a",
    "5.3": "26556c6eb85cdfb9ea16f29e37176a54b0d745031157f5bef03a0aa6668aede4",
    "6": "4efcd82de9b871e2b6543a31a48ea4506b8ad07a356744e7a912492468ec5d1e",
    "6.1": "c1d9a6b17a41688905b80abe37669bd346feb2800cd1b7b07a0d1f7dae98414d",
    "6.2": "c72d6f5d725eea4eb432d25bfbcc60733437fb15c37b9f4c71a12258b714456f",
    "7": "d41e221b5abde11b2addd75264ce65ddfcd15ca52cbdd6c79a0c6c2d2c92b182",
}
TARGETS = {
    "1": {("eq", 100), ("ge", 95)},
    "2": {("eq", 100)},
    "2.2": {("ge", 15)},
    "3": {("eq", 100)},
    "5": {("eq", 100)},
}
MONTHS = {
    "4": [7, 8, 9],
    "5.1": [7, 8],
    "5.3": [11],
    "6.2": [4, 5, 6],
    "7": [4, 5, 6, 7, 8, 9],
}
LINKS = {
    "1": ["city_task", "weekly_task_report"],
    "2.1": ["tthc_publication"],
    "2.2": ["tthc_performance"],
    "2.3": ["overdue_case", "overdue_period_review"],
    "2.4": ["integrity_briefing"],
    "2.5": ["hotline_feedback"],
    "3": ["duty_compliance_check"],
    "4": [
        "internal_audit",
        "corrective_action",
        "qms_maintenance",
        "document_change",
        "external_inspection",
    ],
    "5.1": ["training_campaign"],
    "5.2": ["dossier_sampling"],
    "5.3": ["steering_review"],
    # The heading alone speaks of measuring satisfaction; no row does.
    "6": ["satisfaction_survey"],
    "6.1": ["st_database"],
    "6.2": ["five_s_kpi"],
    "7": ["infrastructure_plan"],
}
ACCOUNTS = {
    "iso_secretary",
    "director",
    "deputy_director",
    "steering_head",
    "steering_member",
    "lead_auditor",
    "office",
    "clerk",
    "unit_staff",
    "tdc_branch",
    "one_stop",
    "stats_center",
    "innovation_center",
    "trainer",
    "administrator",
    "external_auditor",
    *(f"internal_auditor_{number}" for number in range(1, 5)),
}


@cache
def load(relative: str) -> Any:
    """Read a file under `definitions/`."""
    return YAML(typ="safe").load((DEFINITIONS / relative).read_text(encoding="utf-8"))


def folded(row: dict[str, Any]) -> str:
    """The Vietnamese cells of a row, white space folded, one a line."""
    cells = [row[cell]["vi"] for cell in CELLS if cell in row]
    return "\n".join(" ".join(cell.split()) for cell in cells)


def texts(node: Any) -> list[dict[str, str]]:
    """Every pair of a Vietnamese and an English text below a node."""
    if isinstance(node, dict):
        own = [node] if {"vi", "en"} <= set(node) else []
        return own + [text for below in node.values() for text in texts(below)]
    return [text for below in node for text in texts(below)] if isinstance(node, list) else []


@cache
def process(name: str) -> Process:
    """A shipped definition."""
    draft = read_file(DEFINITIONS / f"{name}.yaml").draft
    assert draft is not None
    return draft


def shipped() -> dict[str, Process]:
    """Every shipped definition by its id."""
    return {path.stem: process(path.stem) for path in sorted(DEFINITIONS.glob("*.yaml"))}


@cache
def walked(name: str) -> tuple[CaseResult, ...]:
    """The worked examples of a process, walked."""
    return run_cases(process(name), read_cases(load(f"cases/{name}.yaml")))


def organization(**instead: str) -> Organization:
    """The demonstration as the checks ask for it; `instead` gives a role to one account alone."""
    data = load("organizations/demonstration.yaml")
    person = {entry["username"]: entry["id"] for entry in data["people"]}
    kept = [grant for grant in data["grants"] if grant["role"] not in instead]
    given = [{"person": person[user], "role": role} for role, user in instead.items()]
    grants = tuple(
        Grant(person=grant["person"], role=grant["role"], unit=grant.get("unit"))
        for grant in kept + given
    )
    return Organization(grants=grants, has_calendar=data["calendar"]["seed"] == "vn")


def cited_numbers(edition: dict[str, Any]) -> list[str]:
    """The numbers of an edition's clauses."""
    return [clause["number"] for clause in edition["clauses"]]


def test_the_plan_has_seven_objectives_and_fourteen_rows_that_are_carried_out() -> None:
    rows = load("plans/2023.yaml")["rows"]
    assert {row["objective"] for row in rows} == set(range(1, 8))
    assert [row["code"] for row in rows] == list(TEXT_DIGESTS)
    assert sum(not row["heading"] for row in rows) == 14
    assert [row["code"] for row in rows if row["heading"]] == ["2", "5", "6"]


@pytest.mark.parametrize("code", list(TEXT_DIGESTS))
def test_a_row_of_the_plan_keeps_its_words(code: str) -> None:
    (row,) = (row for row in load("plans/2023.yaml")["rows"] if row["code"] == code)
    text = folded(row)
    assert unicodedata.is_normalized("NFC", text)
    assert hashlib.sha256(text.encode()).hexdigest() == TEXT_DIGESTS[code], text


def test_the_slip_of_the_signed_text_is_kept() -> None:
    (row,) = (row for row in load("plans/2023.yaml")["rows"] if row["code"] == "2.1")
    assert "trên Công thông tin điện tử của Sở" in row["content"]["vi"]


def test_the_words_around_the_appendix_stay_as_they_were_signed() -> None:
    plan = load("plans/2023.yaml")
    words = "\n".join(text["vi"] for text in texts([plan["document"], plan["appendix"]]))
    assert hashlib.sha256(words.encode()).hexdigest() == (
        "4c1f72b278ac40ce73dd8825da85140401ff442fd22642856cbae55eb1dd922c"
    )
    assert plan["document"]["decision"]["number"] == "23/QĐ-SKHCN"
    assert plan["document"]["signer"]["name"] == "Trần Quang Tuấn"


def test_every_text_of_the_plan_stands_in_both_languages() -> None:
    found = texts(load("plans/2023.yaml"))
    assert len(found) > 100
    assert all(text["vi"].strip() and text["en"].strip() for text in found)


def test_targets_months_and_reports_are_those_that_the_plan_states() -> None:
    rows = {row["code"]: row for row in load("plans/2023.yaml")["rows"]}
    targets = {
        code: {(measure["operator"], measure["value"]) for measure in row["measures"]}
        for code, row in rows.items()
        if row["measures"]
    }
    windows = {code: row["time"]["window"] for code, row in rows.items() if "time" in row}
    months = {code: window["months"] for code, window in windows.items() if "months" in window}
    reports = {code: row["reports"] for code, row in rows.items() if row["reports"]}
    assert targets == TARGETS
    assert [m["strive"] for m in rows["1"]["measures"]] == [False, True]
    assert months == MONTHS
    assert reports == {"1": ["week"], "2.3": ["week", "month", "quarter"]}


def test_every_target_of_the_plan_is_measured_by_a_figure_that_a_process_publishes() -> None:
    registry = Registry()
    catalog(registry)
    measures = [m for row in load("plans/2023.yaml")["rows"] for m in row["measures"]]
    for measure in measures:
        process, _, figure = measure["figure"].partition(".")
        assert load(f"{process}.yaml")["figures"][figure]["unit"] == measure["unit"]
        assert measure["figure"] in registry.figures
    # What the November review measures the same targets by.
    by_plan = {measure["id"]: measure["figure"] for measure in measures}
    assert {**by_plan, **MEASURED_BY} == by_plan
    assert set(by_plan) - set(MEASURED_BY) == {"trained"}


def test_the_plan_links_to_processes_that_exist_and_names_units_that_exist() -> None:
    plan = load("plans/2023.yaml")
    links = {row["code"]: row["processes"] for row in plan["rows"] if row["processes"]}
    units = {unit["id"] for unit in load("organizations/demonstration.yaml")["units"]}
    named = {
        who
        for row in plan["rows"]
        for key in ("lead", "with")
        for who in row.get(key, {}).get("who", [])
    }
    assert links == LINKS
    assert {name for names in links.values() for name in names} <= set(shipped())
    assert named <= units | set(plan["groups"])
    assert set(plan["groups"]) <= named


def test_everybody_in_the_organisation_stands_where_the_data_say() -> None:
    data = load("organizations/demonstration.yaml")
    units = {unit["id"]: unit for unit in data["units"]}
    people = {person["id"]: person for person in data["people"]}
    systems = {system["id"] for system in data["qms"]}
    assert len(units) == len(data["units"])
    assert len(people) == len(data["people"])
    assert all(unit["parent"] in {None, *units} for unit in data["units"])
    assert all(unit["qms"] in systems for unit in data["units"])
    assert all(person["unit"] in {None, *units} for person in data["people"])
    assert all(system["head"] in people for system in data["qms"])
    assert max(Counter(person["username"] for person in data["people"]).values()) == 1


def test_the_office_block_and_the_branch_have_a_system_each() -> None:
    data = load("organizations/demonstration.yaml")
    branch = {unit["id"] for unit in data["units"] if unit["qms"] == "tdc"}
    below = {unit["id"] for unit in data["units"] if unit["parent"] == "tdc"}
    assert [system["id"] for system in data["qms"]] == ["office_block", "tdc"]
    assert branch == {"tdc", *below}


def test_every_grant_names_a_person_a_role_and_a_unit_that_exist() -> None:
    data = load("organizations/demonstration.yaml")
    roles = {role["id"]: role for role in load("organizations/roles.yaml")["roles"]}
    people = {person["id"] for person in data["people"]}
    units = {unit["id"] for unit in data["units"]}
    for grant in data["grants"]:
        assert grant["person"] in people
        assert roles[grant["role"]].get("login", True)
        assert (grant.get("unit") is not None) == (roles[grant["role"]]["scope"] == "unit")
        assert grant.get("unit") in {None, *units}
        assert isinstance(grant["from"], date)
    assert {person["id"] for person in data["people"]} == {g["person"] for g in data["grants"]}


def test_there_is_an_account_for_every_role_and_a_head_for_every_unit() -> None:
    data = load("organizations/demonstration.yaml")
    names = {person["username"]: person["id"] for person in data["people"]}
    held = {(grant["person"], grant["role"], grant.get("unit")) for grant in data["grants"]}
    led = {unit["id"] for unit in data["units"]} - {"department", "leadership"}
    assert set(names) >= ACCOUNTS | {f"unit_head_{unit}" for unit in led}
    assert all((names[f"unit_head_{unit}"], "unit_head", unit) in held for unit in led)
    plain = {"unit_head", "internal_auditor"}
    roles = {role["id"]: role for role in load("organizations/roles.yaml")["roles"]}
    shown = {role for role, entry in roles.items() if entry.get("login", True)} - plain
    assert all(any(p == names[role] and r == role for p, r, _ in held) for role in shown)


def test_auditors_come_from_several_units_and_were_qualified_before_the_plan() -> None:
    data = load("organizations/demonstration.yaml")
    unit = {person["id"]: person["unit"] for person in data["people"]}
    auditors = {g["person"] for g in data["grants"] if g["role"] == "internal_auditor"}
    qualified = {q["person"] for q in data["qualifications"] if q["from"] < date(2023, 1, 1)}
    assert len({unit[person] for person in auditors}) >= 4
    assert auditors <= qualified


def test_every_role_that_a_process_names_has_its_words() -> None:
    known = {role["id"] for role in load("organizations/roles.yaml")["roles"]}
    for name, definition in shipped().items():
        assert set(definition.roles) <= known, name


@pytest.mark.parametrize("instead", [{}, {"steering_head": "director"}])
def test_the_organisation_can_finish_every_process(instead: dict[str, str]) -> None:
    for name, definition in shipped().items():
        assert with_organization(definition, organization(**instead)) == [], name


def test_an_organisation_of_one_secretary_could_not_finish_the_review() -> None:
    alone = organization(steering_head="iso_secretary", director="iso_secretary")
    assert {found.code for found in with_organization(process("steering_review"), alone)} == {"W62"}


def test_the_clauses_run_from_four_to_ten_without_a_gap() -> None:
    edition = load("clauses/9001.yaml")["editions"][0]
    numbers = cited_numbers(edition)
    assert edition["edition"] == "2015"
    assert {number.split(".")[0] for number in numbers} == {str(n) for n in range(4, 11)}
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers, key=lambda number: [int(part) for part in number.split(".")])
    for number in numbers:
        parent, _, last = number.rpartition(".")
        assert not parent or parent in numbers
        assert not parent or last == "1" or f"{parent}.{int(last) - 1}" in numbers
    assert all(clause["title"]["vi"] and clause["title"]["en"] for clause in edition["clauses"])


def test_every_clause_that_a_process_cites_is_in_the_catalogue() -> None:
    catalogue = load("clauses/9001.yaml")
    known = {
        f"{catalogue['standard']}:{edition['edition']}/{number}"
        for edition in catalogue["editions"]
        for number in cited_numbers(edition)
    }
    for name, definition in shipped().items():
        assert set(definition.clauses) <= known, name
    amendment = catalogue["editions"][0]["amendments"][0]
    assert (amendment["id"], amendment["clauses"]) == ("Amd 1:2024", ["4.1", "4.2"])
    assert catalogue["editions"][1]["edition"] == "2026"


def test_every_record_that_a_clause_asks_for_stands_at_a_clause_and_in_slots_that_exist() -> None:
    edition = load("clauses/9001.yaml")["editions"][0]
    records = edition["records"]
    assert len({record["id"] for record in records}) == len(records) > 25
    assert {record["clause"] for record in records} <= set(cited_numbers(edition))
    assert {record["kind"] for record in records} == {"maintain", "retain"}
    assert all(record["title"]["vi"] and record["title"]["en"] for record in records)
    for slot in (slot for record in records for slot in record["evidence"]):
        process, _, requirement = slot.partition(".")
        definition = shipped()[process]
        assert requirement in definition.evidence, slot
        # A record that no step asks for would never be used, and stay missing for ever.
        assert any(requirement in step.evidence for step in definition.transitions.values()), slot


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_has_no_finding(name: str) -> None:
    found = check_file(DEFINITIONS / f"{name}.yaml", others=shipped())
    assert [(finding.code, dict(finding.params)) for finding in found] == []


@pytest.mark.parametrize("name", PROCESSES)
def test_the_worked_examples_turn_out_as_they_say(name: str) -> None:
    wrong = [result for result in walked(name) if not result.ok]
    assert wrong == []


@pytest.mark.parametrize("name", PROCESSES)
def test_the_worked_examples_take_every_step_and_end_at_every_end(name: str) -> None:
    definition = process(name)
    ends = {state for state, spec in definition.states.items() if spec.final is not None}
    assert {step for result in walked(name) for step in result.taken} == set(definition.transitions)
    assert ends <= {result.state for result in walked(name)}


@pytest.mark.parametrize("name", PROCESSES)
def test_the_worked_examples_are_refused_at_every_gate(name: str) -> None:
    steps = process(name).transitions.values()
    gates = {
        *(f"condition:{key}" for step in steps for key in step.requires),
        *(f"separation:{other}" for step in steps for other in step.not_same_as),
        *(f"need:{need.process}" for step in steps for need in step.needs),
        *("children" for step in steps if step.wait_for is not None),
        *("not_before" for step in steps if step.not_before is not None),
        *("reason_missing" for step in steps if step.reason is not None),
    }
    assert gates <= {key for result in walked(name) for key in result.refused}


def test_the_report_of_the_review_needs_the_audit_and_stays_in_november() -> None:
    review = process("steering_review")
    (need,) = review.transitions["send_dossier"].needs
    assert (need.process, need.state) == ("internal_audit", "report_issued")
    assert review.window is not None
    assert review.window.month == 11
    campaign = process("training_campaign")
    assert campaign.window is not None
    assert (campaign.window.from_, campaign.window.to) == ("07-01", "08-31")


def test_no_applicant_is_named_in_an_overdue_case() -> None:
    definition = process("overdue_case")
    names = {*definition.fields, *(c for r in definition.records.values() for c in r.columns)}
    assert not any(re.search(r"applicant|citizen|identity|name", name) for name in names)
