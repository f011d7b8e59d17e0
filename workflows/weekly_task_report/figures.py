"""What a week's report is measured by: its frozen rows, or the tasks as they stand before that."""

from collections.abc import Callable

from engine.machine.instance import Case
from engine.machine.registry import Figure, FigureOf
from workflows.weekly_task_report.tasks import Count, count

LINE = "count_line"
COLUMNS = (
    "running",
    "waiting",
    "overdue",
    "extended",
    "due_week",
    "done_week",
    "in_time_week",
    "due_year",
    "done_year",
    "in_time_year",
)


def lines(case: Case) -> tuple[tuple[Count, ...], tuple[str, ...]]:
    """Every line, the whole first where it is there, and the rows that they stand in."""
    frozen = case.rows(LINE)
    if frozen:
        found = tuple(
            Count(unit=row.values.get("unit"), **{name: row.values[name] for name in COLUMNS})
            for row in frozen
        )
        return found, tuple(row.id for row in frozen)
    counted = count(case)
    return ((), ()) if counted is None else ((counted.whole, *counted.units), ())


def share(top: str, bottom: str) -> FigureOf:
    """Two counts of the whole, told apart by unit."""
    return _figure(lambda each: (getattr(each, top), getattr(each, bottom)))


def number(column: str) -> FigureOf:
    """One count of the whole, told apart by unit."""
    return _figure(lambda each: (getattr(each, column), None))


def _figure(of: Callable[[Count], tuple[int, int | None]]) -> FigureOf:
    def figure(case: Case) -> Figure:
        found, rows = lines(case)
        whole = next((each for each in found if each.unit is None), None)
        if whole is None or of(whole)[1] == 0:
            return Figure(numerator=None, cut_off=case.instance.fields.get("cut_off"))
        top, bottom = of(whole)
        return Figure(
            numerator=top,
            denominator=bottom,
            cut_off=case.instance.fields.get("cut_off"),
            rows={LINE: rows} if rows else {},
            parts={each.unit: of(each) for each in found if each.unit is not None},
        )

    return figure


FIGURES = {
    "done": share("done_year", "due_year"),
    "on_time": share("in_time_year", "due_year"),
    "done_week": share("done_week", "due_week"),
    "on_time_week": share("in_time_week", "due_week"),
    "overdue_tasks": number("overdue"),
    "extended_tasks": share("extended", "due_year"),
}
