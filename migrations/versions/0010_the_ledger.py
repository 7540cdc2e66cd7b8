"""The ledger: one more chain over all runs. Those that are here already enter it with their heads."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = sa.String(64)
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
REFUSAL = "The ledger is never changed: an entry goes at its end, by the start, the end or the import of a run."
_NOW = {
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')",
    "postgresql": """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
}
_OLDER = (
    "SELECT record.run_id, run.ref, record.seq, record.hash FROM record LEFT JOIN run ON run.run_id = record.run_id "
    "WHERE record.seq = (SELECT max(other.seq) FROM record AS other WHERE other.run_id = record.run_id) "
    "ORDER BY run.started_at, record.run_id"
)


def upgrade() -> None:
    kind = op.get_bind().dialect.name
    if kind == "postgresql":  # a replica of the version before may be writing: what it begins after this enters
        op.execute("LOCK TABLE record, arrival IN SHARE ROW EXCLUSIVE MODE")
    ledger = op.create_table(
        "ledger",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("ref", sa.String(40), nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("head", KEY, nullable=False),
        sa.Column("prev", KEY, nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ledger_run", "ledger", ["run_id", "seq"])
    op.add_column("arrival", sa.Column("evidence", sa.Boolean))
    _enter_what_is_older(ledger, kind)
    if kind == "sqlite":
        _guard_in_sqlite()
    else:
        _guard_in_postgresql()


def _enter_what_is_older(ledger: sa.Table, kind: str) -> None:
    at = op.get_bind().execute(sa.text(_NOW[kind])).scalar_one()
    stored = at if kind == "sqlite" else sa.cast(at, sa.DateTime(timezone=True))
    prev = "0" * 64
    for number, (run_id, ref, seq, head) in enumerate(op.get_bind().execute(sa.text(_OLDER)).all(), 1):
        line = f"{prev}\n{number} {at} older {seq} {head} {ref or ''} {run_id}"
        hash_ = hashlib.sha256(line.encode()).hexdigest()
        row = {"number": number, "at": stored, "kind": "older", "ref": ref or "", "run_id": run_id, "seq": seq}
        op.get_bind().execute(sa.insert(ledger).values(**row, head=head, prev=prev, hash=hash_))
        prev = hash_


def _guard_in_sqlite() -> None:
    op.execute(f"CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
    op.execute(f"CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
    last = "coalesce((SELECT max(number) FROM ledger), 0)"
    op.execute(
        f"CREATE TRIGGER ledger_at_the_end BEFORE INSERT ON ledger WHEN NEW.number <> 1 + {last} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


ENTER = """
DECLARE
    what text; name text; away boolean; last integer; tip text; place bigint; before text; line text;
BEGIN
    SELECT run.ref, run.imported INTO name, away FROM run WHERE run.run_id = NEW.run_id;
    SELECT record.seq, record.hash INTO last, tip FROM record
        WHERE record.run_id = NEW.run_id ORDER BY record.seq DESC LIMIT 1;
    IF TG_TABLE_NAME = 'arrival' THEN
        IF NEW.head IS DISTINCT FROM last THEN RETURN NULL; END IF;
        what := CASE WHEN NEW.evidence THEN 'evidence' ELSE 'imported' END;
    ELSE
        IF away THEN RETURN NULL; END IF;
        what := NEW.kind;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('handrail ledger'));
    SELECT ledger.number, ledger.hash INTO place, before FROM ledger ORDER BY ledger.number DESC LIMIT 1;
    place := coalesce(place, 0) + 1;
    before := coalesce(before, repeat('0', 64));
    name := coalesce(name, '');
    line := before || E'\\n' || place || ' '
        || to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || ' ' || what || ' ' || last || ' ' || tip || ' ' || name || ' ' || NEW.run_id;
    INSERT INTO ledger (number, at, kind, ref, run_id, seq, head, prev, hash) VALUES (
        place, NEW.at, what, name, NEW.run_id, last, tip, before,
        encode(sha256(convert_to(line, 'UTF8')), 'hex')
    );
    RETURN NULL;
END
"""
"""Runs at the commit: the lock that puts entries in a row is held for no way to a client and back.

By a trigger, as a replica of the version before knows no ledger, and what it starts has to enter as well. With the
rights of whoever owns the tables, so that `serve` needs none of its own on the ledger; and by a fixed path, as a
temporary table of that name would be taken for it otherwise.
"""


def _guard_in_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER ledger_never_changed BEFORE UPDATE OR DELETE ON ledger "
        f"FOR EACH ROW EXECUTE FUNCTION handrail_refuse('{REFUSAL}')"
    )
    op.execute(
        "CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger "
        f"FOR EACH STATEMENT EXECUTE FUNCTION handrail_refuse('{REFUSAL}')"
    )
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    with_rights = f"SECURITY DEFINER SET search_path = {schema}, pg_temp"
    function = f"CREATE FUNCTION handrail_enter() RETURNS trigger LANGUAGE plpgsql {with_rights} AS $$ {ENTER} $$"
    op.get_bind().exec_driver_sql(function)
    op.execute(
        "CREATE CONSTRAINT TRIGGER record_enters_ledger AFTER INSERT ON record DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.kind IN ('started', 'ended')) EXECUTE FUNCTION handrail_enter()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER arrival_enters_ledger AFTER INSERT ON arrival DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION handrail_enter()"
    )
