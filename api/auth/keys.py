"""Security keys and passkeys, as browsers speak of them (Web Authentication).

1. A key is bound to the host under which the house is reached. A browser binds none to a bare
   number, so that a house at `127.0.0.1` has no keys, and one at `localhost` has.
2. The device must have verified who holds it. No attestation is asked for: whose make a key is does
   not matter, and would name its holder.
3. Only algorithms that `cryptography` checks everywhere are taken; the public key is kept in DER:
   whoever checks a signature needs nothing of this protocol.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn import generate_registration_options
from webauthn import verify_registration_response as verify_registration
from webauthn.helpers import (
    base64url_to_bytes,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from engine.audit.credential import to_base64url
from engine.commands.manage_keys import EnrolmentAsked, NewKey
from engine.transaction.signing import SignatureAsked, SignatureRefused

ALGORITHMS: Final = {
    COSEAlgorithmIdentifier.ECDSA_SHA_256: "ES256",
    COSEAlgorithmIdentifier.EDDSA: "EdDSA",
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256: "RS256",
}
WAIT_MILLISECONDS: Final = 5 * 60 * 1000
NAME: Final = "Quy Trình"


@dataclass(frozen=True, slots=True)
class Site:
    """How the outside reaches the house: the host that keys are bound to, and the whole address."""

    host: str
    origin: str


def binds_keys(site: Site) -> bool:
    """Whether a browser binds keys to the address of this house (rule 1)."""
    try:
        ipaddress.ip_address(site.host)
    except ValueError:
        return True
    return False


def enrolment_options(
    site: Site, asked: EnrolmentAsked, *, person: str, username: str
) -> dict[str, Any]:
    """What a page gives to `navigator.credentials.create`; bytes are base64url."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=NAME,
        user_id=person.encode(),
        user_name=username,
        challenge=base64url_to_bytes(asked.challenge),
        timeout=WAIT_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(known)) for known in asked.known
        ],
        supported_pub_key_algs=list(ALGORITHMS),
    )
    return dict(options_to_json_dict(options))


def signing_options(asked: SignatureAsked) -> dict[str, Any]:
    """What a page gives to `navigator.credentials.get`; bytes are base64url."""
    return {
        "challenge": asked.challenge,
        "rpId": asked.rp_id,
        "timeout": WAIT_MILLISECONDS,
        "userVerification": "required",
        "allowCredentials": [{"type": "public-key", "id": key.id} for key in asked.keys],
    }


def read_new_key(site: Site, sent: Mapping[str, Any], *, challenge: str) -> NewKey:
    """The key that answered an enrolment, checked.

    Raises:
        SignatureRefused: it answered something else, elsewhere, or without verifying its holder.
    """
    try:
        found = verify_registration(
            credential=dict(sent),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
        decoded = decode_credential_public_key(found.credential_public_key)
        public = decoded_public_key_to_cryptography(decoded)
        algorithm = ALGORITHMS[COSEAlgorithmIdentifier(decoded.alg)]
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureRefused("key_refused") from error
    return NewKey(
        id=to_base64url(found.credential_id),
        algorithm=algorithm,
        public_key=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        rp_id=site.host,
        origin=site.origin,
        sign_count=found.sign_count,
    )
