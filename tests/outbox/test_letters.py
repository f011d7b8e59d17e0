"""Letters through a real mail server: at once, daily, never; put off, given up, tried again."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import text

from api.cli.exits import exits_of
from api.language import load_words
from api.pages.letters import composer
from api.pages.rendering import Renderer
from api.settings import Settings
from engine.commands.choose_messages import choose_messages, message_choice
from engine.commands.deliver_outbox import LEASE, deliver_outbox, retry_message
from engine.commands.manage_accounts import NotAllowed, add_account, choose_language
from engine.errors import Conflict, Invalid, NotFound
from engine.outbox.channel import ChannelAway, ChannelRefused, Letter, Outgoing, PageChannel
from engine.outbox.choice import ByMail, Choice
from engine.outbox.mail import MailChannel, MailServer, is_address, mail_server_of
from engine.outbox.retry import ATTEMPTS_MAX
from engine.queries.webhooks import given_up
from engine.storage.audit_log import LogFilter
from engine.storage.outbox import StoredMessage
from tests.fixtures import OFFICE, Office
from tests.outbox.certificates import certified

PATIENCE_SECONDS = 30
HOME = "https://quytrinh.example"
WORDS = load_words()


@dataclass(slots=True)
class Post:
    """A mail server that runs, with the box where its letters lie."""

    port: int
    box: Path

    def letters(self) -> list[EmailMessage]:
        """What arrived, oldest first."""
        files = sorted((self.box / "new").iterdir(), key=lambda file: file.stat().st_mtime_ns)
        read = (message_from_bytes(file.read_bytes(), policy=policy.default) for file in files)
        return [message for message in read if isinstance(message, EmailMessage)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """A server process on this machine, started once."""
    with post_office(tmp_path_factory.mktemp("post")) as found:
        yield found


@pytest.fixture
def post(running: Post) -> Post:
    """The server, with nothing in its box."""
    for letter in (running.box / "new").glob("*"):
        letter.unlink()
    return running


@contextmanager
def post_office(folder: Path, *options: str) -> Iterator[Post]:
    """Run a mail server while the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir(exist_ok=True)
    box = folder / "box"
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    command += ["-c", "aiosmtpd.handlers.Mailbox", *options, str(box)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _wait_for(port)
        yield Post(port=port, box=box)
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the mail server did not come up")


@dataclass(slots=True)
class Troubled:
    """A channel that is in trouble until it is told otherwise."""

    trouble: ChannelAway | None
    carried: list[Letter] = field(default_factory=list)

    def deliver(self, letter: Letter) -> str:
        if self.trouble is not None:
            raise self.trouble
        self.carried.append(letter)
        return "carried"


def tell(office: Office, username: str, count: int = 1) -> None:
    """Let messages wait for somebody."""
    with office.runtime.write(OFFICE) as uow:
        for number in range(count):
            uow.tables.outbox.add(
                StoredMessage(
                    id=uow.new_id(),
                    person=office.people[username],
                    message="reminder",
                    params={
                        "code": f"IA-2026-0{number + 1}",
                        "title": "Đánh giá <nội bộ> & phòng",
                        "due_on": "2026-07-10",
                    },
                    instance_id="0198-x",
                    created_at=uow.now,
                )
            )
        uow.commit()


def mail_of(post: Post) -> MailChannel:
    server = mail_server_of(f"smtp://127.0.0.1:{post.port}?from=quytrinh@skhcn.example")
    return MailChannel(server, composer(WORDS, Renderer(WORDS), home=HOME))


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    text: str = found.get_content()
    return text


def test_a_letter_arrives_in_its_readers_language_as_text_and_as_html(
    office: Office, post: Post
) -> None:
    secretary, director = office.as_("iso_secretary"), office.as_("director")
    for caller, name in ((secretary, "thu.ky"), (director, "giam.doc")):
        kept = "a hash"
        add_account(office.runtime, OFFICE, person=caller.person, username=name, password_hash=kept)
        choose_messages(office.runtime, caller, Choice(address=f"{name}@skhcn.example"))
    choose_language(office.runtime, director, "en")
    tell(office, "iso_secretary")
    tell(office, "director")
    told = deliver_outbox(office.runtime, OFFICE, (PageChannel(), mail_of(post)))
    assert (told.sent, told.failed) == (2, 0)
    by_receiver = {str(letter["To"]): letter for letter in post.letters()}
    vietnamese = by_receiver["thu.ky@skhcn.example"]
    assert vietnamese["Subject"] == (
        "Sắp đến hạn: IA-2026-01 · Đánh giá <nội bộ> & phòng, hạn 10/07/2026."
    )
    assert vietnamese["From"].addresses[0].addr_spec == "quytrinh@skhcn.example"
    assert vietnamese["Auto-Submitted"] == "auto-generated"
    assert f"{HOME}/instances/0198-x" in part(vietnamese, "plain")
    assert "Kính gửi" in part(vietnamese, "plain")
    assert "Đánh giá &lt;nội bộ&gt; &amp; phòng" in part(vietnamese, "html")
    english = by_receiver["giam.doc@skhcn.example"]
    assert "10 July 2026" in english["Subject"]
    assert "Dear" in part(english, "html")
    for source in ("<img", "<script", "<link", "src="):
        assert source not in part(english, "html")


def test_a_daily_letter_holds_all_of_a_day_and_comes_before_the_office_opens(
    office: Office, post: Post
) -> None:
    secretary = office.as_("iso_secretary")
    choose_messages(
        office.runtime, secretary, Choice(mail=ByMail.DAILY, address="thu.ky@skhcn.example")
    )
    channels = (PageChannel(), mail_of(post))
    tell(office, "iso_secretary", 3)
    assert deliver_outbox(office.runtime, OFFICE, channels).sent == 0
    office.clock.forward(hours=5)
    tell(office, "iso_secretary")
    assert deliver_outbox(office.runtime, OFFICE, channels).sent == 0
    office.clock.move_to(datetime(2026, 7, 7, 0, 30, tzinfo=UTC))  # 07:30 in Việt Nam
    assert deliver_outbox(office.runtime, OFFICE, channels).sent == 4
    (letter,) = post.letters()
    assert "4 thông báo mới" in letter["Subject"]
    assert part(letter, "plain").count("Sắp đến hạn") == 4
    assert deliver_outbox(office.runtime, OFFICE, channels).sent == 0


def test_what_comes_in_quiet_hours_is_sent_when_they_are_over_and_never_means_never(
    office: Office, post: Post
) -> None:
    secretary, director = office.as_("iso_secretary"), office.as_("director")
    choose_messages(office.runtime, secretary, Choice(address="thu.ky@skhcn.example"))
    choose_messages(
        office.runtime, director, Choice(mail=ByMail.NEVER, address="giam.doc@skhcn.example")
    )
    channels = (PageChannel(), mail_of(post))
    office.clock.move_to(datetime(2026, 7, 6, 15, tzinfo=UTC))  # 22:00 in Việt Nam
    tell(office, "iso_secretary")
    tell(office, "director")
    assert deliver_outbox(office.runtime, OFFICE, channels).sent == 1
    assert post.letters() == []
    office.clock.move_to(datetime(2026, 7, 6, 23, tzinfo=UTC))  # 06:00 on the next day
    assert deliver_outbox(office.runtime, OFFICE, channels).sent == 1
    assert [letter["To"] for letter in post.letters()] == ["thu.ky@skhcn.example"]


def test_who_has_no_address_or_has_left_is_told_on_the_pages_alone(
    office: Office, post: Post
) -> None:
    tell(office, "iso_secretary")
    choose_messages(office.runtime, office.as_("director"), Choice(address="g@skhcn.example"))
    with office.runtime.write(OFFICE) as uow:
        uow.tables.session.execute(
            text("UPDATE person SET valid_to = '2026-07-05' WHERE id = :person"),
            {"person": office.people["director"]},
        )
        uow.commit()
    tell(office, "director")
    assert deliver_outbox(office.runtime, OFFICE, (PageChannel(), mail_of(post))).sent == 2
    assert post.letters() == []


def test_a_server_that_is_away_is_asked_again_and_given_up_at_last(office: Office) -> None:
    tell(office, "iso_secretary")
    channel = Troubled(trouble=ChannelAway("smtp 451"))
    for _ in range(ATTEMPTS_MAX):
        assert deliver_outbox(office.runtime, OFFICE, (channel,)).failed == 1
        office.clock.forward(days=1)
    assert deliver_outbox(office.runtime, OFFICE, (channel,)).failed == 0
    administrator, stranger = office.as_("administrator"), office.as_("director")
    (found,) = given_up(office.runtime, administrator, limit=9)
    assert (found.message.outcome, found.message.attempts) == ("smtp 451", ATTEMPTS_MAX)
    assert isinstance(retry_message(office.runtime, stranger, found.message.id), NotAllowed)
    assert retry_message(office.runtime, administrator, found.message.id) is None
    with pytest.raises(Conflict):
        retry_message(office.runtime, administrator, found.message.id)
    with pytest.raises(NotFound):
        retry_message(office.runtime, administrator, "x")
    channel.trouble = None
    assert deliver_outbox(office.runtime, OFFICE, (channel,)).sent == 1
    assert channel.carried[0].id == found.message.id
    assert given_up(office.runtime, administrator, limit=9) == ()


def test_a_refusal_for_good_is_not_tried_again(office: Office) -> None:
    tell(office, "iso_secretary")
    channel = Troubled(trouble=ChannelRefused("smtp 550 receiver"))
    assert deliver_outbox(office.runtime, OFFICE, (channel,)).failed == 1
    (found,) = given_up(office.runtime, office.as_("administrator"), limit=9)
    assert (found.message.attempts, found.message.outcome) == (1, "smtp 550 receiver")


def test_what_a_killed_process_took_up_is_sent_by_another_after_its_lease(office: Office) -> None:
    tell(office, "iso_secretary")
    with office.runtime.write(OFFICE) as uow:
        assert len(uow.tables.outbox.take_waiting(uow.now, until=uow.now + LEASE, limit=9)) == 1
        uow.commit()
    channel = Troubled(trouble=None)
    assert deliver_outbox(office.runtime, OFFICE, (channel,)).sent == 0
    office.clock.forward(seconds=LEASE.total_seconds())
    assert deliver_outbox(office.runtime, OFFICE, (channel,)).sent == 1


def test_another_machine_is_spoken_to_encrypted_or_not_at_all(tmp_path: Path) -> None:
    words = load_words()
    compose = composer(words, Renderer(words), home=HOME)
    certificate, key = certified(tmp_path, "localhost")
    trust = ssl.create_default_context(cafile=str(certificate))

    def channel(port: int, *, host: str = "localhost", trusting: bool = True) -> MailChannel:
        server = MailServer(
            host=host, port=port, at_once=False, clear=False, sender="a@skhcn.example"
        )
        return MailChannel(server, compose, trust=trust if trusting else None)

    with post_office(tmp_path / "plain") as plain:
        with pytest.raises(ChannelAway, match="SMTPNotSupported"):
            channel(plain.port).deliver(_letter())
        assert plain.letters() == []
    with post_office(
        tmp_path / "safe", "--tlscert", str(certificate), "--tlskey", str(key)
    ) as safe:
        assert channel(safe.port).deliver(_letter()) == "mailed"
        for wrong in (channel(safe.port, trusting=False), channel(safe.port, host="127.0.0.1")):
            with pytest.raises(ChannelAway, match="tls"):
                wrong.deliver(_letter())
        assert len(safe.letters()) == 1
    assert mail_server_of("smtp://127.0.0.1?from=a@b.example").clear
    assert not mail_server_of("smtp://mail.example?from=a@b.example").clear


def _letter() -> Letter:
    return Letter(
        organization_id=OFFICE,
        organization={"vi": "Sở", "en": "Department"},
        person="p001",
        name="A",
        language="vi",
        address="a@skhcn.example",
        mail=ByMail.AT_ONCE,
        messages=(
            Outgoing(
                id="m1",
                message="reminder",
                params={},
                instance_id=None,
                written_at=datetime(2026, 7, 6, tzinfo=UTC),
            ),
        ),
    )


def test_the_choice_is_kept_and_a_new_address_is_told_by_the_log_without_being_in_it(
    office: Office,
) -> None:
    director = office.as_("director")
    assert message_choice(office.runtime, director) == Choice()
    chosen = Choice(mail=ByMail.DAILY, address="g@skhcn.example", quiet_from=60, quiet_to=120)
    choose_messages(office.runtime, director, chosen)
    choose_messages(office.runtime, director, chosen)
    assert message_choice(office.runtime, director) == chosen
    with office.runtime.read(OFFICE) as uow:
        found = uow.tables.log.read(LogFilter(type="account_changed"), limit=99)
        found = tuple(one for one in found if one.actor == director.person)
    assert len(found) == 1
    assert b"skhcn.example" not in found[0].body
    for wrong in (
        Choice(address="not an address"),
        Choice(address="a@b\r\nBcc: c@d"),
        Choice(quiet_from=1440),
        Choice(quiet_to=-1),
    ):
        with pytest.raises(Invalid):
            choose_messages(office.runtime, director, wrong)


@pytest.mark.parametrize(
    "url",
    ["x", "smtp://", "http://h?from=a@b", "smtp://h", "smtp://h?from=x", "smtp://h:99999?from=a@b"],
)
def test_an_address_of_a_mail_server_that_cannot_be_read_is_refused_unrepeated(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        mail_server_of(url)
    assert caught.value.params == {}


def test_the_settings_open_the_ways_out_and_the_password_is_in_no_text() -> None:
    assert len(exits_of(Settings()).channels) == 1
    url = "smtps://u%40x:p%3Aw@mail.example?from=a@b.example"
    exits = exits_of(Settings(smtp_url=url))  # type: ignore[arg-type]
    assert len(exits.channels) == 2
    server = mail_server_of(url)
    assert (server.user, server.password, server.port) == ("u@x", "p:w", 465)
    assert "p:w" not in repr(server)
    assert is_address("a.b+c@d.example")
    assert not is_address("a@" + "d" * 250 + ".example")
