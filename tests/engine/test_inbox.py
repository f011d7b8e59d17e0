"""The inbox holds exactly the cases in which somebody has work, and reads no others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.definition.graph import is_aside
from engine.queries.inbox import inbox
from engine.queries.instances import step_options
from engine.storage.instances import Filter
from tests.fixtures import OFFICE, Office

OPENED = (
    ("internal_audit", {}),
    ("training_campaign", {}),
    ("steering_review", {}),
    ("corrective_action", {"unit": "office"}),
    ("corrective_action", {"unit": "tdc"}),
)


def open_cases(office: Office, *, times: int = 1) -> None:
    for _ in range(times):
        for process, fields in OPENED:
            office.clock.forward(minutes=1)
            outcome = start_instance(
                office.runtime,
                StartInstance(
                    caller=office.as_("iso_secretary"), process=process, year=2026, fields=fields
                ),
            )
            assert isinstance(outcome, Started), outcome


def with_work(office: Office, username: str) -> set[str]:
    """The cases in which somebody has a step that leads on, every case judged whole."""
    with office.runtime.read(OFFICE) as uow:
        actor = uow.actor(office.as_(username))
        found = set()
        for stored in uow.tables.instances.find(Filter(open_only=True), limit=100):
            process = uow.version_of(stored).process
            options = step_options(uow, uow.case(stored.id), actor)
            if any(one.mine and not is_aside(process, one.transition) for one in options):
                found.add(stored.code)
    return found


@contextmanager
def counted(office: Office) -> Iterator[list[str]]:
    """Every statement that is sent to the database."""
    sent: list[str] = []

    def note(*told: Any) -> None:
        sent.append(told[2])

    engine = office.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_everybody_finds_the_cases_in_which_they_have_work_and_no_others(
    sqlite_office: Office,
) -> None:
    open_cases(sqlite_office)
    seen = 0
    for username in sqlite_office.people:
        found = inbox(sqlite_office.runtime, sqlite_office.as_(username))
        codes = {item.instance.code for item in (*found.ready, *found.waiting)}
        assert codes == with_work(sqlite_office, username), username
        seen += bool(codes)
    assert 1 < seen < len(sqlite_office.people)


def test_cases_that_are_not_mine_cost_nothing(office: Office) -> None:
    open_cases(office)
    caller = office.as_("external_auditor")
    with counted(office) as few:
        assert inbox(office.runtime, caller).ready == ()
    open_cases(office, times=4)
    with counted(office) as many:
        assert inbox(office.runtime, caller).ready == ()
    assert len(many) == len(few)
