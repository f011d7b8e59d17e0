"""What was typed wrong, in the reader's language.

1. The parser of the line tells its faults in English and by class; each class has a sentence of
   ours, with what there is to choose from, and then where help is found.
2. Its classes are private, so that they are known by name; one that is new here gets the sentence
   that fits every line.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from typer.exceptions import TyperException

from api.cli.desk import Desk

_QUOTED: Final = re.compile(r"'([^']*)'")
_VALUES: Final = (
    ("choice", re.compile(r"'(?P<value>.*)' is not one of (?P<known>.+)\.")),
    ("whole_number", re.compile(r"valid integer")),
    ("too_small", re.compile(r"greater than or equal to (?P<least>-?[0-9]+)")),
)


def usage_sentences(fault: TyperException, desk: Desk) -> Iterator[str]:
    """What is wrong with the line, and where its help is; a bare group is told by its help alone.

    Args:
        fault: what the parser raised.
        desk: whose language is spoken.
    """
    kind = type(fault).__name__
    if kind == "NoArgsIsHelpError":
        yield fault.format_message()
        return
    code, params = _told(kind, fault)
    yield desk.say(f"usage.{code}", **params)
    context: Any = getattr(fault, "ctx", None)
    yield desk.say("usage.help", command=context.command_path if context else "quytrinh")


def _told(kind: str, fault: Any) -> tuple[str, dict[str, Any]]:
    """The code of the sentence, and its parameters."""
    match kind:
        case "MissingParameter":
            what = "argument" if fault.param.param_type_name == "argument" else "option"
            return f"missing_{what}", {"name": _name_of(fault.param)}
        case "NoSuchOption":
            known = fault.possibilities or ()
            like = "no_such_option_but" if known else "no_such_option"
            return like, {"name": fault.option_name, "known": known}
        case "BadOptionUsage":
            takes = "without_value" if "does not take" in fault.message else "needs_value"
            return f"option_{takes}", {"name": fault.option_name}
        case "BadParameter":
            return _value(fault)
        case _:
            return _line(fault)


def _value(fault: Any) -> tuple[str, dict[str, Any]]:
    """A value that does not fit its option or argument."""
    for code, pattern in _VALUES:
        found = pattern.search(fault.message)
        if found is not None:
            told: dict[str, Any] = found.groupdict()
            if "known" in told:
                told["known"] = _QUOTED.findall(told["known"])
            return f"value_{code}", {"name": _name_of(fault.param), **told}
    return "value", {"name": _name_of(fault.param)}


def _line(fault: Any) -> tuple[str, dict[str, Any]]:
    """A fault of the line as a whole."""
    known = list(fault.ctx.command.list_commands(fault.ctx)) if _is_group(fault) else []
    if known and fault.message.startswith("No such command"):
        return "no_such_command", {"name": _QUOTED.findall(fault.message)[0], "known": known}
    if known:
        return "missing_command", {"known": known}
    extra = re.search(r"extra argument\(s\) \((.*)\)", fault.message)
    return ("extra", {"name": extra[1]}) if extra is not None else ("wrong", {})


def _is_group(fault: Any) -> bool:
    context = getattr(fault, "ctx", None)
    return context is not None and hasattr(context.command, "list_commands")


def _name_of(param: Any) -> str:
    """An option as it is typed, an argument as help shows it."""
    return str(param.opts[0] if param.param_type_name == "option" else param.metavar or param.name)
