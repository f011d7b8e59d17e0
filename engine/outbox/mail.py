"""Letters by mail (RFC 5321), plain text and HTML.

1. A connection is encrypted: from its first byte (`smtps`), or by STARTTLS, without which nothing
   is sent; only a server on this machine may be spoken to in clear.
2. What the record keeps of a failure are codes of the server, never an address nor its words.
3. A refusal for good (5xx of the receiver) is not tried again.
4. Letters say that a machine wrote them (RFC 3834), so that nobody's holiday notice answers.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from engine.errors import Invalid
from engine.outbox.channel import ChannelAway, ChannelRefused, Letter
from engine.outbox.choice import ByMail

SECONDS_MAX: Final = 20.0
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
PORTS: Final = {"smtps": 465, "smtp": 587}
PERMANENT: Final = 500
ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    re.ASCII,
)
ADDRESS_LENGTH_MAX: Final = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where letters are handed in.

    Attributes:
        at_once: encrypted from the first byte; else STARTTLS is asked for.
        clear: nothing is encrypted: for a server on this machine alone.
    """

    host: str
    port: int
    at_once: bool
    clear: bool
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A letter in words."""

    subject: str
    text: str
    html: str


def is_address(text: str) -> bool:
    """Whether a letter can be addressed to it."""
    return len(text) <= ADDRESS_LENGTH_MAX and ADDRESS.fullmatch(text) is not None


def mail_server_of(url: str) -> MailServer:
    """Read `smtps://user:password@host:port?from=address`, or `smtp://…` for STARTTLS.

    Raises:
        Invalid: `smtp_url_unreadable`; it does not repeat the address, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid("smtp_url_unreadable") from error
    sender = parse_qs(parts.query).get("from", [""])[0]
    if parts.scheme not in PORTS or not parts.hostname or not is_address(sender):
        raise Invalid("smtp_url_unreadable")
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        at_once=parts.scheme == "smtps",
        clear=parts.scheme == "smtp" and parts.hostname in LOOPBACK,
        sender=sender,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class MailChannel:
    """Sends a letter to who has an address and wants mail.

    Args:
        compose: puts a letter into words.
        trust: whose certificates are believed; the machine's authorities when None.
    """

    def __init__(
        self,
        server: MailServer,
        compose: Callable[[Letter], Composed],
        *,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._compose = compose
        self._trust = trust or ssl.create_default_context()

    def deliver(self, letter: Letter) -> str:
        """Send one letter; what became of it."""
        if letter.mail is ByMail.NEVER:
            return "mail not wanted"
        if letter.address is None or not is_address(letter.address):
            return "no address"
        try:
            self._send(self._written(letter, letter.address), letter.address)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = sorted(code for code, _ in refused.recipients.values())
            raise _answer(codes[0], "receiver") from refused
        except smtplib.SMTPResponseException as refused:
            # The server may be set up wrongly today and rightly tomorrow: tried again.
            raise ChannelAway(f"smtp {refused.smtp_code}") from refused
        except ssl.SSLError as error:
            raise ChannelAway("smtp tls") from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelAway(f"smtp {type(error).__name__}") from error
        return "mailed"

    def _send(self, message: EmailMessage, address: str) -> None:
        server = self._server
        made: smtplib.SMTP
        if server.at_once:
            made = smtplib.SMTP_SSL(
                server.host, server.port, timeout=SECONDS_MAX, context=self._trust
            )
        else:
            made = smtplib.SMTP(server.host, server.port, timeout=SECONDS_MAX)
        with made as connection:
            if not server.at_once and not server.clear:
                connection.starttls(context=self._trust)
            if server.user is not None:
                connection.login(server.user, server.password or "")
            connection.send_message(message, from_addr=server.sender, to_addrs=[address])

    def _written(self, letter: Letter, address: str) -> EmailMessage:
        words = self._compose(letter)
        message = EmailMessage()
        message["From"] = formataddr(("Quy Trình", self._server.sender))
        message["To"] = address
        message["Subject"] = " ".join(words.subject.split())
        message["Date"] = format_datetime(letter.messages[-1].written_at)
        message["Message-ID"] = f"<{letter.id}@{self._server.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(words.text)
        message.add_alternative(words.html, subtype="html")
        return message


def _answer(code: int, whose: str) -> ChannelAway:
    kind = ChannelRefused if code >= PERMANENT else ChannelAway
    return kind(f"smtp {code} {whose}")
