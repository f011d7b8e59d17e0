"""Other systems are told what the log has new: at least once, in order, signed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from engine.commands.deliver_webhooks import (
    KEPT,
    LEASE,
    deliver_webhooks,
    follow_log,
    forget_deliveries,
)
from engine.commands.manage_accounts import NotAllowed
from engine.commands.manage_webhooks import (
    EVENT_TYPES,
    SUBSCRIPTIONS_MAX,
    NewWebhook,
    WebhookMade,
    add_webhook,
    change_webhook_secret,
    redeliver,
    remove_webhook,
    set_webhook_active,
)
from engine.commands.start_instance import Started, StartInstance, start_instance
from engine.errors import Conflict, Invalid, NotFound
from engine.outbox.addresses import AddressRefused, Egress
from engine.outbox.retry import ATTEMPTS_MAX
from engine.outbox.webhook import Unreached
from engine.queries.webhooks import webhook_view, webhooks
from engine.runtime import SystemClock
from engine.storage.audit_log import LogFilter
from engine.storage.webhooks import Delivery
from tests.fixtures import NEIGHBOUR, OFFICE, Office

URL = "https://receiver.example/hook"
SOURCE = "https://office.example/api/v1/log"
ANYWHERE = Egress()


@dataclass(slots=True)
class Receiver:
    """Another system: it answers as it is told and keeps what came."""

    answer: Callable[[dict[str, Any]], int] = lambda _event: 200
    came: list[tuple[dict[str, Any], dict[str, str], bytes]] = field(default_factory=list)

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert url == URL
        event = json.loads(body)
        self.came.append((event, dict(headers), body))
        return self.answer(event)

    @property
    def indexes(self) -> list[int]:
        return [event["data"]["idx"] for event, _, _ in self.came]


def subscribe(office: Office, **wanted: Any) -> WebhookMade:
    made = add_webhook(
        office.runtime,
        office.as_("administrator"),
        NewWebhook(name="Trục", url=URL, **wanted),
        egress=ANYWHERE,
    )
    assert isinstance(made, WebhookMade)
    return made


def tell(office: Office, receiver: Receiver) -> tuple[int, int]:
    told = deliver_webhooks(office.runtime, OFFICE, receiver, source=SOURCE)
    return told.delivered, told.failed


def open_audit(office: Office) -> str:
    outcome = start_instance(
        office.runtime,
        StartInstance(caller=office.as_("iso_secretary"), process="internal_audit", title="Thử"),
    )
    assert isinstance(outcome, Started)
    return outcome.case.instance.id


def deliveries(office: Office, webhook: str) -> tuple[Delivery, ...]:
    return webhook_view(office.runtime, office.as_("administrator"), webhook, limit=200).deliveries


def test_a_subscriber_hears_each_entry_once_in_order_signed_and_without_names(
    office: Office,
) -> None:
    made = subscribe(office)
    first = made.subscription.next_idx
    case = open_audit(office)
    receiver = Receiver()
    delivered, failed = tell(office, receiver)
    assert failed == 0
    assert delivered == len(receiver.came) > 1
    assert receiver.indexes == list(range(first, first + delivered))
    assert tell(office, receiver) == (0, 0)
    events = {event["type"]: event for event, _, _ in receiver.came}
    created = events["vn.quytrinh.instance_created"]
    assert created["specversion"] == "1.0"
    assert created["source"] == SOURCE
    assert created["subject"] == f"instance:{case}"
    assert created["id"] == f"{OFFICE}/{created['data']['idx']}"
    with office.runtime.read(OFFICE) as uow:
        entry = uow.tables.log.get(created["data"]["idx"])
    assert entry is not None
    assert created["data"]["leaf_hash"] == entry.leaf_hash.hex()
    assert "Thử" not in json.dumps(created, ensure_ascii=False)
    for _, headers, body in receiver.came:
        Webhook(made.secret).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(made.secret).verify(body + b" ", headers)


def test_only_the_kinds_and_processes_that_were_asked_for_are_told(office: Office) -> None:
    subscribe(office, types=("vn.quytrinh.instance_created",), processes=("internal_audit",))
    subscribe(office, processes=("training_campaign",))
    open_audit(office)
    receiver = Receiver()
    assert tell(office, receiver) == (1, 0)
    assert receiver.came[0][0]["type"] == "vn.quytrinh.instance_created"


def test_what_fails_is_tried_again_and_holds_back_only_its_own_stream(office: Office) -> None:
    made = subscribe(office)
    one, two = open_audit(office), open_audit(office)
    receiver = Receiver(answer=lambda event: 500 if event["subject"].endswith(one) else 204)
    tell(office, receiver)
    tell(office, receiver)
    of_one = [event for event, _, _ in receiver.came if event["subject"].endswith(one)]
    assert len(of_one) == 1, "the next of its stream waits, and it is not tried at once again"
    assert any(event["subject"].endswith(two) for event, _, _ in receiver.came)
    office.clock.forward(minutes=2)
    receiver.answer = lambda _event: 200
    while any(tell(office, receiver)):
        pass
    told = [event["data"]["idx"] for event, _, _ in receiver.came if event["subject"].endswith(one)]
    assert told == [told[0], *sorted(set(told))]
    assert {each.status for each in deliveries(office, made.subscription.id)} == {"delivered"}


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [(Unreached("timeout"), "timeout"), (AddressRefused("x", reason="private"), "private")],
)
def test_who_cannot_be_reached_is_given_up_after_the_last_try_and_can_be_told_again(
    office: Office, trouble: Exception, outcome: str
) -> None:
    made = subscribe(office, types=("vn.quytrinh.instance_created",))
    open_audit(office)

    def away(_event: dict[str, Any]) -> int:
        raise trouble

    receiver = Receiver(answer=away)
    for _ in range(ATTEMPTS_MAX):
        assert tell(office, receiver) == (0, 1)
        office.clock.forward(days=1)
    assert tell(office, receiver) == (0, 0)
    (found,) = deliveries(office, made.subscription.id)
    assert (found.status, found.attempts, found.outcome) == ("failed", ATTEMPTS_MAX, outcome)
    administrator = office.as_("administrator")
    again = redeliver(office.runtime, administrator, made.subscription.id, found.id)
    assert isinstance(again, str)
    with pytest.raises(Conflict):
        redeliver(office.runtime, administrator, made.subscription.id, again)
    receiver.answer = lambda _event: 200
    assert tell(office, receiver) == (1, 0)
    assert [one.status for one in deliveries(office, made.subscription.id)] == [
        *("delivered", "failed")
    ]
    with pytest.raises(NotFound):
        redeliver(office.runtime, administrator, made.subscription.id, "x")


def test_a_receiver_that_is_gone_hears_nothing_more_until_somebody_lets_it_go_on(
    office: Office,
) -> None:
    made = subscribe(office)
    open_audit(office)
    receiver = Receiver(answer=lambda _event: 410)
    tell(office, receiver)
    came = len(receiver.came)
    assert webhooks(office.runtime, office.as_("administrator"))[0].status == "gone"
    office.clock.forward(days=2)
    assert tell(office, receiver) == (0, 0)
    assert len(receiver.came) == came
    assert (
        set_webhook_active(
            office.runtime, office.as_("administrator"), made.subscription.id, active=True
        )
        is None
    )
    receiver.answer = lambda _event: 200
    assert tell(office, receiver)[0] > 0


def test_a_paused_subscriber_hears_afterwards_what_happened_meanwhile(office: Office) -> None:
    made = subscribe(office, types=("vn.quytrinh.instance_created",))
    administrator, receiver = office.as_("administrator"), Receiver()
    set_webhook_active(office.runtime, administrator, made.subscription.id, active=False)
    open_audit(office)
    assert tell(office, receiver) == (0, 0)
    set_webhook_active(office.runtime, administrator, made.subscription.id, active=True)
    assert tell(office, receiver) == (1, 0)


def test_after_a_change_both_secrets_sign_for_a_day(office: Office) -> None:
    made = subscribe(office, types=("vn.quytrinh.instance_created",))
    changed = change_webhook_secret(
        office.runtime, office.as_("administrator"), made.subscription.id
    )
    assert isinstance(changed, WebhookMade)
    assert changed.secret != made.secret
    receiver = Receiver()
    open_audit(office)
    tell(office, receiver)
    office.clock.forward(days=1)
    open_audit(office)
    tell(office, receiver)
    (_, early, body), (_, late, later_body) = receiver.came
    Webhook(made.secret).verify(body, early)
    Webhook(changed.secret).verify(body, early)
    Webhook(changed.secret).verify(later_body, late)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(later_body, late)


def test_what_one_process_took_up_another_leaves_alone_until_the_lease_ends(
    office: Office,
) -> None:
    subscribe(office, types=("vn.quytrinh.instance_created",))
    open_audit(office)
    follow_log(office.runtime, OFFICE)
    with office.runtime.write(OFFICE) as uow:
        # A worker that was killed between taking it up and telling what came of it.
        assert len(uow.tables.webhooks.take_due(uow.now, until=uow.now + LEASE, limit=9)) == 1
        uow.commit()
    receiver = Receiver()
    assert tell(office, receiver) == (0, 0)
    office.clock.forward(seconds=LEASE.total_seconds())
    assert tell(office, receiver) == (1, 0)


def test_the_timestamp_is_the_machines_whatever_the_office_clock_shows(office: Office) -> None:
    made = subscribe(office)
    open_audit(office)
    receiver = Receiver()
    tell(office, receiver)
    sent = datetime.fromtimestamp(int(receiver.came[0][1]["webhook-timestamp"]), UTC)
    assert abs(SystemClock().now() - sent) < timedelta(minutes=5)
    assert (
        receiver.came[0][1]["webhook-id"]
        == f"msg_{deliveries(office, made.subscription.id)[-1].id}"
    )


def test_deliveries_that_arrived_are_forgotten_after_a_month(office: Office) -> None:
    made = subscribe(office, types=("vn.quytrinh.instance_created",))
    open_audit(office)
    tell(office, Receiver())
    assert forget_deliveries(office.runtime, OFFICE) == 0
    office.clock.forward(seconds=KEPT.total_seconds() + 1)
    assert forget_deliveries(office.runtime, OFFICE) == 1
    assert deliveries(office, made.subscription.id) == ()


def test_each_change_is_an_entry_and_only_administrators_make_one(office: Office) -> None:
    made = subscribe(office)
    stranger, administrator = office.as_("iso_secretary"), office.as_("administrator")
    runtime, webhook = office.runtime, made.subscription.id
    refusals = (
        add_webhook(runtime, stranger, NewWebhook(name="x", url=URL), egress=ANYWHERE),
        set_webhook_active(runtime, stranger, webhook, active=False),
        change_webhook_secret(runtime, stranger, webhook),
        redeliver(runtime, stranger, webhook, "x"),
        remove_webhook(runtime, stranger, webhook),
    )
    assert all(isinstance(one, NotAllowed) for one in refusals)
    assert remove_webhook(runtime, administrator, webhook) is None
    with pytest.raises(NotFound):
        remove_webhook(runtime, administrator, webhook)
    open_audit(office)
    receiver = Receiver()
    assert tell(office, receiver) == (0, 0)
    with runtime.read(OFFICE) as uow:
        found = uow.tables.log.read(LogFilter(type="webhook_changed"), limit=10)
    changes = [dict(one.payload.details)["change"] for one in found if one.payload]
    assert changes == ["added", "removed"]
    assert all(made.secret.encode() not in one.body for one in found)
    assert webhooks(runtime, administrator) == ()
    with runtime.read(NEIGHBOUR) as uow:
        assert uow.tables.webhooks.get(webhook) is None


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"name": " "}, "webhook_name_wrong"),
        ({"name": "a" * 81}, "webhook_name_wrong"),
        ({"url": "http://receiver.example/"}, "webhook_url_refused"),
        ({"types": ("vn.quytrinh.made_up",)}, "unknown_event_type"),
        ({"processes": ("made_up",)}, "unknown_definition"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(
    sqlite_office: Office, wanted: dict[str, Any], code: str
) -> None:
    new = NewWebhook(**{"name": "x", "url": URL, **wanted})
    with pytest.raises((Invalid, NotFound)) as caught:
        add_webhook(sqlite_office.runtime, sqlite_office.as_("administrator"), new, egress=ANYWHERE)
    assert caught.value.code == code
    assert webhooks(sqlite_office.runtime, sqlite_office.as_("administrator")) == ()


def test_there_is_an_end_to_subscriptions(sqlite_office: Office) -> None:
    for _ in range(SUBSCRIPTIONS_MAX):
        subscribe(sqlite_office)
    with pytest.raises(Conflict):
        subscribe(sqlite_office)
    assert "vn.quytrinh.transition.refused" in EVENT_TYPES
