"""What follows from the steps of a late dossier: who is told, what is flagged, the slip."""

from typing import Final

from engine.machine.instance import Case
from engine.machine.intent import Intent, Notify, RaiseFlag, StartInstance
from engine.machine.registry import Question
from workflows.overdue_case.causes import slip_statement, slip_title
from workflows.overdue_case.facts import alike, lapsed_on, quarter_of, systemic_measures

SLIP: Final = "corrective_action"
ORIGIN: Final = "systemic_cause"
"""Where a slip comes from that no record row asked for: `quarter/unit/cause` names its cause."""
ALIKE_TO_ACT: Final = 3
"""So many alike cases of a quarter make a cause systemic; the definition's gate says so too."""
CODES_SHOWN: Final = 60
APOLOGY_DAYS: Final = 1
"""Working days from the lapse within which an apology is in time."""


def tell_of_lapse(question: Question) -> tuple[Intent, ...]:
    """The unit and the one-stop desk hear that the dossier is late, and what is due now."""
    told = _params(question.case)
    return (
        Notify(message="dossier_lapsed", roles=("unit_head",), units=_unit(question), params=told),
        Notify(message="dossier_lapsed", roles=("one_stop",), params=told),
    )


def tell_of_extension(question: Question) -> tuple[Intent, ...]:
    """The Director hears that an extension waits; the letter has to leave before the due day."""
    return (Notify(message="extension_asked", roles=("director",), params=_params(question.case)),)


def tell_of_new_day(question: Question) -> tuple[Intent, ...]:
    """The unit and the desk, which enters the day and tells the applicant, hear of the new day."""
    day = question.fields.get("current_due")
    told = {**_params(question.case), "day": None if day is None else day.isoformat()}
    return (
        Notify(message="dossier_extended", roles=("one_stop",), params=told),
        Notify(
            message="dossier_extended", roles=("unit_head",), units=_unit(question), params=told
        ),
    )


def tell_unit_of_refusal(question: Question) -> tuple[Intent, ...]:
    """The head of the unit hears that what was handed in was not accepted."""
    told = _params(question.case)
    return (
        Notify(message="dossier_refused", roles=("unit_head",), units=_unit(question), params=told),
    )


def tell_office_of_dossier(question: Question) -> tuple[Intent, ...]:
    """The Office hears that a cause, or a proof for an exclusion, waits for its check."""
    return (Notify(message="dossier_to_check", roles=("office",), params=_params(question.case)),)


def tell_office_of_dossier_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    told = {**_params(question.case), "unit": question.actor.unit}
    return (Notify(message="dossier_obstacle", roles=("office",), params=told),)


def flag_late_apology(question: Question) -> tuple[Intent, ...]:
    """An apology that comes too late stands as such on the case."""
    lapsed = lapsed_on(question.case)
    if lapsed is None:
        return ()
    last_day = question.case.calendar.add_working_days(lapsed, APOLOGY_DAYS)
    return (RaiseFlag(flag="apology_late"),) if question.case.today > last_day else ()


def open_systemic_slip(question: Question) -> tuple[Intent, ...]:
    """Alike cases, or the unit's own word, make a cause systemic: its slip is opened, once.

    Asked when a cause is confirmed and when its measures are taken up, so that a case that two
    people confirmed in the same moment is not missed.
    """
    case = question.case
    cause, unit = question.fields.get("cause"), question.fields.get("unit")
    quarter, others = quarter_of(case), alike(case)
    many = len(others) + 1 >= ALIKE_TO_ACT
    if cause is None or unit is None or quarter is None:
        return ()
    if not many and not systemic_measures(case):
        return ()
    codes = [other.dossier_code for other in others[-CODES_SHOWN:]]
    codes.append(case.instance.fields["dossier_code"])
    slip = StartInstance(
        process=SLIP,
        title=slip_title(cause, quarter),
        unit=unit,
        fields={
            "source": "overdue_dossiers",
            "unit": unit,
            "statement": slip_statement(cause, quarter, len(others) + 1),
            "objective_evidence": "; ".join(codes),
        },
        origin_set=ORIGIN,
        origin_row=f"{quarter}/{unit}/{cause}",
        once=True,
    )
    return (
        slip,
        Notify(message="cause_systemic", roles=("iso_secretary",), params=_params(case)),
        Notify(message="cause_systemic", roles=("unit_head",), units=(unit,), params=_params(case)),
    )


def _params(case: Case) -> dict[str, object]:
    """What every message tells: the dossier and its present due day."""
    due = case.instance.fields.get("current_due")
    return {
        "dossier": case.instance.fields.get("dossier_code"),
        "due_on": None if due is None else due.isoformat(),
    }


def _unit(question: Question) -> tuple[str, ...]:
    unit = question.fields.get("unit")
    return () if unit is None else (unit,)
