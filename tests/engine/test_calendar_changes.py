"""A changed calendar shows which open deadlines move, moves those, and says so in the log."""

import io
import random
import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from engine.audit.leaf import EntryType
from engine.calendars.business_days import CalendarDay, CalendarInvalid, DayKind
from engine.calendars.edition import CalendarChange, DayRow, RuleKind, RuleRow
from engine.calendars.period_scheme import PeriodRule
from engine.calendars.working_time import WorkingTimeRule
from engine.commands.change_calendar import (
    CalendarChanged,
    ChangeCalendar,
    StaleCalendar,
    change_calendar,
)
from engine.commands.fire_timers import fire_timers
from engine.commands.import_calendar import ImportDays, ImportedDays, import_days
from engine.commands.manage_accounts import NotAllowed
from engine.commands.publish_definition import publish_definitions
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.source import read
from engine.errors import Invalid, NotFound
from engine.machine.instance import Deadline, Instance
from engine.queries.audit_trail import verify_log
from engine.storage.audit_log import LogEntry, LogFilter
from engine.storage.timers import TimerRow
from engine.tables.fault import WrongRows
from tests.engine.equipment import another, publish, start, text_file
from tests.fixtures import NEIGHBOUR, Office
from workflows.overdue_dossiers.cases import period_rules

FRIDAY = date(2026, 7, 10)
"""Inside the five working days of a check that was opened on Monday 6 July 2026."""
DUE = date(2026, 7, 13)
LATER = date(2026, 7, 14)


def off(day: date, unit: str | None = None, source: str = "Công điện 05/CĐ-UBND") -> DayRow:
    return DayRow(day=CalendarDay(day, DayKind.OFF, "Nghỉ tránh bão", source), unit=unit)


def work(day: date, unit: str | None = None) -> DayRow:
    return DayRow(day=CalendarDay(day, DayKind.WORK, "Trực thứ Bảy", "Lịch trực"), unit=unit)


def change(
    office: Office,
    *days: DayRow,
    dry_run: bool = False,
    expected: int | None = None,
    who: str = "administrator",
    **more: Any,
) -> Any:
    return change_calendar(
        office.runtime,
        ChangeCalendar(
            caller=office.as_(who),
            change=CalendarChange(days=days, **more),
            expected=edition(office) if expected is None else expected,
            dry_run=dry_run,
        ),
    )


def edition(office: Office) -> int:
    with office.runtime.read(office.organization_id) as uow:
        return uow.tables.calendars.number()


def deadline(office: Office, instance: str) -> Deadline | None:
    with office.runtime.read(office.organization_id) as uow:
        return uow.case(instance).instance.deadline


def due(office: Office, instance: str) -> date | None:
    found = deadline(office, instance)
    return None if found is None else found.on


def pending(office: Office, instance: str) -> dict[str, str]:
    """Kind → instant of what has not fired."""
    query = select(TimerRow).where(
        col(TimerRow.instance_id) == instance, col(TimerRow.fired_at).is_(None)
    )
    with office.runtime.read(office.organization_id) as uow:
        return {row.kind: f"{row.at:%d %H}" for row in uow.tables.session.exec(query)}


def entries(office: Office, kind: EntryType, **wanted: Any) -> tuple[LogEntry, ...]:
    with office.runtime.read(office.organization_id) as uow:
        return uow.tables.log.read(LogFilter(type=kind.value, **wanted), limit=100)


def test_a_late_dossier_reads_the_periods_that_hold_now(office: Office) -> None:
    """Of one organisation, the rules that were not taken away, the oldest first."""
    instance = _instance(office)
    told = []
    for ends_on, first in ((14, date(2026, 1, 1)), ("last_day", date(2020, 1, 1))):
        rule = PeriodRule.model_validate(
            {
                "from": first,
                "source": "Quy chế làm việc",
                "month_ends_on": ends_on,
                "report_terms": {"month": 3, "quarter": 5, "year": 5},
                "merge_week_up_to": 1,
            }
        )
        change(office, rules=(RuleRow(kind=RuleKind.PERIODS, rule=rule),))
        told.append(rule)
    with office.runtime.read(office.organization_id) as uow:
        found = period_rules(uow.tables.session, instance)
        assert found[1:] == tuple(reversed(told))
        assert found == uow.tables.calendars.edition().rules_of(RuleKind.PERIODS, PeriodRule)
        elsewhere = replace(instance, organization_id=NEIGHBOUR)
        assert period_rules(uow.tables.session, elsewhere) == found[:1]


