"""Brings one run's tale to Slack: lost posts are looked for, new ones go out in order, old ones are made true."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.core.run import Run
from bot.herald.patience import Patience
from bot.herald.tale import Tale
from bot.herald.voice import NO_THREAD, Doubtful, Failed, Gone, Impossible, Label, Limited, Sent, Voice
from bot.journal.letters import Letter, Letters
from bot.render.message import Message
from bot.render.thread import CARD, Post
from bot.render.thread.places import invite_message, undelivered_message

POST, UPDATE, LOOK = "chat.postMessage", "chat.update", "conversations.replies"
_NO_CARD_YET = 60.0
"""Seconds until a card that no channel takes is tried again."""
_DOUBTS = 2
"""Changes in a row with a doubtful end, after which the rest waits for the next round."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Office:
    """What every delivery works with. `channel_of_team` gives a team's channel, if the catalogue names one."""

    voice: Voice
    letters: Letters
    channel_of_team: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to post: a channel, and the message there that is answered."""

    channel: str
    thread_ts: str | None = None


class Delivery:
    """One round for one run. `hold` renews the lease on it, or raises when somebody else has the run by now."""

    def __init__(
        self, office: Office, tale: Tale, patience: Patience, hold: Callable[[], None], *, is_doubtful: bool = False
    ) -> None:
        """`is_doubtful`: what is not known to be posted may stand in Slack all the same, and is looked for."""
        self._office, self._tale, self._patience, self._hold = office, tale, patience, hold
        self._known = office.letters.of(tale.run.id, [*tale.wanted, "invite"])
        if is_doubtful:
            lost = {post.key: Letter(post.key, None, None, None, tale.since) for post in tale.posts}
            self._known = lost | self._known
        self._wait: float | None = None

    def deliver(self) -> float | None:
        """Send what is new. None when all is told; otherwise seconds until the next try."""
        if not self._channels(self._tale.run) and CARD not in self._known:
            return None  # a walk that never had a channel, such as one in a terminal
        if self._find_card() and self._stand_card() and self._invite() and self._find_posts():
            self._send_posts()
            self._send_changes()
        return self._wait

    def _channels(self, run: Run) -> list[str]:
        """Where the card may stand: where the run was started, else the owner team's channel."""
        return [one for one in dict.fromkeys([run.start.channel, run.start.owner_channel]) if one]

    def _label(self, key: str) -> Label:
        return Label(self._tale.run.id, key)

    def _later(self, seconds: float) -> None:
        self._wait = seconds if self._wait is None else min(self._wait, seconds)

    def _failed(self, method: str, how: Failed) -> None:
        """Remember when to try again; what is impossible is not tried again."""
        match how:
            case Limited(seconds=seconds):
                self._patience.limit(method, seconds)
                self._later(seconds)
            case Doubtful(why=why):
                log.info("slack did not answer", run=self._tale.run.start.ref, method=method, why=why)
                self._later(self._patience.lose())
            case Impossible():
                pass

    def _may(self, method: str) -> bool:
        """Whether Slack lets us call this now; otherwise the round comes back to it."""
        left = self._patience.left(method)
        if left > 0:
            self._later(left)
        return left <= 0

    def _keep(self, key: str, sent: Sent) -> None:
        self._patience.gain()
        self._office.letters.sent(self._tale.run.id, key, sent.channel, sent.ts, sent.digest)
        intended = self._known[key].intended_at if key in self._known else self._tale.run.started_at
        self._known[key] = Letter(key, sent.channel, sent.ts, sent.digest, intended)

    def _forget(self, key: str) -> None:
        self._office.letters.forget(self._tale.run.id, key)
        self._known.pop(key, None)

    def _stands(self, key: str) -> bool:
        return key in self._known and self._known[key].ts is not None

    def _is_lost(self, key: str) -> bool:
        """Whether it was about to be posted, and nobody knows whether it was."""
        return key in self._known and self._known[key].ts is None

    def _find_card(self) -> bool:
        if not self._is_lost(CARD):
            return True
        since = self._known[CARD].intended_at
        return all(self._look(Spot(channel), {CARD: since}) for channel in self._channels(self._tale.run))

    def _find_posts(self) -> bool:
        """Look for posts whose fate is not known, one look for each place."""
        lost: dict[Spot, dict[str, datetime]] = {}
        for post in self._tale.posts:
            spot = self._spot(post) if self._is_lost(post.key) else None
            if isinstance(spot, Spot):
                lost.setdefault(spot, {})[post.key] = self._known[post.key].intended_at
        return all(self._look(spot, keys) for spot, keys in lost.items())

    def _look(self, spot: Spot, keys: dict[str, datetime]) -> bool:
        """Keep those that are there. True when we know all that can be known."""
        if not self._may(LOOK):
            return False
        self._hold()
        found = self._office.voice.find(spot.channel, self._tale.run.id, min(keys.values()), spot.thread_ts)
        if isinstance(found, Doubtful | Limited):
            self._failed(LOOK, found)
            return False
        if isinstance(found, Impossible):
            log.warning("cannot look for a post", run=self._tale.run.start.ref, channel=spot.channel, why=found.why)
            return True
        for key in keys:
            if key in found:
                self._keep(key, found[key])
        return True

    def _stand_card(self) -> bool:
        """The card is the first message; its thread takes the rest."""
        if self._stands(CARD):
            return True
        channels = self._channels(self._tale.run)
        for channel in channels:
            how = self._post_at(CARD, self._tale.wanted[CARD], Spot(channel))
            if isinstance(how, Sent):
                return True
            if not (isinstance(how, Impossible) and how.is_about_the_place):
                if isinstance(how, Impossible):
                    self._later(_NO_CARD_YET)
                return False
        log.error("no channel takes the card", run=self._tale.run.start.ref, channels=channels)
        self._later(_NO_CARD_YET)
        return False

    def _invite(self) -> bool:
        """Once the card stands elsewhere than it was meant to, say why."""
        wanted = self._channels(self._tale.run)[:1]
        if "invite" in self._known or self._known[CARD].channel in wanted or not wanted:
            return True
        return self._send(Post("invite", invite_message(self._tale.run, wanted[0])))

    def _send_posts(self) -> None:
        for post in self._tale.posts:
            fine = post.key == CARD or self._stands(post.key) or self._send(post)
            if not fine and post.where == "thread":
                return

    def _send(self, post: Post) -> bool:
        """Send a post; True when the next one may follow. One that has no place to go to is said to be so."""
        spot = self._spot(post)
        if isinstance(spot, Doubtful | Limited):
            self._failed("conversations.open", spot)
            return False
        message = self._tale.wanted.get(post.key, post.message)
        how = self._post_at(post.key, message, spot) if isinstance(spot, Spot) else spot
        if not isinstance(how, Impossible):
            return isinstance(how, Sent)
        if post.where == "thread" and how.why in NO_THREAD and self._patience.left(CARD) <= 0:
            self._patience.limit(CARD, _NO_CARD_YET)  # one new card; if its thread is gone too, the post is the trouble
            self._forget(CARD)
            self._later(0.0)
            return False
        log.error("a post is undeliverable", run=self._tale.run.start.ref, key=post.key, where=post.where, why=how.why)
        return post.where == "thread" or self._send(_undelivered(post, how.why))

    def _spot(self, post: Post) -> Spot | Failed:
        """Where a post goes."""
        kind, _, name = post.where.partition(":")
        match kind:
            case "channel":
                return Spot(name)
            case "team":
                channel = self._office.channel_of_team(name)
                return Spot(channel) if channel else Impossible("no_channel")
            case "dm":
                opened = self._office.voice.open_dm(name)
                return Spot(opened) if isinstance(opened, str) else opened
            case _:
                card = self._known[CARD]
                return Spot(card.channel or "", card.ts)

    def _post_at(self, key: str, message: Message, spot: Spot) -> Sent | Failed:
        """Post once: it is written down before, so that after a crash somebody looks for it first."""
        if not self._may(POST):
            return Limited(self._patience.left(POST))
        self._hold()
        self._office.letters.intend(self._tale.run.id, key)
        how = self._office.voice.post(spot.channel, message, self._label(key), spot.thread_ts)
        if isinstance(how, Sent):
            self._keep(key, how)
        elif isinstance(how, Limited | Impossible):
            self._forget(key)
        if not isinstance(how, Sent):
            self._failed(POST, how)
        return how

    def _send_changes(self) -> None:
        """Make what stands there true; the card first, as everybody looks at it."""
        shown: dict[str, str] = {}
        doubts = 0
        try:
            for letter, message in self._outdated():
                if doubts >= _DOUBTS or not self._may(UPDATE):
                    return
                how = self._change(letter, message)
                doubts = doubts + 1 if isinstance(how, Doubtful) else 0
                if isinstance(how, Sent):
                    shown[letter.key] = message.digest
        finally:
            self._office.letters.shown(self._tale.run.id, shown)

    def _outdated(self) -> Iterator[tuple[Letter, Message]]:
        for key in sorted(self._tale.wanted, key=lambda key: key != CARD):
            letter, message = self._known.get(key), self._tale.wanted[key]
            if letter is not None and letter.ts is not None and letter.shown != message.digest:
                yield letter, message

    def _change(self, letter: Letter, message: Message) -> Sent | Gone | Failed:
        self._hold()
        how = self._office.voice.update(letter.channel or "", letter.ts or "", message, self._label(letter.key))
        match how:
            case Sent():
                self._patience.gain()
            case Gone():
                self._mourn(letter.key, message)
            case Impossible(why=why):
                log.error("a message cannot be changed", run=self._tale.run.start.ref, key=letter.key, why=why)
            case _:
                self._failed(UPDATE, how)
        return how

    def _mourn(self, key: str, message: Message) -> None:
        """Somebody deleted it: the card, and what people act on now, are posted again; the rest is forgotten."""
        self._forget(key)
        if key == CARD:
            self._later(0.0)
        elif key == self._tale.current_key:
            self._send(Post(key, message))


def _undelivered(post: Post, why: str) -> Post:
    return replace(post, key=f"lost:{post.key}"[:120], message=undelivered_message(post.where, why), where="thread")
