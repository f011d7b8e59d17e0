"""Effects that say the same in every process of the plan's rows: who is told, what is stamped.

A message names the case by its code and title; the state it stands in says the rest.
"""

from collections.abc import Iterable

from engine.machine.intent import Intent, Notify, SetField
from engine.machine.registry import Question


def tell_office_of_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    return (
        Notify(message="row_obstacle", roles=("office",), params={"unit": question.actor.unit}),
    )


def tell_unit_of_case(question: Question) -> tuple[Intent, ...]:
    """The head of the unit in charge hears that something is for the unit to do."""
    return _to_unit(question, "row_for_unit")


def tell_unit_of_return(question: Question) -> tuple[Intent, ...]:
    """The head of the unit in charge hears that it came back, or was not agreed to."""
    return _to_unit(question, "row_returned")


def tell_office_of_case(_question: Question) -> tuple[Intent, ...]:
    """The Office hears that a case waits for it."""
    return (Notify(message="row_waits", roles=("office",)),)


def tell_director_of_case(_question: Question) -> tuple[Intent, ...]:
    """The Director hears that a case waits for a decision."""
    return (Notify(message="row_waits", roles=("director",)),)


def tell_secretary_of_case(_question: Question) -> tuple[Intent, ...]:
    """The ISO secretary hears that a case waits."""
    return (Notify(message="row_waits", roles=("iso_secretary",)),)


def tell_heads_of_case(_question: Question) -> tuple[Intent, ...]:
    """Every head of a unit hears that a case waits for them."""
    return (Notify(message="row_waits", roles=("unit_head",)),)


def stamp_reported_on(question: Question) -> tuple[Intent, ...]:
    """The day of a report is the house's, not the reporter's."""
    return (SetField(field="reported_on", value=question.case.today),)


def units_told(message: str, units: Iterable[str | None]) -> tuple[Intent, ...]:
    """The heads of some units are told; where no unit is known, nobody is."""
    known = tuple(dict.fromkeys(unit for unit in units if unit is not None))
    return (Notify(message=message, roles=("unit_head",), units=known),) if known else ()


def _to_unit(question: Question, message: str) -> tuple[Intent, ...]:
    return units_told(message, (question.fields.get("unit"),))
