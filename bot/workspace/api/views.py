"""views.*: modals and home tabs."""

from bot.workspace.api.call import ApiCall, Method, SlackError
from bot.workspace.blocks.limits import problems_in_view
from bot.workspace.state import Json, View
from bot.workspace.tickets import Spent
from bot.workspace.wire import view_json

_TRIGGER = {"unknown": "invalid_trigger_id", "expired": "expired_trigger_id", "used": "exchanged_trigger_id"}


def _body(call: ApiCall, kind: str) -> Json:
    body = call.parsed("view")
    if not isinstance(body, dict):
        raise SlackError("invalid_arguments", ("[ERROR] missing required field: view",))
    if body.get("type") != kind:
        raise SlackError("invalid_arguments", (f"[ERROR] must be a view of the type {kind} [json-pointer:/view/type]",))
    refuse_odd_view(body)
    return body


def refuse_odd_view(body: Json) -> None:
    """Raise SlackError when Slack would not take this view."""
    problems = problems_in_view(body)
    if any("250" in each for each in problems):
        raise SlackError("view_too_large", tuple(problems))
    if problems:
        raise SlackError("invalid_arguments", tuple(problems))


def _person(call: ApiCall) -> str:
    try:
        return call.tickets.triggers.use(call.need("trigger_id"))
    except Spent as spent:
        raise SlackError(_TRIGGER[spent.word]) from None


def _refuse_double(call: ApiCall, body: Json, own: View | None = None) -> None:
    other = call.state.screens.view_outside(str(body.get("external_id") or ""))
    if other is not None and (own is None or own.id != other.id):
        raise SlackError("duplicate_external_id")


def _open(call: ApiCall) -> Json:
    body = _body(call, "modal")
    _refuse_double(call, body)
    return {"view": view_json(call.state, call.state.screens.open(_person(call), body))}


def _push(call: ApiCall) -> Json:
    body = _body(call, "modal")
    _refuse_double(call, body)
    made = call.state.screens.push(_person(call), body)
    if made is None:
        raise SlackError("push_limit_reached")
    return {"view": view_json(call.state, made)}


def _update(call: ApiCall) -> Json:
    screens = call.state.screens
    view = screens.view(call.text("view_id")) or screens.view_outside(call.text("external_id"))
    if view is None:
        raise SlackError("not_found")
    body = _body(call, view.type)
    _refuse_double(call, body, view)
    _refuse_old(call, view)
    return {"view": view_json(call.state, screens.update(view, body))}


def _publish(call: ApiCall) -> Json:
    person = call.user("user_id")
    body = _body(call, "home")
    home = call.state.screens.home(person.id)
    if home is not None:
        _refuse_old(call, home)
    return {"view": view_json(call.state, call.state.screens.publish(person.id, body))}


def _refuse_old(call: ApiCall, view: View) -> None:
    if call.text("hash") not in ("", view.hash):
        raise SlackError("hash_conflict")


METHODS = {
    "views.open": Method(_open),
    "views.push": Method(_push),
    "views.update": Method(_update),
    "views.publish": Method(_publish),
}
