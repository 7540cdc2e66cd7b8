"""chat.*: post, change and take away messages."""

import json
from dataclasses import replace

from bot.workspace.api.call import ApiCall, Method, SlackError
from bot.workspace.blocks.limits import problems_in_message
from bot.workspace.state import Channel, Json, Message
from bot.workspace.state.screens import name_blocks
from bot.workspace.state.talk import TEXT_LIMIT
from bot.workspace.wire import channel_kind, message_json

_METADATA_LIMIT = 16_000
_ATTACHMENT_LIMIT = 100


def _drafted(call: ApiCall, place: Channel) -> Message:
    blocks, attachments = call.parsed("blocks", "invalid_blocks_format") or [], call.parsed("attachments") or []
    metadata = call.parsed("metadata", "invalid_metadata_format")
    text = call.text("text")
    if not (text.strip() or blocks or attachments):
        raise SlackError("no_text")
    if len(attachments) > _ATTACHMENT_LIMIT:
        raise SlackError("too_many_attachments")
    if metadata is not None and len(json.dumps(metadata)) > _METADATA_LIMIT:
        raise SlackError("metadata_too_large")
    _refuse_odd(text, blocks, metadata)
    state = call.state
    return Message(
        place.id,
        state.directory.bot.id,
        text,
        blocks=name_blocks(blocks, state.mint),
        attachments=tuple(attachments),
        metadata=metadata,
        bot_id=state.seed.bot_id,
        app_id=state.seed.app_id,
    )


def _refuse_odd(text: str, blocks: object, metadata: object) -> None:
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    payload: Json = {"text": text[:TEXT_LIMIT], "blocks": blocks}
    if metadata is not None:
        payload["metadata"] = metadata
    if problems := problems_in_message(payload):
        code = "invalid_metadata_format" if any("/metadata" in each for each in problems) else "invalid_blocks"
        raise SlackError(code, tuple(problems))


def _threaded(call: ApiCall, message: Message) -> Message:
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return message
    parent = call.state.talk.message(message.channel, thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    subtype = "thread_broadcast" if call.flag("reply_broadcast") else ""
    return replace(message, thread_ts=parent.thread_ts or parent.ts, subtype=subtype)


def _place_to_post(call: ApiCall) -> Channel:
    """The channel; a user's id stands for the DM with that person."""
    directory = call.state.directory
    named = call.need("channel", "channel_not_found")
    if directory.user(named) is not None:
        return directory.open_dm([named, directory.bot.id])
    if named.startswith("#") and (found := directory.channel_named(named[1:])):
        return call.writable(found)
    return call.writable(call.channel())


def _post(call: ApiCall) -> Json:
    place = _place_to_post(call)
    message = call.state.talk.post(_threaded(call, _drafted(call, place)))
    shown = message_json(call.state, message, origin=call.origin, with_metadata=True)
    kind, subscription = channel_kind(place)
    call.emit(subscription, {**shown, "channel": place.id, "channel_type": kind, "event_ts": message.ts})
    return {"channel": place.id, "ts": message.ts, "message": shown}


def _update(call: ApiCall) -> Json:
    place = call.channel()
    if place.is_archived:
        raise SlackError("is_inactive")
    old = call.message(call.writable(place))
    if old.user != call.state.directory.bot.id:
        raise SlackError("cant_update_message")
    window = call.state.policy.edit_seconds
    if window is not None and call.state.clock() - float(old.ts) > window:
        raise SlackError("edit_window_closed")
    draft = _changed(call, old, place)
    new = call.state.talk.edit(draft, by=old.user)
    shown = message_json(call.state, new, origin=call.origin, with_metadata=True)
    return {"channel": place.id, "ts": new.ts, "text": new.text, "message": shown}


def _changed(call: ApiCall, old: Message, place: Channel) -> Message:
    draft = _drafted(call, place)
    return replace(
        old,
        text=draft.text,
        blocks=draft.blocks if "blocks" in call.args or "text" in call.args else old.blocks,
        attachments=draft.attachments if "attachments" in call.args else old.attachments,
        metadata=draft.metadata if "metadata" in call.args else old.metadata,
    )


def _delete(call: ApiCall) -> Json:
    place = call.channel()
    message = call.message(place)
    if message.user != call.state.directory.bot.id:
        raise SlackError("cant_delete_message")
    call.state.talk.delete(place.id, message.ts)
    return {"channel": place.id, "ts": message.ts}


def _whisper(call: ApiCall) -> Json:
    place = call.writable(call.channel())
    person = call.user()
    if person.id not in place.members:
        raise SlackError("user_not_in_channel")
    thread_ts = call.text("thread_ts")
    draft = replace(_drafted(call, place), only_for=person.id, thread_ts=thread_ts)
    return {"message_ts": call.state.talk.post_whisper(draft).ts}


def permalink(origin: str, message: Message) -> str:
    """The address of a message on the workspace's own page."""
    thread = f"?thread_ts={message.thread_ts}&cid={message.channel}" if message.thread_ts else ""
    return f"{origin}/archives/{message.channel}/p{message.ts.replace('.', '')}{thread}"


def _permalink(call: ApiCall) -> Json:
    place = call.channel()
    return {"channel": place.id, "permalink": permalink(call.origin, call.message(place, "message_ts"))}


METHODS = {
    "chat.postMessage": Method(_post, ("chat:write",)),
    "chat.update": Method(_update, ("chat:write",)),
    "chat.delete": Method(_delete, ("chat:write",)),
    "chat.postEphemeral": Method(_whisper, ("chat:write",)),
    "chat.getPermalink": Method(_permalink),
}
