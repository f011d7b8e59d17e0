"""Which addresses on the network a message may be sent to (OWASP ASVS 5.0, 1.3.6).

1. A message goes to public addresses alone: who may name an address could otherwise have the house
   ask machines that only the house can reach.
2. An address that carries another one (IPv4 in IPv6, NAT64) is judged by the one it carries; the
   ways of carrying that nobody needs any more (6to4, Teredo) are refused.
3. Every answer of the name service must be public, not the first one alone.
4. Hosts that the operator names are exempt, and may be spoken to without TLS: their own network.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from engine.errors import Invalid

URL_LENGTH_MAX: Final = 2000
HTTPS: Final = 443
HTTP: Final = 80

_NAT64: Final = IPv6Network("64:ff9b::/96")
_NEVER: Final = (
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of somebody's own, RFC 8215
    IPv6Network("2002::/16"),  # 6to4, RFC 7526
    IPv6Network("2001::/32"),  # Teredo
    IPv6Network("fec0::/10"),  # site-local, RFC 3879; Python calls it global
    IPv6Network("3fff::/20"),  # documentation, RFC 9637; Python calls it global
    IPv4Network("192.0.0.0/24"),  # RFC 6890; Python calls parts of it global
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
)

Resolve = Callable[[str, int], tuple[str, ...]]


class AddressRefused(Invalid):
    """Nothing is sent there; `reason` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a message goes: the name that certificates must show, the address that is dialled."""

    secure: bool
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """What may leave for where.

    Attributes:
        own_hosts: `host` or `host:port` of the operator's own network (rule 4).
    """

    own_hosts: frozenset[str] = field(default_factory=frozenset)

    def exempts(self, host: str, port: int) -> bool:
        """Whether the operator vouches for this host."""
        return host in self.own_hosts or f"{host}:{port}" in self.own_hosts


def is_public(text: str) -> bool:
    """Whether an address belongs to a machine that anybody may reach."""
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address.version == net.version and address in net for net in _NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def check_url(url: str, egress: Egress) -> tuple[bool, str, int, str]:
    """Whether an address is written as one may be: (with TLS, host, port, path).

    Raises:
        AddressRefused: `webhook_url_refused` with the reason `form`, `https` or `private`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("webhook_url_refused", reason="form") from error
    secure = parts.scheme == "https"
    host = (parts.hostname or "").rstrip(".")
    odd = not url.isascii() or not url.isprintable() or " " in url or len(url) > URL_LENGTH_MAX
    if odd or not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise AddressRefused("webhook_url_refused", reason="form")
    if parts.fragment:
        raise AddressRefused("webhook_url_refused", reason="form")
    number = port or (HTTPS if secure else HTTP)
    own = egress.exempts(host, number)
    if not secure and not own:
        raise AddressRefused("webhook_url_refused", reason="https")
    if not own and _is_private_literal(host):
        raise AddressRefused("webhook_url_refused", reason="private")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return secure, host, number, path


def target_of(url: str, egress: Egress, *, resolve: Resolve | None = None) -> Target:
    """The one address to dial for a URL, looked up now and pinned.

    Raises:
        AddressRefused: as `check_url`; `private` also for a name of which any address is.
        OSError: the name service does not know the name, or does not answer.
    """
    secure, host, port, path = check_url(url, egress)
    found = (resolve or looked_up)(host, port)
    if not found:
        raise OSError("no address")
    if not egress.exempts(host, port) and not all(is_public(one) for one in found):
        raise AddressRefused("webhook_url_refused", reason="private")
    return Target(secure=secure, host=host, port=port, path=path, address=found[0])


def looked_up(host: str, port: int) -> tuple[str, ...]:
    """What the name service answers, without zones of addresses."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))


def _is_private_literal(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return False  # a name: its addresses are judged when they are known
