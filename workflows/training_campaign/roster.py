"""The people of a campaign, read once from its rows: who is placed, present, tested and trained.

1. *Trained* is who was present in at least 80 % of the sessions of a round and reached the pass
   mark in the test of that round, or whose outside course was accepted. Dissemination counts for
   nothing.
2. *Exempt* is who has a reason and was not trained all the same; *outstanding* is everybody else
   who is not trained. The three together are the snapshot, and nobody is in two of them.
3. Somebody is *on the way* while a round is open for them: no score yet, and what was attended
   with what is not recorded yet can still make 80 %.
4. Round 1 is the first; rounds 2 and 3 are make-up classes. While make-up classes are prepared, the
   round to come is the one that counts.
5. The pass mark is half of the most points where the plan says nothing, rounded up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from engine.machine.instance import Case, Row

ATTENDED_PERCENT = 80
MOST_POINTS = 100


class Employed(Protocol):
    """What the lookup `staff` gives of somebody in a unit."""

    @property
    def id(self) -> str:
        """The person."""

    @property
    def name(self) -> str:
        """What the person is called."""

    @property
    def unit(self) -> str:
        """Where the person works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody of a campaign.

    Attributes:
        members: person → row of the snapshot, in its order.
        rounds: class → its round.
        sessions: class → its sessions, by day.
        places: person → round → classes in which the person has a place.
        exemptions: person → the row that gives a reason.
        ticks: (person, session) → whether present.
        scores: (person, round) → row of the test.
        courses: person → row of an outside course that counts.
    """

    members: Mapping[str, Row]
    rounds: Mapping[str, int]
    sessions: Mapping[str, tuple[Row, ...]]
    places: Mapping[str, Mapping[int, tuple[str, ...]]]
    exemptions: Mapping[str, Row]
    ticks: Mapping[tuple[str, str], bool]
    scores: Mapping[tuple[str, int], Row]
    courses: Mapping[str, Row]
    pass_mark: int

    def sessions_of(self, person: str, in_round: int) -> tuple[Row, ...]:
        """The sessions that a person has to attend in a round."""
        classes = self.places.get(person, {}).get(in_round, ())
        return tuple(session for found in classes for session in self.sessions.get(found, ()))

    def attended(self, person: str, in_round: int) -> bool:
        """Whether a person was present in enough sessions of a round."""
        due = self.sessions_of(person, in_round)
        present = sum(self.ticks.get((person, session.id), False) for session in due)
        return _suffices(present, len(due))

    def round_of(self, person: str) -> int | None:
        """The round of our own classes in which a person was trained; None for none."""
        for found in sorted(self.places.get(person, ())):
            score = self.scores.get((person, found))
            passed = score is not None and score.values["after"] >= self.pass_mark
            if passed and self.attended(person, found):
                return found
        return None

    def is_trained(self, person: str) -> bool:
        """Whether somebody of the snapshot was trained, by us or elsewhere."""
        known = person in self.members
        return known and (person in self.courses or self.round_of(person) is not None)

    def trained(self) -> tuple[str, ...]:
        """Everybody who was trained, in the order of the snapshot."""
        return tuple(person for person in self.members if self.is_trained(person))

    def exempt(self) -> tuple[str, ...]:
        """Everybody who has a reason, and was not trained all the same."""
        return tuple(
            person
            for person in self.members
            if person in self.exemptions and not self.is_trained(person)
        )

    def outstanding(self) -> tuple[str, ...]:
        """Everybody who is neither trained nor exempt: absent, failed, or not yet so far."""
        return tuple(
            person
            for person in self.members
            if person not in self.exemptions and not self.is_trained(person)
        )

    def on_the_way(self) -> tuple[str, ...]:
        """Those outstanding who can still be trained by what is planned."""
        return tuple(person for person in self.outstanding() if self._may_still_pass(person))

    def _may_still_pass(self, person: str) -> bool:
        return any(
            (person, found) not in self.scores and self._may_still_attend(person, found)
            for found in self.places.get(person, ())
        )

    def _may_still_attend(self, person: str, in_round: int) -> bool:
        due = self.sessions_of(person, in_round)
        hoped = sum(self.ticks.get((person, session.id), True) for session in due)
        return _suffices(hoped, len(due))


def roster(case: Case) -> Roster:
    """The people of a campaign as they stand."""
    members = {row.values["person"]: row for row in case.rows("headcount")}
    rounds = {row.id: row.values["round"] for row in case.rows("training_class")}
    exemptions = {
        row.values["person"]: row for row in case.rows("placement") if row.values.get("exempt")
    }
    return Roster(
        members=members,
        rounds=rounds,
        sessions=_sessions(case),
        places=_places(case, rounds),
        exemptions=exemptions,
        ticks={
            (row.values["person"], row.values["class_session"]): row.values["present"]
            for row in case.rows("attendance")
        },
        scores={(row.values["person"], row.values["round"]): row for row in case.rows("score")},
        courses=_courses(case),
        pass_mark=pass_mark(case),
    )


def pass_mark(case: Case) -> int:
    """The points from which a test is passed."""
    told: int | None = case.instance.fields.get("pass_mark")
    half = -(-max_score(case) // 2)
    return half if told is None else told


def max_score(case: Case) -> int:
    """The most points of the test."""
    told: int | None = case.instance.fields.get("max_score")
    return MOST_POINTS if told is None else told


def present_round(case: Case) -> int:
    """The round under way, or the one that is being prepared."""
    opened = 1 + case.instance.taken("add_class")
    return opened + 1 if case.instance.state == "make_up" else opened


def present_staff(case: Case) -> tuple[Employed, ...]:
    """Who works in a unit of the organisation today."""
    return _staff_on(case, case.today)


def differences(case: Case) -> dict[str, str]:
    """Person → how the snapshot differs from the staff list on its day (today until it is given).

    `left_out` is on the list alone, `not_on_list` in the snapshot alone, `another_unit` in both.
    """
    day: date | None = case.instance.fields.get("snapshot_on")
    listed = {member.id: member.unit for member in _staff_on(case, day or case.today)}
    taken = {row.values["person"]: row.values["unit"] for row in case.rows("headcount")}
    found = {person: "left_out" for person in listed if person not in taken}
    for person, unit in taken.items():
        if person not in listed:
            found[person] = "not_on_list"
        elif listed[person] != unit:
            found[person] = "another_unit"
    return found


def _staff_on(case: Case, day: date) -> tuple[Employed, ...]:
    """Who works in a unit of the organisation on a day."""
    everybody = case.lookups.get("staff", ())
    return tuple(
        member
        for member in everybody
        if member.since <= day and (member.until is None or member.until >= day)
    )


def units_of(people: Iterable[Row]) -> tuple[str, ...]:
    """The units of some rows, each once, in their order."""
    return tuple(dict.fromkeys(row.values["unit"] for row in people))


def _suffices(present: int, due: int) -> bool:
    """Whether so many sessions of all are enough; of no sessions nobody attended enough."""
    return due > 0 and present * 100 >= due * ATTENDED_PERCENT


def _sessions(case: Case) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in case.rows("class_session"):
        found[row.values["training_class"]].append(row)
    return {
        of_class: tuple(sorted(rows, key=lambda row: (row.values["held_on"], row.id)))
        for of_class, rows in found.items()
    }


def _places(case: Case, rounds: Mapping[str, int]) -> dict[str, dict[int, tuple[str, ...]]]:
    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for row in case.rows("placement"):
        of_class = row.values.get("training_class")
        if of_class is not None and of_class in rounds:
            taken = found.setdefault(row.values["person"], {})
            taken[rounds[of_class]] = (*taken.get(rounds[of_class], ()), of_class)
    return found


def _courses(case: Case) -> dict[str, Row]:
    """Outside courses that were accepted and lie in order and in the past."""
    accepted = {row.values["outside_course"] for row in case.rows("course_acceptance")}
    return {
        row.values["person"]: row
        for row in case.rows("outside_course")
        if row.id in accepted and row.values["from_day"] <= row.values["to_day"] <= case.today
    }
