"""The manual of the language tells the truth: its blocks are checked, its tables are complete."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from engine.definition import checks, schema
from engine.definition.finding import Finding
from engine.definition.model import Process
from engine.definition.source import read

FOLDER = Path(__file__).parents[4] / "definitions"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml *([a-z ]*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
SCHEMA = json.loads((FOLDER / "process.schema.json").read_text(encoding="utf-8"))


def plain(text: str) -> Any:
    """YAML as any other reader would read it."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text)))


def laid_over(base: Any, fragment: Any) -> Any:
    """A fragment over a whole; a window has one form, so that a new one replaces the old."""
    if not isinstance(base, dict) or not isinstance(fragment, dict):
        return fragment
    merged = {
        key: value if key == "window" else laid_over(base.get(key), value)
        for key, value in fragment.items()
    }
    return {**base, **merged}


def judged(kind: str, text: str) -> list[Finding]:
    if "fragment" in kind:
        text = json.dumps(laid_over(plain(BLOCKS[0][1]), plain(text)))
    reading = read(text)
    if reading.draft is not None:
        assert not list(jsonschema_rs.validator_for(SCHEMA).iter_errors(plain(text)))
    return checks.check_reading(reading)


@pytest.mark.parametrize(("kind", "text"), BLOCKS)
def test_every_block_passes_the_checks_or_is_refused_as_it_says(kind: str, text: str) -> None:
    expected = ["E39"] if "refused" in kind else []
    assert [finding.code for finding in judged(kind, text)] == expected


def test_the_first_block_is_a_whole_process_and_the_others_are_fragments() -> None:
    assert [kind for kind, _ in BLOCKS].count("") == 1
    assert len(BLOCKS) > 10


def test_every_code_is_in_the_table_of_the_manual() -> None:
    words = json.loads(
        (FOLDER.parent / "api" / "locale" / "en" / "findings.json").read_text(encoding="utf-8")
    )
    table = README.partition("## What the checks find")[2]
    assert {key.split(".")[1] for key in words} == set(re.findall(r"\b[EW]\d\d\b", table))


def test_every_key_of_a_process_and_of_a_step_is_in_the_manual() -> None:
    definitions = SCHEMA["$defs"]
    keys = {*SCHEMA["properties"], *definitions["Transition"]["properties"]}
    keys |= {*definitions["EvidenceSpec"]["properties"], *definitions["State"]["properties"]}
    missing = [key for key in sorted(keys) if not re.search(rf"\b{key}\b", README)]
    assert missing == []


def test_the_schema_file_is_the_export_of_the_model() -> None:
    assert (FOLDER / "process.schema.json").read_text(encoding="utf-8") == schema.schema_text()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_accepts_every_shipped_definition(path: Path) -> None:
    validator = jsonschema_rs.validator_for(SCHEMA)
    data = plain(path.read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(data)] == []
    assert isinstance(read(path.read_text(encoding="utf-8")).process, Process)


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"version": "1"},
        {"states": {"fit": {"title": "Fit"}}},
        {"states": {"planned": {"due": "5 days"}}},
        {"transitions": {"accept": {"by": 5}}},
    ],
)
def test_the_schema_underlines_what_the_model_refuses(change: dict[str, Any]) -> None:
    data = laid_over(plain(BLOCKS[0][1]), change)
    assert not jsonschema_rs.validator_for(SCHEMA).is_valid(data)
    assert read(json.dumps(data)).process is None
