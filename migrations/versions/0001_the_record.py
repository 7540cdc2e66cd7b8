"""The record and what stands around it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.String(64)
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
NEVER_CHANGED = ("record", "arrival")


def upgrade() -> None:
    _create_record()
    _create_run()
    _create_desk_tables()
    _create_telling_tables()
    if op.get_bind().dialect.name == "sqlite":
        _guard_in_sqlite()
    else:
        _guard_in_postgresql()


def _create_record() -> None:
    op.create_table(
        "record",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("prev", KEY, nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "words",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("salt", KEY),
        sa.Column("text", sa.Text),
        sa.PrimaryKeyConstraint("run_id", "seq", "field"),
        sa.ForeignKeyConstraint(["run_id", "seq"], ["record.run_id", "record.seq"]),
    )
    op.create_table(
        "runbook_text",
        sa.Column("digest", KEY, primary_key=True),
        sa.Column("runbook", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
    )


def _create_run() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", KEY, primary_key=True),
        sa.Column("ref", sa.String(40), nullable=False, unique=True),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("asset_name", sa.Text, nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("rto", sa.Integer),
        sa.Column("runbook", sa.Text, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("operator", sa.Text),
        sa.Column("operator_name", sa.Text),
        sa.Column("step", sa.Text),
        sa.Column("step_title", sa.Text),
        sa.Column("phase", sa.Text),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("parent", KEY),
        sa.Column("continues", sa.Text),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("due_at", INSTANT),
        sa.Column("head", sa.Integer, nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("imported", sa.Boolean, nullable=False),
        sa.Column("lease_token", KEY),
        sa.Column("lease_until", INSTANT),
        sa.Column("not_before", INSTANT),
    )
    _create_part_index("run_open", "asset", "state = 'open'")
    _create_part_index("run_due", "due_at", "due_at IS NOT NULL")
    _create_part_index("run_untold", "run_id", "told < head")


def _create_part_index(name: str, column: str, where: str) -> None:
    op.create_index(name, "run", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _create_desk_tables() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("refusal", sa.Text),
        sa.Column("at", INSTANT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counter",
        sa.Column("word", sa.String(40), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "arrival",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("head", sa.Integer, nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "head"),
    )


def _create_telling_tables() -> None:
    op.create_table(
        "message",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(40)),
        sa.Column("ts", sa.String(40)),
        sa.Column("shown", KEY),
        sa.Column("intended_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key"),
    )
    op.create_table(
        "sweep",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
    )


REFUSAL = "A record is never changed and never deleted. Append a correction, or erase typed words with: handrail redact"
GAP = "A record goes at the end of its run, with the next number."
WORDS = "Typed words are kept or erased, never changed. Use: handrail redact"


def _guard_in_sqlite() -> None:
    """Triggers. INSERT OR REPLACE deletes without a DELETE trigger, so the insert is looked at as well."""
    for table in NEVER_CHANGED:
        _refuse_in_sqlite(f"{table}_no_update", f"BEFORE UPDATE ON {table}", REFUSAL)
        _refuse_in_sqlite(f"{table}_no_delete", f"BEFORE DELETE ON {table}", REFUSAL)
    last = "(SELECT max(seq) FROM record WHERE run_id = NEW.run_id)"
    _refuse_in_sqlite("record_at_the_end", f"BEFORE INSERT ON record WHEN NEW.seq <> 1 + coalesce({last}, 0)", GAP)
    known = "(SELECT 1 FROM arrival WHERE run_id = NEW.run_id AND head = NEW.head)"
    _refuse_in_sqlite("arrival_once", f"BEFORE INSERT ON arrival WHEN EXISTS {known}", REFUSAL)
    kept = "(SELECT 1 FROM words WHERE run_id = NEW.run_id AND seq = NEW.seq AND field = NEW.field)"
    _refuse_in_sqlite("words_once", f"BEFORE INSERT ON words WHEN EXISTS {kept}", WORDS)
    other = "NEW.text IS NOT NULL OR NEW.salt IS NOT NULL OR "
    other += "NEW.run_id <> OLD.run_id OR NEW.seq <> OLD.seq OR NEW.field <> OLD.field"
    _refuse_in_sqlite("words_only_erased", f"BEFORE UPDATE ON words WHEN {other}", WORDS)
    _refuse_in_sqlite("words_no_delete", "BEFORE DELETE ON words", WORDS)


def _refuse_in_sqlite(name: str, when: str, sentence: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")


def _guard_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION handrail_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in NEVER_CHANGED:
        op.execute(
            f"CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION handrail_refuse('{REFUSAL}')"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION handrail_refuse('{REFUSAL}')"
        )
    op.execute(
        "CREATE TRIGGER words_only_erased BEFORE UPDATE ON words FOR EACH ROW "
        "WHEN (NEW.text IS NOT NULL OR NEW.salt IS NOT NULL OR (NEW.run_id, NEW.seq, NEW.field) "
        "IS DISTINCT FROM (OLD.run_id, OLD.seq, OLD.field)) "
        f"EXECUTE FUNCTION handrail_refuse('{WORDS}')"
    )
    op.execute(
        "CREATE TRIGGER words_no_delete BEFORE DELETE ON words "
        f"FOR EACH ROW EXECUTE FUNCTION handrail_refuse('{WORDS}')"
    )
    op.execute(
        "CREATE TRIGGER words_no_truncate BEFORE TRUNCATE ON words "
        f"FOR EACH STATEMENT EXECUTE FUNCTION handrail_refuse('{WORDS}')"
    )
