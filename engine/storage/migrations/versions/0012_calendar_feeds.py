"""Addresses under which calendar programs read deadlines."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("mine", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("id", name=op.f("uq_calendar_feed_id")),
    )
    op.create_index(op.f("ix_calendar_feed_organization_id"), "calendar_feed", ["organization_id"])


def downgrade() -> None:
    op.drop_table("calendar_feed")
