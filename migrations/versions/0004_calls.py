"""Attempts to reach people beyond Slack: when a run's next one is to be made, and who makes it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.String(64)
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("run", sa.Column("call_at", INSTANT))
    outstanding = sa.text("call_at IS NOT NULL")
    op.create_index("run_calling", "run", ["call_at"], sqlite_where=outstanding, postgresql_where=outstanding)
    op.create_table(
        "calling",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("token", KEY, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "page", "person"),
    )
