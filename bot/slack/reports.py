"""Brings the report of a run to its thread: as files, else as posts; never nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

import structlog

from bot.engine import CommandHandler
from bot.engine.reading import open_reading
from bot.journal.rows import RunRow
from bot.notifier.messenger import Failed, Label, Sent
from bot.render.prose import MODES, say_outcome
from bot.render.report.formats import Templates, formats_with
from bot.render.report.posts import comment_of, report_posts
from bot.slack.messenger import Destination, SlackMessenger

_IN_WORDS = frozenset({"md", "postmortem"})
"""Formats that can be read in a post; for the others the first of them is."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """A report as a file, and what is to be said about it."""

    name: str
    text: str
    notices: tuple[str, ...] = ()


class Reporter:
    """Writes reports and shares them. Safe to share between threads."""

    def __init__(
        self,
        handler: CommandHandler,
        speaker: SlackMessenger,
        templates: Templates,
        now: Callable[[], datetime],
        address: str | None,
    ) -> None:
        """`address`: under which people reach the pages, if they do."""
        self._handler, self._speaker, self._now, self._address = handler, speaker, now, address
        self._formats = formats_with(templates)

    @property
    def formats(self) -> tuple[str, ...]:
        """What can be asked for."""
        return tuple(self._formats)

    def link_to(self, ref: str) -> str:
        """The page of a run; "" where people reach none."""
        return f"{self._address.rstrip('/')}/runs/{ref}" if self._address else ""

    def write(self, row: RunRow, format_: str, zone: tzinfo) -> Written:
        """A run in a format. What cannot be read by this version is raised as Unreadable or LookupError."""
        notices: list[str] = []
        reading = open_reading(self._handler.journal, self._handler.book, row, until=self._now())
        text = "".join(self._formats[format_].write(reading, zone, notices.append))
        for notice in notices:
            log.warning("a report is not as it was meant", run=row.ref, format=format_, notice=notice)
        return Written(self._formats[format_].name_file(row.ref), text, tuple(notices))

    def upload(self, row: RunRow, files: Iterable[Written], place: Destination) -> str | Failed:
        """Share files in one message, once; the first one's id."""
        every = tuple(files)
        notices = tuple(dict.fromkeys(notice for one in every for notice in one.notices))
        outcome = say_outcome(row.outcome) if row.outcome else "still open"
        title = f"{MODES[row.mode]} {row.ref}: {row.asset_name}"
        comment = comment_of(title, outcome, f"handrail verify {row.ref} --head {row.hash}", notices)
        contents = {one.name: one.text.encode() for one in every}
        return self._speaker.upload_all(place.channel, contents, place.thread_ts, comment)

    def post(self, row: RunRow, format_: str, zone: tzinfo, place: Destination) -> Sent | Failed:
        """The report in posts, where no file is taken; the last that stands, or how the first failed."""
        written = self.write(row, format_ if format_ in _IN_WORDS else "md", zone)
        stands: Sent | Failed | None = None
        for number, message in enumerate(report_posts(row.ref, written.text, self.link_to(row.ref)), 1):
            label = Label(row.run_id, f"report:{row.head}:{number}")
            sent = self._speaker.post(place.channel, message, label, place.thread_ts)
            if not isinstance(sent, Sent):
                log.warning("a report could not be posted", run=row.ref, part=number, outcome=repr(sent))
                return stands or sent
            stands = sent
        if stands is None:
            raise ValueError(f"the report of {row.ref} is empty")
        return stands
