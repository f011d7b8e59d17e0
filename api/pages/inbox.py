"""The first page of the morning: what I can do now, what waits for others and why, what I was told.

1. The engine's inbox decides; this page only tells the steps of the way from those that may be taken
   from anywhere (postpone, cancel), which would make every case of the office look urgent.
2. What is due first stands first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Response

from api.pages.showing import Reason, Voice
from api.pages.visiting import Desked
from engine.definition.model import Process
from engine.queries.definitions import list_definitions
from engine.queries.inbox import InboxItem, inbox
from engine.queries.instances import StepOption, Summary

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingStep:
    """A step that is mine and waits for something."""

    title: str
    unmet: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingItem:
    """An instance that waits, with what for."""

    instance: Summary
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
    ready = [_on_the_way(item, processes) for item in found.ready]
    items = (*found.ready, *found.waiting)
    waiting = [_waiting(item, processes, desk.voice) for item in items]
    return desk.page(
        "inbox.html",
        message=None,
        inbox=replace(found, ready=tuple(item for item in ready if item.ready)),
        waiting=[item for item in waiting if item.steps],
        messages=[
            Told(
                text=desk.voice.words.say(
                    message.message, message.params, desk.visit.language
                ),
                at=message.created_at,
                instance=message.instance_id,
            )
            for message in found.messages
        ],
        openable=[view for view in definitions if view.may_open],
    )


def _on_the_way(item: InboxItem, processes: Mapping[str, Process]) -> InboxItem:
    """The item with those steps only that belong to the state it is in."""
    process = processes.get(item.instance.process)
    return replace(
        item, ready=tuple(option for option in item.ready if not _anytime(option, process))
    )


def _waiting(item: InboxItem, processes: Mapping[str, Process], voice: Voice) -> WaitingItem:
    process = processes.get(item.instance.process)
    steps = () if process is None else tuple(
        WaitingStep(
            title=voice.title(option.title),
            unmet=voice.reasons(
                (one for one in option.unmet if not one.fillable), process, option.transition
            ),
        )
        for option in item.waiting
        if not _anytime(option, process)
    )
    return WaitingItem(instance=item.instance, steps=steps)


def _anytime(option: StepOption, process: Process | None) -> bool:
    """Whether the step may be taken from every open state."""
    step = None if process is None else process.transitions.get(option.transition)
    return step is not None and step.from_ == ("open",)