def _instance(office: Office) -> Instance:
    check = start(office)
    with office.runtime.read(office.organization_id) as uow:
        return uow.case(check.id).instance


def test_what_moves_is_shown_first_and_then_moves_with_its_timers_and_an_entry(
    office: Office,
) -> None:
    check = start(office)
    before = deadline(office, check.id)
    assert before is not None
    assert (before.on, before.rule, before.calendar) == (DUE, "5wd, roll: back", 1)

    shown = change(office, off(FRIDAY), dry_run=True)
    assert [(one.instance_id, one.old, one.new) for one in shown.moved] == [(check.id, DUE, LATER)]
    assert (due(office, check.id), edition(office)) == (DUE, 1)
    assert entries(office, EntryType.CALENDAR_CHANGED) == ()

    done = change(office, off(FRIDAY))
    assert done == shown
    after = deadline(office, check.id)
    assert after is not None
    assert (after.on, after.calendar) == (LATER, 2)
    # Reminded on the Monday at 08:00 in Việt Nam, overdue when the Tuesday ends, told upwards then.
    assert pending(office, check.id) == {"remind": "13 01", "overdue": "14 17", "escalate": "15 01"}
    (moved,) = entries(office, EntryType.DEADLINE_CHANGED, instance=check.id)
    assert moved.actor == office.people["administrator"]
    assert moved.payload is not None
    (told,) = moved.payload.changes
    assert (told.column, told.old, told.new) == ("due_on", "2026-07-13", "2026-07-14")
    assert moved.payload.details == {
        "state": "planned",
        "rule": "5wd, roll: back",
        "calendar": 2,
        "calendar_before": 1,
    }
    assert moved.payload.reason == "Công điện 05/CĐ-UBND"
    (entry,) = entries(office, EntryType.CALENDAR_CHANGED)
    assert entry.payload is not None
    assert entry.payload.details["edition"] == 2
    (written,) = entry.payload.changes
    assert (written.old, written.new) == (None, "off: Nghỉ tránh bão")

    back = change(office, removed=((None, FRIDAY),), source="Công điện 06/CĐ-UBND")
    assert [(one.old, one.new) for one in back.moved] == [(LATER, DUE)]
    assert due(office, check.id) == DUE
    assert verify_log(office.runtime, office.organization_id).intact


def test_only_open_cases_move_and_a_step_counts_by_the_new_calendar(sqlite_office: Office) -> None:
    office = sqlite_office
    closed, broken = start(office), another(office)
    closed.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file()), faults=0
    )
    broken.step(
        "unit_head_science_management", "report", file=("check_sheet", text_file()), faults=2
    )
    assert (due(office, closed.id), due(office, broken.id)) == (None, date(2026, 7, 8))
    done = change(office, off(date(2026, 7, 7)), off(FRIDAY))
    assert [one.instance_id for one in done.moved] == [broken.id]
    assert due(office, broken.id) == date(2026, 7, 9)
    assert entries(office, EntryType.DEADLINE_CHANGED, instance=closed.id) == ()
    opened = deadline(office, another(office).id)
    assert opened is not None
    assert (opened.on, opened.calendar) == (date(2026, 7, 15), 2)


def test_a_units_own_days_move_its_cases_and_those_of_units_below(sqlite_office: Office) -> None:
    office = sqlite_office
    check = start(office)
    assert change(office, off(FRIDAY, "office"), dry_run=True).moved == ()
    assert len(change(office, off(FRIDAY, "science_management"), dry_run=True).moved) == 1
    assert len(change(office, off(FRIDAY, "department"), dry_run=True).moved) == 1
    # The nearer row wins: the storm closes the department, the division's rota works on.
    done = change(office, off(FRIDAY, "department"), work(FRIDAY, "science_management"))
    assert done.moved == ()
    rota = WorkingTimeRule.model_validate(
        {"from": "2026-07-01", "source": "Quy chế làm việc", "weekend": [7]}
    )
    row = RuleRow(kind=RuleKind.WORKING_TIME, rule=rota, unit="science_management")
    (moved,) = change(office, rules=(row,)).moved
    assert (moved.old, moved.new) == (DUE, date(2026, 7, 11))
    assert due(office, check.id) == date(2026, 7, 11)


