"""What people said about a case, in the order in which they said it.

A comment is never changed: who erred says so in the next one. The log tells of each, its text in
the payload; these rows are what pages read.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, Session, SQLModel, col, select

from engine.storage.database import JsonColumn, UtcDateTime


class CommentRow(SQLModel, table=True):
    """One comment."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_instance", "organization_id", "instance_id", "entry"),)
    organization_id: str = Field(primary_key=True, foreign_key="organization.id")
    id: str = Field(primary_key=True)
    instance_id: str
    entry: int
    author: str
    text: str
    mentions: list[str] = Field(sa_type=JsonColumn)
    written_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody said about a case.

    Attributes:
        entry: index of the entry that tells of it.
        mentions: who was told of it.
    """

    id: str
    entry: int
    author: str
    text: str
    mentions: tuple[str, ...]
    written_at: datetime


class CommentRepository:
    """The comments of one organisation."""

    def __init__(self, session: Session, organization_id: str) -> None:
        self._session = session
        self._id = organization_id

    def add(self, instance_id: str, comment: Comment) -> None:
        """Keep a comment."""
        self._session.add(
            CommentRow(
                organization_id=self._id,
                id=comment.id,
                instance_id=instance_id,
                entry=comment.entry,
                author=comment.author,
                text=comment.text,
                mentions=list(comment.mentions),
                written_at=comment.written_at,
            )
        )
        self._session.flush()

    def of(self, instance_id: str, *, before: int | None = None, limit: int) -> tuple[Comment, ...]:
        """Comments on a case, the newest first, older than an entry."""
        query = select(CommentRow).where(
            col(CommentRow.organization_id) == self._id, col(CommentRow.instance_id) == instance_id
        )
        if before is not None:
            query = query.where(col(CommentRow.entry) < before)
        query = query.order_by(col(CommentRow.entry).desc()).limit(limit)
        return tuple(
            Comment(
                id=row.id,
                entry=row.entry,
                author=row.author,
                text=row.text,
                mentions=tuple(row.mentions),
                written_at=row.written_at,
            )
            for row in self._session.exec(query)
        )
