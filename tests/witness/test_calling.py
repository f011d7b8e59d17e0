"""Who answers a call can neither lead the caller elsewhere, nor hold it, nor fill it."""

import socket
import threading

import pytest

from engine.witness.calling import Call, CallFailed, checked_address, post
from tests.witness.hostile import answering, http, read_request, saying

CALL = Call(content=b"hello", media_type="text/plain", answer_max=100, deadline_seconds=20)
SHORT = Call(content=b"hello", media_type="text/plain", answer_max=10**9, deadline_seconds=0.3)


def fault(url: str, call: Call = CALL) -> str:
    with pytest.raises(CallFailed) as failure:
        post(url, call)
    return failure.value.code


def test_bytes_go_out_and_an_answer_comes_back() -> None:
    seen: list[bytes] = []

    def behave(line: socket.socket) -> None:
        seen.append(read_request(line))
        line.sendall(http("409 Conflict", b"12\n", "Content-Type: Text/X.tlog.size; a=b"))

    with answering(behave) as url:
        answer = post(f"{url}/add-checkpoint", CALL)
    assert (answer.status, answer.content, answer.media_type) == (409, b"12\n", "text/x.tlog.size")
    assert seen == [b"hello"]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    visited: list[bytes] = []

    def trap(line: socket.socket) -> None:
        visited.append(read_request(line))
        line.sendall(http("200 OK", b""))

    with (
        answering(trap) as elsewhere,
        answering(saying(http("307 Temporary Redirect", b"", f"Location: {elsewhere}"))) as url,
    ):
        assert post(url, CALL).status == 307
    assert visited == []


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", b"x" * 101),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
        + b"x" * 101
        + b"\r\n0\r\n\r\n",
    ],
)
def test_an_answer_over_its_limit_is_refused(answer: bytes) -> None:
    with answering(saying(answer)) as url:
        assert fault(url) == "answer_too_large"


def test_an_answer_at_its_limit_is_taken() -> None:
    with answering(saying(http("200 OK", b"x" * 100))) as url:
        assert len(post(url, CALL).content) == 100


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9.9\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70000 + b"\r\n\r\n"],
)
def test_what_is_no_answer_is_named(answer: bytes) -> None:
    with answering(saying(answer)) as url:
        assert fault(url) == "answer_unreadable"


def test_an_answer_that_ends_too_early_is_no_answer() -> None:
    with answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")) as url:
        assert fault(url) == "answer_unreadable"


def test_silence_and_a_drip_of_bytes_end_at_the_deadline() -> None:
    stop = threading.Event()

    def silent(line: socket.socket) -> None:
        read_request(line)
        line.recv(1)  # The caller says nothing more: this ends when it hangs up.

    def dripping(line: socket.socket) -> None:
        read_request(line)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stop.wait(0.02):
            line.sendall(b"x")

    def dripping_head(line: socket.socket) -> None:
        read_request(line)
        line.sendall(b"HTTP/1.1 ")
        while not stop.wait(0.02):
            line.sendall(b"2")

    for behave in (silent, dripping, dripping_head):
        with answering(behave) as url:
            assert fault(url, SHORT) == "too_slow"
    stop.set()


def test_nobody_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert fault(f"http://127.0.0.1:{port}") == "unreachable"


def test_plain_http_is_not_taken_for_https() -> None:
    with answering(saying(http("200 OK", b""))) as url:
        assert fault(url.replace("http:", "https:"), SHORT) in {"unreachable", "too_slow"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "witness.example",
        "file:///etc/passwd",
        "ftp://witness.example",
        "http://",
        "http://name:secret@witness.example/",
        "https://witness.example/?a=b",
        "https://witness.example/#there",
        "https://witness.example:99999/",
        "https://witness.example:0/",
        "https://witness.example/ x",
        "https://witness.example/\r\nX: y",
        "https://nhân-chứng.example/",
    ],
)
def test_an_address_with_more_than_a_place_is_not_called(url: str) -> None:
    with pytest.raises(CallFailed) as failure:
        checked_address(url)
    assert failure.value.code == "address_unusable"
    assert "secret" not in failure.value.problem
