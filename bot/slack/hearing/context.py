"""What every listener stands on, and the guard around it: nobody is left without an answer."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt import Ack, BoltResponse

from bot.bulkhead import contain
from bot.engine import Busy, CommandHandler, Unknown
from bot.engine.gathering import Gatherer
from bot.engine.upkeep import Upkeep
from bot.journal.store import Journal
from bot.library.registry import Registry
from bot.oncall.roster import Roster
from bot.readiness.alert.state import Alert
from bot.render.actions import StrangePress
from bot.render.dialog.replies import failure_sentence
from bot.render.dialog.view import notice, read_written
from bot.render.message import Message, compose, foreign, section
from bot.run.commands import Refused
from bot.slack.messenger import SlackMessenger
from bot.slack.people import People, sender_key
from bot.slack.windows import Shown, Windows

if TYPE_CHECKING:
    from bot.slack.reports import Reporter

Body = Mapping[str, Any]
"""A payload of Slack's, verified."""
log = structlog.get_logger(__name__)
_FAILED = 500
_GONE = "That run is not here any more. Type /recover runs to see those that are open."
_STRANGE = "This button is of another time. Go to the newest post of the run, or type /recover runs."
_STRANGE_FORM = "This form is of another time, and nothing was recorded. Open it anew from the newest post of the run."


@dataclass(frozen=True, slots=True)
class ListenerContext:
    """Everything that a listener needs; built once, shared by all threads.

    `later` runs a piece of work after the answer to Slack went out; `new_reference` makes the short code that stands
    both in what a person is told and in the log. `reporter` gives who writes reports.
    """

    handler: CommandHandler
    registry: Registry
    people: People
    windows: Windows
    now: Callable[[], datetime]
    new_reference: Callable[[], str]
    later: Callable[[Callable[[], object]], object]
    speaker: SlackMessenger
    roster: Roster
    reporter: "Callable[[], Reporter]"
    expect_card: Callable[[str, Callable[[str], object]], object] = lambda _run_id, _tell: None
    """Calls a function with Slack's words when no place takes the card of a run."""
    page_of: Callable[[str], str] = lambda _ref: ""
    """The address of a run's page; "" where nobody can open one."""
    held: Callable[[], object] = lambda: None
    """Hears of each request that waited in vain for a run that somebody else holds."""
    alerts_of: Callable[[str], tuple[Alert, ...]] = lambda _asset: ()
    """The alerts of an asset that go on."""
    journal: Journal | None = None
    """Where it is counted how long people were at work; nothing where nobody counts."""
    upkeep: Upkeep | None = None
    """Takes what people say of themselves and of runbooks; nothing where nobody keeps it."""
    gatherer: Gatherer | None = None
    """Gathers and judges how ready assets are; nothing where nobody does."""


def sender_in(context: ListenerContext, body: Body, run_id: str) -> str:
    """Who sent something about a run: as the catalogue knows them now, else as the run does while that has to count."""
    by = context.people.sender_of(body)
    if not by.startswith("slack:"):
        return by
    members = context.handler.load(run_id).members
    return context.people.member_of(members, context.people.key_of(body), whole=context.registry.is_whole) or by


Listener = Callable[[ListenerContext, Ack, Body], None]


def guarded(context: ListenerContext, listener: Listener) -> Callable[[Ack, Body], BoltResponse | None]:
    """The listener with an answer for every case: refused, gone, strange, or broken with a reference."""

    def hear(ack: Ack, body: Body) -> BoltResponse | None:
        with contain() as hearing:
            _listen(context, listener, ack, body)
        if hearing.failure is None:
            return None
        reference, sender = context.new_reference(), "/".join(sender_key(body))
        log.error("a request failed", exc_info=hearing.failure, reference=reference, kind=_kind(body), sender=sender)
        return _own_up(context, ack, body, failure_sentence(reference))

    return hear


