"""Links by which people without an account fill in a form: the digest of a secret, and a count."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)


def upgrade() -> None:
    op.create_table(
        "public_link",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("secret_digest", sa.String(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=False),
        sa.Column("record_set", sa.String(), nullable=False),
        sa.Column("given", JSON, nullable=False),
        sa.Column("most_per_day", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("taken_that_day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_public_link_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_public_link")),
    )
    op.create_index("ix_public_link_secret_digest", "public_link", ["secret_digest"], unique=True)
    op.create_index("ix_public_link_instance", "public_link", ["organization_id", "instance_id"])


def downgrade() -> None:
    op.drop_table("public_link")
