"""What happens to an office from outside, or by itself: plan, exports, complaints, leave, storms.

All of it is drawn from the seed, and goes the way of the commands that people use.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from random import Random
from typing import Final

from api.simulation.account import Account, Kind
from api.simulation.dossiers import Dossier, dossiers_of, export_of
from api.simulation.filling import Filler
from api.simulation.hints import NOTHING, Hints
from api.simulation.office import Office
from api.simulation.people import DEPUTISED_DAYS, Character
from api.simulation.sending import Sender
from engine.calendars.business_days import CalendarDay, DayKind
from engine.calendars.edition import CalendarChange, DayRow
from engine.commands.change_calendar import CalendarChanged, ChangeCalendar, change_calendar
from engine.commands.manage_imports import FileToImport, draft_import
from engine.commands.manage_organization import NewDelegation, add_delegation
from engine.commands.open_plan import Outcome, open_plan
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.model import Process
from engine.machine.opening import openers
from engine.transaction.planning import opened_by_plan
from workflows.overdue_dossiers.keeping import NAME as REGISTER

A_YEAR: Final = 3
WORKING_DAYS: Final = 248
NOT_LENT: Final = frozenset(
    {"internal_auditor", "lead_auditor", "administrator", "external_auditor"}
)
EXPORT_BYTES_MAX: Final = 1_000_000


class Outside:
    """The world around an office."""

    def __init__(
        self,
        office: Office,
        hints: Mapping[str, Hints],
        dice: Random,
        account: Account,
        sender: Sender,
        *,
        seed: int,
    ) -> None:
        self.office = office
        self.account = account
        self._hints = hints
        self._dice = dice
        self._sender = sender
        self._dossiers = self._desk(seed)
        self._arrivals = self._arising()
        self._dated = self._of_the_year()

    def open_plan(self, day: date) -> bool:
        """Open the plan of the year; whether it is open now."""
        office = self.office
        opened = self._sender.send(
            lambda _: open_plan(office.runtime, office.organization_id, office.year, None)
        )
        if opened is None:
            return False
        cases = [case for row in opened.rows if row.outcome is Outcome.OPENED for case in row.cases]
        self.account.tell(day, Kind.PLAN_OPENED, cases=cases)
        return True

    def hand_over(self, people: tuple[Character, ...], day: date) -> None:
        """Who goes on leave for some days names a deputy on the first of them."""
        names = {each.person: each.name for each in self.office.staff}
        for one in people:
            leave = one.leave_on(day)
            if leave is None or leave.first != day or leave.days < DEPUTISED_DAYS:
                continue
            roles = sorted({role for role, _ in one.staff.roles} - NOT_LENT)
            if one.deputy is None or not roles:
                continue
            for role in roles:
                self._lend(one, role, to=one.deputy, until=leave.last)
            told = {"person": one.staff.name, "deputy": names[one.deputy], "until": leave.last}
            self.account.tell(day, Kind.DEPUTISED, **told)

    def _lend(self, one: Character, role: str, *, to: str, until: date) -> None:
        lent = NewDelegation(
            giver=one.staff.person,
            deputy=to,
            role=role,
            document=f"Giấy ủy quyền {self.office.today:%d/%m/%Y}",
            valid_from=self.office.today,
            valid_to=until,
        )
        giver = self.office.caller(one.staff.person)
        self._sender.send(lambda _: add_delegation(self.office.runtime, giver, lent))

    def export(self, here: list[Character], day: date) -> bool:
        """The desk hands in what its software knew the evening before; whether somebody did."""
        desk = next((one for one in here if one.staff.holds("one_stop")), None)
        known = day - timedelta(days=1)
        if desk is None or not any(dossier.received <= known for dossier in self._dossiers):
            return False
        content = export_of(self._dossiers, known=known)
        file = FileToImport(
            register=REGISTER,
            content=io.BytesIO(content),
            filename=f"ho-so-{day.isoformat()}.csv",
            source="Phần mềm một cửa",
            as_of=self.office.at(known, time(23, 59)),
        )
        if self._sender.send(self._handing_in(desk, file)) is None:
            return False
        self.account.tell(day, Kind.IMPORTED, rows=content.count(b"\n") - 1)
        return True

    def _handing_in(self, desk: Character, file: FileToImport) -> Callable[[object], object]:
        caller = self.office.caller(desk.staff.person)

        def hand_in(_: object) -> object:
            file.content.seek(0)
            runtime = self.office.runtime
            return draft_import(runtime, caller, file, bytes_max=EXPORT_BYTES_MAX, start=True)

        return hand_in

    def let_arise(self, here: list[Character], day: date) -> None:
        """Somebody opens a case that no plan foresaw, or the one that the day asks for."""
        for process, first in tuple(self._dated):
            able = _able(process, here)
            if able and first <= day and self._open(process, self._dice.choice(able), day):
                self._dated.remove((process, first))
        for process, a_year in self._arrivals:
            able = _able(process, here)
            if able and self._dice.random() < a_year / WORKING_DAYS:
                self._open(process, self._dice.choice(able), day)

    def _open(self, process: Process, who: Character, day: date) -> bool:
        filler = Filler(
            office=self.office,
            staff=who.staff,
            process=process,
            case=None,
            hints=self._hints.get(process.process, NOTHING),
            dice=self._dice,
        )
        wanted = (
            name
            for name, spec in process.fields.items()
            if spec.required_from == process.initial or name in filler.hints.open
        )
        fields = {
            name: value for name, value in filler.of_opening(wanted).items() if value is not None
        }
        unit = fields.get("unit")
        request = StartInstance(
            caller=self.office.caller(who.staff.person),
            process=process.process,
            title=f"{process.title.vi} {day:%d/%m/%Y}",
            unit=unit if isinstance(unit, str) else None,
            year=self.office.year,
            fields=fields,
        )
        outcome = self._sender.send(
            lambda key: start_instance(self.office.runtime, replace(request, key=key))
        )
        if isinstance(outcome, Started):
            code = outcome.case.instance.code
            self.account.tell(day, Kind.CASE_OPENED, case=code, person=who.staff.name)
            return True
        return False

    def announce(self, storm: date) -> None:
        """A storm: the office is closed tomorrow, and the calendar says so tonight."""
        administrators = self.office.holders("administrator")
        if not administrators or not self.office.calendar.is_working_day(storm):
            return
        office = self.office
        with office.runtime.read(office.organization_id) as uow:
            number = uow.tables.calendars.number()
        source = f"Thông báo nghỉ làm việc do bão ngày {storm:%d/%m/%Y}"
        closed = DayRow(day=CalendarDay(storm, DayKind.OFF, "Nghỉ do bão", source))
        request = ChangeCalendar(
            caller=office.caller(administrators[0].person),
            change=CalendarChange(days=(closed,), source=source),
            expected=number,
        )
        outcome = self._sender.send(lambda _: change_calendar(office.runtime, request))
        office.renew()
        # An answer that got lost leaves the change behind; the second try is told that it is stale.
        if not office.calendar.is_working_day(storm):
            moved = len(outcome.moved) if isinstance(outcome, CalendarChanged) else 0
            self.account.tell(office.today, Kind.CALENDAR_CHANGED, day=storm, moved=moved)

    def _desk(self, seed: int) -> tuple[Dossier, ...]:
        if not self.office.holders("one_stop"):
            return ()
        return dossiers_of(
            self.office.year,
            seed=seed,
            calendar=self.office.calendar,
            units=tuple(sorted(self.office.units.values())),
        )

    def _arising(self) -> tuple[tuple[Process, int], ...]:
        """The processes whose cases somebody opens by hand, and how many a year has."""
        every = {process.process: process for process in self.office.processes}
        registry = self.office.runtime.registry
        found = []
        for name, process in every.items():
            hints = self._hints.get(name, NOTHING)
            if hints.on is not None:
                continue
            told = hints.a_year
            by_house = opened_by_plan(process, every) or name in registry.periodics
            arises = set(openers(process)) - {"system"} and not by_house
            count = told if told is not None else A_YEAR if arises else 0
            if count and set(openers(process)) - {"system"}:
                found.append((process, count))
        return tuple(found)

    def _of_the_year(self) -> list[tuple[Process, date]]:
        """The processes of which a year has one case, and from which day on somebody opens it."""
        told = ((each, self._hints.get(each.process, NOTHING).on) for each in self.office.processes)
        return [
            (process, date.fromisoformat(f"{self.office.year}-{day}"))
            for process, day in told
            if day is not None
        ]


def _able(process: Process, here: list[Character]) -> list[Character]:
    """Those who may open a process."""
    roles = set(openers(process))
    return [one for one in here if any(one.staff.holds(role) for role in roles)]
