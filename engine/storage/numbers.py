"""Gapless numbers.

A row-locked series hands out 1, 2, 3 … and takes a number back with the transaction.
"""

from sqlmodel import Field, Session, SQLModel, col, select


class SeriesRow(SQLModel, table=True):
    """The last number given in a series such as `IA-2026`."""

    __tablename__ = "number_series"
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    series: str = Field(primary_key=True)
    last: int


class NumberRepository:
    """The number series of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def peek(self, series: str) -> int:
        """The number that would be taken next; nothing is taken."""
        query = select(SeriesRow.last).where(
            col(SeriesRow.organization_id) == self._id, col(SeriesRow.series) == series
        )
        return (self._session.exec(query).first() or 0) + 1

    def begin(self, series: str, last: int) -> None:
        """Let a series of which nothing was taken go on after a number.

        The caller holds the organisation's log head, and has looked that nothing was.
        """
        self._session.add(SeriesRow(organization_id=self._id, series=series, last=last))
        self._session.flush()

    def take(self, series: str) -> int:
        """The next number; it is given for good when the transaction commits.

        Two first callers of a new series cannot both make its row: the caller holds the
        organisation's log head.
        """
        query = select(SeriesRow).where(
            col(SeriesRow.organization_id) == self._id, col(SeriesRow.series) == series
        )
        row = self._session.exec(
            query.with_for_update().execution_options(populate_existing=True)
        ).first()
        if row is None:
            row = SeriesRow(organization_id=self._id, series=series, last=0)
        row.last += 1
        self._session.add(row)
        self._session.flush()
        return row.last
