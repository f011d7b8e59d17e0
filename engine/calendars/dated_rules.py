"""Rules that a law or the office dated: each holds from its day until the next one begins.

A data file says `{rules: [{from: …, source: …, …}]}`; the first rule also holds for all days before
it, so that there is never a day without a rule.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.calendars.business_days import CalendarInvalid


class Closed(BaseModel):
    """A value of a data file: frozen, and a key that nobody knows is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class DatedRule(Closed):
    """What every rule says besides its own.

    Attributes:
        from_: the first day on which it is in force.
        source: the document that says so.
    """

    from_: Annotated[date, Field(alias="from")]
    source: Annotated[str, Field(min_length=1, max_length=300)]


Rule = TypeVar("Rule", bound=DatedRule)


def read_rules(data: object, kind: type[Rule]) -> tuple[Rule, ...]:
    """The rules of a parsed data file, in the order of their days.

    Raises:
        CalendarInvalid: `calendar_file_invalid` with the `path` of the first value that does not
            fit and the `problem`; `dated_rule_repeated` when two begin on one day.
    """
    rows = data.get("rules") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise CalendarInvalid("calendar_file_invalid", path="rules", problem="not_a_list")
    rules: dict[date, Rule] = {}
    for position, row in enumerate(rows):
        rule = _rule(row, kind, position)
        if rule.from_ in rules:
            raise CalendarInvalid("dated_rule_repeated", date=rule.from_.isoformat())
        rules[rule.from_] = rule
    return tuple(rules[day] for day in sorted(rules))


def rule_on(rules: Sequence[Rule], day: date) -> Rule:
    """The rule in force on a day, of rules in the order of their days."""
    return next((rule for rule in reversed(rules) if rule.from_ <= day), rules[0])


def _rule(row: object, kind: type[Rule], position: int) -> Rule:
    try:
        return kind.model_validate(row)
    except ValidationError as fault:
        first = fault.errors()[0]
        path = ".".join(["rules", str(position), *map(str, first["loc"])])
        raise CalendarInvalid("calendar_file_invalid", path=path, problem=first["type"]) from fault