def _listen(context: ListenerContext, listener: Listener, ack: Ack, body: Body) -> None:
    try:
        listener(context, ack, body)
    except Refused as refused:
        refuse(context, ack, body, refused.sentence)
    except Unknown:
        refuse(context, ack, body, _GONE)
    except StrangePress:
        refuse(context, ack, body, _STRANGE_FORM if body.get("type") == "view_submission" else _STRANGE)
    except Busy as busy:
        context.held()
        log.warning("nothing was recorded, as somebody else holds the run", kind=_kind(body))
        refuse(context, ack, body, str(busy))


def refuse(context: ListenerContext, ack: Ack, body: Body, sentence: str) -> None:
    """Tell the person, and only them, why not; a form gives back what was typed into it."""
    if body.get("type") == "view_submission":
        ack(response_action="update", view=notice("Not recorded", sentence, read_written(body["view"])))
    elif "command" in body:
        ack(**as_reply(whispered(sentence)))
    elif body.get("type") == "block_suggestion":
        ack(options=[])
    else:
        context.later(lambda: tell(context, body, sentence))
        ack()


def _own_up(context: ListenerContext, ack: Ack, body: Body, sentence: str) -> BoltResponse | None:
    """Say that something broke. When not even that reaches the person, the click is not acknowledged.

    Slack then shows its own sign of a failure.
    """
    if body.get("type") in ("view_submission", "block_suggestion") or "command" in body:
        refuse(context, ack, body, sentence)
        return None
    if not tell(context, body, sentence):
        return BoltResponse(status=_FAILED)
    ack()
    return None


def tell(context: ListenerContext, body: Body, sentence: str) -> bool:
    """Say something to the person alone, where they are looking; whether Slack took it."""
    view, trigger = body.get("view") or {}, str(body.get("trigger_id"))
    if view.get("type") == "modal":
        return context.windows.push(trigger, notice("Not now", sentence)) is Shown.OPEN
    if not (body.get("channel") or {}).get("id"):
        return context.windows.open(trigger, notice("Not now", sentence)) is Shown.OPEN
    return say(context, body, whispered(sentence))


def say(context: ListenerContext, body: Body, said: Message) -> bool:
    """Let a message be seen by the person alone, where they pressed; directly, where that was in no channel.

    A reply that is shown in the channel too may have been pressed in either place: it is answered in both.
    """
    channel, user = (body.get("channel") or {}).get("id"), sender_key(body)[1]
    if not channel:
        return context.windows.write(user, said)
    places = threads_of(body)
    if [one for one in places if context.windows.whisper(channel, user, said, one)]:
        return True
    return bool(body.get("response_url")) and context.windows.answer(str(body["response_url"]), said)


def threads_of(body: Body) -> tuple[str | None, ...]:
    """The thread in which a button stood, None for the channel itself; what only one person sees has no `message`."""
    message, container = body.get("message") or {}, body.get("container") or {}
    thread = message.get("thread_ts") or container.get("thread_ts")
    if not thread or thread == (message.get("ts") or container.get("message_ts")):
        return (None,)
    return (thread, None) if message.get("subtype") == "thread_broadcast" else (thread,)


def whispered(sentence: str) -> Message:
    """A sentence as a message."""
    return compose(sentence, section(foreign(sentence, 2_800)))


def as_reply(message: Message) -> dict[str, Any]:
    """A message as the answer to a command: for the asker's eyes only."""
    return {"response_type": "ephemeral", "text": message.text, "blocks": list(message.blocks)}


def key_of_click(body: Body) -> str:
    """The same for the same click, however often Slack sends it; another for each click."""
    action = (body.get("actions") or [{}])[0]
    return _key("click", *sender_key(body), body.get("trigger_id"), action.get("action_ts"))


def key_of_form(body: Body) -> str:
    """The same for the same form with the same things typed; another when something was put right."""
    view = body["view"]
    return _key("form", *sender_key(body), view.get("id"), view.get("hash"), (view.get("state") or {}).get("values"))


def _key(*parts: object) -> str:
    said = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return f"{parts[0]}:{hashlib.sha256(said.encode()).hexdigest()[:40]}"


def _kind(body: Body) -> str:
    actions = body.get("actions") or [{}]
    view = body.get("view") or {}
    named = body.get("command") or actions[0].get("action_id") or view.get("callback_id") or body.get("callback_id")
    return f"{body.get('type', 'command')} {named or ''}".strip()[:120]