def test_a_label_or_an_estimate_that_becomes_official_moves_nothing(sqlite_office: Office) -> None:
    start(sqlite_office)
    day = CalendarDay(date(2026, 9, 2), DayKind.OFF, "Quốc khánh", "Thông báo 9441/TB-BNV")
    done = change(sqlite_office, DayRow(day=day))
    assert (done.moved, done.retimed, done.edition) == ((), 0, 2)


def test_what_has_fired_fires_again_only_when_its_hour_lies_ahead(sqlite_office: Office) -> None:
    office = sqlite_office
    check = start(office)
    office.clock.forward(days=7, hours=1)
    fire_timers(office.runtime, office.organization_id)
    assert pending(office, check.id) == {"overdue": "13 17", "escalate": "14 01"}
    # Another day than the reminder's: its hour is still Friday's, which has passed.
    change(office, off(DUE))
    assert due(office, check.id) == LATER
    assert pending(office, check.id) == {"overdue": "14 17", "escalate": "15 01"}
    office.clock.forward(days=3)
    fire_timers(office.runtime, office.organization_id)
    assert pending(office, check.id) == {}
    # Late already: a day that is given back moves the day, and wakes nobody a second time.
    change(office, removed=((None, DUE),), source="Công điện 06/CĐ-UBND")
    assert (due(office, check.id), pending(office, check.id)) == (DUE, {})


DATED = """
format: 1
process: dated_check
version: 1
code: DC
title: {vi: Kiểm tra theo ngày, en: Dated check}
clauses: ["9001:2015/7.1.5"]
opens: [office]
roles: [office]
fields:
  appointed: {type: date, title: {vi: Ngày hẹn, en: Appointed day}}
evidence:
  sheet: {title: {vi: Phiếu, en: Sheet}, accept: [txt]}
initial: planned
states:
  planned: {title: {vi: Đã lên kế hoạch, en: Planned}, due: {after: appointed%s}}
  done: {title: {vi: Xong, en: Done}, final: success}
transitions:
  finish:
    title: {vi: Kết thúc, en: Finish}
    from: planned
    to: done
    by: [office]
    evidence: [sheet]
"""


@pytest.mark.parametrize(
    ("roll", "today", "expected"),
    [
        ("", 6, date(2026, 7, 9)),
        (", roll: forward", 6, DUE),
        ("", 10, FRIDAY),
        (", roll: forward", 10, DUE),
    ],
    ids=["our own rolls back", "the law's rolls forward", "not into the past", "the law's today"],
)
def test_a_day_that_is_closed_moves_what_was_appointed_for_it_and_makes_nobody_late(
    *, sqlite_office: Office, roll: str, today: int, expected: date
) -> None:
    office = sqlite_office
    reading = read(DATED % roll, file="dated_check.yaml")
    assert reading.process is not None, reading.findings
    publish_definitions(office.runtime, office.organization_id, [reading.process])
    started = start_instance(
        office.runtime,
        StartInstance(
            caller=office.as_("office"),
            process="dated_check",
            title="Kiểm tra",
            fields={"appointed": FRIDAY.isoformat()},
        ),
    )
    assert isinstance(started, Started)
    case = started.case.instance.id
    office.clock.forward(days=today - 6)
    change(office, off(FRIDAY))
    assert due(office, case) == expected
    with office.runtime.read(office.organization_id) as uow:
        assert uow.case(case).instance.fields["appointed"] == FRIDAY
    fire_timers(office.runtime, office.organization_id)
    assert pending(office, case) == {"overdue": f"{expected:%d} 17"}


