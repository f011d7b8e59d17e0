"""What the gates of a week's report ask; pure over the case.

1. A unit with a task that is open or was due in the week tells how it stands, or is named.
2. A week is merged only into its neighbour, and only if it hardly had a working day.
3. Weeks are collected in their order, so that none is counted over another that stands open.
"""

from engine.calendars.recurrence import PeriodKind, parse_period
from engine.errors import Invalid
from engine.machine.instance import Case
from workflows.weekly_task_report.tasks import count, data_of

OPEN = "week_open"


def units_to_tell(case: Case) -> tuple[str, ...]:
    """Units with a task that is open or fell due in the week."""
    counted = count(case)
    units = () if counted is None else counted.units
    return tuple(str(each.unit) for each in units if each.running or each.due_week)


def units_silent(case: Case) -> int:
    """Units that neither told how their tasks stand nor were named."""
    return len(silent(case))


def silent(case: Case) -> tuple[str, ...]:
    """Those units, by id."""
    told = {row.values["unit"] for row in case.rows("unit_word")}
    told |= {row.values["unit"] for row in case.rows("missing_unit")}
    return tuple(unit for unit in units_to_tell(case) if unit not in told)


def tasks_to_report(case: Case) -> int:
    """Tasks that are open or fell due in the week."""
    frozen = [row for row in case.rows("count_line") if row.values.get("unit") is None]
    if frozen:
        return int(frozen[-1].values["running"] + frozen[-1].values["due_week"])
    counted = count(case)
    return 0 if counted is None else counted.whole.running + counted.whole.due_week


def red_without_word(case: Case) -> int:
    """Overdue tasks of the frozen list to which nobody said why, and until when."""
    said = {row.values["task_code"] for row in case.rows("red_word")}
    return sum(row.values["task_code"] not in said for row in case.rows("red_line"))


def earlier_weeks_open(case: Case) -> int:
    """Earlier weeks that are neither collected nor merged."""
    first = case.instance.fields.get("first_day")
    weeks = data_of(case).weeks
    return 0 if first is None else sum(w.state == OPEN and w.first_day < first for w in weeks)


def merged_into_neighbour(case: Case) -> bool:
    """Whether the week is merged into the one before or after; true while none is given."""
    named, own = case.instance.fields.get("merged_into"), case.instance.period
    if named is None or own is None:
        return True
    try:
        other, mine = parse_period(named), parse_period(own)
    except Invalid:
        return False
    weeks = other.kind is PeriodKind.WEEK and mine.kind is PeriodKind.WEEK
    return weeks and (mine.next().name == other.name or other.next().name == mine.name)


def working_days_in_week(case: Case) -> int:
    """Working days of the week."""
    first, last = case.instance.fields.get("first_day"), case.instance.fields.get("last_day")
    return 0 if first is None or last is None else case.calendar.working_days_in(first, last)


def report_day_plausible(case: Case) -> bool:
    """Whether the report is dated between its submission and today; true while not given."""
    day = case.instance.fields.get("report_date")
    if day is None:
        return True
    steps = (case.instance.last("submit"), case.instance.last("submit_nil"))
    sent = [step.on for step in steps if step is not None]
    return day <= case.today and (not sent or max(sent) <= day)
