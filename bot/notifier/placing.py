"""Where a run's card stands: where it was started, else its owner's channel, else a direct message; and back again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import structlog

from bot.journal.outbox import OutboxMessage
from bot.notifier.backlog import Backlog
from bot.notifier.messenger import Failed, Gone, Impossible, Sent
from bot.notifier.refusals import About
from bot.notifier.sending import HELD_BACK, POST, UPDATE, Destination, Sending
from bot.render.message import Message, is_account
from bot.render.thread import CARD, Post
from bot.render.thread.post import back_message, followed_message, gone_on_message, invite_message, moved_message
from bot.run.state import Run

HOME = "home:"
"""Before a channel's id: the key of the card that stands there while the run is elsewhere; none ever stood without
`ts`."""
NOWHERE = "nowhere"
"""Under which the letters remember that no place takes the card, and Slack's words."""
INVITE, BACK, _LEFT = "invite", "back", "left"
_NO_CARD_YET = 60.0
"""Seconds until a card that no channel takes is tried again."""

log = structlog.get_logger(__name__)


def channels_of(run: Run) -> list[str]:
    """The channels where the card may stand: where the run was started, else the owner team's."""
    return [one for one in dict.fromkeys([run.start.channel, run.start.owner_channel]) if one]


def keys_of_places(run: Run) -> list[str]:
    """The keys under which the letters know of places."""
    return [INVITE, BACK, NOWHERE, *(HOME + one for one in channels_of(run))]


