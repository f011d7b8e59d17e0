"""Receipts: what is written is the specification's form, and only that is read."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import inclusion_proof, leaf_hash, root_of
from engine.audit.note import NoteSigner, sign_note
from engine.audit.profile import AuditInputError
from engine.audit.tlog_proof import LogProof, proves, read_proof, write_proof

LOG = NoteSigner("log.example/1", b"l" * 32)
LEAVES = [leaf_hash(bytes([n])) for n in range(11)]
HEAD = Checkpoint(LOG.name, len(LEAVES), root_of(LEAVES))
NOTE = sign_note(HEAD.text(), [LOG])
PROOF = LogProof(index=4, path=inclusion_proof(LEAVES, 4), checkpoint=NOTE, extra=b"leaf")
FILE = write_proof(PROOF).decode()

pytestmark = pytest.mark.usefixtures("socket_disabled")


def test_a_receipt_is_written_as_specified() -> None:
    lines = FILE.split("\n")
    assert lines[:3] == [
        "c2sp.org/tlog-proof@v1",
        f"extra {base64.b64encode(b'leaf').decode()}",
        "index 4",
    ]
    assert [base64.b64decode(line) for line in lines[3:7]] == list(PROOF.path)
    assert "\n".join(lines[7:]) == "\n" + NOTE.decode()


@given(st.integers(1, 40), st.data(), st.none() | st.binary(max_size=40))
def test_every_entry_of_every_tree_is_proven_by_its_receipt_and_by_no_other(
    size: int, data: st.DataObject, extra: bytes | None
) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    head = Checkpoint(LOG.name, size, root_of(leaves))
    index = data.draw(st.integers(0, size - 1))
    proof = LogProof(
        index=index,
        path=inclusion_proof(leaves, index),
        checkpoint=sign_note(head.text(), [LOG]),
        extra=extra,
    )
    assert read_proof(write_proof(proof)) == proof
    for other, leaf in enumerate(leaves):
        assert proves(proof, leaf, checkpoint=head) == (other == index)


def test_a_receipt_does_not_serve_for_another_tree() -> None:
    other = Checkpoint(LOG.name, HEAD.size, bytes(32))
    assert proves(PROOF, LEAVES[4], checkpoint=HEAD)
    assert not proves(PROOF, LEAVES[4], checkpoint=other)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("@v1", "@v2", 1),
        ("extra ", "more ", 2),
        ("extra bGVhZg==", "extra bGVhZh==", 2),
        ("extra bGVhZg==", "extra ?", 2),
        ("index 4", "index 04", 3),
        ("index 4", "index -4", 3),
        ("index 4", "index ٤", 1),
        ("index 4", f"index {2**63}", 3),
        ("index 4\n", "", 3),
        ("index 4\n", "index 4\nAAAA\n", 4),
        ("index 4\n", "index 4\n" + (base64.b64encode(bytes(32)).decode() + "\n") * 60, 3),
        ("\n\n", "\n", 1),
        ("\n", "\r\n", 1),
    ],
)
def test_what_is_written_otherwise_is_not_read(old: str, new: str, line: int) -> None:
    bent = FILE.replace(old, new)
    assert bent != FILE
    with pytest.raises(AuditInputError) as fault:
        read_proof(bent.encode())
    assert (fault.value.code, fault.value.params["line"]) == ("proof_unreadable", line)


def test_a_receipt_that_ends_after_its_first_line_is_not_read() -> None:
    with pytest.raises(AuditInputError):
        read_proof(b"c2sp.org/tlog-proof@v1\n\n")


def test_a_receipt_without_end_is_not_read() -> None:
    with pytest.raises(AuditInputError):
        read_proof(b"x" * (256 * 1024 + 1))
