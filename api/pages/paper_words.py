"""What the register of numbers tells of a paper, read from the paper itself.

1. The subject is the kind of the paper and what it is about, as its head has them.
2. Who signs and who gets it stand at its foot; what the agency keeps is told apart from both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workflows.documents.paper import Block, Group, Pair, Paper, Paragraph

ABOUT: Final = ("abstract", "subject", "about")
LETTER: Final = "V/v"
"""How the line begins that says what a letter is about."""
CLOSING: Final = frozenset({"closing", "signs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWords:
    """What a line of the register says of a paper."""

    about: str
    subject: str
    signer: str
    recipients: str


def register_words(paper: Paper, *, kind: str) -> RegisterWords:
    """The words of a paper for the register; `kind` is the name of its type."""
    lines = list(_paragraphs(paper.blocks))
    about = next((_text(one) for look in ABOUT for one in lines if one.look == look), paper.title)
    signers = closing_lines(paper, "name")
    recipients = [_text(one).strip("- ;") for one in lines if one.look == "recipient"]
    # The last line says who keeps the copy.
    return RegisterWords(
        about=about,
        subject=f"{kind} {about if about.startswith(LETTER) else _lower(about)}".strip(),
        signer="; ".join(signers),
        recipients="; ".join(recipients[:-1]),
    )


def closing_lines(paper: Paper, look: str) -> list[str]:
    """The lines of a look among the signatures of a paper."""
    found = (_text(one) for one in _paragraphs(paper.blocks, within=CLOSING) if one.look == look)
    return [line for line in found if line]


def _paragraphs(
    blocks: Sequence[Block], *, within: frozenset[str] | None = None
) -> Iterator[Paragraph]:
    """The paragraphs of a paper, or those in its pairs of some looks."""
    for block in blocks:
        match block:
            case Paragraph() if within is None:
                yield block
            case Pair() if within is None or block.look in within:
                for side in block.sides:
                    yield from _paragraphs(side)
            case Group():
                yield from _paragraphs(block.blocks, within=within)
            case _:
                pass


def _lower(text: str) -> str:
    """The text as it goes on inside a line."""
    return f"{text[:1].lower()}{text[1:]}"


def _text(paragraph: Paragraph) -> str:
    return "".join(run.text for run in paragraph.runs).strip()
