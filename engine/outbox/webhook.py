"""A message to another system: a CloudEvent, signed by the Standard Webhooks scheme, over HTTP.

1. The name is looked up once and that very address is dialled, under the name's certificate;
   redirects are not followed: neither can lead the message elsewhere.
2. The whole exchange has one deadline. Of the answer only its status counts; its body is never
   read, kept or shown.
3. A secret is derived from the key of the installation, the subscription and the number of its
   secret; none lies in the database. For a while after a change both old and new secret sign.
4. The timestamp is the machine's time, because receivers refuse one that is far from their own.
"""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from standardwebhooks import Webhook
from typing_extensions import override

from engine.outbox.addresses import Egress, Target, target_of

SECONDS_MAX: Final = 10.0
EVENT_PREFIX: Final = "vn.quytrinh."
ACCEPTED: Final = "accepted"

_PURPOSE: Final = b"quytrinh webhook secret 1\0"


class Unreached(Exception):  # noqa: N818 - it is an answer of the world, not a fault of ours.
    """No answer came: `timeout`, `unknown_name`, `tls`, `connection`."""


class Sender(Protocol):
    """Carries a body to an address."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer.

        Raises:
            AddressRefused: nothing is sent there.
            Unreached: no answer came.
        """
        ...


class HttpSender:
    """The real sender.

    Args:
        egress: what may leave for where.
        trust: whose certificates are believed; the machine's authorities when None.
        seconds: for the whole exchange.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS_MAX,
    ) -> None:
        self._egress = egress
        self._trust = trust or ssl.create_default_context()
        self._seconds = seconds

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a body; the status of the answer."""
        try:
            target = target_of(url, self._egress)
        except OSError as error:
            raise Unreached("unknown_name") from error
        try:
            return self._exchange(target, body, headers)
        except ssl.SSLError as error:
            raise Unreached("tls") from error
        except TimeoutError as error:
            raise Unreached("timeout") from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreached("connection") from error

    def _exchange(self, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
        connection = _Pinned(target, self._trust, self._seconds)
        # A peer that sends a byte now and then would hold the worker for ever otherwise.
        watch = threading.Timer(self._seconds, connection.cut)
        watch.start()
        try:
            connection.request("POST", target.path, body=body, headers=dict(headers))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            if connection.was_cut:
                raise TimeoutError from None
            raise
        finally:
            watch.cancel()
            connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, under the name for which it stands."""

    def __init__(self, target: Target, trust: ssl.SSLContext, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._target = target
        self._trust = trust
        self.was_cut = False

    @override
    def connect(self) -> None:
        """Dial the pinned address."""
        where = (self._target.address, self._target.port)
        self.sock = socket.create_connection(where, self.timeout)
        if self._target.secure:
            self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._target.host)

    def cut(self) -> None:
        """End the exchange from another thread."""
        self.was_cut = True
        if self.sock is not None:
            # Whoever reads or writes wakes up; closing alone would leave them waiting.
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the other side was faster


def event_type(entry_type: str, outcome: str) -> str:
    """What kind of event an entry of the log is, as subscribers name it."""
    return EVENT_PREFIX + (entry_type if outcome == ACCEPTED else f"{entry_type}.{outcome}")


def event_of(
    body: Mapping[str, Any], *, idx: int, leaf_hash: str, organization: str, source: str
) -> bytes:
    """An entry of the log as a CloudEvent 1.0 in JSON; ten keys need no library.

    It tells what the leaf tells: opaque ids, states, digests; no field, no name, no free text.
    """
    event = {
        "specversion": "1.0",
        "id": f"{organization}/{idx}",
        "source": source,
        "type": event_type(body["type"], body["outcome"]),
        "subject": body["stream"],
        "time": body["recorded_at"],
        "datacontenttype": "application/json",
        "data": {"idx": idx, "leaf_hash": leaf_hash, **body},
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def secret_of(key: bytes, *, subscription: str, number: int) -> str:
    """The secret with which a subscription's messages are signed (rule 3)."""
    covered = _PURPOSE + f"{subscription}:{number}".encode()
    made = hmac.new(key, covered, hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(made).decode()


def signed(message_id: str, body: bytes, *, at: datetime, secrets: Iterable[str]) -> dict[str, str]:
    """The headers of a message: what it is, when it was sent, and a signature per secret."""
    text = body.decode()
    found = [Webhook(secret).sign(msg_id=message_id, timestamp=at, data=text) for secret in secrets]
    return {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "User-Agent": "quytrinh",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(found),
    }
