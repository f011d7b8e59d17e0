"""What a campaign is measured by: computed from its rows, never typed in.

1. Every figure names the rows behind it; a ratio is numerator and denominator, never a quotient, so
   that 100 % is reached by nobody being left, and not by rounding.
2. *Objective* is trained out of all at the snapshot: who is exempt counts as not trained.
   *Eligible* is trained out of those who are not exempt.
3. *Current* is trained out of those who work here today; who joined since the snapshot is counted
   apart as well, and leaves both other figures alone.
4. *Projected* counts who is trained and who is on the way (see `roster`): what is planned and not
   yet recorded is hoped for, what was missed or failed is not.
5. The cut-off is the day on which the report was last submitted, because nothing that it counts can
   change after it; until then it is today, as for everything that concerns the present staff.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from engine.machine.instance import Case, Row
from engine.machine.registry import Figure
from workflows.training_campaign.roster import Employed, Roster, differences, present_staff, roster

MINUTES = 60


def objective_coverage(case: Case) -> Figure:
    """Trained out of all at the snapshot, by unit."""
    return _objective(case, by="unit")


def objective_by_kind(case: Case) -> Figure:
    """Trained out of all at the snapshot, by kind of staff."""
    return _objective(case, by="kind")


def eligible_coverage(case: Case) -> Figure:
    """Trained out of those who are not exempt, by unit."""
    return _eligible(case, by="unit")


def eligible_by_kind(case: Case) -> Figure:
    """Trained out of those who are not exempt, by kind of staff."""
    return _eligible(case, by="kind")


def projected_coverage(case: Case) -> Figure:
    """Those trained and those on the way, out of all at the snapshot, by unit."""
    found = roster(case)
    expected = (*found.trained(), *found.on_the_way())
    return _coverage(case, found, expected, out_of=tuple(found.members), by="unit")


def current_coverage(case: Case) -> Figure:
    """Trained out of everybody who works here today, by unit; None before the snapshot."""
    if not case.instance.taken("open_enrol"):
        return Figure(numerator=None)
    found, people = roster(case), present_staff(case)
    trained = [member for member in people if found.is_trained(member.id)]
    units = sorted({member.unit for member in people})
    return Figure(
        numerator=len(trained),
        denominator=len(people),
        cut_off=case.today,
        rows={
            "headcount": tuple(found.members[member.id].id for member in trained),
            "joiners": tuple(member.id for member in joined_since(case, found)),
        },
        parts={
            unit: (
                sum(member.unit == unit for member in trained),
                sum(member.unit == unit for member in people),
            )
            for unit in units
        },
    )


def snapshot_differences(case: Case) -> Figure:
    """People in whom the snapshot differs from the staff list of its day, by kind."""
    found = differences(case)
    counts = Counter(found.values())
    rows = {row.values["person"]: row.id for row in case.rows("headcount")}
    day: date | None = case.instance.fields.get("snapshot_on")
    return Figure(
        numerator=len(found),
        cut_off=day or case.today,
        rows={
            "headcount": tuple(rows[person] for person in found if person in rows),
            "left_out": tuple(person for person in found if person not in rows),
            "headcount_difference": _ids(case.rows("headcount_difference")),
        },
        parts={kind: (counts[kind], None) for kind in sorted(counts)},
    )


def joiners(case: Case) -> Figure:
    """Who works here today and is not in the snapshot, by unit; None before the snapshot."""
    if not case.instance.taken("open_enrol"):
        return Figure(numerator=None)
    people = joined_since(case, roster(case))
    counts = Counter(member.unit for member in people)
    return Figure(
        numerator=len(people),
        cut_off=case.today,
        rows={"people": tuple(member.id for member in people)},
        parts={unit: (counts[unit], None) for unit in sorted(counts)},
    )


def joined_since(case: Case, found: Roster) -> tuple[Employed, ...]:
    """Those who work here today and are not in the snapshot, by unit and name."""
    return tuple(member for member in present_staff(case) if member.id not in found.members)


def pass_rate(case: Case) -> Figure:
    """Who reached the pass mark in a round, out of those who sat a test, by unit."""
    found = roster(case)
    tested = _members(found, (person for person, _ in found.scores))
    reached = {
        person
        for (person, _), row in found.scores.items()
        if row.values["after"] >= found.pass_mark
    }
    passed = [person for person in tested if person in reached]
    return Figure(
        numerator=len(passed),
        denominator=len(tested),
        cut_off=_cut_off(case),
        rows={"score": _ids(case.rows("score"))},
        parts=_parts(found, passed, out_of=tested, by="unit"),
    )


def attendance_rate(case: Case) -> Figure:
    """Lines on which somebody is present, out of all lines on the lists, by unit."""
    found = roster(case)
    lines = [row for row in case.rows("attendance") if row.values["person"] in found.members]
    present = [row for row in lines if row.values["present"]]
    return Figure(
        numerator=len(present),
        denominator=len(lines),
        cut_off=_cut_off(case),
        rows={"attendance": _ids(lines), "present": _ids(present)},
        parts=_parts(
            found,
            [row.values["person"] for row in present],
            out_of=[row.values["person"] for row in lines],
            by="unit",
        ),
    )


def score_before(case: Case) -> Figure:
    """The sum of everybody's first score before a course, and how many have one."""
    return _mean(case, column="before", last=False)


