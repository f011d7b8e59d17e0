"""When rows are closed, and what ends them."""

from typing import Any

import pytest

from engine.machine.actor import Grant
from engine.machine.decide import Refused
from engine.machine.instance import Case, Row
from engine.machine.record_rule import RecordChange, decide_record
from engine.machine.row_condition import RowImages, voided_rows
from tests.unit.engine.machine.examples import HEAD, OFFICE, WORDS, case, process

ROUND = {"type": "integer", "title": WORDS}
LINK = {"type": "text", "title": WORDS}
RECORDS: dict[str, Any] = {
    "lesson": {
        "title": WORDS,
        "edit_in": ["planned"],
        "by": ["unit_head"],
        "columns": {"round": ROUND, "unit": {"type": "unit", "title": WORDS}},
    },
    "tick": {
        "title": WORDS,
        "edit_in": ["planned"],
        "by": ["unit_head"],
        "edit_when": {
            "open": {
                "that": {"column": "lesson.round", "op": "eq", "fact": "lines"},
                "title": WORDS,
            },
            "early": {"that": {"fact": "lines", "op": "le", "value": 3}, "title": WORDS},
            "low": {"that": {"column": "points", "op": "lt", "value": 10}, "title": WORDS},
        },
        "columns": {"lesson": {**LINK, "row_of": "lesson"}, "points": ROUND},
    },
    "seal": {
        "title": WORDS,
        "edit_in": ["planned"],
        "by": ["unit_head"],
        "voided_by": {"lesson": "lesson", "tick": "points"},
        "columns": {"lesson": {**LINK, "row_of": "lesson"}, "points": ROUND},
    },
    "stamp": {
        "title": WORDS,
        "edit_in": ["repair"],
        "by": ["unit_head"],
        "voided_by": {"lesson": "unit"},
        "columns": {"unit": {"type": "unit", "title": WORDS}},
    },
}
PROCESS = process(records=RECORDS)


def row(name: str, **values: Any) -> Row:
    return Row(id=name, version=1, values=values, created_by="an")


def present(*ticks: Row) -> Case:
    lessons = (row("old", round=1, unit="lab"), row("now", round=2, unit="office"))
    seals = (row("seal", lesson="old"), row("other", lesson="now", points=7))
    return case(
        records={"lesson": lessons, "tick": ticks, "seal": seals, "stamp": (row("s", unit="lab"),)}
    )


def keys(
    *, stood: Row | None = None, at: int | None = 2, retire: bool = False, **values: Any
) -> list[str]:
    found = decide_record(
        PROCESS,
        present(*(() if stood is None else (stood,))),
        RecordChange(
            record_set="tick",
            row=None if stood is None else stood.id,
            values=values,
            retire=retire,
        ),
        actor=HEAD,
        facts={} if at is None else {"lines": at},
    )
    if isinstance(found, Refused):
        assert not any(unmet.waivable for unmet in found.unmet)
        return list(found.keys)
    assert isinstance(found, Grant)
    return []


def test_a_row_is_judged_as_it_was_and_as_it_will_be() -> None:
    assert keys(lesson="now") == []
    assert keys(lesson="old") == ["condition:open"]
    assert keys(stood=row("t", lesson="old"), points=1) == ["condition:open"]
    assert keys(stood=row("t", lesson="old"), lesson="now") == ["condition:open"]
    assert keys(stood=row("t", lesson="now"), lesson="old") == ["condition:open"]
    assert keys(stood=row("t", lesson="old"), retire=True) == ["condition:open"]
    assert keys(stood=row("t", lesson="now"), retire=True) == []


def test_every_condition_that_does_not_hold_is_told() -> None:
    assert keys(lesson="old", points=12, at=4) == [
        "condition:open",
        "condition:early",
        "condition:low",
    ]


def test_an_unknown_fact_closes_and_a_path_that_leads_nowhere_does_not() -> None:
    assert keys(lesson="now", at=None) == ["condition:open", "condition:early"]
    assert keys(stood=row("t", lesson="gone"), retire=True) == []
    assert keys(points=1) == []


def test_who_lacks_the_role_is_told_that_too() -> None:
    found = decide_record(
        PROCESS,
        present(),
        RecordChange(record_set="tick", values={"lesson": "old"}),
        actor=OFFICE,
        facts={"lines": 2},
    )
    assert isinstance(found, Refused)
    assert found.keys == ("role", "condition:open")


def ended(*changes: RowImages) -> list[tuple[str, str]]:
    return [(name, found.id) for name, found in voided_rows(PROCESS, present(), changes)]


def images(
    record_set: str, name: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> RowImages:
    return RowImages(record_set=record_set, row=name, before=before, after=after)


@pytest.mark.parametrize(
    ("before", "after"),
    [({"round": 1}, {"round": 2}), ({"round": 1}, None)],
)
def test_what_names_a_row_ends_with_its_change_and_with_its_going(
    before: dict[str, Any], after: dict[str, Any] | None
) -> None:
    assert ended(images("lesson", "old", before, after)) == [("seal", "seal")]


def test_what_shares_a_value_ends_with_the_old_and_the_new_one() -> None:
    assert ended(images("tick", "t", None, {"points": 7})) == [("seal", "other")]
    assert ended(images("tick", "t", {"points": 7}, {"points": 8})) == [("seal", "other")]
    assert ended(images("tick", "t", {"points": 1}, {"points": 2})) == []


def test_what_is_written_as_it_stood_ends_nothing() -> None:
    assert ended(images("lesson", "old", {"round": 1}, {"round": 1})) == []


def test_what_cannot_be_given_anew_stays() -> None:
    change = images("lesson", "old", {"unit": "lab"}, {"unit": "lab", "round": 3})
    assert ("stamp", "s") not in ended(change)


def test_a_row_ends_once_however_many_changes_end_it() -> None:
    first = images("lesson", "now", {"round": 2}, None)
    second = images("tick", "t", {"points": 7}, None)
    assert ended(first, second) == [("seal", "other")]
