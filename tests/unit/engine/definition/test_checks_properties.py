"""What is drawn sound passes; each fault planted into it is found under its code."""

import json
from io import StringIO

from hypothesis import given
from ruamel.yaml import YAML

from engine.definition.checks import check, check_reading
from engine.definition.digest import canonical, digest, to_json
from engine.definition.model import Process
from engine.definition.source import load, read
from tests.strategies import Data, definitions, planted, processes


@given(processes())
def test_a_sound_definition_has_no_findings(process: Process) -> None:
    assert check(process) == []


@given(planted())
def test_a_planted_fault_is_found_under_its_code(fault: tuple[str, str, Data]) -> None:
    name, code, data = fault
    found = check(Process.model_validate(data))
    assert code in {finding.code for finding in found}, name


@given(definitions())
def test_a_definition_read_from_yaml_is_the_one_that_was_written(data: Data) -> None:
    text = StringIO()
    YAML(typ="safe", pure=True).dump(json.loads(json.dumps(data)), text)
    reading = read(text.getvalue())
    assert reading.findings == ()
    assert reading.process == Process.model_validate(data)
    assert check_reading(reading) == []


@given(processes())
def test_a_published_version_loads_to_what_was_published(process: Process) -> None:
    assert load(to_json(process)) == process
    assert load(canonical(process)) == process
    assert digest(load(canonical(process))) == digest(process)
    assert list(load(to_json(process)).states) == list(process.states)
