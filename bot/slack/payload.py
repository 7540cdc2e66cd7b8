"""What Slack sends, read before anything stands on it: whole, of the shape that its kind has, or Malformed."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt.app import App
from slack_bolt.request import BoltRequest
from slack_bolt.response import BoltResponse

log = structlog.get_logger(__name__)
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""Half of a pair by which JSON writes signs beyond the first 65,536; nobody can store one without the other."""
_MOST_FIELDS = 100


class Malformed(ValueError):
    """A payload that Slack never sends; the words name the place and never the content."""


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Named(_Shape):
    id: str | None = None


class _User(_Shape):
    id: str
    team_id: str | None = None


class _Chosen(_Shape):
    value: str | None = None


class _State(_Shape):
    """What one field of a form holds."""

    value: str | None = None
    selected_option: _Chosen | None = None
    selected_date: str | None = None


class _States(_Shape):
    values: dict[str, dict[str, _State]] = {}


class _Block(_Shape):
    type: str | None = None
    block_id: str | None = None


class _View(_Shape):
    id: str
    type: str
    hash: str | None = None
    callback_id: str | None = None
    private_metadata: str | None = None
    blocks: list[_Block] = []
    state: _States | None = None


class _Form(_View):
    callback_id: str
    private_metadata: str


class _Message(_Shape):
    ts: str | None = None
    thread_ts: str | None = None
    text: str | None = None
    user: str | None = None
    team: str | None = None


class _File(_Shape):
    id: str | None = None
    name: str | None = None


class _Profile(_Shape):
    name: str | None = None


class _Written(_Message):
    """A message that somebody wants to keep."""

    ts: Annotated[str, Field(pattern=r"^[0-9]{1,11}(\.[0-9]{1,9})?$")]
    username: str | None = None
    files: list[_File] | None = None
    bot_profile: _Profile | None = None


class _Any(_Shape):
    """What is read of every payload."""

    team: _Named | str | None = None
    enterprise: _Named | str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None
    trigger_id: str | None = None
    response_url: str | None = None
    callback_id: str | None = None
    user: _User | str | None = None
    user_id: str | None = None
    channel: _Named | None = None
    message: _Message | None = None
    view: _View | None = None


class _Command(_Any):
    command: str
    user_id: str
    text: str | None = None
    channel_id: str | None = None


class _Act(_Any):
    """Something that a person did with the app."""

    user: _User


class _Action(_Shape):
    action_id: str
    block_id: str | None = None
    value: str | None = None
    selected_option: _Chosen | None = None
    action_ts: str | None = None


class _Press(_Act):
    actions: Annotated[list[_Action], Field(min_length=1)]


class _Submission(_Act):
    view: _Form


class _Typing(_Act):
    action_id: str
    value: str | None = None


class _Shortcut(_Act):
    callback_id: str


class _MessageShortcut(_Shortcut):
    message: _Written


class _Happened(_Shape):
    type: str
    user: str | _User | None = None
    tab: str | None = None


class _Event(_Any):
    event: _Happened


_SHAPES: Mapping[str, type[_Any]] = {
    "block_actions": _Press,
    "view_submission": _Submission,
    "block_suggestion": _Typing,
    "shortcut": _Shortcut,
    "message_action": _MessageShortcut,
    "event_callback": _Event,
}


def read_request(body: bytes, content_type: str) -> dict[str, Any]:
    """The payload in the body of a signed request: JSON, or a form that is a command or holds JSON; or Malformed."""
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().lower() == "application/json" or text.startswith("{"):
            return insist_on_shape(read_object(text))
        fields = dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    except UnicodeError:
        raise Malformed("the body is not UTF-8") from None
    except ValueError as wrong:
        raise wrong if isinstance(wrong, Malformed) else Malformed("the body has too many fields") from None
    return insist_on_shape(read_object(fields["payload"]) if "payload" in fields else fields)


def read_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object; Malformed for anything else, and for signs that cannot be written down."""
    try:
        found = json.loads(text)
        if isinstance(text, bytes) or _HALF.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeError:
        raise Malformed("it holds half of a sign") from None
    except (ValueError, RecursionError):
        raise Malformed("it is not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("it is not a JSON object")
    return found


def insist_on_shape(payload: dict[str, Any]) -> dict[str, Any]:
    """The same payload, if all that is read of one of its kind is there and of the type that it has; else Malformed."""
    kind = payload.get("type")
    if kind is not None and not isinstance(kind, str):
        raise Malformed("its type is not text")
    if kind is None and "command" not in payload and "ssl_check" not in payload:
        raise Malformed("it has no type")
    shape = _Command if kind is None and "command" in payload else _SHAPES.get(kind or "", _Any)
    try:
        shape.model_validate(payload)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False, include_context=False, include_input=False)
        places = [f"{'.'.join(map(str, one['loc']))[:80]} ({one['type']})" for one in found[:3]]
        raise Malformed(f"{kind or 'command'}: {', '.join(places)}") from None
    return payload


def open_envelope(frame: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The id of an envelope of Socket Mode, its payload, and the headers that the same would have over HTTP.

    Malformed when it holds no payload of the right shape.
    """
    envelope, payload = frame.get("envelope_id"), frame.get("payload")
    if not isinstance(envelope, str) or not isinstance(payload, dict):
        raise Malformed("the envelope holds no payload")
    named = {"x-slack-retry-num": frame.get("retry_attempt"), "x-slack-retry-reason": frame.get("retry_reason")}
    return envelope, insist_on_shape(payload), {name: str(value) for name, value in named.items() if value is not None}


def answer_payload(app: App, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> BoltResponse:
    """What the app answers to a payload of the right shape, whichever way it came; Malformed when Bolt cannot read it.

    For Bolt it comes by Socket Mode: it has nothing to verify, since whoever is asked here has judged the signature.
    """
    try:
        asked = BoltRequest(body=payload, headers=dict(headers or {}), mode="socket_mode")
    except (TypeError, AttributeError, LookupError, ValueError):
        raise Malformed("Bolt cannot read it") from None
    return app.dispatch(asked)


def answer_request(app: App, body: bytes, headers: Mapping[str, str]) -> BoltResponse:
    """What the app answers to a signed request: 400 to what Slack never sends."""
    try:
        return answer_payload(app, read_request(body, headers.get("content-type", "")), headers)
    except Malformed as why:
        log.warning("a signed request was malformed", reason=str(why))
        return BoltResponse(status=400, body={"error": "malformed"})
