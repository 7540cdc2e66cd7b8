"""Draws the page and its parts; each part carries a digest, so that the browser swaps only what differs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.workspace.blocks.html import blocks_html
from bot.workspace.blocks.markup import tag
from bot.workspace.blocks.text.mrkdwn import mrkdwn
from bot.workspace.blocks.text.objects import words_of
from bot.workspace.blocks.text.reader import TextContext
from bot.workspace.page.scene import (
    HOME,
    SHOWN,
    MessageRow,
    SidebarEntry,
    Viewer,
    channels,
    dm_name,
    personas,
    rows,
    talks,
    version,
)
from bot.workspace.state import Channel, Command, Message

_KIB = 1024
_QUICK = (("eyes", "👀"), ("white_check_mark", "✅"), ("+1", "👍"))
_NOTICES = 5
_WAIT = "ratelimited"
"""Slack's word for: later. Every app hears it; it is counted and not listed."""
_WHY = {"mention": "mentioned you", "group": "called your group", "broadcast": "called everybody", "dm": "wrote to you"}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class PostRate:
    """Whether posts are held back to Slack's rate."""

    fast: bool


def knock(heading: str, words: str) -> str:
    """Draw the page for somebody who may not come in, or is lost."""
    return _draw("knock", heading=heading, words=words)


def page(look: Viewer, pace: PostRate) -> str:
    """Draw the whole page for one person at one place."""
    label, sign = _label(look)
    regions = {
        "personas": _region("personas", "nav", _draw("personas", personas=personas(look)), aria_label="Who you are"),
        "report": _region("report", "div", _report(look, pace)),
        "side": _region("side", "nav", _side(look), aria_label="Channels"),
        "heading": _region("heading", "div", _heading(look, label, sign)),
        "talk": _talk(look, f"{sign}{label}"),
        "replies": _list(look, "replies", rows(look, in_thread=True)) if look.thread else "",
        "modal": _region("modal", "div", _modal(look), kind="modal"),
        "notices": _region("notices", "div", _notices(look), hidden=True),
    }
    return _draw(
        "page",
        look=look,
        title=f"{sign}{label}",
        place_label=f"{sign}{label}",
        regions=regions,
        composer=_composer(look, f"{sign}{label}", "") if look.channel else "",
        thread_composer=_composer(look, f"{sign}{label}", look.thread) if look.thread else "",
    )


def _draw(template: str, **words: Any) -> Markup:  # noqa: ANN401 - whatever the template asks for
    return Markup(_TEMPLATES.get_template(f"{template}.html").render(**words))  # noqa: S704 - drawn with autoescape


