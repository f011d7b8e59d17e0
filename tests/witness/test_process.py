"""A witness as a process: two requests that race, a kill in the middle, a fork, another origin."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.audit.cosignature import cosignatures_of
from engine.audit.note import NoteSigner, VerifierKey, parse_note
from engine.errors import QuyTrinhError
from engine.witness.asking import Said, ask
from engine.witness.calling import Answer, Call, CallFailed, post
from engine.witness.key_file import read_key_file, write_key_file
from engine.witness.ledger import Ledger
from tests.witness.growing_log import LATER, GrowingLog, Running, running_witness, start

NAME = "witness.example/1"


def made(folder: Path) -> VerifierKey:
    Ledger.make(folder / "state")
    return write_key_file(folder / "key", NAME, b"w" * 32).key


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("witness")
    made(folder)
    return folder


ORIGINS = [NoteSigner(f"log.example/{n}", bytes([n]) * 32) for n in range(12)]
"""One log for each test: they share one witness."""


@pytest.fixture(scope="module")
def witness(home: Path) -> Iterator[Running]:
    keys = [signer.verifier.key for signer in ORIGINS]
    with running_witness(home, *keys) as running:
        yield running


@pytest.fixture
def key(home: Path) -> VerifierKey:
    return read_key_file(home / "key").key


def sent(url: str, content: bytes) -> Answer:
    call = Call(content=content, media_type="text/plain", answer_max=65536)
    return post(f"{url}/add-checkpoint", call)


def got(url: str, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    with closing(line):
        line.request(method, path, body)
        answer = line.getresponse()
        return answer.status, answer.read()


def test_a_log_that_grows_is_cosigned_and_its_head_can_be_read(
    witness: Running, key: VerifierKey
) -> None:
    log = GrowingLog(ORIGINS[0]).grow(3)
    assert ask(witness.url, key, log.question(), seen=0).said is Said.COSIGNED
    asked = ask(witness.url, key, log.grow(200).question(), seen=3)
    assert (asked.said, asked.size) == (Said.COSIGNED, 203)
    note = parse_note(got(witness.url, "GET", "/checkpoint?origin=log.example/0")[1])
    assert note.text == log.head().text()
    assert [one.key for one in cosignatures_of(note, [key], not_after=LATER)] == [key]


def test_a_sender_that_forgot_finds_the_size_by_asking(witness: Running, key: VerifierKey) -> None:
    log = GrowingLog(ORIGINS[1]).grow(9)
    ask(witness.url, key, log.question(), seen=0)
    log.grow(9)
    for believed in (0, 4, 18, 500):
        asked = ask(witness.url, key, log.question(), seen=believed)
        assert (asked.said, asked.size) == (Said.COSIGNED, 18)


def test_a_rolled_back_log_and_a_fork_raise_the_alarm(witness: Running, key: VerifierKey) -> None:
    log = GrowingLog(ORIGINS[2]).grow(20)
    ask(witness.url, key, log.question(), seen=0)
    behind = ask(witness.url, key, log.question(12), seen=12)
    assert (behind.said, behind.size) == (Said.AHEAD, 20)
    for size in (8, 18):
        fork = log.forked(12).grow(size, b"other")
        assert ask(witness.url, key, fork.question(), seen=20).said is Said.FORKED
        assert ask(witness.url, key, fork.question(), seen=0).said is Said.FORKED
    # Who was first is believed further on.
    assert ask(witness.url, key, log.grow(1).question(), seen=20).said is Said.COSIGNED


def test_an_unknown_log_and_a_strange_key_are_told(witness: Running, key: VerifierKey) -> None:
    stranger = GrowingLog(NoteSigner("elsewhere.example", b"e" * 32)).grow(2)
    assert ask(witness.url, key, stranger.question(), seen=0).said is Said.UNKNOWN_LOG
    impostor = GrowingLog(NoteSigner(ORIGINS[3].name, b"i" * 32)).grow(2)
    assert ask(witness.url, key, impostor.question(), seen=0).said is Said.NOT_TRUSTED


def test_of_two_histories_that_race_one_is_cosigned(witness: Running) -> None:
    log = GrowingLog(ORIGINS[4]).grow(4)
    sent(witness.url, log.request(0))
    branches = [log.forked(4).grow(1 + n, b"%d" % n) for n in range(8)]
    answers: list[Answer] = [Answer(0, b"")] * len(branches)
    together = threading.Barrier(len(branches))

    def send(number: int) -> None:
        together.wait()
        answers[number] = sent(witness.url, branches[number].request(4))

    threads = [threading.Thread(target=send, args=(n,)) for n in range(len(branches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [n for n, answer in enumerate(answers) if answer.status == 200]
    assert len(winners) == 1
    size = f"{5 + winners[0]}\n".encode()
    losers = [answer for answer in answers if answer.status != 200]
    assert {(loser.status, loser.content, loser.media_type) for loser in losers} == {
        (409, size, "text/x.tlog.size")
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/add-checkpoint", b"nonsense", 400),
        ("POST", "/add-checkpoint", b"x" * 65537, 413),
        ("GET", "/add-checkpoint", None, 405),
        ("GET", "/", None, 404),
        ("GET", "/checkpoint", None, 404),
        ("GET", "/checkpoint?origin=%FF", None, 404),
        ("POST", "/healthz", b"", 405),
    ],
)
def test_everything_else_is_turned_down(
    witness: Running, method: str, path: str, body: bytes | None, status: int
) -> None:
    assert got(witness.url, method, path, body)[0] == status


def test_after_a_kill_the_witness_stands_by_every_word_that_it_gave(tmp_path: Path) -> None:
    key = made(tmp_path)
    log = GrowingLog().grow(60)
    acknowledged: list[int] = []
    enough = threading.Event()

    def send_all(url: str) -> None:
        size = 0
        for following in range(1, 60):
            try:
                if sent(url, log.request(size, following)).status != 200:
                    return
            except CallFailed:
                return
            size = following
            acknowledged.append(following)
            if following == 12:
                enough.set()

    with running_witness(tmp_path, log.key) as witness:
        sender = threading.Thread(target=send_all, args=(witness.url,))
        sender.start()
        assert enough.wait(60)
        witness.kill()
        sender.join()
    with running_witness(tmp_path, log.key) as witness:
        # It holds what it last answered, or the one that was on its way.
        probe = sent(witness.url, log.request(0))
        held = int(probe.content)
        assert (probe.status, held - acknowledged[-1] in {0, 1}) == (409, True)
        fork = log.forked(held - 1).grow(50, b"other")
        assert ask(witness.url, key, fork.question(), seen=held).said is Said.FORKED
        assert ask(witness.url, key, log.question(), seen=held).said is Said.COSIGNED


def test_a_witness_whose_state_was_lost_does_not_serve(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "state").unlink()
    with pytest.raises(QuyTrinhError):
        Ledger.open(tmp_path / "state")
    line = ["--key", str(tmp_path / "key"), "--state", str(tmp_path / "state")]
    process = start(*line, "--log", GrowingLog().key.vkey)
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "witness_state_missing" in said
