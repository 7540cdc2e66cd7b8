"""The last good copy of each calendar feed, and what was wrong since."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feed",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("fetched_at", INSTANT),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("failing_since", INSTANT),
    )
