"""Imports from a file to rows and cases: once, whatever is killed, whoever else works."""

from datetime import date, timedelta
from typing import Any

import pytest

from engine.commands import manage_imports, run_imports
from engine.commands.manage_imports import (
    ColumnsMissing,
    cancel_import,
    draft_import,
    forget_drafts,
    map_draft,
    preview_draft,
    preview_file,
    start_import,
)
from engine.errors import Conflict, Invalid, NotFound
from engine.queries.audit_trail import verify_log
from engine.runtime import Caller, Unavailable
from engine.storage.audit_log import LogFilter
from engine.storage.jobs import JobState
from engine.transaction.registering import FillsNot
from engine.worker.jobs import run_waiting_imports, sweep_evidence
from tests.engine.lines import (
    LINES,
    TODAY,
    counts,
    days_until,
    job_of,
    lines,
    many,
    told,
    wait,
    with_lines,
)
from tests.fixtures import NEIGHBOUR, OFFICE, Office
from workflows.overdue_dossiers.records import DossierFilter, count_dossiers, known_dossiers


class Killed(BaseException):
    """What a kill is to a process: nothing catches it."""


def stored(office: Office) -> int:
    with office.runtime.read(OFFICE) as uow:
        return count_dossiers(uow.tables.session, OFFICE, DossierFilter())


def cases(office: Office) -> dict[str, str]:
    """Dossier code → state of its case."""
    with office.runtime.read(OFFICE) as uow:
        known = known_dossiers(uow.tables.session, OFFICE, DossierFilter(), limit=1000)
        return {
            each.dossier.code: uow.case(each.case_id).instance.state
            for each in known
            if each.case_id is not None
        }


def entries(office: Office) -> list[dict[str, Any]]:
    with office.runtime.read(OFFICE) as uow:
        found = uow.tables.log.read(LogFilter(type="data_imported"), limit=100)
    assert all(entry.stream == f"register:{LINES}" for entry in found)
    return [dict(entry.payload.details) for entry in found if entry.payload is not None]


def test_an_import_is_read_counted_logged_and_done_once(office: Office) -> None:
    with_lines(office)
    content = lines(
        "A;office;60;pending;",
        "B;office;60;pending;",
        "?",
        "A;office;60;finished;30",
        "C;office;0;pending;1",
    )
    waiting = wait(office, content, declared_rows=6).job
    assert waiting.state is JobState.WAITING
    assert run_waiting_imports(office.runtime) == 1
    assert run_waiting_imports(office.runtime) == 0
    done = job_of(office, waiting.id)
    assert (done.state, done.position) == (JobState.DONE, 6)
    assert counts(done) == {"rows": 5, "faulty": 2, "new": 2, "changed": 1}
    with office.runtime.read(OFFICE) as uow:
        faults = uow.tables.jobs.faults(done.id, limit=10)
    assert [(fault.number, fault.row, fault.column) for fault in faults] == [
        (1, 4, "due_on"),
        (2, 4, "status"),
        (3, 6, "ended_on"),
    ]
    begun, finished = entries(office)
    assert (begun["phase"], begun["sha256"]) == ("begun", waiting.sha256)
    told_of_end = {name: finished[name] for name in ("phase", "rows", "new", "declared_rows")}
    assert told_of_end == {"phase": "finished", "rows": 5, "new": 2, "declared_rows": 6}
    assert verify_log(office.runtime, OFFICE).intact


def test_the_file_goes_and_a_record_of_what_was_taken_stays(sqlite_office: Office) -> None:
    with_lines(sqlite_office)
    runtime = sqlite_office.runtime
    content = lines("A;office;60;pending;", "Trần Văn Bình;0901234567", "B;office;60;pending;")
    job = wait(sqlite_office, content).job
    assert runtime.store.exists(OFFICE, job.sha256)
    run_waiting_imports(runtime)
    record = job_of(sqlite_office, job.id).progress["record"]["sha256"]
    assert [blob.sha256 for blob in runtime.store.list(OFFICE)] == [record]
    with runtime.store.open(OFFICE, record) as kept:
        text = kept.read().decode("utf-8-sig")
    assert [line.partition(";")[0] for line in text.splitlines()] == ["code", "A", "B"]
    assert entries(sqlite_office)[-1]["record"] == record
    # Sent again it is known, and goes again; one that is stopped goes as well.
    assert wait(sqlite_office, content).known
    stopped = wait(sqlite_office, many(1)).job
    cancel_import(runtime, sqlite_office.as_("one_stop"), stopped.id)
    assert [blob.sha256 for blob in runtime.store.list(OFFICE)] == [record]


