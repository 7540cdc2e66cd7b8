"""A run written to a file, or to the screen: told for people, told for programs, or record by record."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.format.printable import printable
from bot.journal.chain import Unreadable
from bot.journal.ledger import read_tip
from bot.journal.rows import RunRow

if TYPE_CHECKING:
    from bot.wiring.house import House

FORMATS = ("md", "html", "postmortem", "json", "csv", "jsonl")
_RECORDS = "jsonl"


@click.command("export")
@click.argument("ref")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default=_RECORDS, show_default=True,
    help="md, html: the story. postmortem: a draft of one. json, csv: for programs. jsonl: the records, for import.",
)  # fmt: skip
@click.option("--timezone", metavar="ZONE", help="Tell times in this zone, such as Europe/Berlin.  [default: UTC]")
@click.option("--pseudonyms", is_flag=True, help="Replace people by roles.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of to the screen.")
@click.pass_obj
def export(
    house: "House", ref: str, *, format_: str, timezone: str | None, pseudonyms: bool, output: Path | None
) -> None:
    """Write a run: what happened, told, or its records with all it takes to read and verify it elsewhere.

    It holds what people typed: keep it as such.
    """
    row = house.journal().find_run(ref)
    if row is None:
        raise Failure(f"There is no run {printable(ref)} here. `handrail runs --all` lists them.")
    if format_ == _RECORDS and (timezone or pseudonyms):
        raise Failure("jsonl carries the records as they are. For --timezone and --pseudonyms choose another --format.")
    zone = _zone(timezone or "UTC")
    try:
        if format_ == _RECORDS:
            _write(_records(house, row), output)
        else:
            _write(_told(house, row, format_, zone, pseudonyms=pseudonyms), output)
    except Unreadable as why:
        raise Failure(str(why)) from None
    if output is not None:
        click.echo(f"{row.ref}: {row.head} records written to {output}, head {row.hash}.")
        click.echo(f"Newest head of all: {read_tip(house.journal().read)}")
        if format_ == _RECORDS:
            click.echo(f"Take them in elsewhere: handrail import {output.name}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Failure(f"There is no time zone {printable(name)}. Write one such as Europe/Berlin or UTC.") from None


def _records(house: "House", row: RunRow) -> Iterator[str]:
    from bot.engine.travel import export_run

    return (f"{line}\n" for line in export_run(house.journal(), row, datetime.now(UTC)))


def _told(house: "House", row: RunRow, format_: str, zone: ZoneInfo, *, pseudonyms: bool) -> Iterator[str]:
    from bot.engine.reading import open_reading
    from bot.render.report.formats import formats_with

    reading = open_reading(house.journal(), house.book_of, row, until=datetime.now(UTC), pseudonyms=pseudonyms)
    yield from formats_with(house.templates)[format_].write(reading, zone, _warn)
    # Asked for before, it would read all records once more.
    if not reading.chain.verified:
        _warn(f"The chain of {row.ref} does not hold, and the export says so: {reading.chain.fault}")


def _warn(sentence: str) -> None:
    click.echo(printable(f"! {sentence}"), err=True)


def _write(pieces: Iterable[str], output: Path | None) -> None:
    """A file is there whole or not at all."""
    if output is None:
        for piece in pieces:
            write_out(piece)
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
