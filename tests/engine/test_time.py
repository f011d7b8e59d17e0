"""What time does to a case: a worker that slept, a clock that is put back, Tết, summer time. Both
databases."""

from datetime import UTC, date, datetime, timedelta

from sqlmodel import col, update

from engine.audit.leaf import EntryType
from engine.commands.fire_timers import fire_timers
from engine.queries.audit_trail import verify_log
from engine.queries.inbox import inbox
from engine.storage.audit_log import LogFilter
from engine.storage.organization import OrganizationRow
from tests.engine.equipment import Check, start, text_file
from tests.engine.test_calendar_changes import change, due, off, pending
from tests.fixtures import OFFICE, Office

HEAD = "unit_head_science_management"
HOUR = timedelta(hours=1)


def told(office: Office, username: str) -> list[str]:
    messages = inbox(office.runtime, office.as_(username)).messages
    return sorted(message.message for message in messages)


def taken(check: Check) -> list[tuple[str | None, datetime]]:
    """The steps of a check as the log has them, with when each was written."""
    with check.office.runtime.read(OFFICE) as uow:
        entries = uow.tables.log.read(LogFilter(instance=check.id), limit=50)
    steps = [one for one in entries if one.type == EntryType.TRANSITION]
    return sorted(((one.actor, one.recorded_at) for one in steps), key=lambda step: step[1])


def state(check: Check) -> str:
    with check.office.runtime.read(OFFICE) as uow:
        return uow.case(check.id).instance.state


def under_repair(office: Office) -> Check:
    """A check that found two faults; its repair is due two working days later."""
    check = start(office)
    check.step(HEAD, "report", file=("check_sheet", text_file()), faults=2)
    return check


def test_a_worker_that_slept_over_a_deadline_does_once_what_was_due_and_says_when(
    office: Office,
) -> None:
    check = under_repair(office)
    office.clock.forward(days=30)
    woken = office.clock.now()

    for _ in range(3):
        fire_timers(office.runtime, OFFICE)

    assert state(check) == "scrapped"
    # It was not done in time, and the log does not say that it was.
    assert taken(check)[1:] == [("system", woken)]
    assert pending(office, check.id) == {}
    assert verify_log(office.runtime, OFFICE).intact


def test_a_worker_that_slept_through_every_rung_tells_each_of_them_once(office: Office) -> None:
    check = start(office)
    office.clock.forward(days=30)

    for _ in range(3):
        fire_timers(office.runtime, OFFICE)

    assert told(office, HEAD) == ["overdue"]
    assert told(office, "office") == ["escalation"]
    assert state(check) == "planned"


def test_a_deadline_that_would_fall_inside_tet_falls_after_it(office: Office) -> None:
    # Monday a week before Tết Bính Ngọ: 16 to 20 February 2026 are off.
    office.clock.move_to(datetime(2026, 2, 9, 1, tzinfo=UTC))
    check = start(office)
    assert due(office, check.id) == date(2026, 2, 23)
    # Reminded on the last working day before, which lies on the other side of the holiday.
    assert pending(office, check.id)["remind"] == "13 01"

    office.clock.move_to(datetime(2026, 2, 20, 1, tzinfo=UTC))
    fire_timers(office.runtime, OFFICE)
    assert told(office, HEAD) == ["reminder"]
    office.clock.move_to(datetime(2026, 2, 23, 18, tzinfo=UTC))
    fire_timers(office.runtime, OFFICE)
    assert told(office, HEAD) == ["overdue", "reminder"]


def test_a_day_off_that_is_announced_that_morning_makes_nobody_late(office: Office) -> None:
    check = start(office)
    assert due(office, check.id) == date(2026, 7, 13)
    office.clock.move_to(datetime(2026, 7, 13, 0, 30, tzinfo=UTC))
    fire_timers(office.runtime, OFFICE)
    change(office, off(date(2026, 7, 13)))

    office.clock.move_to(datetime(2026, 7, 13, 18, tzinfo=UTC))
    fire_timers(office.runtime, OFFICE)
    assert "overdue" not in told(office, HEAD)
    office.clock.move_to(datetime(2026, 7, 14, 18, tzinfo=UTC))
    fire_timers(office.runtime, OFFICE)
    assert "overdue" in told(office, HEAD)


def test_a_clock_that_is_put_back_loses_no_step_and_fires_nothing_twice(office: Office) -> None:
    check = under_repair(office)
    office.clock.forward(days=1)
    check.step(HEAD, "repaired", file=("repair_proof", text_file("Hóa đơn")))
    office.clock.instant -= 5 * HOUR
    check.step("office", "send_back", reason="Chưa đạt")
    assert state(check) == "repair"

    office.clock.forward(days=10)
    fire_timers(office.runtime, OFFICE)
    assert state(check) == "scrapped"
    office.clock.instant -= 9 * timedelta(days=1)
    fire_timers(office.runtime, OFFICE)
    assert [actor for actor, _ in taken(check)].count("system") == 1
    report = verify_log(office.runtime, OFFICE)
    assert report.intact, report


def test_a_day_ends_at_midnight_of_the_place_whatever_summer_time_does(office: Office) -> None:
    """Clocks in Berlin go back on Sunday 25 October 2026: that week has an hour more."""
    with office.runtime.write(OFFICE) as uow:
        uow.tables.session.execute(
            update(OrganizationRow)
            .where(col(OrganizationRow.id) == OFFICE)
            .values(timezone="Europe/Berlin")
        )
        uow.commit()
    office.clock.move_to(datetime(2026, 10, 19, 6, tzinfo=UTC))
    check = start(office)
    assert due(office, check.id) == date(2026, 10, 26)

    midnight = datetime(2026, 10, 26, 23, tzinfo=UTC)
    office.clock.move_to(midnight - HOUR)
    fire_timers(office.runtime, OFFICE)
    assert "overdue" not in told(office, HEAD)
    office.clock.move_to(midnight)
    fire_timers(office.runtime, OFFICE)
    assert "overdue" in told(office, HEAD)
