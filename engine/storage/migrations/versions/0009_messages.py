"""Who is told of what: subscriptions of other systems, and how people want to hear by mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("types", JSON, nullable=False),
        sa.Column("processes", JSON, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("next_idx", sa.Integer(), nullable=False),
        sa.Column("secret_number", sa.Integer(), nullable=False),
        sa.Column("secret_changed_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_webhook_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_delivery")),
    )
    for name, columns in (
        ("due", ["status", "next_at"]),
        ("order", ["webhook_id", "stream", "idx"]),
        ("list", ["webhook_id", "idx", "id"]),
    ):
        op.create_index(
            f"ix_webhook_delivery_{name}", "webhook_delivery", ["organization_id", *columns]
        )
    op.create_table(
        "message_choice",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_to", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_message_choice_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "person", name=op.f("pk_message_choice")),
    )


def downgrade() -> None:
    for table in ("message_choice", "webhook_delivery", "webhook"):
        op.drop_table(table)