def test_what_is_shown_is_what_is_done_whatever_changes(sqlite_office: Office) -> None:
    office, dice = sqlite_office, random.Random(7)  # noqa: S311 - a test's own dice.
    checks = [start(office)]
    for _ in range(5):
        office.clock.forward(days=1, hours=dice.randrange(5))
        checks.append(another(office))
    entered: dict[tuple[str | None, date], DayRow] = {}
    for _ in range(12):
        day = date(2026, 7, 6) + timedelta(days=dice.randrange(16))
        unit = dice.choice([None, "department", "science_management", "office"])
        before = {check.id: due(office, check.id) for check in checks}
        if (unit, day) in entered:
            del entered[unit, day]
            wanted: dict[str, Any] = {"removed": ((unit, day),), "source": "Thu hồi"}
            rows: tuple[DayRow, ...] = ()
        else:
            entered[unit, day] = dice.choice([off, work])(day, unit)
            wanted, rows = {}, (entered[unit, day],)
        shown = change(office, *rows, dry_run=True, **wanted)
        assert change(office, *rows, **wanted) == shown
        expected = {**before, **{one.instance_id: one.new for one in shown.moved}}
        assert {check.id: due(office, check.id) for check in checks} == expected
        assert all(one.old == before[one.instance_id] != one.new for one in shown.moved)
        with office.runtime.read(office.organization_id) as uow:
            for check in checks:
                case = uow.case(check.id)
                opened = case.instance.history[0].on
                assert case.instance.due_on == case.calendar.add_working_days(opened, 5)
    assert verify_log(office.runtime, office.organization_id).intact


def test_an_old_edition_can_be_shown_again(sqlite_office: Office) -> None:
    change(sqlite_office, off(FRIDAY))
    change(sqlite_office, work(FRIDAY))
    change(sqlite_office, removed=((None, FRIDAY),), source="Thu hồi")
    with sqlite_office.runtime.read(sqlite_office.organization_id) as uow:
        rows = [
            uow.tables.calendars.edition_of(number).calendar_of().row_on(FRIDAY)
            for number in range(1, 5)
        ]
    assert [row and row.kind for row in rows] == [None, DayKind.OFF, DayKind.WORK, None]


