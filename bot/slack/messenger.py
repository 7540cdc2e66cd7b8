"""Says things in Slack: post, update, find, upload; each within its time limit, each with a typed outcome."""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import ConnectionErrorRetryHandler, FixedValueRetryIntervalCalculator, RetryHandler
from slack_sdk.web import SlackResponse

from bot.notifier.messenger import Doubtful, Failed, Gone, Impossible, Label, Limited, Sent
from bot.notifier.refusals import CANNOT_BE_CHANGED, UNKNOWN_END
from bot.render.message import Message

EVENT_TYPE = "handrail_run"
POST_SECONDS = 5
UPDATE_SECONDS = 2
READ_SECONDS = 2
_SLOWEST_CLOCK = timedelta(minutes=2)
"""How far our clock and Slack's may differ when we look for a message by its time."""
_PAGES = 10
_LINKS = 512
"""Addresses of messages that are remembered."""
_IN_JSON = frozenset({"chat.postMessage", "chat.update"})
"""What has blocks; what only reads, Slack takes as a form alone."""
_BROKEN = 500


@dataclass(frozen=True, slots=True)
class Destination:
    """Where something goes: a channel, and the thread there."""

    channel: str
    thread_ts: str | None


class SlackMessenger:
    """The bot's voice in one workspace. Safe to share between threads."""

    def __init__(self, client: WebClient) -> None:
        """Take a client with token and address; how long each call may take, and what is tried again, is set here."""
        # Slack's client tries a lost connection again by itself: harmless for a change or a look, while a post would
        # then stand there twice.
        again: list[RetryHandler] = [
            ConnectionErrorRetryHandler(1, FixedValueRetryIntervalCalculator(fixed_internal=0.05))
        ]
        self._once = like(client, POST_SECONDS, [])
        self._update = like(client, UPDATE_SECONDS, again)
        self._read = like(client, READ_SECONDS, again)
        self._links: dict[tuple[str, str], str] = {}

    def post(self, channel: str, message: Message, label: Label, thread_ts: str | None = None) -> Sent | Failed:
        """Post a message, once; a reply with `broadcast` is shown in the channel too."""
        body = _body(message, label) | {"channel": channel, "unfurl_links": False, "unfurl_media": False}
        if thread_ts is not None:
            body |= {"thread_ts": thread_ts, "reply_broadcast": message.broadcast}
        answer = _call(self._once, "chat.postMessage", body)
        if not isinstance(answer, SlackResponse):
            return answer
        return Sent(str(answer.get("channel") or channel), str(answer["ts"]), message.digest)

    def update(self, channel: str, ts: str, message: Message, label: Label) -> Sent | Gone | Failed:
        """Change what a message shows."""
        answer = _call(self._update, "chat.update", _body(message, label) | {"channel": channel, "ts": ts})
        if isinstance(answer, Impossible) and answer.why in CANNOT_BE_CHANGED:
            return Gone(answer.why)
        return Sent(channel, ts, message.digest) if isinstance(answer, SlackResponse) else answer

    def link_to(self, channel: str, ts: str) -> str:
        """The address of a message, asked for once; "" where Slack does not say."""
        if (channel, ts) not in self._links:
            answer = _call(self._read, "chat.getPermalink", {"channel": channel, "message_ts": ts})
            if not isinstance(answer, SlackResponse):
                return ""
            self._links[channel, ts] = str(answer.get("permalink") or "")
            while len(self._links) > _LINKS:
                self._links.pop(next(iter(self._links)), None)
        return self._links.get((channel, ts), "")

    def zone_of(self, user: str) -> str:
        """The time zone that somebody's Slack shows times in, ``Europe/Berlin``; "" where Slack does not tell us."""
        answer = _call(self._read, "users.info", {"user": user})
        found = answer.get("user") if isinstance(answer, SlackResponse) else None
        return str(found.get("tz") or "") if isinstance(found, dict) else ""

    def find(
        self, channel: str, run: str, since: datetime, thread_ts: str | None = None
    ) -> Mapping[str, Sent] | Failed:
        """Messages of a run since a time, by their keys; of two with one key the older counts."""
        method = "conversations.replies" if thread_ts else "conversations.history"
        asked: dict[str, object] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        asked |= {"oldest": f"{(since - _SLOWEST_CLOCK).timestamp():.6f}"} | ({"ts": thread_ts} if thread_ts else {})
        found: dict[str, Sent] = {}
        for _ in range(_PAGES):
            answer = _call(self._read, method, asked)
            if not isinstance(answer, SlackResponse):
                return answer
            for key, sent in _ours(answer.get("messages") or [], channel, run):
                found[key] = min(sent, found.get(key, sent), key=lambda one: float(one.ts))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            asked |= {"cursor": cursor}
        return found

    def open_dm(self, user: str) -> str | Failed:
        """The channel of the direct messages with somebody."""
        answer = _call(self._update, "conversations.open", {"users": user})
        return str(answer["channel"]["id"]) if isinstance(answer, SlackResponse) else answer

    def upload(self, channel: str, name: str, content: bytes, thread_ts: str | None = None) -> str | Failed:
        """Share a file, once; its id. The share comes about a little later."""
        return self.upload_all(channel, {name: content}, thread_ts)

    def upload_all(
        self, channel: str, files: Mapping[str, bytes], thread_ts: str | None = None, comment: str | None = None
    ) -> str | Failed:
        """Share files in one message, once, with words above them (mrkdwn); the first one's id."""
        named = [{"filename": name, "title": name, "content": content} for name, content in files.items()]
        try:
            answer = self._once.files_upload_v2(
                file_uploads=named, channel=channel, thread_ts=thread_ts, initial_comment=comment
            )
        except (SlackClientError, OSError, HTTPException) as trouble:
            return _outcome(trouble)
        return str(answer["files"][0]["id"])


