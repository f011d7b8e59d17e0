"""The cookie of an auditor from outside: which door, and its secret.

1. Over https its name begins with `__Host-`; it is for this host alone and never sent from a page
   of another site.
2. It says nothing that the house believes: the secret is held against the digest at every request,
   so that a door that was ended is shut at once.
3. It lives for a working day, and never longer than the door.
"""

import re
from datetime import timedelta
from typing import Final

from fastapi import Request, Response

LIFETIME: Final = timedelta(hours=8)
_VALUE: Final = re.compile(r"(?P<link>[0-9a-f-]{36})\.(?P<secret>[A-Za-z0-9_-]{1,100})", re.ASCII)


def read_door(request: Request, link_id: str, *, secure: bool) -> str | None:
    """The secret that the browser brought for this door."""
    found = _VALUE.fullmatch(request.cookies.get(_name(secure=secure), ""))
    return found["secret"] if found is not None and found["link"] == link_id else None


def write_door(response: Response, link_id: str, secret: str, *, secure: bool) -> None:
    """Hand it to the browser."""
    response.set_cookie(
        _name(secure=secure),
        f"{link_id}.{secret}",
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def clear_door(response: Response, *, secure: bool) -> None:
    """Take it back."""
    name = _name(secure=secure)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")


def _name(*, secure: bool) -> str:
    return "__Host-auditor" if secure else "auditor"
