"""What is published of a log is what the database holds, signed, and only ever goes on.

Numbers in names are the rules of `engine/commands/publish_log.py`.
"""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine.audit.chain import entry_hmac
from engine.audit.leaf import EntryType
from engine.audit.merkle import CompactRange, leaf_hash, verify_consistency
from engine.audit.note import NoteSigner, NoteVerifier
from engine.audit.tile import tiles_of
from engine.audit.verifier import Finding
from engine.commands.publish_log import (
    NotPublishable,
    PublishedLog,
    PublishedNowhere,
    is_unpublished,
    publish_log,
)
from engine.evidence.published_disk import PublishedFolder
from engine.machine.actor import SYSTEM
from engine.queries.publication import log_standings
from engine.queries.published_check import published_of
from engine.runtime import Runtime
from engine.storage.audit_log import LogDraft, LogFilter
from engine.worker.jobs import publish_logs
from tests.evidence.test_published import Dying, Killed, published_in
from tests.fixtures import NEIGHBOUR, OFFICE, START, Office
from tests.publishing import ORIGIN, SEED, SITE, Auditor, auditor_in, publish_in
from tests.scale import at_scale


def write(runtime: Runtime, count: int, *, organization_id: str = OFFICE) -> None:
    """Let something happen in the log."""
    drafts = [
        LogDraft(type=EntryType.SETTING_CHANGED, stream="organization", at=START, actor=SYSTEM)
    ] * count
    with runtime.write(organization_id) as uow:
        uow.tables.log.append_all(drafts)
        uow.commit()


def size_of(runtime: Runtime) -> int:
    with runtime.read(OFFICE) as uow:
        return uow.tables.log.size()


def problem_of(runtime: Runtime) -> str:
    with pytest.raises(NotPublishable) as found:
        publish_log(runtime, OFFICE)
    return found.value.code


@pytest.fixture(params=["folder", "bucket"])
def auditor(request: pytest.FixtureRequest, office: Office, tmp_path: Path) -> Auditor:
    """The office, publishing into a folder or a bucket, and somebody who reads there."""
    if request.param == "folder":
        return auditor_in(office.runtime, tmp_path / "published")
    files = published_in(request.getfixturevalue("bucket"))
    publish_in(office.runtime, files)
    return Auditor(files)


@pytest.fixture
def reader(sqlite_office: Office, tmp_path: Path) -> Auditor:
    """The same on SQLite and a folder, for what neither can change."""
    return auditor_in(sqlite_office.runtime, tmp_path / "published")


def test_an_auditor_reads_every_entry_with_the_key_alone(office: Office, auditor: Auditor) -> None:
    runtime = office.runtime
    assert is_unpublished(runtime, OFFICE)
    done = publish_log(runtime, OFFICE)
    assert done == PublishedLog(origin=ORIGIN, size=size_of(runtime), fresh=size_of(runtime))
    first = auditor.checkpoint()
    write(runtime, 300)
    assert publish_log(runtime, OFFICE).fresh == 300
    assert not is_unpublished(runtime, OFFICE)
    bodies = auditor.entries()
    with runtime.read(OFFICE) as uow:
        assert bodies == [row.body for row in uow.tables.log.stored()]
    second, tree = auditor.checkpoint(), auditor.tree()
    assert verify_consistency(
        tree.consistency_proof(first.size),
        first=first.size,
        second=second.size,
        first_root=first.root,
        second_root=second.root,
    )
    # Exactly the files of the last size: what was outgrown is gone.
    expected = {f"1/{tile.path}" for tile in tiles_of(second.size)} | {"1/checkpoint"}
    partial = {f"1/{tile.path}" for tile in tiles_of(first.size) if not tile.full}
    found = set(auditor.files.list(OFFICE))
    assert expected <= found <= expected | partial
    assert not any(f"{path.split('.p/')[0]}" in found for path in found if ".p/" in path)


def test_the_log_says_under_which_name_and_key_it_is_published(
    sqlite_office: Office, reader: Auditor
) -> None:
    publish_log(sqlite_office.runtime, OFFICE)
    body = json.loads(reader.entries()[-1])
    key = NoteVerifier.from_vkey(reader.vkey).key.public_key.hex()
    assert (body["type"], body["stream"], body["subject"]) == (
        "key_changed",
        "log",
        f"ed25519:{key}",
    )


