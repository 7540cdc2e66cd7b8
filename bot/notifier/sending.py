"""One round's calls to Slack for one run: within limits, written down before and after, repaired where it helps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.journal.outbox import Outbox, OutboxMessage
from bot.notifier.backlog import Backlog
from bot.notifier.lanes import Lanes, Rank
from bot.notifier.messenger import Doubtful, Failed, Gone, Impossible, Label, Limited, Messenger, Sent
from bot.notifier.patience import Patience
from bot.notifier.refusals import About
from bot.notifier.repair import repairs, with_way_back
from bot.notifier.troubles import Troubles
from bot.render.message import Message
from bot.render.thread import CARD
from bot.render.thread.paging import PAGE
from bot.run.commands import NoteAttempt

POST, UPDATE, LOOK, OPEN = "chat.postMessage", "chat.update", "conversations.replies", "conversations.open"
HELD_BACK = 120.0
"""Seconds until a message that Slack refused as such is tried again."""
LOST_KEY = 120
"""Characters of the key of a post that says that another one did not arrive."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DeliveryContext:
    """What every delivery works with.

    `channel_of_team` gives a team's channel, if the catalogue names one; `note` records whether a page was taken.
    """

    messenger: Messenger
    outbox: Outbox
    channel_of_team: Callable[[str], str | None]
    note: Callable[[str, NoteAttempt], object]
    lanes: Lanes
    troubles: Troubles
    direct: dict[str, str] = field(default_factory=dict)
    """Slack id -> channel of the direct messages with them, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A place to post: a channel, and the message there that is answered."""

    channel: str
    thread_ts: str | None = None


