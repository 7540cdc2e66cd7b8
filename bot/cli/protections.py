"""`handrail protections`: how backups stand by what was heard of them, and the record of one."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.format.printable import printable
from bot.journal.chain import Record
from bot.journal.streams import PROTECTIONS, Streams, records_of_stream
from bot.journal.tables import write_instant
from bot.readiness.protection.plan import name_of, protections_of
from bot.readiness.protection.rules import folded, look
from bot.readiness.protection.state import Standing
from bot.render.protections import event_words, measured_words, wrong_words

if TYPE_CHECKING:
    from bot.wiring.house import House

FORMATS = ("text", "json", "jsonl")


@click.command("protections")
@click.argument("asset", required=False)
@click.argument("protection", required=False)
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
    help="json: how they stand, for programs. jsonl: the records of one, as they are chained.",
)  # fmt: skip
@click.pass_obj
def protections(house: "House", asset: str | None, protection: str | None, format_: str) -> None:
    """List the protections of ASSET, or of all assets: the newest good restore point, its age, and what is wrong.

    With PROTECTION, what happened in its record.
    """
    if asset is not None and protection is not None:
        _print_one(house, name_of(asset, protection), format_)
        return
    if format_ == "jsonl":
        raise click.UsageError("Name one: handrail protections ASSET PROTECTION --format jsonl")
    catalogue, now, standing = house.registry().catalogue, house.now(), Streams(house.journal(), PROTECTIONS).states()
    known = {name: one.id for name, one, _ in protections_of(catalogue)}
    # What is late by now is said, also while nobody serves who could put it on record.
    standing = {name: folded(one, look(one, now), now) for name, one in standing.items()}
    shown = {name: standing.get(name) for name in {**known, **standing} if asset in (None, name.partition("/")[0])}
    if not shown:
        raise Failure(f"No protection of {printable(asset or 'any asset')} is in the catalogue or was heard of.")
    if format_ == "json":
        write_out(
            json.dumps([_as_dict(name, one, now) for name, one in shown.items()], indent=2, ensure_ascii=False) + "\n"
        )
        return
    for name, one in shown.items():
        gone = "" if name in known else "  not in the catalogue any more"
        click.echo(printable(f"{_line(name, one, now)}{gone}"))


def _line(name: str, here: Standing | None, now: datetime) -> str:
    if here is None or here.heard_at is None:
        wrong = f"; {', '.join(wrong_words(here))}" if here is not None and any(wrong_words(here)) else ""
        return f"{name:36} nothing was ever heard of it{wrong}"
    newest = here.newest
    wrong = ", ".join(wrong_words(here)) or ("well" if newest is not None else "no good restore point")
    silent = f"  silent until {here.silent_until:%Y-%m-%d}: {here.silent_why}" if here.silent_until else ""
    of = f", of {newest.of:%Y-%m-%d %H:%M} UTC" if newest is not None else ""
    return f"{name:36} measured RPO {measured_words(here, now)}{of}  {wrong}{silent}"


def _as_dict(name: str, here: Standing | None, now: datetime) -> dict[str, object]:
    here = here or PROTECTIONS.begin
    measured, newest = here.measured_rpo(now), here.newest
    tried = here.test
    return {
        "asset": name.partition("/")[0], "protection": name.partition("/")[2],
        "measured_rpo_seconds": None if measured is None else int(measured.total_seconds()),
        "newest_good": None if newest is None else newest.of.isoformat(),
        "heard_at": None if here.heard_at is None else here.heard_at.isoformat(),
        "wrong": [{"place": one.place, "what": wrong.what, "since": wrong.since.isoformat()}
                  for one in here.copies for wrong in one.wrong],
        "all_lost_since": None if here.lost_since is None else here.lost_since.isoformat(),
        "silent_until": None if here.silent_until is None else here.silent_until.isoformat(),
        "restore_tried": None if tried is None else {"at": tried.at.isoformat(), "worked": tried.worked},
    }  # fmt: skip


def _print_one(house: "House", of: str, format_: str) -> None:
    journal = house.journal()
    records = records_of_stream(journal, PROTECTIONS.stream(of))
    first = next(records, None)
    if first is None:
        raise Failure(f"Nothing was ever recorded of {printable(of)}. `handrail protections` lists what there is.")
    if format_ == "jsonl":
        for line in _lines(chain([first], records)):
            write_out(f"{line}\n")
    elif format_ == "json":
        raise click.UsageError("The record of one is text or jsonl.")
    else:
        head = first.hash
        for one in Streams(journal, PROTECTIONS).each(of):
            click.echo(printable(f"{one.seq:5} {one.at:%Y-%m-%d %H:%M:%S}  {one.by:20} {event_words(one.event)}"))
            head = one.hash
        click.echo(f"Head: {head}")


def _lines(records: Iterable[Record]) -> Iterator[str]:
    """Each record with its chain: what `verify` recomputes can be recomputed from this alone."""
    for one in records:
        whole = {
            "stream": one.run_id, "seq": one.seq, "at": write_instant(one.at), "by": one.by, "via": one.via,
            "kind": one.kind, "body": json.loads(one.body), "prev": one.prev, "hash": one.hash,
        }  # fmt: skip
        yield json.dumps(whole, ensure_ascii=False)
