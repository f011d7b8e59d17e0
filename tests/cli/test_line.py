"""The line itself: help, what is imported for it, what was typed wrong."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
import typer

from api.bootstrap import ClockUnreadableError
from api.cli.desk import Desk
from api.cli.main import COMMANDS, run
from api.cli.usage import usage_sentences
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


WRONG = (
    (("bogus",), "Không có lệnh “bogus”. Có: serve, worker,", "quytrinh"),
    (("plan", "shw"), "Không có lệnh “shw”. Có: open, show.", "quytrinh plan"),
    (("plan", "show"), "Thiếu year.", "quytrinh plan show"),
    (("definitions", "diff"), "Thiếu A.", "quytrinh definitions diff"),
    (("user", "add", "x"), "Thiếu tùy chọn --role.", "quytrinh user add"),
    (("plan", "--foo"), "Không có tùy chọn --foo.", "quytrinh plan"),
    (("plan", "show", "2023", "--formt", "json"), "Gần giống: --format.", "quytrinh plan show"),
    (("plan", "show", "2023", "more"), "Thừa trên dòng lệnh: more.", "quytrinh plan show"),
    (("plan", "show", "x"), "year phải là số nguyên.", "quytrinh plan show"),
    (("serve", "--workers", "0"), "--workers phải từ 1 trở lên.", "quytrinh serve"),
    (("serve", "--port"), "Tùy chọn --port cần một giá trị.", "quytrinh"),
    (("serve", "--worker=3"), "Tùy chọn --worker không nhận giá trị.", "quytrinh"),
    (
        ("definitions", "draw", "x", "--format", "crayon"),
        "--format không nhận “crayon”. Chỉ nhận: mermaid, svg, bpmn, scxml, dot, table.",
        "quytrinh definitions draw",
    ),
)


@pytest.mark.parametrize(("arguments", "sentence", "command"), WRONG)
def test_what_was_mistyped_is_told_in_the_language_with_where_help_is(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str, command: str
) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.splitlines()[-1] == f"Xem `{command} --help`."
    assert run(("--lang", "en", *arguments)) == 2
    english = capsys.readouterr().err
    assert english.splitlines()[-1] == f"See `{command} --help`."
    assert english.splitlines()[0] != err.splitlines()[0]


@dataclass
class Asked:
    """An option, as far as a sentence about it needs one."""

    param_type_name: str = "option"
    opts: tuple[str, ...] = ("--x",)


def test_what_the_parser_will_say_one_day_has_a_sentence_too() -> None:
    wrong_value: Any = typer.BadParameter("anything")
    wrong_value.param = Asked()
    for fault, sentence in (
        (typer.TyperException("anything"), "Dòng lệnh viết chưa đúng."),
        (wrong_value, "Giá trị của --x chưa đúng."),
    ):
        told = list(usage_sentences(fault, Desk(words=load_words())))
        assert told == [sentence, "Xem `quytrinh --help`."]


def test_a_line_without_a_command_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("--lang", "vi")) == 2
    assert capsys.readouterr().err.startswith("Hãy nêu một lệnh. Có: serve, worker, ")
    assert run(()) == 2
    assert capsys.readouterr().err.startswith("Usage: quytrinh ")


@pytest.mark.parametrize("language", ["xx", "vie", "english"])
def test_a_language_that_is_not_spoken_is_refused(
    capsys: pytest.CaptureFixture[str], language: str
) -> None:
    assert run(("--lang", language, "plan", "show", "2023")) == 2
    assert capsys.readouterr().err == f"Không có ngôn ngữ “{language}”. Có: vi, en.\n"


@pytest.mark.parametrize("tag", ["en", "EN", "en-GB", "en_GB.UTF-8"])
def test_a_language_may_name_its_region(capsys: pytest.CaptureFixture[str], tag: str) -> None:
    assert run(("--lang", tag, "bogus")) == 2
    assert capsys.readouterr().err.startswith("There is no command")


def test_a_shell_in_another_language_is_served_in_vietnamese(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert run(("bogus",)) == 2
    assert capsys.readouterr().err.startswith("Không có lệnh")
