"""Passwords: hashed with Argon2id, compared at a steady pace.

1. What was typed is hashed exactly as typed: nothing is trimmed, composed or cut.
2. At most two hashes are computed at a time: each takes tens of megabytes, and a crowd of guesses
   must not take them all.
3. For a name that nobody has, a hash is computed all the same, so that the time tells nothing.
"""

import threading
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from engine.commands.manage_accounts import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from engine.errors import Invalid

PARALLEL: Final = 2


class Passwords:
    """Hashes and compares passwords.

    Args:
        hasher: the Argon2id parameters; the default is above what OWASP asks for.
    """

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._places = threading.BoundedSemaphore(PARALLEL)
        self._lock = threading.Lock()
        self._decoy: str | None = None

    def hash(self, password: str) -> str:
        """The hash to keep of a new password.

        Raises:
            Invalid: it is too short or too long.
        """
        if len(password) < PASSWORD_LENGTH_MIN:
            raise Invalid("password_too_short", least=PASSWORD_LENGTH_MIN)
        if len(password) > PASSWORD_LENGTH_MAX:
            raise Invalid("password_too_long", most=PASSWORD_LENGTH_MAX)
        with self._places:
            return self._hash.hash(password)

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether the password fits the hash; without a hash it takes as long and says no."""
        # What is longer than any password is not worth a hash, whoever it is said to be.
        typed = password[: PASSWORD_LENGTH_MAX + 1]
        compared = kept or self._decoy_hash()
        with self._places:
            try:
                fits = self._hash.verify(typed, compared)
            except (PwdlibError, UnicodeEncodeError):
                # A hash of another kind opens no door; a lone surrogate is in no password.
                return False
        return fits and kept is not None

    def _decoy_hash(self) -> str:
        """A hash of nothing that anybody types, made once."""
        with self._lock:
            if self._decoy is None:
                self._decoy = self._hash.hash("no account has this password")
            return self._decoy
