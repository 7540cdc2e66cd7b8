"""Duties that are done in one place at a time: who has which, by lease and the database's clock."""

from datetime import timedelta

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.store import Journal
from bot.journal.tables import beyond_lease, database_later, database_now

_duty = tables.duty.c
_RELEASE = delete(tables.duty).where(_duty.name == bindparam("which"), _duty.token == bindparam("whose"))


class Duties:
    """Leases on duties, by compare-and-swap. `token` is this process's own; nobody else has it."""

    def __init__(self, journal: Journal, token: str) -> None:
        self._journal, self._token = journal, token
        build = sqlite.insert if journal.engine.dialect.name == "sqlite" else postgresql.insert
        fresh = build(tables.duty).values(
            name=bindparam("which"), token=bindparam("whose"), until=database_later(bindparam("for_"))
        )
        self._take = fresh.on_conflict_do_update(
            index_elements=["name"],
            set_={"token": fresh.excluded.token, "until": fresh.excluded.until},
            where=(_duty.until <= database_now())
            | (_duty.until > database_later(bindparam("beyond")))
            | (_duty.token == fresh.excluded.token),
        ).execution_options(preserve_rowcount=True)

    def take(self, name: str, for_: timedelta) -> bool:
        """Take a duty, or keep it, until `for_` from now; False while another process has it."""
        while_ = f"+{for_.total_seconds():.3f} seconds"
        values = {"which": name, "whose": self._token, "for_": while_, "beyond": beyond_lease(for_)}
        return self._journal.jot(self._take, values) == 1

    def release(self, name: str) -> None:
        """Let a duty go, if it is ours; whoever wants it need not wait."""
        self._journal.jot(_RELEASE, {"which": name, "whose": self._token})
