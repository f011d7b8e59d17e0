"""What the gates of a review ask of its rows, children and surroundings; pure over the case.

1. A fact counts what is missing, so that a gate asks for zero and a refusal can tell how much.
2. A day or a person that is not given yet makes no fact false, the quorum excepted: the missing
   field is told by its own gate.
3. The committee is who holds its roles today; what a list says of membership is held against it.
4. The quorum is the chair and at least half of the members, the chair counted among them.
"""

from datetime import date

from engine.machine.instance import Case, Row
from workflows.steering_review.gathering import in_force

HEAD, MEMBER, DIRECTOR = "steering_head", "steering_member", "director"
KINDS = ("improvement", "qms_change", "resource")
"""The outputs of the review by topic; their letters are the catalogue's."""


def units_without_row(case: Case) -> int:
    """Units with a head that are neither asked nor left out with a reason."""
    named = {
        row.values["unit"]
        for row in case.rows("unit_input")
        if row.values["asked"] or row.values.get("why")
    }
    return len(set(case.around.units) - named)


def reports_to_ask(case: Case) -> int:
    """Rows that ask for a report and have no child yet."""
    served = {child.origin_row for child in case.children if child.process == "unit_report"}
    return sum(
        bool(row.values["asked"]) and row.id not in served for row in case.rows("unit_input")
    )


def cut_off_plausible(case: Case) -> bool:
    """Whether the cut-off lies in the last quarter of the review's year, and not in the future.

    An earlier one would leave the months out of which the year is judged.
    """
    day, year = _day(case, "cut_off"), case.instance.year
    return day is None or date(year, 10, 1) <= day <= min(case.today, date(year, 12, 31))


def is_input_there(case: Case, topic: str) -> bool:
    """Whether live records, somebody's words, or `nothing arose` with its author fill a section."""
    if in_force(case).get(topic):
        return True
    return any(
        row.values["item"] == topic and (row.values.get("content") or _says_none(row))
        for row in case.rows("review_input")
    )


def results_missing(case: Case) -> int:
    """Rows of the plan without their result; one where there is neither plan nor result."""
    told = {row.values["row"] for row in case.rows("objective_result")}
    missing = sum(row.code not in told for row in case.around.plan)
    return missing or int(not told)


def working_days_to_meeting(case: Case) -> int | None:
    """Working days from today to the meeting, today not counted; None without its day."""
    day = _day(case, "meeting_on")
    if day is None:
        return None
    days = case.calendar.working_days_between(case.today, day)
    # From a Sunday, the Friday before is no working day away; it is past all the same.
    return days if day >= case.today else min(days, -1)


def working_days_to_read(case: Case) -> int:
    """Working days from the day of the dossier to the day of the meeting, today where it has none.

    Zero without a dossier; the announced day is not asked, for it can be moved.
    """
    sent, held = case.instance.last("send_dossier"), _day(case, "held_on") or case.today
    return 0 if sent is None else case.calendar.working_days_between(sent.on, held)


def attendance_wrong(case: Case) -> int:
    """Members who are not listed, and people whose membership is told wrongly."""
    members = committee(case)
    listed = {row.values["person"]: row.values["member"] for row in case.rows("attendee")}
    wrong = sum(bool(member) != (person in members) for person, member in listed.items())
    return wrong + len(members - set(listed))


def chair_is_member(case: Case) -> bool:
    """Whether the chair belongs to the committee and is there."""
    chair: str | None = case.instance.fields.get("chair")
    return chair is None or (chair in committee(case) and chair in present(case))


def quorum(case: Case) -> bool:
    """Whether the chair and at least half of the committee are there.

    Before a chair is named, the head of the committee counts as the one who will chair.
    """
    members, there = committee(case), present(case)
    chair: str | None = case.instance.fields.get("chair")
    chairs = set(case.around.holders.get(HEAD, ())) if chair is None else {chair}
    return bool(chairs & members & there) and 2 * len(members & there) >= len(members)


def director_present(case: Case) -> bool:
    """Whether the Director is there, in the chair or not."""
    return not present(case).isdisjoint(case.around.holders.get(DIRECTOR, ()))


def held_day_plausible(case: Case) -> bool:
    """Whether the meeting is held on its day or later, and not in the future."""
    held = _day(case, "held_on")
    announced = _day(case, "meeting_on") or date.min
    return held is None or announced <= held <= case.today


def adjustments_told(case: Case) -> int:
    """What units told after the cut-off."""
    return len(case.rows("adjustment"))


def objectives_open(case: Case) -> int:
    """Results without a conclusion; one where there is no result at all."""
    concluded = {row.values["about"] for row in case.rows("objective_conclusion")}
    results = case.rows("objective_result")
    return sum(row.id not in concluded for row in results) or int(not results)


def unmet_without_follow_up(case: Case) -> int:
    """Rows that are not met, with neither a decision about them nor a complete slip."""
    followed = {row.values.get("about") for row in case.rows("decision")}
    return sum(
        row.values["outcome"] == "not_met" and not _is_followed_up(row, followed)
        for row in case.rows("objective_conclusion")
    )


def outputs_missing(case: Case) -> int:
    """Kinds of decision for which there is neither a decision nor the word that none arose."""
    told = {row.values["kind"] for name in ("decision", "no_decision") for row in case.rows(name)}
    return len(set(KINDS) - told)


def decisions_due_too_soon(case: Case) -> int:
    """Decisions that would be due before the meeting that takes them."""
    held = _day(case, "held_on") or date.min
    return sum(row.values["due_on"] < held for row in case.rows("decision"))


def report_day_plausible(case: Case) -> bool:
    """Whether the report is dated between its signature and today."""
    day = _day(case, "report_date")
    signed = case.instance.last("sign_report")
    return day is None or (signed.on if signed else date.min) <= day <= case.today


def committee(case: Case) -> set[str]:
    """Who belongs to the committee today, its head included."""
    holders = case.around.holders
    return {person for role in (HEAD, MEMBER) for person in holders.get(role, ())}


def present(case: Case) -> set[str]:
    """Who is there."""
    return {row.values["person"] for row in case.rows("attendee") if row.values["present"]}


def _says_none(row: Row) -> bool:
    return bool(row.values.get("nothing_arose"))


def _is_followed_up(row: Row, followed: set[str | None]) -> bool:
    match row.values.get("follow_up"):
        case "decision":
            return row.id in followed
        case "corrective_action":
            return bool(row.values.get("unit") and row.values.get("statement"))
        case _:
            return False


def _day(case: Case, field: str) -> date | None:
    value: date | None = case.instance.fields.get(field)
    return value
