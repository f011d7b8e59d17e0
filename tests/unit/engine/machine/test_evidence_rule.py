"""Rules 1 to 6 of `evidence_rule`, asked through the decision."""

from datetime import date
from typing import Any

import pytest

from engine.machine.decide import Accepted, Refused
from engine.machine.instance import Case, EvidenceFile, Row
from tests.unit.engine.machine.examples import (
    WORDS,
    asked,
    case,
    file,
    keys,
    opened,
    process,
    taken,
)


def told(
    spec: dict[str, Any], *files: EvidenceFile, present: Case | None = None, **parts: Any
) -> list[str]:
    """What is unmet about the requirement `sheet` with these files."""
    definition = process(
        step={"evidence": ["sheet"]},
        evidence={"sheet": {"title": WORDS, "accept": ["pdf"], **spec}},
        **parts,
    )
    return keys(asked(definition, present or case(evidence=files)))


@pytest.mark.parametrize("status", ["accepted", "frozen"])
def test_an_accepted_file_counts(status: str) -> None:
    assert told({}, file(status=status)) == []


@pytest.mark.parametrize("status", ["received", "rejected", "superseded", "disposed"])
def test_no_other_file_counts(status: str) -> None:
    assert told({}, file(status=status)) == ["evidence_missing:sheet"]


def test_a_file_for_another_requirement_does_not_count() -> None:
    assert told({}, file("proof")) == ["evidence_missing:sheet"]


def test_the_same_bytes_twice_are_one_file() -> None:
    one, same, other = file(), file(id="again"), file(content="b")
    assert told({"min": 2}, one, same) == ["evidence_missing:sheet"]
    assert told({"min": 2}, one, same, other) == []


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"reviewed": True}, []),
        ({}, ["evidence_unreviewed:sheet"]),
        ({"status": "received"}, ["evidence_unreviewed:sheet"]),
        ({"status": "rejected"}, ["evidence_missing:sheet"]),
    ],
)
def test_a_reviewed_requirement_waits_for_its_reviewer(
    parts: dict[str, Any], expected: list[str]
) -> None:
    assert told({"reviewed": "office"}, file(**parts)) == expected


def test_the_reviewer_and_not_the_supplier_can_help() -> None:
    definition = process(
        step={"evidence": ["sheet"]},
        evidence={
            "sheet": {"title": WORDS, "accept": ["pdf"], "reviewed": "office", "from": ["system"]}
        },
    )
    waiting = asked(definition, case(evidence=(file(),)))
    assert isinstance(waiting, Refused)
    assert waiting.unmet[0].who_can == ("office",)
    absent = asked(definition, case())
    assert isinstance(absent, Refused)
    assert absent.unmet[0].who_can == ("system",)
    assert absent.unmet[0].params == {"needed": 1, "found": 0, "rows": []}


AGAIN = (opened(), taken("report", "planned", "repair"), taken("back", "repair", "planned"))


@pytest.mark.parametrize(
    ("used", "history", "expected"),
    [
        ((None, None), AGAIN, []),
        (("planned", 1), AGAIN[:1], []),
        (("planned", 1), AGAIN, ["evidence_stale:sheet"]),
        (("planned", 2), AGAIN, []),
        (("repair", 1), AGAIN[:1], ["evidence_stale:sheet"]),
    ],
)
def test_a_file_that_served_one_visit_does_not_serve_the_next(
    used: tuple[str | None, int | None], history: tuple[Any, ...], expected: list[str]
) -> None:
    served = file(status="frozen", used_state=used[0], used_visit=used[1])
    present = case(evidence=(served,), history=history)
    assert told({"fresh": "per_visit"}, present=present) == expected
    assert told({"fresh": "per_instance"}, present=present) == []


def test_a_resumption_is_no_new_visit() -> None:
    history = (
        opened(),
        taken("hold", "planned", "held"),
        taken("resume", "held", "planned", flags=("resumed",)),
    )
    served = file(used_state="planned", used_visit=1)
    present = case(evidence=(served,), history=history)
    assert told({"fresh": "per_visit"}, present=present) == []


