"""Subscriptions of other systems to the log, for administrators. A secret is shown once."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.dependencies import (
    Administrator,
    Asked,
    Circumstances,
    Reply,
    answer_once,
    digest_of_body,
    send,
)
from api.v1.administering import done, made, refused
from api.v1.organization import MadeBody
from api.v1.paging import LIMIT, Cursor, Limit, page, pager_of, slice_of
from api.v1.reading import Body, Identifier, JsonBody, Line, Name, Sent
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_webhooks import (
    NewWebhook,
    WebhookMade,
    add_webhook,
    change_webhook_secret,
    redeliver,
    remove_webhook,
    set_webhook_active,
)
from engine.outbox.addresses import Egress
from engine.queries.webhooks import webhook_view, webhooks
from engine.storage.webhooks import Delivery, Subscription

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


class NewWebhookBody(Body):
    """A subscription; no types and no processes mean all of them."""

    name: Name
    url: Line
    types: list[Line] = Field(default_factory=list, max_length=200)
    processes: list[Identifier] = Field(default_factory=list, max_length=200)


class ActiveBody(Body):
    """Whether the subscription is told of anything."""

    active: bool


class WebhookBody(BaseModel):
    """A subscription: `active`, `paused`, or `gone` after its receiver answered 410."""

    id: str
    name: str
    url: str
    types: list[str]
    processes: list[str]
    status: str
    next_entry: int
    created_at: str | None


class MadeWebhookBody(WebhookBody):
    """A subscription with its secret, which is shown this once."""

    secret: str


class WebhookPage(BaseModel):
    """A page of subscriptions, newest first."""

    items: list[WebhookBody]
    next: str | None


class DeliveryBody(BaseModel):
    """One entry for one subscriber: `waiting`, `delivered` or `failed`.

    Attributes:
        outcome: the status of the last answer, or why none came.
    """

    id: str
    entry: int
    status: str
    attempts: int
    outcome: str | None
    created_at: str | None
    tried_at: str | None
    next_at: str | None


class DeliveryPage(BaseModel):
    """A page of deliveries, newest first."""

    items: list[DeliveryBody]
    next: str | None


@router.get("", summary="Subscriptions", response_model=WebhookPage)
def get_webhooks(
    request: Request,
    caller: Administrator,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List the subscriptions of the organisation."""
    found = webhooks(asked.house.runtime, caller)
    items, following = slice_of(found, pager=pager_of(request, caller), cursor=cursor, limit=limit)
    shown = [_shown(asked, caller.organization_id, one) for one in items]
    return send(Reply(status=200, body=page(shown, following)))


@router.post("", status_code=201, summary="Subscribe", response_model=MadeWebhookBody)
def post_webhook(
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[NewWebhookBody], Depends(JsonBody(NewWebhookBody))],
) -> Response:
    """Subscribe another system to what happens from now on.

    The answer holds a secret, so it is never kept under an idempotency key.
    """
    given = body.value
    wanted = NewWebhook(
        name=given.name,
        url=given.url,
        types=tuple(given.types),
        processes=tuple(given.processes),
    )
    egress = Egress(own_hosts=asked.house.settings.own_hosts)
    outcome = add_webhook(asked.house.runtime, caller, wanted, egress=egress)
    return _told_secret(asked, caller.organization_id, outcome, status=201)


@router.get("/{webhook}", summary="A subscription", response_model=WebhookBody)
def get_webhook(webhook: str, caller: Administrator, asked: Circumstances) -> Response:
    """Show one subscription."""
    view = webhook_view(asked.house.runtime, caller, webhook, limit=1)
    return send(Reply(status=200, body=_shown(asked, caller.organization_id, view.subscription)))


