"""The page of limits tells each row of the attack table as the tests know it."""

import re
from pathlib import Path

import pytest

from tests.security.attacks.rows import ATTACKS, ROWS

PAGE = Path(__file__).parents[3] / "docs" / "limits-of-the-log.md"


def told() -> dict[str, str]:
    """The lines of the page's table, by the number of the attack."""
    lines = re.findall(r"^\| (A\d+) \|.*$", PAGE.read_text("utf-8"), re.MULTILINE)
    found = re.finditer(r"^\| (A\d+) \|(.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == len(set(lines))
    return {each[1]: each[2] for each in found}


def test_every_row_of_the_table_is_on_the_page() -> None:
    assert tuple(told()) == ROWS


@pytest.mark.parametrize("row", ROWS)
def test_the_page_names_what_finds_an_attack_by_the_codes_that_the_tests_saw(row: str) -> None:
    line = told()[row]
    seen = {found.code for attack in ATTACKS if attack.row == row for found in attack.found}
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", line)) == seen


@pytest.mark.parametrize("row", sorted({a.row for a in ATTACKS if a.unseen}))
def test_what_is_not_seen_is_said(row: str) -> None:
    assert told()[row].split("|")[3].strip() != "–"