def test_the_checksum_does_not_depend_on_the_order(sqlite_office: Office) -> None:
    with_lines(sqlite_office)
    rows = [f"HS-{n};office;60;pending;" for n in range(20)]
    one, other = wait(sqlite_office, lines(*rows)), wait(sqlite_office, lines(*reversed(rows)))
    less = wait(sqlite_office, lines(*rows[1:]))
    run_waiting_imports(sqlite_office.runtime)
    sums = [job_of(sqlite_office, each.job.id).progress["checksum"] for each in (one, other, less)]
    assert sums[0] == sums[1] != sums[2]


def test_after_a_kill_the_import_goes_on_and_counts_nothing_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_imports, "BATCH", 10)
    register = with_lines(office)
    job = wait(office, many(45)).job

    def kill(batch: int) -> None:
        if batch == 3:
            raise Killed

    register.before_writing = kill
    with pytest.raises(Killed):
        run_waiting_imports(office.runtime)
    left = job_of(office, job.id)
    assert (left.state, left.position, stored(office)) == (JobState.RUNNING, 20, 20)
    # Somebody may still be at it: nobody else takes it before its lease has run out.
    assert run_waiting_imports(office.runtime) == 0
    monkeypatch.setattr(run_imports, "SystemClock", later_clock(minutes=5))
    assert run_waiting_imports(office.runtime) == 1
    done = job_of(office, job.id)
    assert (done.state, done.position) == (JobState.DONE, 45)
    assert counts(done) == {"rows": 45, "new": 45}
    # Three batches before the kill, the third of them undone, and three after it.
    assert register.batches == 6


def later_clock(**spans: float) -> Any:
    class Later:
        def now(self) -> Any:
            return run_imports_clock().now() + timedelta(**spans)

    return Later


run_imports_clock = run_imports.SystemClock


def test_who_was_thought_dead_and_is_not_writes_nothing_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_imports, "BATCH", 10)
    register = with_lines(office)
    job = wait(office, many(30)).job
    taken_over: list[int] = []

    def overtake(batch: int) -> None:
        if batch == 2:
            register.before_writing = lambda _: None
            with office.runtime.read(OFFICE) as uow:
                assert uow.tables.jobs.get(job.id) is not None
            raise Unavailable("database_unavailable")

    register.before_writing = overtake
    with pytest.raises(ExceptionGroup):
        run_waiting_imports(office.runtime)
    slow = run_imports._Run(office.runtime, OFFICE, job_of(office, job.id))  # noqa: SLF001 - the worker that sleeps.
    monkeypatch.setattr(run_imports, "SystemClock", later_clock(minutes=5))
    taken_over.append(run_waiting_imports(office.runtime))
    assert taken_over == [1]
    assert slow.carry_out() is False
    assert counts(job_of(office, job.id)) == {"rows": 30, "new": 30}
    assert [entry["phase"] for entry in entries(office)] == ["begun", "finished"]


def test_imports_follow_one_another_in_the_order_of_their_coming(
    sqlite_office: Office,
) -> None:
    register = with_lines(sqlite_office)
    first = wait(sqlite_office, many(3)).job
    second = wait(sqlite_office, many(3, status="paused")).job

    def another_worker(_: int) -> None:
        register.before_writing = lambda _: None
        assert run_waiting_imports(sqlite_office.runtime) == 0

    register.before_writing = another_worker
    # One writer at a time is SQLite's own rule: the second worker only reads here.
    assert run_waiting_imports(sqlite_office.runtime) == 2
    assert counts(job_of(sqlite_office, first.id)) == {"rows": 3, "new": 3}
    assert counts(job_of(sqlite_office, second.id)) == {"rows": 3, "changed": 3}


def test_the_same_content_is_imported_once(sqlite_office: Office) -> None:
    with_lines(sqlite_office)
    first = wait(sqlite_office, many(3))
    assert not first.known
    assert wait(sqlite_office, many(3)).job.id == first.job.id
    run_waiting_imports(sqlite_office.runtime)
    again = wait(sqlite_office, many(3))
    assert (again.known, again.job.id) == (True, first.job.id)
    # Another source may tell the same, and names of units given anew read it anew.
    assert not wait(sqlite_office, many(3), source="province").known
    assert not wait(sqlite_office, many(3), aliases={"Văn phòng Sở": "office"}).known


