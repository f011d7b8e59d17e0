"""The real sender against real servers: it goes where it is told and nowhere else, and it ends."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from engine.outbox.addresses import AddressRefused, Egress
from engine.outbox.webhook import HttpSender, Unreached
from tests.outbox.certificates import certified

HEADERS = {"Content-Type": "application/cloudevents+json", "webhook-id": "msg_1"}


class Answering(BaseHTTPRequestHandler):
    """Answers what its class says, and keeps what came."""

    status: ClassVar[int] = 204
    location: ClassVar[str | None] = None
    came: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.came.append((self.path, dict(self.headers), body))
        self.send_response(self.status)
        if self.location is not None:
            self.send_header("Location", self.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def handler(**told: Any) -> type[Answering]:
    return type("Told", (Answering,), {"came": [], **told})


@contextmanager
def serving(kind: type[Answering], context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def own(port: int, host: str = "127.0.0.1") -> Egress:
    return Egress(own_hosts=frozenset({f"{host}:{port}"}))


def test_a_body_arrives_with_its_headers_and_the_status_comes_back() -> None:
    kind = handler(status=202)
    with serving(kind) as port:
        status = HttpSender(own(port)).send(f"http://127.0.0.1:{port}/a?b=c", b"{}", HEADERS)
    assert status == 202
    ((path, headers, body),) = kind.came
    assert (path, body, headers["webhook-id"]) == ("/a?b=c", b"{}", "msg_1")


def test_a_redirect_is_an_answer_and_not_a_way() -> None:
    secret = handler()
    with serving(secret) as inside:
        kind = handler(status=307, location=f"http://127.0.0.1:{inside}/internal")
        with serving(kind) as port:
            status = HttpSender(own(port)).send(f"http://127.0.0.1:{port}/", b"{}", HEADERS)
    assert status == 307
    assert secret.came == []


def test_this_machine_is_reached_only_where_the_operator_says_so() -> None:
    kind = handler()
    with serving(kind) as port:
        for url in (f"http://127.0.0.1:{port}/", f"https://localhost:{port}/"):
            with pytest.raises(AddressRefused):
                HttpSender(Egress()).send(url, b"{}", HEADERS)
    assert kind.came == []


def test_a_peer_that_dribbles_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = threading.Event()

        def dribble() -> None:
            peer, _ = listener.accept()
            with peer:
                while not ended.wait(0.05):
                    try:
                        peer.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        with pytest.raises(Unreached, match="timeout"):
            HttpSender(own(port), seconds=0.5).send(f"http://127.0.0.1:{port}/", b"{}", HEADERS)
        ended.set()
        thread.join(5)


def test_nobody_there_and_no_such_name_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreached, match="connection"):
        HttpSender(own(port)).send(f"http://127.0.0.1:{port}/", b"{}", HEADERS)
    with pytest.raises(Unreached, match="unknown_name"):
        HttpSender(Egress()).send("https://no-such-name.invalid/", b"{}", HEADERS)


def test_a_certificate_must_be_trusted_and_of_that_name(tmp_path: Path) -> None:
    certificate, key = certified(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trust = ssl.create_default_context(cafile=str(certificate))
    kind = handler()
    with serving(kind, context) as port:
        trusting = HttpSender(own(port, "localhost"), trust=trust)
        assert trusting.send(f"https://localhost:{port}/", b"{}", HEADERS) == 204
        with pytest.raises(Unreached, match="tls"):
            HttpSender(own(port, "localhost")).send(f"https://localhost:{port}/", b"{}", HEADERS)
        with pytest.raises(Unreached, match="tls"):
            HttpSender(own(port), trust=trust).send(f"https://127.0.0.1:{port}/", b"{}", HEADERS)
    assert len(kind.came) == 1
