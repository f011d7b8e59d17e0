"""The five families of error, and nothing else.

1. A family says what kind of trouble it is; `api/problems.py` alone turns a family into an HTTP
   status.
2. `code` is stable and machine-readable; sentences in Vietnamese and English live in `api/locale`.
3. `params` fill the sentence; they hold plain values (text, numbers, lists of them), never secrets.
4. Subclasses live where they are raised and fix their code there.
"""

from typing import Any


class QuyTrinhError(Exception):
    """The root of the five families; never raised itself.

    Attributes:
        code: stable identifier of the fault, such as `unknown_field`.
        params: values for the sentence that explains it.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Any] = params


class Invalid(QuyTrinhError):
    """What was sent cannot be read or does not fit its type; mending it is the sender's."""


class NotFound(QuyTrinhError):
    """It does not exist, or the caller may not know that it does."""


class Refused(QuyTrinhError):
    """It was understood, and a rule forbids it."""


class Conflict(QuyTrinhError):
    """It does not fit the present state: stale version, used key, taken name."""


class Corrupt(QuyTrinhError):
    """What we stored is not what we wrote; nobody outside can mend it."""
