"""One living message for each channel that has something to hear: posted, kept true, and ended when all is right."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.journal.letters import Letter, Letters
from bot.notifier.refusals import About
from bot.notifier.voice import Doubtful, Gone, Impossible, Label, Limited, Sent, Voice
from bot.render.message import Message

REFUSED = timedelta(minutes=1)
"""How long a channel that Slack does not let us post in is left alone."""
LOST = timedelta(minutes=1)
"""How long after a post of which nobody knows whether it arrived it is looked for, and else posted again."""

log = structlog.get_logger(__name__)


class Notices:
    """Tells channels of one subject. What was told before a restart, or by another process, is known by the letters."""

    def __init__(self, subject: str, letters: Letters, voice: Voice, now: Callable[[], datetime]) -> None:
        """`subject` is what these messages carry in place of a run."""
        self._subject, self._letters, self._voice, self._now = subject, letters, voice, now
        self._refused: dict[str, datetime] = {}
        """Channels that Slack did not let us post in -> when that is tried again."""

    def told(self, channels: set[str]) -> dict[str, Letter]:
        """What stands in these channels."""
        return self._letters.of(self._subject, channels)

    def tell(self, channel: str, message: Message | None, over: Message | None, letter: Letter | None) -> None:
        """Let `message` stand in the channel where `letter` stands now; `over` is said when it is at an end.

        With neither, what stands there stays as it is. What Slack does not take now is told at the next call.
        """
        if letter is not None and letter.ts is None:
            letter = self._look_for(channel, letter)
            if letter is None:
                return
        if letter is not None and over is not None:
            self._end(channel, letter, over)
        elif message is not None and letter is None:
            self._post(channel, message)
        elif message is not None and letter is not None and letter.shown != message.digest:
            self._change(channel, letter, message)

    def _look_for(self, channel: str, letter: Letter) -> Letter | None:
        """The message of which nobody knew whether it arrived; when it did not, it is forgotten."""
        if self._now() - letter.intended_at < LOST:
            return None
        found = self._voice.find(channel, self._subject, letter.intended_at)
        if isinstance(found, Mapping) and channel in found:
            sent = found[channel]
            self._letters.sent(self._subject, channel, sent.channel, sent.ts, sent.digest)
            return Letter(channel, sent.channel, sent.ts, sent.digest, letter.intended_at)
        if isinstance(found, Mapping | Impossible):
            self._letters.forget(self._subject, channel)
        return None

    def _post(self, channel: str, message: Message) -> None:
        if self._refused.get(channel, self._now()) > self._now():
            return
        if not self._letters.claim(self._subject, channel):
            return  # another server tells it
        sent = self._voice.post(channel, message, Label(self._subject, channel))
        match sent:
            case Sent():
                self._letters.sent(self._subject, channel, sent.channel, sent.ts, message.digest)
            case Limited():
                self._letters.forget(self._subject, channel)
            case Impossible(why=why):
                self._letters.forget(self._subject, channel)
                self._refused[channel] = self._now() + REFUSED
                log.warning("a channel cannot be told", subject=self._subject, channel=channel, why=why)
            case Doubtful(why=why):
                log.info("slack did not answer", channel=channel, why=why)

    def _change(self, channel: str, letter: Letter, message: Message) -> None:
        match self._voice.update(letter.channel or channel, letter.ts or "", message, Label(self._subject, channel)):
            case Sent():
                self._letters.shown(self._subject, {channel: message.digest})
            case Gone():
                self._letters.forget(self._subject, channel)
            case Impossible(why=why):
                log.warning("a message cannot be changed", subject=self._subject, channel=channel, why=why)
            case _:
                return

    def _end(self, channel: str, letter: Letter, over: Message) -> None:
        """Say in the thread, and in the channel, that all is right; the message itself says so too."""
        place = letter.channel or channel
        said = self._voice.post(place, over, Label(self._subject, f"{channel}:right"), letter.ts)
        if isinstance(said, Sent) or (isinstance(said, Impossible) and said.about is About.THREAD):
            self._voice.update(place, letter.ts or "", over, Label(self._subject, channel))
            self._letters.forget(self._subject, channel)
