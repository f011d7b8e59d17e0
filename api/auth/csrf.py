"""Was a request sent by a page of ours: asked of every unsafe request that a cookie speaks for.

1. `Sec-Fetch-Site` is the browser's own word: only `same-origin` passes (`none` is a person who
   typed the address, which never is an unsafe request).
2. Without it, `Origin` must be the address under which the house is reached. Without both, nothing
   passes: a browser of our time sends one of them.
3. Besides, the form carries the session's own token, compared in constant time. The form of the
   login, which has no session yet, carries one that is bound to a cookie of its own.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_same_origin(headers: Mapping[str, str], *, origin: str) -> bool:
    """Whether the browser says that a page of this very origin sent the request.

    Args:
        headers: of the request, by lower-case names.
        origin: scheme, host and port under which the house is reached.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin", "") == origin


def is_token(given: str | None, expected: str) -> bool:
    """Whether the token of a form is the session's."""
    return given is not None and hmac.compare_digest(given.encode(), expected.encode())


def new_nonce() -> str:
    """A nonce for the cookie of a login form."""
    return secrets.token_urlsafe(24)


def login_token(nonce: str, *, key: bytes) -> str:
    """The token of the login form that goes with a nonce."""
    return hmac.new(key, b"login:" + nonce.encode(), hashlib.sha256).hexdigest()
