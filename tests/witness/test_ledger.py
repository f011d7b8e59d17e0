"""A witness's memory: never behind what it said, never two at once, never begun by accident."""

import base64
import json
import os
from pathlib import Path

import pytest

from engine.audit.cosignature import MLDSA44_COSIGNATURE, Cosigner
from engine.audit.witnessing import Verdict
from engine.errors import Conflict, Corrupt, Invalid, NotFound
from engine.witness.key_file import read_key_file, write_key_file
from engine.witness.ledger import EVIDENCE_MAX, Ledger
from tests.witness.growing_log import GrowingLog


@pytest.fixture
def state(tmp_path: Path) -> Path:
    Ledger.make(tmp_path / "state")
    return tmp_path / "state"


def opened(state: Path) -> Ledger:
    return Ledger.open(state)


def test_what_was_cosigned_is_there_after_a_restart(state: Path) -> None:
    log = GrowingLog().grow(5)
    ledger = opened(state)
    assert ledger.decide(log.request(0), [log.key]).verdict is Verdict.COSIGN
    ledger.close()
    again = opened(state)
    assert again.latest(log.key.name) == log.note()
    assert again.origins() == (log.key.name,)
    assert again.decide(log.request(0), [log.key]).verdict is Verdict.STALE
    assert again.decide(log.grow(3).request(5), [log.key]).verdict is Verdict.COSIGN


def test_what_cannot_be_kept_is_not_remembered_either(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = GrowingLog().grow(5)
    ledger = opened(state)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            ledger.decide(log.request(0), [log.key])
    assert ledger.latest(log.key.name) is None
    assert [path.name for path in state.parent.glob(".state.*")] == []
    assert ledger.decide(log.request(0), [log.key]).verdict is Verdict.COSIGN


def test_a_repeated_question_writes_nothing(state: Path) -> None:
    log = GrowingLog().grow(5)
    ledger = opened(state)
    ledger.decide(log.request(0), [log.key])
    written = state.stat().st_mtime_ns
    assert ledger.decide(log.request(5), [log.key]).verdict is Verdict.COSIGN
    assert state.stat().st_mtime_ns == written


def test_a_second_history_is_kept_as_evidence_once(state: Path) -> None:
    log = GrowingLog().grow(5)
    ledger = opened(state)
    ledger.decide(log.request(0), [log.key])
    fork = log.forked(2).grow(6, b"other")
    for _ in range(2):
        assert ledger.decide(fork.request(5), [log.key]).verdict is Verdict.INCONSISTENT
    same_size = log.forked(2).grow(3, b"other")
    assert ledger.decide(same_size.request(5), [log.key]).verdict is Verdict.FORKED
    kept = [path.read_bytes() for path in state.with_name("state.evidence").iterdir()]
    assert sorted(kept) == sorted([fork.request(5), same_size.request(5)])


def test_evidence_has_an_end(state: Path) -> None:
    log = GrowingLog().grow(5)
    ledger = opened(state)
    ledger.decide(log.request(0), [log.key])
    folder = state.with_name("state.evidence")
    folder.mkdir()
    for number in range(EVIDENCE_MAX):
        (folder / str(number)).touch()
    ledger.decide(log.forked(2).grow(6, b"other").request(5), [log.key])
    assert len(list(folder.iterdir())) == EVIDENCE_MAX


def test_a_witness_without_its_file_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as fault:
        Ledger.open(tmp_path / "state")
    assert fault.value.code == "witness_state_missing"
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_begun_once(state: Path) -> None:
    with pytest.raises(Conflict):
        Ledger.make(state)


def test_two_cannot_hold_one_file(state: Path) -> None:
    first = opened(state)
    with pytest.raises(Conflict) as fault:
        opened(state)
    assert fault.value.code == "witness_state_in_use"
    first.close()
    opened(state).close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"version": 2, "logs": {}}',
        b'{"version": 1, "logs": {"log.example/1": "no note"}}',
        b'{"version": 1, "logs": {"log.example/1": 5}}',
        b'{"version": 1, "logs": []}',
        b"\xff",
    ],
)
def test_a_damaged_file_is_refused(state: Path, content: bytes) -> None:
    state.write_bytes(content)
    with pytest.raises(Corrupt):
        opened(state)


def test_a_checkpoint_under_another_origin_is_refused(state: Path) -> None:
    note = GrowingLog().grow(1).note().decode()
    state.write_text(json.dumps({"version": 1, "logs": {"log.example/9": note}}))
    with pytest.raises(Corrupt):
        opened(state)


def test_a_key_file_is_for_its_owner_and_reads_as_it_was(tmp_path: Path) -> None:
    made = write_key_file(tmp_path / "key", "witness.example/1", b"s" * 32)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert read_key_file(tmp_path / "key").key == made.key
    with pytest.raises(Conflict):
        write_key_file(tmp_path / "key", "witness.example/1", b"t" * 32)


def test_a_key_file_of_go_with_the_newer_kind_is_read(tmp_path: Path) -> None:
    key = Cosigner("witness.example/1", b"s" * 32, signature_type=MLDSA44_COSIGNATURE).key
    secret = base64.b64encode(b"\x06" + b"s" * 32).decode()
    (tmp_path / "key").write_text(f"PRIVATE+KEY+{key.name}+{key.key_id.hex()}+{secret}\n")
    assert read_key_file(tmp_path / "key").key == key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PRIVATE+", ""),
        ("witness.example/1", "witness.example/2"),
        ("witness.example/1", "witness example"),
        ("Nz\n", "\n"),
        ("+KEY+", "+KEY"),
    ],
)
def test_what_is_no_key_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    write_key_file(tmp_path / "key", "witness.example/1", b"s" * 32)
    text = (tmp_path / "key").read_text()
    assert old in text
    (tmp_path / "key").write_text(text.replace(old, new))
    with pytest.raises(Invalid):
        read_key_file(tmp_path / "key")


def test_a_name_that_no_note_can_hold_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        write_key_file(tmp_path / "key", "a name", b"s" * 32)
    with pytest.raises(NotFound):
        read_key_file(tmp_path / "key")
