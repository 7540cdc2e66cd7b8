"""A database of this version taken back to an older one, so that it can be upgraded again."""

from sqlalchemy import Connection, text

BEFORE_THE_LEDGER = "0009"
BEFORE_GIVEN = "0008"


def wind_back(connection: Connection, revision: str) -> None:
    """Take away what the migrations after `revision` brought; records stay as they are."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP FUNCTION handrail_enter() CASCADE"))
    for table in ("output", "stream_record", "stream", "hook_token"):
        connection.execute(text(f"DROP TABLE {table}"))
    connection.execute(text("DROP INDEX run_hands"))
    for column in ("hands", "hands_token", "hands_until"):
        connection.execute(text(f"ALTER TABLE run DROP COLUMN {column}"))
    connection.execute(text("DROP TABLE ledger"))
    connection.execute(text("ALTER TABLE arrival DROP COLUMN evidence"))
    if revision == BEFORE_GIVEN:
        connection.execute(text("DROP TABLE given"))
    connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))  # noqa: S608  (ours)
