"""One command path, one transaction: all of a step lands, or nothing. Both databases."""

import json
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, event, text
from sqlalchemy.exc import DBAPIError

from engine.commands.advance_instance import AdvanceInstance, Stale, rehearse
from engine.commands.change_record import (
    Changed,
    ChangeRow,
    NotChanged,
    change_record,
)
from engine.commands.fire_timers import fire_timers
from engine.commands.start_instance import NotOpened, Started, StartInstance, start_instance
from engine.errors import Conflict, NotFound
from engine.machine.decision import NotAvailable, Refused, UnknownTransition
from engine.queries.audit_trail import verify_log
from engine.queries.instances import instance_view
from engine.runtime import OnceKey, Replayed
from engine.storage.audit_log import LogFilter
from engine.storage.database import JsonColumn
from engine.storage.idempotency import Answer
from engine.transaction.recording import StaleRow
from engine.transaction.stepping import Taken, TurnedDown
from tests.engine.equipment import another, publish, start, text_file
from tests.fixtures import NEIGHBOUR, OFFICE, Office

WRITERS = 16


def bodies(office: Office, instance_id: str) -> list[dict[str, Any]]:
    """The bodies of an instance's log."""
    with office.runtime.read(office.organization_id) as uow:
        entries = uow.tables.log.read(LogFilter(instance=instance_id), limit=1000)
    return [json.loads(entry.body) for entry in entries]


def log_size(office: Office) -> int:
    with office.runtime.read(office.organization_id) as uow:
        return uow.tables.log.size()


def rendered(value: str, digest: str = "d1") -> OnceKey:
    """A key whose answer is what happened, in a word."""
    return OnceKey(
        path="/transitions",
        value=value,
        body_digest=digest,
        render=lambda outcome: Answer(status=200, headers="{}", body=type(outcome).__name__),
    )


def test_creation_is_entry_0_and_a_code_is_gapless(office: Office) -> None:
    first = start(office)
    second = another(office)
    entry = bodies(office, first.id)[0]
    assert (entry["type"], entry["seq"], entry["to"]) == ("instance_created", 0, "planned")
    views = [instance_view(office.runtime, office.as_("office"), c.id) for c in (first, second)]
    assert [view.summary.code for view in views] == ["EC-2026-01", "EC-2026-02"]


def test_a_step_with_its_file_moves_the_case_and_logs_the_evidence(office: Office) -> None:
    check = start(office)
    taken = check.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file()), faults=0
    )
    assert isinstance(taken, Taken)
    assert taken.case.instance.state == "fit"
    last = bodies(office, check.id)[-1]
    assert last["transition"] == "report"
    assert last["evidence"][0]["requirement"] == "check_sheet"
    (file,) = taken.case.evidence
    assert file.status == "frozen"
    assert verify_log(office.runtime, OFFICE).intact


def test_a_fault_is_found_with_the_names_of_its_case_and_file(
    office: Office, tmp_path: Path
) -> None:
    check = start(office)
    check.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file()), faults=0
    )
    (blob,) = (path for path in tmp_path.rglob("*") if len(path.name) == 64)
    blob.rename(tmp_path / "elsewhere")
    found = verify_log(office.runtime, OFFICE)
    (missing,) = found.findings
    instance, file = str(missing.detail).split()
    assert missing.code == "blob_missing"
    assert found.names[instance] == "EC-2026-01"
    with office.runtime.read(OFFICE) as uow:
        assert found.names[file] == uow.tables.evidence.of_instance(check.id)[0].filename


def test_a_refusal_names_every_reason_and_changes_nothing_but_the_log(office: Office) -> None:
    check = start(office)
    size = log_size(office)
    outcome = check.step("office", "report")
    assert isinstance(outcome, TurnedDown)
    assert outcome.refused.forbidden
    assert set(outcome.refused.keys) == {
        "role",
        "field_missing:faults",
        "evidence_missing:check_sheet",
    }
    entry = bodies(office, check.id)[-1]
    assert (entry["outcome"], set(entry["unmet"])) == ("refused", set(outcome.refused.keys))
    assert log_size(office) == size + 1
    view = instance_view(office.runtime, office.as_("office"), check.id)
    assert (view.summary.state, view.summary.version) == ("planned", 0)


def test_a_file_of_a_refused_step_leaves_no_record(office: Office) -> None:
    check = start(office)
    outcome = check.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file())
    )
    assert isinstance(outcome, TurnedDown)
    assert outcome.refused.keys == ("field_missing:faults",)
    with office.runtime.read(OFFICE) as uow:
        assert uow.tables.evidence.of_instance(check.id) == ()


