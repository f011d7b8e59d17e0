"""The calendar is kept edition by edition, per unit; a deadline says from which one it came."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
CURRENT = sa.text("removed_in IS NULL")
ESTIMATE = "holidays "
"""How the source of a row begins that came from the library, and from no document."""


def kept(table: str) -> tuple[Any, ...]:
    """What every row says of where it comes from; new columns for each call."""
    return (
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_in", sa.Integer(), nullable=False),
        sa.Column("removed_in", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f(f"fk_{table}_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f(f"pk_{table}")),
    )


def current(name: str, table: str, *columns: str) -> None:
    op.create_index(
        name,
        table,
        ["organization_id", *columns],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )


def upgrade() -> None:
    op.create_table(
        "calendar_edition",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_calendar_edition_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "number", name=op.f("pk_calendar_edition")),
    )
    op.create_table(
        "calendar_rule",
        *kept("calendar_rule"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("body", JSON, nullable=False),
    )
    current("ux_calendar_rule", "calendar_rule", "kind", "unit", "valid_from")
    rows = _rows("day", "kind", "label", "source", "entered_by", "entered_at")
    op.drop_table("calendar_day")
    days = op.create_table(
        "calendar_day",
        *kept("calendar_day"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
    )
    current("ux_calendar_day", "calendar_day", "unit", "day")
    _keep_as_first_edition(days, rows)
    with op.batch_alter_table("instance") as instance:
        instance.add_column(sa.Column("due_rule", sa.String(), nullable=True))
        instance.add_column(sa.Column("due_calendar", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("instance") as instance:
        instance.drop_column("due_calendar")
        instance.drop_column("due_rule")
    columns = ("day", "kind", "label", "source", "entered_by", "entered_at")
    # The older calendar knows neither units nor what was taken away.
    rows = _rows(*columns, "unit", "removed_in")
    op.drop_table("calendar_day")
    days = op.create_table(
        "calendar_day",
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_calendar_day_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "day", name=op.f("pk_calendar_day")),
    )
    mine = [row for row in rows if row["unit"] == "" and row["removed_in"] is None]
    if mine:
        op.bulk_insert(days, [{k: row[k] for k in ("organization_id", *columns)} for row in mine])
    op.drop_table("calendar_rule")
    op.drop_table("calendar_edition")


def _rows(*columns: str) -> list[dict[str, Any]]:
    """The rows of the calendar before its table is made anew."""
    types: dict[str, Any] = {"day": sa.Date(), "entered_at": sa.DateTime(timezone=True)}
    table = sa.table(
        "calendar_day",
        *(sa.column(name, types.get(name, sa.String())) for name in ("organization_id", *columns)),
    )
    return [dict(row) for row in op.get_bind().execute(sa.select(table)).mappings()]


def _keep_as_first_edition(days: sa.Table, rows: list[dict[str, Any]]) -> None:
    """What an organisation had is its edition 1; what the library told is an estimate."""
    if not rows:
        return
    op.bulk_insert(
        days,
        [
            {
                **row,
                "id": f"first-{row['day'].isoformat()}",
                "unit": "",
                "entered_in": 1,
                "official": not row["source"].startswith(ESTIMATE),
            }
            for row in rows
        ],
    )
    newest: dict[str, dict[str, Any]] = {}
    for row in rows:
        kept_row = newest.setdefault(row["organization_id"], row)
        if row["entered_at"] > kept_row["entered_at"]:
            newest[row["organization_id"]] = row
    editions = sa.table(
        "calendar_edition",
        sa.column("organization_id", sa.String()),
        sa.column("number", sa.Integer()),
        sa.column("made_by", sa.String()),
        sa.column("made_at", sa.DateTime(timezone=True)),
        sa.column("source", sa.String()),
    )
    op.bulk_insert(
        editions,
        [
            {
                "organization_id": organization,
                "number": 1,
                "made_by": row["entered_by"],
                "made_at": row["entered_at"],
                "source": "",
            }
            for organization, row in newest.items()
        ],
    )
