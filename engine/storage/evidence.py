"""Evidence records and their links; the bytes lie in the evidence store.

1. A file is never overwritten: a newer one supersedes it, both stay.
2. What was found of the signatures inside a file is kept as it was when the file came in.
3. A link is (evidence, requirement, visit, row). What an accepted step used is frozen.
4. Of a file that was disposed of the record stays; its bytes are needed by nobody, unless another
   record holds the same content.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, bindparam, func, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from engine.errors import NotFound
from engine.machine.instance import EvidenceFile, FileSignature
from engine.storage.database import JsonColumn, UtcDateTime
from engine.storage.instances import InstanceRow

UNTOUCHED = frozenset({"none", "lta_updates"})
"""What may be added behind a signature and is no change of the document."""

DISPOSED = "disposed"
"""The state of a file whose bytes were removed after its time: digest and record stay."""


class EvidenceRow(SQLModel, table=True):
    """A file received for a requirement of an instance."""

    __tablename__ = "evidence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "instance_id"], ["instance.organization_id", "instance.id"]
        ),
    )
    organization_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    instance_id: str = Field(index=True)
    requirement: str
    sha256: str = Field(index=True)
    size: int
    media_type: str
    filename: str
    note: str = ""
    status: str
    state: str
    visit: int
    row: str | None = None
    effective_on: date | None = None
    received_by: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    received_on: date
    reviewed_by: str | None = None
    reviewed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    superseded_by: str | None = None
    used_state: str | None = None
    used_visit: int | None = None
    signatures: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvidence:
    """A file as stored, with everything that pages and API tell of it."""

    id: str
    instance_id: str
    requirement: str
    sha256: str
    size: int
    media_type: str
    filename: str
    note: str
    status: str
    state: str
    visit: int
    row: str | None
    effective_on: date | None
    received_by: str
    received_at: datetime
    received_on: date
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    superseded_by: str | None = None
    used_state: str | None = None
    used_visit: int | None = None
    signatures: Mapping[str, Any] | None = None

    def check_there(self) -> None:
        """Ask that its bytes were not disposed of.

        Raises:
            NotFound: `evidence_disposed`; its digest and the log's entry are what is left.
        """
        if self.status == DISPOSED:
            raise NotFound("evidence_disposed", filename=self.filename, digest=self.sha256)

    def as_file(self) -> EvidenceFile:
        """What a decision may know of it."""
        return EvidenceFile(
            id=self.id,
            requirement=self.requirement,
            sha256=self.sha256,
            size=self.size,
            media_type=self.media_type,
            filename=self.filename,
            status=self.status,
            state=self.state,
            visit=self.visit,
            effective_on=self.effective_on,
            received_on=self.received_on,
            supplied_by=self.received_by,
            row=self.row,
            reviewed=self.reviewed_by is not None,
            used_state=self.used_state,
            used_visit=self.used_visit,
            signatures=tuple(
                FileSignature(
                    level=found["level"],
                    roots=tuple(found.get("roots", ())),
                    extended=found["modification"] not in UNTOUCHED,
                )
                for found in (self.signatures or {}).get("signatures", ())
            ),
        )


# Put together once: every reading of a case asks it.
_OF_INSTANCE = (
    select(EvidenceRow)
    .where(
        col(EvidenceRow.organization_id) == bindparam("organization"),
        col(EvidenceRow.instance_id) == bindparam("instance"),
    )
    .order_by(col(EvidenceRow.received_at), col(EvidenceRow.id))
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file that an accepted step has used, and the case in which it did."""

    process: str
    slot: str
    unit: str | None
    case_id: str
    code: str
    received_on: date


