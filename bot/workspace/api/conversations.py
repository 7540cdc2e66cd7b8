"""conversations.*: channels, DMs, their members and their history."""

import re

from bot.workspace.api.call import ApiCall, Method, SlackError, page_of
from bot.workspace.state import Channel, Json, Message
from bot.workspace.wire import channel_json, message_json

_NAME = re.compile(r"[a-z0-9_-]{1,80}")
_TOPIC_LIMIT = 250


def _open(call: ApiCall) -> Json:
    directory = call.state.directory
    if call.text("channel"):
        place = call.channel()
    else:
        people = [each for each in call.need("users").split(",") if each]
        if any(directory.user(each) is None for each in people):
            raise SlackError("user_not_found")
        place = directory.open_dm([*people, directory.bot.id])
    return {"channel": channel_json(call.state, place) if call.flag("return_im") else {"id": place.id}}


def _info(call: ApiCall) -> Json:
    return {"channel": channel_json(call.state, call.channel())}


def _members(call: ApiCall) -> Json:
    members = [{"id": each} for each in call.channel().members]
    answer = page_of(members, call, "members")
    return {**answer, "members": [each["id"] for each in answer["members"]]}


def _list(call: ApiCall) -> Json:
    bot = call.state.directory.bot.id
    seen = [place for place in call.state.directory.channels() if _is_listed(place, call.text("types"), bot)]
    return page_of([channel_json(call.state, place) for place in seen], call, "channels")


def _is_listed(place: Channel, types: str, bot: str) -> bool:
    kind = "im" if place.is_im else "mpim" if place.is_mpim else "private_channel" if place.is_private else ""
    return (kind or "public_channel") in (types or "public_channel").split(",") and (not kind or bot in place.members)


def _shown(call: ApiCall, message: Message) -> Json:
    wanted = call.flag("include_all_metadata")
    return message_json(call.state, message, origin=call.origin, with_metadata=wanted)


def _between(call: ApiCall, messages: list[Message]) -> list[Message]:
    oldest, latest, ends = call.text("oldest"), call.text("latest"), call.flag("inclusive")
    if oldest:
        messages = [each for each in messages if each.ts > oldest or (ends and each.ts == oldest)]
    if latest:
        messages = [each for each in messages if each.ts < latest or (ends and each.ts == latest)]
    return messages


def _readable(call: ApiCall) -> Channel:
    place = call.channel()
    if call.state.directory.bot.id not in place.members:
        raise SlackError("not_in_channel")
    return place


def _history(call: ApiCall) -> Json:
    place = _readable(call)
    top = [each for each in call.state.talk.messages(place.id) if not each.thread_ts or each.is_broadcast]
    answer = page_of([_shown(call, each) for each in reversed(_between(call, top))], call, "messages")
    return {**answer, "has_more": bool(answer["response_metadata"]["next_cursor"]), "pin_count": 0}


def _replies(call: ApiCall) -> Json:
    place = _readable(call)
    asked = call.state.talk.message(place.id, call.need("ts", "thread_not_found"))
    if asked is None:
        raise SlackError("thread_not_found")
    root = call.state.talk.message(place.id, asked.thread_ts) if asked.thread_ts else asked
    replies = _between(call, call.state.talk.replies(place.id, asked.thread_ts or asked.ts))
    shown = [_shown(call, each) for each in ([root] if root else []) + replies]
    answer = page_of(shown, call, "messages", default=1000)
    return {**answer, "has_more": bool(answer["response_metadata"]["next_cursor"])}


def _join(call: ApiCall) -> Json:
    place = call.channel()
    if place.is_archived:
        raise SlackError("is_archived")
    joined = call.state.directory.join(place.id, [call.state.directory.bot.id])
    return {"channel": channel_json(call.state, joined)}


def _leave(call: ApiCall) -> Json:
    place = call.channel()
    call.state.directory.leave(place.id, call.state.directory.bot.id)
    return {}


def _invite(call: ApiCall) -> Json:
    place = call.writable(call.channel())
    people = [each for each in call.need("users", "no_user").split(",") if each]
    if any(call.state.directory.user(each) is None for each in people):
        raise SlackError("user_not_found")
    if all(each in place.members for each in people):
        raise SlackError("already_in_channel")
    return {"channel": channel_json(call.state, call.state.directory.join(place.id, people))}


def _create(call: ApiCall) -> Json:
    name = call.need("name", "invalid_name_required")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name_specials" if len(name) <= 80 else "invalid_name_maxlength")  # noqa: PLR2004
    if call.state.directory.channel_named(name) is not None:
        raise SlackError("name_taken")
    bot = call.state.directory.bot.id
    made = call.state.directory.create_channel(name, bot, private=call.flag("is_private"))
    return {"channel": channel_json(call.state, made)}


def _set_topic(call: ApiCall) -> Json:
    place = call.writable(call.channel())
    topic = call.text("topic")
    if len(topic) > _TOPIC_LIMIT:
        raise SlackError("too_long")
    return {"channel": channel_json(call.state, call.state.directory.set_topic(place.id, topic))}


def _archive(call: ApiCall) -> Json:
    call.state.directory.archive(call.writable(call.channel()).id)
    return {}


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_MANAGE = ("channels:manage", "groups:write", "im:write", "mpim:write")

METHODS = {
    "conversations.open": Method(_open, ("im:write", "mpim:write", "channels:manage", "groups:write")),
    "conversations.info": Method(_info, _READ),
    "conversations.members": Method(_members, _READ),
    "conversations.list": Method(_list, _READ),
    "conversations.history": Method(_history, _HISTORY),
    "conversations.replies": Method(_replies, _HISTORY),
    "conversations.join": Method(_join, ("channels:join",)),
    "conversations.leave": Method(_leave, _MANAGE),
    "conversations.invite": Method(_invite, _MANAGE),
    "conversations.create": Method(_create, _MANAGE),
    "conversations.setTopic": Method(_set_topic, _MANAGE),
    "conversations.archive": Method(_archive, _MANAGE),
}
