"""Rules 1 to 4 of `compiler`, and the bounded cache."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.definition.model import Process
from engine.machine.compiler import Compiled, CompiledVersions, compile_process
from engine.machine.decide import Accepted, Command, decide
from engine.machine.registry import Registry
from tests.unit.engine.machine.examples import HEAD, WORDS, asked, case, process


def test_what_leaves_a_state_is_known_beforehand_without_the_steps_of_the_house() -> None:
    compiled = compile_process(process(), "digest")
    assert compiled.digest == "digest"
    assert compiled.leaving == {
        "planned": ("report", "hold"),
        "repair": ("accept", "hold"),
        "held": ("resume",),
        "fit": (),
    }
    assert compiled.steps["lapse"].system_only
    assert compiled.steps["resume"].destinations == {"held": ("planned", "repair")}


@pytest.mark.parametrize("name", ["initial", "state", "states", "trigger", "os_path", "move"])
def test_no_name_of_a_file_is_mistaken_for_code(name: str) -> None:
    definition = process(
        states={name: {"title": WORDS}},
        transitions={name: {"title": WORDS, "from": "planned", "to": name, "by": ["unit_head"]}},
    )
    decision = asked(definition, case(), name)
    assert isinstance(decision, Accepted)
    assert decision.to_state == name


def test_one_compiled_version_serves_many_threads() -> None:
    compiled = compile_process(
        process(
            step={
                "fields": ["faults"],
                "choose": [
                    {"when": {"field": "faults", "op": "eq", "value": 0}, "to": "fit"},
                    {"to": "repair"},
                ],
            }
        ),
        "digest",
    )

    def target(faults: int) -> str:
        decision = decide(
            compiled,
            case(),
            Command("report", {"faults": faults}),
            actor=HEAD,
            facts={},
            registry=Registry(),
        )
        assert isinstance(decision, Accepted)
        return decision.to_state

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(target, [0, 1] * 500))
    assert found == ["fit", "repair"] * 500


def test_a_version_is_compiled_once_while_it_is_in_use() -> None:
    versions = CompiledVersions(limit=2)
    loaded: list[str] = []

    def ask(digest: str) -> Compiled:
        def load() -> Process:
            loaded.append(digest)
            return process()

        return versions.of(digest, load)

    first = ask("a")
    assert ask("a") is first
    ask("b")
    ask("a")
    ask("c")
    assert len(versions) == 2
    assert loaded == ["a", "b", "c"]
    assert ask("a") is first, "the one not asked for the longest went"
    ask("b")
    assert loaded == ["a", "b", "c", "b"]
