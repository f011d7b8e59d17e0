"""Folding in blocks gives what folding leaf by leaf gives, at every size."""

from hypothesis import given
from hypothesis import strategies as st

from engine.audit.folding import Growing, roots_at
from engine.audit.merkle import compact_range, leaf_hash

LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(1100)]


@given(st.lists(st.integers(0, 300), max_size=6))
def test_however_the_leaves_come_the_tree_is_the_same(steps: list[int]) -> None:
    tree, done = Growing(), 0
    for step in steps:
        part = LEAVES[done : done + step]
        tree.grow(b"".join(part))
        done += len(part)
    expected = compact_range(LEAVES[:done])
    assert tree.compact_range() == expected
    assert tree.root() == expected.root()


@given(st.sets(st.integers(0, 1200), max_size=5))
def test_roots_are_told_for_the_sizes_that_there_are(sizes: set[int]) -> None:
    found = dict(roots_at(b"".join(LEAVES), sizes))
    assert found == {
        size: compact_range(LEAVES[:size]).root() for size in sizes if size <= len(LEAVES)
    }