def score_after(case: Case) -> Figure:
    """The sum of everybody's last score after a course, and how many have one."""
    return _mean(case, column="after", last=True)


def minutes_per_person(case: Case) -> Figure:
    """Minutes that those trained by our own classes were present, and how many they are."""
    found = roster(case)
    rounds = {person: found.round_of(person) for person in found.members}
    own = [person for person, in_round in rounds.items() if in_round is not None]
    lengths = {row.id: int(row.values["hours"] * MINUTES) for row in case.rows("class_session")}
    lines = [
        row
        for row in case.rows("attendance")
        if row.values["present"] and rounds.get(row.values["person"]) is not None
    ]
    return Figure(
        numerator=sum(lengths.get(row.values["class_session"], 0) for row in lines),
        denominator=len(own),
        cut_off=_cut_off(case),
        rows={"attendance": _ids(lines)},
    )


def cost_per_person(case: Case) -> Figure:
    """What was spent, or foreseen while nothing is said of it, and how many were trained."""
    fields = case.instance.fields
    cost: int | None = fields.get("actual_cost", fields.get("cost"))
    found = roster(case)
    trained = found.trained()
    return Figure(
        numerator=cost,
        denominator=len(trained),
        cut_off=_cut_off(case),
        rows={"headcount": _of_members(found, trained)},
    )


def budget_spent(case: Case) -> Figure:
    """What was spent, out of what the plan foresaw; nothing is said before something was spent."""
    fields = case.instance.fields
    return Figure(
        numerator=fields.get("actual_cost"),
        denominator=fields.get("cost"),
        cut_off=_cut_off(case),
    )


def outside_accepted(case: Case) -> Figure:
    """Courses of other bodies whose certificate was accepted, out of those handed in."""
    rows = case.rows("outside_course")
    accepted = {row.values["outside_course"] for row in case.rows("course_acceptance")}
    good = [row for row in rows if row.id in accepted]
    return Figure(
        numerator=len(good) if rows else None,
        denominator=len(rows),
        cut_off=_cut_off(case),
        rows={"outside_course": _ids(rows), "accepted": _ids(good)},
    )


def exception_count(case: Case) -> Figure:
    """People on the list of exceptions, by unit, with the Director's approvals behind them."""
    rows = case.rows("exception")
    counts = Counter(row.values["unit"] for row in rows)
    return Figure(
        numerator=len(rows),
        cut_off=_cut_off(case),
        rows={"exception": _ids(rows), "exception_approval": _ids(case.rows("exception_approval"))},
        parts={unit: (counts[unit], None) for unit in sorted(counts)},
    )


