"""What holds of every campaign: nobody is lost between the figures, and 100 % means everybody."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.definition.source import read_file
from engine.machine.conditions import compile_condition
from engine.machine.instance import Case, Row
from tests.unit.workflows.made_cases import row
from tests.unit.workflows.training_campaign.made_campaigns import (
    campaign,
    course,
    member,
    of_class,
    placed,
    score,
    session,
    tick,
)
from workflows.training_campaign import facts, figures, proposals
from workflows.training_campaign.roster import roster

DEFINITION = Path(__file__).parents[2] / "definitions" / "training_campaign.yaml"
UNITS = ("office", "tdc", "one_stop")
KINDS = ("civil_servant", "public_employee", "contract_staff")

fates = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(UNITS),
        "kind": st.sampled_from(KINDS),
        "exempt": st.booleans(),
        "rounds": st.dictionaries(
            st.integers(1, 3),
            st.tuples(
                st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=3),
                st.none() | st.integers(0, 100),
            ),
            max_size=3,
        ),
        "course": st.sampled_from([None, "offered", "accepted"]),
        "listed": st.booleans(),
    }
)


def built(people: list[dict[str, Any]]) -> Case:
    """A campaign in which everybody has the fate that was drawn."""
    sets: dict[str, list[Row]] = {
        "training_class": [of_class(f"r{nth}", nth) for nth in (1, 2, 3)],
        "class_session": [
            session(f"r{nth}_{day}", f"r{nth}", date(2026, 7, 3 * nth + day))
            for nth in (1, 2, 3)
            for day in range(3)
        ],
    }
    for number, fate in enumerate(people):
        for name, found in _rows(f"p{number}", fate):
            sets.setdefault(name, []).append(found)
    empty = ("headcount", "placement", "attendance", "score", "outside_course")
    blank = dict.fromkeys((*empty, "course_acceptance", "exception"), ())
    return campaign(**{**blank, **{name: tuple(rows) for name, rows in sets.items()}})


def _rows(who: str, fate: dict[str, Any]) -> list[tuple[str, Row]]:
    unit = fate["unit"]
    found = [("headcount", member(who, unit, fate["kind"]))]
    if fate["exempt"]:
        found.append(("placement", placed(who, unit, None, exempt="study")))
    for nth, (present, points) in fate["rounds"].items():
        found.append(("placement", placed(who, unit, f"r{nth}")))
        found += [
            ("attendance", tick(who, f"r{nth}_{day}", present=was))
            for day, was in enumerate(present)
            if was is not None
        ]
        if points is not None:
            found.append(("score", score(who, nth, points)))
    if fate["course"] is not None:
        found.append(("outside_course", course(who, unit=unit)))
    if fate["course"] == "accepted":
        found.append(("course_acceptance", row(f"k_{who}", outside_course=f"o_{who}")))
    if fate["listed"]:
        found.append(("exception", row(f"e_{who}", person=who, unit=unit)))
    return found


@given(st.lists(fates, max_size=12))
def test_everybody_is_trained_exempt_or_outstanding_and_only_one_of_them(
    people: list[dict[str, Any]],
) -> None:
    found = roster(built(people))
    split = (*found.trained(), *found.exempt(), *found.outstanding())
    assert sorted(split) == sorted(found.members)


@given(st.lists(fates, max_size=12))
def test_who_is_trained_exempt_listed_or_unexplained_is_the_whole_snapshot(
    people: list[dict[str, Any]],
) -> None:
    case = built(people)
    objective, eligible = figures.objective_coverage(case), figures.eligible_coverage(case)
    exempt = figures.exempt_count(case).numerator or 0
    explained = (figures.exception_count(case).numerator or 0) - facts.exceptions_unfounded(case)
    assert objective.numerator == eligible.numerator
    assert objective.denominator == len(people)
    assert eligible.denominator == len(people) - exempt
    assert (objective.numerator or 0) + exempt + explained + facts.exceptions_unlisted(case) == len(
        people
    )


@given(st.lists(fates, max_size=12))
def test_parts_add_up_to_their_figure(people: list[dict[str, Any]]) -> None:
    case = built(people)
    for name in (
        "objective_coverage",
        "objective_by_kind",
        "eligible_coverage",
        "eligible_by_kind",
    ):
        figure = figures.FIGURES[name](case)
        assert sum(part[0] for part in figure.parts.values()) == figure.numerator
        assert sum(part[1] or 0 for part in figure.parts.values()) == figure.denominator
        assert len(figure.rows["reached"]) == figure.numerator


@given(st.lists(fates, max_size=12))
def test_the_projection_never_falls_below_what_was_reached(people: list[dict[str, Any]]) -> None:
    case = built(people)
    reached, hoped = figures.objective_coverage(case), figures.projected_coverage(case)
    assert (reached.numerator or 0) <= (hoped.numerator or 0) <= len(people)
    assert facts.projected_untrained(case) == len(people) - (hoped.numerator or 0)


@cache
def ends() -> tuple[Any, ...]:
    """The arms of the last step: (condition or None, end)."""
    process = read_file(DEFINITION).process
    assert process is not None
    return tuple(
        (None if arm.when is None else compile_condition(arm.when, process), arm.to)
        for arm in process.transitions["check_effect"].choose
    )


@given(st.lists(fates, max_size=12))
def test_a_campaign_completes_plainly_when_everybody_was_trained_and_only_then(
    people: list[dict[str, Any]],
) -> None:
    case = built(people)
    told = {"untrained": facts.untrained(case)}
    end = next(to for when, to in ends() if when is None or when({}, told, case.instance))
    figure = figures.objective_coverage(case)
    assert (end == "completed") == (figure.numerator == figure.denominator)


@given(st.lists(fates, max_size=12))
def test_what_is_proposed_is_what_the_gates_miss(people: list[dict[str, Any]]) -> None:
    case = built(people)
    assert len(proposals.exception(case)) == facts.exceptions_unlisted(case)
    assert len(proposals.attendance(case)) == facts.attendance_missing(case)
    assert len(proposals.score(case)) == facts.scores_missing(case)
