"""What the gates of a campaign ask of its rows and history; pure over the case.

1. A fact counts what is missing or at fault, so that a gate asks for zero and a refusal can tell
   that it is so. Nothing that was entered is lost: whoever entered it mends the row.
2. A day that is not given yet makes no fact false: the missing field is told by its own gate.
3. Rounds that are prepared for later ask for nothing yet.
"""

from collections import Counter
from datetime import date

from engine.machine.instance import Case, Row
from workflows.training_campaign.roster import (
    Roster,
    differences,
    max_score,
    pass_mark,
    present_round,
    roster,
    units_of,
)

FIRST_DAY, LAST_DAY = (7, 1), (8, 31)
"""The two months that row 5.1 of the plan gives to the training."""


def needs_recorded(case: Case) -> int:
    """Needs that units or the branch have written down."""
    return len(case.rows("need"))


def days_in_order(case: Case) -> bool:
    """Whether the last day is not before the first."""
    first, last = _day(case, "first_day"), _day(case, "last_day")
    return first is None or last is None or first <= last


def pass_mark_reachable(case: Case) -> bool:
    """Whether somebody can pass at all."""
    return pass_mark(case) <= max_score(case)


def sessions_outside_window(case: Case) -> int:
    """Sessions before 1 July or after 31 August of the campaign's year."""
    year = case.instance.year
    first, last = date(year, *FIRST_DAY), date(year, *LAST_DAY)
    return sum(not first <= row.values["held_on"] <= last for row in case.rows("class_session"))


def headcount_size(case: Case) -> int:
    """People in the snapshot."""
    return len(case.rows("headcount"))


def snapshot_day_plausible(case: Case) -> bool:
    """Whether the snapshot was taken by today."""
    day = _day(case, "snapshot_on")
    return day is None or day <= case.today


def snapshot_unexplained(case: Case) -> int:
    """People in whom the snapshot differs from the staff list of its day, and nobody said why."""
    return len(differences_unexplained(case))


def differences_unexplained(case: Case) -> dict[str, str]:
    """Person → kind of difference that has no explanation yet."""
    told = {row.values["person"] for row in case.rows("headcount_difference")}
    return {person: kind for person, kind in differences(case).items() if person not in told}


def explanations_unfounded(case: Case) -> int:
    """Explanations of people in whom nothing differs, or something else does."""
    found = differences(case)
    return sum(
        found.get(row.values["person"]) != row.values["kind"]
        for row in case.rows("headcount_difference")
    )


def unplaced(case: Case) -> int:
    """People of the snapshot without a place, a reason or an outside course that counts."""
    return len(people_unplaced(roster(case)))


def people_unplaced(found: Roster) -> tuple[str, ...]:
    """Who has neither a place nor a reason, in the order of the snapshot."""
    settled = {*found.places, *found.exemptions, *found.courses}
    return tuple(person for person in found.members if person not in settled)


def placements_outside_snapshot(case: Case) -> int:
    """Places and exemptions of people who are not in the snapshot."""
    members = {row.values["person"] for row in case.rows("headcount")}
    return sum(row.values["person"] not in members for row in case.rows("placement"))


def placements_faulty(case: Case) -> int:
    """Rows without exactly one class or reason; of another unit; twice; in a later round.

    Who has a reason and a place at once is at fault in both rows.
    """
    found = roster(case)
    slots = Counter(_slot(row, found) for row in case.rows("placement"))
    both = found.exemptions.keys() & found.places.keys()
    return sum(
        _slot(row, found)[1] is None
        or slots[_slot(row, found)] > 1
        or row.values["person"] in both
        or _is_misplaced(row, found, latest=_latest_round(case))
        for row in case.rows("placement")
        if row.values["person"] in found.members
    )


def units_unconfirmed(case: Case) -> int:
    """Units of the snapshot that have not confirmed their list by today."""
    return len(units_to_confirm(case))


def units_to_confirm(case: Case) -> tuple[str, ...]:
    """The units that have not confirmed, in the order of the snapshot."""
    confirmed = {
        row.values["unit"]
        for row in case.rows("unit_confirmation")
        if row.values["confirmed_on"] <= case.today
    }
    return tuple(unit for unit in units_of(case.rows("headcount")) if unit not in confirmed)


def classes_without_session(case: Case) -> int:
    """Classes up to the present round that have no session."""
    served = {row.values["training_class"] for row in case.rows("class_session")}
    return sum(
        row.id not in served and row.values["round"] <= present_round(case)
        for row in case.rows("training_class")
    )


