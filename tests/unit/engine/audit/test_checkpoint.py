"""Test names repeat the numbers of the rules in `engine/audit/checkpoint.py`."""

import pytest

from engine.audit.checkpoint import Checkpoint, open_checkpoint
from engine.audit.merkle import EMPTY_ROOT
from engine.audit.note import NoteSigner, NoteVerifier, sign_note
from engine.audit.profile import AuditInputError

# The example of c2sp.org/tlog-checkpoint.
SPEC_TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
# What sum.golang.org signed one day, and its key as the go command carries it.
SUMDB_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB_NOTE = (
    "go.sum database tree\n63096908\n8lHrQPRYe4KT4WQ9/Qk8/taKnD6IRHbFgfN7vQE2Y54=\n\n"
    "— sum.golang.org Az3gri/oVBN1jAhNZ/iS+W31psFAWRT20/GyrhpU6taFwulQGetBkH5S7wpGXdS935jiIGiUUAX"
    "BVHzT/P6fYhqAmAk=\n"
)


def test_1_the_published_example_is_read_and_written() -> None:
    read = Checkpoint.parse(SPEC_TEXT)
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert read.root.hex().startswith("0ac5186a91863e8e")
    assert read.text() == SPEC_TEXT


def test_1_further_lines_are_carried() -> None:
    read = Checkpoint.parse(SPEC_TEXT + "more\nand more\n")
    assert read.extensions == ("more", "and more")
    assert read.text() == SPEC_TEXT + "more\nand more\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "lines"),
        (f"o\n1\n{ROOT}", "lines"),
        ("o\n1\n", "lines"),
        (f"\n1\n{ROOT}\n", "origin"),
        (f"o\t\n1\n{ROOT}\n", "origin"),
        (f"{'o' * 1001}\n1\n{ROOT}\n", "origin"),
        (f"o\n01\n{ROOT}\n", "size"),
        (f"o\n+1\n{ROOT}\n", "size"),
        (f"o\n-1\n{ROOT}\n", "size"),
        (f"o\n 1\n{ROOT}\n", "size"),
        (f"o\n１\n{ROOT}\n", "size"),
        (f"o\n1_0\n{ROOT}\n", "size"),
        (f"o\n\n{ROOT}\n", "size"),
        (f"o\n{2**63}\n{ROOT}\n", "size"),
        (f"o\n1\n{ROOT[:-1]}\n", "root"),
        (f"o\n1\n {ROOT}\n", "root"),
        (f"o\n1\n{ROOT.replace('2I=', '2J=')}\n", "root"),
        ("o\n1\nAAAA\n", "root"),
        (f"o\n1\n{ROOT}\n\n", "extension"),
        (f"o\n1\n{ROOT}\n\nmore\n", "extension"),
        (f"o\n1\n{ROOT}\nmo\rre\n", "extension"),
    ],
)
def test_1_what_is_no_checkpoint_is_refused(text: str, problem: str) -> None:
    with pytest.raises(AuditInputError) as refused:
        Checkpoint.parse(text)
    assert refused.value.code == "checkpoint_malformed"
    assert refused.value.params["problem"] == problem


def test_2_the_empty_tree_has_one_root() -> None:
    assert Checkpoint("o", 0, EMPTY_ROOT).text().startswith("o\n0\n47DEQpj8HBSa")
    with pytest.raises(AuditInputError):
        Checkpoint("o", 0, b"r" * 32)


def test_3_a_checkpoint_of_the_go_checksum_database_opens_with_its_key() -> None:
    opened = open_checkpoint(
        SUMDB_NOTE.encode(), [NoteVerifier.from_vkey(SUMDB_VKEY)], origin="go.sum database tree"
    )
    assert opened.checkpoint.size == 63096908
    assert [signature.name for signature in opened.verified] == ["sum.golang.org"]
    assert opened.unverified == ()


def test_3_a_checkpoint_of_another_log_is_refused_whoever_signed_it() -> None:
    signer = NoteSigner("example.com/log", b"s" * 32)
    note = sign_note(SPEC_TEXT, [signer])
    with pytest.raises(AuditInputError) as refused:
        open_checkpoint(note, [signer.verifier], origin="example.com/log")
    assert refused.value.code == "origin_differs"
