"""Rules 1 to 4 of `replay`: each planted fault is found, and a clean log has none."""

from typing import Any

import pytest

from engine.machine.replay import replay
from tests.unit.engine.machine.examples import WORDS, process

DEFINITION = process(
    step={"evidence": ["sheet"]},
    transitions={
        "report": {
            "title": WORDS,
            "from": "planned",
            "to": "repair",
            "by": ["unit_head"],
            "evidence": ["sheet"],
        },
        "accept": {
            "title": WORDS,
            "from": "repair",
            "to": "fit",
            "by": ["office"],
            "not_same_as": ["report"],
        },
    },
)
OPENED = {"type": "instance_created", "seq": 0, "actor": "chi", "to": "planned"}
REPORTED = {
    "type": "transition",
    "seq": 1,
    "outcome": "accepted",
    "transition": "report",
    "from": "planned",
    "to": "repair",
    "actor": "an",
    "role": "unit_head",
    "evidence": [{"requirement": "sheet"}],
}
ACCEPTED = {
    "type": "transition",
    "seq": 2,
    "transition": "accept",
    "from": "repair",
    "to": "fit",
    "actor": "binh",
    "role": "office",
}


def found(*bodies: dict[str, Any]) -> list[tuple[str, int]]:
    return [(finding.code, finding.seq) for finding in replay(DEFINITION, bodies).findings]


def test_a_clean_log_leads_to_its_state() -> None:
    refused = {**ACCEPTED, "outcome": "refused", "to": None}
    noted = {"type": "comment_added", "seq": 3, "actor": "an"}
    walked = replay(DEFINITION, [OPENED, REPORTED, refused, noted, {**ACCEPTED, "seq": 4}])
    assert walked.findings == ()
    assert (walked.state, walked.version) == ("fit", 2)


def test_an_empty_log_leads_nowhere() -> None:
    walked = replay(DEFINITION, [])
    assert (walked.state, walked.version, walked.findings) == (None, 0, ())


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([OPENED, {**REPORTED, "seq": 2}], [("gap", 2)]),
        ([{**REPORTED, "seq": 0}], [("not_opened", 0), ("wrong_source", 0)]),
        ([OPENED, {**OPENED, "seq": 1}], [("opened_twice", 1)]),
        ([{**OPENED, "to": "repair"}], [("wrong_initial", 0)]),
        ([OPENED, {**REPORTED, "transition": "fly"}], [("unknown_transition", 1)]),
        ([OPENED, {**REPORTED, "from": "held"}], [("wrong_source", 1)]),
        ([OPENED, {**REPORTED, "to": "fit"}], [("wrong_target", 1)]),
        ([OPENED, {**REPORTED, "role": "office"}], [("wrong_role", 1)]),
        ([OPENED, {**REPORTED, "evidence": []}], [("evidence_absent", 1)]),
        (
            [OPENED, {**REPORTED, "evidence": [], "flags": ["waived:evidence_missing:sheet"]}],
            [],
        ),
        ([OPENED, REPORTED, {**ACCEPTED, "actor": "an"}], [("same_person", 2)]),
        ([OPENED, REPORTED, {**ACCEPTED, "on_behalf": "an"}], [("same_person", 2)]),
        ([OPENED, {**REPORTED, "on_behalf": "binh"}, ACCEPTED], [("same_person", 2)]),
        (
            [OPENED, REPORTED, ACCEPTED, {**ACCEPTED, "seq": 3}],
            [("after_end", 3), ("wrong_source", 3)],
        ),
    ],
)
def test_a_planted_fault_is_found(
    bodies: list[dict[str, Any]], expected: list[tuple[str, int]]
) -> None:
    assert found(*bodies) == expected


def held(**parts: Any) -> dict[str, Any]:
    return {
        "type": "transition",
        "actor": "binh",
        "role": "office",
        **parts,
    }


@pytest.mark.parametrize(("back", "codes"), [("planned", []), ("repair", ["wrong_target"])])
def test_a_resumption_leads_where_the_case_came_from(back: str, codes: list[str]) -> None:
    bodies = [
        OPENED,
        held(seq=1, transition="hold", **{"from": "planned", "to": "held"}),
        held(seq=2, transition="resume", **{"from": "held", "to": back}),
    ]
    walked = replay(process(), bodies)
    assert [finding.code for finding in walked.findings] == codes
    assert walked.state == back


def test_rows_that_were_not_there_had_no_files() -> None:
    definition = process(
        step={"evidence": ["sheet"]},
        evidence={"sheet": {"title": WORDS, "accept": ["pdf"], "per": "line"}},
    )
    assert replay(definition, [OPENED, {**REPORTED, "evidence": []}]).findings == ()