def sessions_not_held(case: Case) -> int:
    """Sessions up to the present round that are not marked as held, or lie in the future."""
    return sum(not _was_held(row, case.today) for row in _sessions_due(case))


def attendance_missing(case: Case) -> int:
    """Learners who are not on the list of a session of theirs, each session counted."""
    return len(lines_missing(case))


def lines_missing(case: Case) -> tuple[tuple[str, str], ...]:
    """(person, session) of every line that a list still lacks, session by session."""
    found = roster(case)
    learners: dict[str, list[str]] = {}
    for person, by_round in found.places.items():
        for classes in by_round.values():
            for of_class in classes:
                learners.setdefault(of_class, []).append(person)
    due = sorted(_sessions_due(case), key=lambda row: (row.values["held_on"], row.id))
    return tuple(
        (person, session.id)
        for session in due
        for person in learners.get(session.values["training_class"], ())
        if (person, session.id) not in found.ticks
    )


def attendance_unplaced(case: Case) -> int:
    """Lines of people who have no place in the class of the session."""
    of_session = {row.id: row.values["training_class"] for row in case.rows("class_session")}
    placed = {
        (row.values["person"], row.values.get("training_class")) for row in case.rows("placement")
    }
    return sum(
        row.values["class_session"] in of_session
        and (row.values["person"], of_session[row.values["class_session"]]) not in placed
        for row in case.rows("attendance")
    )


def attendance_without_session(case: Case) -> int:
    """Lines for a session that is gone, is not marked as held, or lies in the future."""
    held = {row.id for row in case.rows("class_session") if _was_held(row, case.today)}
    return sum(row.values["class_session"] not in held for row in case.rows("attendance"))


def make_up_places(case: Case) -> int:
    """People with a place in the present round."""
    return len(_placed_now(case, roster(case)))


def make_up_not_outstanding(case: Case) -> int:
    """People with a place in the present round who were neither absent nor failed."""
    found = roster(case)
    return len(_placed_now(case, found) - set(found.outstanding()))


def exemptions_after_class(case: Case) -> int:
    """People with a reason although a list or a score names them: who failed is not excused."""
    seen = {row.values["person"] for name in ("attendance", "score") for row in case.rows(name)}
    return len(roster(case).exemptions.keys() & seen)


def scores_missing(case: Case) -> int:
    """People who attended a round and have no score for it, each round counted."""
    return len(tests_missing(case))


def tests_missing(case: Case) -> tuple[tuple[str, int], ...]:
    """(person, round) of every score that is still to be given."""
    found = roster(case)
    return tuple(
        (person, of_round)
        for person, by_round in found.places.items()
        for of_round in by_round
        if of_round <= present_round(case)
        and (person, of_round) not in found.scores
        and found.attended(person, of_round)
    )


def scores_above_maximum(case: Case) -> int:
    """Rows with more points than the test has."""
    most = max_score(case)
    return sum(
        max(row.values["after"], row.values.get("before") or 0) > most for row in case.rows("score")
    )


def scores_unplaced(case: Case) -> int:
    """Scores of people who had no place in that round, or did not attend enough of it.

    A round that was not opened gives no score, whoever was taught in it.
    """
    found, latest = roster(case), present_round(case)
    return sum(
        row.values["round"] > latest
        or not found.attended(row.values["person"], row.values["round"])
        for row in case.rows("score")
    )


def graded(case: Case) -> bool:
    """Whether the grades were recorded after the classes last ended."""
    grade, end = case.instance.last("grade"), case.instance.last("end_classes")
    return grade is not None and end is not None and grade.version > end.version


def outstanding(case: Case) -> int:
    """People of the snapshot who are neither trained nor exempt."""
    return len(roster(case).outstanding())


def untrained(case: Case) -> int:
    """People of the snapshot who were not trained, those exempt among them."""
    found = roster(case)
    return len(found.members) - len(found.trained())


def projected_untrained(case: Case) -> int:
    """People of the snapshot whom what is planned will not train any more."""
    return len(people_missed(roster(case)))


def people_missed(found: Roster) -> tuple[str, ...]:
    """Who is neither trained nor on the way, in the order of the snapshot."""
    reached = {*found.trained(), *found.on_the_way()}
    return tuple(person for person in found.members if person not in reached)


