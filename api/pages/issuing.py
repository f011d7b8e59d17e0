"""The form by which a paper of a case is issued, for who may issue it."""

from dataclasses import dataclass

from api.dependencies import standing
from api.pages.visiting import Desk
from engine.queries.instances import InstanceView
from engine.storage.document_numbers import DocumentNumber, RegisterFilter
from engine.storage.evidence import StoredEvidence
from engine.storage.letterheads import AGENCY
from engine.transaction.numbering import RECORDS_CLERK

RESERVED_MAX = 50
USABLE = frozenset({"accepted", "frozen"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueForm:
    """What the form offers.

    Attributes:
        reserved: lines of this kind of paper that wait to be filled.
        files: files of the case that may have been signed outside.
        fault: why the paper was not issued, in words.
    """

    reserved: tuple[DocumentNumber, ...]
    files: tuple[StoredEvidence, ...]
    fault: str


def issue_form(desk: Desk, view: InstanceView, name: str, *, fault: str = "") -> IssueForm | None:
    """The form; None for who does not keep the register, and for what gets no number now."""
    spec = view.process.documents[name]
    numbered = spec.number is not None and view.fields.get(spec.number)
    waits = spec.signed is not None and not any(
        leg.step.transition == spec.signed for leg in view.route
    )
    aborted = view.summary.final == "aborted"
    if RECORDS_CLERK not in desk.visit.roles or spec.type is None or numbered or waits or aborted:
        return None
    wanted = RegisterFilter(issuer=spec.issuer or AGENCY, kind=spec.type, status="reserved")
    with standing(desk.house, desk.caller) as (uow, _):
        reserved = uow.tables.documents.read(wanted, limit=RESERVED_MAX)
    return IssueForm(
        reserved=reserved,
        files=tuple(file for slot in view.slots for file in slot.files if file.status in USABLE),
        fault=fault,
    )
