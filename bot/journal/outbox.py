"""What was posted where: the notifier's memory of each message, by the key it gave it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Executable, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.store import Journal
from bot.journal.tables import database_now


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message of a run. Without `ts` it was about to be posted: look for it before posting again.

    `shown` is the digest of what it shows.
    """

    key: str
    channel: str | None
    ts: str | None
    shown: str | None
    intended_at: datetime


_message = tables.message.c
_OF = select(_message.key, _message.channel, _message.ts, _message.shown, _message.intended_at).where(
    _message.run_id == bindparam("run_id"), _message.key.in_(bindparam("keys", expanding=True))
)
_LIKE = select(_message.key).where(
    _message.run_id == bindparam("run_id"), _message.key.startswith(bindparam("start"), autoescape=False)
)
_RUNS_WITH = (
    select(_message.run_id)
    .join(tables.run, tables.run.c.run_id == _message.run_id)
    .where(tables.run.c.state == "open", _message.key.startswith(bindparam("start"), autoescape=False))
    .distinct()
)
_THIS = (_message.run_id == bindparam("of")) & (_message.key == bindparam("which"))
_FORGET = delete(tables.message).where(_THIS)
_SHOW = update(tables.message).where(_THIS).values(shown=bindparam("digest"))


class Outbox:
    """The messages of each run, in the journal's database."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        build = sqlite.insert if journal.engine.dialect.name == "sqlite" else postgresql.insert
        fresh = build(tables.message).values(intended_at=database_now())
        self._intend = fresh.on_conflict_do_nothing(index_elements=["run_id", "key"])
        # Of an INSERT the count of rows is thrown away unless it is asked for.
        self._claim = self._intend.execution_options(preserve_rowcount=True)
        known = {name: fresh.excluded[name] for name in ("channel", "ts", "shown")}
        self._sent = fresh.on_conflict_do_update(index_elements=["run_id", "key"], set_=known)

    def of(self, run_id: str, keys: Iterable[str]) -> dict[str, OutboxMessage]:
        """Those of these messages that are known, by their keys: a long run has thousands."""
        found = self._journal.read(_OF, run_id=run_id, keys=list(keys))
        return {row.key: OutboxMessage(**row._mapping) for row in found}  # noqa: SLF001  (public)

    def keys_of(self, run_id: str, start: str) -> list[str]:
        """The keys of a run's messages that begin so, in no order."""
        return [row.key for row in self._journal.read(_LIKE, run_id=run_id, start=start)]

    def runs_with(self, start: str) -> list[str]:
        """The open runs that have a message with a key that begins so."""
        return [row.run_id for row in self._journal.read(_RUNS_WITH, start=start)]

    def intend(self, run_id: str, *keys: str) -> None:
        """Remember that these are about to be posted; those that are known already stay as they are."""
        self._execute(self._intend, [{"run_id": run_id, "key": key} for key in keys])

    def claim(self, run_id: str, key: str) -> bool:
        """Remember that this is about to be posted; False when somebody else does so, or it was posted already."""
        return self._journal.change(self._claim, {"run_id": run_id, "key": key}) == 1

    def sent(self, run_id: str, key: str, channel: str, ts: str, digest: str) -> None:
        """Remember where a message stands and what it shows."""
        row = {"run_id": run_id, "key": key, "channel": channel, "ts": ts, "shown": digest}
        self._execute(self._sent, [row])

    def shown(self, run_id: str, digests: Mapping[str, str]) -> None:
        """Remember what messages show now, by their keys: one transaction for all that were updated."""
        self._execute(_SHOW, [{"of": run_id, "which": key, "digest": digest} for key, digest in digests.items()])

    def forget(self, run_id: str, *keys: str) -> None:
        """Forget messages that are gone."""
        self._execute(_FORGET, [{"of": run_id, "which": key} for key in keys])

    def _execute(self, statement: Executable, values: list[dict[str, str]]) -> None:
        if values:
            self._journal.jot(statement, values)
