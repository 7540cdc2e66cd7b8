"""reactions.* and pins.*."""

from bot.workspace.api.call import ApiCall, Method, SlackError
from bot.workspace.state import Channel, Json, Message
from bot.workspace.wire import message_json, reactions_json


def _target(call: ApiCall) -> tuple[Channel, Message]:
    place = call.channel()
    return place, call.message(place, "timestamp")


def _add_reaction(call: ApiCall) -> Json:
    place, message = _target(call)
    bot = call.state.directory.bot.id
    if not call.state.talk.react(place.id, message.ts, call.need("name", "invalid_name").strip(":"), bot):
        raise SlackError("already_reacted")
    return {}


def _remove_reaction(call: ApiCall) -> Json:
    place, message = _target(call)
    bot = call.state.directory.bot.id
    if not call.state.talk.unreact(place.id, message.ts, call.need("name", "invalid_name").strip(":"), bot):
        raise SlackError("no_reaction")
    return {}


def _reactions(call: ApiCall) -> Json:
    place, message = _target(call)
    shown = message_json(call.state, message, origin=call.origin)
    return {"type": "message", "channel": place.id, "message": {**shown, "reactions": reactions_json(message)}}


def _add_pin(call: ApiCall) -> Json:
    place, message = _target(call)
    if not call.state.talk.pin(place.id, message.ts, call.state.directory.bot.id):
        raise SlackError("already_pinned")
    return {}


def _remove_pin(call: ApiCall) -> Json:
    place, message = _target(call)
    if not call.state.talk.unpin(place.id, message.ts):
        raise SlackError("no_pin")
    return {}


def _pins(call: ApiCall) -> Json:
    place = call.channel()
    items = [
        {
            "type": "message",
            "channel": place.id,
            "created_by": each.pinned_by,
            "message": message_json(call.state, each, origin=call.origin),
        }
        for each in call.state.talk.pins(place.id)
    ]
    return {"items": items}


METHODS = {
    "reactions.add": Method(_add_reaction, ("reactions:write",)),
    "reactions.remove": Method(_remove_reaction, ("reactions:write",)),
    "reactions.get": Method(_reactions, ("reactions:read",)),
    "pins.add": Method(_add_pin, ("pins:write",)),
    "pins.remove": Method(_remove_pin, ("pins:write",)),
    "pins.list": Method(_pins, ("pins:read",)),
}
