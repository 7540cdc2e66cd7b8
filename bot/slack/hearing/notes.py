"""“Add to the record”: a message that somebody wrote is kept in a run, with its author, its time and its link."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from slack_bolt import Ack

from bot.render.dialog.keeping import KeptMessage, draw_keep
from bot.render.dialog.view import block_of, notice, read_typed
from bot.run.commands import AddNote, Refused
from bot.run.situation import Source
from bot.slack.hearing.context import Body, ListenerContext, key_of_form, sender_in
from bot.slack.hearing.starts import list_open, open_form
from bot.slack.people import team_of

_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^<>]*)?>")
_LINK = re.compile(r"<((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?>")
_CHANNEL = re.compile(r"<#[CG][A-Z0-9]+\|([^<>]*)>")
_PART = 2_900
"""Characters of one note, well within what a note may hold; a longer message becomes several."""


def hear_message_shortcut(context: ListenerContext, ack: Ack, body: Body) -> None:
    """Show what would be kept, and ask in which run."""
    message, channel = body["message"], str((body.get("channel") or {}).get("id") or "")
    open_runs = list_open(context)
    if not open_runs:
        raise Refused("No run is open, so there is no record to add this to.")
    kept = KeptMessage(channel, str(message["ts"]), _author(context, body), _written_at(str(message["ts"])))
    here = next((run.ref for run in open_runs if run.channel == channel), "")
    view = draw_keep(kept, _words(context, body), open_runs, here)
    open_form(context, ack, body, view, None)


def hear_keep(context: ListenerContext, ack: Ack, body: Body) -> None:
    """Keep the message that the form shows; its words come from Slack's own copy of the form, not from the person."""
    view = body["view"]
    kept = KeptMessage.read(view)
    ref = read_typed(view).get("f:run") or ""
    source = Source(
        kept.author, kept.at, context.windows.link_to(kept.channel, kept.ts) or kept.deep_link(team_of(body))
    )
    row = context.handler.find(ref)
    if row is None:
        raise Refused(f"There is no run {ref[:40]} any more. Type /recover runs to see those that are open.")
    by = sender_in(context, body, row.run_id)
    try:
        for number, part in enumerate(_parts(KeptMessage.words_in(view)), 1):
            context.handler.handle(
                row.run_id, AddNote(part, source=source), by, "slack", f"{key_of_form(body)}:{number}"
            )
    except Refused as refused:
        beside = block_of(view, "run")
        if beside is None:
            ack(response_action="update", view=notice("Not recorded", refused.sentence))
        else:
            ack(response_action="errors", errors={beside: refused.sentence[:250]})
        return
    ack()


def _parts(words: str) -> Iterator[str]:
    return (words[first : first + _PART] for first in range(0, max(1, len(words)), _PART))


def _author(context: ListenerContext, body: Body) -> str:
    message = body["message"]
    if message.get("user"):
        return _name(context, str(message.get("team") or team_of(body)), str(message["user"]))
    return str(message.get("username") or (message.get("bot_profile") or {}).get("name") or "an app")[:75]


def _name(context: ListenerContext, team: str, user: str) -> str:
    """A name of the catalogue, as it is now; else the id."""
    person = context.registry.catalogue.people.get(context.people.id_of(team, user))
    return person.name if person is not None else f"slack:{team}/{user}"


def _written_at(ts: str) -> str:
    return datetime.fromtimestamp(float(ts), UTC).isoformat(timespec="seconds")


def _words(context: ListenerContext, body: Body) -> str:
    """The message in plain words: people by name, links as they are, files by name."""
    message, team = body["message"], team_of(body)
    text = _MENTION.sub(lambda found: f"@{_name(context, team, found[1])}", str(message.get("text") or ""))
    text = html.unescape(_CHANNEL.sub(r"#\1", _LINK.sub(r"\1", text))).strip()
    files = [str(one.get("name") or one.get("id")) for one in message.get("files") or ()]
    return "\n".join(part for part in (text, *(f"[file] {name}" for name in files)) if part) or "[no text]"
