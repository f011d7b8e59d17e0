"""What follows from the steps of a week's report: the frozen rows, and who is told."""

from engine.machine.instance import Case
from engine.machine.intent import ChangeRecord, Intent, Notify, SetField
from engine.machine.registry import Question
from workflows.plan_rows.effects import units_told
from workflows.weekly_task_report.facts import silent
from workflows.weekly_task_report.figures import COLUMNS, LINE
from workflows.weekly_task_report.tasks import Count, Counted, count


def freeze_week(question: Question) -> tuple[Intent, ...]:
    """What stands on the day of the cut-off becomes rows of the case, and stays what it is."""
    counted = count(question.case)
    if counted is None:
        return ()
    lines = tuple(
        ChangeRecord(record_set=LINE, row=None, values=_line(each))
        for each in (counted.whole, *counted.units)
    )
    return (
        SetField(field="cut_off", value=counted.cut_off),
        *lines,
        *_red(question.case, counted),
        *units_told("week_task_red", (task.unit for task in counted.red)),
    )


def urge_silent_units(question: Question) -> tuple[Intent, ...]:
    """Units that have not told how their tasks stand are asked to."""
    return units_told("week_task_urged", silent(question.case))


def tell_director_of_week(_question: Question) -> tuple[Intent, ...]:
    """The Director hears that the week's report is there."""
    return (Notify(message="week_task_report", roles=("director",)),)


def _line(each: Count) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(each, name) for name in COLUMNS}
    return values if each.unit is None else {**values, "unit": each.unit}


def _red(case: Case, counted: Counted) -> tuple[Intent, ...]:
    return tuple(
        ChangeRecord(
            record_set="red_line",
            row=None,
            values={
                "task_code": task.code,
                "task": task.task,
                "unit": task.unit,
                "due_on": task.due_on,
                "waiting": task.state == "reported",
                "days_late": case.calendar.working_days_in(task.due_on, counted.cut_off)
                - case.calendar.working_days_in(task.due_on, task.due_on),
            },
        )
        for task in counted.red
    )
