"""Which steps lead on, and which leave the way: pause a case or break it off."""

from pathlib import Path

from engine.definition.graph import is_aside, leads_on
from engine.definition.model import Process
from engine.definition.source import read_file
from tests.unit.engine.definition.test_diagram import sound, wider

DEFINITIONS = Path(__file__).parents[4] / "definitions"


def aside(process: Process) -> set[str]:
    return {name for name in process.transitions if is_aside(process, name)}


def test_steps_that_pause_or_break_off_are_aside_and_no_others() -> None:
    process = read_file(DEFINITIONS / "internal_audit.yaml").process
    assert isinstance(process, Process)
    assert aside(process) == {"report_obstacle", "postpone", "cancel"}


def test_a_step_from_everywhere_and_a_pause_are_aside_and_the_return_is_not() -> None:
    assert aside(wider()) == {"note", "postpone"}
    assert aside(sound()) == set()


def test_a_choice_is_aside_only_where_every_arm_leaves_the_way() -> None:
    gone = "states:\n  gone: {title: {vi: Hủy, en: Gone}, final: aborted}\n"
    one_arm = sound(("states:\n", gone), ("      - {to: repair}", "      - {to: gone}"))
    assert aside(one_arm) == set()
    both = sound(
        ("states:\n", gone),
        ("      - {to: repair}", "      - {to: gone}"),
        ("value: 0}, to: fit}", "value: 0}, to: gone}"),
    )
    assert aside(both) == {"report"}


def test_a_step_leads_on_to_what_the_file_declares_later_and_never_aside() -> None:
    process = wider()
    on = {
        (name, state)
        for name in process.transitions
        for state in process.sources(name)
        if leads_on(process, name, state)
    }
    assert {("report", "planned"), ("repaired", "repair"), ("accept", "recheck")} <= on
    assert not {name for name, _ in on} & {"send_back", "note", "postpone", "cancel"}
