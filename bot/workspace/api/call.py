"""One call of the Web API: its arguments, the state it works on, and how it is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.workspace.state import Channel, Json, Message, State, User
from bot.workspace.tickets import Tickets


class SlackError(Exception):
    """A call that is refused: Slack's word for it, and the details that stand in `response_metadata.messages`."""

    def __init__(self, code: str, messages: tuple[str, ...] = (), extra: Json | None = None) -> None:
        """Keep what the answer will say."""
        super().__init__(code)
        self.code, self.messages, self.extra = code, messages, extra or {}


class Emit(Protocol):
    """Sends an event to the app, when it is subscribed to it."""

    def __call__(self, subscription: str, event: Json) -> None:
        """`subscription` is the name in the manifest, such as `message.channels`."""


@dataclass(frozen=True)
class ApiCall:
    """What a method works with; `later` runs something after so many seconds."""

    method: str
    args: Mapping[str, Any]
    state: State
    tickets: Tickets
    origin: str
    emit: Emit
    later: Callable[[float, Callable[[], None]], None]

    def text(self, name: str) -> str:
        """An argument as text, empty when it is missing."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def need(self, name: str, code: str = "invalid_arguments") -> str:
        """An argument that has to be there."""
        value = self.text(name)
        if not value:
            raise SlackError(code, (f"[ERROR] missing required field: {name}",))
        return value

    def flag(self, name: str) -> bool:
        """A yes or no, in any of the spellings that the wire has for it."""
        return self.text(name).lower() in ("true", "1")

    def count(self, name: str, default: int) -> int:
        """A whole number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise SlackError("invalid_arguments", (f"[ERROR] must be an integer: {name}",)) from None

    def parsed(self, name: str, code: str = "invalid_arguments") -> Any:  # noqa: ANN401 - any JSON
        """An argument that is JSON, or a string of it; None when it is missing or empty."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(code, (f"[ERROR] not JSON: {name}",)) from None

    def channel(self, name: str = "channel") -> Channel:
        """The channel that an argument names by id; private ones exist only for their members."""
        place = self.state.directory.channel(self.need(name, "channel_not_found"))
        if place is None or ((place.is_private or place.is_im or place.is_mpim) and not self._is_in(place)):
            raise SlackError("channel_not_found")
        return place

    def writable(self, place: Channel) -> Channel:
        """The same channel, when the bot may write there."""
        if not self._is_in(place):
            raise SlackError("not_in_channel")
        if place.is_archived:
            raise SlackError("is_archived")
        return place

    def user(self, name: str = "user") -> User:
        """The person that an argument names by id."""
        person = self.state.directory.user(self.need(name, "user_not_found"))
        if person is None:
            raise SlackError("user_not_found")
        return person

    def message(self, place: Channel, name: str = "ts") -> Message:
        """The message that an argument names by its time stamp."""
        found = self.state.talk.message(place.id, self.need(name, "message_not_found"))
        if found is None:
            raise SlackError("message_not_found")
        return found

    def _is_in(self, place: Channel) -> bool:
        return self.state.directory.bot.id in place.members


@dataclass(frozen=True)
class Method:
    """A method of the Web API: any one of the scopes opens it."""

    answer: Callable[[ApiCall], Json]
    scopes: tuple[str, ...] = ()


def page_of(items: list[Json], call: ApiCall, name: str, default: int = 100) -> Json:
    """Cut a list by `limit` and `cursor`, with the cursor of the next part."""
    start, limit = call.count("cursor", 0), max(1, min(call.count("limit", default), 1000))
    more = start + limit < len(items)
    return {
        name: items[start : start + limit],
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }
