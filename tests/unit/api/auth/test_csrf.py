"""A request that a cookie speaks for must come from a page of ours."""

import pytest

from api.auth.csrf import is_same_origin, is_token, login_token, new_nonce

HOME = "https://qms.example"


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site", "origin": HOME}, False),
        ({"origin": HOME}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": HOME + ".evil.example"}, False),
        ({"origin": "http://qms.example"}, False),
        ({}, False),
    ],
)
def test_only_a_page_of_the_same_origin_passes(headers: dict[str, str], *, passes: bool) -> None:
    assert is_same_origin(headers, origin=HOME) is passes


def test_the_form_carries_the_token_of_its_session() -> None:
    assert is_token("abc", "abc")
    assert not is_token("abd", "abc")
    assert not is_token(None, "abc")
    assert not is_token("ầ", "abc")


def test_the_token_of_the_login_form_is_bound_to_its_cookie_and_our_key() -> None:
    nonce = new_nonce()
    token = login_token(nonce, key=b"k")
    assert is_token(token, login_token(nonce, key=b"k"))
    assert not is_token(token, login_token(new_nonce(), key=b"k"))
    assert not is_token(token, login_token(nonce, key=b"other"))
