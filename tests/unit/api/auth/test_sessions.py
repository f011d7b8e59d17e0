"""The cookie of a session: locked to its host where the outside is https, plain at home."""

from datetime import timedelta

import pytest
from fastapi import Request, Response

from api.auth.sessions import SessionCookie


def cookie(*, secure: bool) -> SessionCookie:
    return SessionCookie(secure=secure, idle=timedelta(minutes=30), absolute=timedelta(hours=12))


def with_cookie(text: str) -> Request:
    headers = [(b"cookie", text.encode("latin-1"))]
    return Request({"type": "http", "headers": headers})


def test_over_https_the_cookie_is_bound_to_its_host() -> None:
    response = Response()
    cookie(secure=True).write(response, "abc")
    told = response.headers["set-cookie"]
    assert told.startswith("__Host-sid=abc;")
    for part in ("HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age=43200"):
        assert part in told
    assert "Domain" not in told


def test_over_plain_http_the_cookie_does_without_the_prefix() -> None:
    response = Response()
    cookie(secure=False).write(response, "abc")
    told = response.headers["set-cookie"]
    assert told.startswith("sid=abc;")
    assert "Secure" not in told
    assert "HttpOnly" in told


def test_the_cookie_is_taken_back() -> None:
    response = Response()
    cookie(secure=True).clear(response)
    assert "Max-Age=0" in response.headers["set-cookie"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [("sid=abc", "abc"), ("other=abc", None), ("sid=", None), ("sid=" + "x" * 129, None)],
)
def test_only_what_can_be_ours_is_read(sent: str, read: str | None) -> None:
    assert cookie(secure=False).read(with_cookie(sent)) == read


def test_a_cookie_without_the_prefix_means_nothing_over_https() -> None:
    assert cookie(secure=True).read(with_cookie("sid=abc")) is None
    assert cookie(secure=True).read(with_cookie("__Host-sid=abc")) == "abc"
