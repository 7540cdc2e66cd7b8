"""A Slack in memory for the notifier's tests: it keeps what is posted, and fails in every way that a test asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from time import sleep

from bot.notifier.messenger import Doubtful, Failed, Gone, Impossible, Label, Limited, Sent
from bot.render.message import Message

POST, UPDATE, LOOK = "chat.postMessage", "chat.update", "conversations.replies"


class Killed(BaseException):
    """The process ends here, as by kill -9."""


@dataclass
class Standing:
    """A message as it stands in a channel."""

    ts: str
    channel: str
    thread_ts: str | None
    label: Label
    message: Message
    at: datetime
    edits: int = 0


@dataclass
class FakeSlack:
    """Messages in the order in which they were posted, and every call that was made."""

    channels: set[str] = field(default_factory=lambda: {"C0INC", "C0DATA"})
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    trouble: Callable[[str], str] = lambda _method: ""
    """A method -> "", or how the call fails: limited, before, after, hang, killed before, killed after, a word."""
    hang_seconds: float = 0.0
    messages: dict[str, Standing] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    """Whom direct messages were opened with by a call of its own."""
    _lock: Lock = field(default_factory=Lock)

    def post(self, channel: str, message: Message, label: Label, thread_ts: str | None = None) -> Sent | Failed:
        channel = self.direct(channel) if channel.startswith("U") else channel
        if channel not in self.channels:
            return self._note(POST, label, Impossible("not_in_channel"))
        if thread_ts is not None and thread_ts not in self.messages:
            return self._note(POST, label, Impossible("thread_not_found"))
        return self._try(POST, label, lambda: self._add(channel, message, label, thread_ts))

    def update(self, channel: str, ts: str, message: Message, label: Label) -> Sent | Gone | Failed:
        if ts not in self.messages:
            self._note(UPDATE, label, Doubtful(""))
            return Gone()
        return self._try(UPDATE, label, lambda: self._edit(channel, ts, message))

    def find(
        self, channel: str, run: str, since: datetime, thread_ts: str | None = None
    ) -> Mapping[str, Sent] | Failed:
        failed = self._fail(LOOK)
        with self._lock:
            self.calls.append((LOOK, ""))
            here = [
                one for one in self.messages.values()
                if one.channel == channel and one.thread_ts == thread_ts and one.label.run == run and one.at >= since
            ]  # fmt: skip
        return failed or {one.label.key: Sent(channel, one.ts, one.message.digest) for one in reversed(here)}

    def link_to(self, channel: str, ts: str) -> str:
        return f"https://acme.slack.example/archives/{channel}/p{ts.replace('.', '')}"

    def open_dm(self, user: str) -> str | Failed:
        self.opened.append(user)
        return self.direct(user)

    def direct(self, user: str) -> str:
        """The direct messages with somebody; a post to their id goes there too."""
        self.channels.add(f"D{user}")
        return f"D{user}"

    def _try(self, method: str, label: Label, act: Callable[[], Sent]) -> Sent | Failed:
        with self._lock:
            self.calls.append((method, label.key))
            kind = self.trouble(method)
        if kind in ("after", "killed after"):
            act()
        if kind.startswith("killed"):
            raise Killed
        if kind == "hang":
            sleep(self.hang_seconds)
        return _outcome(kind) or act()

    def _fail(self, method: str) -> Failed | None:
        with self._lock:
            return _outcome(self.trouble(method))

    def _note(self, method: str, label: Label, outcome: Failed) -> Failed:
        with self._lock:
            self.calls.append((method, label.key))
        return outcome

    def _add(self, channel: str, message: Message, label: Label, thread_ts: str | None) -> Sent:
        with self._lock:
            ts = f"{1_763_800_000 + len(self.messages)}.{len(self.calls):06d}"
            self.messages[ts] = Standing(ts, channel, thread_ts, label, message, self.now())
            return Sent(channel, ts, message.digest)

    def _edit(self, channel: str, ts: str, message: Message) -> Sent:
        with self._lock:
            self.messages[ts].message = message
            self.messages[ts].edits += 1
            return Sent(channel, ts, message.digest)

    def delete(self, key: str) -> None:
        """Somebody deletes a message."""
        with self._lock:
            self.messages = {ts: one for ts, one in self.messages.items() if one.label.key != key}

    def standing(self, key: str, run: str | None = None) -> list[Standing]:
        """The messages with this key, the oldest first."""
        return [one for one in list(self.messages.values()) if one.label.key == key and run in (None, one.label.run)]

    @property
    def posted(self) -> list[str]:
        """The keys of all messages that stand there, in the order in which they were posted."""
        return self.keys()

    def keys(self, run: str | None = None) -> list[str]:
        """The keys of all messages, in the order in which they were posted."""
        return [one.label.key for one in list(self.messages.values()) if run in (None, one.label.run)]


def _outcome(kind: str) -> Failed | None:
    match kind:
        case "":
            return None
        case "limited":
            return Limited(0.2)
        case "before" | "after" | "hang":
            return Doubtful(kind)
        case word:
            return Impossible(word)