class Placing:
    """The card of one run, in one round."""

    def __init__(self, sending: Sending, backlog: Backlog, card: Callable[[], Message]) -> None:
        """`card` is how the card reads now."""
        self._sending, self._tale, self._run, self._card = sending, backlog, backlog.run, card

    def stand(self) -> bool:
        """See to it that the card stands, in the best place that takes it. The rest needs it."""
        if self._sending.stands(CARD):
            self._go_back()
            self._follow_operator()
            return self._sending.stands(CARD)
        refused: list[str] = []
        for channel in channels_of(self._run):
            # Asked anew, whatever it said to others a moment ago: whoever invites the bot starts again at once.
            how = self._post_card(Destination(channel))
            if isinstance(how, Sent):
                return True
            if not isinstance(how, Impossible) or not self._is_closed(channel, how):
                self._note_nowhere([how.why] if isinstance(how, Impossible) else [])
                return False
            refused.append(how.why)
        return self._stand_directly(refused)

    def leave(self, why: str) -> None:
        """The place takes nothing any more: the run goes on elsewhere, and comes back when it does."""
        card = self._sending.known.get(CARD)
        if card is None:
            return  # a post beside this one has met the same
        channel = card.channel or ""
        log.warning("a run leaves its channel", run=self._run.start.ref, channel=channel, why=why)
        self._sending.context.troubles.shut_place(channel, why)
        if channel in channels_of(self._run):
            self._sending.keep(HOME + channel, Sent(channel, card.ts or "", card.shown or ""))
        self._sending.forget(CARD, INVITE, BACK, *self._current())
        self._sending.later(0.0)

    def say_where(self) -> Post | None:
        """What is still to be said of the place: why the run is here, or that it is back."""
        wanted, here = channels_of(self._run)[:1], self._sending.known[CARD].channel
        if self._sending.stands(BACK) or not wanted:
            return None
        if here == wanted[0]:
            return Post(BACK, back_message(self._run)) if self._sending.is_lost(BACK) else None
        if INVITE in self._sending.known:
            return None
        home = self._sending.known.get(HOME + wanted[0])
        word = self._sending.context.troubles.word_of(wanted[0])
        said = (
            moved_message(self._run, wanted[0], word)
            if home is not None and home.ts
            else invite_message(self._run, wanted[0], word)
        )
        return Post(INVITE, said)

    def _current(self) -> Iterable[str]:
        return [self._tale.current_key] if self._tale.current_key else []

    def _post_card(self, spot: Destination) -> Sent | Failed:
        how = self._sending.post(CARD, self._card(), spot)
        if isinstance(how, Sent):
            self._sending.forget(NOWHERE)
        elif isinstance(how, Impossible):
            self._sending.later(_NO_CARD_YET)
        return how

    def _is_closed(self, channel: str, how: Impossible) -> bool:
        """Whether another place may take what this one refused."""
        about = self._sending.about(how, channel)
        if about is About.PLACE:
            self._sending.context.troubles.shut_place(channel, how.why)
        return about in (About.PLACE, About.UNKNOWN, About.MESSAGE)

    def _stand_directly(self, refused: list[str]) -> bool:
        """In a direct message of the operator, or of whoever started it."""
        for person in dict.fromkeys((self._run.operator, self._run.requester)):
            known = self._run.members.known.get(person or "")
            slack = known.slack if known is not None else None
            if slack is None or not is_account(slack):
                continue
            spot = self._sending.open_direct(slack)
            how = self._post_card(spot) if isinstance(spot, Destination) else spot
            if isinstance(how, Sent):
                self._want_home()
                return True
            if isinstance(how, Impossible):
                refused.append(how.why)
        log.error("no channel takes the card", run=self._run.start.ref, refused=refused)
        self._note_nowhere(refused)
        self._sending.later(_NO_CARD_YET)
        return False

    def _want_home(self) -> None:
        """Nobody else reads a direct message: each channel is tried again, also those where no card ever stood."""
        for channel in channels_of(self._run):
            if HOME + channel not in self._sending.known:
                self._sending.keep(HOME + channel, Sent(channel, "", ""))

    def _note_nowhere(self, refused: Sequence[str]) -> None:
        """Whoever started the run is told where they pressed: by this, or by another process."""
        words = list(dict.fromkeys(refused)) or [word.partition("(")[2][:-1] for word in self._trouble()]
        if words and NOWHERE not in self._sending.known:
            self._sending.context.outbox.sent(self._run.id, NOWHERE, "", "", ", ".join(words)[:64])

    def _trouble(self) -> tuple[str, ...]:
        return tuple(one for one in self._sending.context.troubles.words() if one.startswith(POST))

    def _go_back(self) -> None:
        """To a better place that the run had to leave, once it takes something again."""
        here = self._sending.known[CARD]
        for channel in channels_of(self._run):
            if channel == here.channel:
                return
            home = self._sending.known.get(HOME + channel)
            if home is None:
                continue
            if self._sending.context.troubles.place_left(channel) <= 0 and self._stand_again(channel, home, here):
                return

    def _stand_again(self, channel: str, home: OutboxMessage, here: OutboxMessage) -> bool:
        """Make the card that stands there true again; when it is gone, post it anew."""
        if not self._sending.may(UPDATE):
            return False
        never = home.ts == ""
        how = Gone() if never else self._sending.update(replace(home, key=CARD), self._card())
        if isinstance(how, Gone):
            how = self._sending.post(CARD, self._card(), Destination(channel))
        if not isinstance(how, Sent):
            self._sending.keep(CARD, Sent(here.channel or "", here.ts or "", here.shown or ""))
            if isinstance(how, Impossible):
                self._sending.context.troubles.shut_place(channel, how.why)
            return False
        log.info("a run is back in its channel", run=self._run.start.ref, channel=channel)
        self._sending.context.troubles.fine(UPDATE, channel)
        self._sending.keep(CARD, Sent(channel, how.ts, self._card().digest))
        self._sending.forget(HOME + channel, INVITE, *self._current())
        self._sending.context.outbox.intend(self._run.id, BACK)
        self._sending.known[BACK] = OutboxMessage(BACK, None, None, None, home.intended_at)
        self._close_behind(here, channel)
        return True

    def _follow_operator(self) -> None:
        """From a direct message, which nobody else reads, to that of whoever operates by now."""
        here, person = self._sending.known[CARD], self._run.members.known.get(self._run.operator or "")
        slack = person.slack if person is not None else None
        if here.channel in channels_of(self._run) or self._run.over or slack is None or not is_account(slack):
            return
        spot = self._sending.open_direct(slack)
        if not isinstance(spot, Destination) or spot.channel == here.channel:
            return
        how = self._sending.post(CARD, self._card(), spot)
        if not isinstance(how, Sent):
            self._sending.keep(CARD, Sent(here.channel or "", here.ts or "", here.shown or ""))
            return
        log.info("a card follows whoever operates", run=self._run.start.ref, channel=spot.channel)
        self._sending.forget(INVITE, *self._current())
        if not isinstance(self._sending.update(replace(here, key=_LEFT), followed_message(self._run)), Sent):
            self._sending.later(HELD_BACK)

    def _close_behind(self, here: OutboxMessage, channel: str) -> None:
        """The card that stood in for it says where the run is."""
        how = self._sending.update(replace(here, key=_LEFT), gone_on_message(self._run, channel))
        if not isinstance(how, Sent):
            self._sending.later(HELD_BACK)
