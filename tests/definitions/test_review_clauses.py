"""Letters and titles of the review's inputs and outputs are those of the clause catalogue.

The definition shows what the edition that it cites says; code knows the topics alone.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from engine.definition.checks import check_reading
from engine.definition.families import clauses_in_force
from engine.definition.model import FieldSpec, Process
from engine.definition.source import read, read_file
from workflows.steering_review.facts import KINDS
from workflows.steering_review.gathering import GATHERERS

DEFINITIONS = Path(__file__).parents[2] / "definitions"
INPUTS, OUTPUTS = "9.3.2", "9.3.3"


def review() -> Process:
    found = read_file(DEFINITIONS / "steering_review.yaml").process
    assert found is not None
    return found


def editions() -> dict[str, dict[str, Any]]:
    data = YAML(typ="safe").load((DEFINITIONS / "clauses" / "9001.yaml").read_text("utf-8"))
    return {edition["edition"]: edition for edition in data["editions"]}


def items_of(clause: str) -> list[dict[str, Any]]:
    """The lettered points of a clause in the edition that the review cites."""
    (cited,) = (name for name in review().clauses if name.endswith(f"/{clause}"))
    edition = cited.removeprefix("9001:").partition("/")[0]
    (found,) = (c for c in editions()[edition]["clauses"] if c["number"] == clause)
    items: list[dict[str, Any]] = found["items"]
    return items


def shown(spec: FieldSpec) -> dict[str, tuple[str, str]]:
    return {topic: (text.vi, text.en) for topic, text in spec.choices.items()}


def said(clause: str) -> dict[str, tuple[str, str]]:
    return {
        item["topic"]: tuple(f"{item['item']}) {item['title'][name]}" for name in ("vi", "en"))  # type: ignore[misc]
        for item in items_of(clause)
    }


def test_the_inputs_are_a_to_f_with_c1_to_c7() -> None:
    letters = [item["item"] for item in items_of(INPUTS)]
    assert letters == ["a", "b", *(f"c{number}" for number in range(1, 8)), "d", "e", "f"]
    assert [item["item"] for item in items_of(OUTPUTS)] == ["a", "b", "c"]


def test_the_choices_say_what_the_catalogue_says_in_its_order() -> None:
    records = review().records
    inputs = shown(records["review_input"].columns["item"])
    assert inputs == said(INPUTS)
    assert list(inputs) == list(said(INPUTS))
    for name in ("decision", "no_decision"):
        assert shown(records[name].columns["kind"]) == said(OUTPUTS)


def test_a_figure_speaks_only_to_topics_of_the_review() -> None:
    found = [read_file(path).process for path in DEFINITIONS.glob("*.yaml")]
    topics = {
        topic
        for process in found
        if process is not None
        for figure in process.figures.values()
        for topic in figure.topics
    }
    assert topics >= {"feedback", "process_performance", "providers", "resource_adequacy"}
    assert topics <= set(said(INPUTS))


def test_code_knows_every_topic_and_no_other() -> None:
    assert list(GATHERERS) == list(said(INPUTS))
    assert set(KINDS) == set(said(OUTPUTS))
    assert all(len(topic) > 2 for topic in (*GATHERERS, *KINDS))


@pytest.mark.parametrize("topic", list(GATHERERS))
def test_the_dossier_is_refused_over_each_blank_section_by_its_letter_and_title(topic: str) -> None:
    required = review().transitions["send_dossier"].requires[f"has_{topic}"]
    asked = required.that
    assert (asked.fact, asked.op, asked.value) == (f"input_{topic}", "eq", True)
    vi, en = said(INPUTS)[topic]
    assert (required.title.vi, required.title.en) == (
        f"Còn trống đầu vào {vi}",
        f"Input {en.replace(') ', ') is blank: ', 1)}",
    )


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2015-09-14", set()),
        ("2026-10-14", {"2015"}),
        ("2026-10-15", {"2015", "2026"}),
        ("2029-10-15", {"2015", "2026"}),
        ("2029-10-16", {"2026"}),
    ],
)
def test_an_edition_comes_into_force_and_ends_by_its_days_alone(day: str, known: set[str]) -> None:
    """The published days of 2026 are entered as data; nothing in the code knows an edition."""
    clause = {"number": "9.3.2"}
    catalogue = {
        "standard": "9001",
        "editions": [
            {"edition": "2015", "from": "2015-09-15", "to": "2029-10-15", "clauses": [clause]},
            {"edition": "2026", "from": "2026-10-15", "to": None, "clauses": [clause]},
            {"edition": "2031", "from": None, "to": None, "clauses": [clause]},
        ],
    }
    found = clauses_in_force(catalogue, date.fromisoformat(day))
    assert found == [f"9001:{edition}/9.3.2" for edition in sorted(known)]


def test_another_edition_letters_anew_without_a_change_of_code() -> None:
    """A version that cites it says its letters; what is gathered goes by topic, in any order."""
    text = (DEFINITIONS / "steering_review.yaml").read_text("utf-8")
    renamed = text.replace("9001:2015/", "9001:2026/").replace('"c1) ', '"c2) ')
    newer = read(renamed.replace("version: 1", "version: 2", 1), file="steering_review.yaml")
    assert newer.process is not None, newer.findings
    item = newer.process.records["review_input"].columns["item"]
    assert item.choices["feedback"].vi.startswith("c2) ")
    assert list(item.choices) == list(GATHERERS)
    assert not [finding for finding in check_reading(newer) if finding.code.startswith("E")]


def test_an_edition_that_is_not_in_force_has_no_clause_to_cite() -> None:
    new = editions()["2026"]
    assert (new["status"], new["from"], new["clauses"]) == ("announced", None, [])
    assert {clause for note in new["announced"] for clause in note["clauses"]} == {
        "9.2.1",
        "9.2.2",
        "9.3.2",
    }
    assert editions()["2015"]["from"] == "2015-09-15"
