"""Who does what in one place at a time, by lease and the database's clock: duties, and attempts to reach people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.store import Journal
from bot.journal.tables import beyond_lease, database_later, database_now

_duty = tables.duty.c
_RELEASE = delete(tables.duty).where(_duty.name == bindparam("which"), _duty.token == bindparam("whose"))


class DutyLeases:
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


_A_MOMENT = timedelta(milliseconds=1)


class ChannelRate:
    """One pace for the posts of all processes in a channel that Slack limits; cards go first in all of them."""

    def __init__(self, leases: DutyLeases, cards_first: timedelta = timedelta(seconds=1.5)) -> None:
        """Take for how long a card that waits holds back what is less needed elsewhere; who waits asks anew sooner."""
        self._leases, self._cards_first = leases, cards_first

    def keep(self, channel: str, for_: timedelta, *, is_card: bool | None) -> bool:
        """Keep a channel until `for_` from now; False while another process does.

        Who has to wait with a card says so for a while, in which no other process begins with anything but cards.
        `is_card` is None where nothing is begun and what is kept is kept on.
        """
        post, card = f"post:{channel}"[:40], f"card:{channel}"[:40]
        if is_card is False and not self._leases.take(card, _A_MOMENT):
            return False
        is_kept = self._leases.take(post, for_)
        if is_card and not is_kept:
            self._leases.take(card, self._cards_first)
        return is_kept


_run, _calling = tables.run.c, tables.calling.c
_OUTSTANDING = select(_run.run_id, _run.head).order_by(_run.call_at).limit(bindparam("many"))
_AT_ONCE = select(database_now()).scalar_subquery()
_WAITING = _OUTSTANDING.where(_run.call_at <= bindparam("now"))
_WAITING_BY_DATABASE = _OUTSTANDING.where(_run.call_at <= _AT_ONCE)
_MINE = (
    (_calling.run_id == bindparam("of")) & (_calling.page == bindparam("number"))
    & (_calling.person == bindparam("whom")) & (_calling.token == bindparam("by"))
)  # fmt: skip
_DROP = delete(tables.calling).where(_MINE)
_FORGET = delete(tables.calling).where(_calling.until <= bindparam("before"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that is to be made: for a run's page, one at a time for each person."""

    run_id: str
    page: int
    person: str


class AttemptLeases:
    """Leases on attempts, by the database's clock. Safe to share between threads."""

    def __init__(self, journal: Journal) -> None:
        build: Callable[..., Any] = postgresql.insert if journal.judges else sqlite.insert
        fresh = build(tables.calling).values(
            run_id=bindparam("run_id"), page=bindparam("page"), person=bindparam("person"), token=bindparam("token"),
            until=database_later(bindparam("for_")),
        )  # fmt: skip
        self._journal = journal
        self._take = fresh.on_conflict_do_update(
            index_elements=["run_id", "page", "person"],
            set_={"token": fresh.excluded.token, "until": fresh.excluded.until},
            where=(_calling.until <= database_now()) | (_calling.until > database_later(bindparam("beyond"))),
        ).execution_options(preserve_rowcount=True)

    def waiting(self, now: datetime, many: int) -> list[tuple[str, int]]:
        """Runs with an attempt to make by now, and their heads; who waits longest first.

        PostgreSQL judges by its own clock, SQLite by `now`.
        """
        moment = {} if self._journal.judges else {"now": now}
        statement = _WAITING_BY_DATABASE if self._journal.judges else _WAITING
        return [(row.run_id, row.head) for row in self._journal.read(statement, many=many, **moment)]

    def take(self, attempt: Attempt, token: str, for_: timedelta) -> bool:
        """Take an attempt, until `for_` from now; False when somebody else has it, a killed process until it runs out.

        Whoever took it looks at the run again before making it: another may have made it a moment ago.
        """
        values = {"run_id": attempt.run_id, "page": attempt.page, "person": attempt.person}
        while_ = f"+{for_.total_seconds():.3f} seconds"
        how = {"token": token, "for_": while_, "beyond": beyond_lease(for_)}
        return self._journal.jot(self._take, {**values, **how}) == 1

    def drop(self, attempt: Attempt, token: str) -> None:
        """Let an attempt go, once what came of it is recorded."""
        mine = {"of": attempt.run_id, "number": attempt.page, "whom": attempt.person, "by": token}
        self._journal.jot(_DROP, mine)

    def forget(self, before: datetime) -> int:
        """Take away what processes that were killed have left behind; how many."""
        return self._journal.jot(_FORGET, {"before": before})
