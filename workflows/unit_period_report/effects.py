"""What follows from the steps of a unit's account: its stamp, and who is told."""

from engine.machine.intent import Intent, Notify, SetField
from engine.machine.registry import Question
from workflows.unit_period_report.facts import items


def stamp_answered(question: Question) -> tuple[Intent, ...]:
    """The signed account carries the codes that it names, where the review can see them."""
    codes = tuple(dict.fromkeys(row.values["dossier_code"] for row in items(question.case)))
    return (SetField(field="answered", value=codes or None),)


def tell_unit_of_period_return(question: Question) -> tuple[Intent, ...]:
    """The head of the unit hears that the account came back."""
    return (
        Notify(message="account_returned", roles=("unit_head",), units=_unit(question)),
        Notify(message="account_returned", roles=("office",)),
    )


def tell_leaders_of_missing_account(question: Question) -> tuple[Intent, ...]:
    """A unit that is named as missing is told upwards at once."""
    told = {"unit": question.fields.get("unit")}
    return (
        Notify(message="account_missing", roles=("unit_head",), units=_unit(question), params=told),
        Notify(message="account_missing", roles=("director",), params=told),
    )


def _unit(question: Question) -> tuple[str, ...]:
    unit = question.fields.get("unit")
    return () if unit is None else (unit,)
