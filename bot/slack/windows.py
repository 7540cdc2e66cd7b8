"""What one person is shown at once: forms, the home tab, and words for their eyes only."""

from collections.abc import Mapping
from enum import Enum
from http.client import HTTPException
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.notifier.refusals import UNKNOWN_END
from bot.render.message import Block, Message
from bot.slack.messenger import like

OPENING_SECONDS = 2
"""Slack waits 3 seconds for the answer to a command or click, and a form has to be open before that."""
_TRIES = (1.3, 1.2)
"""Seconds that Slack has for opening a form, the first and the second time: together within its own three."""
_IS_OPEN = frozenset({"exchanged_trigger_id", "trigger_exchanged"})
"""A trigger opens one form: who has used it already has opened it, though we did not hear of it."""
_BROKEN = 500
log = structlog.get_logger(__name__)


class Shown(Enum):
    """Whether a form stands in front of a person."""

    OPEN = "open"
    NOT_OPEN = "not open"
    UNSURE = "nobody knows"


class Windows:
    """Opens what a person asked for. Nothing here raises: what Slack did not take is logged and said by a False."""

    def __init__(self, client: WebClient) -> None:
        """Take a client with token and address; each call of ours is made once, within two seconds."""
        self._client = like(client, OPENING_SECONDS, [])
        self._openers = [like(client, seconds, []) for seconds in _TRIES]

    def open(self, trigger_id: str, view: Block) -> Shown:
        """Open a form in front of the person who pressed; on top of the one that is open already."""
        return self._show("views.open", {"trigger_id": trigger_id, "view": view})

    def push(self, trigger_id: str, view: Block) -> Shown:
        """Put a view on top of the open form; what was typed below stays."""
        return self._show("views.push", {"trigger_id": trigger_id, "view": view})

    def redraw(self, shown: Mapping[str, Any], view: Block) -> bool:
        """Draw a form anew, unless it has changed since we were told (`shown`, as it came in a payload)."""
        asked = {"view_id": shown["id"], "view": view} | ({"hash": shown["hash"]} if shown.get("hash") else {})
        return self._call("views.update", asked) is not None

    def publish_home(self, user: str, view: Block) -> bool:
        """Show the home tab to a person."""
        return self._call("views.publish", {"user_id": user, "view": view}) is not None

    def whisper(self, channel: str, user: str, message: Message, thread_ts: str | None = None) -> bool:
        """Say something that only this person sees; a hint, for Slack does not promise to show it."""
        there = {"channel": channel, "user": user} | ({"thread_ts": thread_ts} if thread_ts else {})
        return self._call("chat.postEphemeral", _said(message) | there) is not None

    def write(self, user: str, message: Message) -> bool:
        """Say something to a person directly, where they pressed in no channel."""
        return self._call("chat.postMessage", _said(message) | {"channel": user}) is not None

    def answer(self, response_url: str, message: Message) -> bool:
        """Say something by the address that came with a click, where the bot may not post by itself."""
        webhook = WebhookClient(
            response_url, timeout=OPENING_SECONDS, ssl=self._client.ssl, proxy=self._client.proxy, retry_handlers=[]
        )
        try:
            done = webhook.send_dict(_said(message) | {"response_type": "ephemeral", "replace_original": False})
        except (SlackClientError, OSError, HTTPException, ValueError) as trouble:
            log.warning("slack took no answer", trouble=_brief(trouble))
            return False
        return int(done.status_code) == 200  # noqa: PLR2004  (HTTP's own word for yes)

    def link_to(self, channel: str, ts: str) -> str:
        """The address of a message; "" when Slack does not say."""
        answer = self._call("chat.getPermalink", {"channel": channel, "message_ts": ts}, as_json=False)
        return str((answer or {}).get("permalink") or "")

    def _show(self, method: str, body: Mapping[str, object]) -> Shown:
        """Once more when the answer was lost: what took effect unheard says so then, and is not told to be closed."""
        is_lost = False
        for client in self._openers:
            try:
                client.api_call(method, json=dict(body))
            except SlackApiError as refused:
                word = str(refused.response.get("error")) if hasattr(refused.response, "get") else ""
                if word in _IS_OPEN:
                    return Shown.OPEN
                if not _is_lost(refused, word):
                    log.warning("slack did not open a form", method=method, word=word, after_a_loss=is_lost)
                    return Shown.UNSURE if is_lost else Shown.NOT_OPEN
            except (SlackClientError, OSError, HTTPException) as trouble:
                log.info("slack did not say whether a form opened", method=method, trouble=_brief(trouble))
            else:
                return Shown.OPEN
            is_lost = True
        return Shown.UNSURE

    def _call(self, method: str, body: Mapping[str, object], *, as_json: bool = True) -> Mapping[str, Any] | None:
        try:
            # In the body, never in the address: the library's own methods put long texts into the query string.
            done = self._client.api_call(method, **{"json" if as_json else "data": dict(body)})  # type: ignore[arg-type]
        except (SlackClientError, OSError, HTTPException) as trouble:
            log.warning("slack did not show it", method=method, trouble=_brief(trouble))
            return None
        return done.data if isinstance(done.data, Mapping) else {}


def _said(message: Message) -> dict[str, object]:
    return {"text": message.text, "blocks": list(message.blocks)}


def _is_lost(refused: SlackApiError, word: str) -> bool:
    """Whether nobody knows what came of it."""
    return int(getattr(refused.response, "status_code", 0)) >= _BROKEN or word in UNKNOWN_END or not word


def _brief(trouble: Exception) -> str:
    if isinstance(trouble, SlackApiError):
        answer = trouble.response
        return str(answer.get("error") if hasattr(answer, "get") else answer)[:200]
    return f"{type(trouble).__name__}: {trouble}"[:200]
