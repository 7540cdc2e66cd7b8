"""`handrail oncall`: who now, who next and until when, and what nobody covers."""

import json
import sys
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.format.catalogue import Asset
from bot.format.printable import printable
from bot.library.shelf import Shelf
from bot.render.rota.board import Board
from bot.render.rota.lines import board_json, board_lines
from bot.slack.survey import survey
from bot.wiring.house import House, utc_now


@click.command("oncall")
@click.argument("asset", required=False)
@click.option("--at", "at", metavar="TIME", help="Another moment, such as 2026-12-24T18:00 or 2026-12-24T18:00+01:00.")
@click.option(
    "--timezone", "zone", metavar="ZONE", help="Show times so, such as Europe/Madrid.  [default: this machine's]"
)
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.pass_obj
def oncall(house: House, asset: str | None, at: str | None, zone: str | None, format_: str) -> None:
    """Say who is on call on each rung of ASSET's ladder, or of all ladders; who is next, and until when.

    Exits with 1 when nobody is on call in some rotation at some time of the next 14 days, so that a scheduled job can
    say so before it is night.
    """
    shown_in = _zone(zone)
    moment = utc_now() if at is None else _moment(at, shown_in)
    shelf = house.shelf()
    board = survey(shelf.catalogue, house.roster, moment, _asset(shelf, asset) if asset else None)
    if format_ == "json":
        write_out(json.dumps(board_json(board), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(board, shown_in)
    if board.holes:
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


def _asset(shelf: Shelf, named: str) -> Asset:
    found = shelf.find_assets(named)
    if found.exact is not None:
        return found.exact
    near = [one.id for one in (found.near or shelf.catalogue.assets.values())][:5]
    meant = f" Is it one of these: {', '.join(near)}?" if near else ""
    raise Failure(f"There is no asset {printable(named)} in {shelf.path}.{meant}")
