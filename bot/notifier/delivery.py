"""Brings one run's backlog to Slack: who is called beside the card, then new posts in order; old ones are made true."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime

import structlog

from bot.journal.outbox import OutboxMessage
from bot.notifier.backlog import Backlog
from bot.notifier.calling import attempts_of, is_untried
from bot.notifier.lanes import Rank
from bot.notifier.messenger import Doubtful, Failed, Gone, Impossible, Sent
from bot.notifier.patience import Patience
from bot.notifier.placing import Placing, channels_of, keys_of_places
from bot.notifier.refusals import About
from bot.notifier.repair import with_note
from bot.notifier.sending import LOST_KEY, UPDATE, DeliveryContext, Destination, Sending
from bot.render.message import Message
from bot.render.thread import CARD, Post, pages_of
from bot.render.thread.post import notice_of, undelivered_message
from bot.run.commands import NoteAttempt
from bot.run.places import Over

_ANEW = 60.0
"""Seconds between two cards that are posted anew, when one is gone, or can be changed no more."""
_DOUBTS = 2
"""Changes in a row with a doubtful end, after which the rest waits for the next round."""

log = structlog.get_logger(__name__)


class Delivery:
    """One round for one run. `hold` renews the lease on it, or raises when somebody else has the run by now."""

    def __init__(
        self,
        context: DeliveryContext,
        backlog: Backlog,
        patience: Patience,
        hold: Callable[[], None],
        *,
        is_doubtful: bool = False,
        is_old: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_doubtful`: what is not known to be posted may stand in Slack all the same, and is looked for.

        `is_old` says whether more has happened than the backlog tells.
        """
        self._is_old = is_old
        self._office, self._tale, self._patience, self._hold = context, backlog, patience, hold
        lost_keys = [_lost_key(post) for post in backlog.posts if post.where != "thread"]
        keys = [*backlog.wanted, *keys_of_places(backlog.run), *lost_keys]
        known = context.outbox.of(backlog.run.id, [*keys, *([backlog.current_key] if backlog.current_key else [])])
        if is_doubtful:
            known = {
                post.key: OutboxMessage(post.key, None, None, None, backlog.since) for post in backlog.posts
            } | known
        self._out = Sending(context, backlog, patience, hold, known)
        self._placing = Placing(self._out, backlog, self._card)
        self._unreached: dict[str, str] = {}
        """Direct messages that Slack refuses, by their keys, with its word."""

    def deliver(self, beside: Executor) -> float | None:
        """Send what is new. None when all is told; otherwise seconds until the next try.

        Direct messages go out `beside` the rest: each has a channel, and so a limit, of its own.
        """
        direct = [post for post in self._tale.posts if post.where.startswith("dm:")]
        direct.sort(key=lambda post: self._out.rank(post.key))  # who is called, before who is only told
        calling = beside.submit(self._call_people, direct) if direct else None
        try:
            self._tell_thread(beside)
        finally:
            called = calling.result() if calling is not None else []
        for post in direct:
            self._own_up(post)
        for attempt in called:
            self._hold()
            self._office.note(self._tale.run.id, attempt)
        return self._out.wait

    def look_home(self) -> float | None:
        """Nothing is new: only see whether a better place takes the card again."""
        if self._out.stands(CARD) and self._placing.stand():
            self._say_where()
            self._stand_current()
        return self._out.wait

    def _card(self) -> Message:
        return with_note(self._tale.wanted[CARD], self._patience.refused)

    def _tell_thread(self, beside: Executor) -> None:
        if not channels_of(self._tale.run) and CARD not in self._out.known:
            self._send_changes()  # a walk that never had a channel, such as one in a terminal
            return
        is_new = CARD not in self._out.known
        if not (self._find_card() and self._placing.stand()):
            return
        if is_new and self._is_old():
            self._out.later(0.0)  # while the card was under way people were called: they hear beside the step
            return
        if self._find_posts() and self._say_where():
            paging = beside.submit(self._page_beside) if self._is_begun() else None
            try:
                self._send_posts()
            finally:
                if paging is not None:
                    paging.result()
            self._stand_current()
            self._send_changes()

    def _is_begun(self) -> bool:
        """Whether nothing stands but a new card, in a channel that takes everything."""
        own = [post.key for post in self._tale.posts if not post.where.startswith("dm:")]
        calm = not self._office.lanes.is_paced(self._out.known[CARD].channel or "")
        return calm and own[:1] == [CARD] and not any(self._out.stands(key) for key in own[1:])

    def _page_beside(self) -> None:
        """At a start: the pages' copies, and the card as it is by now, beside what happened first."""
        for post in self._tale.posts:
            is_page = post.where == "thread" and self._out.rank(post.key) is Rank.PAGE
            if is_page and not self._out.stands(post.key) and not self._send(post):
                return
        outgoing, message = self._out.known.get(CARD), self._card()
        if outgoing is None or outgoing.shown == message.digest or not self._out.may(UPDATE):
            return
        if isinstance(self._change(outgoing, message), Sent):
            self._out.keep(CARD, Sent(outgoing.channel or "", outgoing.ts or "", message.digest))

    def _call_people(self, direct: Sequence[Post]) -> list[NoteAttempt]:
        """Send direct messages; what the record has to know of them."""
        called: list[NoteAttempt] = []
        doubts = 0
        for post in direct:
            if doubts >= _DOUBTS:
                break
            how = self._call(post)
            doubts = doubts + 1 if isinstance(how, Doubtful) else 0
            if isinstance(how, Impossible) and self._out.about(how, post.where) is not About.APP:
                self._unreached[post.key] = how.why
            called += attempts_of(self._tale.run, post.key, how)
            for older in self._tale.stands_for.get(post.key, ()):
                called += attempts_of(self._tale.run, older, how, by=post.key)
        return called

    def _call(self, post: Post) -> Sent | Failed:
        """Send a direct message, unless it stands there."""
        out, user = self._out, post.where.partition(":")[2]
        if out.is_lost(post.key):
            spot = out.open_direct(user)
            if not isinstance(spot, Destination):
                return spot
            if not out.look(spot, {post.key: self._intended(post.key)}):
                return Doubtful("nobody knows whether it stands there")
        if out.stands(post.key):
            known = out.known[post.key]
            return Sent(known.channel or "", known.ts or "")
        message = self._tale.wanted.get(post.key, post.message)
        # A call that nobody has tried is tried, whatever became of the card: its own refusal calls people otherwise.
        untried = is_untried(self._tale.run, post.key)
        how = out.post(post.key, message, out.direct_spot(user), though_refused=untried)
        if isinstance(how, Sent):
            self._office.direct[user] = how.channel
        return how

    def _intended(self, key: str) -> datetime:
        return self._out.known[key].intended_at

    def _find_card(self) -> bool:
        if not self._out.is_lost(CARD):
            return True
        at = {CARD: self._intended(CARD)}
        return all(self._out.look(Destination(channel), at) for channel in channels_of(self._tale.run))

    def _find_posts(self) -> bool:
        """Look for posts whose fate is not known, one look for each place."""
        lost: dict[Destination, dict[str, datetime]] = {}
        for post in self._tale.posts:
            is_lost = self._out.is_lost(post.key) and not post.where.startswith("dm:")
            spot = self._spot(post) if is_lost else None
            if isinstance(spot, Destination):
                lost.setdefault(spot, {})[post.key] = self._intended(post.key)
        return all(self._out.look(spot, keys) for spot, keys in lost.items())

    def _say_where(self) -> bool:
        """Say why the run is here, once; the rest goes on only when that was said."""
        post = self._placing.say_where()
        return post is None or self._send(post)

    def _send_posts(self) -> None:
        for post in self._in_order():
            if post.where.startswith("dm:"):
                continue
            is_there = post.key == CARD or self._out.stands(post.key) or self._is_told_here(post)
            fine = is_there or self._send(post)
            if not fine and post.where == "thread":
                return

    def _in_order(self) -> Sequence[Post]:
        """As it happened. The step goes next to a card that is new, and by need where Slack takes little."""
        card = self._out.known[CARD].channel or ""
        if self._office.lanes.is_paced(card):
            return sorted(self._tale.posts, key=lambda post: self._out.rank(post.key))
        if self._is_begun():
            first = [post for post in self._tale.posts if self._out.rank(post.key) is not Rank.PAGE]
            return sorted(first, key=lambda post: post.key not in (CARD, self._tale.current_key))
        return self._tale.posts

    def _own_up(self, post: Post) -> None:
        """Say in the thread that a direct message reaches nobody. A page says so itself, once it is recorded."""
        why = self._unreached.get(post.key)
        paged = why is None or pages_of(self._tale.run, post.key)
        if why is not None and not paged and self._out.stands(CARD) and not self._out.stands(_lost_key(post)):
            self._send(_undelivered(post, why))

    def _send(self, post: Post) -> bool:
        """Send a post; True when the next one may follow. One that is refused as such holds up no other."""
        held = self._patience.held_back(post.key)
        if held > 0:
            self._out.later(held)
            return True
        spot = self._spot(post)
        message = self._tale.wanted.get(post.key, post.message)
        how = self._out.post(post.key, message, spot) if isinstance(spot, Destination) else spot
        if isinstance(how, Impossible):
            return self._refused(post, how, spot.channel if isinstance(spot, Destination) else post.where)
        return isinstance(how, Sent)

    def _refused(self, post: Post, how: Impossible, place: str) -> bool:
        """What follows from a refusal; whether the next post may be tried in this round."""
        about, is_here = self._out.about(how, place), post.where == "thread"
        if about is About.APP:
            return False
        if about is About.PLACE and is_here:
            self._placing.leave(how.why)
            return False
        if about is About.THREAD and is_here and self._patience.left(CARD) <= 0:
            self._patience.limit(CARD, _ANEW)  # one new card; if its thread is gone too, the post is the trouble
            self._out.forget(CARD)
            self._out.later(0.0)
            return False
        if is_here or not isinstance(self._tale.run.here, Over):
            self._out.hold_back(post.key, how.why)
        log.error("a post is undeliverable", run=self._tale.run.start.ref, key=post.key, where=post.where, why=how.why)
        return is_here or self._out.stands(_lost_key(post)) or self._send(_undelivered(post, how.why))

    def _spot(self, post: Post) -> Destination | Failed:
        """Where a post goes."""
        kind, _, name = post.where.partition(":")
        match kind:
            case "channel":
                return Destination(name)
            case "team":
                channel = self._office.channel_of_team(name)
                return Destination(channel) if channel else Impossible("no_channel")
            case _:
                card = self._out.known.get(CARD)
                return (
                    Destination(card.channel or "", card.ts)
                    if card is not None
                    else Doubtful("the card has just moved")
                )

    def _is_told_here(self, post: Post) -> bool:
        """Whether another post of the same notice goes to the same channel: it is read there once, in the thread."""
        notice, here = notice_of(post.key), self._spot(post)
        if notice is None or post.where == "thread" or not isinstance(here, Destination):
            return False
        same = [one for one in self._tale.posts if notice_of(one.key) == notice and self._goes_to(one, here.channel)]
        return any(one.where == "thread" for one in same) or same[:1] != [post]

    def _goes_to(self, post: Post, channel: str) -> bool:
        spot = self._spot(post)
        return isinstance(spot, Destination) and spot.channel == channel

    def _stand_current(self) -> None:
        """What people act on now stands under the card, though the run has moved, or somebody deleted it."""
        key = self._tale.current_key
        if key is None or key in self._out.known or not self._out.stands(CARD):
            return
        message = self._tale.wanted.get(key) or self._tale.recall(key)
        if message is not None:
            self._send(Post(key, message))

    def _send_changes(self) -> None:
        """Make what stands there true; the card first, as everybody looks at it."""
        shown: dict[str, str] = {}
        doubts = 0
        try:
            for outgoing, message in self._outdated():
                if doubts >= _DOUBTS or not self._out.may(UPDATE):
                    return
                how = self._change(outgoing, message)
                doubts = doubts + 1 if isinstance(how, Doubtful) else 0
                if isinstance(how, Sent):
                    shown[outgoing.key] = message.digest
        finally:
            self._office.outbox.shown(self._tale.run.id, shown)

    def _outdated(self) -> Iterator[tuple[OutboxMessage, Message]]:
        for key in sorted(self._tale.wanted, key=lambda key: key != CARD):
            outgoing, message = self._out.known.get(key), self._card() if key == CARD else self._tale.wanted[key]
            if outgoing is None or outgoing.ts is None or outgoing.shown == message.digest:
                continue
            held = self._patience.held_back(key)
            if held > 0:
                self._out.later(held)
            else:
                yield outgoing, message

    def _change(self, outgoing: OutboxMessage, message: Message) -> Sent | Gone | Failed:
        how = self._out.update(outgoing, message)
        place = outgoing.channel or ""
        match how:
            case Gone():
                self._mourn(outgoing.key, message)
            case Impossible() if self._out.about(how, place) is About.PLACE:
                if self._out.stands(CARD) and place == self._out.known[CARD].channel:
                    self._placing.leave(how.why)
            case Impossible() if self._out.about(how, place) is not About.APP:
                self._out.hold_back(outgoing.key, how.why)
            case _:
                pass
        return how

    def _mourn(self, key: str, message: Message) -> None:
        """Deleted, or to be changed no more: the card, and what people act on now, are posted again.

        The rest is forgotten.
        """
        if key != CARD:
            self._out.forget(key)
            if key == self._tale.current_key:
                self._send(Post(key, message))
        elif self._patience.left(CARD) > 0:
            self._out.later(self._patience.left(CARD))
        else:
            self._patience.limit(CARD, _ANEW)
            self._out.forget(CARD)
            self._out.later(0.0)


def _undelivered(post: Post, why: str) -> Post:
    return replace(post, key=_lost_key(post), message=undelivered_message(post.where, why), where="thread")


def _lost_key(post: Post) -> str:
    return f"lost:{post.key}"[:LOST_KEY]
