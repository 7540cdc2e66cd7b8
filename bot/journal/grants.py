"""What a role has to be allowed on PostgreSQL for `serve` to work; docs/install.md has the lines that grant it."""

from collections.abc import Mapping

from sqlalchemy import Engine, text

from bot.journal import tables

_NEVER_CHANGED = frozenset({"record", "arrival", "runbook_text", "stream_record"})
_NEVER_DELETED = frozenset({"words"})
_ONLY_READ = frozenset({"ledger", "alembic_version"})
_ASKED = """
SELECT has_table_privilege(current_user, c.oid, :right) FROM pg_class c
WHERE c.relname = :table AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
"""


def needed_rights() -> Mapping[str, tuple[str, ...]]:
    """Each table, and what `serve` does with it."""
    found: dict[str, tuple[str, ...]] = {}
    for table in (*tables.record.metadata.tables, "alembic_version"):
        if table in _ONLY_READ:
            found[table] = ("SELECT",)
        elif table in _NEVER_CHANGED:
            found[table] = ("SELECT", "INSERT")
        elif table in _NEVER_DELETED:
            found[table] = ("SELECT", "INSERT", "UPDATE")
        else:
            found[table] = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return found


def missing_grants(engine: Engine) -> Mapping[str, tuple[str, ...]]:
    """Each table that is there, and what whoever logs in may not do with it; empty when nothing is missing."""
    found: dict[str, tuple[str, ...]] = {}
    with engine.connect() as connection:
        for table, rights in needed_rights().items():
            allowed = {
                right: connection.execute(text(_ASKED), {"table": table, "right": right}).scalar() for right in rights
            }
            lacking = tuple(right for right, may in allowed.items() if may is False)
            if lacking:
                found[table] = lacking
    return found
