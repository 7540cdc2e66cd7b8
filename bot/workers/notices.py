"""One living message for each thing that a channel has to hear: posted, kept true, and ended when all is right."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.journal.outbox import Outbox, OutboxMessage
from bot.notifier.messenger import Doubtful, Gone, Impossible, Label, Limited, Messenger, Sent
from bot.notifier.refusals import About
from bot.render.message import Message

REFUSED = timedelta(minutes=1)
"""How long a channel that Slack does not let us post in is left alone."""
LOST = timedelta(minutes=1)
"""How long after a post of which nobody knows whether it arrived it is looked for, and else posted again."""

log = structlog.get_logger(__name__)


class Notices:
    """Tells channels of one subject. What was told before a restart, or by another process, is known by the letters.

    A message is known by its key: the channel that it stands in, or, where a channel hears of several things, the
    channel, a colon, and what it is about.
    """

    def __init__(self, subject: str, outbox: Outbox, messenger: Messenger, now: Callable[[], datetime]) -> None:
        """`subject` is what these messages carry in place of a run."""
        self._subject, self._outbox, self._messenger, self._now = subject, outbox, messenger, now
        self._refused: dict[str, datetime] = {}
        """Channels that Slack did not let us post in -> when that is tried again."""

    def told(self, keys: set[str]) -> dict[str, OutboxMessage]:
        """Those of these messages that stand."""
        return self._outbox.of(self._subject, keys)

    def standing(self) -> dict[str, OutboxMessage]:
        """Every message that stands."""
        return self.told({*self._outbox.keys_of(self._subject, "")})

    def tell(self, key: str, message: Message | None, over: Message | None, letter: OutboxMessage | None) -> None:
        """Let `message` stand where `letter` stands now; `over` is said when it is at an end.

        With neither, what stands there stays as it is. What Slack does not take now is told at the next call.
        """
        if letter is not None and letter.ts is None:
            letter = self._look_for(key, letter)
            if letter is None:
                return
        if letter is not None and over is not None:
            self._end(key, letter, over)
        elif message is not None and letter is None:
            self._post(key, message)
        elif message is not None and letter is not None and letter.shown != message.digest:
            self._change(key, letter, message)

    def _look_for(self, key: str, letter: OutboxMessage) -> OutboxMessage | None:
        """The message of which nobody knew whether it arrived; when it did not, it is forgotten."""
        if self._now() - letter.intended_at < LOST:
            return None
        found = self._messenger.find(_channel(key), self._subject, letter.intended_at)
        if isinstance(found, Mapping) and key in found:
            sent = found[key]
            self._outbox.sent(self._subject, key, sent.channel, sent.ts, sent.digest)
            return OutboxMessage(key, sent.channel, sent.ts, sent.digest, letter.intended_at)
        if isinstance(found, Mapping | Impossible):
            self._outbox.forget(self._subject, key)
        return None

    def _post(self, key: str, message: Message) -> None:
        if self._refused.get(key, self._now()) > self._now():
            return
        if not self._outbox.claim(self._subject, key):
            return  # another server tells it
        sent = self._messenger.post(_channel(key), message, Label(self._subject, key))
        match sent:
            case Sent():
                self._outbox.sent(self._subject, key, sent.channel, sent.ts, message.digest)
            case Limited():
                self._outbox.forget(self._subject, key)
            case Impossible(why=why):
                self._outbox.forget(self._subject, key)
                self._refused[key] = self._now() + REFUSED
                log.warning("a channel cannot be told", subject=self._subject, channel=_channel(key), why=why)
            case Doubtful(why=why):
                log.info("slack did not answer", channel=_channel(key), why=why)

    def _change(self, key: str, letter: OutboxMessage, message: Message) -> None:
        match self._messenger.update(
            letter.channel or _channel(key), letter.ts or "", message, Label(self._subject, key)
        ):
            case Sent():
                self._outbox.shown(self._subject, {key: message.digest})
            case Gone():
                self._outbox.forget(self._subject, key)
            case Impossible(why=why):
                log.warning("a message cannot be changed", subject=self._subject, channel=_channel(key), why=why)
            case _:
                return

    def _end(self, key: str, letter: OutboxMessage, over: Message) -> None:
        """Say in the thread, and in the channel, that all is right; the message itself says so too."""
        place = letter.channel or _channel(key)
        said = self._messenger.post(place, over, Label(self._subject, f"{key}:right"), letter.ts)
        if isinstance(said, Sent) or (isinstance(said, Impossible) and said.about is About.THREAD):
            self._messenger.update(place, letter.ts or "", over, Label(self._subject, key))
            self._outbox.forget(self._subject, key)

    def forget(self, key: str) -> None:
        """Leave a message as it stands, and know of it no more."""
        self._outbox.forget(self._subject, key)


def _channel(key: str) -> str:
    return key.partition(":")[0]
