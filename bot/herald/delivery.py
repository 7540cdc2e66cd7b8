"""Brings one run's tale to Slack: whoever is called first, then new posts in order; old ones are made true."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from bot.core.commands import NoteAttempt
from bot.core.run import Run
from bot.herald.calling import attempts_of
from bot.herald.patience import Patience
from bot.herald.tale import Tale
from bot.herald.voice import NO_THREAD, Doubtful, Failed, Gone, Impossible, Label, Limited, Sent, Voice
from bot.journal.letters import Letter, Letters
from bot.render.message import Message
from bot.render.thread import CARD, Post, pages_of
from bot.render.thread.places import invite_message, undelivered_message

POST, UPDATE, LOOK, OPEN = "chat.postMessage", "chat.update", "conversations.replies", "conversations.open"
_NO_CARD_YET = 60.0
"""Seconds until a card that no channel takes is tried again."""
_DOUBTS = 2
"""Changes in a row with a doubtful end, after which the rest waits for the next round."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Office:
    """What every delivery works with.

    `channel_of_team` gives a team's channel, if the catalogue names one; `note` records whether a page was taken.
    """

    voice: Voice
    letters: Letters
    channel_of_team: Callable[[str], str | None]
    note: Callable[[str, NoteAttempt], object]
    direct: dict[str, str] = field(default_factory=dict)
    """Slack id -> channel of the direct messages with them, as far as they are known."""


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
        lost_keys = [_lost_key(post) for post in tale.posts if post.where.startswith("dm:")]
        self._known = office.letters.of(tale.run.id, [*tale.wanted, "invite", *lost_keys])
        if is_doubtful:
            lost = {post.key: Letter(post.key, None, None, None, tale.since) for post in tale.posts}
            self._known = lost | self._known
        self._wait: float | None = None
        self._called: list[NoteAttempt] = []
        self._unreached: dict[str, str] = {}
        """Direct messages that Slack refuses, by their keys, with its word."""

    def deliver(self) -> float | None:
        """Send what is new. None when all is told; otherwise seconds until the next try."""
        self._call_people()
        if not self._channels(self._tale.run) and CARD not in self._known:
            self._send_changes()  # a walk that never had a channel, such as one in a terminal
        elif self._find_card() and self._stand_card() and self._invite() and self._find_posts():
            self._send_posts()
            self._send_changes()
        self._note_calls()
        return self._wait

    def _call_people(self) -> None:
        """Direct messages first, whatever becomes of the rest: each has a channel, and so a limit, of its own."""
        doubts = 0
        for post in self._tale.posts:
            if not post.where.startswith("dm:") or doubts >= _DOUBTS:
                continue
            how = self._call(post)
            doubts = doubts + 1 if isinstance(how, Doubtful) else 0
            if isinstance(how, Impossible):
                self._unreached[post.key] = how.why
            self._called += attempts_of(self._tale.run, post.key, how)
            for older in self._tale.stands_for.get(post.key, ()):
                self._called += attempts_of(self._tale.run, older, how, by=post.key)

    def _call(self, post: Post) -> Sent | Failed:
        """Send a direct message, unless it stands there."""
        spot = None if self._stands(post.key) else self._spot(post)
        if isinstance(spot, Doubtful | Limited | Impossible):
            self._failed(OPEN, spot)
            return spot
        if spot is not None and self._is_lost(post.key):
            at = self._known[post.key].intended_at
            if not self._look(spot, {post.key: at}):
                return Doubtful("nobody knows whether it stands there")
        if spot is None or self._stands(post.key):
            known = self._known[post.key]
            return Sent(known.channel or "", known.ts or "")
        return self._post_at(post.key, self._tale.wanted.get(post.key, post.message), spot)

    def _note_calls(self) -> None:
        """Record who was reached and who cannot be; after a kill in between it is found out and recorded again."""
        for attempt in self._called:
            self._hold()
            self._office.note(self._tale.run.id, attempt)

    def _channels(self, run: Run) -> list[str]:
        """Where the card may stand: where the run was started, else the owner team's channel."""
        return [one for one in dict.fromkeys([run.start.channel, run.start.owner_channel]) if one]

    def _label(self, key: str) -> Label:
        return Label(self._tale.run.id, key)

    def _later(self, seconds: float) -> None:
        self._wait = seconds if self._wait is None else min(self._wait, seconds)

    def _failed(self, method: str, how: Failed, channel: str = "") -> None:
        """Remember when to try again; what is impossible is not tried again."""
        match how:
            case Limited(seconds=seconds):
                self._patience.limit(method, seconds, channel)
                self._later(seconds)
            case Doubtful(why=why):
                log.info("slack did not answer", run=self._tale.run.start.ref, method=method, why=why)
                self._later(self._patience.lose())
            case Impossible():
                pass

    def _may(self, method: str, channel: str = "") -> bool:
        """Whether Slack lets us call this now; otherwise the round comes back to it."""
        left = self._patience.left(method, channel)
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
            spot = self._spot(post) if self._is_lost(post.key) and not post.where.startswith("dm:") else None
            if isinstance(spot, Spot):
                lost.setdefault(spot, {})[post.key] = self._known[post.key].intended_at
        return all(self._look(spot, keys) for spot, keys in lost.items())

    def _look(self, spot: Spot, keys: dict[str, datetime]) -> bool:
        """Keep those that are there. True when we know all that can be known."""
        if not self._may(LOOK, spot.channel):
            return False
        self._hold()
        found = self._office.voice.find(spot.channel, self._tale.run.id, min(keys.values()), spot.thread_ts)
        if isinstance(found, Doubtful | Limited):
            self._failed(LOOK, found, spot.channel)
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
            if post.where.startswith("dm:"):
                self._own_up(post)
                continue
            fine = post.key == CARD or self._stands(post.key) or self._send(post)
            if not fine and post.where == "thread":
                return

    def _own_up(self, post: Post) -> None:
        """Say in the thread that a direct message reaches nobody. A page says so itself, once it is recorded."""
        why = self._unreached.get(post.key)
        if why is not None and not pages_of(self._tale.run, post.key) and not self._stands(_lost_key(post)):
            self._send(_undelivered(post, why))

    def _send(self, post: Post) -> bool:
        """Send a post; True when the next one may follow. One that has no place to go to is said to be so."""
        spot = self._spot(post)
        if isinstance(spot, Doubtful | Limited):
            self._failed(OPEN, spot)
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
                return self._open_direct(name)
            case _:
                card = self._known[CARD]
                return Spot(card.channel or "", card.ts)

    def _open_direct(self, user: str) -> Spot | Failed:
        known = self._office.direct.get(user)
        if known is not None:
            return Spot(known)
        if not self._may(OPEN):
            return Limited(self._patience.left(OPEN))
        self._hold()
        opened = self._office.voice.open_dm(user)
        if not isinstance(opened, str):
            return opened
        self._office.direct[user] = opened
        return Spot(opened)

    def _post_at(self, key: str, message: Message, spot: Spot) -> Sent | Failed:
        """Post once: it is written down before, so that after a crash somebody looks for it first."""
        if not self._may(POST, spot.channel):
            return Limited(self._patience.left(POST, spot.channel))
        self._hold()
        self._office.letters.intend(self._tale.run.id, key)
        how = self._office.voice.post(spot.channel, message, self._label(key), spot.thread_ts)
        if isinstance(how, Sent):
            self._keep(key, how)
        elif isinstance(how, Limited | Impossible):
            self._forget(key)
        if not isinstance(how, Sent):
            self._failed(POST, how, spot.channel)
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
    return replace(post, key=_lost_key(post), message=undelivered_message(post.where, why), where="thread")


def _lost_key(post: Post) -> str:
    return f"lost:{post.key}"[:120]
