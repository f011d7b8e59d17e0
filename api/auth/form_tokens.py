"""The token of a form that nobody is logged in for: it comes from a page of ours, and counts once.

1. It holds when it was given, a nonce, and a seal over both and the form it was given for. Nothing
   is kept of it until the form is sent, and then the nonce alone.
2. It is good for two days. What is kept under its nonce lives longer: a token that was used cannot
   come back as a fresh one.
3. It names nobody: two forms that one person opens have nothing in common.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Final

LIFETIME: Final = timedelta(days=2)
AHEAD: Final = timedelta(minutes=5)
"""What the clocks of two processes may differ by."""
_TOKEN: Final = re.compile(
    r"(?P<at>[0-9]{1,12})\.(?P<nonce>[A-Za-z0-9_-]{24})\.(?P<seal>[0-9a-f]{64})", re.ASCII
)


def new_token(form: str, now: datetime, *, key: bytes) -> str:
    """A token for a form that is shown now."""
    told = f"{int(now.timestamp())}.{secrets.token_urlsafe(18)}"
    return f"{told}.{_seal(form, told, key=key)}"


def nonce_of(token: str, form: str, now: datetime, *, key: bytes) -> str | None:
    """The nonce of a token that is good for this form now; None for every other."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    told = f"{found['at']}.{found['nonce']}"
    if not hmac.compare_digest(found["seal"], _seal(form, told, key=key)):
        return None
    age = now - datetime.fromtimestamp(int(found["at"]), now.tzinfo)
    return found["nonce"] if -AHEAD <= age <= LIFETIME else None


def _seal(form: str, told: str, *, key: bytes) -> str:
    return hmac.new(key, f"form:{form}:{told}".encode(), hashlib.sha256).hexdigest()
