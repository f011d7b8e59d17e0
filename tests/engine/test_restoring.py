"""A database that lacks what was published is not served; a restore is accepted openly.

Numbers in names are the rules of `engine/transaction/publishing.py` and, from 11 on, those of
`engine/commands/accept_restore.py`.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.audit.checkpoint import Checkpoint
from engine.audit.heads import Heads, prove_head, verify_head
from engine.audit.note import NoteSigner, NoteVerifier, open_note
from engine.commands.accept_restore import accept_restore
from engine.commands.change_log_keys import begin_log_key, end_former_log_key
from engine.commands.copy_log import copy_log
from engine.commands.publish_log import NotPublishable, publish_log
from engine.commands.record_heads import record_heads
from engine.errors import Conflict, Invalid
from engine.evidence.published_disk import PublishedFolder
from engine.queries.publication import LogUnsound, log_identity, log_standings, refuse_unsound_logs
from engine.runtime import Departed, Runtime
from engine.storage.database import Database
from engine.transaction.publishing import Stand
from engine.worker.jobs import publish_logs, record_all_heads
from tests.engine.test_publishing import size_of, write
from tests.fixtures import (
    NEIGHBOUR,
    OFFICE,
    Databases,
    MovedClock,
    Office,
    people_of,
    runtime_on,
    seed_data,
)
from tests.publishing import ORIGIN, SEED, Auditor, KeptKeys, auditor_in, publish_in

ADMINISTRATOR = people_of(seed_data())["administrator"]


@dataclass(slots=True)
class House:
    """An office on a file that can be put back, its publication, and the auditor."""

    runtime: Runtime
    auditor: Auditor
    address: str
    folder: Path

    def backup(self) -> Path:
        """A copy of the database as it is now."""
        copy = self.folder / "backup.db"
        self.runtime.database.close()
        shutil.copyfile(self.address.removeprefix("sqlite:///"), copy)
        return copy

    def put_back(self, copy: Path) -> None:
        """The database as it was then."""
        self.runtime.database.close()
        file = Path(self.address.removeprefix("sqlite:///"))
        for end in ("-wal", "-shm"):
            file.with_name(file.name + end).unlink(missing_ok=True)
        shutil.copyfile(copy, file)

    def stand(self) -> Stand:
        found = {each.organization.id: each for each in log_standings(self.runtime)}
        return found[OFFICE].standing.stand


@pytest.fixture
def house(sqlite_databases: Databases, tmp_path: Path) -> House:
    address = sqlite_databases.founded()
    runtime = runtime_on(Database(address), tmp_path, MovedClock())
    return House(runtime, auditor_in(runtime, tmp_path / "published"), address, tmp_path)


def test_3_an_office_that_published_nothing_starts_as_ever(house: House) -> None:
    assert house.stand() is Stand.UNPUBLISHED
    refuse_unsound_logs(house.runtime)


def test_3_a_database_that_holds_what_was_published_is_served(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    write(house.runtime, 5)
    assert house.stand() is Stand.SOUND
    refuse_unsound_logs(house.runtime)


def test_3_a_database_that_was_put_back_is_not_served(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    old = house.backup()
    write(house.runtime, 5)
    publish_log(house.runtime, OFFICE)
    published = house.auditor.checkpoint().size
    house.put_back(old)
    assert house.stand() is Stand.BEHIND
    with pytest.raises(LogUnsound) as refused:
        refuse_unsound_logs(house.runtime)
    assert refused.value.code == "log_behind"
    assert refused.value.params == {
        "origin": ORIGIN,
        "published": published,
        "size": published - 5,
    }
    with pytest.raises(NotPublishable):
        publish_log(house.runtime, OFFICE)


def test_3_a_database_that_was_put_back_and_grew_again_is_not_served(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    old = house.backup()
    write(house.runtime, 5)
    publish_log(house.runtime, OFFICE)
    note = house.auditor.note()
    house.put_back(old)
    record_heads(house.runtime, OFFICE)
    write(house.runtime, 30)
    assert house.stand() is Stand.BESIDE
    with pytest.raises(NotPublishable):
        publish_log(house.runtime, OFFICE)
    assert house.auditor.note() == note


def test_3_a_checkpoint_that_is_gone_is_noticed(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    house.auditor.files.remove(OFFICE, "1")
    assert house.stand() is Stand.MISSING


def test_2_a_checkpoint_that_we_did_not_sign_is_no_checkpoint_of_ours(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    assert house.runtime.publishing is not None
    keys = house.runtime.publishing.keys
    assert isinstance(keys, KeptKeys)
    keys.held = [b"a key that was made anew, 32 byte"[:32]]
    assert house.stand() is Stand.UNREADABLE
    with pytest.raises(NotPublishable):
        publish_log(house.runtime, OFFICE)


def test_4_rows_of_the_publication_are_not_needed(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    write(house.runtime, 2)
    with house.runtime.write(OFFICE) as uow:
        uow.tables.publications.forget()
        uow.commit()
    assert house.stand() is Stand.SOUND
    with house.runtime.write(OFFICE) as uow:
        size = house.auditor.checkpoint().size
        uow.tables.publications.reached(
            1, size=size, compact_range=b"nonsense", at=house.runtime.clock.now()
        )
        uow.commit()
    assert house.stand() is Stand.SOUND


def restored(house: House) -> tuple[Checkpoint, int]:
    """Publish, put the database back, and accept it; what was published, and what was left."""
    publish_log(house.runtime, OFFICE)
    old = house.backup()
    write(house.runtime, 5)
    publish_log(house.runtime, OFFICE)
    published = house.auditor.checkpoint()
    house.put_back(old)
    left = size_of(house.runtime)
    accept_restore(house.runtime, OFFICE, person=ADMINISTRATOR, reason="Ổ đĩa hỏng")
    return published, left


def second_of(house: House, number: int = 2) -> Auditor:
    origin = f"{ORIGIN}/g{number}"
    return Auditor(house.auditor.files, OFFICE, number, origin, NoteSigner(origin, SEED).vkey)


def test_11_a_restored_log_goes_on_under_a_new_name(house: House) -> None:
    published, left = restored(house)
    refuse_unsound_logs(house.runtime)
    assert house.stand() is Stand.UNPUBLISHED
    assert publish_log(house.runtime, OFFICE).origin == f"{ORIGIN}/g2"
    second = second_of(house)
    body = json.loads(second.entries()[left])
    # 12: who, and what the former generation had published.
    assert (body["type"], body["actor"]) == (
        "log_restored",
        ADMINISTRATOR,
    )
    assert body["subject"] == f"checkpoint:{published.size}:{published.root.hex()}"
    # 13: what was published stays, and what both hold is the same.
    assert house.auditor.checkpoint() == published
    assert len(house.auditor.entries()) == published.size
    assert second.tree().root(left) == house.auditor.tree().root(left)
    assert log_identity(house.runtime, OFFICE).generations == (ORIGIN, f"{ORIGIN}/g2")


def test_11_a_database_from_before_the_restore_is_not_served_either(house: House) -> None:
    restored(house)
    old = house.folder / "backup.db"
    publish_log(house.runtime, OFFICE)
    house.put_back(old)
    assert house.stand() is Stand.BEHIND
    done = accept_restore(house.runtime, OFFICE, person=None, reason="Lại hỏng")
    assert (done.former, done.origin) == (f"{ORIGIN}/g2", f"{ORIGIN}/g3")
    publish_log(house.runtime, OFFICE)
    assert len(second_of(house, 3).entries()) == size_of(house.runtime)


def test_11_a_lost_key_or_checkpoint_ends_in_a_new_name_too(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    house.auditor.files.remove(OFFICE, "1")
    done = accept_restore(house.runtime, OFFICE, person=None, reason="Mất thư mục")
    assert (done.published, done.origin) == (None, f"{ORIGIN}/g2")
    publish_log(house.runtime, OFFICE)
    refuse_unsound_logs(house.runtime)


def test_13_where_nothing_is_wrong_nothing_is_begun_anew(house: House) -> None:
    for published in (False, True):
        if published:
            publish_log(house.runtime, OFFICE)
        with pytest.raises(Conflict) as refused:
            accept_restore(house.runtime, OFFICE, person=None, reason="Cứ thế")
        assert refused.value.code == "log_not_restored"


def test_12_somebody_who_works_here_gives_a_reason(house: House) -> None:
    publish_log(house.runtime, OFFICE)
    house.auditor.files.remove(OFFICE, "1")
    with pytest.raises(Invalid):
        accept_restore(house.runtime, OFFICE, person=None, reason=" \n")
    with pytest.raises(Departed):
        accept_restore(house.runtime, OFFICE, person="nobody", reason="Mất")


def test_a_new_key_signs_beside_the_former_one_until_that_one_ends(house: House) -> None:
    runtime = house.runtime
    publish_logs(runtime)
    old = NoteVerifier.from_vkey(house.auditor.vkey)
    assert begin_log_key(runtime) == 2
    with pytest.raises(Conflict):
        begin_log_key(runtime)
    new = NoteVerifier.from_vkey(log_identity(runtime, OFFICE).vkeys[0])
    publish_logs(runtime)
    opened = open_note(house.auditor.note(), [old, new])
    assert [s.key_id for s in opened.verified] == [new.key_id, old.key_id]
    body = json.loads(house.auditor.entries()[-1])
    assert (body["type"], body["subject"]) == (
        "key_changed",
        f"ed25519:{new.key.public_key.hex()}",
    )
    assert end_former_log_key(runtime) == 2
    with pytest.raises(Conflict):
        end_former_log_key(runtime)
    write(runtime, 1)
    publish_logs(runtime)
    opened = open_note(house.auditor.note(), [old, new])
    assert [s.key_id for s in opened.verified] == [new.key_id]
    refuse_unsound_logs(runtime)


def test_a_former_key_does_not_end_while_a_log_cannot_be_published(house: House) -> None:
    publish_logs(house.runtime)
    begin_log_key(house.runtime)
    house.auditor.files.remove(OFFICE, "1")
    with pytest.raises(NotPublishable):
        end_former_log_key(house.runtime)
    assert len(log_identity(house.runtime, OFFICE).vkeys) == 2


def test_the_heads_of_the_day_prove_that_a_case_is_whole(office: Office, tmp_path: Path) -> None:
    runtime = office.runtime
    auditor = auditor_in(runtime, tmp_path / "published")
    write(runtime, 2)
    assert record_all_heads(runtime) == 2
    assert record_heads(runtime, OFFICE) is None
    assert record_all_heads(runtime) == 0
    publish_log(runtime, OFFICE)
    entries = [json.loads(body) for body in auditor.entries()]
    (at,) = [n for n, body in enumerate(entries) if body["type"] == "heads_recorded"]
    recorded = Heads.parse(entries[at]["subject"])
    with runtime.read(OFFICE) as uow:
        # The stream `log` itself has gone on since, and had not begun then.
        heads = [head for head in uow.tables.publications.heads() if head.stream != "log"]
    assert recorded.count == len({body["stream"] for body in entries[:at]})
    proof = prove_head(heads, "organization")
    assert verify_head(proof, recorded)
    newest = max(body["seq"] for body in entries[:at] if body["stream"] == "organization")
    assert proof.head.seq == newest
    assert publish_logs(runtime) > 0
    assert NEIGHBOUR in {organization.id for organization in runtime.organizations()}


def test_a_log_moves_with_the_evidence(house: House) -> None:
    runtime, moved = house.runtime, PublishedFolder(house.folder / "moved")
    publish_log(runtime, OFFICE)
    write(runtime, 300)
    publish_log(runtime, OFFICE)
    assert copy_log(runtime, OFFICE, moved) == len(set(house.auditor.files.list(OFFICE)))
    before = house.auditor.checkpoint()
    reader = Auditor(moved)
    assert reader.checkpoint() == before
    assert len(reader.entries()) == before.size
    # The house works on the new store; a late copy from the old one takes nothing back.
    publish_in(runtime, moved)
    write(runtime, 1)
    publish_log(runtime, OFFICE)
    publish_in(runtime, house.auditor.files)
    assert copy_log(runtime, OFFICE, moved) == 0
    assert reader.checkpoint().size == before.size + 1


def test_a_house_that_publishes_nothing_copies_nothing(sqlite_office: Office) -> None:
    assert copy_log(sqlite_office.runtime, OFFICE, PublishedFolder(Path("/nowhere"))) == 0