def test_1_a_second_run_changes_nothing(sqlite_office: Office, reader: Auditor) -> None:
    publish_log(sqlite_office.runtime, OFFICE)
    note, files = reader.note(), sorted(reader.files.list(OFFICE))
    assert publish_log(sqlite_office.runtime, OFFICE).fresh == 0
    assert (reader.note(), sorted(reader.files.list(OFFICE))) == (note, files)


def test_1_many_publishers_at_once_end_with_one_log(office: Office, auditor: Auditor) -> None:
    runtime, stop = office.runtime, threading.Event()

    def publish(_: int) -> int:
        runs = 0
        while not stop.is_set() or is_unpublished(runtime, OFFICE):
            publish_log(runtime, OFFICE)
            runs += 1
        return runs

    publish_log(runtime, OFFICE)
    seen = [auditor.checkpoint()]
    with ThreadPoolExecutor(3) as threads:
        futures = [threads.submit(publish, n) for n in range(3)]
        for _ in range(6):
            write(runtime, 40)
            seen.append(auditor.checkpoint())
        stop.set()
        assert all(future.result() for future in futures)
    assert [c.size for c in seen] == sorted(c.size for c in seen)
    assert len(auditor.entries()) == size_of(runtime)
    tree = auditor.tree()
    assert all(tree.root(checkpoint.size) == checkpoint.root for checkpoint in seen)


@dataclass
class Overtaking:
    """Published files that somebody else adds to, just as one of them is asked for."""

    files: PublishedFolder
    asked: str
    meanwhile: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.files, name)

    def read(self, organization_id: str, path: str) -> bytes:
        if self.asked in path and self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return self.files.read(organization_id, path)


@pytest.mark.parametrize("asked", ["checkpoint", ".p/"])
def test_1_whoever_is_overtaken_while_reading_finds_no_fault(
    office: Office, tmp_path: Path, asked: str
) -> None:
    runtime = office.runtime
    auditor_in(runtime, tmp_path / "published")
    publish_log(runtime, OFFICE)
    files = PublishedFolder(tmp_path / "published")

    def meanwhile() -> None:
        publish_in(runtime, files)
        write(runtime, 300)
        assert publish_log(runtime, OFFICE).fresh >= 300

    def overtaken() -> Overtaking:
        slow = Overtaking(files, asked, meanwhile)
        publish_in(runtime, slow)
        return slow

    slow = overtaken()
    write(runtime, 1)
    publish_log(runtime, OFFICE)
    assert slow.meanwhile is None, "it did happen"
    publish_in(runtime, files)
    publish_log(runtime, OFFICE)
    slow = overtaken()
    assert all(found.standing.serves for found in log_standings(runtime))
    slow = overtaken()
    with runtime.read(OFFICE) as uow:
        findings: list[Finding] = []
        published_of(uow, findings)
        refused = uow.tables.log.read(LogFilter(type="publication_refused"), limit=9)
    assert slow.meanwhile is None
    assert (findings, refused) == ([], ())


def slip_in(runtime: Runtime, *, key: bytes) -> int:
    """Append a row with everything right, head and all, but sealed by another key; its index."""
    with runtime.read(OFFICE) as uow:
        (row,) = list(uow.tables.log.stored())[-1:]
        head = CompactRange.from_bytes(uow.tables.log.head().compact_range)
    body = json.loads(row.body)
    body |= {"seq": row.seq + 1, "prev": row.leaf_hash.hex()}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    leaf = leaf_hash(raw)
    values: dict[str, Any] = {
        "idx": head.size,
        "seq": row.seq + 1,
        "prev": row.leaf_hash,
        "body": raw,
        "leaf": leaf,
        "hmac": entry_hmac(key, organization_id=OFFICE, idx=head.size, leaf_hash=leaf),
    }
    columns = "organization_id, stream, payload, payload_salt, type, outcome, actor, recorded_at"
    copied = columns.replace("payload, payload_salt, ", "")
    run(
        runtime,
        f"INSERT INTO log_entry (idx, seq, prev, body, leaf_hash, hmac, {copied}) "  # noqa: S608
        f"SELECT :idx, :seq, :prev, :body, :leaf, :hmac, {copied} FROM log_entry "
        "WHERE organization_id = 'skhcn' AND idx = :last",
        **values,
        last=head.size - 1,
    )
    grown = head.append(leaf)
    run(
        runtime,
        "UPDATE log_head SET size = :size, compact_range = :range WHERE organization_id = 'skhcn'",
        size=grown.size,
        range=grown.to_bytes(),
    )
    return head.size


