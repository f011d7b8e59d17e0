"""What was found of the signatures inside files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column("evidence", sa.Column("signatures", JSON, nullable=True))


def downgrade() -> None:
    op.drop_column("evidence", "signatures")
