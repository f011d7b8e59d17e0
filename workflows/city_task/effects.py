"""What follows from the steps of a task: its days, and who is told."""

from engine.machine.intent import Intent, Notify, SetField
from engine.machine.registry import Question
from workflows.plan_rows.effects import units_told


def extend_city_task(question: Question) -> tuple[Intent, ...]:
    """The granted day takes the place of the present one; the first one stays on the case."""
    fields = question.fields
    first = fields.get("first_due") or fields.get("due_on")
    return (
        SetField(field="first_due", value=first),
        SetField(field="due_on", value=fields.get("granted_due")),
        *units_told("city_task_extended", (fields.get("unit"),)),
    )


def tell_of_late_city_task(question: Question) -> tuple[Intent, ...]:
    """A task that has become late is told to its unit, the Office and the Director at once."""
    upwards = Notify(message="city_task_late", roles=("office", "director"))
    return (*units_told("city_task_late", (question.fields.get("unit"),)), upwards)


def tell_owner_of_city_task(question: Question) -> tuple[Intent, ...]:
    """Whoever is named for the task hears of it."""
    owner = question.fields.get("owner")
    return () if owner is None else (Notify(message="city_task_yours", people=(owner,)),)
