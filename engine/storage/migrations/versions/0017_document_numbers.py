"""The register of document numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_number",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("recipients", sa.String(), nullable=False),
        sa.Column("filing", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("evidence_id", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_for", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_document_number_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "instance_id"],
            ["instance.organization_id", "instance.id"],
            name=op.f("fk_document_number_organization_id_instance_id_instance"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_document_number")),
        sa.UniqueConstraint(
            "organization_id",
            "year",
            "issuer",
            "series",
            "number",
            name=op.f("uq_document_number_organization_id_year_issuer_series_number"),
        ),
    )
    op.create_index(
        "ix_document_number_instance", "document_number", ["organization_id", "instance_id"]
    )


def downgrade() -> None:
    op.drop_table("document_number")
