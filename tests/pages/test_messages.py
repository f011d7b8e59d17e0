"""Messages and how one gets them; subscriptions of other systems, for administrators."""

from collections.abc import Mapping

from engine.commands.deliver_outbox import deliver_outbox
from engine.commands.deliver_webhooks import deliver_webhooks
from engine.outbox.channel import ChannelRefused, Letter
from engine.storage.outbox import StoredMessage
from tests.fixtures import OFFICE, Office
from tests.pages.conftest import Enter
from tests.pages.office_work import Audit


class Refusing:
    """A mail server that never takes a letter."""

    def deliver(self, letter: Letter) -> str:
        raise ChannelRefused(f"smtp 550 {len(letter.messages)}")


class Away:
    """A receiver that answers with an error."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert url
        assert body
        assert headers
        return 503


def tell(office: Office, username: str) -> None:
    with office.runtime.write(OFFICE) as uow:
        uow.tables.outbox.add(
            StoredMessage(
                id=uow.new_id(),
                person=office.people[username],
                message="reminder",
                params={"code": "IA-2026-01", "title": "Đánh giá", "due_on": "2026-07-10"},
                instance_id=None,
                created_at=uow.now,
            )
        )
        uow.commit()


def test_everybody_chooses_how_they_hear_by_mail(sqlite_office: Office, enter: Enter) -> None:
    tell(sqlite_office, "director")
    browser = enter("director")
    page = browser.open("/messages")
    assert "Sắp đến hạn: IA-2026-01 · Đánh giá, hạn 10/07/2026." in page.text
    assert "chưa nối máy chủ thư" in page.text
    chosen = {
        "mail": "daily",
        "address": "giam.doc@skhcn.example",
        "quiet_from": "19:30",
        "quiet_to": "06:15",
    }
    page = browser.send("/messages/choice", chosen)
    assert "Đã lưu cách nhận thông báo." in page.text
    values = page.form("/messages/choice").values
    assert values["address"] == ["giam.doc@skhcn.example"]
    assert values["quiet_from"] == ["19:30"]
    for wrong in (
        {**chosen, "address": "không phải"},
        {**chosen, "quiet_to": "25"},
        {**chosen, "quiet_to": "24:00"},
        {**chosen, "mail": "pigeon"},
    ):
        browser.open("/messages")
        browser.send("/messages/choice", wrong, expect=422)
    assert browser.open("/messages").form("/messages/choice").values["quiet_to"] == ["06:15"]


def test_an_administrator_subscribes_a_system_and_sees_what_became_of_each_delivery(
    sqlite_office: Office, enter: Enter
) -> None:
    browser = enter("administrator")
    browser.open("/admin/webhooks")
    page = browser.send(
        "/admin/webhooks",
        {"name": "Trục liên thông", "url": "https://receiver.example/x"},
        expect=201,
    )
    assert "whsec_" in page.text
    place = next(form.action for form in page.forms if form.action.endswith("/pause")).removesuffix(
        "/pause"
    )
    assert "whsec_" not in browser.open(place).text
    Audit(sqlite_office, enter).open()
    deliver_webhooks(sqlite_office.runtime, OFFICE, Away(), source="https://x.example")
    page = browser.open(place)
    assert "503" in page.text
    assert "Đang chờ" in page.text
    page = browser.send(f"{place}/pause", {})
    assert "Đã tạm dừng gửi." in page.text
    page = browser.send(f"{place}/resume", {})
    page = browser.send(f"{place}/secret", {}, expect=201)
    assert "whsec_" in page.text
    browser.open(place)
    page = browser.send(f"{place}/remove", {})
    assert "Đã xóa đăng ký." in page.text
    browser.open("/admin/webhooks")
    page = browser.send("/admin/webhooks", {"name": "x", "url": "https://10.0.0.1/"}, expect=422)
    assert "mạng riêng" in page.text


def test_a_message_that_was_given_up_can_be_sent_again(sqlite_office: Office, enter: Enter) -> None:
    tell(sqlite_office, "director")
    deliver_outbox(sqlite_office.runtime, OFFICE, (Refusing(),))
    browser = enter("administrator")
    background = browser.open("/admin/background")
    assert "Không có tiến trình nền nào đang chạy." in background.text
    assert "/admin/webhooks#given-up" in background.links
    page = browser.open("/admin/webhooks")
    assert "smtp 550" in page.text
    retry = next(form.action for form in page.forms if form.action.endswith("/retry"))
    page = browser.send(retry, {})
    assert "Thông báo sẽ được gửi lại." in page.text
    assert "smtp 550" not in page.text


def test_who_is_no_administrator_sees_none_of_it(enter: Enter) -> None:
    browser = enter("iso_secretary")
    browser.open("/admin/webhooks", expect=403)
    browser.open("/admin/background", expect=403)
    assert "/admin/webhooks" not in browser.open("/admin").html
