"""Duties that one replica has at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"

KEY = sa.String(64)
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "duty",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("token", KEY, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
    )
