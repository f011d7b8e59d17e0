"""The line itself: help, what is imported for it, what was typed wrong."""

import subprocess
import sys

import pytest

from api.bootstrap import ClockUnreadableError
from api.cli.main import COMMANDS, run
from api.language import LANGUAGES, load_words

HEAVY = ("dbos", "alembic", "sqlalchemy", "fastapi", "openpyxl", "pygraphviz")


def test_help_does_not_wait_for_the_house() -> None:
    line = (
        "import sys; from api.cli.main import run; code = run(['--help']); "
        f"print('IMPORTED', code, [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - this interpreter, our own line.
        [sys.executable, "-c", line], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "IMPORTED 0 []"
    for name, room in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert room.help in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_its_own_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run((name, "--help")) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: quytrinh {name} ")
    assert COMMANDS[name].help in out
    assert "completion" not in out


def test_a_clock_that_cannot_be_read_is_a_sentence() -> None:
    fault = ClockUnreadableError("yesterday")
    for language in LANGUAGES:
        said = load_words().say(f"error.{fault.code}", fault.params, language)
        assert said.startswith("QUYTRINH_CLOCK")
        assert "yesterday" in said


def test_a_group_of_one_command_stays_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("organization", "found", "--help")) == 0
    assert capsys.readouterr().out.startswith("Usage: quytrinh organization found ")
