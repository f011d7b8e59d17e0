"""`quytrinh`: reads the line, runs one command, and turns what went wrong into a sentence.

1. A fault of the one who typed is a sentence on standard error and exit code 2, never a traceback.
2. The language is that of `--lang`, else of `LANG` where it names one of ours, else Vietnamese.
3. A group of commands is imported when one of them is asked for: whoever wants help, or mistypes,
   does not wait for the web, the worker and the database.
"""

import gc
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_group
from typing_extensions import override

from api.cli.desk import Desk, complain
from api.cli.usage import usage_sentences
from api.language import DEFAULT, LANGUAGES, load_words
from engine.errors import Invalid, QuyTrinhError
from engine.evidence.store import StoreUnusableError


@dataclass(frozen=True, slots=True)
class _Room:
    """Where a command is made.

    Attributes:
        app: name of the `Typer` in the module.
        alone: it is one command of that `Typer`, not all of them.
    """

    module: str
    help: str
    app: str = "app"
    alone: bool = False


COMMANDS: Final[Mapping[str, _Room]] = {
    "serve": _Room(
        "api.cli.serving",
        "Chạy trang web, API và tiến trình nền · Web, API and worker",
        alone=True,
    ),
    "worker": _Room(
        "api.cli.serving", "Thêm một tiến trình nền · One more background worker", alone=True
    ),
    "demo": _Room(
        "api.cli.serving",
        "Nạp và chạy bản trình diễn · Load and serve the demonstration",
        alone=True,
    ),
    "database": _Room("api.cli.database", "Cơ sở dữ liệu · The database"),
    "definitions": _Room("api.cli.definitions", "Định nghĩa quy trình · Definitions"),
    "organization": _Room("api.cli.organization", "Cơ quan · Organisations"),
    "plan": _Room("api.cli.plan", "Kế hoạch năm · The plan of a year"),
    "dossiers": _Room("api.cli.dossiers", "Hồ sơ của bộ phận một cửa · One-stop dossiers"),
    "audit": _Room("api.cli.audit", "Nhật ký · The log"),
    "simulate": _Room("api.cli.simulation", "Mô phỏng cả năm · A year, simulated", alone=True),
    "evidence": _Room("api.cli.evidence", "Bằng chứng · Evidence"),
    "user": _Room("api.cli.accounts", "Người dùng · Users", app="users"),
    "token": _Room("api.cli.accounts", "Mã truy cập · Tokens", app="tokens"),
}


def _imported(module: str) -> ModuleType:
    """A module with all that it needs, out of the sight of garbage collection from now on.

    What is imported stays. Looking through it again and again was a fifth of a command's start.
    """
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


class _Commands(TyperGroup):
    """The groups, each imported when one of its commands is asked for."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        room = COMMANDS.get(cmd_name)
        if room is None:
            return None
        found: Any = get_group(getattr(_imported(room.module), room.app))
        if room.alone:
            found = found.commands[cmd_name]
        found.help = room.help
        return found

    @override
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, room.help) for name, room in COMMANDS.items()])


app = typer.Typer(
    name="quytrinh",
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _take_language(context: typer.Context, lang: str) -> str:
    """Note the language before the rest of the line is judged.

    `LANG` may name any language, since every program reads it; `--lang` one of ours.

    Raises:
        Invalid: `language_not_spoken`.
    """
    tag = re.split(r"[-_.@]", lang)[0].lower()
    source = context.get_parameter_source("lang")
    if tag not in LANGUAGES and source is not None and source.name == "COMMANDLINE":
        raise Invalid("language_not_spoken", language=lang, known=list(LANGUAGES))
    desk: Desk = context.obj
    desk.language = tag if tag in LANGUAGES else DEFAULT
    return desk.language


@app.callback(help="Quy Trình: quy trình ISO 9001 của cơ quan · ISO 9001 processes of an agency")
def choose_language(
    *,
    lang: Annotated[
        str,
        typer.Option(
            envvar="LANG",
            show_envvar=False,
            help="vi / en",
            is_eager=True,
            callback=_take_language,
        ),
    ] = DEFAULT,
) -> None:
    """Let the language stand before every command."""


def main() -> None:
    """Run the command of this process and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    desk = Desk(words=load_words())
    try:
        outcome = app(list(arguments), standalone_mode=False, prog_name="quytrinh", obj=desk)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except (TyperException, QuyTrinhError, OSError, ValueError) as fault:
        for sentence in _sentences(desk, fault):
            complain(sentence)
        return 2
    finally:
        desk.close()
    return outcome if isinstance(outcome, int) else 0


def _sentences(desk: Desk, fault: Exception) -> Iterator[str]:
    """What could not be done, in words."""
    match fault:
        case TyperException():
            yield from usage_sentences(fault, desk)
        case QuyTrinhError() | StoreUnusableError():
            yield desk.words.say(f"error.{fault.code}", fault.params, desk.language)
        case ValidationError():
            for error in fault.errors():
                name = "_".join(str(part) for part in error["loc"]).upper()
                yield desk.say("setting_wrong", name=f"QUYTRINH_{name}", problem=error["msg"])
        case _:
            yield desk.say("failed", problem=str(fault))
