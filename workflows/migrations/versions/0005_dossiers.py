"""The dossiers of the one-stop desk, and what imports changed of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "overdue_dossier",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("officer_unit", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("received_time_known", sa.Boolean(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("current_due_on", sa.Date(), nullable=False),
        sa.Column("reappointments", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("apologised_on", sa.Date(), nullable=True),
        sa.Column("regulated_half_days", sa.Integer(), nullable=True),
        sa.Column("committed_half_days", sa.Integer(), nullable=True),
        sa.Column("paused_half_days", sa.Integer(), nullable=False),
        sa.Column("exported_at", INSTANT, nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_overdue_dossier_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "code", "due_on", name=op.f("pk_overdue_dossier")
        ),
    )
    for name, columns in (
        ("received_on", ["received_on"]),
        ("ended_on", ["ended_on"]),
        ("open", ["status", "current_due_on"]),
    ):
        op.create_index(
            f"ix_overdue_dossier_{name}", "overdue_dossier", ["organization_id", *columns]
        )
    op.create_table(
        "overdue_dossier_change",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("exported_at", INSTANT, nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_overdue_dossier_change_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint(
            "organization_id",
            "code",
            "due_on",
            "import_id",
            "row",
            name=op.f("pk_overdue_dossier_change"),
        ),
    )


def downgrade() -> None:
    op.drop_table("overdue_dossier_change")
    op.drop_table("overdue_dossier")
