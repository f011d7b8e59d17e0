"""What the gates of a decision ask; pure over the case."""

from engine.machine.instance import Case


def carried_to_next_year(case: Case) -> bool:
    """Whether it is carried to the very next year; true while no year is given."""
    year = case.instance.fields.get("carried_to")
    return year is None or year == case.instance.year + 1


def new_day_in_next_year(case: Case) -> bool:
    """Whether the new day lies in the very next year; true while none is given."""
    day = case.instance.fields.get("carried_due")
    return day is None or day.year == case.instance.year + 1
