"""Whom an installation asks from outside, as its files and addresses say."""

from pathlib import Path
from typing import Final

from cryptography.x509 import load_pem_x509_certificates

from api.settings import Settings
from engine.audit.policy import PolicyError, TrustPolicy, read_policy
from engine.errors import Invalid, NotFound
from engine.witness.calling import CallFailed, checked_address
from engine.witness.outside import Outside, TimeAuthority, nobody

AUTHORITY: Final = "tsa"


def open_outside(settings: Settings) -> Outside:
    """Whom the settings name; the policy is read anew each time, and once now.

    Raises:
        NotFound: `witness_policy_missing` or `tsa_roots_missing`.
        Invalid: `witness_policy_invalid`, `outside_address_unusable` or `tsa_roots_unreadable`.
    """
    path = settings.witness_policy
    if path is None:
        return Outside(policy=nobody, time=_authority(settings))
    read_trust(path)
    return Outside(policy=lambda: read_trust(path), time=_authority(settings))


def read_trust(path: Path) -> TrustPolicy:
    """The policy in a file.

    Raises:
        NotFound: `witness_policy_missing`.
        Invalid: `witness_policy_invalid` or `outside_address_unusable`.
    """
    try:
        policy = read_policy(path.read_bytes())
    except FileNotFoundError:
        raise NotFound("witness_policy_missing", file=str(path)) from None
    except PolicyError as error:
        raise Invalid("witness_policy_invalid", file=str(path), **error.params) from None
    for witness in policy.witnesses:
        if witness.url is not None:
            _check_address(witness.url)
        if witness.name == AUTHORITY:
            raise Invalid(
                "witness_policy_invalid",
                file=str(path),
                line=0,
                problem="name_taken",
                word=AUTHORITY,
            )
    return policy


def _authority(settings: Settings) -> TimeAuthority | None:
    if settings.tsa_url is None:
        return None
    _check_address(settings.tsa_url)
    if settings.tsa_roots is None:
        return TimeAuthority(url=settings.tsa_url)
    try:
        roots = load_pem_x509_certificates(settings.tsa_roots.read_bytes())
    except FileNotFoundError:
        raise NotFound("tsa_roots_missing", file=str(settings.tsa_roots)) from None
    except ValueError:
        raise Invalid("tsa_roots_unreadable", file=str(settings.tsa_roots)) from None
    return TimeAuthority(url=settings.tsa_url, roots=tuple(roots))


def _check_address(url: str) -> None:
    try:
        checked_address(url)
    except CallFailed as failure:
        raise Invalid("outside_address_unusable", address=failure.problem) from None
