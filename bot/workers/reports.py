"""When a run has ended, its report goes to its thread by itself: once, and at least once after a kill."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.exc import SQLAlchemyError

from bot.bulkhead import bulkhead
from bot.journal import tables
from bot.journal.chain import Unreadable
from bot.journal.outbox import Outbox
from bot.journal.rows import RunRow
from bot.journal.store import Journal, NotRecorded
from bot.notifier.messenger import Doubtful, Impossible, Limited, Sent
from bot.slack.messenger import Destination

if TYPE_CHECKING:
    from bot.slack.reports import Reporter

KEY = "report"
"""Under which the letters remember that a run's report was shared."""
LOOK_EVERY = 3.0
LOST = timedelta(minutes=2)
"""How long after it was begun a report of which nobody knows whether it arrived is shared again."""
RECENT = timedelta(days=3)
"""Runs that ended longer ago are left alone, so that a new version does not fill old threads."""
_FORMATS = ("html", "md")
_MANY, _DOUBTS, _BRIEF = 20, 3, 10.0
_REFUSED = 600.0
"""Seconds until a report that Slack refused is tried again: the run may have moved, or the app been put right."""
_NOWHERE = "-"
_UTC = ZoneInfo("UTC")
log = structlog.get_logger(__name__)

_run, _message = tables.run.c, tables.message.c
_of_run = _message.run_id == _run.run_id
_HAS_CARD = exists().where(and_(_of_run, _message.key == "card", _message.ts.is_not(None)))
_IS_SHARED = exists().where(and_(_of_run, _message.key == KEY, _message.ts.is_not(None)))
_ENDED = (
    select(_run.run_id)
    .where(
        _run.state == "ended", _run.ended_at >= bindparam("since"), _run.told >= _run.head, _run.imported.is_(False),
        _HAS_CARD, ~_IS_SHARED,
    )
    .order_by(_run.ended_at)
    .limit(bindparam("many"))
)  # fmt: skip


class Endings:
    """Shares the reports of runs that have ended. `run` on a thread; safe beside other servers."""

    def __init__(
        self, journal: Journal, outbox: Outbox, reporter: "Callable[[], Reporter]", now: Callable[[], datetime]
    ) -> None:
        """`reporter` gives who writes reports."""
        self._journal, self._outbox, self._reporter, self._now = journal, outbox, reporter, now
        self._not_before: dict[str, datetime] = {}
        self._doubts: dict[str, int] = {}

    def run(self, stopping: Event) -> None:
        """Look every few seconds, until `stopping`."""
        while not stopping.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        """Share what is not shared yet. What Slack or the database does not take now is shared at a later look."""
        try:
            found = self._journal.read(_ENDED, since=self._now() - RECENT, many=_MANY + len(self._not_before))
            for run_id in [row.run_id for row in found]:
                self._attend(run_id)
        except (SQLAlchemyError, NotRecorded) as failure:
            log.warning("reports are shared later", failure=str(failure))

    def _attend(self, run_id: str) -> None:
        if self._not_before.get(run_id, self._now()) > self._now() or not self._take(run_id):
            return
        row = self._journal.run_row(run_id)
        if row is not None and row.channel and row.thread_ts:
            self._share_guarded(row, Destination(row.channel, row.thread_ts))

    def _take(self, run_id: str) -> bool:
        """Whether it is ours to share: nobody has begun, or whoever did was lost on the way."""
        if self._outbox.claim(run_id, KEY):
            return True
        letter = self._outbox.of(run_id, [KEY]).get(KEY)
        if letter is None or letter.ts is not None or self._now() - letter.intended_at.astimezone(UTC) < LOST:
            return False
        self._outbox.forget(run_id, KEY)
        return self._outbox.claim(run_id, KEY)

    def _share_guarded(self, row: RunRow, place: Destination) -> None:
        """One run that cannot be told keeps no other from being told."""
        with bulkhead(log, "a report could not be shared", run=row.ref) as sharing:
            self._share(row, place)
        if isinstance(sharing.failure, (Unreadable, LookupError)):
            self._outbox.sent(row.run_id, KEY, place.channel, _NOWHERE, "")
        elif sharing.failure is not None:
            self._later(row.run_id, LOST.total_seconds())

    def _share(self, row: RunRow, place: Destination) -> None:
        written = [self._reporter().write(row, format_, _UTC) for format_ in _FORMATS]
        outcome = self._reporter().upload(row, written, place)
        doubts = self._doubts.get(row.run_id, 0) + isinstance(outcome, Doubtful)
        match outcome:
            case str(file):
                self._settle(row.run_id, place.channel, file)
            case Limited(seconds=seconds):
                self._later(row.run_id, seconds)
            case Doubtful() if doubts < _DOUBTS:
                self._doubts[row.run_id] = doubts
                self._later(row.run_id, _BRIEF * doubts)
            case _:
                log.info("a report is told in posts", run=row.ref, outcome=repr(outcome))
                self._post(row, place)

    def _post(self, row: RunRow, place: Destination) -> None:
        match self._reporter().post(row, "md", _UTC, place):
            case Sent(ts=ts):
                self._settle(row.run_id, place.channel, ts)
            case Limited(seconds=seconds):
                self._later(row.run_id, seconds)
            case Doubtful():
                self._later(row.run_id, LOST.total_seconds())
            case Impossible(why=why):
                log.warning("slack takes no report", run=row.ref, why=why)
                self._later(row.run_id, _REFUSED)

    def _settle(self, run_id: str, channel: str, ts: str) -> None:
        self._outbox.sent(run_id, KEY, channel, ts, "")
        self._doubts.pop(run_id, None)
        self._not_before.pop(run_id, None)

    def _later(self, run_id: str, seconds: float) -> None:
        self._not_before[run_id] = self._now() + timedelta(seconds=seconds)
        self._outbox.forget(run_id, KEY)
