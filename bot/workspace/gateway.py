"""A gateway beyond Slack: what would reach a telephone or a pager is shown in a channel of the workspace."""

import hmac
import json
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.workspace.state import Channel, Message, Seed, State, User

_USER, _CHANNEL = User("U0BEYOND", "beyond-slack", "Beyond Slack", is_bot=True), "C0BEYOND"
_MOST_BYTES = 64 * 1024
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def with_gateway(seed: Seed) -> Seed:
    """The same workspace with a channel for what goes out beyond Slack; everybody is in it."""
    everybody = (*(user.id for user in seed.users), _USER.id)
    return replace(
        seed,
        users=(*seed.users, _USER),
        channels=(*seed.channels, Channel(_CHANNEL, "beyond-slack", everybody)),
    )


def gateway_path(key: str, name: str) -> str:
    """Where a message to the channel `name` of a person or team is posted, as JSON with `title` and `message`."""
    return f"/gateway/{key}/{name}"


@dataclass(frozen=True)
class Gateway:
    """Takes what is sent, from whoever has the key."""

    state: State
    key: str

    @property
    def route(self) -> Route:
        """Where it answers."""
        return Route(gateway_path("{key}", "{name}"), self.take, methods=["POST"])

    async def take(self, request: Request) -> Response:
        """Show a message; 404 where nobody looks at the channel, as in a workspace that was begun without it."""
        given = str(request.path_params["key"])
        if not hmac.compare_digest(given.encode(), self.key.encode()) or self.state.directory.channel(_CHANNEL) is None:
            return PlainTextResponse("not found", 404)
        body = await request.body()
        try:
            sent = json.loads(body) if len(body) <= _MOST_BYTES else None
        except ValueError:
            sent = None
        if not isinstance(sent, dict):
            return PlainTextResponse("expected a title and a message as JSON", 400)
        words = "\n".join(str(sent[one]) for one in ("title", "message") if sent.get(one)).translate(_ESCAPED)
        name = str(request.path_params["name"]).translate(_ESCAPED)
        self.state.talk.post(Message(_CHANNEL, _USER.id, f"*To {name}*\n{words}"))
        return PlainTextResponse("ok")
