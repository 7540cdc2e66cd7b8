"""What runs want of hands, who has them under lease, and what commands printed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

KEY = sa.String(64)
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("run", sa.Column("hands", sa.String(8)))
    op.add_column("run", sa.Column("hands_token", KEY))
    op.add_column("run", sa.Column("hands_until", INSTANT))
    wanting = sa.text("hands IS NOT NULL")
    op.create_index("run_hands", "run", ["run_id"], sqlite_where=wanting, postgresql_where=wanting)
    op.create_table(
        "output",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("visit", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "step", "visit", "attempt"),
    )