def _safe(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - the blocks package has escaped all that came from outside


def _region(name: str, element: str, html: str, *, kind: str = "part", **attributes: str | bool) -> Markup:
    drawn = tag(element, html, id=name, class_=name, data_region=kind, data_version=version(html), **attributes)
    return _safe(drawn)


def _label(look: Viewer) -> tuple[str, str]:
    place = look.channel
    if place is None:
        return look.state.directory.bot.real_name, ""
    if place.is_im or place.is_mpim:
        return dm_name(look, place), ""
    return place.name, "#"


def _report(look: Viewer, pace: PostRate) -> str:
    def clock(at: float) -> str:
        return f"{datetime.fromtimestamp(at, UTC).astimezone(look.reader.zone):%H:%M:%S}"

    ledger = look.state.ledger
    refusals = [one for one in ledger.refusals if one.error != _WAIT]
    waits = len(ledger.refusals) - len(refusals)
    return _draw("report", refusals=refusals, waits=waits, failures=ledger.failures, fast=pace.fast, clock=clock)


def _side(look: Viewer) -> str:
    bot = look.state.directory.bot
    home = SidebarEntry(HOME, f"{bot.real_name} – Home", "⌂", f"/as/{look.user.id}/{HOME}", current=look.place == HOME)
    return _draw("side", team=look.state.directory.team.name, channels=channels(look), talks=talks(look), home=home)


def _heading(look: Viewer, label: str, sign: str) -> str:
    place = look.channel
    pinned = look.state.talk.pins(look.place) if place else []
    return _draw(
        "heading",
        label=label,
        sign=sign,
        topic=place.topic if place else "",
        members=_people_in(look, place) if place and sign else [],
        pins=[(each.ts, first_words(each.text, look.reader) or "Message") for each in pinned],
    )


def _people_in(look: Viewer, place: Channel) -> list[str]:
    found = [look.state.directory.user(each) for each in place.members]
    return [each.real_name for each in found if each and not each.is_bot]


def first_words(text: str, reader: TextContext, most: int = 90) -> str:
    """Reduce a message to the beginning of its words, without markup; not escaped."""
    spaced = re.sub(r"<br>|</?(?:pre|blockquote)>", " ", mrkdwn(text[:1000], reader))
    bare = unescape(re.sub(r"<[^>]*>", "", spaced))
    line = re.sub(r"\s+", " ", bare).strip()
    return line if len(line) <= most else line[: most - 1] + "…"


def _talk(look: Viewer, label: str) -> Markup:
    if look.channel is None:
        return _home(look)
    unread = look.state.marks.unread(look.user.id, look.place)
    waiting = bool(unread.messages or unread.mentions or unread.threads.get(look.thread))
    return _list(look, "talk", rows(look, in_thread=False), label=label, unread=waiting)


def _list(look: Viewer, name: str, listed: list[MessageRow], *, label: str = "", unread: bool = False) -> Markup:
    drawn = []
    for row in listed:
        html = _message(look, row, in_thread=name == "replies")
        drawn.append({"ts": row.message.ts, "html": html, "version": version(html)})
    items = _draw(
        "talk",
        older=len(listed) >= SHOWN,
        drawn=drawn,
        prefix="r" if name == "replies" else "m",
        label=label,
        command=_example(look.state.seed.commands),
        you=look.user.real_name,
    )
    return _safe(
        tag(
            "ul",
            items,
            id=name,
            class_="talk",
            tabindex="-1",
            data_region="list",
            data_version=version(f"{items}{unread}"),
            data_unread="yes" if unread else None,
        )
    )


def _home(look: Viewer) -> Markup:
    view = look.state.screens.home(look.user.id)
    if view is None:
        body = "<p>The app has published nothing for its home tab yet.</p>"
    else:
        body = f'<form class="blocks" autocomplete="off">{blocks_html(view.body["blocks"], look.reader)}</form>'
    held = tag("section", body, class_="homebody", data_view=view.id if view else "")
    return _region("talk", "div", held)


def _message(look: Viewer, row: MessageRow, *, in_thread: bool) -> Markup:
    message = row.message
    body = message_html(look, message)
    return _draw(
        "message",
        row=row,
        body=_safe(body),
        me=look.user.id,
        names=look.reader.people,
        app=look.state.directory.bot.real_name,
        in_thread=in_thread,
        quick=_QUICK,
        shortcuts=look.state.seed.message_shortcuts,
        size=size,
    )


def message_html(look: Viewer, message: Message) -> str:
    """Draw what a message says: its blocks, or its text when it has none, and its attachments."""
    said = blocks_html(message.blocks, look.reader)
    if not said and message.text:
        said = f'<div class="block">{mrkdwn(message.text, look.reader)}</div>'
    for attached in message.attachments:
        words = blocks_html(attached.get("blocks") or (), look.reader)
        words = words or mrkdwn(str(attached.get("text") or attached.get("fallback") or ""), look.reader)
        said += tag("div", words, class_="attachment")
    return said


def size(count: int) -> str:
    """Say a file's size."""
    return f"{count} B" if count < _KIB else f"{count / _KIB:.0f} kB"


def _composer(look: Viewer, label: str, thread: str) -> Markup:
    seed = look.state.seed
    return _draw(
        "composer",
        thread=thread,
        label=label,
        user=look.user.id,
        place=look.place,
        commands=[] if thread else seed.commands,
        shortcuts=seed.shortcuts,
        app=look.state.directory.bot.real_name,
    )


def _modal(look: Viewer) -> str:
    stack = look.state.screens.modals(look.user.id)
    view = stack[-1] if stack else None
    body: Mapping[str, object] = view.body if view else {}
    return _draw(
        "modal",
        view=view,
        depth=len(stack),
        heading=words_of(body.get("title")),
        submit=words_of(body.get("submit")),
        close=words_of(body.get("close")) or ("Back" if len(stack) > 1 else "Close"),
        app=look.state.directory.bot.real_name,
        body=_safe(blocks_html(view.body["blocks"], look.reader)) if view else "",
    )


def _example(commands: Sequence[Command]) -> str:
    """``/recover orders``: the first command with what a newcomer may type behind it."""
    return f"{commands[0].name} {commands[0].example}".strip() if commands else ""


def _notices(look: Viewer) -> str:
    drawn = []
    for each in look.state.marks.notices(look.user.id)[-_NOTICES:]:
        message = look.state.talk.message(each.channel, each.ts)
        who = look.reader.people.get(message.user, "Somebody") if message else "Somebody"
        place = look.state.directory.channel(each.channel)
        where = f" in #{place.name}" if place and place.name and not place.is_mpim else ""
        title = f"{who} {_WHY.get(each.why, 'replied in a thread you follow')}{where}"
        words = first_words(each.text, look.reader)
        drawn.append(
            {
                "number": each.number,
                "channel": each.channel,
                "thread_ts": each.thread_ts,
                "title": title,
                "words": words,
            }
        )
    return _draw("notices", notices=drawn, user=look.user.id)
