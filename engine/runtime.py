"""What the house runs on: the runtime (made once) and the unit of work (one transaction).

1. Only this file reads the clock. `now` is taken once a unit of work and holds for all it writes.
2. A unit of work is one transaction of one organisation. Leaving it without `commit` undoes it all.
3. A command's answer is kept under its idempotency key in the same transaction; the same key with
   another body is a conflict, and a replay changes nothing.
4. Compiled definitions are cached by digest: a digest never changes its meaning.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from engine.definition.digest import digest
from engine.definition.model import Process
from engine.definition.source import load
from engine.errors import Conflict, Corrupt, NotFound, Refused
from engine.evidence.pdf_signatures import PdfSignatures
from engine.evidence.published import PublishedFiles
from engine.evidence.store import EvidenceStore
from engine.machine.actor import Actor
from engine.machine.compiler import Compiled, CompiledVersions
from engine.machine.instance import Case, Instance
from engine.machine.registry import Registry
from engine.storage.accounts import AccountRepository
from engine.storage.advance import Tables, read_case
from engine.storage.approvals import ApprovalRepository
from engine.storage.audit_log import LogRepository
from engine.storage.auditor_links import AuditorLink, AuditorLinkRepository, link_of_anybody
from engine.storage.backlog import BacklogRepository
from engine.storage.calendars import CalendarRepository, Editions
from engine.storage.comments import CommentRepository
from engine.storage.database import Database, damage_of
from engine.storage.definitions import DefinitionRepository, Published
from engine.storage.document_numbers import DocumentNumberRepository
from engine.storage.evidence import EvidenceRepository
from engine.storage.idempotency import BEGUN, Answer, IdempotencyRepository
from engine.storage.instances import InstanceRepository, StoredInstance
from engine.storage.jobs import JobRepository
from engine.storage.letterheads import LetterheadRepository
from engine.storage.log_publication import PublicationRepository
from engine.storage.log_reading import LogCounts, LogReader
from engine.storage.log_witnesses import WitnessRepository
from engine.storage.numbers import NumberRepository
from engine.storage.organization import (
    Organization,
    OrganizationRepository,
    add_organization,
    organizations,
)
from engine.storage.outbox import OutboxRepository
from engine.storage.paper_templates import PaperTemplateRepository
from engine.storage.plans import PlanRepository
from engine.storage.public_links import (
    PublicLink,
    PublicLinkRepository,
    public_link_of_anybody,
)
from engine.storage.signing import SigningRepository
from engine.storage.sources import SourceRepository
from engine.storage.timers import TimerRepository
from engine.storage.webhooks import WebhookRepository
from engine.storage.workers import WorkerRepository
from engine.witness.outside import Outside

COMPILED_VERSIONS_MAX = 500


class Clock(Protocol):
    """Tells the present instant, in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


class Ids(Protocol):
    """Makes identifiers."""

    def new(self, now: datetime) -> str:
        """A new identifier that sorts by time."""
        ...


