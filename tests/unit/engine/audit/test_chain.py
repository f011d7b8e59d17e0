"""Test names repeat the numbers of the rules in `engine/audit/chain.py`."""

import pytest

from engine.audit.chain import Link, Tip, entry_hmac, link_after, link_faults
from engine.audit.profile import AuditInputError

KEY = b"k" * 32
LEAF = b"l" * 32
OTHER = b"o" * 32


def test_1_the_first_entry_of_a_stream_names_none() -> None:
    assert link_after(None) == Link(0, None)
    assert link_faults(Link(0, None), tip=None) == ()


def test_1_the_next_entry_names_the_one_before() -> None:
    assert link_after(Tip(4, LEAF)) == Link(5, LEAF)
    assert link_faults(Link(5, LEAF), tip=Tip(4, LEAF)) == ()


@pytest.mark.parametrize(
    ("link", "faults"),
    [
        (Link(6, LEAF), ("stream_gap",)),
        (Link(4, LEAF), ("stream_repeated",)),
        (Link(5, OTHER), ("prev_differs",)),
        (Link(5, None), ("prev_differs",)),
        (Link(9, OTHER), ("stream_gap", "prev_differs")),
    ],
)
def test_1_each_fault_of_a_link_is_named(link: Link, faults: tuple[str, ...]) -> None:
    assert link_faults(link, tip=Tip(4, LEAF)) == faults


def test_2_the_seal_covers_organisation_index_and_leaf() -> None:
    seal = entry_hmac(KEY, organization_id="a", idx=1, leaf_hash=LEAF)
    assert len(seal) == 32
    assert seal == entry_hmac(KEY, organization_id="a", idx=1, leaf_hash=LEAF)
    others = {
        entry_hmac(b"K" * 32, organization_id="a", idx=1, leaf_hash=LEAF),
        entry_hmac(KEY, organization_id="b", idx=1, leaf_hash=LEAF),
        entry_hmac(KEY, organization_id="a", idx=2, leaf_hash=LEAF),
        entry_hmac(KEY, organization_id="a", idx=1, leaf_hash=OTHER),
    }
    assert len(others) == 4
    assert seal not in others


def test_3_the_name_of_the_organisation_cannot_borrow_from_the_index() -> None:
    one = entry_hmac(KEY, organization_id="a\0", idx=1, leaf_hash=LEAF)
    assert one != entry_hmac(KEY, organization_id="a", idx=1, leaf_hash=LEAF)


@pytest.mark.parametrize(
    ("key", "name", "idx", "leaf", "code"),
    [
        (b"k" * 31, "a", 0, LEAF, "key_too_short"),
        (KEY, "a" * 256, 0, LEAF, "seal_input_invalid"),
        (KEY, "a", -1, LEAF, "seal_input_invalid"),
        (KEY, "a", 2**63, LEAF, "seal_input_invalid"),
        (KEY, "a", 0, LEAF[1:], "seal_input_invalid"),
    ],
)
def test_2_a_seal_over_nonsense_is_refused(
    key: bytes, name: str, idx: int, leaf: bytes, code: str
) -> None:
    with pytest.raises(AuditInputError) as refused:
        entry_hmac(key, organization_id=name, idx=idx, leaf_hash=leaf)
    assert refused.value.code == code
