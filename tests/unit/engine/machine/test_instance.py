"""What an instance counts by itself."""

import pytest

from engine.machine.actor import SYSTEM
from engine.machine.instance import EMPTY
from tests.unit.engine.machine.examples import actor, case, opened, taken

HISTORY = (
    opened(),
    taken("report", "planned", "repair", person="an"),
    taken("note", "repair", "repair", internal=True),
    taken("hold", "repair", "held"),
    taken("resume", "held", "repair", flags=("resumed",)),
    taken("report", "planned", "repair", person="binh", behalf="chi"),
)


def test_visits_count_entries_but_neither_internal_steps_nor_resumptions() -> None:
    instance = case(history=HISTORY).instance
    assert [instance.visits(state) for state in ("planned", "repair", "held", "fit")] == [
        1,
        2,
        1,
        0,
    ]


def test_the_last_acceptance_is_the_latest() -> None:
    instance = case(history=HISTORY).instance
    assert instance.taken("report") == 2
    assert instance.taken("accept") == 0
    last = instance.last("report")
    assert last is not None
    assert last.people == {"binh", "chi"}
    assert instance.last("accept") is None


def test_a_record_set_that_was_never_written_has_no_rows() -> None:
    assert case().rows("line") == ()


def test_the_house_holds_one_role() -> None:
    assert SYSTEM.roles == {"system"}
    assert actor("an", "office", "unit_head", "office").roles == {"office", "unit_head"}


def test_the_shared_empty_value_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        EMPTY["x"] = 1  # type: ignore[index]
