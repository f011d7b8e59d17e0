"""Every row of the attack table is carried out on a real database and real folders, and named."""

import pytest

from tests.security.attacks.eyes import EYES, PLANTED, planted
from tests.security.attacks.rows import ATTACKS, ROWS, Attack
from tests.security.attacks.scene import Stage

NAMED = [f"{attack.row}: {attack.what}" for attack in ATTACKS]


def test_what_nobody_touched_is_named_by_nobody(stage: Stage) -> None:
    stage.held = {"first visit": stage.scene.held, "last visit": stage.scene.newest}
    stage.pack = stage.scene.pack
    assert [(name, codes) for name, eye in EYES.items() if (codes := eye(stage))] == []


@pytest.mark.parametrize("attack", ATTACKS, ids=NAMED)
def test_an_attack_is_named_and_missed_without_the_check_that_names_it(
    stage: Stage, attack: Attack
) -> None:
    attack.act(stage)
    for name in attack.unseen:
        assert EYES[name](stage) == set(), name
    for found in attack.found:
        if found.bugs:
            continue
        assert found.code in EYES[found.eye](stage), found
    for found in attack.found:
        if not found.bugs:
            continue
        codes = EYES[found.eye](stage)
        assert found.code in codes, (found, codes)
        with planted(*found.bugs):
            missed = EYES[found.eye](stage)
        assert missed == set(), (found, missed)


def test_every_row_of_the_table_has_an_attack_and_a_check_that_bites() -> None:
    assert sorted({attack.row for attack in ATTACKS}, key=ROWS.index) == list(ROWS)
    biting = {attack.row for attack in ATTACKS if any(found.bugs for found in attack.found)}
    assert biting == set(ROWS)
    assert len(set(NAMED)) == len(NAMED)


def test_every_planted_bug_is_one_that_some_attack_bites_on() -> None:
    used = {bug for attack in ATTACKS for found in attack.found for bug in found.bugs}
    assert used == set(PLANTED)
