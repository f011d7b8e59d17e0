"""Check definitions and freeze them as versions of an organisation.

1. A definition with an error is refused, with every finding; warnings do not hinder.
2. The same number with another content is refused (E70); the same content again changes nothing.
3. A published version is never changed and never removed: running instances are pinned to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.audit.leaf import EntryType
from engine.definition.checks import check
from engine.definition.digest import digest, to_json
from engine.definition.finding import Finding, Severity
from engine.definition.model import Process
from engine.definition.references import Names
from engine.errors import Conflict, Invalid
from engine.machine.actor import SYSTEM, Actor
from engine.machine.registry import Registry
from engine.runtime import Runtime, UnitOfWork
from engine.storage.audit_log import LogDraft
from engine.storage.definitions import Published


class DefinitionFaulty(Invalid):
    """The definition has errors; `findings` holds every one."""

    def __init__(self, process: str, findings: tuple[Finding, ...]) -> None:
        super().__init__("definition_faulty", process=process, findings=[f.code for f in findings])
        self.findings = findings


class VersionTaken(Conflict):
    """This number was published with another content (E70)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What became of one definition; `fresh` is False when it was published before."""

    process: str
    version: int
    digest: str
    fresh: bool


def publish_definitions(
    runtime: Runtime,
    organization_id: str,
    processes: Iterable[Process],
    *,
    person: str | None = None,
) -> tuple[Publication, ...]:
    """Publish definitions together, so that one may name the other; all of them or none.

    Without a `person`, the house itself publishes, at an upgrade.

    Raises:
        DefinitionFaulty: one has an error.
        VersionTaken: a number was published with another content.
    """
    with runtime.write(organization_id) as uow:
        found = tuple(processes)
        others = {name: uow.definition(name).process for name in uow.tables.definitions.processes()}
        others |= {process.process: process for process in found}
        actor = SYSTEM if person is None else Actor(person=person)
        done = tuple(_publish(uow, process, others, actor) for process in found)
        uow.commit()
        return done


def names_of(registry: Registry) -> Names:
    """The registered names, as the checks want them."""
    return Names(
        guards=frozenset(registry.guards),
        effects=frozenset(registry.effects),
        facts=frozenset(registry.facts),
        figures=frozenset(registry.figures),
    )


def _publish(
    uow: UnitOfWork, process: Process, others: dict[str, Process], actor: Actor
) -> Publication:
    identity = digest(process)
    known = uow.tables.definitions.get(process.process, process.version)
    if known is not None:
        if known.digest != identity:
            raise VersionTaken("version_taken", process=process.process, version=process.version)
        return Publication(
            process=process.process, version=process.version, digest=identity, fresh=False
        )
    errors = tuple(
        finding for finding in check(process, others=others) if finding.severity is Severity.ERROR
    )
    if errors:
        raise DefinitionFaulty(process.process, errors)
    published = Published(
        process=process.process,
        version=process.version,
        digest=identity,
        body=to_json(process),
        published_at=uow.now,
    )
    uow.tables.definitions.add(published, by=actor.person)
    uow.tables.log.append(
        LogDraft(
            type=EntryType.DEFINITION_PUBLISHED,
            stream=f"definition:{process.process}",
            at=uow.now,
            actor=actor,
            definition=identity,
            process=process.process,
            subject=f"{process.process}/{process.version}",
        )
    )
    return Publication(
        process=process.process, version=process.version, digest=identity, fresh=True
    )
