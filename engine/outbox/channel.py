"""The port through which a message leaves: pages show it, mail sends it, others may come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message on its way to one person.

    Attributes:
        id: the same at each try, so that a receiver can drop what it has already seen.
        message: a code; `params` fill its sentence.
        language: that of the person's account; Vietnamese for who has none.
    """

    id: str
    organization_id: str
    person: str
    message: str
    params: Mapping[str, Any]
    language: str


class ChannelAway(Exception):  # noqa: N818 - it is an answer of the world, not a fault of ours.
    """The channel did not take the message now; it may later."""


class Channel(Protocol):
    """Carries a message, or says that it cannot now."""

    def deliver(self, outgoing: Outgoing) -> str:
        """Carry one message; what became of it, for the record.

        Raises:
            ChannelAway: try again later.
        """
        ...


class PageChannel:
    """Shows the message on the reader's inbox page, where it lies already."""

    def deliver(self, outgoing: Outgoing) -> str:
        """Say that the message is to be seen."""
        return f"shown to {outgoing.person}"
