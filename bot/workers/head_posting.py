"""The ledger's newest head, posted once a day where Handrail's operators keep it: out of the database's reach."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.journal.ledger import Tip, read_tip
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.notifier.messenger import Messenger
from bot.render.message import Message, compose, context, section
from bot.workers.notices import Notices

LOOK_EVERY = timedelta(minutes=10)
"""How often it is looked whether today's head was posted."""


class Posting:
    """Posts the head of each day, by UTC, into one channel. Once, however often and from wherever it is asked."""

    def __init__(
        self, channel: str, journal: Journal, outbox: Outbox, messenger: Messenger, now: Callable[[], datetime]
    ) -> None:
        self._channel, self._journal, self._outbox, self._messenger, self._now = (
            channel,
            journal,
            outbox,
            messenger,
            now,
        )
        self._day: tuple[str, Notices] | None = None

    def look(self) -> None:
        """Post today's head if nobody has; what Slack does not take now is posted at a later look.

        What stands there is never edited: a head that was posted is one that people hold.
        """
        tip = read_tip(self._journal.read)
        if not tip.number:
            return
        notices = self._notices_of(f"ledger {self._now():%Y-%m-%d}")
        letter = notices.told({self._channel}).get(self._channel)
        if letter is None:
            notices.tell(self._channel, head_message(tip), None, None)
        elif letter.ts is None:  # nobody knows whether it arrived: look for it, and post anew at the next look
            notices.tell(self._channel, None, None, letter)

    def _notices_of(self, subject: str) -> Notices:
        if self._day is None or self._day[0] != subject:
            self._day = subject, Notices(subject, self._outbox, self._messenger, self._now)
        return self._day[1]


def head_message(tip: Tip) -> Message:
    """The head, in a line that `handrail verify --heads` reads, and what it is good for."""
    return compose(
        f"Today's head of the ledger: {tip}",
        section(f":ledger: Today's head of the ledger over all runs\n`{tip}`"),
        context(
            "Copy this line to where nobody can change it. `handrail verify --heads FILE`, with such lines in FILE, "
            "tells whether a run vanished or the record was made anew."
        ),
    )