def exceptions_unlisted(case: Case) -> int:
    """People outstanding who are not on the list of exceptions."""
    return len(people_unlisted(case))


def people_unlisted(case: Case) -> tuple[str, ...]:
    """Who is outstanding and not explained, in the order of the snapshot."""
    listed = {row.values["person"] for row in case.rows("exception")}
    return tuple(person for person in roster(case).outstanding() if person not in listed)


def exceptions_unfounded(case: Case) -> int:
    """Exceptions of people who are not outstanding, or under another unit."""
    found = roster(case)
    open_units = {person: found.members[person].values["unit"] for person in found.outstanding()}
    return sum(
        open_units.get(row.values["person"]) != row.values["unit"] for row in case.rows("exception")
    )


def exceptions_unapproved(case: Case) -> int:
    """Exceptions that the Director has not approved one by one."""
    return len(rows_unapproved(case))


def rows_unapproved(case: Case) -> tuple[Row, ...]:
    """The exceptions that wait for the Director."""
    approved = {row.values["exception"] for row in case.rows("exception_approval")}
    return tuple(row for row in case.rows("exception") if row.id not in approved)


def report_day_plausible(case: Case) -> bool:
    """Whether the report is dated between its signature and today."""
    day = _day(case, "report_date")
    signed = case.instance.last("sign_report")
    return day is None or (signed.on if signed else date.min) <= day <= case.today


def units_unchecked(case: Case) -> int:
    """Units of the snapshot whose effect nobody has looked at."""
    return len(units_to_check(case))


def units_to_check(case: Case) -> tuple[str, ...]:
    """The units whose effect is still to be looked at, in the order of the snapshot."""
    checked = {row.values["unit"] for row in case.rows("effect")}
    return tuple(unit for unit in units_of(case.rows("headcount")) if unit not in checked)


def effects_inconsistent(case: Case) -> int:
    """Checks that looked at nothing, contradict their own numbers, or are of another unit."""
    units = set(units_of(case.rows("headcount")))
    return sum(
        row.values["unit"] not in units or _contradicts_itself(row) for row in case.rows("effect")
    )


def poor_units_without_action(case: Case) -> int:
    """Poor units for which no corrective action stands."""
    standing = {
        child.origin_row
        for child in case.children
        if child.process == "corrective_action" and child.state != "withdrawn"
    }
    return sum(row.values["poor"] and row.id not in standing for row in case.rows("effect"))


def _contradicts_itself(effect: Row) -> bool:
    """Whether a check sampled nothing, found more than that, or nothing and calls it good."""
    sampled, conforming = effect.values["sampled"], effect.values["conforming"]
    return not 0 < sampled >= conforming or (conforming == 0 and not effect.values["poor"])


def _slot(row: Row, found: Roster) -> tuple[str, int | None]:
    """What a row of a person fills: a round, 0 for an exemption, None for neither or both."""
    of_class, exempt = row.values.get("training_class"), row.values.get("exempt")
    if (of_class is None) == (exempt is None):
        return row.values["person"], None
    return row.values["person"], 0 if exempt is not None else found.rounds.get(str(of_class))


def _latest_round(case: Case) -> int:
    """The last round in which somebody may have a place.

    Once there are grades that is the round to come: places stay that were prepared for it when the
    report was submitted instead, and a report that is returned has to go on with them.
    """
    to_come = case.instance.state == "assessing" and case.instance.last("grade") is not None
    return present_round(case) + to_come


def _is_misplaced(row: Row, found: Roster, *, latest: int) -> bool:
    """Whether the unit is another than in the snapshot, or the round is not yet due."""
    of_round = found.rounds.get(row.values.get("training_class") or "", 0)
    unit = found.members[row.values["person"]].values["unit"]
    return row.values["unit"] != unit or of_round > latest


def _placed_now(case: Case, found: Roster) -> set[str]:
    wanted = present_round(case)
    return {person for person, by_round in found.places.items() if wanted in by_round}


def _sessions_due(case: Case) -> list[Row]:
    """The sessions of classes up to the present round."""
    due = {
        row.id for row in case.rows("training_class") if row.values["round"] <= present_round(case)
    }
    return [row for row in case.rows("class_session") if row.values["training_class"] in due]


def _was_held(row: Row, today: date) -> bool:
    return bool(row.values.get("held")) and row.values["held_on"] <= today


def _day(case: Case, field: str) -> date | None:
    value: date | None = case.instance.fields.get(field)
    return value
