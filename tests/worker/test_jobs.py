"""Each job calls its command for every organisation, whatever becomes of the one before."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import pytest

from engine.commands.manage_accounts import add_account, choose_language
from engine.commands.note_worker import dismiss_worker, note_worker
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.errors import Invalid, QuyTrinhError
from engine.outbox.addresses import Egress
from engine.outbox.channel import Letter, PageChannel
from engine.outbox.webhook import HttpSender
from engine.queries.workers import live_workers
from engine.storage.idempotency import Answer
from engine.worker.jobs import deliver_messages, fire_due, forget_old_answers, sweep_evidence
from engine.worker.schedule import Exits, schedule
from tests.fixtures import NEIGHBOUR, OFFICE, Office


@dataclass(slots=True)
class KeepingChannel:
    """A channel that keeps what it carried."""

    carried: list[Letter]

    def deliver(self, letter: Letter) -> str:
        self.carried.append(letter)
        return "kept"


def open_audit(office: Office) -> str:
    outcome = start_instance(
        office.runtime,
        StartInstance(caller=office.as_("iso_secretary"), process="internal_audit", title="Thử"),
    )
    assert isinstance(outcome, Started)
    return outcome.case.instance.id


def test_what_falls_due_fires_once_and_what_it_says_is_delivered_once(office: Office) -> None:
    open_audit(office)
    assert fire_due(office.runtime) == 0
    office.clock.forward(days=60)
    assert fire_due(office.runtime) > 3
    assert fire_due(office.runtime) == 0
    channel = KeepingChannel([])
    sent = deliver_messages(office.runtime, [channel])
    assert sent == len(channel.carried) > 0
    assert deliver_messages(office.runtime, [channel]) == 0
    assert len({message.id for message in channel.carried}) == sent


def test_a_message_leaves_in_the_language_of_its_person(office: Office) -> None:
    secretary, runtime = office.as_("iso_secretary"), office.runtime
    kept = "a hash"
    add_account(runtime, OFFICE, person=secretary.person, username="thu.ky", password_hash=kept)
    choose_language(runtime, secretary, "en")
    # Whoever has no login has nothing to keep a language in.
    choose_language(runtime, office.as_("director"), "en")
    with pytest.raises(Invalid):
        choose_language(runtime, secretary, "xx")
    open_audit(office)
    office.clock.forward(days=60)
    fire_due(runtime)
    channel = KeepingChannel([])
    deliver_messages(runtime, [channel])
    languages = {(m.person == secretary.person, m.language) for m in channel.carried}
    assert languages == {(True, "en"), (False, "vi")}


def test_an_orphan_is_swept_once_it_is_a_day_old(sqlite_office: Office) -> None:
    runtime = sqlite_office.runtime
    kept = runtime.store.put(OFFICE, BytesIO(b"left behind by a crash"), max_bytes=100)
    assert sweep_evidence(runtime) == 0
    # The store notes the machine's time; the clock of the test goes on from there.
    stored = next(iter(runtime.store.list(OFFICE))).stored_at
    sqlite_office.clock.move_to(stored + timedelta(hours=25))
    assert sweep_evidence(runtime) == 1
    assert not runtime.store.exists(OFFICE, kept.sha256)


def test_answers_are_forgotten_after_seven_days(office: Office) -> None:
    runtime = office.runtime
    answer = Answer(status=200, headers="{}", body="{}")
    with runtime.write(OFFICE) as uow:
        uow.tables.idempotency.keep(
            "p001", "/x", "key", body_digest="d", answer=answer, now=uow.now
        )
        uow.commit()

    def kept() -> bool:
        with runtime.read(OFFICE) as uow:
            # Asked as on the first day: the reader's own limit must not hide what the job does.
            early = uow.now - timedelta(days=30)
            return uow.tables.idempotency.find("p001", "/x", "key", now=early) is not None

    assert forget_old_answers(runtime) == 2
    assert kept()
    office.clock.forward(days=8)
    assert forget_old_answers(runtime) == 2
    assert not kept()


def test_what_fails_for_one_organisation_does_not_keep_the_next_waiting(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def failing(_: object, organization_id: str) -> None:
        seen.append(organization_id)
        raise QuyTrinhError("broken", organization=organization_id)

    monkeypatch.setattr("engine.worker.jobs.forget_answers", failing)
    with pytest.raises(ExceptionGroup) as caught:
        forget_old_answers(sqlite_office.runtime)
    assert sorted(seen) == [NEIGHBOUR, OFFICE]
    assert len(caught.value.exceptions) == 2


def test_every_job_of_the_schedule_runs(sqlite_office: Office) -> None:
    exits = Exits(
        channels=(PageChannel(),), sender=HttpSender(Egress()), source="https://office.example/log"
    )
    jobs = schedule(sqlite_office.runtime, exits)
    assert len({job.name for job in jobs}) == len(jobs) == 14
    for job in jobs:
        assert len(job.cron.split()) == 6
        assert job.run() >= 0


def test_a_worker_is_alive_while_it_beats(office: Office) -> None:
    runtime = office.runtime
    assert live_workers(runtime) == ()
    note_worker(runtime, "first", "host")
    note_worker(runtime, "second", "host")
    note_worker(runtime, "first", "host")
    assert [worker.id for worker in live_workers(runtime)] == ["first", "second"]
    assert live_workers(runtime, silent_after=timedelta(0)) == ()
    dismiss_worker(runtime, "first")
    (left,) = live_workers(runtime)
    assert (left.id, left.host) == ("second", "host")
    assert left.started_at <= left.seen_at
    # A demonstration's clock says nothing about whether a process lives.
    office.clock.forward(days=365)
    assert [worker.id for worker in live_workers(runtime)] == ["second"]
