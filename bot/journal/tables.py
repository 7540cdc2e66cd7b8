"""The tables: records that are never changed, and what is derived from them or leads to them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData()


def write_instant(at: datetime) -> str:
    """An aware time as text of one width, which sorts as the times do: ``2026-11-22T03:40:00.000000Z``."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone, so nobody can say when it was")
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_stored_instant(stored: str) -> datetime:
    """The aware UTC time that `write_instant` wrote."""
    return datetime.fromisoformat(stored)


class Instant(TypeDecorator[datetime]):
    """An aware time in UTC: TIMESTAMP WITH TIME ZONE on PostgreSQL, text of one width on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401  (text or a time)
        return write_instant(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401  (as above)
        if value is None:
            return None
        return read_stored_instant(value) if dialect.name == "sqlite" else value.astimezone(UTC)


class database_now(FunctionElement[datetime]):  # noqa: N801  (it reads as a function in a statement)
    """The database's own clock at this moment: it judges leases, and due times where several replicas run."""

    inherit_cache = True
    type = Instant()


@compiles(database_now, "postgresql")
def _now_in_postgresql(_element: database_now, _compiler: SQLCompiler, **_: object) -> str:
    return "clock_timestamp()"


@compiles(database_now, "sqlite")
def _now_in_sqlite(_element: database_now, _compiler: SQLCompiler, **_: object) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"


class database_later(FunctionElement[datetime]):  # noqa: N801  (as above)
    """The database's clock and a while from now; the while is text that both databases read: ``+30.000 seconds``."""

    inherit_cache = True
    type = Instant()


