"""A witness of our own, as an ASGI application: `POST /add-checkpoint` and little else.

1. Nobody is asked who they are: what counts is the log's signature on the checkpoint.
2. A request has a limit of bytes and of time; what is over it is answered without being read on.
3. State is kept before the answer leaves; where it cannot be kept, the answer is 503 and no
   cosignature.
4. `GET /checkpoint?origin=…` gives what was cosigned last, so that an auditor can hold it against
   what the log shows him; `GET /healthz` says that the process lives.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from engine.audit.checkpoint import Checkpoint
from engine.audit.cosignature import Cosigner
from engine.audit.note import Signature, VerifierKey, join_note, parse_note
from engine.audit.witnessing import REQUEST_BYTES_MAX, SIZE_TYPE, STATUS, Decision, Verdict
from engine.witness.ledger import Ledger

READ_SECONDS: Final = 10.0
TEXT: Final = "text/plain; charset=utf-8"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log = logging.getLogger("quytrinh.witness")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    content: bytes = b""
    media_type: str = TEXT


class TooLarge(Exception):  # noqa: N818 - named for what it says.
    """The body is longer than any request."""


class Witness:
    """The application.

    Args:
        ledger: what was cosigned.
        cosigners: whose lines are given; usually one.
        keys: of the logs that are known; a log's name is its origin.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        ledger: Ledger,
        cosigners: Sequence[Cosigner],
        keys: Iterable[VerifierKey],
        *,
        clock: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._cosigners = tuple(cosigners)
        self._keys = tuple(keys)
        self._clock = clock

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        reply = await self._reply(scope, receive)
        headers = [
            (b"content-type", reply.media_type.encode()),
            (b"content-length", str(len(reply.content)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.content})

    def add_checkpoint(self, content: bytes) -> Reply:
        """What is answered to the body of a request."""
        decision = self._ledger.decide(content, self._keys)
        _tell(decision)
        if decision.verdict is Verdict.COSIGN and decision.checkpoint is not None:
            text = decision.checkpoint.text()
            time = self._clock()
            lines = "".join(one.cosign(text, time=time).line() for one in self._cosigners)
            return Reply(200, lines.encode())
        status = STATUS[decision.verdict]
        if status == HTTPStatus.CONFLICT:
            return Reply(status, f"{decision.size}\n".encode(), SIZE_TYPE)
        return Reply(status, f"{decision.verdict}\n".encode())

    def latest(self, origin: str) -> Reply:
        """The checkpoint that was cosigned last, with a cosignature of this moment."""
        note = self._ledger.latest(origin)
        if note is None:
            return Reply(404, b"unknown_log\n")
        text, signatures = parse_note(note)
        time = self._clock()
        own = [one.cosign(text, time=time) for one in self._cosigners]
        return Reply(200, join_note(text, [*_of_log(text, signatures), *own]))

    async def _reply(self, scope: Message, receive: Receive) -> Reply:
        try:
            match (scope["path"], scope["method"]):
                case ("/add-checkpoint", "POST"):
                    async with asyncio.timeout(READ_SECONDS):
                        content = await _body(receive)
                    reply = await asyncio.to_thread(self.add_checkpoint, content)
                case ("/checkpoint", "GET"):
                    query = parse_qs(scope["query_string"].decode("ascii", "replace"))
                    reply = await asyncio.to_thread(self.latest, query.get("origin", [""])[0])
                case ("/healthz", "GET"):
                    reply = Reply(200, b"ok\n")
                case ("/add-checkpoint" | "/checkpoint" | "/healthz", _):
                    reply = Reply(405, b"method_not_allowed\n")
                case _:
                    reply = Reply(404, b"not_found\n")
        except TimeoutError:
            reply = Reply(408, b"too_slow\n")
        except TooLarge:
            reply = Reply(413, b"too_large\n")
        except OSError:
            _log.exception("the state could not be kept; nothing was cosigned")
            reply = Reply(503, b"state_not_kept\n")
        return reply


async def _body(receive: Receive) -> bytes:
    content = bytearray()
    while True:
        message = await receive()
        content += message.get("body", b"")
        if len(content) > REQUEST_BYTES_MAX:
            raise TooLarge
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(content)


def _of_log(text: str, signatures: Sequence[Signature]) -> list[Signature]:
    """Lines of the log itself: a state file may hold others that nobody asked for."""
    origin = Checkpoint.parse(text).origin
    return [signature for signature in signatures if signature.name == origin]


def _tell(decision: Decision) -> None:
    if decision.verdict in {Verdict.FORKED, Verdict.INCONSISTENT}:
        _log.error(
            "a log signed what cannot be the history that was cosigned: %s at size %d",
            decision.verdict,
            decision.size,
        )
