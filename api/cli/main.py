"""`quytrinh`: reads the line, runs one command, and turns what went wrong into a sentence.

1. A fault of the one who typed is a sentence on standard error and exit code 2, never a traceback.
2. The language is that of `--lang`, else of `LANG` where it names one of ours, else Vietnamese.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from api.bootstrap import ClockUnreadableError
from api.cli import accounts, audit, database, definitions, organization, plan, serving
from api.cli.desk import Desk, complain
from api.language import DEFAULT, LANGUAGES, load_words
from engine.errors import QuyTrinhError

app = typer.Typer(
    name="quytrinh",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
serving.register(app)
app.add_typer(database.app, name="database")
app.add_typer(definitions.app, name="definitions")
app.add_typer(organization.app, name="organization")
app.add_typer(plan.app, name="plan")
app.add_typer(audit.app, name="audit")
app.add_typer(accounts.users, name="user")
app.add_typer(accounts.tokens, name="token")


@app.callback(help="Quy Trình: quy trình ISO 9001 của cơ quan · ISO 9001 processes of an agency")
def choose_language(
    context: typer.Context,
    lang: Annotated[str, typer.Option(envvar="LANG", show_envvar=False, help="vi / en")] = DEFAULT,
) -> None:
    """Take the language of every sentence that follows."""
    desk: Desk = context.obj
    tag = lang[:2].lower()
    desk.language = tag if tag in LANGUAGES else DEFAULT


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
            yield fault.format_message()
        case QuyTrinhError():
            yield desk.words.say(f"error.{fault.code}", fault.params, desk.language)
        case ClockUnreadableError():
            yield desk.say("clock_unreadable", value=str(fault))
        case ValidationError():
            for error in fault.errors():
                name = "_".join(str(part) for part in error["loc"]).upper()
                yield desk.say("setting_wrong", name=f"QUYTRINH_{name}", problem=error["msg"])
        case _:
            yield desk.say("failed", problem=str(fault))
