"""Test names repeat the numbers of the rules in `engine/audit/note.py`."""

import pytest

from engine.audit.note import (
    NoteSigner,
    NoteVerifier,
    Signature,
    VerifierKey,
    decoded_base64,
    join_note,
    open_note,
    parse_note,
    sign_note,
)
from engine.audit.profile import AuditInputError

# The key and note in the documentation of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # type and seed
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZ"
    "b6KE6RyyBwJnAM=\n"
)
# The example of c2sp.org/signed-note; its type is one that this house does not know.
SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
    "HjG1Yu72IneyaQM=\n"
)
# What sum.golang.org signed one day, and its key as the go command carries it.
SUMDB_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB_NOTE = (
    "go.sum database tree\n63096908\n8lHrQPRYe4KT4WQ9/Qk8/taKnD6IRHbFgfN7vQE2Y54=\n\n"
    "— sum.golang.org Az3gri/oVBN1jAhNZ/iS+W31psFAWRT20/GyrhpU6taFwulQGetBkH5S7wpGXdS935jiIGiUUAX"
    "BVHzT/P6fYhqAmAk=\n"
)
TEXT = "một\n\nhai\n"
ONE = NoteSigner("example.com/one", b"1" * 32)
OTHER = NoteSigner("example.com/other", b"2" * 32)


def problem_of(note: bytes) -> str:
    with pytest.raises(AuditInputError) as refused:
        parse_note(note)
    assert refused.value.code == "note_malformed"
    return str(refused.value.params["problem"])


@pytest.mark.parametrize(
    ("vkey", "note"),
    [(GO_VKEY, f"{GO_TEXT}\n{GO_LINE}"), (SPEC_VKEY, SPEC_NOTE), (SUMDB_VKEY, SUMDB_NOTE)],
)
def test_1_published_notes_open_with_their_published_keys(vkey: str, note: str) -> None:
    opened = open_note(note.encode(), [NoteVerifier.from_vkey(vkey)])
    assert note.startswith(opened.text + "\n")
    assert [signature.line() for signature in opened.verified] == [note[len(opened.text) + 1 :]]
    assert opened.unverified == ()


def test_1_signing_gives_the_published_note() -> None:
    seed = decoded_base64(GO_SEED)
    assert seed is not None
    signer = NoteSigner("PeterNeumann", seed[1:])
    assert signer.vkey == GO_VKEY
    assert sign_note(GO_TEXT, [signer]) == f"{GO_TEXT}\n{GO_LINE}".encode()


def test_1_empty_lines_of_the_text_belong_to_the_text() -> None:
    note = sign_note(TEXT, [ONE, OTHER])
    opened = open_note(note, [ONE.verifier, OTHER.verifier])
    assert opened.text == TEXT
    assert [signature.name for signature in opened.verified] == [ONE.name, OTHER.name]


def test_1_a_text_that_ends_in_empty_lines_comes_back_whole() -> None:
    assert open_note(sign_note("a\n\n\n", [ONE]), [ONE.verifier]).text == "a\n\n\n"


@pytest.mark.parametrize("text", ["", "no newline", "bell\a\n", "cr\r\n", "tab\t\n"])
def test_2_a_text_that_can_be_no_note_is_not_signed(text: str) -> None:
    with pytest.raises(AuditInputError):
        sign_note(text, [ONE])


def test_2_a_note_that_nobody_signs_is_none() -> None:
    with pytest.raises(AuditInputError) as refused:
        sign_note(TEXT, [])
    assert refused.value.code == "note_malformed"


def test_2_signatures_that_a_reader_would_take_for_text_are_not_joined() -> None:
    with pytest.raises(AuditInputError) as refused:
        join_note("a\n\n" + ONE_LINE.removesuffix("\n"), [Signature("x", b"1234", b"s")])
    assert refused.value.code == "note_malformed"


ONE_LINE = Signature(ONE.name, ONE.key_id, ONE.sign("a\n")).line()


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        (b"x" * (1024 * 1024 + 1), "size"),
        (b"\xff\n\n" + ONE_LINE.encode(), "encoding"),
        (f"a\n{ONE_LINE}".encode(), "separator"),
        (f"a\n\n{ONE_LINE}"[:-1].encode(), "separator"),
        (b"a\n\n", "separator"),
        (f"a\0\n\n{ONE_LINE}".encode(), "control"),
        (f"a\n\n{ONE_LINE}\r\n".encode(), "line"),
        (f"a\n\n{ONE_LINE.replace('— ', '- ')}".encode(), "line"),
        (("a\n\n" + ONE_LINE.replace("— ", "—\u00a0")).encode(), "line"),
        (f"a\n\n{ONE_LINE.replace(' example', ' exa+mple')}".encode(), "line"),
        (("a\n\n" + ONE_LINE.replace(" example", " exa\u2003mple")).encode(), "line"),
        (f"a\n\n{ONE_LINE.replace(' example.com/one', ' ')}".encode(), "line"),
        (f"a\n\n— {'n' * 1001} AAAAAAA=\n".encode(), "line"),
        (f"a\n\n{ONE_LINE[:-1]} more\n".encode(), "line"),
        (f"a\n\n{ONE_LINE}broken\n".encode(), "line"),
        (b"a\n\n" + "— name AAAAAA==\n".encode(), "line"),
        (b"a\n\n" + "— name AAAAAAA\n".encode(), "line"),
        (b"a\n\n" + "— name AAAAAAB=\n".encode(), "line"),
        (b"a\n\n" + "— name AAAA\u00e9AA=\n".encode(), "line"),
        (f"a\n\n{ONE_LINE * 101}".encode(), "signatures"),
    ],
)
def test_2_what_is_no_note_is_refused(note: bytes, problem: str) -> None:
    assert problem_of(note) == problem


