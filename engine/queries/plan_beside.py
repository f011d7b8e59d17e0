"""A year's plan beside the one of the year before: which rows stayed, what changed, how both stand.

1. A row is the same work where its wording is the same; else where its number is, under the same
   objective. What has no like is new, or was dropped: nothing is left out on either side.
2. Changed is what the paper says, column by column; that each plan names its own year is none. The
   light and the targets are those of each plan's own page.
3. The rows of this year come in their order, those that were dropped behind them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from engine.errors import NotFound
from engine.queries.plan import PlanView, plan_view
from engine.queries.plan_standing import RowStanding
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
    """A row in the plan of one of the two years."""

    code: str
    standing: RowStanding
    cases: int


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
    return PlansBeside(year=year, before=before, rows=tuple(beside(now, earlier)))


def beside(now: PlanView, before: PlanView) -> Iterable[RowBeside]:
    """The rows of two plans, each once."""
    rows, earlier = now.body["rows"], before.body["rows"]
    like = matched(rows, earlier, years=(now.year, before.year))
    titles = {**before.body["appendix"]["columns"], **now.body["appendix"]["columns"]}
    for row in rows:
        old = like.get(row["code"])
        yield RowBeside(
            heading=bool(row.get("heading")),
            content=row["content"],
            now=_side(now, row),
            before=None if old is None else _side(before, old),
            changed=()
            if old is None
            else tuple(_changed(old, row, titles, years=(now.year, before.year))),
        )
    taken = {old["code"] for old in like.values()}
    for old in earlier:
        if old["code"] not in taken:
            yield RowBeside(
                heading=bool(old.get("heading")),
                content=old["content"],
                now=None,
                before=_side(before, old),
            )


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


def _side(view: PlanView, row: Row) -> Side:
    code = row["code"]
    return Side(code=code, standing=view.standing.rows[code], cases=len(view.instances[code]))


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
