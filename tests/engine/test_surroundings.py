"""What a process reads of others: their state and published figures, the plan, units and roles."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.enter_plan import enter_plan
from engine.commands.manage_organization import NewDelegation, add_delegation
from engine.commands.publish_definition import publish_definitions
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.machine.actor import SYSTEM
from engine.machine.instance import Case, Surroundings, Waiver
from engine.machine.registry import Figure, Reading
from engine.queries.instances import instance_view
from engine.storage import surroundings
from engine.transaction.opening import Opening, open_instance
from engine.transaction.stepping import Taken
from tests.fixtures import NEIGHBOUR, OFFICE, Office

WATCHED = """
format: 1
process: watched
version: 1
code: W
title: {vi: Việc được xem, en: Watched work}
clauses: ["9001:2015/9.1.1"]
opens: [office]
roles: [office, unit_head]
evidence:
  proof: {title: {vi: Minh chứng, en: Proof}, accept: [txt], fresh: per_instance}
initial: begun
states:
  begun: {title: {vi: Đã bắt đầu, en: Begun}, due: 1wd}
  told:  {title: {vi: Đã báo, en: Told}}
  over:  {title: {vi: Đã xong, en: Over}, final: success}
  kept:  {title: {vi: Đã lưu, en: Kept}}
  gone:  {title: {vi: Đã hủy, en: Cancelled}, final: aborted}
transitions:
  report_obstacle:
    title: {vi: Báo vướng mắc, en: Report an obstacle}
    from: [begun, told]
    to: "="
    by: [office]
    reason: required
    internal: true
  tell:   {title: {vi: Báo, en: Tell}, from: begun, to: told, by: [office]}
  keep:   {title: {vi: Lưu, en: Keep}, from: told, to: kept, by: [office]}
  finish: {title: {vi: Xong, en: Finish}, from: kept, to: over, by: [office], evidence: [proof]}
  cancel: {title: {vi: Hủy, en: Cancel}, from: open, to: gone, by: [office]}
figures:
  steps_taken: {unit: count, title: {vi: Số bước, en: Steps taken}}
"""
WATCHING = """
format: 1
process: watching
version: 1
code: WG
title: {vi: Việc theo dõi, en: Watching work}
clauses: ["9001:2015/9.1.3"]
opens: [office]
roles: [office]
evidence:
  proof: {title: {vi: Minh chứng, en: Proof}, accept: [txt], fresh: per_instance}
initial: begun
states:
  begun: {title: {vi: Đã bắt đầu, en: Begun}}
  over:  {title: {vi: Đã xong, en: Over}, final: success}
transitions:
  finish:
    title: {vi: Xong, en: Finish}
    from: begun
    to: over
    by: [office]
    evidence: [proof]
    needs: [{process: watched, state: told, same: year}]
