"""Whom an installation asks from outside: its witnesses, and an authority for time."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.x509 import Certificate

from engine.audit.policy import TrustPolicy


def nobody() -> TrustPolicy:
    """The policy of an installation that asks no witness."""
    return TrustPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAuthority:
    """An RFC 3161 authority.

    Attributes:
        url: where requests are sent.
        roots: certificates that its own must lead to; without any, its word is kept unchecked.
    """

    url: str
    roots: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Whom the installation asks.

    Attributes:
        policy: reads whom it trusts, anew each time; only witnesses with an address are asked.
        time: None where no authority is named.
    """

    policy: Callable[[], TrustPolicy] = nobody
    time: TimeAuthority | None = None
