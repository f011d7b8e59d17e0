"""What is made of a witness's answer, when the witness is a liar or a fool."""

from dataclasses import replace

import pytest

from engine.audit.cosignature import Cosigner
from engine.witness.asking import Asked, Said, ask
from engine.witness.calling import Answer, Call, CallFailed
from tests.witness.growing_log import GrowingLog

LOG = GrowingLog().grow(20)
COSIGNER = Cosigner("witness.example/1", b"w" * 32)
OTHER = Cosigner("witness.example/2", b"o" * 32)
NOW = 1_790_000_000


def asked(*answers: Answer | CallFailed) -> Asked:
    waiting = list(answers)
    urls: list[str] = []

    def send(url: str, _call: Call) -> Answer:
        urls.append(url)
        answer = waiting.pop(0)
        if isinstance(answer, CallFailed):
            raise answer
        return answer

    question = replace(LOG.question(not_after=NOW), send=send)
    found = ask("https://witness.example/prefix/", COSIGNER.key, question, seen=5)
    assert set(urls) == {"https://witness.example/prefix/add-checkpoint"}
    assert not waiting
    return found


def line(cosigner: Cosigner = COSIGNER, time: int = NOW) -> bytes:
    return cosigner.cosign(LOG.head().text(), time=time).line().encode()


def test_its_own_line_is_kept_and_strange_lines_are_not() -> None:
    found = asked(Answer(200, line(OTHER) + line()))
    assert (found.said, found.size, found.time) == (Said.COSIGNED, 20, NOW)
    assert found.line is not None
    assert found.line.line().encode() == line()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ok\n",
        line(OTHER),
        line()[:-1],
        line(time=NOW + 1),
        line().replace(b"example/1", b"example/1 "),
        Cosigner("witness.example/1", b"w" * 32)
        .cosign(LOG.head(19).text(), time=NOW)
        .line()
        .encode(),
        b"\n\n" + line(),
        b"\xff",
    ],
)
def test_a_200_without_a_good_line_is_no_cosignature(content: bytes) -> None:
    found = asked(Answer(200, content))
    assert (found.said, found.line) == (Said.COSIGNATURE_WRONG, None)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(400, b"malformed\n"), Said.MALFORMED),
        (Answer(403, b""), Said.NOT_TRUSTED),
        (Answer(404, b""), Said.UNKNOWN_LOG),
        (Answer(422, b""), Said.FORKED),
        (Answer(409, b"21\n"), Said.AHEAD),
        (Answer(409, b"5\n"), Said.FORKED),
        (Answer(409, b""), Said.FAILED),
        (Answer(409, b"-1\n"), Said.FAILED),
        (Answer(307, b""), Said.FAILED),
        (Answer(429, b""), Said.FAILED),
        (Answer(503, b"<html>\x00\x1b[31mred"), Said.FAILED),
        (CallFailed("too_slow"), Said.FAILED),
    ],
)
def test_every_status_has_its_meaning(answer: Answer | CallFailed, said: Said) -> None:
    found = asked(answer)
    assert found.said is said
    assert found.line is None
    assert found.problem.isprintable()


def test_another_size_is_proven_anew() -> None:
    found = asked(Answer(409, b"9\n"), Answer(200, line()))
    assert found.said is Said.COSIGNED


def test_a_witness_that_never_settles_is_left_for_later() -> None:
    found = asked(*(Answer(409, f"{size}\n".encode()) for size in (7, 9, 11)))
    assert (found.said, found.size) == (Said.MOVING, 11)
