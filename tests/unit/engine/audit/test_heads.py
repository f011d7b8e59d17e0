"""Test names repeat the numbers of the rules in `engine/audit/heads.py`."""

import hashlib
from dataclasses import replace

import pytest

from engine.audit.heads import Heads, StreamHead, heads_of, prove_head, verify_head
from engine.audit.merkle import EMPTY_ROOT, leaf_hash
from engine.audit.profile import AuditInputError

HEADS = [StreamHead(f"instance:{n}", n, leaf_hash(bytes([n]))) for n in range(11)]


def test_1_a_head_has_one_spelling() -> None:
    spelled = f'{{"head":"{HEADS[3].leaf_hash.hex()}","seq":3,"stream":"instance:3"}}'
    assert HEADS[3].leaf() == hashlib.sha256(b"\0" + spelled.encode()).digest()


def test_1_the_order_in_which_heads_come_does_not_matter() -> None:
    assert heads_of(HEADS) == heads_of(reversed(HEADS))
    assert heads_of([]) == Heads(0, EMPTY_ROOT)


def test_1_a_stream_has_one_head() -> None:
    with pytest.raises(AuditInputError) as refused:
        heads_of([*HEADS, replace(HEADS[4], seq=9)])
    assert refused.value.code == "stream_repeated"


@pytest.mark.parametrize("change", [{"stream": ""}, {"seq": -1}, {"leaf_hash": b"short"}])
def test_1_what_is_no_head_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(AuditInputError) as refused:
        replace(HEADS[0], **change)
    assert refused.value.code == "head_invalid"


def test_2_an_entry_carries_count_and_root() -> None:
    recorded = heads_of(HEADS)
    assert recorded.subject() == f"heads:11:{recorded.root.hex()}"
    assert Heads.parse(recorded.subject()) == recorded


@pytest.mark.parametrize(
    "subject", ["", "heads", "heads:01:" + "0" * 64, "heads:1:" + "0" * 63, "heads:1:" + "A" * 64]
)
def test_2_any_other_subject_is_refused(subject: str) -> None:
    with pytest.raises(AuditInputError) as refused:
        Heads.parse(subject)
    assert refused.value.code == "heads_malformed"


@pytest.mark.parametrize("count", [1, 2, 3, 11])
def test_3_every_stream_can_be_proved(count: int) -> None:
    recorded = heads_of(HEADS[:count])
    for head in HEADS[:count]:
        proof = prove_head(HEADS[:count], head.stream)
        assert proof.head == head
        assert verify_head(proof, recorded)


def test_3_an_older_head_than_the_recorded_one_is_not_proved() -> None:
    recorded = heads_of(HEADS)
    proof = prove_head(HEADS, "instance:7")
    withheld = replace(proof.head, seq=6, leaf_hash=leaf_hash(b"older"))
    assert not verify_head(replace(proof, head=withheld), recorded)
    assert not verify_head(replace(proof, index=proof.index + 1), recorded)
    assert not verify_head(proof, replace(recorded, count=8))
    assert not verify_head(proof, heads_of(HEADS[:10]))


def test_3_a_stream_that_is_not_there_has_no_proof() -> None:
    with pytest.raises(AuditInputError) as refused:
        prove_head(HEADS, "instance:99")
    assert refused.value.code == "stream_unknown"
