"""5S, the survey, the database, the plan for rooms and IT: what their rows say."""

from datetime import date
from typing import Any

from engine.machine.instance import Case, Row
from engine.machine.registry import Registry
from tests.unit.workflows.made_cases import TODAY, case, row, step
from workflows.catalog import catalog
from workflows.five_s_kpi import facts as five_s
from workflows.infrastructure_plan import register as rooms
from workflows.satisfaction_survey import facts as survey
from workflows.st_database import register as database

REGISTRY = Registry()
catalog(REGISTRY)
AREAS = (row("a1", unit="tdc", name="Kho"), row("a2", unit="office", name="Văn thư"))


def score(row_id: str, area: str, turn: int, points: int, unit: str = "tdc") -> Row:
    return row(row_id, area=area, round=turn, unit=unit, **dict.fromkeys(five_s.SHEET, points))


def rounds(*scores: Row, begun: int = 1, **more: Any) -> Case:
    steps = tuple(
        step("begin_round" if n == 0 else "begin_next_round", TODAY) for n in range(begun)
    )
    records = {"area": AREAS, "score": scores, **more}
    return case("five_s_kpi", fields={"pass_score": 15}, records=records, history=steps)


def test_a_round_asks_for_every_area_anew() -> None:
    first = rounds(score("s1", "a1", 1, 4))
    assert (five_s.current_round(first), five_s.areas_unscored(first)) == (1, 1)
    assert five_s.score_rows(first) == ({"area": "a2", "unit": "office", "round": 1},)
    second = rounds(score("s1", "a1", 1, 4), score("s2", "a2", 1, 2), begun=2)
    assert (five_s.current_round(second), five_s.areas_unscored(second)) == (2, 2)


def test_the_last_round_with_scores_is_what_counts() -> None:
    scores = (
        score("s1", "a1", 1, 1),
        score("s2", "a1", 2, 4),
        score("s3", "a2", 2, 2, unit="office"),
    )
    found = rounds(*scores, begun=2)
    mean = five_s.mean_score(found)
    assert (mean.numerator, mean.denominator) == (30, 40)
    assert mean.parts == {"office": (10, 20), "tdc": (20, 20)}
    assert five_s.by_s(found).parts["S3"] == (6, 8)
    assert (five_s.areas_fit(found).numerator, five_s.areas_fit(found).denominator) == (1, 2)
    assert five_s.poor_without_action(found) == 1
    helped = rounds(*scores, begun=2, improvement=(row("i", area="a2"),))
    assert five_s.poor_without_action(helped) == 0
    assert five_s.mean_score(rounds()).numerator is None
    assert five_s.by_s(rounds()).parts == {}


def answers(*points: int, **fields: Any) -> Case:
    rows = tuple(
        row(str(n), unit="tdc" if n % 2 else "office", overall=p, staff=p, access=None)
        for n, p in enumerate(points)
    )
    return case("satisfaction_survey", fields=fields, records={"answer": rows})


def test_who_gives_four_or_five_points_is_satisfied() -> None:
    found = answers(5, 4, 3, 1, target=60, invited=10, min_responses=5)
    figure = survey.satisfied(found)
    assert (figure.numerator, figure.denominator) == (2, 4)
    assert figure.parts == {"office": (1, 2), "tdc": (1, 2)}
    assert survey.units_below(found) == 2
    assert survey.by_index(found).parts == {"staff": (13, 20)}
    assert (survey.response_rate(found).numerator, survey.response_rate(found).denominator) == (
        4,
        10,
    )
    assert survey.too_few(found)
    assert not survey.more_than_invited(found)
    empty = answers()
    assert survey.satisfied(empty).numerator is None
    assert survey.by_index(empty).numerator is None
    assert survey.response_rate(empty).numerator is None


def test_a_survey_has_its_days() -> None:
    assert survey.days_in_order(answers(first_day=TODAY))
    assert not survey.days_in_order(answers(first_day=TODAY, last_day=date(2026, 8, 7)))
    assert survey.survey_over(answers(last_day=date(2026, 8, 7)))
    assert not survey.survey_over(answers(last_day=TODAY))
    assert survey.survey_runs(answers(first_day=TODAY, last_day=TODAY))
    for days in (
        {"first_day": TODAY},
        {"last_day": TODAY},
        {"first_day": date(2026, 8, 6), "last_day": date(2026, 8, 7)},
        {"first_day": date(2027, 1, 1), "last_day": date(2027, 1, 2)},
    ):
        assert not survey.survey_runs(answers(**days))


def test_a_milestone_is_in_time_by_its_day() -> None:
    milestones = (
        row("m1", unit="tdc", due_on=date(2026, 8, 3), done_on=date(2026, 8, 3)),
        row("m2", unit="tdc", due_on=date(2026, 8, 3)),
        row("m3", unit="tdc", due_on=date(2026, 9, 1)),
    )
    found = case("st_database", records={"milestone": milestones})
    assert (database.in_time(found).numerator, database.in_time(found).denominator) == (1, 2)
    assert database.in_time(case("st_database")).numerator is None
    held = (row("d1", source="tdc", entries=5), row("d2", source="office", entries=7))
    stored = case("st_database", records={"dataset": held})
    assert REGISTRY.facts["st_database.entries_held"](stored) == 12
    done = REGISTRY.figures["st_database.milestones_done"](found)
    assert (done.numerator, done.denominator, done.cut_off) == (1, 3, TODAY)


def test_the_plan_for_rooms_is_dated_issued_and_kept_up() -> None:
    signed = (step("sign_plan", date(2026, 6, 29)),)
    for day, fits in ((None, True), (date(2026, 6, 26), False), (date(2026, 6, 30), True)):
        found = case("infrastructure_plan", fields={"plan_date": day}, history=signed)
        assert rooms.plan_day_plausible(found) is fits
    assert rooms.issued_in_time(case("infrastructure_plan")) is False
    assert rooms.issued_in_time(case("infrastructure_plan", today=date(2026, 6, 30))) is None
    steps = (step("issue", date(2026, 6, 30)), step("issue", date(2026, 7, 6)))
    assert rooms.issued_in_time(case("infrastructure_plan", history=steps)) is True
    told = (row("n1", kind="leak"), row("n2", kind="outage"), row("n3", kind="leak"))
    figure = rooms.incidents(case("infrastructure_plan", records={"incident": told}))
    assert (figure.numerator, figure.parts) == (3, {"leak": (2, None), "outage": (1, None)})
    wrong = (row("u", system_name="Camera", minutes_up=11, minutes_total=10),)
    ran = case("infrastructure_plan", records={"uptime": wrong})
    assert REGISTRY.facts["infrastructure_plan.uptime_wrong"](ran) == 1
