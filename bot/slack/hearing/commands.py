"""What is typed after `/recover`, the shortcut that does the same, and the home tab."""

import html
import re

from slack_bolt import Ack

from bot.format.catalogue import Asset
from bot.render.dialog.replies import (
    WORDS,
    help_reply,
    run_reply,
    runs_reply,
    status_reply,
    unknown_ref_reply,
)
from bot.render.dialog.start_form import choose_button, pick_form
from bot.render.message import Block, Message
from bot.render.runs import home_view, start_button
from bot.slack.hearing.context import Body, ListenerContext, as_reply
from bot.slack.hearing.logins import answer_login
from bot.slack.hearing.readiness import answer_ready
from bot.slack.hearing.starts import (
    OPEN_IT,
    ask_to_start,
    every_asset,
    form_filled_in,
    list_open,
    listed,
    meant_by_link,
    open_form,
)
from bot.slack.hearing.upkeep import answer_mine, review_asked
from bot.slack.people import sender_key
from bot.slack.survey import answer_oncall

_REF = re.compile(r"[A-Za-z0-9]{1,10}-[0-9]{1,9}")
_TOLD = 10
"""Runs that `/recover status` tells about in full."""


def hear_command(context: ListenerContext, ack: Ack, body: Body) -> None:
    """`/recover …`: a form opens before the answer goes out, or the answer is what was asked for."""
    typed = html.unescape(str(body.get("text") or "")).strip()
    channel = str(body.get("channel_id") or "")
    reply = (
        answer_login(context, body, typed)
        or _answer_with_file(context, body, typed)
        or answer_oncall(context, typed)
        or answer_ready(context, typed)
        or answer_mine(context, body, typed)
        or _reply(context, typed, channel)
    )
    if reply is not None:
        ack(**as_reply(reply))
        return
    review = review_asked(context, typed)
    if review is not None:
        open_form(context, ack, body, review, None)
        return
    named = context.registry.find_assets(typed).exact
    again = choose_button(named, OPEN_IT) if named is not None else start_button(OPEN_IT)
    open_form(context, ack, body, _form(context, body, typed), again)


def _answer_with_file(context: ListenerContext, body: Body, typed: str) -> Message | None:
    """The answer to what asks for a picture or a report.

    What draws and writes them takes 0.2 s to import (measured 2026-11): the start goes without.
    """
    match typed.partition(" ")[0].casefold():
        case "show":
            from bot.slack.hearing.pictures import answer_show  # noqa: PLC0415  (as above)

            return answer_show(context, body, typed)
        case "timeline":
            from bot.slack.hearing.timelines import answer_timeline  # noqa: PLC0415  (as above)

            return answer_timeline(context, body, typed)
    return None


def _reply(context: ListenerContext, typed: str, channel: str) -> Message | None:
    """The answer to a word of ours or to a ref; None when an asset is meant."""
    word, named = typed.casefold(), context.registry.find_assets(typed).exact
    if word in WORDS:
        return _answer(context, word, channel, named)
    if named is None and _REF.fullmatch(typed):
        return _about_run(context, typed)
    return None


def _answer(context: ListenerContext, word: str, channel: str, namesake: Asset | None) -> Message:
    if word == "help":
        return help_reply(namesake)
    rows = list_open(context)
    if word == "runs":
        return runs_reply(rows, namesake)
    here = [run for run in rows if run.channel == channel] or rows
    return status_reply([(run, context.handler.load(run.id)) for run in here[:_TOLD]], len(here), namesake)


def _about_run(context: ListenerContext, ref: str) -> Message:
    row = context.handler.find(ref)
    if row is None:
        return unknown_ref_reply(ref, context.registry.find_assets(ref).near)
    link = context.windows.link_to(row.channel, row.thread_ts) if row.channel and row.thread_ts else ""
    return run_reply(listed(row), context.handler.load(row.run_id), link)


def _form(context: ListenerContext, body: Body, typed: str) -> Block:
    found, channel = context.registry.find_assets(typed), str(body.get("channel_id") or "")
    if found.exact is not None:
        return ask_to_start(context, found.exact.id, channel, context.people.sender_of(body))
    meant = meant_by_link(context, typed)
    if len(meant) == 1:
        return form_filled_in(context, *meant[0], channel, context.people.sender_of(body))
    seen = meant or context.registry.find_by_signs(typed)
    near = () if meant else found.near
    return pick_form(channel, near, list_open(context), typed, seen, every_asset(context))


def hear_shortcut(context: ListenerContext, ack: Ack, body: Body) -> None:
    """“Start recovery”, from anywhere."""
    open_form(
        context, ack, body, pick_form("", (), list_open(context), every=every_asset(context)), start_button(OPEN_IT)
    )


def hear_home_opened(context: ListenerContext, ack: Ack, body: Body) -> None:
    """Somebody looks at the home tab: it shows what is open now."""
    if (body.get("event") or {}).get("tab", "home") == "home":
        user, view = sender_key(body)[1], home_view(list_open(context))
        context.later(lambda: context.windows.publish_home(user, view))
    ack()