class Sending:
    """`hold` renews the lease on the run, or raises when somebody else has it by now. `wait`: when to come back."""

    def __init__(
        self,
        context: DeliveryContext,
        backlog: Backlog,
        patience: Patience,
        hold: Callable[[], None],
        known: dict[str, OutboxMessage],
    ) -> None:
        """`known` are the messages of the run that may stand in Slack, by their keys."""
        self.context, self.run, self.patience, self.known = context, backlog.run, patience, known
        self._current_key, self._hold = backlog.current_key, hold
        self.wait: float | None = None

    def later(self, seconds: float) -> None:
        """Something is left to do in so many seconds."""
        self.wait = seconds if self.wait is None else min(self.wait, seconds)

    def failed(self, method: str, how: Failed, channel: str = "") -> None:
        """Remember what holds for later calls, and when to try again."""
        match how:
            case Limited(seconds=seconds):
                if method != POST:
                    self.patience.limit(method, seconds, channel if method == LOOK else "")
                self.later(seconds)
            case Doubtful(why=why):
                log.info("slack did not answer", run=self.run.start.ref, method=method, why=why)
                self.later(self.patience.lose())
            case Impossible() if self.about(how, channel) is About.APP:
                log.error("slack refuses handrail", method=method, why=how.why, needed=how.needed)
                self.later(self.context.troubles.shut_method(method, how))
            case Impossible():
                pass

    def about(self, how: Impossible, place: str) -> About:
        """What a refusal is about, as far as everything that was refused says."""
        return self.context.troubles.about(how, place)

    def may(self, method: str, channel: str = "", *, though_refused: bool = False) -> bool:
        """Whether Slack lets us call this now; otherwise the round comes back to it.

        `though_refused`: also while it is known that the app may not, since the refusal of this very call counts.
        """
        left = self.patience.left(method, channel) or (
            0.0 if though_refused else self.context.troubles.wait_for(method)
        )
        if left > 0:
            self.later(left)
        return left <= 0

    def keep(self, key: str, sent: Sent) -> None:
        """Remember that this stands there."""
        self.patience.gain()
        self.context.outbox.sent(self.run.id, key, sent.channel, sent.ts, sent.digest)
        intended = self.known[key].intended_at if key in self.known else self.run.started_at
        self.known[key] = OutboxMessage(key, sent.channel, sent.ts, sent.digest, intended)

    def forget(self, *keys: str) -> None:
        """These are not there any more."""
        self.context.outbox.forget(self.run.id, *keys)
        for key in keys:
            self.known.pop(key, None)

    def stands(self, key: str) -> bool:
        """Whether it is known to stand in Slack."""
        return key in self.known and self.known[key].ts is not None

    def is_lost(self, key: str) -> bool:
        """Whether it was about to be posted, and nobody knows whether it was."""
        return key in self.known and self.known[key].ts is None

    def look(self, spot: Destination, keys: Mapping[str, datetime]) -> bool:
        """Look for messages by their keys and keep those that are there. True when we know all that can be known."""
        if not self.may(LOOK, spot.channel):
            return False
        self._hold()
        found = self.context.messenger.find(spot.channel, self.run.id, min(keys.values()), spot.thread_ts)
        if isinstance(found, Doubtful | Limited):
            self.failed(LOOK, found, spot.channel)
            return False
        if isinstance(found, Impossible):
            log.warning("cannot look for a post", run=self.run.start.ref, channel=spot.channel, why=found.why)
            return True
        for key in keys:
            if key in found:
                self.keep(key, found[key])
        return True

    def direct_spot(self, user: str) -> Destination:
        """Where to post to somebody: a conversation that is known, else their id.

        Slack opens the conversation by itself then. To open it first is a second call for each person, and one that
        Slack takes some fifty times a minute: a rung of many would wait for it.
        """
        return Destination(self.context.direct.get(user, user))

    def open_direct(self, user: str) -> Destination | Failed:
        """The place of the direct messages with somebody, to be looked into, or to move to."""
        known = self.context.direct.get(user)
        if known is not None:
            return Destination(known)
        if not self.may(OPEN):
            return Limited(self.wait or 0.0)
        self._hold()
        opened = self.context.messenger.open_dm(user)
        if not isinstance(opened, str):
            self.failed(OPEN, opened, user)
            return opened
        self.context.troubles.fine(OPEN, user)
        self.context.direct[user] = opened
        return Destination(opened)

    def post(self, key: str, message: Message, spot: Destination, *, though_refused: bool = False) -> Sent | Failed:
        """Post, and once more with less of it when the message itself is refused; what is wanted counts as shown."""
        how = self._post_once(key, message, spot, though_refused=though_refused)
        if isinstance(how, Impossible):
            for other in repairs(message, how):
                log.warning("a post is repaired", run=self.run.start.ref, key=key, why=how.why)
                how = self._post_once(key, other, spot)
                if not isinstance(how, Impossible):
                    break
        if isinstance(how, Sent):
            self.keep(key, Sent(how.channel, how.ts, message.digest))
            self.context.troubles.fine(POST, spot.channel)
            self.patience.release(key)
        else:
            self.failed(POST, how, spot.channel)
        return how

    def _post_once(
        self, key: str, message: Message, spot: Destination, *, though_refused: bool = False
    ) -> Sent | Failed:
        """It is written down before, so that after a crash somebody looks for it first."""
        if not self.may(POST, though_refused=though_refused):
            return Limited(self.wait or 0.0)
        lanes, run_id = self.context.lanes, self.run.id
        wait = lanes.enter(spot.channel, run_id, self.rank(key))
        if wait > 0:
            return Limited(wait)
        how: Sent | Failed = Doubtful("it was broken off")
        try:
            self._hold()
            self.context.outbox.intend(run_id, key)
            self.known.setdefault(key, OutboxMessage(key, None, None, None, self.run.started_at))
            how = self.context.messenger.post(
                spot.channel, self._with_way_back(key, message), Label(run_id, key), spot.thread_ts
            )
        finally:
            lanes.leave(spot.channel, run_id, how)
        if isinstance(how, Limited | Impossible):
            self.forget(key)
        return how

    def rank(self, key: str) -> Rank:
        """What goes first where not everything can go at once."""
        if key == CARD:
            return Rank.CARD
        if key == self._current_key:
            return Rank.CURRENT
        return Rank.PAGE if key.partition(":")[0] == PAGE else Rank.REST

    def update(self, outgoing: OutboxMessage, message: Message) -> Sent | Gone | Failed:
        """Change what stands there, with less of it when it is refused as it is."""
        how = self._update_once(outgoing, message)
        if isinstance(how, Impossible):
            for other in repairs(message, how):
                how = self._update_once(outgoing, other)
                if not isinstance(how, Impossible):
                    break
        if isinstance(how, Sent):
            self.patience.gain()
            self.patience.release(outgoing.key)
            self.context.troubles.fine(UPDATE, outgoing.channel or "")
        elif not isinstance(how, Gone):
            self.failed(UPDATE, how, outgoing.channel or "")
        return how

    def _update_once(self, outgoing: OutboxMessage, message: Message) -> Sent | Gone | Failed:
        self._hold()
        shown = self._with_way_back(outgoing.key, message)
        return self.context.messenger.update(
            outgoing.channel or "", outgoing.ts or "", shown, Label(self.run.id, outgoing.key)
        )

    def _with_way_back(self, key: str, message: Message) -> Message:
        """A page with the one link that leads to the card, once the card stands; as it is wanted until then.

        What is wanted stays the message without it: no page is changed for its link alone.
        """
        card = self.known.get(CARD)
        if self.rank(key) is not Rank.PAGE or card is None or card.ts is None:
            return message
        return with_way_back(message, self.context.messenger.link_to(card.channel or "", card.ts))

    def hold_back(self, key: str, why: str) -> None:
        """Slack refuses this message, and others go on: it stays untold, and is tried again."""
        log.error("a message is refused", run=self.run.start.ref, key=key, why=why)
        self.patience.hold_back(key, why, HELD_BACK)
        self.later(HELD_BACK)
