"""The log and its witnesses: asked, counted, published with their lines, and heard when they cry.

Numbers in names are the rules of `engine/commands/witness_log.py`.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.audit.checkpoint import Checkpoint
from engine.audit.cosignature import Cosigner, cosignatures_of
from engine.audit.leaf import EntryType
from engine.audit.note import NoteVerifier, open_note, parse_note
from engine.audit.policy import PolicyGroup, PolicyWitness, TrustPolicy
from engine.commands.publish_log import publish_log
from engine.commands.witness_log import Sender, witness_log
from engine.evidence.published import PublishedNotFound
from engine.machine.actor import SYSTEM
from engine.queries.witnesses import WITNESSED_PATH
from engine.runtime import Runtime
from engine.storage.audit_log import LogDraft
from engine.storage.log_witnesses import LogWitness
from engine.witness.asking import Said
from engine.witness.calling import Answer, Call, CallFailed
from engine.witness.ledger import Ledger
from engine.witness.outside import Outside
from engine.witness.serving import Witness
from tests.engine.test_publishing import write
from tests.fixtures import OFFICE, START, Office
from tests.publishing import Auditor, auditor_in

NAMES = ("Kho bạc", "Thanh tra", "Văn phòng")


@dataclass(slots=True)
class World:
    """Three witnesses that are asked without a wire; each may be away."""

    runtime: Runtime
    auditor: Auditor
    folder: Path
    now: datetime = START
    away: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    cosigners: dict[str, Cosigner] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)

    def begin(self, name: str) -> None:
        cosigner = Cosigner(f"{len(self.cosigners)}.example", name.encode().ljust(32, b".")[:32])
        self.cosigners[name] = cosigner
        Ledger.make(self.folder / name)
        key = NoteVerifier.from_vkey(self.auditor.vkey).key
        self.witnesses[f"https://{cosigner.key.name}/add-checkpoint"] = Witness(
            Ledger.open(self.folder / name),
            [cosigner],
            [key],
            clock=lambda: int(self.now.timestamp()),
        )

    def send(self, url: str, call: Call) -> Answer:
        name = next(
            n for n, c in self.cosigners.items() if url.startswith(f"https://{c.key.name}/")
        )
        self.asked.append(name)
        if name in self.away:
            raise CallFailed("unreachable")
        reply = self.witnesses[url].add_checkpoint(call.content)
        return Answer(reply.status, reply.content, reply.media_type)

    def policy(self, threshold: int = 2) -> TrustPolicy:
        witnesses = tuple(
            PolicyWitness(name, one.key, f"https://{one.key.name}")
            for name, one in self.cosigners.items()
        )
        group = PolicyGroup("all", threshold, tuple(self.cosigners))
        return TrustPolicy(witnesses=witnesses, groups=(group,), quorum="all")

    def trust(self, policy: Callable[[], TrustPolicy]) -> None:
        assert self.runtime.publishing is not None
        self.runtime.publishing = replace(self.runtime.publishing, outside=Outside(policy=policy))

    def run(self, *, sender: Sender | None = None, **later: float) -> tuple[int, int, bool]:
        self.now += timedelta(**later)
        done = witness_log(self.runtime, OFFICE, now=self.now, send=sender or self.send)
        return done.asked, done.cosigned, done.published

    def grow(self, count: int = 1) -> None:
        write(self.runtime, count)
        publish_log(self.runtime, OFFICE)

    def row(self, name: str) -> LogWitness:
        with self.runtime.read(OFFICE) as uow:
            return next(row for row in uow.tables.witnesses.all() if row.name == name)

    def witnessed(self) -> bytes | None:
        try:
            return self.auditor.files.read(OFFICE, f"1/{WITNESSED_PATH}")
        except PublishedNotFound:
            return None

    def signers(self) -> list[str]:
        """Whose lines under the witnessed checkpoint hold."""
        note = parse_note(self.witnessed() or b"")
        keys = [one.key for one in self.cosigners.values()]
        found = cosignatures_of(note, keys, not_after=int(self.now.timestamp()))
        names = {one.key: name for name, one in self.cosigners.items()}
        return [names[one.key] for one in found]


def made(office: Office, folder: Path) -> World:
    world = World(office.runtime, auditor_in(office.runtime, folder / "published"), folder)
    for name in NAMES:
        world.begin(name)
    world.trust(world.policy)
    publish_log(office.runtime, OFFICE)
    return world


@pytest.fixture
def world(sqlite_office: Office, tmp_path: Path) -> World:
    return made(sqlite_office, tmp_path)


def test_1_every_witness_signs_every_checkpoint_on_both_databases(
    office: Office, tmp_path: Path
) -> None:
    world = made(office, tmp_path)
    assert world.run() == (3, 3, True)
    assert world.run() == (0, 3, False)
    world.grow(300)
    assert world.run() == (3, 3, True)
    assert world.signers() == list(NAMES)
    # The log's own line is there too, and the checkpoint without the others lies beside it.
    opened = open_note(world.witnessed() or b"", [NoteVerifier.from_vkey(world.auditor.vkey)])
    assert opened.text == world.auditor.checkpoint().text()
    row = world.row("Thanh tra")
    assert (row.said, row.held, row.failures) == ("cosigned", world.auditor.checkpoint().size, 0)
    assert row.signed_at == world.now


def test_1_who_does_not_answer_is_asked_less_and_less_often(world: World) -> None:
    world.away = {"Kho bạc"}
    assert world.run() == (3, 2, True)
    for seconds, asked in ((14, 0), (1, 1), (29, 0), (1, 1), (59, 0), (1, 1)):
        assert world.run(seconds=seconds)[0] == asked
    for _ in range(20):
        world.run(hours=1)
    world.asked.clear()
    assert world.run(minutes=59)[0] == 0
    # The others are asked hourly too: whether there is still no longer log.
    assert world.run(minutes=1)[0] == 3
    world.away = set()
    # Lines that come later are added to the checkpoint that lies there.
    assert world.run(hours=1) == (3, 3, True)
    assert world.signers() == list(NAMES)
    assert world.row("Kho bạc").failures == 0


def test_3_without_the_quorum_nothing_is_published_with_lines(world: World) -> None:
    world.away = {"Kho bạc", "Thanh tra"}
    assert world.run() == (3, 1, False)
    assert world.witnessed() is None
    world.away = {"Kho bạc"}
    assert world.run(seconds=15) == (2, 2, True)
    assert world.signers() == ["Thanh tra", "Văn phòng"]


def test_3_a_smaller_checkpoint_never_takes_the_place_of_a_larger_one(world: World) -> None:
    world.run()
    world.grow()
    world.run()
    newest = world.witnessed()
    assert newest is not None
    world.grow()
    world.away = set(NAMES)
    world.run()
    assert world.witnessed() == newest


def test_a_policy_that_changes_is_read_anew_and_its_new_keys_are_asked_anew(world: World) -> None:
    world.run()
    policy = world.policy(threshold=1)
    stranger = Cosigner("0.example", b"another key of thirty-two bytes.")
    policy = replace(
        policy, witnesses=(replace(policy.witnesses[0], key=stranger.key), *policy.witnesses[1:])
    )
    world.trust(lambda: policy)
    assert world.run()[0] == 1
    # The old key still signs there: its line is a stranger's now.
    assert world.row("Kho bạc").said == Said.COSIGNATURE_WRONG


def test_nobody_is_asked_where_nobody_is_named(world: World) -> None:
    world.trust(TrustPolicy)
    assert world.run() == (0, 0, False)
    policy = world.policy()
    nowhere = tuple(replace(one, url=None) for one in policy.witnesses)
    world.trust(lambda: replace(policy, witnesses=nowhere))
    assert world.run() == (0, 0, False)
    world.runtime.publishing = None
    assert world.run() == (0, 0, False)
    assert world.asked == []


def test_4_a_database_and_its_files_taken_back_together_raise_the_alarm(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Path(str(world.runtime.database.engine.url.database))
    world.run()
    world.grow()
    world.runtime.database.engine.dispose()
    shutil.copyfile(database, tmp_path / "backup.db")
    shutil.copytree(tmp_path / "published", tmp_path / "backup")
    world.grow(5)
    world.run()
    seen = world.auditor.checkpoint().size
    world.runtime.database.engine.dispose()
    for part in ("", "-wal", "-shm"):
        database.with_name(database.name + part).unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "backup.db", database)
    shutil.rmtree(tmp_path / "published")
    shutil.copytree(tmp_path / "backup", tmp_path / "published")
    with caplog.at_level(logging.CRITICAL, logger="quytrinh.witness"):
        assert world.run() == (3, 0, False)
    assert [record.message.startswith("ALARM") for record in caplog.records] == [True] * 3
    row = world.row("Kho bạc")
    assert (row.said, row.held, row.alarm_at) == (Said.AHEAD, seen, world.now)
    # Grown past what they saw, it is another history: the alarm stays.
    draft = LogDraft(
        type=EntryType.SETTING_CHANGED,
        stream="organization",
        at=START + timedelta(seconds=1),
        actor=SYSTEM,
    )
    with world.runtime.write(OFFICE) as uow:
        uow.tables.log.append_all([draft] * 20)
        uow.commit()
    publish_log(world.runtime, OFFICE)
    world.run(minutes=1)
    row = world.row("Kho bạc")
    assert (row.said, row.alarm_at) == (Said.FORKED, world.now - timedelta(minutes=1))


def test_4_a_rolled_back_log_to_which_nothing_is_added_is_found_within_the_hour(
    world: World, tmp_path: Path
) -> None:
    database = Path(str(world.runtime.database.engine.url.database))
    world.run()
    world.runtime.database.engine.dispose()
    shutil.copyfile(database, tmp_path / "backup.db")
    shutil.copytree(tmp_path / "published", tmp_path / "backup")
    world.grow(5)
    world.run()
    world.runtime.database.engine.dispose()
    for part in ("", "-wal", "-shm"):
        database.with_name(database.name + part).unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "backup.db", database)
    shutil.rmtree(tmp_path / "published")
    shutil.copytree(tmp_path / "backup", tmp_path / "published")
    assert world.run(minutes=59)[0] == 0
    assert world.run(minutes=1)[0] == 3
    assert {world.row(name).said for name in NAMES} == {Said.AHEAD}


def test_4_a_witness_that_saw_what_another_worker_published_meanwhile_is_no_alarm(
    world: World,
) -> None:
    world.run()
    world.grow()

    def overtaken(_url: str, call: Call) -> Answer:
        write(world.runtime, 1)
        size = Checkpoint.parse(parse_note(call.content.partition(b"\n\n")[2]).text).size
        return Answer(409, f"{size + 1}\n".encode(), "text/x.tlog.size")

    world.run(sender=overtaken)
    assert {world.row(name).said for name in NAMES} == {Said.MOVING}
    assert world.row("Kho bạc").alarm_at is None
    assert world.run()[0] == 3
