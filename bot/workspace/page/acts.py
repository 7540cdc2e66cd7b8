"""What a person does on the page, brought to the workspace: each act answers with what went wrong, if anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.workspace.blocks.text.objects import words_of
from bot.workspace.delivery import Delivery, PressOutcome
from bot.workspace.page.scene import HOME
from bot.workspace.page.typed import chosen_value, element_at, typed_values
from bot.workspace.state import Json, Message, State, User

_SLACKBOT = "USLACKBOT"
_GONE = "This has changed. Look again."


@dataclass(frozen=True)
class PageActions:
    """One person's hands; ``asked`` is the JSON that the browser sent."""

    state: State
    delivery: Delivery
    user: User
    asked: Mapping[str, Any]

    async def say(self, place: str) -> Json:
        """Post what was typed, or send it off when it is a slash command."""
        text, thread = self._text("text").strip(), self._text("thread")
        if not text:
            return {}
        if not text.startswith("/"):
            self.delivery.say(self.user.id, place, text, thread)
            return {}
        if thread:
            name = text.split(maxsplit=1)[0]
            self._whisper(place, f"{name} is not supported in threads. Sorry!", thread)
            return {}
        outcome = await asyncio.wrap_future(self.delivery.command(self.user.id, place, text))
        if outcome.error == "unknown_command":
            self._whisper(place, outcome.sentence, "")
        return {}

    async def read(self, place: str) -> Json:
        """Take the unread marks of a channel and of the thread that is open, or say that the home tab is looked at."""
        if place == HOME:
            self.delivery.open_home(self.user.id)
            return {}
        self.state.marks.read(self.user.id, place)
        if thread := self._text("thread"):
            self.state.marks.read(self.user.id, place, thread)
        return {}

    async def press(self) -> Json:
        """Use a button, a menu or a picker in a message, a modal or the home tab."""
        body, block, action = self._body(), self._text("block"), self._text("action")
        element = element_at(body, block, action)
        if element is None:
            return {"failed": _GONE}
        chosen = chosen_value(element, self.asked.get("chosen"), self._zone)
        values = typed_values(body, self.asked.get("typed"), self._zone)
        if view := self._text("view"):
            return await _answer(self.delivery.click_view(self.user.id, view, block, action, chosen, values))
        channel, ts = self._text("channel"), self._text("ts")
        return await _answer(self.delivery.click(self.user.id, channel, ts, block, action, chosen, values))

    async def submit(self) -> Json:
        """Send the modal off."""
        values = typed_values(self._body(), self.asked.get("typed"), self._zone)
        return await _answer(self.delivery.submit(self.user.id, self._text("view"), values))

    async def close(self) -> Json:
        """Close the modal, or the whole stack of them."""
        whole = self.asked.get("all") is True
        return await _answer(self.delivery.dismiss(self.user.id, self._text("view"), whole_stack=whole))

    async def shortcut(self) -> Json:
        """Choose a shortcut: on a message when one is named, else a global one."""
        callback, channel, ts = self._text("callback"), self._text("channel"), self._text("ts")
        if ts and self._seen(channel, ts) is None:
            return {}
        if ts:
            going = self.delivery.message_shortcut(self.user.id, channel, ts, callback)
        else:
            going = self.delivery.shortcut(self.user.id, callback)
        outcome = await asyncio.wrap_future(going)
        if not outcome.ok and self.state.directory.channel(channel):
            self._whisper(channel, outcome.sentence or outcome.error, "")
        return {}

    async def react(self) -> Json:
        """Give a reaction, or take one's own back."""
        channel, ts, name = self._text("channel"), self._text("ts"), self._text("name")
        message = self._seen(channel, ts)
        if message is not None:
            given = self.user.id in message.reactions.get(name, ())
            self.delivery.react(self.user.id, channel, ts, name, add=not given)
        return {}

    async def dismiss(self) -> Json:
        """Take an ephemeral away."""
        whisper = self.state.talk.whisper(self._text("channel"), self._text("ts"))
        if whisper is not None and whisper.only_for == self.user.id:
            self.state.talk.replace_whisper(whisper, None)
        return {}

    async def suggest(self) -> Json:
        """Ask the app for the options of an external select."""
        outcome = await asyncio.wrap_future(
            self.delivery.suggest(
                self.user.id,
                self._text("block"),
                self._text("action"),
                self._text("asked"),
                view_id=self._text("view"),
                channel=self._text("channel"),
                ts=self._text("ts"),
            )
        )
        return {"options": [{"value": each["value"], "text": words_of(each.get("text"))} for each in outcome.options]}

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.user.tz)

    def _text(self, name: str) -> str:
        value = self.asked.get(name)
        return value if isinstance(value, str) else ""

    def _whisper(self, channel: str, words: str, thread: str) -> None:
        said = Message(channel, _SLACKBOT, words, thread_ts=thread, only_for=self.user.id)
        self.state.talk.post_whisper(said)

    def _seen(self, channel: str, ts: str) -> Message | None:
        place = self.state.directory.channel(channel)
        if place is None or self.user.id not in place.members:
            return None
        found = self.state.talk.message(channel, ts) or self.state.talk.whisper(channel, ts)
        return found if found and found.only_for in ("", self.user.id) else None

    def _body(self) -> Json:
        view = self.state.screens.view(self._text("view"))
        if view is not None:
            return view.body if view.user == self.user.id else {}
        message = self._seen(self._text("channel"), self._text("ts"))
        return {"blocks": message.blocks} if message else {}


Act = Callable[[PageActions], Awaitable[Json]]
ACTS: Mapping[str, Act] = {
    "press": PageActions.press,
    "modal/submit": PageActions.submit,
    "modal/close": PageActions.close,
    "shortcut": PageActions.shortcut,
    "react": PageActions.react,
    "dismiss": PageActions.dismiss,
    "suggest": PageActions.suggest,
}


async def _answer(going: Future[PressOutcome]) -> Json:
    outcome = await asyncio.wrap_future(going)
    if outcome.ok:
        return {}
    return {"errors": outcome.errors} if outcome.errors else {"failed": outcome.sentence or outcome.error}