def test_a_distinct_file_serves_nothing_else() -> None:
    assert told({"distinct": True}, file(), file("proof")) == ["evidence_not_distinct:sheet"]
    assert told({"distinct": True}, file(), file("proof", content="b")) == []
    assert told({"distinct": True}, file(), file("proof", status="superseded")) == []
    assert told({}, file(), file("proof")) == []


@pytest.mark.parametrize(
    ("age", "effective_on", "expected"),
    [
        ("5wd", date(2026, 6, 29), []),
        ("5wd", date(2026, 6, 26), ["evidence_too_old:sheet"]),
        ("6d", date(2026, 6, 30), []),
        ("6d", date(2026, 6, 29), ["evidence_too_old:sheet"]),
        ("1mo", date(2026, 6, 6), []),
        ("1mo", date(2026, 6, 5), ["evidence_too_old:sheet"]),
        ("1mo", None, ["evidence_too_old:sheet"]),
    ],
)
def test_age_is_counted_back_from_the_step(
    age: str, effective_on: date | None, expected: list[str]
) -> None:
    assert told({"max_age": age}, file(effective_on=effective_on)) == expected


@pytest.mark.parametrize(
    ("effective_on", "expected"),
    [
        (date(2026, 7, 1), []),
        (date(2026, 6, 30), ["evidence_out_of_window:sheet"]),
        (None, ["evidence_out_of_window:sheet"]),
    ],
)
def test_the_date_it_speaks_of_lies_in_the_window(
    effective_on: date | None, expected: list[str]
) -> None:
    spec = {"effective_within": "window"}
    assert told(spec, file(effective_on=effective_on), window={"month": 7}) == expected
    assert told(spec, file(effective_on=effective_on)) == [], "no window, nothing to lie in"


def test_everything_that_keeps_files_from_counting_is_told() -> None:
    spec = {"min": 2, "distinct": True, "max_age": "1d", "fresh": "per_visit"}
    old = file(content="a", effective_on=date(2026, 1, 1), used_state="x", used_visit=1)
    double = file(content="b")
    assert told(spec, old, double, file("proof", content="b")) == [
        "evidence_stale:sheet",
        "evidence_too_old:sheet",
        "evidence_not_distinct:sheet",
    ]
    assert told(spec, old)[0] == "evidence_missing:sheet"


def row(name: str) -> Row:
    return Row(id=name, version=1, values={}, created_by="an")


def test_every_row_needs_a_file_of_its_own() -> None:
    spec = {"per": "line"}
    first, second = file(row="r1"), file(content="b", row="r2")
    rows = {"line": (row("r1"), row("r2"))}
    assert told(spec, present=case(records=rows, evidence=(first, second))) == []
    assert told(spec, present=case(records=rows, evidence=(first, file(content="c")))) == [
        "evidence_missing:sheet"
    ]
    assert told(spec, present=case(records={}, evidence=())) == [], "no rows ask for nothing"


def test_the_rows_that_lack_a_file_are_named() -> None:
    definition = process(
        step={"evidence": ["sheet"]},
        evidence={"sheet": {"title": WORDS, "accept": ["pdf"], "per": "line", "max_age": "1d"}},
    )
    files = (file(row="r1"), file(content="b", row="r2", effective_on=date(2026, 1, 1)))
    decision = asked(definition, case(records={"line": (row("r1"), row("r2"))}, evidence=files))
    assert isinstance(decision, Refused)
    assert keys(decision) == ["evidence_too_old:sheet"]
    assert decision.unmet[0].params["rows"] == ["r2"]


def test_every_file_that_counts_is_used() -> None:
    definition = process(step={"evidence": ["sheet", "proof"]})
    files = (file(), file(content="b"), file("proof", content="c"), file(status="rejected", id="x"))
    decision = asked(definition, case(evidence=files))
    assert isinstance(decision, Accepted)
    assert decision.evidence_used == ("sheet-a", "sheet-b", "proof-c")