def test_what_is_late_or_at_risk_gets_its_case_and_once(office: Office) -> None:
    with_lines(office)
    content = lines(
        f"LATE;office;{days_until(date(2026, 7, 3))};pending;",
        f"TODAY;office;{days_until(TODAY)};pending;",
        f"RISK;office;{days_until(date(2026, 7, 8))};pending;",
        f"FINE;office;{days_until(date(2026, 7, 9))};pending;",
        f"PAUSED;office;{days_until(date(2026, 7, 3))};paused;",
        f"FRESH;office;{days_until(date(2026, 7, 1))};finished;{days_until(date(2026, 7, 2))}",
        f"OLD;office;{days_until(date(2026, 6, 1))};finished;{days_until(date(2026, 6, 15))}",
        f"IN_TIME;office;{days_until(date(2026, 7, 3))};finished;{days_until(date(2026, 7, 3))}",
    )
    job = wait(office, content).job
    run_waiting_imports(office.runtime)
    expected = {"LATE": "overdue", "TODAY": "at_risk", "RISK": "at_risk", "FRESH": "overdue"}
    assert cases(office) == expected
    assert job_of(office, job.id).progress["opened"] == 4
    office.clock.forward(days=1)
    wait(office, content + b"\n")
    run_waiting_imports(office.runtime)
    # The picture of the day after shows that what was due on Monday had no result: it is late.
    assert cases(office) == {**expected, "FINE": "at_risk", "TODAY": "overdue"}
    office.clock.forward(days=30)
    assert run_imports.open_register_cases(office.runtime, OFFICE) == 0
    with office.runtime.read(OFFICE) as uow:
        opened = uow.tables.log.read(LogFilter(type="instance_created"), limit=100)
    assert verify_log(office.runtime, OFFICE).intact
    assert {entry.actor for entry in opened} == {"system"}
    assert len(opened) == 5


def test_time_alone_opens_the_case_of_a_dossier(sqlite_office: Office) -> None:
    with_lines(sqlite_office)
    wait(sqlite_office, lines(f"FINE;office;{days_until(date(2026, 7, 9))};pending;"))
    run_waiting_imports(sqlite_office.runtime)
    assert run_imports.open_register_cases(sqlite_office.runtime, OFFICE) == 0
    sqlite_office.clock.forward(days=1)
    assert run_imports.open_register_cases(sqlite_office.runtime, OFFICE) == 1
    assert run_imports.open_register_cases(sqlite_office.runtime, OFFICE) == 0
    assert cases(sqlite_office) == {"FINE": "at_risk"}


def test_only_some_roles_fill_a_register(sqlite_office: Office) -> None:
    with_lines(sqlite_office)
    for username in ("unit_staff", "director", "administrator"):
        for act in (preview_file, lambda *a: draft_import(*a, bytes_max=100, start=False)):
            with pytest.raises(FillsNot):
                act(sqlite_office.runtime, sqlite_office.as_(username), told(many(1)))
    assert entries(sqlite_office) == []


def test_a_file_is_looked_at_mapped_and_started_or_not(sqlite_office: Office) -> None:
    register = with_lines(sqlite_office)
    runtime, desk = sqlite_office.runtime, sqlite_office.as_("one_stop")
    bad = told(lines("A;office;60", heading="code;unit;due"))
    assert preview_file(runtime, desk, bad).layout.missing == ("status",)
    bad.content.seek(0)
    with pytest.raises(ColumnsMissing):
        draft_import(runtime, desk, bad, bytes_max=100, start=True)
    drafted = draft_import(runtime, desk, told(many(30)), bytes_max=10_000, start=False).job
    job, preview = preview_draft(runtime, desk, drafted.id)
    assert (job.state, preview.rows_seen, preview.complete) == (JobState.DRAFTED, 30, True)
    assert len(preview.rows) == 20
    assert run_waiting_imports(runtime) == 0
    with pytest.raises(Invalid) as caught:
        map_draft(runtime, desk, drafted.id, mapping={"no": "x"}, aliases={"VP": "nowhere"})
    codes = {fault["field"]: fault["code"] for fault in caught.value.params["faults"]}
    assert codes == {"mapping.no": "unknown_field", "aliases.VP": "unknown_unit"}
    map_draft(runtime, desk, drafted.id, mapping={"unit": "unit"}, aliases={"VP": "office"})
    started = start_import(runtime, desk, drafted.id)
    assert started.job.options["mapping"] == {"code": "code", "unit": "unit"}
    with pytest.raises(Conflict):
        start_import(runtime, desk, drafted.id)
    # The next file of the source is read as this one was.
    preview_file(runtime, desk, told(many(2)))
    assert register.reads[-1].aliases == {"VP": "office"}
    assert register.reads[-1].mapping == {"code": "code", "unit": "unit"}


