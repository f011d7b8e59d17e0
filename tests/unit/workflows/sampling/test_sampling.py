"""A sample that anybody draws again, and what its checks say."""

import hashlib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.machine.instance import Case
from engine.machine.intent import ChangeRecord, SetField
from tests.unit.workflows.made_cases import ask, case, row
from workflows.dossier_sampling import drawing, effects, facts, proposals
from workflows.dossier_sampling.drawing import POPULATION_DATA, Finished

POPULATION = tuple(
    Finished(code=f"HS-{n:02}", unit="tdc" if n % 2 else "office") for n in range(1, 25)
)


def sampling(**more: Any) -> Case:
    days = {"first_day": date(2026, 7, 1), "last_day": date(2026, 7, 31)}
    return case(
        "dossier_sampling",
        fields={**days, **more.pop("fields", {})},
        lookups={POPULATION_DATA: POPULATION},
        **more,
    )


def test_the_digest_is_what_two_shell_commands_say() -> None:
    # printf 'HS-02\nHS-01\nHS-02\n' | LC_ALL=C sort -u | sha256sum
    told = drawing.digest_of((POPULATION[1], POPULATION[0], POPULATION[1]))
    assert told == hashlib.sha256(b"HS-01\nHS-02\n").hexdigest()


@given(st.permutations(POPULATION), st.text(max_size=20), st.integers(1, 30))
def test_order_and_repetition_choose_nothing(mixed: list[Finished], seed: str, size: int) -> None:
    drawn = drawing.draw((*mixed, *mixed), seed=seed, size=size)
    assert drawn == drawing.draw(POPULATION, seed=seed, size=size)
    assert len({each.code for each in drawn}) == min(size, len(POPULATION))
    marks = [hashlib.sha256(f"{seed}:{p.code}".encode()).hexdigest() for p in POPULATION]
    assert [each.mark for each in drawn] == sorted(marks)[:size]


def test_what_was_frozen_is_what_is_drawn_from() -> None:
    size, digest, *lines = effects.freeze_population(ask(sampling()))
    assert size == SetField(field="population_size", value=24)
    assert digest == SetField(field="population_digest", value=drawing.digest_of(POPULATION))
    rows = tuple(
        row(f"p{n}", **line.values)
        for n, line in enumerate(lines)
        if isinstance(line, ChangeRecord)
    )
    assert [each.values["unit"] for each in rows] == ["office", "tdc"]
    frozen = case(
        "dossier_sampling",
        fields={"seed": "135790", "sample_size": 5},
        records={"population": rows},
    )
    chosen = [i.values for i in effects.draw_sample(ask(frozen)) if isinstance(i, ChangeRecord)]
    wanted = drawing.draw(POPULATION, seed="135790", size=5)
    assert [c["dossier_code"] for c in chosen] == [each.code for each in wanted]
    assert [c["rank"] for c in chosen] == [1, 2, 3, 4, 5]
    assert effects.draw_sample(ask(sampling())) == ()


@pytest.mark.parametrize(("size", "fits"), [(None, True), (4, False), (5, True), (24, True)])
def test_a_sample_is_a_tenth_and_five_or_all(size: int | None, fits: bool) -> None:
    assert facts.sample_large_enough(sampling(fields={"sample_size": size})) is fits


def test_every_dossier_is_checked_and_every_fault_is_said() -> None:
    assert facts.month_over(sampling())
    assert not facts.month_over(sampling(today=date(2026, 7, 31)))
    sampled = (row("s1", unit="tdc"), row("s2", unit="office"))
    found = sampling(records={"sampled": sampled})
    assert facts.sampled_unchecked(found) == 2
    assert [each["dossier"] for each in proposals.checks(found)] == ["s1", "s2"]
    checks = (
        row("c1", dossier="s1", unit="tdc", steps=True, stamps=False, forms=True),
        row("c2", dossier="s2", unit="office", steps=True, stamps=True, forms=True),
    )
    done = sampling(records={"sampled": sampled, "check": checks})
    assert (facts.sampled_unchecked(done), facts.faults_unsaid(done)) == (0, 1)
    assert facts.faults_without_slip(done) == 1
    assert proposals.checks(done) == ()
    slip = sampling(records={"check": checks, "nonconformity": (row("n", unit="tdc"),)})
    assert facts.faults_without_slip(slip) == 0
