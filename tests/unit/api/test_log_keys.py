"""Test names repeat the numbers of the rules in `api/log_keys.py`."""

from pathlib import Path

import pytest

from api.log_keys import LogKeys

NEW = b"n" * 32


def test_1_the_present_key_comes_first(tmp_path: Path) -> None:
    keys = LogKeys(tmp_path / "log-signing.key")
    (first,) = keys.seeds()
    keys.begin(NEW)
    assert keys.seeds() == (NEW, first)
    assert keys.end_former() == 1
    assert keys.seeds() == (NEW,)
    assert keys.end_former() == 0


def test_2_the_file_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "data" / "log-signing.key"
    assert LogKeys(path).seeds() == LogKeys(path).seeds()
    assert path.stat().st_mode & 0o777 == 0o600
    LogKeys(path).begin(NEW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_2_a_change_is_seen_at_once(tmp_path: Path) -> None:
    one, other = LogKeys(tmp_path / "k"), LogKeys(tmp_path / "k")
    one.seeds()
    one.begin(NEW)
    assert other.seeds()[0] == NEW


@pytest.mark.parametrize("text", ["", "nonsense\n", "ab\n", f"{'ab' * 32}\n{'ab' * 31}\n"])
def test_1_a_file_that_holds_no_keys_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log-signing.key"
    path.write_text(text, "ascii")
    with pytest.raises(ValueError, match="does not hold keys"):
        LogKeys(path).seeds()
