"""A register: rows of the whole organisation that a process keeps, filled from files of a source.

1. Rows of a register belong to no case. They come in by imports, each a job of many transactions;
   every import says from which source it is and of what instant its picture is.
2. A picture that is older never overwrites what a newer one told.
3. What a row asks for (a case to be opened) is asked once its import stands, row by row, and is
   opened by the house on the same path as every other case.
4. The engine knows no row: it hands them from the register's own reader to the register's own
   writer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO, Protocol

from engine.calendars.business_days import Calendar
from engine.machine.instance import no_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Which import writes.

    Attributes:
        job: id of the import.
        source: the system that the file came from.
        as_of: the instant whose picture the file is.
    """

    organization_id: str
    job: str
    source: str
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of rows.

    Attributes:
        new: rows that were not known.
        changed: known rows of which something is told anew.
        same: known rows of which nothing is.
        older: rows of which something newer is known already; they changed nothing.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    older: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row of a file that could be read.

    Attributes:
        number: as the program of its author counts; the heading is row 1.
        value: the register's own.
        digest: of everything that the row tells; the sum over a file is its checksum, in any order.
    """

    number: int
    value: Any
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyRow:
    """A row, or a cell of it, that cannot be taken.

    Attributes:
        column: of the register; empty where the row as a whole is at fault.
        refused: whether the row is not taken; else only the value is left out, and the row follows.
    """

    number: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=no_values)
    refused: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is to be read.

    Attributes:
        mapping: column of the register → heading of the file, where somebody chose it.
        aliases: what the source calls a unit → id of the unit.
        units: id → titles, by language, of the units of the organisation.
    """

    filename: str
    mapping: Mapping[str, str] = field(default_factory=no_values)
    aliases: Mapping[str, str] = field(default_factory=no_values)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=no_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What was recognised in the heading of a file.

    Attributes:
        headings: every heading, as the file has it.
        mapping: column of the register → the heading that is read for it.
        personal: headings that hold personal data; they are dropped before anything else.
        unused: headings that mean nothing here.
        missing: columns without which no row can be read.
    """

    headings: tuple[str, ...]
    mapping: Mapping[str, str]
    personal: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCase:
    """A case that a row asks for.

    Attributes:
        key: of the row, for the register.
        then: steps that the house takes in the same transaction.
    """

    key: tuple[Any, ...]
    process: str
    title: str
    unit: str | None
    fields: Mapping[str, Any]
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStep:
    """A step of a case that what a row tells asks for; the house takes it.

    Attributes:
        fields: typed values that come with the step.
        requirement: the evidence that the file of the import is; None where none is asked for.
        job: the import whose file told of it.
    """

    instance_id: str
    transition: str
    fields: Mapping[str, Any] = field(default_factory=no_values)
    requirement: str | None = None
    job: str | None = None


class OpenFile(Protocol):
    """A file of a source that is being read."""

    @property
    def layout(self) -> Layout:
        """What its heading says."""
        ...

    def rows(self) -> Iterator[ReadRow | FaultyRow]:
        """Every row, in the order of the file; the same at each reading.

        A row of which several cells are at fault is told several times, one after the other.
        """
        ...


class Register(Protocol):
    """The tables and the reader behind a register; `session` is the storage floor's."""

    fills: tuple[str, ...]
    """Roles that may fill it."""
    columns: tuple[str, ...]
    """Columns that a heading may be chosen for."""
    required: tuple[str, ...]
    """Columns without which no row can be read."""

    def open(self, file: BinaryIO, reading: Reading) -> OpenFile:
        """Read the heading of a file.

        Raises:
            Invalid: it is no file of a kind that can be read.
        """
        ...

    def shown(self, value: Any) -> Mapping[str, Any]:
        """A row as column → value, for a look before it is written."""
        ...

    def write(self, session: Any, rows: Sequence[ReadRow], filling: Filling) -> Tally:
        """Write rows, those that come twice in the order given."""
        ...

    def wanted_cases(
        self, session: Any, organization_id: str, *, today: date, calendar: Calendar, limit: int
    ) -> tuple[WantedCase, ...]:
        """Some of the cases that rows ask for and that are not open yet."""
        ...

    def wanted_steps(self, session: Any, organization_id: str) -> tuple[WantedStep, ...]:
        """The steps that rows ask for of cases that are open, oldest case first."""
        ...

    def opened(
        self, session: Any, organization_id: str, key: tuple[Any, ...], instance_id: str
    ) -> None:
        """Note that the case of a row is open, so that it is not asked for again."""
        ...
