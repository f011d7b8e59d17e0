"""One POST to an address that an operator wrote down, with a bound on everything.

1. The answer is taken as it is: no redirect is followed, no proxy of the environment is used,
   nothing is unpacked. Who answers can send the caller nowhere else.
2. All of it together has one deadline, from the connection to the last byte: a drip of one byte
   every few seconds ends like silence does.
3. An answer longer than its limit is refused, not cut.
4. Over https the certificate must be good; plain http is for a network of one's own.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

DEADLINE_SECONDS: Final = 15.0


class CallFailed(Exception):  # noqa: N818 - named for what it says, as the families are.
    """No answer that could be read.

    Attributes:
        code: `address_unusable`, `unreachable`, `too_slow`, `answer_unreadable`,
            `answer_too_large`.
    """

    def __init__(self, code: str, problem: str = "") -> None:
        super().__init__(code, problem)
        self.code = code
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        media_type: as it was said, without parameters, in small letters.
    """

    status: int
    content: bytes
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is sent, and what may come back."""

    content: bytes
    media_type: str
    answer_max: int
    deadline_seconds: float = DEADLINE_SECONDS


def checked_address(url: str) -> SplitResult:
    """The parts of an address that may be called.

    Raises:
        CallFailed: `address_unusable`: another scheme, no host, or more than a place in it.
    """
    try:
        parts = urlsplit(url)
        usable = parts.port != 0
    except ValueError:
        raise CallFailed("address_unusable", url) from None
    plain = url.isascii() and url.isprintable() and " " not in url
    extra = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or extra:
        usable = False
    if not usable or not plain:
        raise CallFailed("address_unusable", _without_secrets(url))
    return parts


def post(url: str, call: Call) -> Answer:
    """Send bytes to an address; what it answers, whatever the status.

    Raises:
        CallFailed: see its codes.
    """
    parts = checked_address(url)
    late = threading.Event()
    try:
        with _line(parts, call.deadline_seconds, late) as connection:
            answer = _exchanged(connection, parts, call)
    except (OSError, http.client.HTTPException) as failure:
        raise CallFailed(_code(failure, late=late.is_set()), _problem(failure)) from failure
    if late.is_set():
        # Cut off from here, the end of the stream looks like the end of the answer.
        raise CallFailed("too_slow")
    if len(answer.content) > call.answer_max:
        raise CallFailed("answer_too_large", str(call.answer_max))
    return answer


def _exchanged(connection: http.client.HTTPConnection, parts: SplitResult, call: Call) -> Answer:
    connection.request(
        "POST",
        parts.path or "/",
        body=call.content,
        headers={
            "Content-Type": call.media_type,
            "Accept-Encoding": "identity",
            "User-Agent": "quytrinh",
            "Connection": "close",
        },
    )
    with closing(connection.getresponse()) as response:
        content = response.read(call.answer_max + 1)
        if response.length and len(content) <= call.answer_max:
            # With a limit given, the library takes an early end for the end.
            raise http.client.IncompleteRead(content, response.length)
        return Answer(response.status, content, response.headers.get_content_type())


@contextmanager
def _line(
    parts: SplitResult, seconds: float, late: threading.Event
) -> Iterator[http.client.HTTPConnection]:
    """A connection that is shut when the deadline has passed, wherever the call stands (rule 2)."""
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context()
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    with closing(kind(host, port)) as connection, ExitStack() as kept:
        line = socket.create_connection((host, port), timeout=seconds)
        # A handle of its own: what is wrapped or handed on below cannot be shut any more.
        guard = kept.enter_context(line.dup())

        def shut() -> None:
            late.set()
            with suppress(OSError):
                guard.shutdown(socket.SHUT_RDWR)

        watch = threading.Timer(seconds, shut)
        watch.daemon = True
        watch.start()
        kept.callback(watch.cancel)
        try:
            connection.sock = context.wrap_socket(line, server_hostname=host) if secure else line
        except OSError:
            line.close()
            raise
        yield connection


def _code(failure: Exception, *, late: bool) -> str:
    if late or isinstance(failure, TimeoutError):
        return "too_slow"
    if isinstance(failure, http.client.HTTPException):
        return "answer_unreadable"
    return "unreachable"


def _problem(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}"[:200]


def _without_secrets(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.partition('//')[0]}//…@{after}" if at else url[:200]
