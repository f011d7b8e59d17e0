"""The ways by which something leaves the house, as the settings open them."""

from api.language import load_words
from api.pages.letters import composer
from api.pages.rendering import Renderer
from api.settings import Settings
from engine.outbox.addresses import Egress
from engine.outbox.channel import Channel, PageChannel
from engine.outbox.mail import MailChannel, mail_server_of
from engine.outbox.webhook import HttpSender
from engine.worker.schedule import Exits


def exits_of(settings: Settings) -> Exits:
    """Pages always, mail where there is a server for it, other systems by subscription.

    Raises:
        Invalid: the address of the mail server cannot be read.
    """
    channels: list[Channel] = [PageChannel()]
    if settings.smtp_url is not None:
        words = load_words()
        compose = composer(words, Renderer(words), home=settings.public_url)
        server = mail_server_of(settings.smtp_url.get_secret_value())
        channels.append(MailChannel(server, compose))
    return Exits(
        channels=tuple(channels),
        sender=HttpSender(Egress(own_hosts=settings.own_hosts)),
        source=f"{settings.public_url}/api/v1/log",
    )