def test_an_import_can_be_stopped_and_what_it_wrote_stays(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_imports, "BATCH", 10)
    register = with_lines(sqlite_office)
    desk = sqlite_office.as_("one_stop")
    job = wait(sqlite_office, many(30)).job

    def stop(batch: int) -> None:
        if batch == 2:
            raise Unavailable("database_unavailable")

    register.before_writing = stop
    with pytest.raises(ExceptionGroup):
        run_waiting_imports(sqlite_office.runtime)
    cancel_import(sqlite_office.runtime, desk, job.id)
    monkeypatch.setattr(run_imports, "SystemClock", later_clock(minutes=5))
    assert run_waiting_imports(sqlite_office.runtime) == 0
    assert (job_of(sqlite_office, job.id).state, stored(sqlite_office)) == (JobState.CANCELLED, 10)
    assert [(e["phase"], e.get("new")) for e in entries(sqlite_office)] == [
        ("begun", None),
        ("cancelled", 10),
    ]
    with pytest.raises(Conflict):
        cancel_import(sqlite_office.runtime, desk, job.id)


def test_what_is_wrong_with_the_file_ends_the_import_and_is_said(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = with_lines(sqlite_office)
    job = wait(sqlite_office, many(5)).job

    def damaged(_: int) -> None:
        raise Invalid("file_damaged", type="xlsx")

    register.before_writing = damaged
    assert run_waiting_imports(sqlite_office.runtime) == 1
    failed = job_of(sqlite_office, job.id)
    assert failed.state is JobState.FAILED
    assert failed.failure == {"code": "file_damaged", "params": {"type": "xlsx"}}
    # It did not come to pass: the same content may come again.
    register.before_writing = lambda _: None
    assert not wait(sqlite_office, many(5)).known
    # One that never gets on does not keep the others waiting for ever.
    monkeypatch.setattr(run_imports, "TRIES_MAX", 0)
    run_waiting_imports(sqlite_office.runtime)
    phases = [(entry["phase"], entry.get("failure")) for entry in entries(sqlite_office)]
    assert phases[-1] == ("failed", "import_tried_too_often")


def test_what_is_said_of_a_file_is_checked(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_lines(sqlite_office)
    wrong: tuple[dict[str, Any], ...] = (
        {"source": "  "},
        {"as_of": sqlite_office.clock.instant + timedelta(minutes=1)},
        {"declared_rows": -1},
        {"declared_sha256": "0" * 64},
        {"aliases": {"VP": "nowhere"}},
    )
    for values in wrong:
        with pytest.raises(Invalid):
            wait(sqlite_office, many(1), **values)
    with pytest.raises(NotFound):
        wait(sqlite_office, many(1), register="other")
    with pytest.raises(Invalid):
        wait(sqlite_office, lines(heading="broken"))
    assert entries(sqlite_office) == []
    monkeypatch.setattr(manage_imports, "WAITING_MAX", 1)
    wait(sqlite_office, many(1))
    with pytest.raises(Conflict):
        wait(sqlite_office, many(2))


def test_jobs_of_the_neighbour_are_not_there(sqlite_office: Office) -> None:
    with_lines(sqlite_office)
    job = wait(sqlite_office, many(1)).job
    stranger = Caller(organization_id=NEIGHBOUR, person=sqlite_office.people["one_stop"])
    for act in (preview_draft, start_import, cancel_import):
        with pytest.raises(NotFound):
            act(sqlite_office.runtime, stranger, job.id)


def test_bytes_of_imports_are_kept_and_those_of_forgotten_drafts_are_swept(
    sqlite_office: Office,
) -> None:
    with_lines(sqlite_office)
    runtime, desk = sqlite_office.runtime, sqlite_office.as_("one_stop")
    kept = wait(sqlite_office, many(1)).job
    draft = draft_import(runtime, desk, told(many(2)), bytes_max=1000, start=False).job
    newest = max(blob.stored_at for blob in runtime.store.list(OFFICE))
    sqlite_office.clock.move_to(max(newest, sqlite_office.clock.instant) + timedelta(days=3))
    assert sweep_evidence(runtime) == 0
    assert forget_drafts(runtime, OFFICE) == 1
    assert sweep_evidence(runtime) == 1
    assert runtime.store.exists(OFFICE, kept.sha256)
    assert not runtime.store.exists(OFFICE, draft.sha256)
