"""The demonstration loads through the real commands on both databases, and stands as it is told."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.auth.passwords import Passwords
from api.bootstrap import KEPT_CLOCK, build_runtime, demonstration_clock, movable_clock
from api.clauses import edition_of
from api.demonstration import loading
from api.demonstration.loading import (
    Demonstration,
    accounts,
    kept_password,
    load_into,
    load_into_new_file,
    with_kept_clock,
)
from api.demonstration.playing import PastClock, StoryBrokenError
from api.seeds import read_yaml
from api.settings import Settings
from engine.errors import Conflict
from engine.queries.audit_trail import verify_log
from engine.queries.clause_coverage import clause_coverage
from engine.queries.inbox import inbox
from engine.queries.instances import instance_view, list_instances
from engine.queries.plan import plan_view
from engine.queries.plan_facts import plan_facts
from engine.queries.plan_standing import Cause, Light
from engine.runtime import Caller, Runtime
from engine.storage.audit_log import LogFilter
from engine.storage.database import Database
from engine.storage.instances import Filter
from tests.fixtures import Databases
from tests.scale import at_scale

YEAR = 2026
PASSWORD = "mười-hai-ký-tự"  # noqa: S105 - the demonstration prints its own.
STATES = {
    "last_year": "closed",
    "last_year_desk": "closed_effective",
    "last_year_science": "closed_effective",
    "branch": "follow_up",
    "branch_lab": "closed_effective",
    "branch_desk": "in_progress",
    "branch_measuring": "watching",
    "divisions": "on_site",
    "centres": "submitted",
    "inspectorate": "draft",
    "complaint": "plan_submitted",
    "disputed": "issued",
    "training": "delivering",
}
DOSSIERS = 5
"""Cases that the import of the one-stop desk's export opened."""
PERIODS = {
    # Reviews of this week, this month and this quarter.
    "overdue_period_review": ["period_open"] * 3,
    "weekly_task_report": ["week_open"],
    "tthc_performance": ["month_open"],
    "integrity_briefing": ["planned"],
    "duty_compliance_check": ["scheduled"],
    "dossier_sampling": ["month_open"],
}
"""Process → where the cases stand that the house opened for the periods of today."""


@dataclass(slots=True)
class Loaded:
    """A demonstration, and the runtime at its first instant."""

    runtime: Runtime
    told: Demonstration
    settings: Settings

    def caller(self, username: str) -> Caller:
        with self.runtime.credentials() as (found, _):
            account = found.by_username(username)
        assert account is not None
        return Caller(organization_id=account.organization_id, person=account.person)


