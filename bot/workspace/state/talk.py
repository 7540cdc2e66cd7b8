"""What was said: messages, threads, ephemerals, reactions, pins."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from bot.workspace.state.changes import Changes
from bot.workspace.state.directory import Directory
from bot.workspace.state.marks import Marks, MentionedPeople, calls_in
from bot.workspace.state.things import Message
from bot.workspace.store import Store, thaw

TEXT_LIMIT = 40_000
"""Slack cuts `text` after this many characters."""

_WHISPERS_KEPT = 100


class Talk:
    """The messages of every channel, in the order they were posted."""

    def __init__(
        self, directory: Directory, marks: Marks, changes: Changes, store: Store, clock: Callable[[], float]
    ) -> None:
        """Take up the messages that were kept; ephemerals are not among them, as in Slack."""
        self._directory, self._marks, self._changes = directory, marks, changes
        self._store, self._clock = store, clock
        self._messages: dict[str, dict[str, Message]] = {}
        self._threads: dict[tuple[str, str], list[str]] = {}
        self._followers: dict[tuple[str, str], frozenset[str]] = {}
        self._whispers: dict[str, deque[Message]] = {}
        self._last: dict[str, int] = {}
        for _, body in store.rows("message"):
            message = thaw(Message, body | {"reactions": {name: tuple(who) for name, who in body["reactions"].items()}})
            self._file(message, calls_in(message))

    def message(self, channel: str, ts: str) -> Message | None:
        """The message with this time stamp, a reply too; ephemerals are not found."""
        return self._messages.get(channel, {}).get(ts)

    def whisper(self, channel: str, ts: str) -> Message | None:
        """The ephemeral with this time stamp."""
        with self._changes.lock:
            return next((each for each in self._whispers.get(channel, ()) if each.ts == ts), None)

    def whispers_to(self, user: str, channel: str) -> list[Message]:
        """The ephemerals that one person has in a channel and its threads, oldest first."""
        with self._changes.lock:
            return [each for each in self._whispers.get(channel, ()) if each.only_for == user]

    def messages(self, channel: str) -> list[Message]:
        """All messages of a channel and of its threads, oldest first."""
        with self._changes.lock:
            return list(self._messages.get(channel, {}).values())

    def replies(self, channel: str, thread_ts: str) -> list[Message]:
        """The replies of a thread, oldest first, without its parent."""
        with self._changes.lock:
            held = self._messages.get(channel, {})
            return [held[ts] for ts in self._threads.get((channel, thread_ts), ())]

    def followers(self, channel: str, thread_ts: str) -> frozenset[str]:
        """Those who wrote in a thread or were called there: each reply notifies them."""
        return self._followers.get((channel, thread_ts), frozenset())

    def seen_by(self, user: str, channel: str, thread_ts: str = "") -> list[Message]:
        """What one person sees, oldest first: the channel, or a thread with its parent; their ephemerals included."""
        with self._changes.lock:
            if thread_ts:
                parent = self.message(channel, thread_ts)
                shown = [*([parent] if parent else []), *self.replies(channel, thread_ts)]
            else:
                shown = [each for each in self.messages(channel) if not each.thread_ts or each.is_broadcast]
            own = [each for each in self.whispers_to(user, channel) if each.thread_ts == thread_ts]
            return sorted([*shown, *own], key=lambda each: each.ts) if own else shown

    def post(self, message: Message, *, quiet: bool = False) -> Message:
        """Add a new message and tell those whom it concerns, nobody when `quiet`; returns it with its time stamp."""
        with self._changes.lock:
            new = replace(message, ts=self._next_ts(message.channel), text=message.text[:TEXT_LIMIT])
            followers = self.followers(new.channel, new.thread_ts) if new.thread_ts else frozenset()
            calls = calls_in(new)
            self._file(new, calls)
            place = self._directory.channel(new.channel)
            if place is not None and not quiet:
                self._marks.mark(new, place, calls, followers)
            self._keep(new)
            return new

    def post_whisper(self, message: Message) -> Message:
        """Show a message to the one person in `only_for`; it is gone after a restart."""
        with self._changes.lock:
            new = replace(message, ts=self._next_ts(message.channel), text=message.text[:TEXT_LIMIT])
            self._whispers.setdefault(new.channel, deque(maxlen=_WHISPERS_KEPT)).append(new)
            self._changes.tell("whisper", new.channel, new.only_for, new.thread_ts, new.ts)
            return new

    def edit(self, message: Message, *, by: str) -> Message:
        """Put `message` in the place of the one with its time stamp; nobody is notified."""
        with self._changes.lock:
            at = max(int(self._clock() * 1_000_000), _micros(message.ts) + 1)
            new = replace(message, text=message.text[:TEXT_LIMIT], edited_by=by, edited_ts=_stamp(at))
            self._messages[new.channel][new.ts] = new
            self._keep(new)
            return new

    def delete(self, channel: str, ts: str) -> None:
        """Take a message away; one with replies leaves a tombstone, as in Slack."""
        with self._changes.lock:
            old = self._messages[channel][ts]
            if self._threads.get((channel, ts)):
                tomb = Message(channel, "USLACKBOT", "This message was deleted.", ts, subtype="tombstone")
                self._messages[channel][ts] = tomb
                self._keep(tomb)
                return
            del self._messages[channel][ts]
            if old.thread_ts:
                self._threads[(channel, old.thread_ts)].remove(ts)
            self._store.keep("message", f"{channel}/{ts}", None)
            self._changes.tell("message", channel, thread_ts=old.thread_ts, ts=ts)

    def replace_whisper(self, old: Message, new: Message | None) -> None:
        """Change an ephemeral, or take it away with None: only a response_url can."""
        with self._changes.lock:
            rest = [each for each in self._whispers.get(old.channel, ()) if each.ts != old.ts]
            if new is not None:
                rest = sorted([*rest, replace(new, ts=old.ts)], key=lambda each: each.ts)
            self._whispers[old.channel] = deque(rest, maxlen=_WHISPERS_KEPT)
            self._changes.tell("whisper", old.channel, old.only_for, old.thread_ts, old.ts)

    def react(self, channel: str, ts: str, name: str, user: str) -> bool:
        """Add a reaction; False when this person had given it already."""
        with self._changes.lock:
            old = self._messages[channel][ts]
            given = old.reactions.get(name, ())
            if user in given:
                return False
            self._replace(replace(old, reactions={**old.reactions, name: (*given, user)}))
            return True

    def unreact(self, channel: str, ts: str, name: str, user: str) -> bool:
        """Take a reaction back; False when there was none."""
        with self._changes.lock:
            old = self._messages[channel][ts]
            if user not in old.reactions.get(name, ()):
                return False
            left = {**old.reactions, name: tuple(each for each in old.reactions[name] if each != user)}
            self._replace(replace(old, reactions={each: users for each, users in left.items() if users}))
            return True

    def pin(self, channel: str, ts: str, user: str) -> bool:
        """Pin a message; False when it is pinned already."""
        return self._set_pin(channel, ts, user)

    def unpin(self, channel: str, ts: str) -> bool:
        """Take a pin away; False when there was none."""
        return self._set_pin(channel, ts, "")

    def pins(self, channel: str) -> list[Message]:
        """The pinned messages of a channel."""
        return [each for each in self.messages(channel) if each.pinned_by]

    def _set_pin(self, channel: str, ts: str, user: str) -> bool:
        with self._changes.lock:
            old = self._messages[channel][ts]
            if bool(old.pinned_by) == bool(user):
                return False
            self._replace(replace(old, pinned_by=user))
            return True

    def _replace(self, message: Message) -> None:
        self._messages[message.channel][message.ts] = message
        self._keep(message)

    def _file(self, message: Message, calls: MentionedPeople) -> None:
        held = self._messages.setdefault(message.channel, {})
        held[message.ts] = message
        self._last[message.channel] = max(self._last.get(message.channel, 0), _micros(message.ts))
        key = (message.channel, message.thread_ts or message.ts)
        if message.thread_ts:
            self._threads.setdefault(key, []).append(message.ts)
        self._followers[key] = self._followers.get(key, frozenset()) | {message.user} | calls.users

    def _keep(self, message: Message) -> None:
        self._store.keep("message", f"{message.channel}/{message.ts}", message)
        self._changes.tell("message", message.channel, thread_ts=message.thread_ts, ts=message.ts)

    def _next_ts(self, channel: str) -> str:
        at = max(int(self._clock() * 1_000_000), self._last.get(channel, 0) + 1)
        self._last[channel] = at
        return _stamp(at)


def _micros(ts: str) -> int:
    return int(ts.replace(".", ""))


def _stamp(micros: int) -> str:
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