def run(runtime: Runtime, statement: str, **values: Any) -> None:
    """Change something behind the house's back."""
    with runtime.database.writing() as session:
        done = session.connection().execute(text(statement), values)
        assert done.rowcount != 0
        session.commit()


def test_2_a_row_that_somebody_slipped_into_the_tail_is_never_signed(
    office: Office, auditor: Auditor
) -> None:
    runtime = office.runtime
    publish_log(runtime, OFFICE)
    before = auditor.note()
    write(runtime, 3)
    slipped = slip_in(runtime, key=b"not the key of the house, but long")
    with pytest.raises(NotPublishable) as found:
        publish_log(runtime, OFFICE)
    assert (found.value.code, found.value.params) == ("log_entry_not_ours", {"entry": slipped})
    assert found.value.fresh
    assert auditor.note() == before
    # 5: written down once, however often it is found.
    with pytest.raises(NotPublishable) as again:
        publish_log(runtime, OFFICE)
    assert not again.value.fresh
    assert publish_logs(runtime) >= 0
    with runtime.read(OFFICE) as uow:
        told = uow.tables.log.of_type("publication_refused")
        state = uow.tables.publications.state()
    assert [json.loads(row.body)["subject"] for row in told] == [f"entry:{slipped}"]
    assert state is not None
    assert (state.problem, state.problem_idx) == ("log_entry_not_ours", slipped)


@pytest.mark.usefixtures("reader")
def test_2_a_row_with_the_seal_of_the_house_is_published(sqlite_office: Office) -> None:
    slip_in(sqlite_office.runtime, key=sqlite_office.runtime.log_key)
    assert publish_log(sqlite_office.runtime, OFFICE).size == size_of(sqlite_office.runtime)


def disarm(runtime: Runtime) -> None:
    for trigger in ("log_entry_no_update", "log_entry_no_delete"):
        with runtime.database.writing() as session:
            session.connection().execute(text(f"DROP TRIGGER {trigger}"))
            session.commit()


@pytest.mark.usefixtures("reader")
def test_3_a_published_entry_that_was_changed_is_found(sqlite_office: Office) -> None:
    runtime = sqlite_office.runtime
    publish_log(runtime, OFFICE)
    newest = size_of(runtime) - 1
    disarm(runtime)
    run(runtime, "UPDATE log_entry SET body = x'7b7d' WHERE idx = :idx", idx=newest)
    write(runtime, 1)
    with pytest.raises(NotPublishable) as found:
        publish_log(runtime, OFFICE)
    assert (found.value.code, found.value.params["entry"]) == ("log_entry_changed", newest)


@pytest.mark.usefixtures("reader")
def test_3_an_entry_that_is_gone_is_found(sqlite_office: Office) -> None:
    runtime = sqlite_office.runtime
    publish_log(runtime, OFFICE)
    write(runtime, 3)
    gone = size_of(runtime) - 2
    disarm(runtime)
    run(runtime, "DELETE FROM log_entry WHERE idx = :idx AND organization_id = 'skhcn'", idx=gone)
    assert problem_of(runtime) == "log_entry_missing"


@pytest.mark.usefixtures("reader")
def test_3_a_newest_entry_that_is_gone_is_found(sqlite_office: Office) -> None:
    runtime = sqlite_office.runtime
    publish_log(runtime, OFFICE)
    write(runtime, 3)
    gone = size_of(runtime) - 1
    disarm(runtime)
    run(runtime, "DELETE FROM log_entry WHERE idx = :idx AND organization_id = 'skhcn'", idx=gone)
    assert problem_of(runtime) == "log_entry_missing"


@pytest.mark.usefixtures("reader")
def test_3_a_head_that_says_another_root_is_found(sqlite_office: Office) -> None:
    runtime = sqlite_office.runtime
    publish_log(runtime, OFFICE)
    write(runtime, 1)
    with runtime.read(OFFICE) as uow:
        head = CompactRange.from_bytes(uow.tables.log.head().compact_range)
    other = CompactRange(head.size, (b"x" * 32, *head.nodes[1:]))
    run(runtime, "UPDATE log_head SET compact_range = :range", range=other.to_bytes())
    assert problem_of(runtime) == "log_head_differs"