class EvidenceRepository:
    """The evidence records of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, evidence: StoredEvidence) -> None:
        """Add a record whose bytes are already durable."""
        values = {name: getattr(evidence, name) for name in StoredEvidence.__slots__}
        self._session.add(EvidenceRow(organization_id=self._id, **values))
        self._session.flush()

    def get(self, evidence_id: str) -> StoredEvidence | None:
        """One record."""
        query = select(EvidenceRow).where(
            col(EvidenceRow.organization_id) == self._id, col(EvidenceRow.id) == evidence_id
        )
        row = self._session.exec(query.execution_options(populate_existing=True)).first()
        return None if row is None else _stored(row)

    def of_instance(self, instance_id: str) -> tuple[StoredEvidence, ...]:
        """Every record of an instance, oldest first, superseded ones included."""
        given = {"organization": self._id, "instance": instance_id}
        return tuple(_stored(row) for row in self._session.exec(_OF_INSTANCE, params=given))

    def held(self, processes: tuple[str, ...], year: int) -> tuple[Held, ...]:
        """The newest file of each slot of each case of a year that an accepted step has used.

        What a case that was given up once used is no record of work done.
        """
        file, case = EvidenceRow, InstanceRow
        columns: tuple[Any, ...] = (
            case.process,
            file.requirement,
            case.unit,
            case.id,
            case.code,
            func.max(file.received_on),
        )
        query = (
            select(*columns)
            .join(
                case,
                (col(case.organization_id) == col(file.organization_id))
                & (col(case.id) == col(file.instance_id)),
            )
            .where(
                col(file.organization_id) == self._id,
                col(file.used_state).is_not(None),
                col(file.superseded_by).is_(None),
                col(case.process).in_(processes),
                col(case.year) == year,
                or_(col(case.final).is_(None), col(case.final) != "aborted"),
            )
            .group_by(
                col(case.process),
                col(file.requirement),
                col(case.unit),
                col(case.id),
                col(case.code),
            )
            .order_by(col(case.code), col(file.requirement))
        )
        return tuple(
            Held(
                process=process,
                slot=slot,
                unit=unit,
                case_id=case_id,
                code=code,
                received_on=received_on,
            )
            for process, slot, unit, case_id, code, received_on in self._session.execute(query)
        )

    def names(self, evidence_ids: Iterable[str]) -> dict[str, str]:
        """What files are called, by id."""
        query = select(EvidenceRow.id, EvidenceRow.filename).where(
            col(EvidenceRow.organization_id) == self._id,
            col(EvidenceRow.id).in_(set(evidence_ids)),
        )
        return {file: name for file, name in self._session.execute(query)}  # noqa: C416 - rows.

    def with_digest(self, sha256: str) -> tuple[StoredEvidence, ...]:
        """Every record of a content, oldest first."""
        query = (
            select(EvidenceRow)
            .where(col(EvidenceRow.organization_id) == self._id, col(EvidenceRow.sha256) == sha256)
            .order_by(col(EvidenceRow.received_at), col(EvidenceRow.id))
        )
        return tuple(_stored(row) for row in self._session.exec(query))

    def digests(self) -> frozenset[str]:
        """Every digest whose bytes a record still needs; what the sweep of orphans must leave."""
        query = (
            select(EvidenceRow.sha256)
            .where(
                col(EvidenceRow.organization_id) == self._id,
                col(EvidenceRow.status) != DISPOSED,
            )
            .distinct()
        )
        return frozenset(self._session.exec(query))

    def freeze(self, evidence_ids: tuple[str, ...], *, state: str, visit: int) -> None:
        """Mark what an accepted step used, and in which visit of which state."""
        self._set(evidence_ids, status="frozen", used_state=state, used_visit=visit)

    def hold(self, evidence_id: str) -> None:
        """Mark what was issued under a number: it is no longer replaced."""
        self._set((evidence_id,), status="frozen")

    def supersede(self, evidence_id: str, by: str) -> None:
        """Let a newer file stand in for this one."""
        self._set((evidence_id,), status="superseded", superseded_by=by)

    def review(self, evidence_id: str, *, accepted: bool, by: str, at: datetime) -> None:
        """Note the verdict of the role that a requirement names."""
        status = "accepted" if accepted else "rejected"
        self._set((evidence_id,), status=status, reviewed_by=by, reviewed_at=at)

    def dispose(self, evidence_ids: tuple[str, ...]) -> None:
        """Note that the bytes of these files are gone by decision; the records stay."""
        self._set(evidence_ids, status=DISPOSED)

    def _set(self, evidence_ids: tuple[str, ...], **values: object) -> None:
        if evidence_ids:
            self._session.exec(
                update(EvidenceRow)
                .where(
                    col(EvidenceRow.organization_id) == self._id,
                    col(EvidenceRow.id).in_(evidence_ids),
                )
                .values(**values)
                .execution_options(synchronize_session=False)
            )


def _stored(row: EvidenceRow) -> StoredEvidence:
    return StoredEvidence(**{name: getattr(row, name) for name in StoredEvidence.__slots__})
