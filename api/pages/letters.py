"""Messages as letters: a subject, plain text, and the same in HTML.

1. A letter says what the inbox says, in the same words, with the address of each case.
2. The HTML needs nothing from elsewhere: no picture, no script, no address that tells who read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.language import Words
from api.pages.rendering import Renderer
from engine.outbox.channel import Letter
from engine.outbox.mail import Composed

SUBJECT_LENGTH_MAX: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message in words, with the address of its case."""

    text: str
    address: str | None
    at: datetime


def composer(words: Words, renderer: Renderer, *, home: str) -> Callable[[Letter], Composed]:
    """What puts letters into words.

    Args:
        words: every sentence of the house.
        renderer: makes the HTML of it.
        home: address of the house from outside, without a slash at its end.
    """

    def compose(letter: Letter) -> Composed:
        language = letter.language
        lines = [
            Line(
                text=words.say(f"message.{one.message}", one.params, language),
                address=f"{home}/instances/{one.instance_id}" if one.instance_id else None,
                at=one.written_at,
            )
            for one in letter.messages
        ]
        said = {
            name: words.say(
                f"mail.{name}", {"name": letter.name, "count": len(lines), "home": home}, language
            )
            for name in ("greeting", "lead", "many", "why", "choices")
        }
        organization = letter.organization.get(language, "")
        subject = lines[0].text if len(lines) == 1 else said["many"]
        paragraphs = [said["greeting"], said["many"] if len(lines) > 1 else said["lead"]]
        paragraphs += [
            f"- {line.text}" + (f"\n  {line.address}" if line.address else "") for line in lines
        ]
        paragraphs += [f"-- \n{organization}\n{said['why']}\n{said['choices']} {home}/messages"]
        html = renderer.text(
            "mail/letter.html",
            language=language,
            lines=lines,
            said=said,
            many=len(lines) > 1,
            organization=organization,
            home=home,
            subject=subject,
        )
        return Composed(
            subject=_short(subject), text="\n\n".join(paragraphs) + "\n", html=str(html)
        )

    return compose


def _short(text: str) -> str:
    return text if len(text) <= SUBJECT_LENGTH_MAX else text[: SUBJECT_LENGTH_MAX - 1] + "…"
