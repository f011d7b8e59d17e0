"""A real S3 server for the tests, started when the first of them asks, and a wire that misbehaves.

1. The server is a process of its own, one for each worker of pytest; every test has its own bucket.
2. `Wire` stands before it and passes everything on, but for what a test tells it to spoil.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from typing_extensions import override

from engine.evidence.s3 import BucketStore, Patience

# What a loaded machine needs is waited for; what is spoiled is spoiled at once.
ONCE_MORE = Patience(retries=1)
PREFIX = "quy-trinh/evidence"
_SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=unchecked"
}
_SERVER = """
import signal
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
signal.sigwait({signal.SIGTERM})
"""


@dataclass(slots=True)
class S3Server:
    """A running server, or what passes for one."""

    endpoint: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """Do something behind the store's back; what comes back."""
        connection = HTTPConnection(urlsplit(self.endpoint).netloc, timeout=10)
        connection.request(method, path, body=body, headers={**_SIGNED, **headers})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status < 300, content
        return content

    def new_bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"bucket-{next(self._numbers)}"
        self.ask("PUT", f"/{name}")
        return name


@dataclass(slots=True)
class Bucket:
    """A bucket of one test, and the store in it."""

    server: S3Server
    name: str
    store: BucketStore

    def lay(self, key: str, content: bytes) -> None:
        """Lay bytes under a key as somebody with the credentials could."""
        self.server.ask("PUT", f"/{self.name}/{PREFIX}/{quote(key)}", content)

    def seen_from(self, server: S3Server, *, patience: Patience = ONCE_MORE) -> BucketStore:
        """Another process's store in the same bucket."""
        return BucketStore(self.name, prefix=PREFIX, endpoint=server.endpoint, patience=patience)


def bucket_of(server: S3Server) -> Bucket:
    """A new bucket with a store in it."""
    name = server.new_bucket()
    return Bucket(server, name, BucketStore(name, prefix=PREFIX, endpoint=server.endpoint))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A moto server; credentials are not checked, everything else is."""
    with pytest.MonkeyPatch.context() as environment:
        # What a developer's own cloud needs must not reach a test, nor its requests that cloud.
        for name in [name for name in os.environ if name.startswith("AWS_")]:  # noqa: TID251
            environment.delenv(name)
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("NO_PROXY", "127.0.0.1")
        with subprocess.Popen(  # noqa: S603 - our own lines.
            [sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield S3Server(f"http://127.0.0.1:{port}")
            process.terminate()


@pytest.fixture
def bucket(s3_server: S3Server) -> Bucket:
    """An empty bucket."""
    return bucket_of(s3_server)


@dataclass(slots=True)
class Request:
    """A request on its way."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, bytes]
Spoil = Callable[[Request], Answer | None]


class Cut(Exception):  # noqa: N818 - nothing failed: the line was cut.
    """The line is cut; nobody gets an answer."""


def overwriting(request: Request) -> None:
    """A server that has never heard of `If-None-Match`."""
    request.headers.pop("if-none-match", None)


def refused(status: int, code: str, *methods: str, times: int = 1_000_000) -> Spoil:
    """A server that answers some requests with an error, so many times."""
    left = count(times, -1)

    def spoil(request: Request) -> Answer | None:
        if request.method not in methods or next(left) <= 0:
            return None
        return status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()

    return spoil


class Wire:
    """Passes requests on to a server; `spoil` may change, answer or cut each of them first."""

    def __init__(self, server: S3Server) -> None:
        self.spoil: Spoil | None = None
        self.after: Callable[[Request], None] | None = None
        self.seen: list[Request] = []
        self._behind = urlsplit(server.endpoint).netloc
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                wire._handle(self)

            do_GET = do_HEAD = do_PUT = do_DELETE = pass_on  # noqa: N815 - the names that it asks for

            @override
            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._listener.daemon_threads = True
        self.server = S3Server(f"http://127.0.0.1:{self._listener.server_address[1]}")
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.01,))
        self._thread.start()

    def hang_up(self) -> None:
        """End it; whoever calls afterwards reaches nobody."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
            self._listener.server_close()

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        length = int(headers.pop("content-length", 0))
        body = handler.rfile.read(length)
        request = Request(handler.command, handler.path, headers, body)
        self.seen.append(request)
        try:
            told = None if self.spoil is None else self.spoil(request)
            status, answered, content = (
                self._fetch(request) if told is None else (told[0], {}, told[1])
            )
            if self.after is not None:
                self.after(request)
        except Cut:
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in answered.items():
            handler.send_header(name, value)
        if "Content-Length" not in answered:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(b"" if request.method == "HEAD" else content)

    def _fetch(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self._behind, timeout=10)
        connection.request(request.method, request.path, request.body, request.headers)
        answer: HTTPResponse = connection.getresponse()
        content = answer.read()
        connection.close()
        skipped = {"connection", "transfer-encoding", "date", "server"}
        kept = {n: v for n, v in answer.getheaders() if n.lower() not in skipped}
        named = {
            "Content-Length" if n.lower() == "content-length" else n: v for n, v in kept.items()
        }
        return answer.status, named, content


@contextmanager
def wire_to(server: S3Server) -> Iterator[Wire]:
    """A wire for as long as somebody listens."""
    wire = Wire(server)
    try:
        yield wire
    finally:
        wire.hang_up()


@pytest.fixture
def wire(s3_server: S3Server) -> Iterator[Wire]:
    """A wire to the server."""
    with wire_to(s3_server) as wire:
        yield wire