"""
READING = Reading(
    processes=("watched",),
    figures=("watched.steps_taken", "watched.not_registered", "watching.of_its_own"),
    steps=("report_obstacle",),
    waivers=True,
    hands=True,
    roles=("steering_head",),
    tallies=True,
    units=True,
    plan=True,
)
ROW: dict[str, Any] = {
    "code": "4",
    "objective": 4,
    "heading": False,
    "content": {"vi": "Duy trì", "en": "Maintain"},
    "lead": {"vi": "Các phòng", "en": "Divisions", "who": ["all_units"]},
    "method": {"vi": "Đánh giá", "en": "Audit"},
    "measures": [],
    "processes": ["watched"],
}
TRAINED = {"title": {"vi": "Được đào tạo", "en": "Trained"}, "operator": "ge", "value": 95}
PLAN = {
    "rows": [
        ROW,
        {**ROW, "code": "5.1", "objective": 5, "measures": [TRAINED], "processes": []},
        {**ROW, "code": "6", "objective": 6, "heading": True},
    ]
}


@pytest.fixture
def watched(office: Office) -> Office:
    """An office where one process reads another, and a neighbour with the same two."""
    readings = [read(source, file="test.yaml") for source in (WATCHED, WATCHING)]
    processes = tuple(reading.process for reading in readings if reading.process is not None)
    assert len(processes) == 2
    for organization in (OFFICE, NEIGHBOUR):
        publish_definitions(office.runtime, organization, processes)

    def steps_taken(case: Case) -> Figure:
        assert case.around == Surroundings()
        return Figure(numerator=len(case.instance.history) - 1, cut_off=case.today)

    office.runtime.registry.figure("watched", "steps_taken", steps_taken)
    office.runtime.registry.reading("watching", READING)
    return office


def opened(office: Office, process: str, year: int = 2026, *, unit: str | None = None) -> str:
    started = start_instance(
        office.runtime,
        StartInstance(caller=office.as_("office"), process=process, year=year, unit=unit),
    )
    assert isinstance(started, Started)
    return started.case.instance.id


def step(
    office: Office, instance: str, transition: str, reason: str | None = None, *, by: str = "office"
) -> None:
    version = instance_view(office.runtime, office.as_(by), instance).summary.version
    taken = advance_instance(
        office.runtime,
        AdvanceInstance(
            caller=office.as_(by),
            instance_id=instance,
            transition=transition,
            expected_version=version,
            reason=reason,
        ),
    )
    assert isinstance(taken, Taken)


def around(office: Office, instance: str) -> Surroundings:
    with office.runtime.read(office.organization_id) as uow:
        return uow.case(instance).around


@contextmanager
def counted(office: Office) -> Iterator[Callable[[], int]]:
    statements: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(office.runtime.database.engine, "before_cursor_execute", note)
    try:
        yield lambda: len(statements)
    finally:
        event.remove(office.runtime.database.engine, "before_cursor_execute", note)


def test_others_are_seen_by_state_and_by_the_figures_that_they_publish(watched: Office) -> None:
    old = opened(watched, "watched", 2025)
    step(watched, old, "tell")
    new = opened(watched, "watched", unit="tdc")
    opened(watched, "watched", 2024)
    opened(watched, "watched", 2027)
    watched.clock.forward(days=3)

    found = around(watched, opened(watched, "watching"))

    assert [(o.id, o.year, o.state, o.overdue, o.unit) for o in found.others] == [
        (old, 2025, "told", False, None),
        (new, 2026, "begun", True, "tdc"),
    ]
    told, begun = found.others
    assert (told.code, told.state_title, told.process_title["en"]) == (
        "W-2025-01",
        {"vi": "Đã báo", "en": "Told"},
        "Watched work",
    )
    assert list(told.figures) == ["watched.steps_taken"]
    figure = told.figures["watched.steps_taken"]
    assert (figure.numerator, figure.title["vi"], figure.unit) == (1, "Số bước", "count")
    assert begun.figures["watched.steps_taken"].numerator == 0


def test_how_many_there_are_is_counted_over_every_process_of_both_years(watched: Office) -> None:
    done = opened(watched, "watched", 2025)
    step(watched, done, "cancel")
    opened(watched, "watched")
    watched.clock.forward(days=3)
    found = around(watched, opened(watched, "watching"))
    assert [
        (t.process, t.year, t.total, t.succeeded, t.aborted, t.overdue) for t in found.tallies
    ] == [
        ("watched", 2025, 1, 0, 1, 0),
        ("watched", 2026, 1, 0, 0, 1),
        ("watching", 2026, 1, 0, 0, 0),
    ]
    assert found.tallies[0].title == {"vi": "Việc được xem", "en": "Watched work"}


def test_gates_that_were_lifted_in_the_year_are_told_with_who_and_why(watched: Office) -> None:
    cases = {
        "Thiếu người": opened(watched, "watched", unit="tdc"),
        "Máy hỏng": opened(watched, "watched"),
        "Năm trước": opened(watched, "watched", 2025),
    }
    for reason, instance in cases.items():
        watched.clock.forward(minutes=1)
        lift(watched, OFFICE, instance, reason)
    found = around(watched, opened(watched, "watching")).lifted
    assert [(one.code, one.unit, one.gate, one.reason, one.granted_by) for one in found] == [
        ("W-2026-01", "tdc", "window", "Thiếu người", "p001"),
        ("W-2026-02", None, "window", "Máy hỏng", "p001"),
    ]
    assert found[0].until == found[0].on + timedelta(days=7)
    assert around(watched, cases["Máy hỏng"]).lifted == ()


def test_who_worked_for_a_unit_is_known_for_a_year(watched: Office) -> None:
    deputy = watched.people["unit_head_tdc"]
    case = opened(watched, "watched")
    hands = around(watched, opened(watched, "watching")).hands
    # Who holds a role for a unit, and who took a step as one of its people.
    assert deputy in hands["tdc"]
    assert watched.people["office"] in hands["office"]
    assert deputy not in hands["office"]
    today = watched.clock.now().date()
    lent = NewDelegation(
        giver=watched.people["office"],
        deputy=deputy,
        role="office",
        document="QĐ 1",
        valid_from=today,
        valid_to=today,
    )
    add_delegation(watched.runtime, watched.as_("administrator"), lent)
    step(watched, case, "tell", by="unit_head_tdc")
    watching = opened(watched, "watching")
    assert deputy in around(watched, watching).hands["office"]
    watched.clock.forward(days=366)
    assert deputy not in around(watched, watching).hands.get("office", ())


def lift(office: Office, organization: str, instance: str, reason: str) -> None:
    with office.runtime.write(organization) as uow:
        until = uow.today + timedelta(days=7)
        waiver = Waiver(gate="window", reason=reason, granted_by="p001", until=until)
        uow.tables.instances.add_waiver(instance, uow.new_id(), waiver, at=uow.now)
        uow.commit()


def test_reasons_of_the_year_are_read_oldest_first(watched: Office) -> None:
    first, before = opened(watched, "watched"), opened(watched, "watched", 2025)
    step(watched, first, "report_obstacle", "Thiếu máy quét")
    step(watched, before, "report_obstacle", "Năm trước")
    watched.clock.forward(hours=1)
    step(watched, first, "report_obstacle", "Thiếu người")
    found = around(watched, opened(watched, "watching"))
    assert [(told.code, told.reason, told.unit) for told in found.told] == [
        ("W-2026-01", "Thiếu máy quét", "office"),
        ("W-2026-01", "Thiếu người", "office"),
    ]


def test_units_are_those_that_somebody_heads_and_roles_those_who_hold_them(
    watched: Office,
) -> None:
    whole = opened(watched, "watching")
    branch = opened(watched, "watching", unit="testing_center")
    found = around(watched, whole)
    assert len(found.units) == 12
    assert {"department", "leadership"}.isdisjoint(found.units)
    assert around(watched, branch).units == ("tdc", "tdc_one_stop", "testing_center")
    head = watched.people["steering_head"]
    assert found.holders == {"steering_head": (head,)}
    with watched.runtime.read(OFFICE) as uow:
        assert uow.case(whole).people[head].unit == "leadership"


def test_the_plan_is_its_rows_without_headings_with_what_they_aim_at(watched: Office) -> None:
    review = opened(watched, "watching")
    assert around(watched, review).plan == ()
    enter_plan(watched.runtime, OFFICE, 2026, PLAN)
    maintain, train = around(watched, review).plan
    assert (maintain.code, maintain.objective, maintain.lead, maintain.processes) == (
        "4",
        4,
        ("all_units",),
        ("watched",),
    )
    assert maintain.target == {"vi": "Đánh giá", "en": "Audit"}
    assert train.target["vi"] == "Được đào tạo ≥ 95 %"


def test_a_neighbour_is_never_seen(watched: Office) -> None:
    step(watched, opened(watched, "watched"), "report_obstacle", "Chuyện trong nhà")
    enter_plan(watched.runtime, OFFICE, 2026, PLAN)
    neighbour = Office(
        runtime=watched.runtime,
        clock=watched.clock,
        people=watched.people,
        organization_id=NEIGHBOUR,
    )
    found = around(neighbour, opened(neighbour, "watching"))
    assert (found.others, found.told, found.plan) == ((), (), ())
    assert [tally.process for tally in found.tallies] == ["watching"]


def test_a_process_that_asks_for_nothing_pays_for_nothing(watched: Office) -> None:
    quiet, reading = opened(watched, "watched"), opened(watched, "watching")
    assert around(watched, quiet) == Surroundings()
    for _ in range(3):
        opened(watched, "watched")

    def cost(instance: str) -> int:
        with counted(watched) as statements:
            around(watched, instance)
            return statements()

    assert cost(quiet) + 5 < cost(reading)


def test_figures_are_computed_of_the_newest_only_so_that_the_cost_is_bounded(
    watched: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "FIGURES_MAX", 2)
    monkeypatch.setattr(surroundings, "OTHERS_MAX", 3)
    for _ in range(4):
        watched.clock.forward(minutes=1)
        opened(watched, "watched")
    found = around(watched, opened(watched, "watching"))
    assert [(other.code, bool(other.figures)) for other in found.others] == [
        ("W-2026-02", False),
        ("W-2026-03", True),
        ("W-2026-04", True),
    ]
    assert found.tallies[0].total == 4


@pytest.mark.parametrize(
    ("year", "steps", "met"),
    [
        (2026, (), False),
        (2026, ("tell",), True),
        (2025, ("tell",), False),
        (2027, ("tell",), False),
    ],
)
def test_a_need_is_met_by_a_state_that_was_reached_in_the_same_year(
    watched: Office, year: int, steps: tuple[str, ...], met: bool
) -> None:
    other = opened(watched, "watched", year)
    for transition in steps:
        step(watched, other, transition)
    assert needed(watched) is not met


def test_a_need_stays_met_when_the_other_goes_on_from_there(watched: Office) -> None:
    other = opened(watched, "watched")
    step(watched, other, "tell")
    step(watched, other, "keep")
    assert needed(watched) is False


def test_a_need_is_not_met_by_what_was_broken_off(watched: Office) -> None:
    other = opened(watched, "watched")
    step(watched, other, "tell")
    step(watched, other, "cancel")
    assert needed(watched) is True


@pytest.mark.parametrize(("qms", "met"), [(None, True), ("office_block", True), ("tdc", False)])
def test_a_need_is_met_within_the_quality_system_of_the_case(
    watched: Office, qms: str | None, met: bool
) -> None:
    other = opened(watched, "watched")
    step(watched, other, "tell")
    with watched.runtime.write(watched.organization_id) as uow:
        uow.tables.session.execute(
            text("UPDATE instance SET qms = :qms WHERE id = :id"), {"qms": qms, "id": other}
        )
        found = uow.tables.instances.reached(("watched",), 2026, qms="office_block")
    assert (("watched", "told") in found) is met


def needed(office: Office) -> bool:
    """Whether a new watching instance still lacks the other's state."""
    view = instance_view(office.runtime, office.as_("office"), opened(office, "watching"))
    (finish,) = view.options
    return "need:watched" in {unmet.key for unmet in finish.unmet}


