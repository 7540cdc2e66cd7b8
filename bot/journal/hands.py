"""Which runs want hands, who has which under lease, and what commands printed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.store import Journal
from bot.journal.tables import beyond_lease, database_later, database_now

_run, _output = tables.run.c, tables.output.c
_FREE = (
    _run.hands_until.is_(None)
    | (_run.hands_until <= database_now())
    | (_run.hands_until > database_later(bindparam("beyond")))
)
_WAITING = (
    select(_run.run_id, _run.head, _run.hands)
    .where(_run.hands.is_not(None), _FREE)
    .order_by(_run.run_id)
    .limit(bindparam("many"))
)
_TAKE = (
    update(tables.run)
    .where(_run.run_id == bindparam("of"), _run.hands.is_not(None), _FREE)
    .values(hands_token=bindparam("token"), hands_until=database_later(bindparam("for_")))
)
_AT_HAND = select(_run.run_id).where(_run.run_id == bindparam("of")).with_for_update(skip_locked=True)
_TAKE_UNLESS_HELD = _TAKE.where(_run.run_id == _AT_HAND.scalar_subquery())
_MINE = (_run.run_id == bindparam("of")) & (_run.hands_token == bindparam("token"))
_RENEW = update(tables.run).where(_MINE).values(hands_until=database_later(bindparam("for_")))
_RELEASE = update(tables.run).where(_MINE).values(hands_token=None, hands_until=None)
_OF_A_RUN = select(tables.output).where(_output.run_id == bindparam("of")).order_by(_output.at)


@dataclass(frozen=True, slots=True)
class HandsWork:
    """A run that nobody has under lease: it ``wants`` hands, or ``runs`` a command whose hands are gone."""

    run_id: str
    head: int
    state: str


@dataclass(frozen=True, slots=True)
class Output:
    """What one attempt printed, redacted, its last part; None once it was erased."""

    run_id: str
    step: str
    visit: int
    attempt: int
    digest: str
    size: int
    text: str | None
    at: datetime


class HandsLeases:
    """Leases on the work of hands, by the database's clock. Safe to share between threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        build = postgresql.insert if journal.judges else sqlite.insert
        self._keep = build(tables.output).on_conflict_do_nothing()

    def waiting(self, for_: timedelta, many: int = 1_000) -> list[HandsWork]:
        """Runs that want hands, or lost them, and that nobody has; `for_` is how long a lease is."""
        rows = self._journal.read(_WAITING, many=many, beyond=beyond_lease(for_))
        return [HandsWork(row.run_id, row.head, row.hands) for row in rows]

    def take(self, run_id: str, token: str, for_: timedelta) -> bool:
        """Take a run, until `for_` from now; False while others have it."""
        values = {"of": run_id, "token": token, "for_": _while(for_), "beyond": beyond_lease(for_)}
        return self._journal.change(_TAKE_UNLESS_HELD if self._journal.judges else _TAKE, values) == 1

    def renew(self, run_id: str, token: str, for_: timedelta) -> bool:
        """Keep a run; False when somebody else has taken it."""
        return self._journal.jot(_RENEW, {"of": run_id, "token": token, "for_": _while(for_)}) == 1

    def release(self, run_id: str, token: str) -> None:
        """Let a run go."""
        self._journal.jot(_RELEASE, {"of": run_id, "token": token})

    def keep(self, output: Output) -> None:
        """Keep what an attempt printed, once."""
        self._journal.change(self._keep, {name: getattr(output, name) for name in Output.__slots__})

    def outputs(self, run_id: str) -> list[Output]:
        """What the attempts of a run printed, in order."""
        rows = self._journal.read(_OF_A_RUN, of=run_id)
        return [Output(**row._mapping) for row in rows]  # noqa: SLF001  (SQLAlchemy's public name)


def _while(for_: timedelta) -> str:
    return f"+{for_.total_seconds():.3f} seconds"
