"""What the app answers: to a command, over a response_url, to a submission."""

from dataclasses import dataclass, replace

from bot.workspace.api.call import SlackError
from bot.workspace.api.views import refuse_odd_view
from bot.workspace.blocks.limits import problems_in_message
from bot.workspace.delivery.parcel import Reply
from bot.workspace.state import Json, Message, Refusal, State, View
from bot.workspace.state.screens import name_blocks
from bot.workspace.tickets import ResponseUrl

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True)
class PressOutcome:
    """How it went for the person.

    Slack's word and sentence when it failed, the errors under a modal's fields by block id, the options that an
    external select was given.
    """

    ok: bool
    error: str = ""
    sentence: str = ""
    errors: dict[str, str] | None = None
    options: tuple[Json, ...] = ()


def say_answer(state: State, answer: ResponseUrl, body: Json, source: str) -> str:
    """Post, replace or delete what a response_url (or a command's ack) asks for; returns Slack's error, or nothing."""
    pressed = _pressed(state, answer)
    if body.get("delete_original"):
        _take_away(state, pressed)
        return ""
    if not (str(body.get("text") or "").strip() or body.get("blocks") or body.get("attachments")):
        return _refuse(state, source, "no_text")
    content: Json = {name: body[name] for name in ("text", "blocks", "metadata") if name in body}
    if problems := problems_in_message(content):
        return _refuse(state, source, "invalid_blocks", tuple(problems))
    message = _message(state, answer, body)
    if body.get("replace_original") and pressed is not None:
        _replace(state, pressed, message)
    elif body.get("response_type") == "in_channel":
        state.talk.post(message)
    else:
        state.talk.post_whisper(replace(message, only_for=answer.user))
    return ""


def _pressed(state: State, answer: ResponseUrl) -> Message | None:
    if not answer.ts:
        return None
    found = state.talk.whisper if answer.is_ephemeral else state.talk.message
    return found(answer.channel, answer.ts)


def _message(state: State, answer: ResponseUrl, body: Json) -> Message:
    return Message(
        answer.channel,
        state.directory.bot.id,
        str(body.get("text") or ""),
        blocks=name_blocks(body.get("blocks"), state.mint),
        attachments=tuple(body.get("attachments") or ()),
        thread_ts=str(body.get("thread_ts") or answer.thread_ts),
        metadata=body.get("metadata"),
        bot_id=state.seed.bot_id,
        app_id=state.seed.app_id,
    )


def _replace(state: State, old: Message, new: Message) -> None:
    changed = replace(old, text=new.text, blocks=new.blocks, attachments=new.attachments)
    if old.only_for:
        state.talk.replace_whisper(old, changed)
    else:
        state.talk.edit(changed, by=old.user)


def _take_away(state: State, old: Message | None) -> None:
    if old is None:
        return
    if old.only_for:
        state.talk.replace_whisper(old, None)
    else:
        state.talk.delete(old.channel, old.ts)


def _refuse(state: State, source: str, error: str, messages: tuple[str, ...] = ()) -> str:
    state.ledger.refuse(Refusal(state.clock(), source, error, messages))
    return error


def take_submission(state: State, view: View, reply: Reply) -> PressOutcome:
    """Do what the ack of a submission says: close, clear, update, push, or show errors."""
    if reply.error:
        return PressOutcome(ok=False, error=reply.error, sentence=TROUBLE)
    body = reply.body or {}
    try:
        return _act(state, view, body)
    except SlackError as error:
        _refuse(state, "view_submission", error.code, error.messages)
        return PressOutcome(ok=False, error=error.code, sentence=TROUBLE)


def _act(state: State, view: View, body: Json) -> PressOutcome:
    match body.get("response_action"):
        case None:
            _close(state, view)
        case "clear":
            state.screens.clear(view.user)
        case "errors":
            return _errors(view, body)
        case "update":
            refuse_odd_view(body["view"])
            state.screens.update(view, body["view"])
        case "push":
            refuse_odd_view(body["view"])
            if state.screens.push(view.user, body["view"]) is None:
                raise SlackError("push_limit_reached")
        case other:
            raise SlackError("invalid_arguments", (f"[ERROR] unknown response_action: {other}",))
    return PressOutcome(ok=True)


def _close(state: State, view: View) -> None:
    """An empty ack closes the view, unless the app has put something else in its place meanwhile."""
    shown = state.screens.modals(view.user)
    if any(each.id == view.id for each in shown):
        state.screens.close(next(each for each in shown if each.id == view.id))


def _errors(view: View, body: Json) -> PressOutcome:
    errors = {str(name): str(text) for name, text in (body.get("errors") or {}).items()}
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not errors or not set(errors) <= inputs:
        strangers = ", ".join(sorted(set(errors) - inputs)) or "none at all"
        raise SlackError("invalid_arguments", (f"[ERROR] errors must name input blocks of the view, not: {strangers}",))
    return PressOutcome(ok=False, errors=errors)
