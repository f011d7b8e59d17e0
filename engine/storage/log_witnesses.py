"""What each outsider last said of a log: a witness or an authority for time, a row each.

1. Nothing here is proof: the lines and tokens that prove lie with the published files. These rows
   say whom to ask next, from which size, and what an operator must know.
2. A row holds for one origin and one key: when either changes, the outsider is asked anew.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import UtcDateTime


class LogWitnessRow(SQLModel, table=True):
    """What an outsider said."""

    __tablename__ = "log_witness"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    name: str = Field(primary_key=True)
    origin: str
    vkey: str
    said: str
    problem: str = ""
    held: int = Field(default=0, sa_column_kwargs={"autoincrement": False})
    failures: int = 0
    asked_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime = Field(sa_type=UtcDateTime)
    alarm_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    size: int | None = None
    root: bytes | None = Field(default=None, sa_type=LargeBinary)
    signed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWitness:
    """What an outsider last said.

    Attributes:
        name: as the policy calls it; `tsa` is the authority for time.
        vkey: its public key; the address of the authority for time.
        said: code of its last answer.
        problem: what went wrong, for an operator.
        held: the largest size that it is known to have seen.
        failures: how often in a row it was asked in vain.
        next_at: before then it is not asked again.
        alarm_at: since when what it saw and what the log is cannot both be true.
        size: what it signed last, with `root`; `line` is the cosignature, `signed_at` its time.
    """

    name: str
    origin: str
    vkey: str
    said: str
    asked_at: datetime
    next_at: datetime
    problem: str = ""
    held: int = 0
    failures: int = 0
    alarm_at: datetime | None = None
    size: int | None = None
    root: bytes | None = None
    signed_at: datetime | None = None
    line: str | None = None


class WitnessRepository:
    """The outsiders of one organisation's log."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def all(self) -> tuple[LogWitness, ...]:
        """Every outsider that was ever asked, by name."""
        query = (
            select(LogWitnessRow)
            .where(col(LogWitnessRow.organization_id) == self._id)
            .order_by(col(LogWitnessRow.name))
        )
        return tuple(_value(row) for row in self._session.exec(query))

    def keep(self, witness: LogWitness) -> None:
        """Note what an outsider said, instead of what it said before."""
        row = self._session.get(LogWitnessRow, (self._id, witness.name))
        if row is None:
            row = LogWitnessRow(organization_id=self._id, **_fields(witness))
        for name, value in _fields(witness).items():
            setattr(row, name, value)
        self._session.add(row)
        self._session.flush()


_NAMES = tuple(LogWitness.__dataclass_fields__)


def _fields(witness: LogWitness) -> dict[str, Any]:
    return {name: getattr(witness, name) for name in _NAMES}


def _value(row: LogWitnessRow) -> LogWitness:
    return LogWitness(**{name: getattr(row, name) for name in _NAMES})