def test_a_head_of_another_unit_is_refused(office: Office) -> None:
    check = start(office)
    outcome = check.step("unit_head_office", "report", file=("check_sheet", text_file()), faults=0)
    assert isinstance(outcome, TurnedDown)
    assert outcome.refused.keys == ("unit",)


def test_a_stale_version_tells_the_present_state(office: Office) -> None:
    check = start(office)
    check.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file()), faults=2
    )
    size = log_size(office)
    with pytest.raises(Stale) as caught:
        check.step("unit_head_science_management", "repaired", version=0)
    assert caught.value.params["state"] == "repair"
    assert caught.value.params["available"] == ["repaired"]
    assert log_size(office) == size


def test_unknown_and_unavailable_steps_are_errors_and_leave_no_entry(office: Office) -> None:
    check = start(office)
    size = log_size(office)
    with pytest.raises(UnknownTransition):
        check.step("office", "dance")
    with pytest.raises(NotAvailable):
        check.step("office", "accept")
    assert log_size(office) == size


def test_a_dry_run_says_what_would_happen_and_writes_nothing(office: Office) -> None:
    check = start(office)
    size = log_size(office)
    found = rehearse(
        office.runtime,
        AdvanceInstance(
            caller=office.as_("unit_head_science_management"),
            instance_id=check.id,
            transition="report",
            expected_version=0,
            fields={"faults": 1},
        ),
    )
    assert isinstance(found.decision, Refused)
    assert found.decision.keys == ("evidence_missing:check_sheet",)
    assert log_size(office) == size


def test_the_one_who_repaired_may_not_accept(office: Office) -> None:
    check = start(office)
    head = "unit_head_science_management"
    check.step(head, "report", file=("check_sheet", text_file()), faults=1)
    check.step(head, "repaired", file=("repair_proof", text_file("đã thay cảm biến")))
    outcome = check.step(head, "accept")
    assert isinstance(outcome, TurnedDown)
    assert outcome.refused.keys == ("separation:repaired",)
    assert isinstance(check.step("office", "accept"), Taken)
    assert verify_log(office.runtime, OFFICE).intact


def test_proof_of_the_first_repair_does_not_serve_the_second(office: Office) -> None:
    check = start(office)
    head = "unit_head_science_management"
    check.step(head, "report", file=("check_sheet", text_file()), faults=1)
    check.step(head, "repaired", file=("repair_proof", text_file("lần 1")))
    check.step("office", "send_back", reason="Vẫn còn sai số")
    outcome = check.step(head, "repaired")
    assert isinstance(outcome, TurnedDown)
    assert outcome.refused.keys == ("evidence_stale:repair_proof",)
    assert isinstance(check.step(head, "repaired", file=("repair_proof", text_file("2"))), Taken)


def test_of_sixteen_writers_exactly_one_wins(office: Office) -> None:
    check = start(office)
    head = "unit_head_science_management"
    check.step(head, "report", file=("check_sheet", text_file()), faults=1)
    check.step(head, "repaired", file=("repair_proof", text_file("lần 1")))
    seen = check.version
    outcomes: list[str] = []
    barrier = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        barrier.wait()
        transition = "accept" if number % 2 else "send_back"
        try:
            taken = check.step("office", transition, reason="Cùng lúc", version=seen)
            outcomes.append(type(taken).__name__)
        except Stale:
            outcomes.append("Stale")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Stale"] * (WRITERS - 1) + ["Taken"]
    assert verify_log(office.runtime, OFFICE).intact


