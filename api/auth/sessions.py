"""The cookie of a page session: a secret of 256 bits that means nothing by itself.

1. Over https its name begins with `__Host-`, so that no other host and no other path can plant it.
2. Over plain http, which only this machine speaks, the prefix and `Secure` are left out.
3. A login always brings a new secret; what the browser brought before is never taken over.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import Request, Response

SECRET_LENGTH_MAX: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCookie:
    """How the cookie is written and read in this installation.

    Attributes:
        idle: how long a session may lie unused; `absolute`: how long it may live at all.
    """

    secure: bool
    idle: timedelta
    absolute: timedelta

    @property
    def name(self) -> str:
        """The cookie's name."""
        return "__Host-sid" if self.secure else "sid"

    def read(self, request: Request) -> str | None:
        """The secret that the browser sent, if it can be one of ours."""
        value = request.cookies.get(self.name)
        return value if value and len(value) <= SECRET_LENGTH_MAX and value.isascii() else None

    def write(self, response: Response, secret: str) -> None:
        """Hand the secret to the browser, for as long as the session may live."""
        response.set_cookie(
            self.name,
            secret,
            max_age=int(self.absolute.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response) -> None:
        """Take the cookie back."""
        response.delete_cookie(
            self.name, path="/", secure=self.secure, httponly=True, samesite="lax"
        )
