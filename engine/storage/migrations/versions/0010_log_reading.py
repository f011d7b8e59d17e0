"""The log is read by person, unit, kind, step, refusal and period at any depth."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WHOLE = {
    "ix_log_entry_type": ["organization_id", "type", "idx"],
    "ix_log_entry_recorded": ["organization_id", "recorded_at", "idx", "actor", "outcome"],
}
PARTIAL = {
    "ix_log_entry_transition": (
        ["organization_id", "transition", "idx"],
        "transition IS NOT NULL",
    ),
    "ix_log_entry_unit": (["organization_id", "unit", "idx"], "unit IS NOT NULL"),
    "ix_log_entry_refused": (["organization_id", "idx"], "outcome = 'refused'"),
}


def upgrade() -> None:
    for name, columns in WHOLE.items():
        op.create_index(name, "log_entry", columns)
    for name, (columns, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, "log_entry", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in (*WHOLE, *PARTIAL):
        op.drop_index(name, table_name="log_entry")