def test_who_may_not_and_who_looked_at_another_edition_change_nothing(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    check = start(office)
    for dry_run in (True, False):
        assert isinstance(change(office, off(FRIDAY), who="office", dry_run=dry_run), NotAllowed)
    change(office, off(date(2026, 7, 17)))
    for dry_run in (True, False):
        with pytest.raises(StaleCalendar) as caught:
            change(office, off(FRIDAY), expected=1, dry_run=dry_run)
        assert caught.value.params["version"] == 2
    assert due(office, check.id) == DUE


def test_another_organisation_keeps_its_calendar(sqlite_office: Office) -> None:
    start(sqlite_office)
    change(sqlite_office, off(FRIDAY))
    with sqlite_office.runtime.read(NEIGHBOUR) as uow:
        assert uow.tables.calendars.number() == 1
        assert uow.tables.calendar_of(None).is_working_day(FRIDAY)


@pytest.mark.parametrize(
    ("wanted", "fault", "code"),
    [
        ({}, Invalid, "calendar_change_empty"),
        ({"days": (off(FRIDAY, source=" "),)}, CalendarInvalid, "calendar_day_without_source"),
        ({"days": (off(FRIDAY), work(FRIDAY))}, CalendarInvalid, "calendar_day_repeated"),
        ({"days": (off(FRIDAY, "nowhere"),)}, NotFound, "unknown_unit"),
        ({"removed": ((None, FRIDAY),)}, CalendarInvalid, "calendar_day_without_source"),
        ({"removed": ((None, FRIDAY),), "source": "x"}, CalendarInvalid, "calendar_day_unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(
    sqlite_office: Office, wanted: dict[str, Any], fault: type[Exception], code: str
) -> None:
    given = {"days": (), **wanted}
    days = given.pop("days")
    with pytest.raises(fault) as caught:
        change(sqlite_office, *days, **given)
    assert getattr(caught.value, "code", None) == code
    assert edition(sqlite_office) == 1


def test_two_administrators_at_once_and_one_of_them_is_told(office: Office) -> None:
    check = start(office)
    outcomes: list[Any] = []
    ready = threading.Barrier(2)

    def enter(day: date) -> None:
        ready.wait()
        try:
            outcomes.append(change(office, off(day), expected=1))
        except StaleCalendar as error:
            outcomes.append(error)

    threads = [threading.Thread(target=enter, args=(day,)) for day in (FRIDAY, date(2026, 7, 9))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in outcomes) == ["CalendarChanged", "StaleCalendar"]
    assert (edition(office), due(office, check.id)) == (2, LATER)


def test_a_step_taken_while_the_calendar_changes_is_due_by_the_new_one(office: Office) -> None:
    check = start(office)
    ready = threading.Barrier(2)

    def step() -> None:
        ready.wait()
        sheet = ("check_sheet", text_file())
        check.step("unit_head_science_management", "report", file=sheet, faults=2)

    def enter() -> None:
        ready.wait()
        change(office, off(date(2026, 7, 7)))

    threads = [threading.Thread(target=work_) for work_ in (step, enter)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = deadline(office, check.id)
    assert found is not None
    assert (check.version, found.on, found.calendar) == (1, date(2026, 7, 9), 2)
    assert verify_log(office.runtime, office.organization_id).intact


def test_a_case_opened_while_the_calendar_changes_is_due_by_the_new_one(office: Office) -> None:
    publish(office)
    ready = threading.Barrier(2)
    opened: list[str] = []

    def open_one() -> None:
        ready.wait()
        opened.append(another(office).id)

    def enter() -> None:
        ready.wait()
        change(office, off(FRIDAY))

    threads = [threading.Thread(target=work_) for work_ in (open_one, enter)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert due(office, opened[0]) == LATER


SHEET = """Ngày;Loại ngày;Tên gọi;Đơn vị;Văn bản;Chính thức
10/07/2026;Ngày nghỉ;Nghỉ tránh bão;;Công điện 05/CĐ-UBND;x
2026-07-11;work;Trực thứ Bảy;Bộ phận Một cửa của Sở;Lịch trực quý III;
"""
FAULTY = """Ngày;Loại ngày;Tên gọi;Đơn vị;Văn bản
32/07/2026;Ngày nghỉ;Bão;;CĐ 05
10/07/2026;Nửa ngày;Bão;;CĐ 05
10/07/2026;Ngày nghỉ;;;CĐ 05
10/07/2026;Ngày nghỉ;Bão;Phòng Mộng Mơ;CĐ 05
10/07/2026;Ngày nghỉ;Bão;;
12/07/2026;Ngày nghỉ;Bão;;CĐ 05
12/07/2026;Ngày làm việc;Bão;;CĐ 05
"""


def bring(office: Office, text: str, *, dry_run: bool = False) -> ImportedDays:
    outcome = import_days(
        office.runtime,
        ImportDays(
            caller=office.as_("administrator"),
            content=io.BytesIO(text.encode("utf-8-sig")),
            filename="lich.csv",
            expected=edition(office),
            dry_run=dry_run,
        ),
    )
    assert isinstance(outcome, ImportedDays)
    return outcome


def test_days_come_from_a_sheet_once(sqlite_office: Office) -> None:
    office = sqlite_office
    check = start(office)
    shown = bring(office, SHEET, dry_run=True)
    assert (shown.entered, shown.unchanged, edition(office)) == (2, 0, 1)
    done = bring(office, SHEET)
    assert done == shown
    assert isinstance(done.changed, CalendarChanged)
    assert due(office, check.id) == LATER
    again = bring(office, SHEET)
    assert (again.entered, again.unchanged, again.changed) == (0, 2, None)
    assert edition(office) == 2


def test_a_sheet_with_faults_enters_nothing_and_names_each(sqlite_office: Office) -> None:
    with pytest.raises(WrongRows) as caught:
        bring(sqlite_office, FAULTY)
    told = {(fault["row"], fault["field"]) for fault in caught.value.params["faults"]}
    assert told == {(2, "day"), (3, "kind"), (4, "label"), (5, "unit"), (6, "source"), (8, "day")}
    assert edition(sqlite_office) == 1
    outsider = ImportDays(
        caller=sqlite_office.as_("office"),
        content=io.BytesIO(SHEET.encode()),
        filename="lich.csv",
        expected=1,
    )
    assert isinstance(import_days(sqlite_office.runtime, outsider), NotAllowed)
