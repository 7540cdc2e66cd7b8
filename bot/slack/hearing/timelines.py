"""`/recover timeline REF [format] [zone]`: the report of a run, uploaded to its thread; as posts where that fails."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from bot.journal.rows import RunRow
from bot.notifier.messenger import Sent
from bot.render.dialog.replies import unknown_ref_reply
from bot.render.message import Message
from bot.render.report.posts import coming_reply, lost_reply, usage_reply
from bot.slack.hearing.context import Body, ListenerContext
from bot.slack.messenger import Destination
from bot.slack.people import sender_key
from bot.slack.reports import Reporter

_USUAL = "html"
_ZONE = "UTC"
log = structlog.get_logger(__name__)


def answer_timeline(context: ListenerContext, body: Body, typed: str) -> Message | None:
    """The answer to `timeline REF …`, while the report is written.

    None when an asset is called like the whole: it is meant.
    """
    rest = typed.split()[1:4]
    if context.registry.find_assets(typed).exact is not None:
        return None
    reporter = context.reporter()
    if not rest:
        return usage_reply(reporter.formats)
    row = context.handler.find(rest[0])
    if row is None:
        return unknown_ref_reply(rest[0])
    asked = {one.casefold() for one in rest[1:]}
    format_ = next((one for one in reporter.formats if one in asked), _USUAL)
    others = [one for one in rest[1:] if one.casefold() != format_]
    zone = _zone(others[0] if others else _ZONE)
    if zone is None or len(others) > 1:
        return usage_reply(reporter.formats, others[-1])
    context.later(lambda: share(context, reporter, body, row, format_, zone))
    return coming_reply(row.ref, format_)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def share(context: ListenerContext, reporter: Reporter, body: Body, row: RunRow, format_: str, zone: ZoneInfo) -> None:
    """Upload the report to the run's thread, or where it was asked for when it has none; else post it, else say so."""
    asked_in = str(body.get("channel_id") or "")
    place = Destination(row.channel, row.thread_ts) if row.channel and row.thread_ts else Destination(asked_in, None)
    outcome = reporter.upload(row, [reporter.write(row, format_, zone)], place)
    if isinstance(outcome, str):
        return
    log.info("a report is told in posts", run=row.ref, outcome=repr(outcome))
    if isinstance(reporter.post(row, format_, zone, place), Sent):
        return
    told = lost_reply(row.ref, reporter.link_to(row.ref))
    if not context.windows.answer(str(body.get("response_url")), told):
        context.windows.whisper(asked_in, sender_key(body)[1], told)
