"""Runs whose first page is due at a time of our choosing, replicas that look after them, and how late each page was."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from benchmarks.rig.firm import CHANNEL, write_folder
from benchmarks.rig.processes import Running, environment, handrail_serve
from bot.engine import CommandHandler
from bot.engine.opening import StartRequest, plan_start
from bot.wiring.house import House, new_id, utc_now

PATIENCE = 60.0


@dataclass(frozen=True)
class Fired:
    """What came of the pages: seconds that each was late, runs that were paged twice, and runs that were not."""

    late: list[float]
    twice: int
    lost: int


class Rungs:
    """A PostgreSQL with runs, each with its page."""

    def __init__(self, home: Path, database: str, api_url: str) -> None:
        self.home, self.database, self.api_url = home, database, api_url
        self.folder = write_folder(home / "books", 50)
        self.house = House(environment("http", database, api_url, self.folder))

    def start(self, times: Sequence[datetime], channels: Sequence[str] = (CHANNEL,)) -> None:
        """A run for each time; a run calls its first people when it starts, so it starts then."""
        registry, at = self.house.registry(), utc_now()

        def now() -> datetime:
            return at

        handler = CommandHandler(self.house.journal(), self.house.book_of, now, new_id, lambda *_: None)
        for number, at in enumerate(times):
            channel = channels[number % len(channels)]
            wish = StartRequest(f"orders-{number % 50}", "round", "live", "ana", reason="One more.", channel=channel)
            handler.start(plan_start(registry, wish, at), "ana", "slack")

    @contextmanager
    def replicas(self, many: int) -> Iterator[list[Running]]:
        """So many `handrail serve`, ready."""
        with ExitStack() as stack:
            yield [
                stack.enter_context(handrail_serve("http", self.database, self.api_url, self.folder))
                for _ in range(many)
            ]

    def wait_until_fired(self, many: int, first: datetime, last: datetime) -> Fired:
        """What was recorded of pages due from `first` to `last`, once all are there or nothing more comes."""
        time.sleep(max(0.0, (last - utc_now()).total_seconds()))
        found: list[tuple[str, float]] = []
        ends, seen = time.monotonic() + PATIENCE, -1
        while time.monotonic() < ends:
            found = self._pages(first)
            if len({run for run, _ in found}) >= many and len(found) == seen:
                break
            seen = len(found)
            time.sleep(1.0)
        runs = Counter(run for run, _ in found)
        late = [seconds for _, seconds in found]
        return Fired(late, sum(times > 1 for times in runs.values()), many - len(runs))

    def _pages(self, since: datetime) -> list[tuple[str, float]]:
        asked = "SELECT run_id, at, body FROM record WHERE kind = 'paged'"
        with psycopg.connect(self.database.replace("+psycopg", "")) as connection:
            rows = connection.execute(asked).fetchall()
        pages = ((run, at, json.loads(body)) for run, at, body in rows)
        firsts = ((run, at, page) for run, at, page in pages if page["reason"] == "start")
        due = ((run, at, datetime.fromisoformat(page["was_due"])) for run, at, page in firsts)
        return [(run, (at - was_due).total_seconds()) for run, at, was_due in due if was_due >= since]


def spread(first: datetime, many: int, seconds: float) -> list[datetime]:
    """So many times, evenly over so many seconds."""
    return [first + timedelta(seconds=seconds * number / many) for number in range(many)]