@router.patch("/{webhook}", status_code=204, summary="Pause or go on")
def patch_webhook(
    webhook: str,
    caller: Administrator,
    asked: Circumstances,
    body: Annotated[Sent[ActiveBody], Depends(JsonBody(ActiveBody))],
) -> Response:
    """Pause a subscription, or let it go on with all that happened meanwhile."""
    return answer_once(
        asked,
        caller,
        digest=body.digest,
        run=lambda: done(
            asked,
            set_webhook_active(asked.house.runtime, caller, webhook, active=body.value.active),
        ),
    )


@router.delete("/{webhook}", status_code=204, summary="End a subscription")
def delete_webhook(webhook: str, caller: Administrator, asked: Circumstances) -> Response:
    """End a subscription at once."""
    return answer_once(
        asked,
        caller,
        digest=digest_of_body(),
        run=lambda: done(asked, remove_webhook(asked.house.runtime, caller, webhook)),
    )


@router.post("/{webhook}/secret", summary="Change the secret", response_model=MadeWebhookBody)
def post_secret(webhook: str, caller: Administrator, asked: Circumstances) -> Response:
    """Make a new secret; for a day the old one signs beside it."""
    outcome = change_webhook_secret(asked.house.runtime, caller, webhook)
    return _told_secret(asked, caller.organization_id, outcome, status=200)


@router.get("/{webhook}/deliveries", summary="Deliveries", response_model=DeliveryPage)
def get_deliveries(
    request: Request,
    webhook: str,
    caller: Administrator,
    asked: Circumstances,
    *,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List what was or will be sent to a subscriber."""
    pager = pager_of(request, caller)
    opened = pager.open(cursor)
    view = webhook_view(
        asked.house.runtime,
        caller,
        webhook,
        before=None if opened is None else (int(opened[0]), str(opened[1])),
        limit=limit + 1,
    )
    items = view.deliveries[:limit]
    following = pager.seal([items[-1].idx, items[-1].id]) if len(view.deliveries) > limit else None
    shown = [_delivery(asked, caller.organization_id, one) for one in items]
    return send(Reply(status=200, body=page(shown, following)))


@router.post(
    "/{webhook}/deliveries/{delivery}/redeliver",
    status_code=201,
    summary="Send again",
    response_model=MadeBody,
)
def post_redelivery(
    webhook: str, delivery: str, caller: Administrator, asked: Circumstances
) -> Response:
    """Send an entry again, as a new delivery."""
    return answer_once(
        asked,
        caller,
        digest=digest_of_body(),
        run=lambda: done(
            asked,
            redeliver(asked.house.runtime, caller, webhook, delivery),
            made(f"/api/v1/webhooks/{webhook}/deliveries"),
        ),
    )


def _told_secret(
    asked: Asked, organization_id: str, outcome: WebhookMade | NotAllowed, *, status: int
) -> Response:
    if isinstance(outcome, NotAllowed):
        return send(refused(asked, outcome))
    shown = _shown(asked, organization_id, outcome.subscription) | {"secret": outcome.secret}
    headers = {
        "Location": f"/api/v1/webhooks/{outcome.subscription.id}",
        "Cache-Control": "no-store",
    }
    return send(Reply(status=status, body=shown, headers=headers))


def _shown(asked: Asked, organization_id: str, found: Subscription) -> dict[str, Any]:
    return WebhookBody(
        id=found.id,
        name=found.name,
        url=found.url,
        types=list(found.types),
        processes=list(found.processes),
        status=found.status,
        next_entry=found.next_idx,
        created_at=asked.at(found.created_at, organization_id),
    ).model_dump()


def _delivery(asked: Asked, organization_id: str, found: Delivery) -> dict[str, Any]:
    return DeliveryBody(
        id=found.id,
        entry=found.idx,
        status=found.status,
        attempts=found.attempts,
        outcome=found.outcome,
        created_at=asked.at(found.created_at, organization_id),
        tried_at=asked.at(found.tried_at, organization_id),
        next_at=asked.at(found.next_at, organization_id),
    ).model_dump()
