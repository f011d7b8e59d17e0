"""The forms of the working calendar: what was typed, as values; and a change between two pages.

What a page holds while somebody looks at what would move comes back as text. It is read again as
strictly as if it had never been ours, and judged against the edition that was looked at.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from api.pages.forms import Typed
from api.problems import Unreadable
from engine.calendars.edition import RULES, CalendarChange, DayRow, RuleKind, RuleRow
from engine.calendars.period_scheme import PeriodRule
from engine.calendars.working_time import WorkingTimeRule
from engine.errors import Invalid


@dataclass(frozen=True, slots=True)
class _Kept:
    """A change of the calendar as the page keeps it between looking and saving."""

    days: tuple[DayRow, ...]
    removed: tuple[tuple[str | None, date], ...]
    rules: tuple[tuple[str | None, RuleKind, dict[str, Any]], ...]
    source: str


_KEPT: Final = TypeAdapter(_Kept)


def kept_text(change: CalendarChange) -> str:
    """A change as the page holds it."""
    rules = tuple(
        (row.unit, row.kind, row.rule.model_dump(mode="json", by_alias=True))
        for row in change.rules
    )
    kept = _Kept(days=change.days, removed=change.removed, rules=rules, source=change.source)
    return _KEPT.dump_json(kept).decode()


def change_kept(text: str) -> CalendarChange:
    """The change that the page held since it was looked at.

    Raises:
        Unreadable: somebody bent it.
    """
    try:
        kept = _KEPT.validate_json(text)
        rules = tuple(
            RuleRow(kind=kind, rule=RULES[kind].model_validate(body), unit=unit)
            for unit, kind, body in kept.rules
        )
    except ValidationError as fault:
        raise Unreadable("form_unreadable") from fault
    return CalendarChange(
        days=kept.days,
        removed=kept.removed,
        rules=rules,
        source=kept.source,
    )


def working_time_typed(typed: Typed) -> WorkingTimeRule:
    """The working time that was typed.

    Raises:
        Invalid: `wrong_values`: no day of work is left, or something is no day and no hour.
    """
    try:
        return WorkingTimeRule(
            from_=day_typed(typed.text("from")),
            source=typed.text("source").strip(),
            weekend=tuple(int(day) for day in typed.texts.get("weekend", ())),
            cut_off=time.fromisoformat(typed.text("cut_off") or "15:00"),
            counts_from_hand_over=typed.text("shifts") == "yes",
        )
    except (ValidationError, ValueError) as fault:
        wrong = {"field": "working_time", "code": "pattern", "params": {}}
        raise Invalid("wrong_values", faults=[wrong]) from fault


def periods_typed(typed: Typed) -> PeriodRule:
    """The reporting periods that were typed.

    Raises:
        Invalid: `wrong_values`.
    """
    kinds = ("month", "quarter", "year")
    try:
        return PeriodRule.model_validate(
            {
                "from": day_typed(typed.text("from")),
                "month_ends_on": 14 if typed.text("month_ends_on") == "14" else "last_day",
                "report_terms": {kind: typed.text(kind) for kind in kinds},
                "merge_week_up_to": typed.text("merge_week_up_to"),
                "source": typed.text("source").strip(),
            }
        )
    except ValidationError as fault:
        wrong = {"field": "periods", "code": "pattern", "params": {}}
        raise Invalid("wrong_values", faults=[wrong]) from fault


def edition_typed(typed: Typed) -> int:
    """The edition that was looked at.

    Raises:
        Unreadable: somebody bent it.
    """
    text = typed.text("edition")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Unreadable("form_unreadable")
    return int(text)


def day_typed(text: str) -> date:
    """A day that was typed.

    Raises:
        Invalid: `wrong_values`: it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        fault = {"field": "day", "code": "not_date", "params": {}}
        raise Invalid("wrong_values", faults=[fault]) from None
