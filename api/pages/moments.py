"""Due days and lengths of time in the words of a page."""

from collections.abc import Mapping
from typing import Any

from api.pages.showing import Voice
from engine.definition.model import Duration, Moment, Process
from engine.machine.instance import Deadline


def deadline_words(
    deadline: Deadline, moment: Moment | None, process: Process, voice: Voice
) -> str:
    """What made a deadline: moment of the definition, where it rolls, edition of the calendar."""
    if moment is None:
        return deadline.rule
    roll = "rolled_forward" if moment.roll == "forward" else "rolled_back"
    rolled = voice.ui(f"due.{roll}")
    rule = f"{moment_words(moment, process, voice)}; {rolled}"
    if deadline.calendar is None:
        return rule
    return voice.ui("due.made_by", rule=rule, edition=deadline.calendar)


def moment_words(moment: Moment, process: Process, voice: Voice) -> str:
    """A point in time in words."""
    if moment.end_of_window:
        return voice.ui("moment.end_of_window")
    if moment.date is not None:
        return month_day_words(moment.date)
    span = moment.plus or moment.minus
    told = moment.after or moment.before
    if told is not None and (span is None or not span.count):
        return voice.ui("moment.on", what=name_words(told, process, voice))
    length = length_words(span or Duration(count=0, unit="d"), voice)
    if told is not None:
        which = "after" if moment.after is not None else "before"
        return voice.ui(f"moment.{which}", length=length, what=name_words(told, process, voice))
    return length


def length_words(length: Duration, voice: Voice) -> str:
    """A length of time in words."""
    if not length.count:
        return voice.ui("length.none")
    form = "one" if length.count == 1 else "many"
    return voice.ui(f"length.{length.unit}.{form}", count=length.count)


def name_words(name: str, process: Process, voice: Voice) -> str:
    """A step or a field by its title."""
    titled: Mapping[str, Any] = {**process.fields, **process.transitions}
    return voice.title(titled[name].title) if name in titled else name


def month_day_words(text: str) -> str:
    """`07-01` as `01/07`."""
    month, _, day = text.partition("-")
    return f"{day}/{month}"
