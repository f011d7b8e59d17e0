"""What an authority writes around a paper, from its dated letterhead: head, number, day, signer.

1. The letterhead is that of the day of issue; of today while the paper is a draft.
2. Number and day are those of the register of numbers, once the paper was issued from it; else
   those that a step of the case was given.
3. Who signed stands under a paper: a deputy signs as a deputy, in the place of the one who lent the
   role. Until then stands the one who holds the role, and no name where several do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from api.dependencies import House, standing
from api.pages.showing import Voice
from engine.commands.issue_document import Numbered
from engine.commands.keep_register import Written
from engine.definition.model import DocumentSpec
from engine.machine.instance import Case
from engine.runtime import Caller
from engine.storage.letterheads import AGENCY, Signer
from engine.storage.letterheads import Letterhead as Dated
from workflows.documents.official_form import Letterhead, OfficialForm, Signature

DEPUTY: Final = "deputy_"
"""Before a role: how somebody signs who was lent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands around one paper, for its template.

    Attributes:
        form: number, day and letterhead.
        signers: role → how its holder signs.
        holders: role → name, of the roles that one person holds.
    """

    form: OfficialForm
    case: Case
    voice: Voice
    signers: Mapping[str, Signer] = field(default_factory=dict)
    holders: Mapping[str, str] = field(default_factory=dict)

    def signature(self, role: str, step: str = "") -> Signature:
        """How the paper is signed: by who took the step, or is to take it."""
        taken = self.case.instance.last(step) if step else None
        if taken is None:
            return Signature(lines=self._lines(role), name=self.holders.get(role, ""))
        deputy = f"{DEPUTY}{role}"
        lent = taken.on_behalf_of is not None and deputy in self.signers
        lines = self._lines(deputy if lent else role)
        return Signature(lines=lines, name=self.voice.person(taken.person))

    def _lines(self, role: str) -> tuple[str, ...]:
        signer = self.signers.get(role)
        if signer is None:
            return (self.voice.roles((role,)),)
        language = self.voice.language
        lines = (signer.authority, signer.title)
        return tuple(words[language] for words in lines if words is not None)


def around(
    house: House,
    caller: Caller,
    case: Case,
    *,
    document: tuple[str, DocumentSpec],
    voice: Voice,
    numbered: Numbered | None = None,
) -> Around:
    """What stands around a paper of a case; `numbered` is what it is about to be issued with."""
    name, spec = document
    fields = case.instance.fields
    number = fields.get(spec.number) if spec.number else None
    dated: date | None = fields.get(spec.dated) if spec.dated else None
    with standing(house, caller) as (uow, _):
        line = uow.tables.documents.issued(case.instance.id).get(name)
        if numbered is not None:
            number, dated = str(numbered.number), numbered.dated
        elif line is not None:
            number, dated = line.reference, line.dated
        issued = dated if number else None
        found = uow.tables.letterheads.in_force(issued or uow.today)
        title = uow.organization.title
        year = uow.today.year
        own, agency = found.get(spec.issuer or AGENCY), found.get(AGENCY)
        signers = {
            signer.role: signer
            for head in (agency, own)
            if head is not None
            for signer in head.signers
        }
        holders = {role: uow.tables.organization.holders(role, on=uow.today) for role in signers}
    return Around(
        form=OfficialForm(
            letterhead=_letterhead(own, agency, title, voice.language),
            type=spec.type or "",
            number=number,
            dated=dated,
            year=year,
        ),
        case=case,
        voice=voice,
        signers=signers,
        holders={role: voice.person(one[0]) for role, one in holders.items() if len(one) == 1},
    )


def written(
    house: House, caller: Caller, *, issuer: str, kind: str, dated: date, language: str
) -> Written:
    """How an issuer writes a number of a kind of paper on a day."""
    with standing(house, caller) as (uow, _):
        found = uow.tables.letterheads.in_force(dated)
        title = uow.organization.title
    head = _letterhead(found.get(issuer), found.get(AGENCY), title, language)
    form = OfficialForm(letterhead=head, type=kind, year=dated.year)
    return Written(after=f"/{form.symbol}")


def _letterhead(
    own: Dated | None, agency: Dated | None, title: Mapping[str, Any], language: str
) -> Letterhead:
    """A letterhead in one language; an issuer that has none writes as the agency does."""
    found = own or agency
    if found is None:
        return Letterhead(agency=title[language])
    return Letterhead(
        agency=(found.name or title)[language],
        parent="" if found.parent is None else found.parent[language],
        place=found.place[language],
        symbol=found.symbol,
        drafter=found.drafter,
        filing=found.filing,
    )
