"""What follows from the steps of a campaign: who is told, what is marked, who is qualified.

1. The projection of 15 August tells once: the flag on the case says that it was told.
2. A certificate number counts those trained by our own classes in the order of the snapshot; who
   was trained elsewhere is qualified by the certificate that was accepted.
"""

from collections import Counter

from engine.machine.instance import Case
from engine.machine.intent import ChangeRecord, Intent, Notify, Qualify, RaiseFlag
from engine.machine.registry import Question
from workflows.training_campaign.facts import people_missed
from workflows.training_campaign.roster import Roster, present_round, roster, units_of

COVERAGE_SHORT = "coverage_short"
AWARENESS = "qms_awareness"


def tell_units_to_enrol(question: Question) -> tuple[Intent, ...]:
    """The heads of the units in the snapshot are asked for their lists."""
    units = units_of(question.case.rows("headcount"))
    params = {"people": len(question.case.rows("headcount"))}
    return (Notify(message="enrolment_open", roles=("unit_head",), units=units, params=params),)


def tell_participants(question: Question) -> tuple[Intent, ...]:
    """Everybody with a place in the round hears of their first session, class by class."""
    found = roster(question.case)
    wanted = present_round(question.case)
    by_class: dict[str, list[str]] = {}
    for person, by_round in found.places.items():
        for of_class in by_round.get(wanted, ()):
            by_class.setdefault(of_class, []).append(person)
    names = {row.id: row.values["class_code"] for row in question.case.rows("training_class")}
    return tuple(
        Notify(
            message="class_begins",
            people=tuple(people),
            params={
                "class_code": names[of_class],
                "first_day": found.sessions[of_class][0].values["held_on"].isoformat(),
                "place": found.sessions[of_class][0].values["place"],
            },
        )
        for of_class, people in by_class.items()
        if of_class in found.sessions
    )


def training_projection(question: Question) -> tuple[Intent, ...]:
    """Who can still act hears how many will be missing: each unit of its own, the leaders of all.

    Nothing more is told once the case is marked, and nothing while nobody will be missing.
    """
    found = roster(question.case)
    missed = people_missed(found)
    if not missed or COVERAGE_SHORT in question.case.instance.flags:
        return ()
    exempt = len(found.exempt())
    params = {
        "expected": len(found.members) - len(missed),
        "total": len(found.members),
        "missing": len(missed),
        "exempt": exempt,
    }
    leaders = Notify(
        message="coverage_short", roles=("iso_secretary", "steering_head"), params=params
    )
    return (RaiseFlag(flag=COVERAGE_SHORT), *_to_units(found, missed), leaders)


def void_exception_approvals(question: Question) -> tuple[Intent, ...]:
    """Approvals end with the report: the list may be another one when it comes back."""
    return tuple(
        ChangeRecord(record_set="exception_approval", row=row.id, values={}, retire=True)
        for row in question.case.rows("exception_approval")
    )


def award_training(question: Question) -> tuple[Intent, ...]:
    """Everybody who was trained is qualified from today on."""
    case = question.case
    found = roster(case)
    numbers = certificate_numbers(case, found)
    return tuple(
        Qualify(
            person=person,
            kind=AWARENESS,
            # A number is the same in both languages.
            evidence=dict.fromkeys(("vi", "en"), numbers.get(person) or _outside(found, person)),
            valid_from=case.today,
        )
        for person in found.trained()
    )


def certificate_numbers(case: Case, found: Roster) -> dict[str, str]:
    """Person → number of the certificate, for those trained by our own classes."""
    own = [person for person in found.members if found.round_of(person) is not None]
    return {person: f"{case.instance.code}/{nth:03d}" for nth, person in enumerate(own, start=1)}


def tell_office_of_training_obstacle(question: Question) -> tuple[Intent, ...]:
    """An obstacle goes to the leaders by way of the Office (section III.3 of the plan)."""
    params = {"state": question.case.instance.state, "unit": question.actor.unit}
    return (Notify(message="training_obstacle", roles=("office",), params=params),)


def _to_units(found: Roster, missed: tuple[str, ...]) -> tuple[Notify, ...]:
    of_unit = Counter(found.members[person].values["unit"] for person in missed)
    all_of = Counter(row.values["unit"] for row in found.members.values())
    return tuple(
        Notify(
            message="unit_coverage_short",
            roles=("unit_head",),
            units=(unit,),
            params={
                "unit": unit,
                "missing": count,
                "expected": all_of[unit] - count,
                "total": all_of[unit],
            },
        )
        for unit, count in of_unit.items()
    )


def _outside(found: Roster, person: str) -> str:
    certificate: str = found.courses[person].values["certificate"]
    return certificate
