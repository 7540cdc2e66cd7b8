"""What follows from a run's record: facts, picture and proof, told as reports tell them, once for all who look."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from markupsafe import Markup

from bot.engine import CommandHandler
from bot.engine.reading import open_reading
from bot.journal.rows import RunRow
from bot.render.report.contents import tell_report
from bot.render.report.picture.drawing import draw_picture
from bot.render.report.picture.plot import plot
from bot.timeline.entries import Timeline
from bot.web.pages.frame import draw
from bot.web.pages.words import time_html

REST = timedelta(seconds=5)
"""What those who look are sent anew no sooner than this: to tell the whole record again costs more than one entry."""
AGED = timedelta(minutes=1)
"""After so long the facts of an open run are told again for whoever comes, as its clocks go on without a record."""
LONGEST = 10_000
"""Records of a run that pages sum up; the copies sum up any."""
_KEPT = 64


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The part of a page that the whole record is needed for, as it stood after the record `seq`."""

    seq: int
    at: datetime
    html: Markup


@dataclass
class _Sheet:
    """What was told last of one run; `telling` is held while it is told."""

    facts: PageFacts | None = None
    telling: Lock = field(default_factory=Lock)


class FactSheets:
    """Tells the facts of runs, and keeps what it told. Safe to share between threads."""

    def __init__(self, handler: CommandHandler, now: Callable[[], datetime]) -> None:
        """Take the command handler and a clock; nothing is read yet."""
        self._handler, self._now = handler, now
        self._sheets: OrderedDict[str, _Sheet] = OrderedDict()
        self._lock = Lock()

    def tell(self, row: RunRow) -> PageFacts:
        """The facts as of the last record of `row`, told by whoever asks first."""
        sheet = self._sheet(row.run_id)
        with sheet.telling:
            facts = sheet.facts
            if facts is None or self._is_old(facts, row):
                facts = sheet.facts = self._tell(row)
        return facts

    def due(self, run_id: str, seq: int) -> int:
        """The record up to which facts are worth sending while the last one is `seq`: that one, or what is kept."""
        facts = self._sheet(run_id).facts
        return seq if facts is None or abs(self._now() - facts.at) >= REST else facts.seq

    def recent(self, row: RunRow) -> PageFacts:
        """What is worth sending: the facts that are `due`."""
        kept = self._sheet(row.run_id).facts
        return kept if kept is not None and kept.seq == self.due(row.run_id, row.head) else self.tell(row)

    def _sheet(self, run_id: str) -> _Sheet:
        with self._lock:
            sheet = self._sheets.setdefault(run_id, _Sheet())
            self._sheets.move_to_end(run_id)
            while len(self._sheets) > _KEPT:
                self._sheets.popitem(last=False)
        return sheet

    def _is_old(self, facts: PageFacts, row: RunRow) -> bool:
        return facts.seq != row.head or (row.open and abs(self._now() - facts.at) >= AGED)

    def _tell(self, row: RunRow) -> PageFacts:
        now = self._now()
        if row.head > LONGEST:
            return PageFacts(row.head, now, draw("parts/too_long", ref=row.ref, records=row.head, most=LONGEST))
        reading = open_reading(self._handler.journal, self._handler.book, row, until=now)
        last = deque(reading.entries(), maxlen=1)  # the log shows the others; here what follows from them is told
        return PageFacts(row.head, now, _draw(reading.timeline(last), now))


def _draw(timeline: Timeline, now: datetime) -> Markup:
    return draw(
        "parts/facts", report=tell_report(timeline, UTC), over=timeline.run.outcome is not None,
        picture=Markup(draw_picture(plot(timeline, UTC))), at=time_html(now, "time"),  # noqa: S704  (of escaped words)
    )  # fmt: skip