def like(client: WebClient, seconds: float, retry: list[RetryHandler]) -> WebClient:
    """The same client with another time limit for each call, and other retries."""
    another = copy(client)  # whatever kind of client it is: one that counts its calls goes on counting
    another.timeout = seconds  # type: ignore[assignment]
    another.retry_handlers = retry
    return another


def _body(message: Message, label: Label) -> dict[str, object]:
    kept = {"run": label.run, "key": label.key, "digest": message.digest}
    return {
        "text": message.text,
        "blocks": list(message.blocks),
        "metadata": {"event_type": EVENT_TYPE, "event_payload": kept},
    }


def _call(client: WebClient, method: str, body: Mapping[str, object]) -> SlackResponse | Failed:
    try:
        # In the body, never in the address: the library's own methods put long texts into the query string.
        return (
            client.api_call(method, json=dict(body)) if method in _IN_JSON else client.api_call(method, data=dict(body))
        )
    except (SlackClientError, OSError, HTTPException, ValueError) as trouble:
        return _outcome(trouble)


def _outcome(trouble: Exception) -> Failed:
    """What a failed call means for whoever asked."""
    if not isinstance(trouble, SlackApiError):
        return Doubtful(type(trouble).__name__)
    response: Any = trouble.response
    status, word = int(getattr(response, "status_code", 0)), _word(response)
    if status == 429 or word in ("ratelimited", "rate_limited"):  # noqa: PLR2004  (too many requests)
        return Limited(_seconds(response))
    if status >= _BROKEN or word in UNKNOWN_END or not word:
        return Doubtful(word or f"HTTP {status}")
    return Impossible(word, _text(response, "needed"))


def _word(response: Any) -> str:  # noqa: ANN401  (the library's answer, or none)
    """Slack's word for what is wrong; empty when the answer is not one of Slack's."""
    word = _text(response, "error")
    return word if word.replace("_", "").isalnum() else ""


def _text(response: Any, name: str) -> str:  # noqa: ANN401  (as above)
    data = getattr(response, "data", None)
    said = data.get(name) if isinstance(data, dict) else None
    return said[:100] if isinstance(said, str) else ""


def _seconds(response: Any) -> float:  # noqa: ANN401  (as above)
    headers = {str(name).lower(): value for name, value in (getattr(response, "headers", None) or {}).items()}
    try:
        return min(300.0, max(0.1, float(headers.get("retry-after", 1))))
    except ValueError:
        return 1.0


def _ours(messages: object, channel: str, run: str) -> Iterator[tuple[str, Sent]]:
    """What the bot posted for this run, by the key that it carries."""
    for message in messages if isinstance(messages, list) else []:
        metadata = message.get("metadata") or {}
        kept = metadata.get("event_payload") or {}
        if metadata.get("event_type") == EVENT_TYPE and kept.get("run") == run and "key" in kept:
            yield str(kept["key"]), Sent(channel, str(message["ts"]), str(kept.get("digest", "")))
