"""What people do in the workspace, brought to the app; what the app answers, brought to the people."""

from collections.abc import Callable
from concurrent.futures import Future

from bot.workspace.delivery.answers import PressOutcome, say_answer, take_submission
from bot.workspace.delivery.events import Events
from bot.workspace.delivery.parcel import Payload, Reply, Route
from bot.workspace.delivery.payloads import Payloads, Press
from bot.workspace.delivery.typed import escape_plainly, escape_typed
from bot.workspace.form import Values, complaints, elements_in, merged
from bot.workspace.state import Channel, Failure, Json, Message, State, User, View
from bot.workspace.tickets import ResponseUrl
from bot.workspace.wire import channel_kind

_GONE = "This has changed. Look again."
_SLACKBOT = "USLACKBOT"
_INVITE = "/invite"


class Delivery:
    """Each method acts for one person and returns at once; the outcome comes with the app's ack."""

    def __init__(self, state: State, payloads: Payloads, route: Route, events: Events) -> None:
        """Take the way to the app, and who brings it events."""
        self._state, self._payloads, self._route, self._events = state, payloads, route, events

    def say(self, user: str, channel: str, text: str, thread_ts: str = "") -> Message:
        """Post plain text as a person."""
        place, person = self._place(channel), self._person(user)
        typed = escape_typed(text, self._state.directory, with_names=False)
        message = self._state.talk.post(Message(place.id, person.id, typed, thread_ts=thread_ts))
        event = {"type": "message", "channel": place.id, "user": user, "text": typed, "ts": message.ts}
        if thread_ts:
            event["thread_ts"] = thread_ts
        kind, name = channel_kind(place)
        self._events.emit(name, {**event, "channel_type": kind, "event_ts": message.ts})
        if f"<@{self._state.directory.bot.id}>" in typed:
            self._events.emit("app_mention", {**event, "type": "app_mention", "event_ts": message.ts})
        return message

    def command(self, user: str, channel: str, line: str) -> "Future[PressOutcome]":
        """Send a slash command as typed, such as `/recover orders`."""
        name, _, rest = line.strip().partition(" ")
        known = next((each for each in self._state.seed.commands if each.name == name), None)
        if name == _INVITE:
            return _done(self._invite(self._person(user), self._place(channel), rest.strip()))
        if known is None:
            return _done(PressOutcome(ok=False, error="unknown_command", sentence=f"{name} is not a valid command."))
        text = rest.strip()
        if known.should_escape:
            text = escape_typed(text, self._state.directory, with_names=True)
        else:
            text = escape_plainly(text)
        payload = self._payloads.command(self._person(user), self._place(channel), name, text)
        return self._ask(
            Payload("slash_commands", payload), lambda reply: self._after_command(user, channel, name, reply)
        )

    def click(
        self, user: str, channel: str, ts: str, block_id: str, action_id: str,
        chosen: Json | None = None, values: Values | None = None,
    ) -> "Future[PressOutcome]":  # fmt: skip
        """Use an element of a message or an ephemeral as it stands now."""
        message = self._state.talk.message(channel, ts) or self._state.talk.whisper(channel, ts)
        if message is None:
            return _done(PressOutcome(ok=False, error="message_not_found", sentence=_GONE))
        return self.click_on(user, message, block_id, action_id, chosen, values)

    def click_on(
        self, user: str, message: Message, block_id: str, action_id: str,
        chosen: Json | None = None, values: Values | None = None,
    ) -> "Future[PressOutcome]":  # fmt: skip
        """Use an element of a message as somebody saw it, though it may have changed or gone since."""
        press = _press({"blocks": message.blocks}, block_id, action_id, chosen)
        if press is None:
            return _done(PressOutcome(ok=False, error="action_not_found", sentence=_GONE))
        payload = self._payloads.message_action(self._person(user), message, press, values)
        return self._ask(Payload("interactive", payload), lambda reply: self._after(user, action_id, reply))

    def click_view(
        self, user: str, view_id: str, block_id: str, action_id: str,
        chosen: Json | None = None, values: Values | None = None,
    ) -> "Future[PressOutcome]":  # fmt: skip
        """Use an element of a modal or of the home tab."""
        view = self._own(user, view_id)
        press = _press(view.body, block_id, action_id, chosen) if view else None
        if view is None or press is None:
            return _done(PressOutcome(ok=False, error="action_not_found", sentence=_GONE))
        payload = self._payloads.view_action(self._person(user), view, press, values or {})
        return self._ask(Payload("interactive", payload), lambda reply: self._after(user, action_id, reply))

    def submit(self, user: str, view_id: str, values: Values) -> "Future[PressOutcome]":
        """Send a modal off; a required field that is empty is said without asking the app, as in Slack."""
        view = self._own(user, view_id)
        if view is None:
            return _done(PressOutcome(ok=False, error="view_not_found", sentence=_GONE))
        if errors := complaints(view.body, merged(view.body, values)):
            return _done(PressOutcome(ok=False, errors=errors))
        payload = self._payloads.submission(self._person(user), view, values)
        return self._ask(Payload("interactive", payload), lambda reply: self._after_submission(view, reply))

    def dismiss(self, user: str, view_id: str, *, whole_stack: bool = False) -> "Future[PressOutcome]":
        """Close a modal, or all of them, without sending; the app hears of it where it asked to."""
        view = self._own(user, view_id)
        if view is None:
            return _done(PressOutcome(ok=True))
        stack = self._state.screens.modals(user)
        whole_stack = whole_stack or bool(view.body.get("clear_on_close"))
        closed = stack if whole_stack else [view]
        if whole_stack:
            self._state.screens.clear(user)
        else:
            self._state.screens.close(view)
        person = self._person(user)
        sent = [
            self._ask(Payload("interactive", self._payloads.closing(person, each, is_cleared=whole_stack)), _plainly)
            for each in reversed(closed)
            if each.body.get("notify_on_close")
        ]
        return sent[0] if sent else _done(PressOutcome(ok=True))

    def shortcut(self, user: str, callback_id: str) -> "Future[PressOutcome]":
        """Choose a global shortcut."""
        payload = self._payloads.shortcut(self._person(user), callback_id)
        return self._ask(Payload("interactive", payload), lambda reply: self._after(user, callback_id, reply))

    def message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> "Future[PressOutcome]":
        """Choose a shortcut in the menu of a message."""
        message = self._state.talk.message(channel, ts)
        if message is None:
            return _done(PressOutcome(ok=False, error="message_not_found", sentence=_GONE))
        payload = self._payloads.message_shortcut(self._person(user), message, callback_id)
        return self._ask(Payload("interactive", payload), lambda reply: self._after(user, callback_id, reply))

    def suggest(
        self,
        user: str,
        block_id: str,
        action_id: str,
        typed: str,
        *,
        view_id: str = "",
        channel: str = "",
        ts: str = "",
    ) -> "Future[PressOutcome]":
        """Ask the app for the options of an external select."""
        where = self._own(user, view_id) if view_id else self._state.talk.message(channel, ts)
        body: Json = where.body if isinstance(where, View) else {"blocks": where.blocks if where else ()}
        press = _press(body, block_id, action_id, None)
        if where is None or press is None:
            return _done(PressOutcome(ok=False, error="action_not_found", sentence=_GONE))
        payload = self._payloads.suggestion(self._person(user), where, press, typed)
        return self._ask(Payload("interactive", payload), _suggested)

    def open_home(self, user: str) -> None:
        """Look at the app's home tab."""
        dm = self._state.directory.open_dm([user, self._state.directory.bot.id])
        event: Json = {"type": "app_home_opened", "user": user, "channel": dm.id, "tab": "home"}
        self._events.emit("app_home_opened", event)

    def react(self, user: str, channel: str, ts: str, name: str, *, add: bool = True) -> None:
        """Give a reaction, or take it back."""
        change = self._state.talk.react if add else self._state.talk.unreact
        if self._state.talk.message(channel, ts) is not None and change(channel, ts, name, user):
            kind = "reaction_added" if add else "reaction_removed"
            item = {"type": "message", "channel": channel, "ts": ts}
            self._events.emit(kind, {"type": kind, "user": user, "reaction": name, "item": item})

    def _ask(self, parcel: Payload, then: Callable[[Reply], PressOutcome]) -> "Future[PressOutcome]":
        outcome: Future[PressOutcome] = Future()

        def settle(done: "Future[Reply]") -> None:
            try:
                outcome.set_result(then(done.result()))
            except Exception as error:  # noqa: BLE001 - whoever waits for the outcome gets it
                outcome.set_exception(error)

        self._route.carrier.send(parcel).add_done_callback(settle)
        return outcome

    def _after(self, user: str, what: str, reply: Reply) -> PressOutcome:
        if not reply.error:
            return PressOutcome(ok=True)
        self._fail(user, what, reply.error)
        return PressOutcome(ok=False, error=reply.error, sentence="This app did not respond. Try again in a moment.")

    def _after_command(self, user: str, channel: str, name: str, reply: Reply) -> PressOutcome:
        if not reply.error:
            if reply.body and (reply.body.get("text") or reply.body.get("blocks")):
                say_answer(self._state, ResponseUrl(user, channel), reply.body, f"ack of {name}")
            return PressOutcome(ok=True)
        self._fail(user, name, reply.error)
        if reply.error == "operation_timeout":
            sentence = f"{name} failed because the app did not respond."
        else:
            sentence = f'{name} failed with the error "{reply.error}".'
        self._state.talk.post_whisper(Message(channel, _SLACKBOT, sentence, only_for=user))
        return PressOutcome(ok=False, error=reply.error, sentence=sentence)

    def _after_submission(self, view: View, reply: Reply) -> PressOutcome:
        if reply.error:
            self._fail(view.user, str(view.body.get("callback_id") or "view_submission"), reply.error)
        return take_submission(self._state, view, reply)

    def _invite(self, by: User, place: Channel, handle: str) -> PressOutcome:
        """Slack's own `/invite @name`, which is also how a bot comes into a channel."""
        found = self._state.directory.user_named(handle.removeprefix("@"))
        if found is None:
            return PressOutcome(ok=False, error="user_not_found", sentence=f"Nobody here is called {handle}.")
        if found.id in place.members:
            return PressOutcome(ok=False, error="already_in_channel", sentence=f"{handle} is already in this channel.")
        self._state.directory.join(place.id, [found.id])
        text = f"<@{found.id}> was added to the channel by <@{by.id}>."
        self._state.talk.post(Message(place.id, found.id, text, subtype="channel_join"), quiet=True)
        event = {"type": "member_joined_channel", "user": found.id, "channel": place.id, "inviter": by.id}
        self._events.emit("member_joined_channel", {**event, "channel_type": "G" if place.is_private else "C"})
        return PressOutcome(ok=True)

    def _fail(self, user: str, what: str, why: str) -> None:
        self._state.ledger.fail(Failure(self._state.clock(), user, what, why))

    def _own(self, user: str, view_id: str) -> View | None:
        view = self._state.screens.view(view_id)
        return view if view is not None and view.user == user else None

    def _person(self, user: str) -> User:
        found = self._state.directory.user(user)
        if found is None:
            raise LookupError(f"nobody here has the id {user}")
        return found

    def _place(self, channel: str) -> Channel:
        found = self._state.directory.channel(channel)
        if found is None:
            raise LookupError(f"no channel has the id {channel}")
        return found


def _press(body: Json, block_id: str, action_id: str, chosen: Json | None) -> Press | None:
    for block, element in elements_in(body):
        if (block.get("block_id"), element.get("action_id")) == (block_id, action_id):
            return Press(element, block_id, chosen)
    return None


def _plainly(reply: Reply) -> PressOutcome:
    return PressOutcome(ok=not reply.error, error=reply.error)


def _suggested(reply: Reply) -> PressOutcome:
    if reply.error:
        return PressOutcome(ok=False, error=reply.error)
    body = reply.body or {}
    grouped = [option for group in body.get("option_groups") or () for option in group.get("options", ())]
    return PressOutcome(ok=True, options=(*(body.get("options") or ()), *grouped))


def _done(outcome: PressOutcome) -> "Future[PressOutcome]":
    future: Future[PressOutcome] = Future()
    future.set_result(outcome)
    return future
