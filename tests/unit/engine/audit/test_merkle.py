"""Test names repeat the numbers of the rules in `engine/audit/merkle.py`."""

import hashlib

import pytest

from engine.audit.merkle import (
    EMPTY_ROOT,
    CompactRange,
    compact_range,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from engine.audit.profile import AuditInputError

# The eight leaves and the roots that Certificate Transparency's own test suites use.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(body) for body in CT_LEAVES]


def test_1_leaves_and_nodes_have_their_own_prefixes() -> None:
    assert leaf_hash(b"") == hashlib.sha256(b"\0").digest()
    left, right = HASHES[:2]
    assert node_hash(left, right) == hashlib.sha256(b"\1" + left + right).digest()
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("size", range(1, 9))
def test_2_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of(HASHES[:size]).hex() == CT_ROOTS[size - 1]


def test_2_no_leaf_is_duplicated() -> None:
    assert root_of(HASHES[:3]) != root_of([*HASHES[:3], HASHES[2]])


def test_3_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert CompactRange().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")


def test_4_a_range_survives_its_bytes() -> None:
    for size in range(9):
        kept = compact_range(HASHES[:size])
        assert len(kept.to_bytes()) == 8 + 32 * size.bit_count()
        assert CompactRange.from_bytes(kept.to_bytes()) == kept


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\0" * 7,
        (1).to_bytes(8, "big"),
        (1).to_bytes(8, "big") + b"x" * 31,
        (1).to_bytes(8, "big") + b"x" * 64,
        (2**63).to_bytes(8, "big") + b"x" * 32,
    ],
)
def test_4_bytes_that_are_no_range_are_refused(stored: bytes) -> None:
    with pytest.raises(AuditInputError) as refused:
        CompactRange.from_bytes(stored)
    assert refused.value.code == "range_invalid"


def test_4_nodes_of_another_length_are_refused() -> None:
    with pytest.raises(AuditInputError):
        CompactRange(1, (b"short",))


def test_5_the_published_inclusion_proofs_come_out() -> None:
    proof = inclusion_proof(HASHES, 0)
    assert [node.hex() for node in proof] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [node.hex() for node in inclusion_proof(HASHES[:3], 2)] == [CT_ROOTS[1]]


def test_5_the_published_consistency_proof_comes_out() -> None:
    assert [node.hex() for node in consistency_proof(HASHES[:5], 2)] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


def test_5_every_proof_of_a_small_tree_holds_and_no_other_index_does() -> None:
    for size in range(1, 9):
        root = root_of(HASHES[:size])
        for index in range(size):
            proof = inclusion_proof(HASHES[:size], index)
            held = [
                other
                for other in range(size)
                if verify_inclusion(proof, HASHES[index], index=other, size=size, root=root)
            ]
            assert held == [index]


def test_5_every_prefix_is_consistent() -> None:
    for second in range(1, 9):
        for first in range(1, second + 1):
            assert verify_consistency(
                consistency_proof(HASHES[:second], first),
                first=first,
                second=second,
                first_root=root_of(HASHES[:first]),
                second_root=root_of(HASHES[:second]),
            )


@pytest.mark.parametrize("index", [-1, 3])
def test_5_an_index_outside_the_tree_is_refused(index: int) -> None:
    with pytest.raises(AuditInputError):
        inclusion_proof(HASHES[:3], index)
    root = root_of(HASHES[:3])
    assert not verify_inclusion((), HASHES[0], index=index, size=3, root=root)


@pytest.mark.parametrize("first", [0, 4])
def test_5_a_size_outside_the_tree_is_refused(first: int) -> None:
    with pytest.raises(AuditInputError):
        consistency_proof(HASHES[:3], first)
    root = root_of(HASHES[:3])
    assert not verify_consistency((), first=first, second=3, first_root=root, second_root=root)


def test_5_a_proof_too_long_or_too_short_fails() -> None:
    root = root_of(HASHES)
    proof = inclusion_proof(HASHES, 5)
    for wrong in (proof[:-1], (*proof, HASHES[0]), ()):
        assert not verify_inclusion(wrong, HASHES[5], index=5, size=8, root=root)
    path = consistency_proof(HASHES, 3)
    for steps in (path[:-1], (*path, HASHES[0]), ()):
        assert not verify_consistency(
            steps, first=3, second=8, first_root=root_of(HASHES[:3]), second_root=root
        )


def test_5_equal_sizes_need_equal_roots_and_no_proof() -> None:
    one, other = root_of(HASHES[:3]), root_of(HASHES[1:4])
    same = {"first": 3, "second": 3}
    assert verify_consistency((), **same, first_root=one, second_root=one)
    assert not verify_consistency((), **same, first_root=one, second_root=other)
    assert not verify_consistency((one,), **same, first_root=one, second_root=one)
