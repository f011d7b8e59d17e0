"""What people without an account find behind a link: a form of one record set, or nothing.

1. A link opens while it is not withdrawn and the definition lets the house itself write such a row:
   the states, the days and the role are its word, asked by the rule that judges every row.
2. A wrong link, a withdrawn one and one whose form is closed are told alike: None.
3. Nothing of the case is told but what is asked: no code, no title, no row of anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from engine.definition.model import FieldSpec, RecordSetSpec, Text
from engine.errors import NotFound
from engine.machine.actor import Actor, Grant
from engine.machine.decide import facts_of
from engine.machine.decision import Refused, UnmetCode
from engine.machine.instance import Case
from engine.machine.record_rule import RecordChange, RecordsClosed, decide_record
from engine.machine.registry import PublicForm
from engine.runtime import Runtime, UnitOfWork
from engine.storage.public_links import PublicLink

SYSTEM_ROLE: Final = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFormView:
    """A form as the public sees it.

    Attributes:
        organization: title of the office.
        title: of the process.
        columns: what is asked, the link's own column left out.
        questions: column → the wordings of what it answers, in their order.
        units: unit → its title, for columns that name one.
        full: the link takes nothing more today.
    """

    link: PublicLink
    organization: Mapping[str, str]
    title: Text
    columns: Mapping[str, FieldSpec]
    questions: Mapping[str, tuple[str, ...]]
    units: Mapping[str, Mapping[str, str]]
    full: bool


def public_form(runtime: Runtime, secret: str) -> PublicFormView | None:
    """What a secret opens now; None for every other case (rule 2)."""
    link = runtime.public_link(digest_of_secret(secret))
    if link is None:
        return None
    with runtime.read(link.organization_id) as uow:
        case = open_case(uow, link, lock=False)
        if case is None:
            return None
        process = uow.pinned(case).process
        form = form_of(uow, case, link.record_set)
        columns = process.records[link.record_set].columns
        return PublicFormView(
            link=link,
            organization=uow.organization.title,
            title=process.title,
            columns={name: spec for name, spec in columns.items() if name not in link.given},
            questions=_questions(case, form),
            units={unit.id: unit.title for unit in uow.tables.organization.units(uow.today)},
            full=link.is_full(uow.today),
        )


def open_case(uow: UnitOfWork, link: PublicLink, *, lock: bool) -> Case | None:
    """The case behind a link, if a row may come through it now."""
    if link.withdrawn_at is not None:
        return None
    try:
        case = uow.case(link.instance_id, lock=lock)
        form_of(uow, case, link.record_set)
        change = RecordChange(record_set=link.record_set, values=link.given)
        process = uow.pinned(case).process
        facts = facts_of(process, case, uow.tables.registry)
        decided = decide_record(process, case, change, actor=actor_of(link), facts=facts)
    except (NotFound, RecordsClosed):
        return None
    # What the row still lacks is what the form asks for.
    lacks = {one.code for one in decided.unmet} if isinstance(decided, Refused) else set()
    return case if lacks <= {UnmetCode.FIELD_MISSING} else None


def form_of(uow: UnitOfWork, case: Case, record_set: str) -> PublicForm:
    """How a record set of a case is offered to the public.

    Raises:
        NotFound: it is not, or not in the version to which the case is pinned.
    """
    process = uow.pinned(case).process
    form = uow.tables.registry.public_forms.get((process.process, record_set))
    spec = process.records.get(record_set)
    if form is None or spec is None or not _is_offered(spec):
        raise NotFound("no_public_form", record_set=record_set)
    return form


def actor_of(link: PublicLink) -> Actor:
    """Who writes what comes through a link: the house, under the link's name."""
    return Actor(person=link.actor, grants=(Grant(role=SYSTEM_ROLE),))


def digest_of_secret(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _is_offered(spec: RecordSetSpec) -> bool:
    return SYSTEM_ROLE in {by.role for by in spec.by}


def _questions(case: Case, form: PublicForm) -> dict[str, tuple[str, ...]]:
    if not form.questions:
        return {}

    def place(values: Mapping[str, Any]) -> tuple[bool, Any]:
        number = values.get(form.order)
        return number is None, number or 0

    found: dict[str, tuple[str, ...]] = {}
    for row in sorted(case.rows(form.questions), key=lambda row: place(row.values)):
        about, wording = row.values.get(form.about), row.values.get(form.wording)
        if about and wording:
            found[about] = (*found.get(about, ()), wording)
    return found
