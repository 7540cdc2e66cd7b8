"""What the notifier needs of Slack, and every way in which a call can turn out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.notifier.refusals import About, about
from bot.render.message import Message


@dataclass(frozen=True, slots=True)
class Label:
    """What a message carries unseen, so that it can be found again: its run, and its key there."""

    run: str
    key: str


@dataclass(frozen=True, slots=True)
class Sent:
    """It stands in `channel` at `ts`; `digest` is what it shows, where that is known."""

    channel: str
    ts: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The message that was to be changed is not there any more, or stays as it is; `why` is Slack's word."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Nobody knows whether it took effect: the answer was lost, or said that something broke."""

    why: str


@dataclass(frozen=True, slots=True)
class Limited:
    """Nothing was done; this method may be called again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Impossible:
    """Slack refuses this; `why` is its word, `needed` the scope that is missing, where that is why."""

    why: str
    needed: str = ""

    @property
    def about(self) -> About:
        """What the refusal is about."""
        return about(self.why)


Failed = Doubtful | Limited | Impossible


class Messenger(Protocol):
    """Speaks to Slack; every call returns within its time limit, and none raises what Slack did."""

    def post(self, channel: str, message: Message, label: Label, thread_ts: str | None = None) -> Sent | Failed:
        """Post a message, once: it is never tried again in here."""

    def update(self, channel: str, ts: str, message: Message, label: Label) -> Sent | Gone | Failed:
        """Change what a message shows."""

    def find(
        self, channel: str, run: str, since: datetime, thread_ts: str | None = None
    ) -> Mapping[str, Sent] | Failed:
        """Messages of a run since a time, by their keys: in a thread, or in the channel itself."""

    def open_dm(self, user: str) -> str | Failed:
        """The channel of the direct messages with somebody."""

    def link_to(self, channel: str, ts: str) -> str:
        """The address of a message; "" where Slack does not say."""
