"""A server that answers whatever a test wants, byte for byte."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def answering(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen; every connection is handed to `behave`, and closed after it."""
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line, suppress(OSError):
                behave(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        stop.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(timeout=10)


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    """Read the request, then send this."""

    def behave(line: socket.socket) -> None:
        read_request(line)
        line.sendall(answer)

    return behave


def read_request(line: socket.socket) -> bytes:
    """A whole request with its body."""
    content = b""
    while b"\r\n\r\n" not in content:
        content += line.recv(65536)
    head, _, body = content.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    return body


def http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
