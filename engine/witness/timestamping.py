"""A time authority is asked for a token over some bytes, and its tokens are checked (RFC 3161).

1. The request carries a nonce and asks for the certificates: the answer must hold both.
2. The strict reader refuses a token whose certificates stand in another order than DER has them, as
   OpenSSL 3.0 writes two. They are not what was signed, so they are put in order before reading;
   the token is kept as it came.
3. The certificates must lead to a root that was given, valid at the time that the token says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from asn1crypto.tsp import TimeStampResp
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate
from cryptography.x509.oid import NameOID
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from engine.audit.profile import AuditInputError
from engine.audit.timestamp import TOKEN_BYTES_MAX, Timestamp
from engine.witness.calling import Answer, Call, CallFailed, post
from engine.witness.outside import TimeAuthority

QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A token that an authority gave.

    Attributes:
        timestamp: what it says; None where no root was given to check it against.
        chain: the certificates in it, as PEM.
    """

    token: bytes
    timestamp: Timestamp | None
    chain: bytes


def stamp(
    message: bytes, authority: TimeAuthority, *, send: Callable[[str, Call], Answer] = post
) -> Stamped:
    """Have an authority say when it saw these bytes.

    Raises:
        CallFailed: it gave no answer that could be read.
        AuditInputError: `timestamp_invalid`: what it gave is no token over these bytes.
    """
    builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    call = Call(content=request.as_bytes(), media_type=QUERY_TYPE, answer_max=TOKEN_BYTES_MAX)
    answer = send(authority.url, call)
    if answer.status != 200 or answer.media_type != REPLY_TYPE:
        raise CallFailed("answer_unreadable", f"{answer.status} {answer.media_type}")
    read = _read(answer.content)
    if PKIStatus(read.status) is not PKIStatus.GRANTED:
        raise AuditInputError("timestamp_invalid", problem="not granted")
    info = read.tst_info
    if (
        info.nonce != request.nonce
        or info.message_imprint.message != request.message_imprint.message
    ):
        raise AuditInputError("timestamp_invalid", problem="of another request")
    checked = (
        check_token(answer.content, message, roots=authority.roots) if authority.roots else None
    )
    return Stamped(token=answer.content, timestamp=checked, chain=_chain(read))


def check_token(token: bytes, message: bytes, *, roots: Sequence[Certificate]) -> Timestamp:
    """What a token over these bytes says.

    Raises:
        AuditInputError: `timestamp_invalid` with the `problem`.
    """
    read = _read(token)
    builder = VerifierBuilder(roots=list(roots))
    try:
        builder.build().verify_message(read, message)
    except (VerificationError, ValueError) as error:
        raise AuditInputError("timestamp_invalid", problem=str(error)) from error
    return Timestamp(read.tst_info.gen_time.astimezone(UTC), _authority(read))


def _read(token: bytes) -> TimeStampResponse:
    """The token, its certificates in order (rule 2)."""
    try:
        return decode_timestamp_response(token)
    except ValueError:
        pass
    try:
        return decode_timestamp_response(TimeStampResp.load(token).dump(force=True))
    except (ValueError, TypeError, KeyError) as error:
        raise AuditInputError("timestamp_invalid", problem=f"unreadable: {error}"[:200]) from error


def _authority(read: TimeStampResponse) -> str:
    (signer,) = read.signed_data.signer_infos
    for certificate in _certificates(read):
        if certificate.serial_number == signer.serial_number:
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            return str(names[0].value) if names else certificate.subject.rfc4514_string()
    return str(signer.issuer.rfc4514_string())


def _chain(read: TimeStampResponse) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in _certificates(read))


def _certificates(read: TimeStampResponse) -> list[Certificate]:
    found = [load_der_x509_certificate(one) for one in read.signed_data.certificates]
    return sorted(found, key=lambda one: one.public_bytes(Encoding.DER))
