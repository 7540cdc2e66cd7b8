"""The records of protections: a chain each, what stands of it, and the tokens by which programs report."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KEY = sa.String(64)
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
REFUSAL = "What was heard of a protection is never changed and never deleted: it goes at the end of its record."


def upgrade() -> None:
    op.create_table(
        "stream_record",
        sa.Column("stream", sa.String(200), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("prev", KEY, nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stream",
        sa.Column("stream", sa.String(200), primary_key=True),
        sa.Column("head", sa.Integer, nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("state", sa.Text, nullable=False),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("stream_due", "stream", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "hook_token",
        sa.Column("digest", KEY, primary_key=True),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("asset", sa.String(64), nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_index("hook_token_asset", "hook_token", ["scope", "asset"])
    if op.get_bind().dialect.name == "sqlite":
        _guard_in_sqlite()
    else:
        _guard_in_postgresql()


def _guard_in_sqlite() -> None:
    last = "(SELECT max(seq) FROM stream_record WHERE stream = NEW.stream)"
    for name, when in (
        ("stream_record_no_update", "BEFORE UPDATE ON stream_record"),
        ("stream_record_no_delete", "BEFORE DELETE ON stream_record"),
        ("stream_record_at_the_end", f"BEFORE INSERT ON stream_record WHEN NEW.seq <> 1 + coalesce({last}, 0)"),
    ):
        op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")


def _guard_in_postgresql() -> None:
    for name, when, each in (
        ("stream_record_never_changed", "BEFORE DELETE OR UPDATE ON stream_record", "ROW"),
        ("stream_record_no_truncate", "BEFORE TRUNCATE ON stream_record", "STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER {name} {when} FOR EACH {each} EXECUTE FUNCTION handrail_refuse('{REFUSAL}')")
