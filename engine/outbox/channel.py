"""The port through which messages leave: pages show them, mail sends them, others may come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.outbox.choice import ByMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message on its way to one person.

    Attributes:
        id: the same at each try, so that a receiver can drop what it has already seen.
        message: a code; `params` fill its sentence.
    """

    id: str
    message: str
    params: Mapping[str, Any]
    instance_id: str | None
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What goes to one person at one time: a message, or all of a day.

    Attributes:
        language: that of the person's account; Vietnamese for who has none.
        address: of the person's mail, where there is one.
        mail: how the person wants to hear by mail.
    """

    organization_id: str
    organization: Mapping[str, str]
    person: str
    name: str
    language: str
    address: str | None
    mail: ByMail
    messages: tuple[Outgoing, ...]

    @property
    def id(self) -> str:
        """That of its first message: the same at each try."""
        return self.messages[0].id


class ChannelAway(Exception):  # noqa: N818 - it is an answer of the world, not a fault of ours.
    """The channel did not take the letter now; it may later."""


class ChannelRefused(ChannelAway):
    """The channel will never take this letter; somebody must look."""


class Channel(Protocol):
    """Carries a letter, or says that it cannot now."""

    def deliver(self, letter: Letter) -> str:
        """Carry one letter; what became of it, for the record.

        Raises:
            ChannelAway: try again later; ChannelRefused: do not.
        """
        ...


class PageChannel:
    """Shows messages on the reader's inbox page, where they lie already."""

    def deliver(self, letter: Letter) -> str:
        """Say that the messages are to be seen."""
        return f"shown to {letter.person}"
