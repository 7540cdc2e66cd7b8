"""Who looks after the people of open runs: once the catalogue says otherwise than a run, the run is told."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.bulkhead import bulkhead
from bot.engine import CommandHandler, RunRow
from bot.engine.opening import people_now
from bot.format.catalogue import CLOCK, Catalogue
from bot.library.registry import Registry
from bot.oncall.roster import Roster
from bot.run.commands import NotePeople
from bot.run.members.rules import judge_people

PEOPLE, PEOPLE_FOR = "people", timedelta(seconds=30)
"""One process judges for all, and keeps that duty for so long after each look."""
TURNS_EVERY = timedelta(minutes=1)
"""How often whoever came on call is looked for while the catalogue is the same."""
log = structlog.get_logger(__name__)


class PeopleOfRuns:
    """Holds every open run to the catalogue; only by one that loads whole. `look` at each change, and every while."""

    def __init__(
        self, handler: CommandHandler, registry: Registry, roster: Roster, now: Callable[[], datetime]
    ) -> None:
        self._handler, self._registry, self._roster, self._now = handler, registry, roster, now
        self._was_whole = True
        self._judged: dict[str, tuple[Catalogue, datetime]] = {}
        """Run -> the catalogue that it was held to, and when: turns on call change without it."""

    def look(self) -> None:
        """Judge every open run. One that breaks is logged, and the others are judged."""
        whole = self._registry.is_whole
        if not whole:
            if self._was_whole:
                log.warning("the catalogue does not load whole: the people of open runs stay as they were")
            self._was_whole = whole
            return
        self._was_whole = whole
        rows = [row for row in self._handler.open_runs() if not row.imported and row.state == "open"]
        self._judged = {row.run_id: self._judged[row.run_id] for row in rows if row.run_id in self._judged}
        catalogue, now = self._registry.catalogue, self._now()
        for row in rows:
            before = self._judged.get(row.run_id)
            same = before is not None and before[0] is catalogue and now - before[1] < TURNS_EVERY
            if not same and self._judge(row):
                self._judged[row.run_id] = (catalogue, now)

    def _judge(self, row: RunRow) -> bool:
        """Whether it could be judged."""
        with bulkhead(log, "the people of a run could not be judged", run=row.ref) as judging:
            seen = self._handler.seen(row.run_id)
            run = seen if seen is not None and seen.seq == row.head else self._handler.load(row.run_id)
            now = people_now(self._registry, run, self._now(), self._roster)
            if not run.over and any(True for _ in judge_people(run.members, now)):
                self._handler.handle(row.run_id, NotePeople(now), CLOCK, "clock")
        return judging.failure is None
