"""The papers of a campaign as values: plan, lists, report, certificates, effect check form.

1. Values only: people by name, units, kinds and reasons by id; words and layout are the page's.
2. A paper that was issued is the file that people signed; these values are what it is drawn from.
3. Certificates are for those trained by our own classes; an outside course has its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engine.machine.instance import Case, Child, Row
from engine.machine.registry import Figure
from workflows.training_campaign.effects import certificate_numbers
from workflows.training_campaign.figures import FIGURES, joined_since
from workflows.training_campaign.roster import (
    Roster,
    max_score,
    pass_mark,
    roster,
    units_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a unit wants to be taught."""

    unit: str
    topic: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A half day of a class."""

    id: str
    class_code: str
    round: int
    held_on: date
    half: str
    place: str
    hours: Decimal
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """What the Director approves: why, what, by whom, when, at which cost."""

    code: str
    title: str
    year: int
    content: str | None
    lecturer: str | None
    first_day: date | None
    last_day: date | None
    cost: int | None
    pass_mark: int
    max_score: int
    needs: tuple[Need, ...]
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """Somebody of the snapshot: the class, the reason, or an outside course."""

    person: str
    kind: str
    classes: tuple[str, ...]
    exempt: str | None
    course: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitList:
    """The people of a unit, and the day on which it confirmed its list."""

    unit: str
    confirmed_on: date | None
    people: tuple[Enrolled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentList:
    """Everybody of the snapshot, unit by unit."""

    code: str
    title: str
    snapshot_on: date | None
    units: tuple[UnitList, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A line of an attendance list; `present` is None while nothing is recorded."""

    person: str
    unit: str
    present: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionList:
    """The list of one session, to be signed."""

    session: Session
    learners: tuple[Learner, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceForm:
    """One list for each session, in the order of the days."""

    code: str
    title: str
    lecturer: str | None
    lists: tuple[SessionList, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """Somebody who was not trained, and why; `approved` is the Director's word on an exception."""

    person: str
    unit: str
    reason: str
    plan: str | None = None
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideCourse:
    """A course that somebody took elsewhere, and whether it counts."""

    person: str
    unit: str
    course: str
    certificate: str
    first_day: date
    last_day: date
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissemination:
    """What a unit did to spread the word; it never counts as training."""

    unit: str
    held_on: date
    form: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What the campaign reached.

    Attributes:
        unexplained: people of the snapshot who are neither trained, exempt nor on the list.
        joiners: names of those who joined since, by unit.
        figures: name → figure, in the order of the definition.
    """

    code: str
    title: str
    number: str | None
    dated: date | None
    plan: TrainingPlan
    snapshot_on: date | None
    make_up_rounds: int
    exceptions: tuple[Unreached, ...]
    exempt: tuple[Unreached, ...]
    unexplained: tuple[str, ...]
    joiners: tuple[tuple[str, str], ...]
    courses: tuple[OutsideCourse, ...]
    dissemination: tuple[Dissemination, ...]
    actual_cost: int | None
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEffect:
    """What the check of a unit showed; blank where it is still to be made."""

    unit: str
    method: str | None = None
    sampled: int | None = None
    conforming: int | None = None
    poor: bool | None = None
    statement: str | None = None
    slips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectReport:
    """The effect check, a line for each unit."""

    code: str
    title: str
    accepted_on: date | None
    units: tuple[UnitEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """That somebody was trained by our own classes."""

    number: str
    person: str
    unit: str
    kind: str
    content: str | None
    hours: Decimal
    first_day: date | None
    last_day: date | None
    score: int | None
    issued_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """One certificate a person, by number; the organisation's name is left to the printer."""

    code: str
    title: str
    organization: str | None
    certificates: tuple[Certificate, ...]


def training_plan(case: Case) -> TrainingPlan:
    """The plan as it stands."""
    fields = case.instance.fields
    return TrainingPlan(
        code=case.instance.code,
        title=case.instance.title,
        year=case.instance.year,
        content=fields.get("content"),
        lecturer=fields.get("lecturer"),
        first_day=fields.get("first_day"),
        last_day=fields.get("last_day"),
        cost=fields.get("cost"),
        pass_mark=pass_mark(case),
        max_score=max_score(case),
        needs=tuple(
            Need(unit=row.values["unit"], topic=row.values["topic"], people=row.values["people"])
            for row in case.rows("need")
        ),
        sessions=_sessions(case),
    )


def enrolment_list(case: Case) -> EnrolmentList:
    """Everybody of the snapshot with the class or the reason."""
    found = roster(case)
    codes = {row.id: row.values["class_code"] for row in case.rows("training_class")}
    confirmed = {
        row.values["unit"]: row.values["confirmed_on"] for row in case.rows("unit_confirmation")
    }
    return EnrolmentList(
        code=case.instance.code,
        title=case.instance.title,
        snapshot_on=case.instance.fields.get("snapshot_on"),
        units=tuple(
            UnitList(
                unit=unit,
                confirmed_on=confirmed.get(unit),
                people=tuple(
                    _enrolled(case, found, person, codes)
                    for person, row in found.members.items()
                    if row.values["unit"] == unit
                ),
            )
            for unit in units_of(found.members.values())
        ),
    )


def attendance_form(case: Case) -> AttendanceForm:
    """A list for each session, with everybody who has a place in its class."""
    found = roster(case)
    classes = {row.id: row.values["training_class"] for row in case.rows("class_session")}
    return AttendanceForm(
        code=case.instance.code,
        title=case.instance.title,
        lecturer=case.instance.fields.get("lecturer"),
        lists=tuple(
            SessionList(
                session=session,
                learners=tuple(
                    Learner(
                        person=_named(case, row.values["person"]),
                        unit=row.values["unit"],
                        present=found.ticks.get((row.values["person"], session.id)),
                    )
                    for row in case.rows("placement")
                    if row.values.get("training_class") == classes[session.id]
                ),
            )
            for session in _sessions(case)
        ),
    )


def training_report(case: Case) -> TrainingReport:
    """The report as it stands: a draft until it has its number."""
    fields = case.instance.fields
    found = roster(case)
    listed = {row.values["person"] for row in case.rows("exception")}
    return TrainingReport(
        code=case.instance.code,
        title=case.instance.title,
        number=fields.get("report_number"),
        dated=fields.get("report_date"),
        plan=training_plan(case),
        snapshot_on=fields.get("snapshot_on"),
        make_up_rounds=case.instance.taken("add_class"),
        exceptions=_exceptions(case),
        exempt=tuple(
            Unreached(
                person=_named(case, person),
                unit=found.members[person].values["unit"],
                reason=found.exemptions[person].values["exempt"],
            )
            for person in found.exempt()
        ),
        unexplained=tuple(
            _named(case, person) for person in found.outstanding() if person not in listed
        ),
        joiners=_joiners(case, found),
        courses=_courses(case, found),
        dissemination=tuple(
            Dissemination(
                unit=row.values["unit"],
                held_on=row.values["held_on"],
                form=row.values["form"],
                people=row.values["people"],
            )
            for row in case.rows("dissemination")
        ),
        actual_cost=fields.get("actual_cost"),
        figures={name: figure(case) for name, figure in FIGURES.items()},
    )


def effect_report(case: Case) -> EffectReport:
    """A line for each unit of the snapshot, blank where nothing was checked yet."""
    accepted = case.instance.last("accept")
    checked = {row.values["unit"]: row for row in case.rows("effect")}
    return EffectReport(
        code=case.instance.code,
        title=case.instance.title,
        accepted_on=None if accepted is None else accepted.on,
        units=tuple(
            _effect(case, unit, checked.get(unit)) for unit in units_of(case.rows("headcount"))
        ),
    )


def certificates(case: Case) -> Certificates:
    """A certificate for everybody whom our own classes trained."""
    found = roster(case)
    accepted = case.instance.last("accept")
    issued_on = None if accepted is None else accepted.on
    return Certificates(
        code=case.instance.code,
        title=case.instance.title,
        organization=None,
        certificates=tuple(
            _certificate(case, found, person, number=number, issued_on=issued_on)
            for person, number in certificate_numbers(case, found).items()
        ),
    )


def _sessions(case: Case) -> tuple[Session, ...]:
    classes = {row.id: row.values for row in case.rows("training_class")}
    found = [
        Session(
            id=row.id,
            class_code=classes[row.values["training_class"]]["class_code"],
            round=classes[row.values["training_class"]]["round"],
            held_on=row.values["held_on"],
            half=row.values["half"],
            place=row.values["place"],
            hours=row.values["hours"],
            held=bool(row.values.get("held")),
        )
        for row in case.rows("class_session")
        if row.values["training_class"] in classes
    ]
    # The morning comes after the afternoon in the alphabet, and before it in the day.
    return tuple(
        sorted(found, key=lambda one: (one.held_on, one.half == "afternoon", one.class_code))
    )


def _enrolled(case: Case, found: Roster, person: str, codes: dict[str, str]) -> Enrolled:
    places = found.places.get(person, {})
    exemption, course = found.exemptions.get(person), found.courses.get(person)
    return Enrolled(
        person=_named(case, person),
        kind=found.members[person].values["kind"],
        classes=tuple(codes[of_class] for nth in sorted(places) for of_class in places[nth]),
        exempt=None if exemption is None else exemption.values["exempt"],
        course=None if course is None else course.values["course"],
    )


def _exceptions(case: Case) -> tuple[Unreached, ...]:
    approved = {row.values["exception"] for row in case.rows("exception_approval")}
    return tuple(
        Unreached(
            person=_named(case, row.values["person"]),
            unit=row.values["unit"],
            reason=row.values["reason"],
            plan=row.values["plan"],
            approved=row.id in approved,
        )
        for row in case.rows("exception")
    )


def _joiners(case: Case, found: Roster) -> tuple[tuple[str, str], ...]:
    """(name, unit) of everybody who joined since; before the snapshot nobody has."""
    if not case.instance.taken("open_enrol"):
        return ()
    return tuple((member.name, member.unit) for member in joined_since(case, found))


def _courses(case: Case, found: Roster) -> tuple[OutsideCourse, ...]:
    counting = {row.id for row in found.courses.values()}
    return tuple(
        OutsideCourse(
            person=_named(case, row.values["person"]),
            unit=row.values["unit"],
            course=row.values["course"],
            certificate=row.values["certificate"],
            first_day=row.values["from_day"],
            last_day=row.values["to_day"],
            counts=row.id in counting and row.values["person"] in found.members,
        )
        for row in case.rows("outside_course")
    )


def _effect(case: Case, unit: str, row: Row | None) -> UnitEffect:
    if row is None:
        return UnitEffect(unit=unit)
    return UnitEffect(
        unit=unit,
        method=row.values["method"],
        sampled=row.values["sampled"],
        conforming=row.values["conforming"],
        poor=row.values["poor"],
        statement=row.values["statement"],
        slips=_slips(case.children, row),
    )


def _slips(children: Iterable[Child], row: Row) -> tuple[str, ...]:
    return tuple(
        child.code
        for child in children
        if child.origin_set == "effect" and child.origin_row == row.id
    )


def _certificate(
    case: Case, found: Roster, person: str, *, number: str, issued_on: date | None
) -> Certificate:
    in_round = found.round_of(person) or 0
    attended = [
        session
        for session in found.sessions_of(person, in_round)
        if found.ticks.get((person, session.id))
    ]
    days = [session.values["held_on"] for session in attended]
    return Certificate(
        number=number,
        person=_named(case, person),
        unit=found.members[person].values["unit"],
        kind=found.members[person].values["kind"],
        content=case.instance.fields.get("content"),
        hours=sum((session.values["hours"] for session in attended), start=Decimal(0)),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        score=found.scores[person, in_round].values["after"],
        issued_on=issued_on,
    )


def _named(case: Case, person: str) -> str:
    known = case.people.get(person)
    return known.name if known is not None else person