def load(kind: str, databases: Databases, folder: Path, *, year: int = YEAR) -> Iterator[Loaded]:
    address = databases.empty() if kind == "postgresql" else None
    settings = Settings(data_dir=folder, database_url=address)
    if address is None:
        told = load_into_new_file(settings, year=year, password=PASSWORD)
        database = Database(settings.database_address)
    else:
        database = Database(address)
        told = load_into(database, settings, year=year, password=PASSWORD)
    clock = PastClock(told.start)
    runtime = build_runtime(settings, database=database, clock=clock)
    yield Loaded(runtime=runtime, told=told, settings=settings)
    database.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """Loaded once for each database; the tests of this file only look at it."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    yield from load(request.param, databases, tmp_path_factory.mktemp("demonstration"))


def test_every_case_stands_where_the_story_says(loaded: Loaded) -> None:
    secretary = loaded.caller("iso_secretary")
    told = {
        name: instance_view(loaded.runtime, secretary, instance).summary.state
        for name, instance in loaded.told.instances.items()
    }
    assert told == STATES
    listed = list_instances(loaded.runtime, secretary, Filter(), limit=100)
    of_dossiers = [one for one in listed if one.process == "overdue_case"]
    assert sorted(one.state for one in of_dossiers) == ["at_risk"] * 2 + ["overdue"] * 3
    periods = [one for one in listed if one.process in PERIODS]
    opened = {name: [one.state for one in periods if one.process == name] for name in PERIODS}
    assert opened == PERIODS
    others = {summary.id for summary in listed} - {one.id for one in (*of_dossiers, *periods)}
    assert others == set(loaded.told.instances.values())


def test_the_log_verifies_and_runs_forward(loaded: Loaded) -> None:
    verdict = verify_log(loaded.runtime, loaded.told.organization_id)
    assert verdict.intact, verdict.findings
    assert verdict.instances == len(STATES) + DOSSIERS + sum(map(len, PERIODS.values()))
    assert verdict.files > 50
    with loaded.runtime.read(loaded.told.organization_id) as uow:
        entries = uow.tables.log.read(LogFilter(), limit=10_000)
    times = [entry.recorded_at for entry in entries]
    assert times == sorted(times)
    assert times[-1] <= loaded.told.start


def test_the_present_lies_inside_the_third_quarter_of_the_year(loaded: Loaded) -> None:
    start = loaded.told.start
    assert (start.year, start.month) == (YEAR, 8)
    assert start.isoweekday() <= 5
    assert 8 <= start.hour < 17


def test_one_slip_is_overdue_and_its_leaders_were_told(loaded: Loaded) -> None:
    secretary = loaded.caller("iso_secretary")
    slip = instance_view(loaded.runtime, secretary, loaded.told.instances["branch_desk"]).summary
    assert slip.overdue
    messages = {m.message for m in inbox(loaded.runtime, loaded.caller("steering_head")).messages}
    assert "escalation" in messages


def test_the_director_finds_a_plan_to_approve_and_the_auditor_is_on_site(loaded: Loaded) -> None:
    director = inbox(loaded.runtime, loaded.caller("director"))
    waiting = {item.instance.id for item in (*director.ready, *director.waiting)}
    assert loaded.told.instances["centres"] in waiting
    audit = instance_view(
        loaded.runtime, loaded.caller("internal_auditor_4"), loaded.told.instances["divisions"]
    )
    tables = {table.name: table for table in audit.records}
    assert tables["finding"].may_edit
    assert {row.values["grade"] for row in tables["finding"].rows} == {"minor", "observation"}


def test_the_closed_audit_shows_its_loop_and_its_figures(loaded: Loaded) -> None:
    secretary = loaded.caller("iso_secretary")
    slip = instance_view(loaded.runtime, secretary, loaded.told.instances["last_year_desk"])
    assert [step.step.transition for step in slip.route].count("fail") == 1
    audit = instance_view(loaded.runtime, secretary, loaded.told.instances["last_year"])
    figures = {figure.name: figure.figure for figure in audit.figures}
    assert (figures["units_audited"].numerator, figures["units_audited"].denominator) == (3, 3)
    assert figures["finished_in_third_quarter"].numerator == 1


def test_a_class_was_taught_another_is_to_come_and_the_leaders_know_who_will_be_missing(
    loaded: Loaded,
) -> None:
    training = instance_view(
        loaded.runtime, loaded.caller("trainer"), loaded.told.instances["training"]
    )
    figures = {figure.name: figure.figure for figure in training.figures}
    staff = figures["objective_coverage"].denominator
    assert staff == 32
    # One was absent from both sessions of the first class, one is on maternity leave.
    assert figures["projected_coverage"].numerator == staff - 2
    assert training.summary.flags == ("coverage_short",)
    messages = {m.message for m in inbox(loaded.runtime, loaded.caller("steering_head")).messages}
    assert "coverage_short" in messages
    tables = {table.name: table for table in training.records}
    assert tables["attendance"].may_edit
    assert set(training.documents) >= {"training_plan", "attendance_form"}
    # The list with everybody's reasons is not the trainer's to read.
    assert "enrolment_list" in training.kept_documents


def test_the_plans_are_there_and_rows_lead_to_their_instances(loaded: Loaded) -> None:
    secretary = loaded.caller("iso_secretary")
    first = plan_view(loaded.runtime, secretary, 2023)
    assert first.years == (2023, YEAR - 1, YEAR)
    assert first.body["document"]["signer"]["name"] != "Nguyễn Khắc Hải Đăng"
    plan = plan_view(loaded.runtime, secretary, YEAR)
    assert plan.body["document"]["signer"]["name"] == "Nguyễn Khắc Hải Đăng"
    assert len(plan.instances["4"]) >= 4
    times = " ".join(row["time"]["vi"] for row in plan.body["rows"] if row.get("time"))
    assert f"/{YEAR}" in times
    assert "2023" not in times


def test_the_plan_says_how_each_row_stands_and_figures_are_those_of_their_cases(
    loaded: Loaded,
) -> None:
    director = loaded.caller("director")
    standing = plan_view(loaded.runtime, director, YEAR).standing
    causes = {
        code: {(reason.light, reason.cause) for reason in row.reasons}
        for code, row in standing.rows.items()
    }
    assert (Light.RED, Cause.CASE_LATE) in causes["4"]
    assert (Light.RED, Cause.NOT_DONE) in causes["6.2"]
    assert (Light.AMBER, Cause.NOT_OPENED) in causes["7"]
    assert (Light.NONE, Cause.NOT_YET) in causes["5.3"]
    assert standing.rows["5.1"].light is Light.GREEN
    measured = [
        target
        for row in standing.rows.values()
        for target in row.targets
        if target.actual is not None
    ]
    assert {target.id for target in measured} >= {"returned_on_time", "time_cut", "trained"}
    for target in measured:
        actual = target.actual
        assert actual is not None
        shown = instance_view(loaded.runtime, director, actual.source_id)
        told = [(each.figure.numerator, each.figure.denominator) for each in shown.figures]
        assert (actual.numerator, actual.denominator) in told


def test_a_target_stands_beside_what_its_figure_said_of_the_year_before(loaded: Loaded) -> None:
    words = {"vi": "Đơn vị được đánh giá", "en": "Units audited"}
    measure = {
        "id": "units",
        "title": words,
        "operator": "eq",
        "value": 100,
        "figure": "internal_audit.units_audited",
    }
    row = {"code": "4", "objective": 4, "content": words, "measures": [measure]}
    with loaded.runtime.read(loaded.told.organization_id) as uow:
        (facts,) = plan_facts(uow, {"rows": [row]}, YEAR)
    (target,) = facts.targets
    assert target.before is not None
    assert target.before.source == f"IA-{YEAR - 1}-01"
    assert (target.before.numerator, target.before.denominator) == (3, 3)
    assert target.before.settled
    assert target.actual is not None
    assert target.actual.source.startswith(f"IA-{YEAR}-")


def test_records_that_clauses_ask_for_are_held_by_the_cases_whose_steps_used_them(
    loaded: Loaded,
) -> None:
    auditor = loaded.caller("external_auditor")
    found = clause_coverage(loaded.runtime, auditor, edition_of("2015"), year=YEAR)
    by_id = {record.record.id: record for record in found.records}
    assert by_id["audit_results"].light is Light.GREEN
    assert by_id["nonconformity"].light is Light.GREEN
    assert (by_id["competence"].light, by_id["review_results"].light) == (Light.AMBER, Light.RED)
    assert by_id["scope"].light is Light.NONE
    held = [cell for record in found.records for cell in record.cells if cell.held]
    assert held
    for cell in held:
        shown = instance_view(loaded.runtime, auditor, cell.case_id)
        assert any(file.used_state for slot in shown.slots for file in slot.files)
    # What stands only attached, in a case that no step has taken up, is no proof.
    assert by_id["competence"].gap is not None
    assert by_id["competence"].gap.who == ("tdc_branch",)
    before = clause_coverage(loaded.runtime, auditor, edition_of("2015"), year=YEAR - 5)
    assert {record.light for record in before.records} == {Light.RED, Light.NONE}


def test_everybody_may_log_in_with_the_one_password(loaded: Loaded) -> None:
    with loaded.runtime.credentials() as (found, _):
        kept = {name: found.by_username(name) for name, _ in accounts()}
    hashes = {account.password_hash for account in kept.values() if account is not None}
    assert None not in kept.values()
    (only,) = hashes
    assert Passwords().matches(PASSWORD, only)
    assert not Passwords().matches(PASSWORD + "!", only)
    assert {"director", "unit_head_tdc", "internal_auditor_4", "administrator"} <= set(kept)


def test_an_organisation_is_made_once(loaded: Loaded) -> None:
    with pytest.raises(Conflict) as caught:
        load_into(loaded.runtime.database, loaded.settings, year=YEAR, password=PASSWORD)
    assert caught.value.code == "organization_exists"


@pytest.mark.slow
@pytest.mark.parametrize("year", at_scale(dev=[2029], ci=[2024, 2029]))
def test_the_story_happens_in_any_year(
    year: int, sqlite_databases: Databases, tmp_path: Path
) -> None:
    for loaded in load("sqlite", sqlite_databases, tmp_path, year=year):
        assert set(loaded.told.instances) == set(STATES)
        assert verify_log(loaded.runtime, loaded.told.organization_id).intact
        assert loaded.told.start.year == year


def test_a_story_that_breaks_leaves_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The Director approves what he has submitted himself: no story may go on from there.
    story = read_yaml(loading.STORY)
    only = {**story["cases"]["last_year"], "events": story["cases"]["last_year"]["events"][:5]}
    only["events"][3]["by"] = "director"
    broken = {"now": story["now"], "cases": {"last_year": only}}
    read = loading.read_yaml
    monkeypatch.setattr(
        loading, "read_yaml", lambda path: broken if path == loading.STORY else read(path)
    )
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(StoryBrokenError) as caught:
        load_into_new_file(settings, year=YEAR, password=PASSWORD)
    assert caught.value.code == "story_refused"
    assert caught.value.params["case"] == "last_year"
    assert any(reason.startswith("role") for reason in caught.value.params["unmet"])
    assert not (tmp_path / "quytrinh.db").exists()


def test_the_password_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = kept_password(tmp_path / "data")
    assert len(first) >= 12
    assert kept_password(tmp_path / "data") == first
    assert kept_password(tmp_path / "other") != first
    file = tmp_path / "data" / loading.KEPT_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_clock_of_a_demonstration_is_found_again(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert with_kept_clock(settings).clock is None
    start = "2026-08-17T10:15:00+07:00"
    demonstration_clock(settings, start)
    assert (tmp_path / KEPT_CLOCK).exists()
    assert with_kept_clock(settings).clock == start
    chosen = Settings(data_dir=tmp_path, clock="+P3D")
    assert with_kept_clock(chosen).clock == "+P3D"


def test_the_loaded_house_runs_on_the_clock_that_was_kept(loaded: Loaded) -> None:
    settings = loaded.settings.model_copy(update={"clock": loaded.told.start.isoformat()})
    runtime = build_runtime(settings, database=loaded.runtime.database)
    clock = movable_clock(runtime)
    assert clock is not None
    assert 0 <= (clock.now() - loaded.told.start).total_seconds() < 600
