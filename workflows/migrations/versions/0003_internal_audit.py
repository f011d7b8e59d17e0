"""The rows of the internal audit: sittings, lines of the checklists, findings."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def record_columns() -> tuple[sa.Column[Any], ...]:
    """What every table of records has; a new set of columns for each call."""
    return (
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    op.create_table(
        "internal_audit_slot",
        *record_columns(),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("auditor", sa.String(), nullable=False),
        sa.Column("audit_date", sa.Date(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("clauses", JSON, nullable=False),
        sa.Column("procedures", JSON, nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("excuse", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_internal_audit_slot")),
    )
    op.create_index(
        "ix_internal_audit_slot_instance_id", "internal_audit_slot", ["instance_id"], unique=False
    )

    op.create_table(
        "internal_audit_checklist",
        *record_columns(),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("evidence_ref", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_internal_audit_checklist")),
    )
    op.create_index(
        "ix_internal_audit_checklist_instance_id",
        "internal_audit_checklist",
        ["instance_id"],
        unique=False,
    )

    op.create_table(
        "internal_audit_finding",
        *record_columns(),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("auditor", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("criterion", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("statement", sa.String(), nullable=False),
        sa.Column("objective_evidence", sa.String(), nullable=False),
        sa.Column("auditee_seen", sa.Boolean(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=True),
        sa.Column("auditee_opinion", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_internal_audit_finding")),
    )
    op.create_index(
        "ix_internal_audit_finding_instance_id",
        "internal_audit_finding",
        ["instance_id"],
        unique=False,
    )
    op.create_index(
        "ix_internal_audit_finding_unit", "internal_audit_finding", ["unit"], unique=False
    )


def downgrade() -> None:
    """Refuse: the log tells of these rows, and would not replay without them."""
    msg = "there is no way back: the log tells of these rows; restore a backup instead"
    raise NotImplementedError(msg)