@pytest.mark.parametrize("damage", ["lost", "short", "other"])
def test_3_a_published_tile_that_was_damaged_is_found_and_written_anew(
    sqlite_office: Office, reader: Auditor, damage: str
) -> None:
    runtime = sqlite_office.runtime
    publish_log(runtime, OFFICE)
    (tile,) = (tile for tile in tiles_of(reader.checkpoint().size) if tile.level == 0)
    path = f"1/{tile.path}"
    content = reader.files.read(OFFICE, path)
    if damage == "lost":
        reader.files.remove(OFFICE, path.rpartition("/")[0])
    else:
        worse = content[:-1] if damage == "short" else b"x" * len(content)
        reader.files.write(OFFICE, [(path, worse)])
    write(runtime, 1)
    assert problem_of(runtime) == "log_tiles_differ"
    publish_log(runtime, OFFICE, anew=True)
    assert len(reader.entries()) == size_of(runtime)
    write(runtime, 1)
    publish_log(runtime, OFFICE)
    with runtime.read(OFFICE) as uow:
        state = uow.tables.publications.state()
    assert state is not None
    assert state.problem is None


def test_4_a_kill_at_any_step_is_harmless(sqlite_office: Office, tmp_path: Path) -> None:
    runtime, root = sqlite_office.runtime, tmp_path / "published"
    reader = auditor_in(runtime, root)
    publish_log(runtime, OFFICE)
    write(runtime, 250)
    steps = 0
    for kill_at in range(1, 200, at_scale(dev=4, ci=1)):
        before = reader.checkpoint()
        publish_in(runtime, PublishedFolder(root, files=Dying(kill_at)))
        try:
            publish_log(runtime, OFFICE)
        except Killed:
            steps += 1
        else:
            break
        # Whoever reads now finds a whole log, at the old size or at the new one.
        assert reader.checkpoint().size in {before.size, size_of(runtime)}
        assert len(reader.entries()) == reader.checkpoint().size
        assert all(s.standing.serves for s in log_standings(runtime))
        write(runtime, 1)
    assert steps > at_scale(dev=5, ci=20)
    publish_in(runtime, PublishedFolder(root))
    publish_log(runtime, OFFICE)
    assert len(reader.entries()) == size_of(runtime)
    assert reader.tree().root(before.size) == before.root


def test_4_the_checkpoint_is_the_last_file_of_all(sqlite_office: Office, tmp_path: Path) -> None:
    class Noting(PublishedFolder):
        def __init__(self, root: Path) -> None:
            super().__init__(root)
            self.noted: list[str] = []

        def write(self, organization_id: str, files: Any) -> int:
            done = super().write(organization_id, files)
            self.noted.append("tiles")
            return done

        def swap(self, *told: Any, **more: Any) -> None:
            super().swap(*told, **more)
            self.noted.append("checkpoint")

    files = Noting(tmp_path / "published")
    publish_in(sqlite_office.runtime, files)
    publish_log(sqlite_office.runtime, OFFICE)
    assert files.noted == ["tiles", "checkpoint"]


def test_a_runtime_without_a_place_publishes_nothing(sqlite_office: Office) -> None:
    with pytest.raises(PublishedNowhere):
        publish_log(sqlite_office.runtime, OFFICE)
    assert publish_logs(sqlite_office.runtime) == 0
    assert log_standings(sqlite_office.runtime) == ()


def test_the_worker_publishes_every_log_that_has_something_new(
    sqlite_office: Office, reader: Auditor
) -> None:
    runtime = sqlite_office.runtime
    assert publish_logs(runtime) > 2
    assert publish_logs(runtime) == 0
    write(runtime, 2, organization_id=NEIGHBOUR)
    assert publish_logs(runtime) == 2
    neighbour = f"{SITE}/log/neighbour"
    other = Auditor(reader.files, NEIGHBOUR, 1, neighbour, NoteSigner(neighbour, SEED).vkey)
    assert json.loads(other.entries()[-1])["type"] == "setting_changed"