def test_2_a_hundred_signatures_are_read() -> None:
    assert len(parse_note(f"a\n\n{ONE_LINE * 100}".encode()).signatures) == 100


def test_3_signatures_of_strangers_are_passed_over_and_listed() -> None:
    opened = open_note(sign_note(TEXT, [OTHER, ONE]), [ONE.verifier])
    assert [signature.name for signature in opened.verified] == [ONE.name]
    assert [signature.name for signature in opened.unverified] == [OTHER.name]


def test_3_a_key_of_the_same_name_is_another_key() -> None:
    renewed = NoteSigner(ONE.name, b"3" * 32)
    opened = open_note(sign_note(TEXT, [ONE, renewed]), [renewed.verifier])
    assert [signature.key_id for signature in opened.verified] == [renewed.key_id]
    assert [signature.key_id for signature in opened.unverified] == [ONE.key_id]


def test_3_one_signature_of_a_known_key_that_does_not_hold_spoils_the_note() -> None:
    broken = Signature(ONE.name, ONE.key_id, ONE.sign("other\n"))
    good = Signature(OTHER.name, OTHER.key_id, OTHER.sign(TEXT))
    for signatures in ([broken, good], [good, broken]):
        with pytest.raises(AuditInputError) as refused:
            open_note(join_note(TEXT, signatures), [ONE.verifier, OTHER.verifier])
        assert refused.value.code == "note_signature_invalid"


def test_3_a_signature_of_another_length_does_not_hold() -> None:
    assert not ONE.verifier.verify(TEXT, ONE.sign(TEXT)[:-1])


def test_3_a_note_that_only_strangers_signed_is_refused() -> None:
    with pytest.raises(AuditInputError) as refused:
        open_note(sign_note(TEXT, [OTHER]), [ONE.verifier])
    assert refused.value.code == "note_not_signed"


def test_3_a_key_that_signed_twice_counts_once() -> None:
    opened = open_note(sign_note(TEXT, [ONE, ONE]), [ONE.verifier])
    assert len(opened.verified) == 1


def test_3_keys_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(AuditInputError) as refused:
        open_note(sign_note(TEXT, [ONE]), [ONE.verifier, NoteVerifier.from_vkey(ONE.vkey)])
    assert refused.value.code == "verifiers_ambiguous"


@pytest.mark.parametrize("vkey", [GO_VKEY, SPEC_VKEY, SUMDB_VKEY])
def test_4_a_published_key_is_written_as_it_was_read(vkey: str) -> None:
    verifier = NoteVerifier.from_vkey(vkey)
    assert verifier.vkey == vkey
    assert verifier.key_id.hex() == vkey.split("+")[1]


@pytest.mark.parametrize(
    ("vkey", "code"),
    [
        ("", "vkey_malformed"),
        (GO_VKEY.replace("+c74f20a3+", "+c74f20a4+"), "vkey_malformed"),
        (GO_VKEY.replace("+c74f20a3+", "+C74F20A3+"), "vkey_malformed"),
        (GO_VKEY.replace("PeterNeumann", "PeterNewman"), "vkey_malformed"),
        (GO_VKEY + "\n", "vkey_malformed"),
        (GO_VKEY[:-1], "vkey_malformed"),
        ("name+00000000+AQ==", "vkey_malformed"),
        (GO_VKEY.replace("PeterNeumann", ""), "key_name_invalid"),
        (GO_VKEY.replace("PeterNeumann", "Peter Neumann"), "key_name_invalid"),
        (VerifierKey("name", 1, b"short").vkey, "key_type_unknown"),
        (VerifierKey("name", 4, b"k" * 32).vkey, "key_type_unknown"),
    ],
)
def test_4_what_is_no_key_is_refused(vkey: str, code: str) -> None:
    with pytest.raises(AuditInputError) as refused:
        NoteVerifier.from_vkey(vkey)
    assert refused.value.code == code


def test_4_a_key_of_another_type_is_read_for_those_who_know_it() -> None:
    key = VerifierKey("witness.example", 4, b"k" * 32)
    assert VerifierKey.parse(key.vkey) == key


@pytest.mark.parametrize(
    ("name", "seed", "code"),
    [("", b"s" * 32, "key_name_invalid"), ("name", b"s" * 31, "key_seed_invalid")],
)
def test_4_what_cannot_sign_is_refused(name: str, seed: bytes, code: str) -> None:
    with pytest.raises(AuditInputError) as refused:
        NoteSigner(name, seed)
    assert refused.value.code == code
