"""`/recover show …`: the flowchart of a runbook, uploaded to the channel; as an outline where that fails."""

import subprocess
import sys
from difflib import get_close_matches

import structlog

from bot.format.runbook import Runbook
from bot.render.chart.graph import Chart, draw_chart
from bot.render.chart.picture.svg import draw_svg
from bot.render.dialog.replies import drawing_reply, outline_reply, unknown_runbook_reply
from bot.render.message import Message
from bot.slack.hearing.context import Body, ListenerContext
from bot.slack.people import sender_key

_SECONDS = 60
"""For the picture of a long runbook on a busy machine."""
log = structlog.get_logger(__name__)


def answer_show(context: ListenerContext, body: Body, typed: str) -> Message | None:
    """The answer to `show RUNBOOK`, while the picture is under way.

    A runbook is named by its id, or by an asset that has one. None when an asset is called like the whole: it is meant.
    """
    named = typed.partition(" ")[2]
    if context.registry.find_assets(typed).exact is not None:
        return None
    meant = _meant(context, named.strip())
    if len(meant) != 1:
        return unknown_runbook_reply(named.strip(), meant)
    catalogue = context.registry.catalogue
    owner = catalogue.teams.get(meant[0].owner)
    chart = draw_chart(meant[0], catalogue.assets.values(), (owner.name if owner else None) or "")
    context.later(lambda: share(context, body, chart))
    return drawing_reply(chart.book)


def _meant(context: ListenerContext, named: str) -> list[Runbook]:
    """The one runbook that is meant; else those that may be."""
    books = context.registry.runbooks
    if named.casefold() in books:
        return [books[named.casefold()]]
    asset = context.registry.find_assets(named).exact if named else None
    if asset is not None:
        return list(context.registry.runbooks_for(asset))
    near = get_close_matches(named.casefold(), books, 5)
    return [books[one] for one in (near if len(near) > 1 else sorted(books))]


def share(context: ListenerContext, body: Body, chart: Chart) -> None:
    """Upload the picture to the channel where it was asked for; else give its outline to the person who asked."""
    channel, person = str(body.get("channel_id") or ""), sender_key(body)[1]
    try:
        outcome = context.speaker.upload(channel, f"{chart.book.id}.png", picture_of(chart))
    except (OSError, ValueError, subprocess.SubprocessError) as trouble:
        outcome = None
        log.warning("no picture was drawn", runbook=chart.book.id, trouble=type(trouble).__name__)
    if isinstance(outcome, str):
        return
    log.info("a picture is told in words", runbook=chart.book.id, outcome=repr(outcome))
    told = outline_reply(chart)
    if not context.windows.answer(str(body.get("response_url")), told):
        context.windows.whisper(channel, person, told)


def picture_of(chart: Chart) -> bytes:
    """The chart as PNG. It is drawn in a process of its own, as this one has clicks to answer meanwhile."""
    svg = draw_svg(chart, dark=False).encode()
    command = [sys.executable, "-m", "bot.render.chart.png"]
    return subprocess.run(command, input=svg, capture_output=True, check=True, timeout=_SECONDS).stdout  # noqa: S603  (ours)
