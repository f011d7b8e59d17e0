"""What a witness makes of a request, and how both sides write to one another."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import consistency_proof, leaf_hash, root_of
from engine.audit.note import NoteSigner, sign_note
from engine.audit.profile import AuditInputError
from engine.audit.witnessing import (
    STATUS,
    Decision,
    Request,
    Verdict,
    decide,
    origin_of,
    read_request,
    read_size,
    write_request,
)

LOG = NoteSigner("log.example/1", b"l" * 32)
STRANGER = NoteSigner("log.example/1", b"s" * 32)
LEAVES = [leaf_hash(bytes([n])) for n in range(30)]
FORK = [*LEAVES[:5], *(leaf_hash(bytes([n, n])) for n in range(5, 30))]
KEYS = [LOG.verifier.key, NoteSigner("log.example/2", b"m" * 32).verifier.key]

pytestmark = pytest.mark.usefixtures("socket_disabled")


def head(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(LOG.name, size, root_of(leaves[:size]))


def request(
    old: int, size: int, *, leaves: list[bytes] = LEAVES, signer: NoteSigner = LOG
) -> bytes:
    proof = consistency_proof(leaves[:size], old) if 0 < old < size else ()
    return write_request(Request(old, proof, sign_note(head(size, leaves).text(), [signer])))


def verdict(content: bytes, seen: Checkpoint | None) -> Verdict:
    return decide(content, keys=KEYS, seen=seen).verdict


def test_a_request_is_written_as_specified() -> None:
    lines = request(5, 12).decode().split("\n")
    proof = consistency_proof(LEAVES[:12], 5)
    assert lines[0] == "old 5"
    assert [base64.b64decode(line) for line in lines[1 : len(proof) + 1]] == list(proof)
    assert lines[len(proof) + 1 : len(proof) + 4] == ["", LOG.name, "12"]


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_log_that_grew_is_cosigned_from_every_size_to_every_size(old: int, more: int) -> None:
    size = min(old + more, 30)
    seen = head(old) if old else None
    assert read_request(request(old, size)).old_size == old
    assert decide(request(old, size), keys=KEYS, seen=seen) == Decision(
        Verdict.COSIGN, head(size), old
    )


@given(st.integers(6, 29), st.integers(0, 29))
def test_a_second_history_is_never_cosigned(old: int, more: int) -> None:
    size = min(old + more, 30)
    for leaves in (FORK, LEAVES):
        seen = head(old, LEAVES if leaves is FORK else FORK)
        expected = Verdict.FORKED if size == old else Verdict.INCONSISTENT
        assert verdict(request(old, size, leaves=leaves), seen) is expected


def test_a_stale_size_is_answered_with_the_own_one() -> None:
    for old in (0, 3, 9):
        found = decide(request(old, 12), keys=KEYS, seen=head(7))
        assert found == Decision(Verdict.STALE, None, 7)
    assert decide(request(3, 12), keys=KEYS, seen=None) == Decision(Verdict.STALE, None, 0)


def test_a_smaller_tree_is_never_cosigned_after_a_larger_one() -> None:
    assert verdict(request(5, 5), head(7)) is Verdict.STALE
    smaller = write_request(Request(7, (), sign_note(head(5).text(), [LOG])))
    assert verdict(smaller, head(7)) is Verdict.MALFORMED


def test_an_unknown_origin_and_an_unknown_key_are_told_apart() -> None:
    other = NoteSigner("log.example/9", b"l" * 32)
    text = Checkpoint(other.name, 5, root_of(LEAVES[:5])).text()
    unknown = write_request(Request(0, (), sign_note(text, [other])))
    assert verdict(unknown, None) is Verdict.UNKNOWN_LOG
    assert verdict(request(0, 5, signer=STRANGER), None) is Verdict.UNSIGNED
    # Another log's key does not speak for this one.
    foreign = write_request(
        Request(0, (), sign_note(head(5).text(), [NoteSigner("log.example/2", b"m" * 32)]))
    )
    assert verdict(foreign, None) is Verdict.UNSIGNED


def test_further_signatures_do_not_harm() -> None:
    note = sign_note(head(5).text(), [STRANGER, LOG])
    assert verdict(write_request(Request(0, (), note)), None) is Verdict.COSIGN


def test_a_first_sight_needs_no_proof_and_takes_none() -> None:
    note = sign_note(head(5).text(), [LOG])
    assert verdict(write_request(Request(0, (bytes(32),), note)), None) is Verdict.INCONSISTENT


def test_an_empty_log_that_was_seen_may_grow() -> None:
    assert verdict(request(0, 5), head(0)) is Verdict.COSIGN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"old 0",
        b"old 0\n\n",
        b"old 00\n\nx\n",
        b"older 0\n\nx\n",
        b"old 0\n%s\n\nx\n" % base64.b64encode(bytes(31)),
        b"old 0\n\xff\n\nx\n",
        b"old 9223372036854775808\n\nx\n",
        request(0, 5).replace(b"old 0\n", b"old 0\n" + (b"A" * 43 + b"=\n") * 64),
        request(0, 5).replace(b"log.example/1\n5\n", b"log.example/1\n05\n"),
        request(0, 5).replace(b"\n", b"\r\n"),
    ],
)
def test_what_is_no_request_is_answered_as_such(content: bytes) -> None:
    assert verdict(content, None) is Verdict.MALFORMED
    assert origin_of(content) is None


def test_only_a_whole_request_is_read() -> None:
    with pytest.raises(AuditInputError):
        read_request(b"old 0\n")
    assert origin_of(request(0, 5)) == LOG.name


def test_statuses_are_those_of_the_specification() -> None:
    assert {verdict.value: status for verdict, status in STATUS.items()} == {
        "cosign": 200,
        "malformed": 400,
        "unknown_log": 404,
        "unsigned": 403,
        "stale": 409,
        "forked": 409,
        "inconsistent": 422,
    }


@pytest.mark.parametrize(
    ("content", "size"),
    [(b"0\n", 0), (b"12\n", 12), (b"12", None), (b"012\n", None), (b"-1\n", None), (b"", None)],
)
def test_a_size_is_read_strictly(content: bytes, size: int | None) -> None:
    assert read_size(content) == size


def test_a_size_beyond_the_format_is_none() -> None:
    assert read_size(b"9223372036854775808\n") is None
