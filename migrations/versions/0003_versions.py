"""Which version of each runbook served when, and where it came from."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "served",
        sa.Column("runbook", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("commit", sa.String(80)),
        sa.Column("author", sa.Text),
        sa.PrimaryKeyConstraint("runbook", "at"),
    )
