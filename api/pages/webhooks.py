"""What leaves the house for other systems and did not arrive: for administrators.

1. Everybody who is no administrator gets a page that says so.
2. A secret is shown once, on the page that answers its form.
"""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Response

from api.dependencies import Reply, run_once
from api.pages.showing import Message
from api.pages.visiting import Desk, Desked, Posted, Sent, go, gone, went
from api.problems import Forbidden, problem_of
from engine.commands.deliver_outbox import retry_message
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_webhooks import (
    EVENT_TYPES,
    NewWebhook,
    WebhookMade,
    add_webhook,
    change_webhook_secret,
    redeliver,
    remove_webhook,
    set_webhook_active,
)
from engine.errors import Conflict, Invalid, NotFound, Refused
from engine.machine.actor import ADMINISTRATOR
from engine.outbox.addresses import Egress
from engine.queries.definitions import list_definitions
from engine.queries.webhooks import given_up, webhook_view, webhooks
from engine.runtime import Replayed

router = APIRouter(prefix="/admin/webhooks")

HOME: Final = "/admin/webhooks"
DELIVERIES_SHOWN: Final = 100
GIVEN_UP_SHOWN: Final = 100
COMMON: Final = (
    *("vn.quytrinh.instance_created", "vn.quytrinh.transition"),
    *("vn.quytrinh.transition.refused", "vn.quytrinh.evidence_attached"),
    *("vn.quytrinh.record_changed", "vn.quytrinh.escalated"),
    *("vn.quytrinh.waiver_granted", "vn.quytrinh.document_issued"),
)
"""The kinds of events that most subscribers want; over the API there are all of them."""
DONE: Final = frozenset({"paused", "resumed", "removed", "again", "retried"})


@router.get("")
def webhooks_page(desk: Desked) -> Response:
    """Every subscription, and messages that were given up."""
    return _show(desk, message=_said(desk))


@router.post("")
def subscribe(sent: Posted) -> Response:
    """Subscribe another system; its secret stands on the page that answers, and nowhere else."""
    desk, typed = sent.desk, sent.typed
    process = typed.text("process")
    wanted = NewWebhook(
        name=typed.text("name"),
        url=typed.text("url").strip(),
        types=tuple(kind for kind in typed.texts.get("types", ()) if kind in EVENT_TYPES),
        processes=(process,) if process else (),
    )
    egress = Egress(own_hosts=desk.house.settings.own_hosts)
    try:
        outcome = add_webhook(desk.house.runtime, desk.caller, wanted, egress=egress)
    except (Invalid, NotFound, Conflict) as error:
        return _show(desk, status=problem_of(error).status, message=desk.voice.error(error))
    return _with_secret(desk, outcome)


@router.get("/{webhook}")
def webhook_page(desk: Desked, webhook: str) -> Response:
    """One subscription and its newest deliveries."""
    return _show_one(desk, webhook, message=_said(desk))


@router.post("/{webhook}/pause")
def pause(sent: Posted, webhook: str) -> Response:
    """Tell it nothing for a while."""
    return _run(
        sent,
        webhook,
        lambda desk: set_webhook_active(desk.house.runtime, desk.caller, webhook, active=False),
        done="paused",
    )


@router.post("/{webhook}/resume")
def resume(sent: Posted, webhook: str) -> Response:
    """Go on, with all that happened meanwhile."""
    return _run(
        sent,
        webhook,
        lambda desk: set_webhook_active(desk.house.runtime, desk.caller, webhook, active=True),
        done="resumed",
    )


@router.post("/{webhook}/secret")
def new_secret(sent: Posted, webhook: str) -> Response:
    """Change the secret; the new one stands on the page that answers."""
    desk = sent.desk
    return _with_secret(desk, change_webhook_secret(desk.house.runtime, desk.caller, webhook))


@router.post("/{webhook}/remove")
def remove(sent: Posted, webhook: str) -> Response:
    """End a subscription."""
    return _run(
        sent,
        None,
        lambda desk: remove_webhook(desk.house.runtime, desk.caller, webhook),
        done="removed",
    )


@router.post("/{webhook}/deliveries/{delivery}/redeliver")
def send_again(sent: Posted, webhook: str, delivery: str) -> Response:
    """Send an entry again."""
    return _run(
        sent,
        webhook,
        lambda desk: redeliver(desk.house.runtime, desk.caller, webhook, delivery),
        done="again",
    )


@router.post("/messages/{message}/retry")
def retry(sent: Posted, message: str) -> Response:
    """Let a message that was given up be tried again."""
    return _run(
        sent,
        None,
        lambda desk: retry_message(desk.house.runtime, desk.caller, message),
        done="retried",
    )


def _run(
    sent: Sent, webhook: str | None, run: Callable[[Desk], str | NotAllowed | None], *, done: str
) -> Response:
    """Carry out one form, once however often it is sent."""
    desk = sent.desk
    home = HOME if webhook is None else f"{HOME}/{webhook}"

    def carried_out() -> Reply:
        if isinstance(run(desk), NotAllowed):
            raise Refused("role_missing", roles=[ADMINISTRATOR])
        return gone(f"{home}?done={done}")

    try:
        outcome = run_once(
            desk.house.runtime, desk.caller, sent.once(lambda reply: reply), carried_out
        )
    except Conflict as error:
        shown = desk.voice.error(error)
        status = problem_of(error).status
        if webhook is None:
            return _show(desk, status=status, message=shown)
        return _show_one(desk, webhook, status=status, message=shown)
    return go((went(outcome) if isinstance(outcome, Replayed) else None) or f"{home}?done={done}")


def _with_secret(desk: Desk, outcome: WebhookMade | NotAllowed) -> Response:
    if isinstance(outcome, NotAllowed):
        raise Forbidden("role_missing", roles=[ADMINISTRATOR])
    return _show_one(desk, outcome.subscription.id, status=201, secret=outcome.secret)


def _said(desk: Desk) -> Message | None:
    done = desk.request.query_params.get("done", "")
    return Message(kind="good", text=desk.voice.ui(f"webhook.{done}")) if done in DONE else None


def _check(desk: Desk) -> None:
    if not desk.is_administrator:
        raise Forbidden("role_missing", roles=[ADMINISTRATOR])


def _show(desk: Desk, *, status: int = 200, message: Message | None = None) -> Response:
    _check(desk)
    runtime, words, language = desk.house.runtime, desk.voice.words, desk.visit.language
    failed = given_up(runtime, desk.caller, limit=GIVEN_UP_SHOWN)
    return desk.page(
        "admin/webhooks.html",
        status=status,
        message=message,
        subscriptions=webhooks(runtime, desk.caller),
        kinds=COMMON,
        processes=[
            (view.process.process, desk.voice.title(view.process.title))
            for view in list_definitions(runtime, desk.caller)
        ],
        failed=[
            (one, words.say(f"message.{one.message.message}", one.message.params, language))
            for one in failed
        ],
    )


def _show_one(desk: Desk, webhook: str, *, status: int = 200, **more: Any) -> Response:
    _check(desk)
    view = webhook_view(desk.house.runtime, desk.caller, webhook, limit=DELIVERIES_SHOWN)
    return desk.page(
        "admin/webhook.html",
        status=status,
        view=view,
        **{"message": None, "secret": "", **more},
    )
