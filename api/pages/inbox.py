"""The first page of the morning: what I can do now, what waits for others and why, what I was told.

1. The engine's inbox decides what is mine and what is missing. A step for which only files of mine
   are missing can be taken now: its form brings them.
2. Steps that leave the way (postpone, cancel) are always possible and are not work to be done; they
   stand on the page of the instance.
3. What is due first stands first. Of messages that say the same, the newest is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Response

from api.pages.bulk_steps import groups_of
from api.pages.showing import Reason
from api.pages.visiting import Desk, Desked
from engine.definition.graph import is_aside
from engine.definition.model import Process
from engine.machine.decision import UnmetCode
from engine.queries.definitions import list_definitions
from engine.queries.inbox import Inbox, InboxItem, inbox
from engine.queries.instances import StepOption, Summary

router = APIRouter()

MESSAGES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingStep:
    """A step that is mine and waits for something."""

    title: str
    unmet: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """A step that I can take now, with how many requirements want a file from me."""

    transition: str
    title: Mapping[str, str]
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An instance with my steps in it: those to take now, and those that wait."""

    instance: Summary
    ready: tuple[Possible, ...]
    steps: tuple[WaitingStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message of the outbox in words."""

    text: str
    at: datetime
    instance: str | None


@router.get("/")
def inbox_page(desk: Desked) -> Response:
    """What waits for the one who looks."""
    found = inbox(desk.house.runtime, desk.caller)
    definitions = list_definitions(desk.house.runtime, desk.caller)
    processes = {view.process.process: view.process for view in definitions}
    items = [
        _sorted(item, processes[item.instance.process], desk)
        for item in (*found.ready, *found.waiting)
        if item.instance.process in processes
    ]
    items.sort(key=lambda item: _urgency(item.instance))
    messages = _told(found, desk)
    return desk.page(
        "inbox.html",
        ready=[item for item in items if item.ready],
        waiting=[item for item in items if item.steps],
        messages=messages[:MESSAGES_SHOWN],
        older=messages[MESSAGES_SHOWN:],
        openable=[view for view in definitions if view.may_open],
        groups=groups_of(found.ready, processes),
    )


def _told(found: Inbox, desk: Desk) -> list[Told]:
    """Messages in words, the newest first; what was said again is shown once."""
    told: dict[tuple[str, str | None], Told] = {}
    for message in found.messages:
        text = desk.voice.words.say(
            f"message.{message.message}", message.params, desk.visit.language
        )
        one = Told(text=text, at=message.created_at, instance=message.instance_id)
        told.setdefault((text, message.instance_id), one)
    return list(told.values())


def _sorted(item: InboxItem, process: Process, desk: Desk) -> Work:
    """Tell what can be done now from what waits."""
    ahead = [
        option
        for option in (*item.ready, *item.waiting)
        if not is_aside(process, option.transition)
    ]
    now = [option for option in ahead if _can_bring(option, desk.visit.roles)]
    return Work(
        instance=item.instance,
        ready=tuple(_possible(option) for option in now),
        steps=tuple(
            WaitingStep(
                title=desk.voice.title(option.title),
                unmet=desk.voice.reasons(
                    (one for one in option.unmet if not one.fillable), process, option.transition
                ),
            )
            for option in ahead
            if option not in now
        ),
    )


def _can_bring(option: StepOption, roles: tuple[str, ...]) -> bool:
    """Whether the form of the step can bring all that is missing, files among it."""
    return all(
        one.fillable
        or (one.code is UnmetCode.EVIDENCE_MISSING and not set(one.who_can).isdisjoint(roles))
        for one in option.unmet
    )


def _possible(option: StepOption) -> Possible:
    return Possible(
        transition=option.transition,
        title=option.title,
        files=sum(one.code is UnmetCode.EVIDENCE_MISSING for one in option.unmet),
    )


def _urgency(summary: Summary) -> tuple[bool, datetime, str]:
    """What is due first comes first."""
    return summary.due_at is None, summary.due_at or summary.opened_at, summary.code
