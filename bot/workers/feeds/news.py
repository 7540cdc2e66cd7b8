"""What an owner team hears of its feeds: that one is dead, once, and that it is right again."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.format.catalogue import Catalogue, Rotation
from bot.journal.feeds import State
from bot.journal.outbox import Outbox, OutboxMessage
from bot.notifier.messenger import Doubtful, Impossible, Label, Limited, Messenger, Sent
from bot.notifier.refusals import About
from bot.oncall.roster import feed_name
from bot.render.message import Message
from bot.render.rota import feed_dead, feed_right

DEAD_AFTER = timedelta(minutes=30)
"""How long a feed has no good copy before anybody is told."""
REFUSED = timedelta(minutes=1)
"""How long a channel that does not let us post is left alone."""
LOST = timedelta(minutes=1)
"""How long after a post of which nobody knows whether it arrived it is looked for, and else posted again."""
OF_FEEDS = "feeds"
"""What these messages carry in place of a run."""

log = structlog.get_logger(__name__)


class FeedNews:
    """One message for each dead feed and team. What was told before a restart is remembered by the letters."""

    def __init__(
        self, catalogue: Callable[[], Catalogue], outbox: Outbox, messenger: Messenger, now: Callable[[], datetime]
    ) -> None:
        self._catalogue, self._outbox, self._messenger, self._now = catalogue, outbox, messenger, now
        self._silent: set[str] = set()
        """Dead feeds that could be told to nobody; each is logged once."""
        self._refused: dict[str, datetime] = {}
        """What Slack did not take -> when it is tried again."""

    def look(self, feeds: Mapping[str, State]) -> None:
        """Tell what has changed. What Slack does not take now is told at the next look."""
        for rotation in self._catalogue().rotations.values():
            kept = feeds.get(feed_name(rotation) or "")
            channel = self._channel(rotation) if kept is not None else None
            if kept is None or channel is None:
                self._warn(rotation, kept)
                continue
            key = f"{channel}:{rotation.id}"
            letter = self._outbox.of(OF_FEEDS, [key]).get(key)
            if letter is not None and letter.ts is None:
                self._look_for(channel, key, letter)
            elif letter is None and self._is_dead(kept):
                self._post(
                    channel, key, feed_dead(rotation.id, feed_name(rotation) or "", kept.fetched_at, kept.failure)
                )
            elif letter is not None and kept.failing_since is None and kept.fetched_at is not None:
                self._end(channel, key, letter, feed_right(rotation.id, kept.fetched_at))

    def _is_dead(self, kept: State) -> bool:
        good = kept.fetched_at or kept.failing_since
        return kept.failing_since is not None and good is not None and self._now() - good >= DEAD_AFTER

    def _channel(self, rotation: Rotation) -> str | None:
        """Where the owner of a rotation is told: its team, or who owns an asset whose ladder has it."""
        catalogue = self._catalogue()
        named = f"rotation:{rotation.id}"
        ladders = {one.id for one in catalogue.ladders.values() if any(named in rung.tell for rung in one.rungs)}
        owners = [rotation.team, *(one.owner for one in catalogue.assets.values() if one.ladder in ladders)]
        teams = (catalogue.teams[one] for one in owners if one in catalogue.teams)
        return next((team.channel for team in teams if team.channel is not None), None)

    def _warn(self, rotation: Rotation, kept: State | None) -> None:
        if kept is not None and self._is_dead(kept) and rotation.id not in self._silent:
            self._silent.add(rotation.id)
            log.warning("no team with a channel owns this dead feed", rotation=rotation.id, why=kept.failure)

    def _look_for(self, channel: str, key: str, letter: OutboxMessage) -> None:
        """Find the message of which nobody knew whether it arrived; when it did not, it is forgotten."""
        if self._now() - letter.intended_at < LOST:
            return
        found = self._messenger.find(channel, OF_FEEDS, letter.intended_at)
        if isinstance(found, Mapping) and key in found:
            sent = found[key]
            self._outbox.sent(OF_FEEDS, key, sent.channel, sent.ts, sent.digest)
        elif isinstance(found, Mapping | Impossible):
            self._outbox.forget(OF_FEEDS, key)

    def _post(self, channel: str, key: str, message: Message) -> None:
        if self._refused.get(key, self._now()) > self._now() or not self._outbox.claim(OF_FEEDS, key):
            return  # Slack did not let us a moment ago, or another server tells it
        sent = self._messenger.post(channel, message, Label(OF_FEEDS, key))
        match sent:
            case Sent():
                self._outbox.sent(OF_FEEDS, key, sent.channel, sent.ts, message.digest)
            case Limited():
                self._outbox.forget(OF_FEEDS, key)
            case Impossible(why=why):
                self._outbox.forget(OF_FEEDS, key)
                self._refused[key] = self._now() + REFUSED
                log.warning("the owner team cannot be told of a dead feed", channel=channel, why=why)
            case Doubtful(why=why):
                log.info("slack did not answer", channel=channel, why=why)

    def _end(self, channel: str, key: str, letter: OutboxMessage, message: Message) -> None:
        """Say in the thread, and in the channel, that the feed is right again."""
        said = self._messenger.post(letter.channel or channel, message, Label(OF_FEEDS, f"{key}:right"), letter.ts)
        if isinstance(said, Sent) or (isinstance(said, Impossible) and said.about is About.THREAD):
            self._outbox.forget(OF_FEEDS, key)
