"""`handrail oncall`: who now, who next and until when, and what nobody covers."""

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.format.catalogue import Asset
from bot.format.printable import printable
from bot.library.registry import Registry
from bot.oncall.feed import BadFeed
from bot.oncall.foreseen import foresee
from bot.oncall.matching import say_turn
from bot.render.rota import Board, board_json, board_lines
from bot.render.rota_turns import FeedEvent, FeedEvents, turn_lines, turns_json
from bot.slack.survey import survey
from bot.wiring.house import House, utc_now
from bot.workers.feeds.fetching import MOST_BYTES, Fetcher, Unfetched


@click.command("oncall")
@click.argument("asset", required=False)
@click.option("--at", "at", metavar="TIME", help="Another moment, such as 2026-12-24T18:00 or 2026-12-24T18:00+01:00.")
@click.option(
    "--timezone", "zone", metavar="ZONE", help="Show times so, such as Europe/Madrid.  [default: this machine's]"
)
@click.option(
    "--feed",
    metavar="URL|FILE|env:NAME",
    help="List every turn of a calendar instead: whose it is, by what, or why not.",
)
@click.option("--weeks", type=click.IntRange(1, 52), default=5, show_default=True, help="How far ahead, with --feed.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.pass_obj
def oncall(
    house: House, asset: str | None, at: str | None, zone: str | None, feed: str | None, weeks: int, format_: str
) -> None:
    """Say who is on call on each rung of ASSET's ladder, or of all ladders; who is next, and until when.

    Exits with 1 when nobody is on call in some rotation at some time of the next 14 days, so that a scheduled job can
    say so before it is night; with --feed, when a turn is nobody's, a time is nobody's, or an event was left out.
    """
    shown_in = _zone(zone)
    moment = utc_now() if at is None else _moment(at, shown_in)
    if feed is not None:
        if asset:
            raise Failure("Give either an asset or --feed.")
        _look_ahead(house, feed, (moment, moment + timedelta(weeks=weeks)), shown_in, format_)
        return
    registry = house.registry()
    board = survey(registry.catalogue, house.roster, moment, _asset(registry, asset) if asset else None)
    if format_ == "json":
        write_out(json.dumps(board_json(board), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(board, shown_in)
    if board.holes:
        sys.exit(1)


def _look_ahead(house: House, feed: str, span: tuple[datetime, datetime], zone: tzinfo, format_: str) -> None:
    """Every turn of a calendar between two moments, as the people of the folder match it."""
    catalogue = house.registry().catalogue
    people = catalogue.people
    meant = (one.timezone for one in catalogue.rotations.values() if one.ics == feed)
    try:
        text = calendar_text(feed, house.feed_address)
        found = foresee(text, next(meant, getattr(zone, "key", "UTC")), *span, people.values())
    except (Unfetched, BadFeed) as why:
        raise Failure(f"The calendar cannot be used: {why}.") from None
    turns = tuple(
        FeedEvent(
            one.since, one.until, say_turn(one), tuple((people[id_].name, by) for id_, by in whose.who), whose.why_not
        )
        for one, whose in found.turns
    )
    told = FeedEvents(*span, turns, tuple((gap.since, gap.until) for gap in found.gaps), found.remarks)
    if format_ == "json":
        write_out(json.dumps(turns_json(told), indent=2, ensure_ascii=False) + "\n")
    else:
        for line in turn_lines(told, zone):
            click.echo(printable(line))
    if not told.is_sound:
        sys.exit(1)


def _print(board: Board, zone: tzinfo) -> None:
    for line in board_lines(board, zone):
        click.echo(printable(line))
    if board.holes:
        click.echo("\nNext: add an override to the rotation, then ask again. See docs/oncall.md", err=True)


def _zone(name: str | None) -> tzinfo:
    if name is None:
        return datetime.now().astimezone().tzinfo or ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Failure(f"{printable(name)} is not a time zone. Write it such as Europe/Madrid, or UTC.") from None


def _moment(text: str, zone: tzinfo) -> datetime:
    """A time as it was typed; without an offset it is meant in the zone that is shown."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"{printable(text)} is not a time. Write it such as 2026-12-24T18:00.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _asset(registry: Registry, named: str) -> Asset:
    found = registry.find_assets(named)
    if found.exact is not None:
        return found.exact
    near = [one.id for one in (found.near or registry.catalogue.assets.values())][:5]
    meant = f" Is it one of these: {', '.join(near)}?" if near else ""
    raise Failure(f"There is no asset {printable(named)} in {registry.path}.{meant}")


def calendar_text(feed: str, address_of: Callable[[str], str | None]) -> str:
    """The text of a calendar: an address, ``env:NAME`` (or ``NAME_FILE``) for a secret one, or a file; Unfetched."""
    if feed.startswith("env:"):
        name = feed.removeprefix("env:")
        address = address_of(name)
        if address is None:
            raise Unfetched(f"the variable {name} is not set here")
        return Fetcher().fetch(name, address)
    if "://" in feed:
        return Fetcher().fetch("the calendar", feed)
    try:
        with Path(feed).open("rb") as opened:
            held = opened.read(MOST_BYTES + 1)
        if len(held) > MOST_BYTES:
            raise Unfetched(f"it is larger than {MOST_BYTES // 1_000_000} MB")
        return held.decode("utf-8-sig")
    except OSError as wrong:
        raise Unfetched(f"{feed} cannot be read ({wrong.strerror or wrong})") from None
    except UnicodeDecodeError:
        raise Unfetched("it is not text in UTF-8") from None
