"""The payloads that Slack sends: commands, clicks, submissions, shortcuts, events."""

from dataclasses import dataclass

from bot.workspace.form import Values, initial_values, merged
from bot.workspace.state import Channel, Enterprise, Json, Message, State, User, View
from bot.workspace.tickets import ResponseUrl, Tickets
from bot.workspace.wire import message_json, view_json


@dataclass(frozen=True)
class Press:
    """Which element was used, and what was chosen there (a state value, None for a plain button)."""

    element: Json
    block_id: str
    chosen: Json | None = None


@dataclass(frozen=True)
class Payloads:
    """Builds payloads; each carries a fresh trigger and, where Slack gives one, a response_url."""

    state: State
    tickets: Tickets
    origin: str
    token: str

    def command(self, user: User, place: Channel, name: str, text: str) -> Json:
        """A slash command, as form fields."""
        home, own = self.state.directory.team, self.state.directory.team_of(user)
        around = self._enterprise
        is_elsewhere = around is not None and own in around.teams
        return {
            "token": self.token,
            "team_id": own if is_elsewhere else home.id,
            "team_domain": own.lower() if is_elsewhere else home.domain,
            **({"enterprise_id": around.id, "enterprise_name": around.name} if around else {}),
            "channel_id": place.id,
            "channel_name": place_name(place),
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": text,
            "api_app_id": self.state.seed.app_id,
            "is_enterprise_install": "true" if around and around.is_org_install else "false",
            "response_url": self._response_url(ResponseUrl(user.id, place.id), "commands"),
            "trigger_id": self._trigger(user.id),
        }

    def message_action(self, user: User, message: Message, press: Press, values: Values | None) -> Json:
        """A click, or a choice, in a message; an ephemeral's content is not sent, as in Slack."""
        place = self.state.directory.channel(message.channel)
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": bool(message.only_for),
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        typed = merged({"blocks": message.blocks}, values) if values else initial_values({"blocks": message.blocks})
        answer = ResponseUrl(user.id, message.channel, message.thread_ts, message.ts, bool(message.only_for))
        payload = {
            **self._interaction("block_actions", user),
            "container": container,
            "channel": {"id": message.channel, "name": place_name(place) if place else ""},
            "state": {"values": typed},
            "response_url": self._response_url(answer, "actions"),
            "actions": [self._action(press)],
        }
        if not message.only_for:
            payload["message"] = message_json(self.state, message, origin=self.origin, with_metadata=True)
        return payload

    def view_action(self, user: User, view: View, press: Press, values: Values) -> Json:
        """A click, or a choice, in a modal or on the home tab."""
        return {
            **self._interaction("block_actions", user),
            "container": {"type": "view", "view_id": view.id},
            "view": view_json(self.state, view, merged(view.body, values)),
            "actions": [self._action(press)],
        }

    def submission(self, user: User, view: View, values: Values) -> Json:
        """A modal that was sent off."""
        payload = self._interaction("view_submission", user)
        return {**payload, "view": view_json(self.state, view, merged(view.body, values)), "response_urls": []}

    def closing(self, user: User, view: View, *, is_cleared: bool) -> Json:
        """A modal that was closed without sending."""
        payload = self._interaction("view_closed", user)
        del payload["trigger_id"]
        return {**payload, "view": view_json(self.state, view), "is_cleared": is_cleared}

    def shortcut(self, user: User, callback_id: str) -> Json:
        """A global shortcut."""
        payload = self._interaction("shortcut", user)
        return {**payload, "callback_id": callback_id, "action_ts": self._now()}

    def message_shortcut(self, user: User, message: Message, callback_id: str) -> Json:
        """A shortcut on a message."""
        place = self.state.directory.channel(message.channel)
        answer = ResponseUrl(user.id, message.channel, message.thread_ts, message.ts)
        return {
            **self._interaction("message_action", user),
            "callback_id": callback_id,
            "action_ts": self._now(),
            "message_ts": message.ts,
            "channel": {"id": message.channel, "name": place_name(place) if place else ""},
            "message": message_json(self.state, message, origin=self.origin, with_metadata=True),
            "response_url": self._response_url(answer, "app"),
        }

    def suggestion(self, user: User, where: View | Message, press: Press, typed: str) -> Json:
        """What a person typed into an external select."""
        payload = self._interaction("block_suggestion", user)
        del payload["trigger_id"]
        payload |= {"action_id": press.element["action_id"], "block_id": press.block_id, "value": typed}
        if isinstance(where, View):
            shown = view_json(self.state, where, initial_values(where.body))
            return {**payload, "container": {"type": "view", "view_id": where.id}, "view": shown}
        container = {"type": "message", "message_ts": where.ts, "channel_id": where.channel}
        shown = message_json(self.state, where, origin=self.origin)
        return {**payload, "container": container, "channel": {"id": where.channel}, "message": shown}

    def event(self, event: Json) -> Json:
        """An event in its wrapping."""
        team, bot = self.state.directory.team.id, self.state.directory.bot.id
        event = {**event, "event_ts": event.get("event_ts") or self._now()}
        return {
            "token": self.token,
            "team_id": team,
            "context_team_id": team,
            "api_app_id": self.state.seed.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev" + self.state.mint(),
            "event_time": int(self.state.clock()),
            "authorizations": [{"team_id": team, "user_id": bot, "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }

    def _interaction(self, kind: str, user: User) -> Json:
        own, around = self.state.directory.team_of(user), self._enterprise
        return {
            "type": kind,
            "token": self.token,
            "team": self._team(own),
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": own},
            "api_app_id": self.state.seed.app_id,
            "is_enterprise_install": bool(around and around.is_org_install),
            "enterprise": {"id": around.id, "name": around.name} if around else None,
            "trigger_id": self._trigger(user.id),
        }

    @property
    def _enterprise(self) -> Enterprise | None:
        return self.state.seed.enterprise

    def _team(self, own: str) -> Json | None:
        """Where somebody pressed: on Grid, their own workspace of the organisation; with an org-wide install, null."""
        home, around = self.state.directory.team, self._enterprise
        if around is None:
            return {"id": home.id, "domain": home.domain}
        if around.is_org_install:
            return None
        found = {"id": own, "domain": own.lower()} if own in around.teams else {"id": home.id, "domain": home.domain}
        return {**found, "enterprise_id": around.id, "enterprise_name": around.name}

    def _action(self, press: Press) -> Json:
        shown = ("type", "action_id", "text", "value", "style", "placeholder", "confirm")
        action = {name: press.element[name] for name in shown if name in press.element}
        return {**action, "block_id": press.block_id, "action_ts": self._now(), **(press.chosen or {})}

    def _trigger(self, user: str) -> str:
        return self.tickets.triggers.issue(user, f"{int(self.state.clock())}.{self.state.directory.team.id}.{{}}")

    def _response_url(self, answer: ResponseUrl, kind: str) -> str:
        return f"{self.origin}/response/{kind}/{self.tickets.answers.issue(answer)}"

    def _now(self) -> str:
        return f"{self.state.clock():.6f}"


def place_name(place: Channel) -> str:
    """A channel's name as payloads carry it."""
    if place.is_im:
        return "directmessage"
    return "privategroup" if place.is_private else place.name
