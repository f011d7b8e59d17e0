"""The seal of a printed paper: how long the log was and what its root was, for whoever keeps it.

1. The code holds the whole checkpoint as the log signed it: held against the log years later, it
   shows whether what the log said then is still what it says.
2. A paper is made all the same where nothing was published yet, or the files are away: it then has
   no seal, rather than an empty one.
3. A certificate goes to a person and is no report: it has none.
4. Who signed a step of the case stands in the seal: name, time, what for, and how strongly.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from api.dependencies import House
from api.pages.showing import Voice
from engine.queries.signatures import SignatureView
from engine.queries.witnesses import newest_checkpoint
from engine.runtime import Caller
from workflows.documents.paper import Run, Seal

ROOT_LETTERS: Final = 12


def seal_of(
    house: House, caller: Caller, voice: Voice, signatures: Iterable[SignatureView] = ()
) -> Seal | None:
    """The seal of a paper of a case that is printed now."""
    found = newest_checkpoint(house.runtime, caller.organization_id)
    if found is None:
        return None
    note, head = found
    # The first letters of the root as the checkpoint spells it, for the eye alone.
    root = head.text().split("\n")[2][:ROOT_LETTERS]
    size = voice.words.say("page.seal.size", {"size": head.size}, voice.language)
    return Seal(
        payload=note.decode("utf-8"),
        said=voice.ui("seal.said", origin=head.origin, size=size),
        lines=(
            (Run(text=voice.ui("seal.title"), bold=True),),
            (Run(text=voice.ui("seal.log", origin=head.origin, size=size, root=root)),),
            (Run(text=voice.ui("seal.use"), italic=True),),
            *signed_lines(signatures, voice),
        ),
    )


def signed_lines(signatures: Iterable[SignatureView], voice: Voice) -> Iterator[tuple[Run, ...]]:
    """A line for each signature; the last one says what they are not."""
    told = tuple(signatures)
    for one in told:
        words = voice.ui(
            "seal.signed",
            name=voice.person(one.person),
            at=one.at.astimezone(voice.zone).strftime("%H:%M %d/%m/%Y"),
            meaning=voice.title(one.meaning),
            kind=voice.ui(f"sign.kind.{one.kind}"),
        )
        yield (Run(text=words),)
    if told:
        yield (Run(text=voice.ui("sign.not_lawful"), italic=True),)
