"""Random tampering at scale: nothing passes unnoticed, each is named, a seed repeats itself."""

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from tests.scale import at_scale
from tests.security.attacks.eyes import EYES, planted
from tests.security.attacks.scene import EVERY_WITNESS, Scene, Stage, staged
from tests.security.attacks.tampering import DEEDS, Tampering

SEEDS = at_scale(dev=24, ci=250, nightly=2500)
SEEDS_OF_POSTGRESQL = at_scale(dev=6, ci=50, nightly=500)


Deed = Callable[[Tampering], str]
BITES: Mapping[Deed, tuple[str, ...]] = {
    Tampering.seal_with_a_wrong_key: ("seals",),
    Tampering.refit_without_a_key: ("seals", "checkpoints"),
    Tampering.change_a_word: ("projections",),
    Tampering.change_a_table: ("replay",),
    Tampering.change_evidence: ("files",),
    Tampering.change_published: ("published tiles",),
    Tampering.flip_a_member: ("pack's files",),
    Tampering.change_the_lines: ("pack's heads",),
    Tampering.sign_with_a_wrong_key: ("policy's key", "quorum", "held", "pack's heads"),
}
"""Deeds, and the checks without which one of them is missed."""


def seen(stage: Stage) -> set[str]:
    """What an auditor finds who verifies the database and, where there is one, the pack."""
    if stage.pack is not None:
        stage.held = {"first visit": stage.scene.held}
        stage.policy = EVERY_WITNESS
        return EYES["pack"](stage)
    return EYES["verify --held"](stage)


def tampered(scene: Scene, folder: Path, seed: int) -> tuple[str, set[str]]:
    folder.mkdir()
    with staged(scene, folder) as stage:
        done = Tampering(stage, Random(seed)).run()  # noqa: S311 - a deed that repeats itself.
        return done, seen(stage)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_tampering_passes_unnoticed(sqlite_scene: Scene, tmp_path: Path, seed: int) -> None:
    done, codes = tampered(sqlite_scene, tmp_path / "copy", seed)
    assert codes, (seed, done)


@pytest.mark.parametrize("seed", range(10_000, 10_000 + SEEDS_OF_POSTGRESQL))
def test_no_tampering_passes_unnoticed_on_postgresql(
    postgresql_scene: Scene, tmp_path: Path, seed: int
) -> None:
    done, codes = tampered(postgresql_scene, tmp_path / "copy", seed)
    assert codes, (seed, done)


def test_a_seed_repeats_itself(sqlite_scene: Scene, tmp_path: Path) -> None:
    once, again = (tampered(sqlite_scene, tmp_path / name, 7) for name in ("once", "again"))
    assert once == again


@pytest.mark.parametrize(("deed", "bugs"), BITES.items(), ids=[each.__name__ for each in BITES])
def test_the_campaign_bites(
    sqlite_scene: Scene, tmp_path: Path, deed: Deed, bugs: tuple[str, ...]
) -> None:
    """With these checks taken out a deed goes unnoticed: the campaign would tell."""
    assert deed in DEEDS
    for seed in range(20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        with staged(sqlite_scene, folder) as stage:
            deed(Tampering(stage, Random(seed)))  # noqa: S311
            assert seen(stage) != set()
            with planted(*bugs):
                if seen(stage) == set():
                    return
    raise AssertionError(deed, bugs)
