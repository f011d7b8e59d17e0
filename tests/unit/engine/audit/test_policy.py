"""A trust policy: what the specification allows is read, everything else is named by its line."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.cosignature import MLDSA44_COSIGNATURE, Cosigner
from engine.audit.note import NoteSigner
from engine.audit.policy import (
    PolicyError,
    PolicyGroup,
    PolicyWitness,
    TrustPolicy,
    quorum_met,
    read_policy,
    write_policy,
)

LOG = NoteSigner("log.example/1", b"l" * 32).vkey
OTHER_LOG = NoteSigner("log.example/2", b"m" * 32).vkey


def witness(name: str, kind: int = 4) -> str:
    seed = name.encode().ljust(32, b".")
    return Cosigner(f"{name}.example", seed, signature_type=kind).key.vkey


TWO_LEVELS = f"""# Two houses, each with witnesses of its own.
log {LOG}
log {OTHER_LOG}\thttps://log.example/2

witness X1 {witness("X1")} https://x1.example/prefix
  witness X2 {witness("X2")}
witness X3 {witness("X3", MLDSA44_COSIGNATURE)}
group X-witnesses 2 X1 X2 X3
   # and
witness Y1 {witness("Y1")}
witness Chứng {witness("Y2")}
group Y any Y1 Chứng
group X-and-Y all X-witnesses\t Y
quorum X-and-Y
"""

pytestmark = pytest.mark.usefixtures("socket_disabled")


def faults(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(PolicyError) as error:
        read_policy(text if isinstance(text, bytes) else text.encode())
    return [(fault.line, fault.code) for fault in error.value.faults]


def test_the_example_of_two_levels_is_read() -> None:
    policy = read_policy(TWO_LEVELS.encode())
    assert [log.key.name for log in policy.logs] == ["log.example/1", "log.example/2"]
    assert [log.url for log in policy.logs] == [None, "https://log.example/2"]
    assert [one.name for one in policy.witnesses] == ["X1", "X2", "X3", "Y1", "Chứng"]
    assert policy.witnesses[0].url == "https://x1.example/prefix"
    assert policy.groups[0] == PolicyGroup("X-witnesses", 2, ("X1", "X2", "X3"))
    assert [group.threshold for group in policy.groups] == [2, 1, 2]
    assert policy.quorum == "X-and-Y"


def test_a_quorum_of_two_levels_needs_both_houses() -> None:
    policy = read_policy(TWO_LEVELS.encode())
    names = [one.name for one in policy.witnesses]
    for count in range(len(names) + 1):
        for chosen in combinations(names, count):
            x = len({"X1", "X2", "X3"} & set(chosen))
            y = len({"Y1", "Chứng"} & set(chosen))
            assert quorum_met(policy, chosen) == (x >= 2 and y >= 1), chosen


def test_a_policy_that_is_written_reads_as_it_was() -> None:
    policy = read_policy(TWO_LEVELS.encode())
    assert read_policy(write_policy(policy)) == policy


def test_a_name_that_is_only_a_group_or_a_stranger_does_not_witness() -> None:
    policy = read_policy(TWO_LEVELS.encode())
    assert not quorum_met(policy, ["X-witnesses", "Y", "X-and-Y", "Z"])


def test_none_asks_for_nobody() -> None:
    policy = read_policy(b"quorum none\n")
    assert policy == TrustPolicy()
    assert quorum_met(policy, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(0, "quorum_missing")]),
        ("quorum none", [(1, "line_unfinished"), (0, "quorum_missing")]),
        ("quorum none\nquorum none\n", [(2, "quorum_repeated")]),
        ("quorum\n", [(1, "words_wrong")]),
        ("quorum X1\n", [(1, "name_unknown")]),
        ("quorum none\r\n", [(1, "control_character"), (0, "quorum_missing")]),
        ("quorum none\n\x7f\n", [(2, "control_character")]),
        ("trust me\nquorum none\n", [(1, "word_unknown")]),
        ("log\nquorum none\n", [(1, "words_wrong")]),
        (f"log {LOG} url more\nquorum none\n", [(1, "words_wrong")]),
        ("log nonsense\nquorum none\n", [(1, "vkey_malformed")]),
        (f"log {witness('X1')}\nquorum none\n", [(1, "key_of_other_use")]),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", [(2, "key_repeated")]),
        ("witness X1\nquorum none\n", [(1, "words_wrong")]),
        (f"witness X1 {LOG}\nquorum X1\n", [(1, "key_of_other_use")]),
        (f"witness none {witness('X1')}\nquorum none\n", [(1, "name_taken")]),
        (
            f"witness X1 {witness('X1')}\nwitness X1 {witness('X2')}\nquorum X1\n",
            [(2, "name_taken")],
        ),
        (
            f"witness X1 {witness('X1')}\nwitness X2 {witness('X1')}\nquorum X1\n",
            [(2, "key_repeated")],
        ),
        (f"witness X1 {witness('X1')}\ngroup G any\nquorum none\n", [(2, "words_wrong")]),
        (f"witness X1 {witness('X1')}\ngroup G 2 X1\nquorum G\n", [(2, "threshold_wrong")]),
        (f"witness X1 {witness('X1')}\ngroup G 0 X1\nquorum G\n", [(2, "threshold_wrong")]),
        (f"witness X1 {witness('X1')}\ngroup G 01 X1\nquorum G\n", [(2, "threshold_wrong")]),
        (f"witness X1 {witness('X1')}\ngroup G ١ X1\nquorum G\n", [(2, "threshold_wrong")]),
        (f"witness X1 {witness('X1')}\ngroup none any X1\nquorum X1\n", [(2, "name_taken")]),
        ("group G any X1\nquorum none\n", [(1, "name_unknown")]),
        ("group G any G\nquorum none\n", [(1, "name_unknown")]),
        (
            f"witness X1 {witness('X1')}\ngroup G 2 X1 X1\nquorum G\n",
            [(2, "member_repeated")],
        ),
        (
            f"witness X1 {witness('X1')}\ngroup G any X1\ngroup H any X1\nquorum H\n",
            [(3, "member_repeated")],
        ),
        (f"witness X1 {witness('X1')}\ngroup G all none X1\nquorum G\n", [(2, "name_unknown")]),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, expected: list[tuple[int, str]]) -> None:
    assert faults(text) == expected


def test_every_fault_is_named_at_once() -> None:
    assert faults("log x\nwitness\nnonsense\nquorum nobody\n") == [
        (1, "vkey_malformed"),
        (2, "words_wrong"),
        (3, "word_unknown"),
        (4, "name_unknown"),
    ]


def test_one_key_cannot_be_log_and_witness() -> None:
    seed = b"k" * 32
    log, same = NoteSigner("log.example/1", seed).vkey, Cosigner("w.example", seed).key.vkey
    assert faults(f"log {log}\nwitness W {same}\nquorum W\n") == [(2, "key_repeated")]


def test_a_key_that_is_too_short_for_its_kind_is_refused() -> None:
    short = Cosigner("w.example", b"k" * 32).key
    cut = type(short)(short.name, short.signature_type, short.public_key[:31]).vkey
    assert faults(f"witness W {cut}\nquorum W\n") == [(1, "key_type_unknown")]


def test_a_file_without_end_is_not_read() -> None:
    assert faults(b"#" * (1024 * 1024 + 1)) == [(0, "file_too_large")]


def test_names_that_are_no_utf8_stay_apart() -> None:
    text = (
        b"witness \xff " + witness("X1").encode() + b"\n"
        b"witness \xfe " + witness("X2").encode() + b"\ngroup G all \xff \xfe\nquorum G\n"
    )
    policy = read_policy(text)
    one, other = (found.name for found in policy.witnesses)
    assert one != other
    assert quorum_met(policy, [one, other])
    assert not quorum_met(policy, [one])
    assert read_policy(write_policy(policy)) == policy


NAMES = st.lists(st.sampled_from([f"w{n}" for n in range(6)]), unique=True, max_size=6)


@given(NAMES, st.data())
def test_what_is_written_reads_as_it_was_and_more_witnesses_never_break_a_quorum(
    names: list[str], data: st.DataObject
) -> None:
    standing, groups = list(names), []
    for number in range(data.draw(st.integers(0, 3))):
        if not standing:
            break
        members = data.draw(st.lists(st.sampled_from(standing), unique=True, min_size=1))
        threshold = data.draw(st.integers(1, len(members)))
        groups.append(PolicyGroup(f"g{number}", threshold, tuple(members)))
        standing = [name for name in standing if name not in members] + [f"g{number}"]
    quorum = data.draw(st.sampled_from([*standing, None]))
    keys = [Cosigner(f"{name}.example", name.encode().ljust(32, b".")).key for name in names]
    policy = TrustPolicy(
        witnesses=tuple(PolicyWitness(n, k) for n, k in zip(names, keys, strict=True)),
        groups=tuple(groups),
        quorum=quorum,
    )
    assert read_policy(write_policy(policy)) == policy
    few = data.draw(st.sets(st.sampled_from(names))) if names else set()
    assert not quorum_met(policy, few) or quorum_met(policy, names)
    assert quorum_met(policy, names) == (
        quorum is None or quorum in (*names, *(g.name for g in groups))
    )