class TimeOrderedIds:
    """UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then randomness.

    Args:
        random: gives n random bytes; a seeded one makes a simulation repeatable.
    """

    def __init__(self, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random = random

    def new(self, now: datetime) -> str:
        """A new UUIDv7 as text."""
        milliseconds = int(now.timestamp() * 1000)
        value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(self._random(10))
        value = value & ~(0xF << 76) | 0x7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        digits = f"{value:032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class Unavailable(Corrupt):
    """The database cannot be reached or is busy beyond patience; nothing was half-done."""


class Departed(Refused):
    """The credential is good, but its person does not work here today."""


class Unfinished(Conflict):
    """Something was begun under an idempotency key, and has not been answered."""


class DefinitionCorrupt(Corrupt):
    """The text of a published version was changed behind the house's back."""


def loaded(published: Published, *, identity: str) -> Process:
    """The definition that is stored for a version.

    What its row says of its digest is not believed: it is taken again, and must be `identity`.

    Raises:
        DefinitionCorrupt: it is another one, or none at all.
    """
    found = _read(published.body)
    if found is None or found[1] != identity or identity != published.digest:
        raise DefinitionCorrupt(
            "definition_corrupt", process=published.process, version=published.version
        )
    return found[0]


@lru_cache(maxsize=256)
def _read(body: str) -> tuple[Process, str] | None:
    """What a text says, and its digest: a process that serves several houses reads it once."""
    try:
        process = load(body)
    except ValueError:
        return None
    return process, digest(process)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who stands at the door: the credential's organisation and person, and the token used."""

    organization_id: str
    person: str
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceKey:
    """An idempotency key with what it covers.

    Attributes:
        path: the path that was called; a key is per caller and path.
        body_digest: SHA-256 of the body as sent.
        render: turns the command's outcome into the answer to keep.
    """

    path: str
    value: str
    body_digest: str
    render: Callable[[Any], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The first answer to a key, given again."""

    answer: Answer


@dataclass(slots=True)
class UnitOfWork:
    """One transaction of one organisation: its tables, its present, one commit."""

    runtime: "Runtime"
    organization: Organization
    tables: Tables
    accounts: AccountRepository
    now: datetime
    zone: tzinfo
    _commit: Callable[[], None]
    _rollback: Callable[[], None]
    done: bool = field(default=False)

    @property
    def today(self) -> date:
        """The organisation's date."""
        return self.now.astimezone(self.zone).date()

    def new_id(self) -> str:
        """A new identifier."""
        return self.runtime.ids.new(self.now)

    def actor(self, caller: Caller) -> Actor:
        """The caller with every role in force today.

        Raises:
            Departed: the person has left, or has not come yet.
        """
        actor = self.tables.organization.actor(caller.person, on=self.today, token=caller.token)
        if actor is None:
            raise Departed("person_left", person=caller.person)
        return actor

    def case(self, instance_id: str, *, lock: bool = False, proposing: str | None = None) -> Case:
        """The case of an instance, read under its lock when it will be written to.

        `proposing` is the record set for which rows are to be proposed, if any.

        Raises:
            NotFound: this organisation has no such instance.
        """
        case = read_case(
            self.tables,
            instance_id,
            process_of=self._process_of,
            now=self.now,
            lock=lock,
            proposing=proposing,
        )
        if case is None:
            raise NotFound("unknown_instance", instance=instance_id)
        return case

    def pinned(self, case: Case) -> Compiled:
        """The compiled version to which a case is pinned."""
        return self.version_of(case.instance)

    def version_of(self, instance: Instance | StoredInstance) -> Compiled:
        """The compiled version to which an instance is pinned, from memory when it was met before.

        Raises:
            NotFound: it was never published in this organisation.
            DefinitionCorrupt: the stored text is not the one that was published.
        """

        def fetch() -> Process:
            process, version = instance.process, instance.definition_version
            found = self.tables.definitions.get(process, version)
            if found is None:
                raise NotFound("unknown_definition", process=process, version=version)
            return loaded(found, identity=instance.definition_digest)

        return self.runtime.compiled_versions.of(instance.definition_digest, fetch)

    def definition(self, process: str, version: int | None = None) -> Compiled:
        """A published version, compiled; the newest one without a number.

        Raises:
            NotFound: `unknown_definition`: it was never published in this organisation;
                `unknown_version`: others were.
        """
        found = (
            self.tables.definitions.newest(process)
            if version is None
            else self.tables.definitions.get(process, version)
        )
        if found is not None:
            return self.runtime.compiled(found)
        known = [each.version for each in self.tables.definitions.versions(process)]
        if known:
            raise NotFound("unknown_version", process=process, version=version, known=known)
        raise NotFound("unknown_definition", process=process)

    def replay(self, caller: Caller, key: OnceKey | None) -> Replayed | None:
        """The kept answer of a key; None when it is new.

        Until the transaction ends nobody else may look the key up.

        Raises:
            Conflict: the key was used with another body (`idempotency_mismatch`).
            Unfinished: what was begun under the key has no answer.
        """
        if key is None:
            return None
        self.tables.idempotency.hold(caller.person, key.path, key.value)
        found = self.tables.idempotency.find(caller.person, key.path, key.value, now=self.now)
        if found is None:
            return None
        digest, answer = found
        if digest != key.body_digest:
            raise Conflict("idempotency_mismatch", key=key.value)
        if answer.status == BEGUN:
            raise Unfinished("idempotency_unfinished", key=key.value)
        return Replayed(answer=answer)

    def begin(self, caller: Caller, key: OnceKey) -> None:
        """Note that what the key stands for has begun, in transactions of its own."""
        self.tables.idempotency.keep(
            caller.person,
            key.path,
            key.value,
            body_digest=key.body_digest,
            answer=Answer(status=BEGUN, headers="{}", body=""),
            now=self.now,
        )

    def forget(self, caller: Caller, key: OnceKey) -> None:
        """Let the key be used again: what was begun under it came to nothing."""
        self.tables.idempotency.forget(caller.person, key.path, key.value)

    def remember(self, caller: Caller, key: OnceKey | None, outcome: Any) -> None:
        """Keep the answer that this outcome leads to."""
        if key is not None:
            self.tables.idempotency.keep(
                caller.person,
                key.path,
                key.value,
                body_digest=key.body_digest,
                answer=key.render(outcome),
                now=self.now,
            )

    def commit(self) -> None:
        """Make everything durable at once."""
        self._commit()
        self.done = True

    def rollback(self) -> None:
        """Undo everything at once."""
        self._rollback()
        self.done = True

    def _process_of(self, stored: StoredInstance) -> Process:
        return self.version_of(stored).process


class SigningKeys(Protocol):
    """The secret keys under which logs are signed; they lie outside the database."""

    def seeds(self) -> tuple[bytes, ...]:
        """The present key, then former ones that sign beside it for a while; 32 bytes each."""
        ...

    def begin(self, seed: bytes) -> None:
        """Make a key the present one; the others go on signing beside it."""
        ...

    def end_former(self) -> int:
        """Let the present key alone sign from now on; how many others there were."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """How the logs of an installation are published.

    Attributes:
        files: where tiles and checkpoints lie.
        keys: what signs them.
        site: how the outside calls this installation, without a scheme; logs are named after it.
        outside: whom it asks to hold the logs to their word.
    """

    files: PublishedFiles
    keys: SigningKeys
    site: str
    outside: Outside = field(default_factory=Outside)


class Runtime:
    """Everything that lives as long as the process does.

    Args:
        log_key: key of the entries' HMAC; it lies outside the database. Without one (`b""`) nothing
            can be written and no seal be checked.
        signing_key: key of what the house signs for others, such as messages to other systems.
        publishing: where and under which keys the logs are published; None where they are not.
        random: gives n random bytes for the salts of the log; a seeded one makes a simulation
            repeatable, byte for byte.
    """

    def __init__(  # noqa: PLR0913 - what the composition root puts together.
        self,
        *,
        database: Database,
        registry: Registry,
        store: EvidenceStore,
        log_key: bytes,
        signing_key: bytes = b"",
        clock: Clock | None = None,
        ids: Ids | None = None,
        publishing: Publishing | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.database = database
        self.registry = registry
        self.store = store
        self.log_key = log_key
        self.signing_key = signing_key
        self.publishing = publishing
        self.clock = clock or SystemClock()
        self.ids = ids or TimeOrderedIds()
        self.random = random
        # Without roots it trusts nobody; bootstrap gives it those of the settings.
        self.pdfs = PdfSignatures()
        self.compiled_versions = CompiledVersions(COMPILED_VERSIONS_MAX)
        self.editions = Editions()
        self.log_counts = LogCounts()

    @contextmanager
    def write(self, organization_id: str) -> Iterator[UnitOfWork]:
        """A transaction that may write; what is not committed is undone.

        Raises:
            Unavailable: the database is away or busy beyond patience.
        """
        with guarded(), self.database.writing() as session:
            unit = self._unit(session, organization_id)
            try:
                yield unit
            finally:
                if not unit.done:
                    session.rollback()

    @contextmanager
    def read(self, organization_id: str) -> Iterator[UnitOfWork]:
        """A transaction that only reads."""
        with guarded(), self.database.reading() as session:
            unit = self._unit(session, organization_id)
            try:
                yield unit
            finally:
                session.rollback()

    @contextmanager
    def credentials(self, *, write: bool = False) -> Iterator[tuple[AccountRepository, datetime]]:
        """The credentials of every organisation: the only thing asked before one is known."""
        opened = self.database.writing() if write else self.database.reading()
        with guarded(), opened as session:
            yield AccountRepository(session), self.clock.now()
            if write:
                session.commit()

    @contextmanager
    def workers(self, *, write: bool = False) -> Iterator[WorkerRepository]:
        """The background workers of the installation; they belong to no organisation."""
        opened = self.database.writing() if write else self.database.reading()
        with guarded(), opened as session:
            yield WorkerRepository(session)
            if write:
                session.commit()

    @contextmanager
    def backlog(self, organization_id: str | None = None) -> Iterator[BacklogRepository]:
        """What waits to be done in an organisation, or in all of them."""
        with guarded(), self.database.reading() as session:
            yield BacklogRepository(session, organization_id)

    @contextmanager
    def found(self, organization: Organization) -> Iterator[UnitOfWork]:
        """The first transaction of a new organisation.

        The tenant, an empty log, and what the caller adds.

        Raises:
            Conflict: the database has one of that id or slug.
        """
        with guarded(), self.database.writing() as session:
            if not add_organization(session, organization):
                session.rollback()
                raise Conflict("organization_exists", organization=organization.slug)
            session.flush()
            unit = self._unit(session, organization.id)
            unit.tables.log.begin()
            try:
                yield unit
            finally:
                if not unit.done:
                    session.rollback()

    def organizations(self) -> tuple[Organization, ...]:
        """Every organisation of the database."""
        with guarded(), self.database.reading() as session:
            return organizations(session)

    def auditor_link(self, link_id: str) -> AuditorLink | None:
        """A door for auditors, of whatever organisation: asked before one is known."""
        with guarded(), self.database.reading() as session:
            return link_of_anybody(session, link_id)

    def public_link(self, secret_digest: str) -> PublicLink | None:
        """A link to a form, of whatever organisation: asked before one is known."""
        with guarded(), self.database.reading() as session:
            return public_link_of_anybody(session, secret_digest)

    def compiled(self, published: Published) -> Compiled:
        """The compiled machine of a published version.

        Raises:
            DefinitionCorrupt: the stored text is not the one that was published.
        """
        return self.compiled_versions.of(
            published.digest, lambda: loaded(published, identity=published.digest)
        )

    def _unit(self, session: Any, organization_id: str) -> UnitOfWork:
        people = OrganizationRepository(session, organization_id)
        organization = people.get()
        if organization is None:
            raise NotFound("unknown_organization", organization=organization_id)
        now = self.clock.now()
        tables = Tables(
            session=session,
            organization_id=organization_id,
            organization=people,
            definitions=DefinitionRepository(session, organization_id),
            instances=InstanceRepository(session, organization_id),
            evidence=EvidenceRepository(session, organization_id),
            timers=TimerRepository(session, organization_id),
            outbox=OutboxRepository(session, organization_id),
            idempotency=IdempotencyRepository(session, organization_id),
            numbers=NumberRepository(session, organization_id),
            calendars=CalendarRepository(session, organization_id, editions=self.editions),
            log=LogRepository(session, organization_id, key=self.log_key, random=self.random),
            log_reader=LogReader(session, organization_id),
            plans=PlanRepository(session, organization_id),
            jobs=JobRepository(session, organization_id),
            sources=SourceRepository(session, organization_id),
            letterheads=LetterheadRepository(session, organization_id),
            signing=SigningRepository(session, organization_id),
            approvals=ApprovalRepository(session, organization_id),
            webhooks=WebhookRepository(session, organization_id),
            publications=PublicationRepository(session, organization_id),
            comments=CommentRepository(session, organization_id),
            witnesses=WitnessRepository(session, organization_id),
            documents=DocumentNumberRepository(session, organization_id),
            templates=PaperTemplateRepository(session, organization_id),
            auditor_links=AuditorLinkRepository(session, organization_id),
            public_links=PublicLinkRepository(session, organization_id),
            registry=self.registry,
        )
        return UnitOfWork(
            runtime=self,
            organization=organization,
            tables=tables,
            accounts=AccountRepository(session),
            now=now,
            zone=ZoneInfo(organization.timezone),
            _commit=session.commit,
            _rollback=session.rollback,
        )


@contextmanager
def guarded() -> Iterator[None]:
    """Name the database's absence as such, and damage to its file.

    A lock that did not come is an absence too, and so is a row that somebody else wrote in the same
    moment: who tries again finds it and is told.

    Raises:
        Unavailable: it cannot be reached, or is busy.
        NotADatabase, DatabaseMalformed: its file is none, or damaged.
    """
    try:
        yield
    except DatabaseError as error:
        damage = damage_of(error)
        if damage is not None:
            raise damage from error
        if isinstance(error, OperationalError | IntegrityError):
            raise Unavailable("database_unavailable") from error
        raise
