"""Where a question of an audit's checklist comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("internal_audit_checklist", sa.Column("origin", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("internal_audit_checklist", "origin")
