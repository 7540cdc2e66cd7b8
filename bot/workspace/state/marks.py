"""Who is told: unread marks, mention counts and notifications, by Slack's rules."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from bot.workspace.state.changes import Changes
from bot.workspace.state.directory import Directory
from bot.workspace.state.things import Channel, Json, Message, Notice, Unread, Why
from bot.workspace.store import Store, thaw

_CALL = re.compile(r"<(?:@([UW][A-Z0-9]+)|!subteam\^(S[A-Z0-9]+)|!(channel|here|everyone))(?:\|[^>]*)?>")
_NOBODY = Unread()


@dataclass(frozen=True)
class MentionedPeople:
    """Whom a message calls, as it stands in its text or blocks."""

    users: frozenset[str]
    groups: frozenset[str]
    everybody: bool


def calls_in(message: Message) -> MentionedPeople:
    """Find the mentions that notify: those in the blocks, or in the text when there are no blocks.

    With blocks, `text` is a fallback for notifications, so a mention that stands only there calls nobody.
    """
    users, groups, everybody = set(), set(), False
    for user, group, broad in _mentions(message):
        users |= {user} - {""}
        groups |= {group} - {""}
        everybody = everybody or bool(broad)
    return MentionedPeople(frozenset(users), frozenset(groups), everybody)


def _mentions(message: Message) -> Iterator[tuple[str, str, str]]:
    if message.blocks:
        for block in message.blocks:
            yield from _mentions_in(block)
    else:
        yield from _CALL.findall(message.text)
    for attachment in message.attachments:
        yield from _CALL.findall(str(attachment.get("text", "")))
        yield from _mentions_in(attachment.get("blocks", []))


def _mentions_in(part: object) -> Iterator[tuple[str, str, str]]:
    if isinstance(part, list):
        for each in part:
            yield from _mentions_in(each)
    elif isinstance(part, dict):
        yield from _mentions_of(part)
        for each in part.values():
            if isinstance(each, (dict, list)):
                yield from _mentions_in(each)


def _mentions_of(part: Json) -> Iterator[tuple[str, str, str]]:
    match part.get("type"):
        case "mrkdwn" | "markdown":
            yield from _CALL.findall(str(part.get("text", "")))
        case "user":
            yield str(part.get("user_id", "")), "", ""
        case "usergroup":
            yield "", str(part.get("usergroup_id", "")), ""
        case "broadcast":
            yield "", "", str(part.get("range", "channel"))
        case _:
            return


class Marks:
    """Unread marks and notifications of everybody."""

    def __init__(self, directory: Directory, changes: Changes, store: Store) -> None:
        """Take up the marks that were kept."""
        self._directory, self._changes, self._store = directory, changes, store
        self._unread = {tuple(key.split("/")): thaw(Unread, body) for key, body in store.rows("unread")}
        self._notices: deque[Notice] = deque(maxlen=2000)
        self._numbers = count(1)

    def unread(self, user_id: str, channel_id: str) -> Unread:
        """What a person has not seen yet in a channel."""
        return self._unread.get((user_id, channel_id), _NOBODY)

    def waiting(self, user_id: str) -> int:
        """How many times somebody is called and has not looked, over all channels: the red number."""
        with self._changes.lock:
            return sum(unread.mentions for (user, _), unread in self._unread.items() if user == user_id)

    def notices(self, user_id: str, after: int = 0) -> list[Notice]:
        """The notifications of a person with a number above `after`, oldest first; lost at a restart."""
        with self._changes.lock:
            return [notice for notice in self._notices if notice.user == user_id and notice.number > after]

    def read(self, user_id: str, channel_id: str, thread_ts: str = "", up_to: str = "") -> None:
        """The person looked at the channel, or at one thread of it."""
        with self._changes.lock:
            seen = self.unread(user_id, channel_id)
            if thread_ts:
                threads = {ts: n for ts, n in seen.threads.items() if ts != thread_ts}
                mentions = seen.mentions if seen.messages or threads else 0
                now = replace(seen, threads=threads, mentions=mentions)
            else:
                now = Unread(0, seen.mentions if seen.threads else 0, seen.threads, max(up_to, seen.last_read))
            if now != seen:
                self._put(user_id, channel_id, now)

    def mark(self, message: Message, place: Channel, calls: MentionedPeople, followers: frozenset[str]) -> None:
        """Count a new message for everybody in the channel and notify those whom it calls."""
        grouped = {each for gid in calls.groups if (found := self._directory.group(gid)) for each in found.members}
        for user in place.members:
            if user not in (message.user, self._directory.bot.id):
                by_group = user in grouped
                self._count(message, user, _why(user, calls, place, by_group=by_group, follows=user in followers))

    def _count(self, message: Message, user: str, why: Why | None) -> None:
        before = self.unread(user, message.channel)
        threads, messages = dict(before.threads), before.messages
        if message.thread_ts and why:
            threads[message.thread_ts] = threads.get(message.thread_ts, 0) + 1
        if not message.thread_ts or message.is_broadcast:
            messages += 1
        loud = why not in (None, "thread")
        after = replace(before, messages=messages, mentions=before.mentions + loud, threads=threads)
        if after != before:
            self._put(user, message.channel, after)
        if why:
            self._notify(message, user, why)

    def _notify(self, message: Message, user: str, why: Why) -> None:
        notice = Notice(
            next(self._numbers),
            user,
            message.channel,
            message.ts,
            message.thread_ts,
            why,
            message.text,
        )
        self._notices.append(notice)
        self._changes.tell("notice", message.channel, user, message.thread_ts, message.ts)

    def _put(self, user: str, channel: str, unread: Unread) -> None:
        self._unread[(user, channel)] = unread
        self._store.keep("unread", f"{user}/{channel}", unread)
        self._changes.tell("unread", channel, user)


def _why(user: str, calls: MentionedPeople, place: Channel, *, by_group: bool, follows: bool) -> Why | None:
    """The loudest reason to tell this person, if there is one; following counts in threads only."""
    if user in calls.users:
        return "mention"
    if by_group:
        return "group"
    if calls.everybody:
        return "broadcast"
    if place.is_im or place.is_mpim:
        return "dm"
    return "thread" if follows else None
