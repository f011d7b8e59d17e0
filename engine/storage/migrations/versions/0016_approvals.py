"""Approvals that are bound to what they approved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parts", JSON, nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.String(), nullable=True),
        sa.Column("why", JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "instance_id"],
            ["instance.organization_id", "instance.id"],
            name=op.f("fk_approval_organization_id_instance"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "instance_id", "name", name=op.f("pk_approval")),
    )


def downgrade() -> None:
    op.drop_table("approval")