def test_codes_stay_gapless_when_many_open_at_once(office: Office) -> None:
    publish(office)
    barrier = threading.Barrier(8)

    def open_one() -> None:
        barrier.wait()
        another(office)

    threads = [threading.Thread(target=open_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.runtime.read(OFFICE) as uow:
        codes = [uow.tables.instances.by_code(f"EC-2026-{n:02d}") for n in range(1, 10)]
    assert [found is not None for found in codes] == [True] * 8 + [False]
    assert verify_log(office.runtime, OFFICE).intact


def test_the_same_key_gets_the_first_answer_and_another_body_a_conflict(office: Office) -> None:
    check = start(office)
    head = "unit_head_science_management"
    first = check.step(
        head, "report", file=("check_sheet", text_file()), faults=1, key=rendered("k1")
    )
    size = log_size(office)
    again = check.step(
        head, "report", file=("check_sheet", text_file()), faults=1, key=rendered("k1"), version=0
    )
    assert isinstance(first, Taken)
    assert isinstance(again, Replayed)
    assert again.answer.body == "Taken"
    with pytest.raises(Conflict, match="idempotency_mismatch"):
        check.step(head, "report", key=rendered("k1", "other body"), version=0)
    assert log_size(office) == size


def test_a_refused_answer_is_kept_too(office: Office) -> None:
    check = start(office)
    assert isinstance(check.step("office", "report", key=rendered("k2")), TurnedDown)
    size = log_size(office)
    again = check.step("office", "report", key=rendered("k2"))
    assert isinstance(again, Replayed)
    assert log_size(office) == size


def test_who_may_not_open_is_turned_away(office: Office) -> None:
    publish(office)
    outcome = start_instance(
        office.runtime,
        StartInstance(caller=office.as_("one_stop"), process="equipment_check"),
    )
    assert isinstance(outcome, NotOpened)
    assert outcome.refused.keys == ("role",)


def test_a_neighbour_knows_nothing(office: Office) -> None:
    check = start(office)
    neighbour = office.as_("office").__class__(
        organization_id=NEIGHBOUR, person=office.people["office"]
    )
    with pytest.raises(NotFound):
        instance_view(office.runtime, neighbour, check.id)


@pytest.mark.parametrize(
    "table",
    ["log_entry", "log_head", "evidence", "instance", "step", "timer", "idempotency_answer"],
)
def test_a_failure_at_any_write_leaves_everything_as_it_was(office: Office, table: str) -> None:
    check = start(office)
    before = instance_view(office.runtime, office.as_("office"), check.id)
    size = log_size(office)
    break_writes_to(office, table)
    with pytest.raises((DBAPIError, RuntimeError)):
        check.step(
            "unit_head_science_management",
            "report",
            file=("check_sheet", text_file()),
            faults=1,
            key=rendered("crash"),
        )
    mend_writes(office)
    after = instance_view(office.runtime, office.as_("office"), check.id)
    assert (after.summary, after.route, after.slots) == (before.summary, before.route, before.slots)
    assert log_size(office) == size
    assert verify_log(office.runtime, OFFICE).intact
    taken = check.step(
        "unit_head_science_management",
        "report",
        file=("check_sheet", text_file()),
        faults=1,
        key=rendered("crash"),
    )
    assert isinstance(taken, Taken)


def break_writes_to(office: Office, table: str) -> None:
    """Let every statement that writes to a table fail, as a full disk would."""

    def fail(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        words = statement.replace('"', "").split()
        if {"INSERT", "UPDATE", "DELETE"} & {words[0]} and table in words[:4]:
            msg = f"no write to {table}"
            raise RuntimeError(msg)

    event.listen(office.runtime.database.engine, "before_cursor_execute", fail)
    BROKEN.append(fail)


BROKEN: list[Any] = []


def mend_writes(office: Office) -> None:
    while BROKEN:
        event.remove(office.runtime.database.engine, "before_cursor_execute", BROKEN.pop())


def test_the_log_refuses_update_and_delete(office: Office) -> None:
    start(office)
    statements = ["UPDATE log_entry SET actor = 'x'", "DELETE FROM log_entry"]
    if not office.runtime.database.is_sqlite:
        statements.append("TRUNCATE log_entry")
    for statement in statements:
        with (
            pytest.raises(DBAPIError, match="append-only"),
            office.runtime.database.writing() as session,
        ):
            session.connection().execute(text(statement))


def test_rows_are_written_with_old_and_new_values_and_personal_ones_apart(office: Office) -> None:
    check = start(office)
    head = office.as_("unit_head_science_management")
    added = change_record(
        office.runtime,
        ChangeRow(
            caller=head,
            instance_id=check.id,
            record_set="device",
            values={"name": "Máy quang phổ", "keeper": head.person},
        ),
    )
    assert isinstance(added, Changed)
    changed = change_record(
        office.runtime,
        ChangeRow(
            caller=head,
            instance_id=check.id,
            record_set="device",
            row=added.row,
            expected_version=1,
            values={"name": "Máy quang phổ UV"},
        ),
    )
    assert isinstance(changed, Changed)
    with office.runtime.read(OFFICE) as uow:
        first, second = (uow.tables.log.get(c.entry) for c in (added, changed))
    assert first is not None
    assert second is not None
    assert second.payload is not None
    (change,) = second.payload.changes
    assert (change.old, change.new) == ("Máy quang phổ", "Máy quang phổ UV")
    assert first.payload is not None
    assert [c.column for c in first.payload.changes] == ["name"]
    assert "personal" in json.loads(first.body)
    with pytest.raises(StaleRow):
        change_record(
            office.runtime,
            ChangeRow(
                caller=head,
                instance_id=check.id,
                record_set="device",
                row=added.row,
                expected_version=1,
                values={"name": "Khác"},
            ),
        )
    view = instance_view(office.runtime, head, check.id)
    assert view.summary.version == 0
    assert verify_log(office.runtime, OFFICE).intact


def test_a_row_that_stands_already_is_refused_and_the_attempt_logged(office: Office) -> None:
    check = start(office)
    head = office.as_("unit_head_science_management")
    request = ChangeRow(
        caller=head, instance_id=check.id, record_set="device", values={"name": "Cân"}
    )
    change_record(office.runtime, request)
    refused = change_record(office.runtime, request)
    assert isinstance(refused, NotChanged)
    assert bodies(office, check.id)[-1]["outcome"] == "refused"


def test_due_days_count_working_days_and_timers_fire_once(office: Office) -> None:
    check = start(office)
    view = instance_view(office.runtime, office.as_("office"), check.id)
    assert view.summary.due_on == date(2026, 7, 13)
    office.clock.forward(days=7)
    fired = fire_timers(office.runtime, OFFICE)
    assert fired.count == 1
    assert fire_timers(office.runtime, OFFICE).count == 0
    office.clock.forward(days=2)
    assert fire_timers(office.runtime, OFFICE).count >= 1
    assert bodies(office, check.id)[-1]["type"] == "escalated"
    with office.runtime.read(OFFICE) as uow:
        told = uow.tables.outbox.of_person(office.people["office"], limit=10)
    assert [message.message for message in told] == ["escalation"]


def test_the_house_takes_the_overdue_step_and_timers_of_a_left_state_do_not_fire(
    office: Office,
) -> None:
    check = start(office)
    check.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file()), faults=1
    )
    office.clock.forward(days=5)
    assert fire_timers(office.runtime, OFFICE).count == 1
    view = instance_view(office.runtime, office.as_("office"), check.id)
    assert view.summary.state == "scrapped"
    last = bodies(office, check.id)[-1]
    assert (last["actor"], last["role"]) == ("system", "system")
    assert fire_timers(office.runtime, OFFICE).count == 0
    assert verify_log(office.runtime, OFFICE).intact


def test_a_timer_that_cannot_fire_keeps_no_other_waiting(office: Office) -> None:
    broken = start(office)
    whole = another(office)
    with office.runtime.database.writing() as session:
        session.connection().execute(
            text("UPDATE timer SET kind = 'check' WHERE instance_id = :id"), {"id": broken.id}
        )
        statement = text("UPDATE timer SET params = :params WHERE instance_id = :id")
        session.connection().execute(
            statement.bindparams(bindparam("params", type_=JsonColumn)),
            {"id": broken.id, "params": {"index": 99}},
        )
        session.commit()
    office.clock.forward(days=30)
    with pytest.raises(ExceptionGroup):
        fire_timers(office.runtime, OFFICE)
    told = [body["type"] for body in bodies(office, whole.id)]
    assert "escalated" in told


def test_several_workers_fire_each_timer_once(office: Office) -> None:
    for _ in range(4):
        start(office) if not office_has(office) else another(office)
    office.clock.forward(days=30)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(fire_timers(office.runtime, OFFICE).count))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.runtime.read(OFFICE) as uow:
        told = uow.tables.outbox.of_person(office.people["office"], limit=100)
    assert len([m for m in told if m.message == "escalation"]) == 4


def office_has(office: Office) -> bool:
    with office.runtime.read(OFFICE) as uow:
        return "equipment_check" in uow.tables.definitions.processes()


def test_started_is_what_the_key_replays(office: Office) -> None:
    publish(office)
    request = StartInstance(
        caller=office.as_("office"), process="equipment_check", title="Một", key=rendered("s1")
    )
    assert isinstance(start_instance(office.runtime, request), Started)
    assert isinstance(start_instance(office.runtime, request), Replayed)
    with office.runtime.read(OFFICE) as uow:
        assert uow.tables.instances.by_code("EC-2026-02") is None
