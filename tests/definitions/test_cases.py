"""Every shipped process is walked by its worked examples, and the examples leave nothing out.

Facts are given in them; that they are computed rightly is for the acceptance tests.
"""

from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from engine.definition.model import Process
from engine.machine.case_script import read_cases
from engine.machine.cases import CaseResult, run_cases

DEFINITIONS = Path(__file__).parents[2] / "definitions"
PROCESSES = sorted(path.stem for path in DEFINITIONS.glob("*.yaml"))


@cache
def process_of(name: str) -> Process:
    return Process.model_validate(YAML(typ="safe").load(DEFINITIONS / f"{name}.yaml"))


@cache
def results_of(name: str) -> tuple[CaseResult, ...]:
    data = YAML(typ="safe").load(DEFINITIONS / "cases" / f"{name}.yaml")
    return run_cases(process_of(name), read_cases(data))


def refused(name: str) -> set[str]:
    return {key for result in results_of(name) for key in result.refused}


def test_every_process_has_cases_and_every_file_of_cases_a_process() -> None:
    assert PROCESSES
    assert sorted(path.stem for path in (DEFINITIONS / "cases").glob("*.yaml")) == PROCESSES


@pytest.mark.parametrize("name", PROCESSES)
def test_every_case_turns_out_as_it_says(name: str) -> None:
    wrong = [result for result in results_of(name) if not result.ok]
    told = [f"{r.name}, step {r.step}: expected {r.expected}, got {r.got}" for r in wrong]
    assert told == []


@pytest.mark.parametrize("name", PROCESSES)
def test_cases_have_names_of_their_own(name: str) -> None:
    names = [result.name for result in results_of(name)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", PROCESSES)
def test_every_transition_is_taken_by_some_case(name: str) -> None:
    taken = {transition for result in results_of(name) for transition in result.taken}
    assert sorted(set(process_of(name).transitions) - taken) == []


@pytest.mark.parametrize("name", PROCESSES)
def test_every_end_is_reached_by_some_case(name: str) -> None:
    ends = {state for state, spec in process_of(name).states.items() if spec.final is not None}
    assert sorted(ends - {result.state for result in results_of(name)}) == []


@pytest.mark.parametrize("name", PROCESSES)
def test_every_condition_refuses_in_some_case(name: str) -> None:
    steps = process_of(name).transitions.values()
    wanted = {f"condition:{rule}" for step in steps for rule in step.requires}
    assert sorted(wanted - refused(name)) == []


@pytest.mark.parametrize("name", PROCESSES)
def test_every_evidence_that_a_step_asks_for_is_missed_in_some_case(name: str) -> None:
    steps = process_of(name).transitions.values()
    wanted = {requirement for step in steps for requirement in step.evidence}
    missed = {key.split(":")[1] for key in refused(name) if key.startswith("evidence_")}
    assert sorted(wanted - missed) == []


@pytest.mark.parametrize("name", PROCESSES)
def test_every_separation_of_duties_refuses_in_some_case(name: str) -> None:
    steps = process_of(name).transitions.values()
    wanted = {f"separation:{earlier}" for step in steps for earlier in step.not_same_as}
    assert sorted(wanted - refused(name)) == []
