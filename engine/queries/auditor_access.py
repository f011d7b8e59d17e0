"""What an auditor from outside reads through a door: the cases of its scope, and nothing else.

1. Every answer asks anew whether a case lies in the scope; an id from elsewhere is not there.
2. No personal column is told: no role stands behind a door.
"""

from collections.abc import Iterator

from engine.audit.bundle import Scope, evidence_name
from engine.audit.checkpoint import Checkpoint
from engine.audit.merkle import CompactRange
from engine.errors import NotFound
from engine.machine.actor import Actor
from engine.queries.evidence_pack import Cover, Story, every_instance, outline_of, story_of
from engine.runtime import Runtime, UnitOfWork
from engine.storage.auditor_links import AuditorLink
from engine.storage.evidence import DISPOSED, StoredEvidence
from engine.storage.instances import Filter, StoredInstance


def cover_behind(runtime: Runtime, link: AuditorLink) -> Cover:
    """The cases in the scope of a door, by their codes, as the first page of a pack has them."""
    with runtime.read(link.organization_id) as uow:
        head = uow.tables.log.head()
        root = CompactRange.from_bytes(head.compact_range).root()
        cases = sorted(_cases(uow, link), key=lambda case: case.code)
        return Cover(
            organization=uow.organization.title,
            scope=Scope(link.kind, link.name),
            checkpoint=Checkpoint(uow.organization.slug, head.size, root),
            cases=tuple(
                outline_of(case, story_of(uow, case, before=head.size, members={}))
                for case in cases
            ),
            withheld={},
        )


def story_behind(runtime: Runtime, link: AuditorLink, code: str) -> Story:
    """One case of the scope, as its entries tell it.

    Raises:
        NotFound: the scope has no such case.
    """
    with runtime.read(link.organization_id) as uow:
        case = uow.tables.instances.by_code(code)
        if case is None or not _is_behind(link, case):
            raise NotFound("unknown_instance", instance=code)
        members = {
            file.sha256: evidence_name(file.sha256, file.filename)
            for file in uow.tables.evidence.of_instance(case.id)
        }
        return story_of(uow, case, before=uow.tables.log.size(), members=members)


def evidence_behind(runtime: Runtime, link: AuditorLink, sha256: str) -> StoredEvidence:
    """A file of a case of the scope, by its digest.

    Raises:
        NotFound: the scope has no such file.
    """
    with runtime.read(link.organization_id) as uow:
        # The same content may be needed elsewhere still where it was disposed of here.
        records = uow.tables.evidence.with_digest(sha256)
        for found in sorted(records, key=lambda file: file.status == DISPOSED):
            case = uow.tables.instances.get(found.instance_id)
            if case is not None and _is_behind(link, case):
                return found
        raise NotFound("unknown_evidence", evidence=sha256)


def actor_behind(link: AuditorLink) -> Actor:
    """Who reads through a door: somebody without a role."""
    return Actor(person=link.actor)


def _cases(uow: UnitOfWork, link: AuditorLink) -> Iterator[StoredInstance]:
    match link.kind:
        case "instance":
            found = uow.tables.instances.get(link.value)
            if found is not None:
                yield found
        case "process":
            yield from every_instance(uow, Filter(process=link.value))
        case _:
            yield from every_instance(uow, Filter(year=int(link.value)))


def _is_behind(link: AuditorLink, case: StoredInstance) -> bool:
    told = {"instance": case.id, "process": case.process, "year": str(case.year)}
    return told.get(link.kind) == link.value
