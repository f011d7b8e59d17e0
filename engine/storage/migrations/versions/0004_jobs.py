"""Work that takes longer than a request, the faults it found, and what is remembered of sources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("failure", JSON, nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_job_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_state", "job", ["organization_id", "state"])
    op.create_index("ix_job_digest", "job", ["organization_id", "kind", "sha256"])
    op.create_table(
        "job_fault",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "job_id"],
            ["job.organization_id", "job.id"],
            name=op.f("fk_job_fault_organization_id_job_id_job"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "job_id", "number", name=op.f("pk_job_fault")),
    )
    op.create_table(
        "register_source",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("register_name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("aliases", JSON, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_register_source_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "register_name", "source", name=op.f("pk_register_source")
        ),
    )


def downgrade() -> None:
    op.drop_table("register_source")
    op.drop_table("job_fault")
    op.drop_table("job")