def test_figures_on_topics_are_found_and_the_longest_period_speaks(watched: Office) -> None:
    """By no name of theirs: a process that comes later only has to publish a figure."""
    text_ = WATCHED.replace("process: watched", "process: gauged").replace(
        "code: W\n", "code: GA\n"
    )
    text_ = text_.replace("steps_taken: {unit: count,", "heat: {unit: count, topics: [warmth],")
    reader = WATCHING.replace("process: watching", "process: by_topic").replace("WG", "BT")
    reader = reader.replace("    needs: [{process: watched, state: told, same: year}]\n", "")
    found = [read(source, file="test.yaml").process for source in (text_, reader)]
    publish_definitions(watched.runtime, OFFICE, [one for one in found if one is not None])
    registry = watched.runtime.registry
    registry.figure("gauged", "heat", lambda case: Figure(numerator=len(case.instance.history)))
    registry.reading("by_topic", Reading(topics=True))
    with watched.runtime.write(OFFICE) as uow:
        for period in ("2026-W20", "2026-Q2", "2026-06", "2026-Q1"):
            opening = Opening(process="gauged", title=period, year=2026, period=period)
            open_instance(uow, opening, actor=SYSTEM, grant=SYSTEM.grants[0])
        uow.commit()
    seen = around(watched, opened(watched, "by_topic"))
    assert {other.title for other in seen.others} == {"2026-W20", "2026-Q2", "2026-06", "2026-Q1"}
    (telling,) = [other for other in seen.others if other.figures]
    assert telling.title == "2026-Q2"
    assert telling.figures["gauged.heat"].topics == ("warmth",)
