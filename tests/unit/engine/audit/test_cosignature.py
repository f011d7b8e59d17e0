"""Cosignatures: an independent reading of the specification agrees, and nothing else passes."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from engine.audit.checkpoint import Checkpoint
from engine.audit.cosignature import (
    ED25519_COSIGNATURE,
    MLDSA44_COSIGNATURE,
    CosignatureVerifier,
    Cosigner,
    cosignatures_of,
)
from engine.audit.note import NoteSigner, Signature, VerifierKey, join_note, open_note, parse_note
from engine.audit.profile import AuditInputError

NAME = "witness.example.com/w1"
SEED = bytes(range(32))
NOW = 1_790_000_000
HEAD = Checkpoint("example.com/behind-the-sofa", 20852163, bytes(range(1, 33)))
TEXT = HEAD.text()
LOG = NoteSigner(HEAD.origin, b"l" * 32)

pytestmark = pytest.mark.usefixtures("socket_disabled")


def note(*signatures: Signature) -> bytes:
    signed = Signature(LOG.name, LOG.key_id, LOG.sign(TEXT))
    return join_note(TEXT, [signed, *signatures])


def test_an_ed25519_cosignature_is_what_the_specification_says() -> None:
    line = Cosigner(NAME, SEED).cosign(TEXT, time=NOW)
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    public = private.public_key().public_bytes_raw()
    identity = hashlib.sha256(NAME.encode() + b"\n\x04" + public).digest()[:4]
    signed = private.sign(f"cosignature/v1\ntime {NOW}\n{TEXT}".encode())
    whole = base64.b64encode(identity + NOW.to_bytes(8, "big") + signed).decode()
    assert line.line() == f"— {NAME} {whole}\n"


def test_an_ml_dsa_cosignature_signs_the_structure_of_the_specification() -> None:
    line = Cosigner(NAME, SEED, signature_type=MLDSA44_COSIGNATURE).cosign(TEXT, time=NOW)
    signed = (
        b"subtree/v1\n\0"
        + bytes([len(NAME)])
        + NAME.encode()
        + NOW.to_bytes(8, "big")
        + bytes([len(HEAD.origin)])
        + HEAD.origin.encode()
        + bytes(8)
        + HEAD.size.to_bytes(8, "big")
        + HEAD.root
    )
    public = MLDSA44PrivateKey.from_seed_bytes(SEED).public_key()
    assert (
        line.key_id
        == hashlib.sha256(NAME.encode() + b"\n\x06" + public.public_bytes_raw()).digest()[:4]
    )
    assert line.signature[:8] == NOW.to_bytes(8, "big")
    public.verify(line.signature[8:], signed)


@pytest.mark.parametrize("kind", [ED25519_COSIGNATURE, MLDSA44_COSIGNATURE])
def test_a_reader_who_knows_the_key_finds_the_time(kind: int) -> None:
    cosigner = Cosigner(NAME, SEED, signature_type=kind)
    line = cosigner.cosign(TEXT, time=NOW)
    found = cosignatures_of(parse_note(note(line)), [cosigner.key], not_after=NOW)
    assert [(one.key, one.time) for one in found] == [(cosigner.key, NOW)]
    opened = open_note(note(line), [CosignatureVerifier(VerifierKey.parse(cosigner.key.vkey))])
    assert opened.verified == (line,)


@pytest.mark.parametrize("kind", [ED25519_COSIGNATURE, MLDSA44_COSIGNATURE])
@pytest.mark.parametrize("at", [0, 7, 8, 40, -1])
def test_a_changed_bit_is_a_fault(kind: int, at: int) -> None:
    cosigner = Cosigner(NAME, SEED, signature_type=kind)
    line = cosigner.cosign(TEXT, time=NOW)
    bent = bytearray(line.signature)
    bent[at] ^= 1
    changed = Signature(line.name, line.key_id, bytes(bent))
    with pytest.raises(AuditInputError) as fault:
        cosignatures_of(parse_note(note(changed)), [cosigner.key], not_after=2**63)
    assert fault.value.code == "cosignature_invalid"


@pytest.mark.parametrize("length", [0, 7, 8, 71, 73])
def test_a_cosignature_of_another_length_is_a_fault(length: int) -> None:
    cosigner = Cosigner(NAME, SEED)
    assert not CosignatureVerifier(cosigner.key).verify(TEXT, bytes(length))


def test_the_same_key_under_another_name_makes_another_ml_dsa_cosignature() -> None:
    own = Cosigner(NAME, SEED, signature_type=MLDSA44_COSIGNATURE)
    other = Cosigner("witness.example.com/w2", SEED, signature_type=MLDSA44_COSIGNATURE)
    line = own.cosign(TEXT, time=NOW)
    assert not CosignatureVerifier(other.key).verify(TEXT, line.signature)


def test_a_cosignature_does_not_serve_for_another_checkpoint() -> None:
    cosigner = Cosigner(NAME, SEED)
    line = cosigner.cosign(Checkpoint(HEAD.origin, HEAD.size, bytes(32)).text(), time=NOW)
    with pytest.raises(AuditInputError):
        cosignatures_of(parse_note(note(line)), [cosigner.key], not_after=NOW)


def test_a_time_that_has_not_come_is_a_fault() -> None:
    cosigner = Cosigner(NAME, SEED)
    line = cosigner.cosign(TEXT, time=NOW + 1)
    with pytest.raises(AuditInputError) as fault:
        cosignatures_of(parse_note(note(line)), [cosigner.key], not_after=NOW)
    assert fault.value.code == "cosignature_in_future"


@pytest.mark.parametrize("time", [-1, 2**63])
def test_no_time_outside_the_format_is_signed(time: int) -> None:
    with pytest.raises(AuditInputError):
        Cosigner(NAME, SEED).cosign(TEXT, time=time)


def test_a_time_beyond_the_format_is_never_believed() -> None:
    cosigner = Cosigner(NAME, SEED)
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    signed = private.sign(f"cosignature/v1\ntime {2**63}\n{TEXT}".encode())
    forged = (2**63).to_bytes(8, "big") + signed
    assert not CosignatureVerifier(cosigner.key).verify(TEXT, forged)


def test_lines_of_strangers_are_passed_over_and_the_latest_of_ones_own_counts() -> None:
    cosigner, stranger = Cosigner(NAME, SEED), Cosigner(NAME, b"s" * 32)
    lines = [cosigner.cosign(TEXT, time=NOW), cosigner.cosign(TEXT, time=NOW - 9)]
    content = note(stranger.cosign(TEXT, time=NOW), *lines)
    found = cosignatures_of(parse_note(content), [cosigner.key], not_after=NOW)
    assert [one.time for one in found] == [NOW]


def test_the_log_key_is_no_witness() -> None:
    with pytest.raises(AuditInputError) as fault:
        CosignatureVerifier(LOG.verifier.key)
    assert fault.value.code == "key_type_unknown"


def test_only_checkpoints_are_cosigned() -> None:
    with pytest.raises(AuditInputError):
        Cosigner(NAME, SEED).cosign("a letter\n", time=NOW)


def test_a_name_that_the_structure_cannot_hold_is_refused() -> None:
    long = Cosigner("w" * 256, SEED, signature_type=MLDSA44_COSIGNATURE)
    with pytest.raises(AuditInputError) as fault:
        long.cosign(TEXT, time=NOW)
    assert fault.value.code == "cosigner_name_too_long"


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(AuditInputError):
        Cosigner(NAME, b"short")
