"""One person in the workspace: what they do and what they see."""

from collections.abc import Callable
from typing import TypeVar

from bot.workspace.client.look import NotThere, Pressable, labels_in, spot_labelled, words_of
from bot.workspace.client.modal import ANSWER_SECONDS, OpenModal
from bot.workspace.delivery import Delivery, PressOutcome
from bot.workspace.form import element_state
from bot.workspace.state import Channel, Message, Notice, Shortcut, State, Unread, User, View

Found = TypeVar("Found")

PATIENCE = 5.0
"""A person looks this many seconds for something that the app has yet to show."""


class SlackUser:
    """Acts through the same door as the page; looks at the state as the page shows it."""

    def __init__(self, state: State, delivery: Delivery, user: str) -> None:
        """Be the person with this id or handle."""
        found = state.directory.user(user) or state.directory.user_named(user)
        if found is None:
            raise NotThere(f"Nobody here is called {user!r}.")
        self.user: User = found
        self._state, self._delivery = state, delivery
        self._modals: dict[str, OpenModal] = {}

    @property
    def id(self) -> str:
        """The user id."""
        return self.user.id

    def type(self, line: str, channel: str, thread_ts: str = "") -> PressOutcome:
        """Type into the composer: a slash command at the start of a line, else a message."""
        place = self._place(channel)
        if line.startswith("/") and not thread_ts:
            return self._delivery.command(self.id, place.id, line).result(ANSWER_SECONDS)
        self._delivery.say(self.id, place.id, line, thread_ts)
        return PressOutcome(ok=True)

    def press(self, label: str, channel: str = "", thread_ts: str = "", patience: float = PATIENCE) -> PressOutcome:
        """Press a button, or choose in a menu, by its label: on the newest message in sight that has it.

        Without a channel, all of the person's channels, threads and DMs are in sight. Raises NotThere.
        """
        message, spot = self.find(label, channel, thread_ts, patience)
        return self.press_on(message, spot)

    def find(
        self, label: str, channel: str = "", thread_ts: str = "", patience: float = PATIENCE
    ) -> tuple[Message, Pressable]:
        """Wait for something with this label; returns it with its message, to be pressed later (or too late)."""
        found = self.wait_until(lambda: self._spot(label, channel, thread_ts), patience)
        if found is None:
            there = [name for each in self.in_sight(channel, thread_ts) for name in labels_in({"blocks": each.blocks})]
            raise NotThere(f"{self.user.name} sees no {label!r}, only: {there}")
        return found

    def press_on(self, message: Message, spot: Pressable) -> PressOutcome:
        """Press on a message as it was seen, even when it has changed or gone since."""
        chosen = element_state(spot.element, spot.option) if spot.option else None
        done = self._delivery.click_on(self.id, message, spot.block_id, spot.action_id, chosen)
        return done.result(ANSWER_SECONDS)

    def labels(self, channel: str = "", thread_ts: str = "") -> list[str]:
        """Everything that can be pressed in sight, oldest message first."""
        return [name for each in self.in_sight(channel, thread_ts) for name in labels_in({"blocks": each.blocks})]

    def modal(self, patience: float = PATIENCE) -> OpenModal:
        """The modal in front, once there is one; raises NotThere."""
        stack = self.wait_until(lambda: self._state.screens.modals(self.id), patience)
        if not stack:
            raise NotThere(f"{self.user.name} has no modal open.")
        return self._modals.setdefault(stack[-1].id, OpenModal(self._state, self._delivery, stack[-1]))

    @property
    def has_modal(self) -> bool:
        """Some modal is open."""
        return bool(self._state.screens.modals(self.id))

    def choose_shortcut(self, name: str, message: Message | None = None) -> PressOutcome:
        """Choose a global shortcut by its name, or, on a message, one of its menu."""
        seed = self._state.seed
        known = seed.message_shortcuts if message else seed.shortcuts
        chosen = _shortcut_named(known, name)
        if message is None:
            return self._delivery.shortcut(self.id, chosen.callback_id).result(ANSWER_SECONDS)
        done = self._delivery.message_shortcut(self.id, message.channel, message.ts, chosen.callback_id)
        return done.result(ANSWER_SECONDS)

    def messages(self, channel: str, thread_ts: str = "") -> list[Message]:
        """The messages of a channel, or of a thread with its parent, as this person sees them."""
        return self._state.talk.seen_by(self.id, self._place(channel).id, thread_ts)

    def sees(self, channel: str, thread_ts: str = "") -> list[str]:
        """The words of those messages, oldest first."""
        return [words_of(each) for each in self.messages(channel, thread_ts)]

    def wait_to_see(self, words: str, channel: str = "", thread_ts: str = "", patience: float = PATIENCE) -> Message:
        """Wait for a message that says this; returns the newest such; raises NotThere."""
        found = self.wait_until(lambda: self._saying(words, channel, thread_ts), patience)
        if found is None:
            there = "\n---\n".join(words_of(each) for each in self.in_sight(channel, thread_ts)[-10:])
            raise NotThere(f"{self.user.name} does not see {words!r}, but:\n{there}")
        return found

    def in_sight(self, channel: str = "", thread_ts: str = "") -> list[Message]:
        """What the person can look at, oldest first: one thread, one channel with its threads, or everything."""
        if thread_ts:
            return self.messages(channel, thread_ts)
        places = [self._place(channel)] if channel else self._state.directory.channels_of(self.id)
        talk = self._state.talk
        seen = [each for place in places for each in (*talk.messages(place.id), *talk.whispers_to(self.id, place.id))]
        return sorted(seen, key=lambda each: each.ts)

    def dm(self) -> list[Message]:
        """What the bot has sent this person directly."""
        bot = self._state.directory.bot.id
        return self.messages(self._state.directory.open_dm([self.id, bot]).id)

    def home(self) -> View | None:
        """The home tab that the app published for this person."""
        return self._state.screens.home(self.id)

    def open_home(self) -> None:
        """Look at the home tab."""
        self._delivery.open_home(self.id)

    def unread(self, channel: str) -> Unread:
        """The marks at a channel."""
        return self._state.marks.unread(self.id, self._place(channel).id)

    def read(self, channel: str, thread_ts: str = "") -> None:
        """Look at a channel or a thread, so that its marks go."""
        self._state.marks.read(self.id, self._place(channel).id, thread_ts)

    def notices(self) -> list[Notice]:
        """Every notification so far."""
        return self._state.marks.notices(self.id)

    def wait_until(self, look: Callable[[], Found], patience: float = PATIENCE) -> Found:
        """Look after each change until it is so, or patience ends; returns the last look."""
        return self._state.changes.wait_until(look, patience)

    def _spot(self, label: str, channel: str, thread_ts: str) -> tuple[Message, Pressable] | None:
        for message in reversed(self.in_sight(channel, thread_ts)):
            spot = spot_labelled({"blocks": message.blocks}, label)
            if spot is not None:
                return message, spot
        return None

    def _saying(self, words: str, channel: str, thread_ts: str) -> Message | None:
        return next((m for m in reversed(self.in_sight(channel, thread_ts)) if words in words_of(m)), None)

    def _place(self, channel: str) -> Channel:
        directory = self._state.directory
        place = directory.channel(channel) or directory.channel_named(channel.removeprefix("#"))
        if place is None or self.id not in place.members:
            raise NotThere(f"{self.user.name} is in no channel {channel!r}.")
        return place


def _shortcut_named(known: tuple[Shortcut, ...], name: str) -> Shortcut:
    for shortcut in known:
        if shortcut.name == name:
            return shortcut
    raise NotThere(f"There is no shortcut {name!r}, only: {[each.name for each in known]}")