@compiles(database_later, "postgresql")
def _later_in_postgresql(element: database_later, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401
    return f"clock_timestamp() + CAST({compiler.process(element.clauses, **how)} AS INTERVAL)"


@compiles(database_later, "sqlite")
def _later_in_sqlite(element: database_later, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401
    return f"strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', {compiler.process(element.clauses, **how)})"


def beyond_lease(span: timedelta) -> str:
    """A while for `database_later`: a lease of this span that ends later was taken by a clock put back since."""
    return f"+{2 * span.total_seconds() + 60:.3f} seconds"


Key = String(64)


def _link() -> tuple[Column[Any], ...]:
    """What each record of a chain has, beside the name of the chain."""
    return (
        Column("seq", Integer, nullable=False),
        Column("at", Instant, nullable=False),
        Column("by", Text, nullable=False),
        Column("via", String(16), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("body", Text, nullable=False),
        Column("prev", Key, nullable=False),
        Column("hash", Key, nullable=False),
    )


record = Table(
    "record",
    metadata,
    Column("run_id", Key, nullable=False),
    *_link(),
    PrimaryKeyConstraint("run_id", "seq"),
    sqlite_with_rowid=False,  # one tree to write instead of two
)
"""What happened. The database refuses UPDATE and DELETE here, and in `arrival`."""

words = Table(
    "words",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("field", String(40), nullable=False),
    Column("salt", Key),
    Column("text", Text),
    PrimaryKeyConstraint("run_id", "seq", "field"),
    ForeignKeyConstraint(["run_id", "seq"], ["record.run_id", "record.seq"]),
)
"""Words that people typed, beside the record that holds their digest. Erased: salt and text are null."""

given = Table(
    "given",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text),
    Column("blind", Boolean, nullable=False),
    Column("compared", Boolean, nullable=False),
    PrimaryKeyConstraint("run_id", "seq", "name"),
    ForeignKeyConstraint(["run_id", "seq"], ["record.run_id", "record.seq"]),
)
"""Values that were given, in lower case, so that runs are found by them. `handrail rebuild` makes it from the records.

`blind`: given here, and hidden until a record where the name is `compared`.
"""

run = Table(
    "run",
    metadata,
    Column("run_id", Key, primary_key=True),
    Column("ref", String(40), nullable=False, unique=True),
    Column("asset", Text, nullable=False),
    Column("asset_name", Text, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("rto", Integer),
    Column("runbook", Text, nullable=False),
    Column("digest", Key, nullable=False),
    Column("title", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("requester", Text, nullable=False),
    Column("operator", Text),
    Column("operator_name", Text),
    Column("step", Text),
    Column("step_title", Text),
    Column("phase", Text),
    Column("state", String(16), nullable=False),
    Column("outcome", Text),
    Column("channel", Text),
    Column("parent", Key),
    Column("continues", Text),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("due_at", Instant),
    Column("head", Integer, nullable=False),
    Column("hash", Key, nullable=False),
    Column("told", Integer, nullable=False),
    Column("imported", Boolean, nullable=False),
    Column("lease_token", Key),
    Column("lease_until", Instant),
    Column("not_before", Instant),
    Column("call_at", Instant),
    Column("hands", String(8)),
    Column("hands_token", Key),
    Column("hands_until", Instant),
)
"""One row a run: what lists need, when it is due, how far it was told. `handrail rebuild` makes it from the records."""

Index("run_open", run.c.asset, sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"))
Index("run_due", run.c.due_at, sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"))
Index("run_untold", run.c.run_id, sqlite_where=text("told < head"), postgresql_where=text("told < head"))

Index(
    "run_calling",
    run.c.call_at,
    sqlite_where=text("call_at IS NOT NULL"),
    postgresql_where=text("call_at IS NOT NULL"),
)

Index("run_hands", run.c.run_id, sqlite_where=text("hands IS NOT NULL"), postgresql_where=text("hands IS NOT NULL"))

output = Table(
    "output",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("step", String(64), nullable=False),
    Column("visit", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("digest", Key, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("text", Text),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("run_id", "step", "visit", "attempt"),
)
"""What commands of hands printed, redacted, its last part; its digest stands in the record. Erased: text is null."""

inbox = Table(
    "inbox",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("run_id", Key, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("refusal", Text),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""Requests that were taken already, and the records that came of each; a refusal is kept to be said again."""

runbook_text = Table(
    "runbook_text",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("runbook", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
)
"""The exact text of each runbook that a run is pinned to; its digest is the SHA-256 of it."""

message = Table(
    "message",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("key", String(120), nullable=False),
    Column("channel", String(40)),
    Column("ts", String(40)),
    Column("shown", Key),
    Column("intended_at", Instant, nullable=False),
    PrimaryKeyConstraint("run_id", "key"),
)
"""What was posted where. A row without `ts` was about to be posted: look for it before posting again."""

counter = Table(
    "counter",
    metadata,
    Column("word", String(40), primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last number given to a ref of each word."""

arrival = Table(
    "arrival",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("head", Integer, nullable=False),
    Column("hash", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("evidence", Boolean),
    PrimaryKeyConstraint("run_id", "head"),
)
"""Runs that were imported: from where, when, by whom, and how far they went then. Never changed.

`evidence`: it breaks the law, and was taken in all the same.
"""

ledger = Table(
    "ledger",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("ref", String(40), nullable=False),
    Column("run_id", Key, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", Key, nullable=False),
    Column("prev", Key, nullable=False),
    Column("hash", Key, nullable=False),
    sqlite_with_rowid=False,
)
"""One chain over all runs: each start, end and import, with the run's head; see ``journal/ledger``. Never changed."""

Index("ledger_run", ledger.c.run_id, ledger.c.seq)

sweep = Table(
    "sweep",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("at", Instant, nullable=False),
)
"""When a standing duty was last done, by name."""

calling = Table(
    "calling",
    metadata,
    Column("run_id", Key, nullable=False),
    Column("page", Integer, nullable=False),
    Column("person", Text, nullable=False),
    Column("token", Key, nullable=False),
    Column("until", Instant, nullable=False),
    PrimaryKeyConstraint("run_id", "page", "person"),
)
"""Who makes an attempt to reach a person beyond Slack just now; see ``journal/leases``."""

duty = Table(
    "duty",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("token", Key, nullable=False),
    Column("until", Instant, nullable=False),
)
"""What is done in one place at a time: which process has it, and until when; see ``journal/standing``."""

login = Table(
    "login",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_for", Text, nullable=False),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)
"""Codes and tokens of people at a terminal, by their digests; see ``journal/tokens``."""

Index("login_person", login.c.person)

api_token = Table(
    "api_token",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)
"""Tokens by which programs read, by their digests; see ``journal/tokens``."""

Index(
    "api_token_name",
    api_token.c.name,
    unique=True,
    sqlite_where=text("revoked_at IS NULL"),
    postgresql_where=text("revoked_at IS NULL"),
)

served = Table(
    "served",
    metadata,
    Column("runbook", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("digest", Key, nullable=False),
    Column("file", Text, nullable=False),
    Column("commit", String(80)),
    Column("author", Text),
    PrimaryKeyConstraint("runbook", "at"),
)
"""Which version of a runbook began to serve when; its text stands in `runbook_text`."""

feed = Table(
    "feed",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("text", Text, nullable=False),
    Column("fetched_at", Instant),
    Column("failure", Text, nullable=False),
    Column("failing_since", Instant),
)
"""The last good copy of each calendar feed, by the name of the variable that holds its address."""

stream_record = Table(
    "stream_record",
    metadata,
    Column("stream", String(200), nullable=False),
    *_link(),
    PrimaryKeyConstraint("stream", "seq"),
    sqlite_with_rowid=False,
)
"""What was heard of each protection, in a chain of its own; the database refuses UPDATE and DELETE here."""

stream = Table(
    "stream",
    metadata,
    Column("stream", String(200), primary_key=True),
    Column("head", Integer, nullable=False),
    Column("hash", Key, nullable=False),
    Column("due_at", Instant),
    Column("state", Text, nullable=False),
)
"""One row a protection: how it stands and when it is due. `handrail rebuild` makes it from the records."""

Index(
    "stream_due", stream.c.due_at, sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")
)

hook_token = Table(
    "hook_token",
    metadata,
    Column("digest", Key, primary_key=True),
    Column("scope", String(16), nullable=False),
    Column("asset", Key, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)
"""Tokens by which programs report, of one asset each, by their digests; see ``journal/hook_tokens``."""

Index("hook_token_asset", hook_token.c.scope, hook_token.c.asset)
