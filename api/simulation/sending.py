"""Send a command as a person does: once more under the same key when no answer came.

1. What the house turns down as an error is a mistake of the sender, counted by its code.
2. An answer that does not come is asked for again; the key makes that harmless.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from api.simulation.account import Account
from engine.errors import QuyTrinhError
from engine.runtime import OnceKey, Unavailable
from engine.storage.idempotency import Answer

Outcome = TypeVar("Outcome")
TRIES: Final = 4
DONE: Final = Answer(status=200, headers="{}", body="{}")


class Sender:
    """Gives each command its key, and sends it."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._number = 0

    def send(self, command: Callable[[OnceKey], Outcome]) -> Outcome | None:
        """The outcome; None when it was an error, or no answer came at all.

        Args:
            command: sends it under the key that it is given; called once for each try.
        """
        key = self._key()
        for attempt in range(TRIES):
            try:
                return command(key)
            except (Unavailable, OSError):
                self._account.retried += attempt + 1 < TRIES
            except QuyTrinhError as error:
                self._account.mistakes[error.code] += 1
                return None
        self._account.unanswered += 1
        return None

    def _key(self) -> OnceKey:
        self._number += 1
        name = f"{self._number:08}"
        return OnceKey(path="/simulation", value=name, body_digest=name, render=_render)


def _render(_: Any) -> Answer:
    return DONE