def exempt_count(case: Case) -> Figure:
    """People exempt with a reason, by reason."""
    found = roster(case)
    rows = [found.exemptions[person] for person in found.exempt()]
    counts = Counter(row.values["exempt"] for row in rows)
    return Figure(
        numerator=len(rows),
        cut_off=_cut_off(case),
        rows={"placement": _ids(rows)},
        parts={reason: (counts[reason], None) for reason in sorted(counts)},
    )


def units_effective(case: Case) -> Figure:
    """Units whose check was not poor, out of those that were checked."""
    rows = case.rows("effect")
    good = [row for row in rows if not row.values["poor"]]
    return Figure(
        numerator=len(good),
        denominator=len(rows),
        cut_off=case.today,
        rows={"effect": _ids(rows), "good": _ids(good)},
        parts={row.values["unit"]: (int(not row.values["poor"]), 1) for row in rows},
    )


FIGURES = {
    "objective_coverage": objective_coverage,
    "objective_by_kind": objective_by_kind,
    "eligible_coverage": eligible_coverage,
    "eligible_by_kind": eligible_by_kind,
    "projected_coverage": projected_coverage,
    "current_coverage": current_coverage,
    "snapshot_differences": snapshot_differences,
    "joiners": joiners,
    "pass_rate": pass_rate,
    "attendance_rate": attendance_rate,
    "score_before": score_before,
    "score_after": score_after,
    "minutes_per_person": minutes_per_person,
    "cost_per_person": cost_per_person,
    "budget_spent": budget_spent,
    "outside_accepted": outside_accepted,
    "exception_count": exception_count,
    "exempt_count": exempt_count,
    "units_effective": units_effective,
}
"""Every figure of a campaign under the name that the definition gives it."""


def _objective(case: Case, *, by: str) -> Figure:
    found = roster(case)
    return _coverage(case, found, found.trained(), out_of=tuple(found.members), by=by)


def _eligible(case: Case, *, by: str) -> Figure:
    found = roster(case)
    exempt = set(found.exempt())
    eligible = tuple(person for person in found.members if person not in exempt)
    return _coverage(case, found, found.trained(), out_of=eligible, by=by)


def _coverage(
    case: Case, found: Roster, reached: Sequence[str], *, out_of: Sequence[str], by: str
) -> Figure:
    return Figure(
        numerator=len(reached),
        denominator=len(out_of),
        cut_off=_cut_off(case),
        rows={
            "headcount": _of_members(found, out_of),
            "reached": _of_members(found, reached),
        },
        parts=_parts(found, reached, out_of=out_of, by=by),
    )


def _parts(
    found: Roster, reached: Sequence[str], *, out_of: Sequence[str], by: str
) -> dict[str, tuple[int, int | None]]:
    """How many of how many, for each value of a column of the snapshot."""
    label = {person: str(row.values[by]) for person, row in found.members.items()}
    all_of, some_of = Counter(map(label.get, out_of)), Counter(map(label.get, reached))
    return {name: (some_of[name], all_of[name]) for name in sorted(filter(None, all_of))}


def _mean(case: Case, *, column: str, last: bool) -> Figure:
    """One score a person: the first or the last that the person has in a column."""
    found = roster(case)
    by_person: dict[str, list[Row]] = defaultdict(list)
    for (person, _), row in sorted(found.scores.items()):
        if row.values.get(column) is not None and person in found.members:
            by_person[person].append(row)
    rows = [of_person[-1 if last else 0] for of_person in by_person.values()]
    return Figure(
        numerator=sum(row.values[column] for row in rows),
        denominator=len(rows),
        cut_off=_cut_off(case),
        rows={"score": _ids(rows)},
    )


def _members(found: Roster, people: Iterable[str]) -> tuple[str, ...]:
    wanted = set(people)
    return tuple(person for person in found.members if person in wanted)


def _of_members(found: Roster, people: Iterable[str]) -> tuple[str, ...]:
    return tuple(found.members[person].id for person in people)


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(row.id for row in rows)


def _cut_off(case: Case) -> date:
    submitted, returned = case.instance.last("submit_report"), case.instance.last("return_report")
    if submitted is None or (returned is not None and returned.version > submitted.version):
        return case.today
    return submitted.on
