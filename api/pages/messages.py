"""What I was told, and how I want to hear of it by mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Response

from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, go
from engine.commands.choose_messages import choose_messages, message_choice
from engine.errors import Invalid
from engine.outbox.choice import ByMail, Choice

router = APIRouter(prefix="/messages")

MESSAGES_MAX: Final = 200
MINUTES_AN_HOUR: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message in words."""

    text: str
    at: datetime
    instance: str | None


@router.get("")
def messages_page(desk: Desked) -> Response:
    """The messages of the one who looks, newest first, and the choice."""
    kept = desk.request.query_params.get("done") == "kept"
    message = Message(kind="good", text=desk.voice.ui("messages.kept")) if kept else None
    return _show(desk, message_choice(desk.house.runtime, desk.caller), message=message)


@router.post("/choice")
def choose(sent: Posted) -> Response:
    """Keep how one wants to hear by mail."""
    desk, typed = sent.desk, sent.typed
    choice = Choice()
    try:
        choice = Choice(
            mail=_mail(typed.text("mail")),
            address=typed.text("address").strip() or None,
            quiet_from=_minute(typed.text("quiet_from")),
            quiet_to=_minute(typed.text("quiet_to")),
        )
        choose_messages(desk.house.runtime, desk.caller, choice)
    except Invalid as error:
        return _show(desk, choice, status=422, message=desk.voice.error(error))
    return go("/messages?done=kept")


def _show(
    desk: Desk, choice: Choice, *, status: int = 200, message: Message | None = None
) -> Response:
    with desk.house.runtime.read(desk.caller.organization_id) as uow:
        found = uow.tables.outbox.of_person(desk.caller.person, limit=MESSAGES_MAX)
        own = uow.tables.organization.mail_address(desk.caller.person, on=uow.today)
    words, language = desk.voice.words, desk.visit.language
    return desk.page(
        "messages.html",
        status=status,
        message=message,
        choice=choice,
        ways=[way.value for way in ByMail],
        own=own,
        mailing=desk.house.settings.smtp_url is not None,
        clock=_clock,
        told=[
            Told(
                text=words.say(f"message.{one.message}", one.params, language),
                at=one.created_at,
                instance=one.instance_id,
            )
            for one in found
        ],
    )


def _mail(text: str) -> ByMail:
    try:
        return ByMail(text)
    except ValueError as error:
        raise Invalid("unknown_way", way=text) from error


def _minute(text: str) -> int:
    """The minute of the day that `HH:MM` names."""
    hours, _, minutes = text.strip().partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(minutes) < MINUTES_AN_HOUR):
        raise Invalid("quiet_hours_wrong")
    return int(hours) * MINUTES_AN_HOUR + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // MINUTES_AN_HOUR:02}:{minute % MINUTES_AN_HOUR:02}"
