"""A year's plan beside the one of the year before: which rows stayed, what changed, how both stand.

1. A row is the same work where its wording is the same; else where its number is, under the same
   objective. What has no like is new, or was dropped: nothing is left out on either side.
2. Changed is what the paper says, column by column; that each plan names its own year is none. The
   light and the targets are those of each plan's own page.
3. A row is late by its latest case: an open one since its due day, one that ended by the days after
   the time of its process; what was never done is late since then.
4. What a closed year concluded on an objective stands at the row that speaks for it.
5. The rows of this year come in their order, those that were dropped behind them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from engine.errors import NotFound
from engine.queries.instances import Summary
from engine.queries.plan import PlanView, plan_view
from engine.queries.plan_standing import Carrier, Cause, RowStanding
from engine.queries.plan_verdicts import Verdict, verdicts_of
from engine.runtime import Caller, Runtime

Row = Mapping[str, Any]
Text = Mapping[str, str]

COMPARED: Final = (
    "content",
    "lead",
    "with",
    "method",
    "time",
    "target",
    "resources",
    "evaluation",
)
LANGUAGES: Final = ("vi", "en")
NOTHING: Final[Text] = dict.fromkeys(LANGUAGES, "")


class Fate(StrEnum):
    """What became of a row from one plan to the next."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A column that reads otherwise.

    Attributes:
        title: of the column, as the plan has it.
    """

    column: str
    title: Text
    before: Text
    now: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A row in the plan of one of the two years.

    Attributes:
        target: what the plan says of it in words; empty where it says nothing.
        days_late: calendar days; 0 where nothing is late.
        verdict: what was concluded on its objective, at the row that speaks for it.
    """

    code: str
    standing: RowStanding
    cases: tuple[Summary, ...]
    target: Text
    days_late: int
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBeside:
    """A row of either plan.

    Attributes:
        now, before: None in the year whose plan has no such row.
    """

    heading: bool
    content: Text
    now: Side | None
    before: Side | None
    changed: tuple[Changed, ...] = ()

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if self.before is None or self.now is None:
            return Fate.NEW if self.before is None else Fate.DROPPED
        return Fate.CHANGED if self.changed else Fate.SAME


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansBeside:
    """Two years beside each other."""

    year: int
    before: int
    rows: tuple[RowBeside, ...]


def plans_beside(runtime: Runtime, caller: Caller, year: int, *, before: int) -> PlansBeside:
    """The newest plans of two years.

    Raises:
        NotFound: `unknown_plan`: one of them has none; `years_alike`: they are the same.
    """
    if year == before:
        raise NotFound("years_alike", year=year)
    now, earlier = (plan_view(runtime, caller, each) for each in (year, before))
    with runtime.read(caller.organization_id) as uow:
        concluded = {each: verdicts_of(uow, each) for each in (year, before)}
    pairs = beside(_Year.of(now, concluded[year]), _Year.of(earlier, concluded[before]))
    return PlansBeside(year=year, before=before, rows=tuple(pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Year:
    """A plan, and row → what was concluded on the objective for which it speaks."""

    view: PlanView
    verdicts: Mapping[str, Verdict]

    @classmethod
    def of(cls, view: PlanView, concluded: Mapping[int, Verdict]) -> "_Year":
        spoken = {one.row: concluded.get(one.number) for one in view.standing.objectives}
        return cls(view=view, verdicts={row: told for row, told in spoken.items() if told})

    @property
    def rows(self) -> Sequence[Row]:
        found: Sequence[Row] = self.view.body["rows"]
        return found

    def side(self, row: Row) -> Side:
        """A row of this plan."""
        code, view = row["code"], self.view
        return Side(
            code=code,
            standing=view.standing.rows[code],
            cases=view.instances[code],
            target=_text(row.get("target")),
            days_late=days_late(view.carriers[code], view.standing.rows[code], today=view.today),
            verdict=self.verdicts.get(code),
        )


def beside(now: _Year, before: _Year) -> Iterable[RowBeside]:
    """The rows of two plans, each once."""
    years = (now.view.year, before.view.year)
    like = matched(now.rows, before.rows, years=years)
    titles = {**before.view.body["appendix"]["columns"], **now.view.body["appendix"]["columns"]}
    for row in now.rows:
        old = like.get(row["code"])
        yield RowBeside(
            heading=bool(row.get("heading")),
            content=row["content"],
            now=now.side(row),
            before=None if old is None else before.side(old),
            changed=() if old is None else tuple(_changed(old, row, titles, years=years)),
        )
    taken = {old["code"] for old in like.values()}
    for old in before.rows:
        if old["code"] not in taken:
            yield RowBeside(
                heading=bool(old.get("heading")),
                content=old["content"],
                now=None,
                before=before.side(old),
            )


def days_late(carriers: Iterable[Carrier], standing: RowStanding, *, today: date) -> int:
    """By how many calendar days a row is late, or ended late (rule 3)."""
    open_ = [
        (today - late.due_on).days
        for carrier in carriers
        if (late := carrier.first_late) is not None and late.due_on is not None
    ]
    ended = [
        (case.closed_on - carrier.time.last).days
        for carrier in carriers
        for case in carrier.cases
        if carrier.time is not None and case.final == "success" and case.closed_on is not None
    ]
    never = [
        (today - reason.day).days
        for reason in standing.reasons
        if reason.cause is Cause.NOT_DONE and reason.day is not None
    ]
    return max(0, *open_, *ended, *never, 0)


def matched(
    rows: Sequence[Row], earlier: Sequence[Row], *, years: tuple[int, int]
) -> dict[str, Row]:
    """The code of a row → the earlier row that is the same work; the years are those of the two."""
    found: dict[str, Row] = {}
    left = {old["code"]: old for old in earlier}

    def same_words(row: Row, old: Row) -> bool:
        return _alike(row["content"], old["content"], years)

    for same in (same_words, _same_place):
        for row in rows:
            if row["code"] in found:
                continue
            kin = (old for old in left.values() if _heads_alike(row, old))
            old = next((old for old in kin if same(row, old)), None)
            if old is not None:
                found[row["code"]] = left.pop(old["code"])
    return found


def _same_place(row: Row, old: Row) -> bool:
    return bool((row["code"], row["objective"]) == (old["code"], old["objective"]))


def _heads_alike(row: Row, old: Row) -> bool:
    return bool(row.get("heading")) == bool(old.get("heading"))


def _alike(text: Text, old: Text, years: tuple[int, int]) -> bool:
    """Whether two texts say the same, each of its own year; every plan is written in Vietnamese."""
    now, before = years
    return _words(text["vi"], now) == _words(old["vi"], before)


def _words(text: str, year: int) -> str:
    return " ".join(text.replace(str(year), "").split()).casefold()


def _changed(
    old: Row, row: Row, titles: Mapping[str, Text], *, years: tuple[int, int]
) -> Iterable[Changed]:
    for column in COMPARED:
        earlier, now = (_text(each.get(column)) for each in (old, row))
        if not _alike(now, earlier, years):
            title = titles.get(column, NOTHING)
            yield Changed(column=column, title=title, before=earlier, now=now)


def _text(value: Any) -> Text:
    """What a column says; a plan that has no such column says nothing."""
    if not value:
        return NOTHING
    return {language: value.get(language) or "" for language in LANGUAGES}
