"""A morning of somebody: look at the inbox, write rows that are due, take one step a case.

1. The inbox is the query of the page, narrowed to the cases that are new to this person; those that
   somebody knows are gone to at once, and what waits for others again some days later.
2. A form is filled in and judged by the house's own rules before it is sent; who is careless sends
   it wrongly first.
3. Nothing is decided here: every command goes the way of production and may be refused.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from api.simulation.account import Account, Kind
from api.simulation.choosing import Chart
from api.simulation.chores import WAIVER_AFTER_DAYS, Chore, chores, waiver
from api.simulation.forms import Form, form_of, possible
from api.simulation.hints import NOTHING, Hints
from api.simulation.office import Office
from api.simulation.people import Character
from api.simulation.sending import Sender
from api.simulation.sitting import Serial, Sitting, is_now, may_have_come
from engine.commands.advance_instance import AdvanceInstance, advance_instance
from engine.commands.attach_evidence import AttachEvidence, attach_evidence
from engine.commands.change_record import ChangeRow, change_record
from engine.commands.change_records import ChangeRows, change_records
from engine.commands.review_evidence import ReviewEvidence, review_evidence
from engine.commands.steer_instance import GrantWaiver, Steered, grant_waiver
from engine.machine.actor import Actor
from engine.machine.instance import Case
from engine.queries.inbox import could_act, inbox
from engine.runtime import OnceKey, Runtime
from engine.storage.instances import Filter, StoredInstance
from engine.transaction.stepping import Taken

CASES_MAX: Final = 2_000
ROUNDS: Final = 5
LOOK_AGAIN_DAYS: Final = 3
LOOK_AGAIN_DAYS_MAX: Final = 12
SOON_MORE: Final = 0.15
LATE_MORE: Final = 0.3


@dataclass(slots=True)
class _Seen:
    version: int
    again: date
    days: int


@dataclass(slots=True)
class _Memory:
    """What everybody remembers, and what they know without asking.

    Attributes:
        actors: person → who they are today; forgotten when a delegation begins or ends.
    """

    seen: dict[tuple[str, str], _Seen] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)
    open_cases: tuple[StoredInstance, ...] = ()


class Mornings:
    """The people of an office at work."""

    def __init__(
        self, office: Office, hints: Mapping[str, Hints], dice: Random, account: Account
    ) -> None:
        self._office = office
        self._hints = hints
        self._dice = dice
        self._account = account
        self._memory = _Memory()
        self._serial = Serial()
        self.sender = Sender(account)

    def new_day(self) -> None:
        """What is open this morning."""
        with self._office.runtime.read(self._office.organization_id) as uow:
            found = uow.tables.instances.find(Filter(open_only=True), limit=CASES_MAX)
        # What is due first is taken up first, as the inbox has it.
        self._memory.open_cases = tuple(
            sorted(found, key=lambda each: (each.due_on or date.max, each.opened_at, each.code))
        )

    def forget_actors(self) -> None:
        """Somebody has another role from now on."""
        self._memory.actors.clear()

    def of(self, who: Character) -> None:
        """What somebody does this morning."""
        wanted = [stored for stored in self._memory.open_cases if self._looks_at(who, stored)]
        if not wanted:
            return
        mine = self._inbox(who, wanted)
        for stored in wanted:
            if stored.id in mine or self._has_chores(who, stored):
                self._sit_down(who, stored)
            else:
                self._wait(who, stored, LOOK_AGAIN_DAYS)

    def _inbox(self, who: Character, wanted: list[StoredInstance]) -> frozenset[str]:
        """The cases in which the inbox has work; one that was opened before is gone to at once."""
        place = who.staff.person
        known = frozenset(each.id for each in wanted if (place, each.id) in self._memory.seen)
        fresh = tuple(each.id for each in wanted if each.id not in known)
        if not fresh:
            return known
        found = inbox(self._office.runtime, self._office.caller(place), cases=fresh)
        return known.union(item.instance.id for item in (*found.ready, *found.waiting))

    # --- whether to look ---

    def _looks_at(self, who: Character, stored: StoredInstance) -> bool:
        """Whether somebody takes up a case today."""
        today = self._office.today
        seen = self._memory.seen.get((who.staff.person, stored.id))
        if seen is not None and seen.version == stored.version and today < seen.again:
            return False
        if not self._concerns(who, stored):
            return False
        chance = who.mood.acts
        if stored.due_on is not None and stored.due_on <= today + timedelta(days=1):
            chance += SOON_MORE if stored.due_on >= today else LATE_MORE
        return self._dice.random() < chance

    def _concerns(self, who: Character, stored: StoredInstance) -> bool:
        actor, chart = self._actor(who), self._chart(stored)
        wait, today = chart.hints.wait, self._office.today
        return any(
            may_have_come(stored, wait.get(name), today) and could_act(by, actor, stored.fields)
            for name, by in chart.ahead.get(stored.state, ())
        ) or self._has_chores(who, stored)

    def _has_chores(self, who: Character, stored: StoredInstance) -> bool:
        """Whether rows, files or a waiver of a case may be somebody's to give."""
        roles, chart = self._actor(who).roles, self._chart(stored)
        if not roles.isdisjoint(chart.suppliers.get(stored.state, ())):
            return True
        waited = self._office.today - timedelta(days=WAIVER_AFTER_DAYS)
        late = stored.due_on is not None and stored.due_on < waited
        if late and not roles.isdisjoint(chart.process.waived_by):
            return True
        return self._has_rows(who, stored)

    def _has_rows(self, who: Character, stored: StoredInstance) -> bool:
        actor, chart = self._actor(who), self._chart(stored)
        proposals = self._office.runtime.registry.proposals
        for record_set, spec in chart.process.records.items():
            if stored.state not in spec.edit_in:
                continue
            if actor.roles.isdisjoint(by.role for by in spec.by):
                continue
            tasks = chart.hints.rows.get(record_set)
            if tasks is None and (stored.process, record_set) in proposals:
                return True
            if any(is_now(stored, task, actor, self._office.today) for task in tasks or ()):
                return True
        return False

    def _wait(self, who: Character, stored: StoredInstance, days: int) -> None:
        """Look again some days later, and ever later while nothing is new."""
        place = (who.staff.person, stored.id)
        seen = self._memory.seen.get(place)
        if seen is not None and seen.version == stored.version and days > 1:
            days = min(LOOK_AGAIN_DAYS_MAX, seen.days * 2)
        again = self._office.today + timedelta(days=days)
        self._memory.seen[place] = _Seen(stored.version, again, days)

    # --- what to do ---

    def _sit_down(self, who: Character, stored: StoredInstance) -> None:
        for _ in range(ROUNDS):
            todo = self._plan(who, stored)
            if todo is None:
                break
            self._account.acts += 1
            self._office.clock.instant += timedelta(minutes=self._dice.randint(2, 9))
            if isinstance(todo, Form):
                self._submit(who, todo)
                self._wait(who, stored, 1)
                return
            if not self._do(todo):
                break
        self._wait(who, stored, LOOK_AGAIN_DAYS)

    def _plan(self, who: Character, stored: StoredInstance) -> Form | Chore | None:
        """The next thing to do for a case; None when there is nothing."""
        office = self._office
        with office.runtime.read(office.organization_id) as uow:
            case = uow.case(stored.id)
            if uow.pinned(case).process.states[case.instance.state].final is not None:
                return None
            sitting = Sitting(
                uow=uow,
                office=office,
                staff=who.staff,
                actor=uow.actor(office.caller(who.staff.person)),
                case=case,
                chart=self._chart(stored),
                dice=self._dice,
                serial=self._serial,
            )
            chore = next(chores(sitting), None)
            if chore is not None:
                return chore
            found = possible(sitting)
            return form_of(sitting, found) or waiver(sitting, found)

    # --- doing it ---

    def _do(self, chore: Chore) -> bool:
        outcome = self.sender.send(lambda key: _carry_out(self._office.runtime, chore, key))
        if isinstance(chore, GrantWaiver) and isinstance(outcome, Steered):
            code = outcome.case.instance.code
            self._account.tell(self._office.today, Kind.WAIVED, case=code, gate=chore.gate)
        return outcome is not None

    def _submit(self, who: Character, form: Form) -> None:
        if self._dice.random() < who.mood.errs:
            self._submit_wrongly(who, form)
        self._send(who, form)

    def _submit_wrongly(self, who: Character, form: Form) -> None:
        """Something goes wrong first: a wrong file, something left out, an old page."""
        kinds = ["old_page"] if form.case.instance.version else []
        kinds += ["wrong_file", "no_file"] if form.files else []
        kinds += ["no_field"] if form.fields else []
        match self._dice.choice(kinds) if kinds else None:
            case "wrong_file":
                wrong = replace(form.files[0], content=io.BytesIO(b"khong phai tep nhu ten"))
                self._send(who, replace(form, files=(wrong, *form.files[1:])))
            case "no_file":
                self._send(who, replace(form, files=form.files[1:]))
            case "no_field":
                self._send(who, replace(form, fields=dict(list(form.fields.items())[1:])))
            case "old_page":
                self._send(who, form, back=1)
            case _:
                pass

    def _send(self, who: Character, form: Form, *, back: int = 0) -> None:
        instance = form.case.instance
        request = AdvanceInstance(
            caller=self._office.caller(who.staff.person),
            instance_id=instance.id,
            transition=form.transition,
            expected_version=instance.version - back,
            fields=form.fields,
            reason=form.reason,
            uploads=form.files,
            reauthenticated=True,
        )

        def send(key: OnceKey) -> object:
            for upload in request.uploads:
                upload.content.seek(0)
            return advance_instance(self._office.runtime, replace(request, key=key))

        outcome = self.sender.send(send)
        if isinstance(outcome, Taken):
            self._tell(outcome.case, form.case)

    def _tell(self, case: Case, before: Case) -> None:
        chart = self._memory.charts[case.instance.definition_digest]
        state, distances = case.instance.state, chart.distances
        told = {"case": case.instance.code, "state": chart.process.states[state].title}
        today = self._office.today
        match chart.process.states[state].final:
            case "success":
                self._account.tell(today, Kind.CASE_ENDED, **told)
            case "aborted":
                self._account.tell(today, Kind.CASE_BROKEN_OFF, **told)
            case None if distances.get(state, 0) > distances.get(before.instance.state, 0):
                self._account.tell(today, Kind.SENT_BACK, **told)
            case _:
                pass

    # --- what everybody knows ---

    def _actor(self, who: Character) -> Actor:
        person = who.staff.person
        if person not in self._memory.actors:
            with self._office.runtime.read(self._office.organization_id) as uow:
                self._memory.actors[person] = uow.actor(self._office.caller(person))
        return self._memory.actors[person]

    def _chart(self, stored: StoredInstance) -> Chart:
        digest = stored.definition_digest
        if digest not in self._memory.charts:
            with self._office.runtime.read(self._office.organization_id) as uow:
                process = uow.version_of(stored).process
            hints = self._hints.get(process.process, NOTHING)
            self._memory.charts[digest] = Chart(process, hints)
        return self._memory.charts[digest]


def _carry_out(runtime: Runtime, chore: Chore, key: OnceKey) -> object:
    match chore:
        case ChangeRows():
            return change_records(runtime, replace(chore, key=key))
        case ChangeRow():
            return change_record(runtime, replace(chore, key=key))
        case ReviewEvidence():
            return review_evidence(runtime, replace(chore, key=key))
        case AttachEvidence():
            chore.upload.content.seek(0)
            return attach_evidence(runtime, replace(chore, key=key))
        case GrantWaiver():
            return grant_waiver(runtime, replace(chore, key=key))
