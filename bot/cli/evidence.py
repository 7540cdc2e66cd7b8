"""`handrail evidence`: what an auditor asks for, of a stretch of time, as one CSV and one page."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.format.printable import printable

if TYPE_CHECKING:
    from bot.format.runbook import Runbook
    from bot.journal.rows import RunRow
    from bot.readiness.drills import DrillDue
    from bot.render.evidence import Asset, Evidence, Reviewed, Section
    from bot.wiring.house import House


class _Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{printable(str(value))} is no day: write YYYY-MM-DD, such as 2026-01-31.", param, ctx)


@click.command("evidence")
@click.option("--since", type=_Day(), required=True, metavar="DAY", help="From this day on, UTC.")
@click.option("--until", type=_Day(), metavar="DAY", help="Up to this day, itself included.  [default: today]")
@click.option("--asset", metavar="ASSET", help="Of this asset alone.")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The folder.  [default: here]"
)
@click.pass_obj
def evidence(house: "House", *, since: date, until: date | None, asset: str | None, output: Path) -> None:
    """Write evidence.csv and evidence.html: runs, drills, exceptions, sign-offs, reviews and follow-ups by asset.

    Each run names the head of its chain, and whether it holds. They hold what people typed: keep them as such.
    """
    from bot.render.evidence import evidence_as_csv, evidence_as_html

    now = datetime.now(UTC)
    last = until or now.date()
    if last < since:
        raise Failure(f"--until {last} lies before --since {since}.")
    gathered = _gather(house, since, last + timedelta(days=1), asset, now)
    page = evidence_as_html(gathered, house.templates)
    for notice in page.notices:
        click.echo(printable(f"! {notice}"), err=True)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in (("evidence.csv", evidence_as_csv(gathered)), ("evidence.html", page.text)):
        part = output / f"{name}.part"
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(output / name)
        click.echo(f"Written: {output / name}")
    runs = sum(len(one.of("run", "drill", "training")) for one in gathered.sections)
    broken = [
        row for one in gathered.sections for row in one.rows if row.kind == "lost" or row.chain not in ("", "holds")
    ]
    click.echo(f"{runs} {'run' if runs == 1 else 'runs'} of {len(gathered.sections)} assets, {since} to {last}.")
    for row in broken:
        why = row.reason if row.kind == "lost" else row.chain
        click.echo(printable(f"! {row.ref}: {why}"), err=True)


def _gather(house: "House", since: date, before: date, asset: str | None, now: datetime) -> "Evidence":
    from bot.journal.ledger import read_tip
    from bot.render.evidence import Evidence

    begin, end = (datetime.combine(day, time(), UTC) for day in (since, before))
    rows = [row for row in _rows(house) if begin <= row.started_at < end]
    assets = _assets(house, rows, asset)
    sections = tuple(
        _section(house, one, [row for row in rows if row.asset == one.id], since, before) for one in assets
    )
    return Evidence(begin, end, now, sections, str(read_tip(house.journal().read)))


def _rows(house: "House") -> Iterator["RunRow"]:
    """Every run of the index, the first first."""
    journal = house.journal()
    found = (journal.run_row(run_id) for run_id in journal.listed_ids())
    yield from sorted((row for row in found if row is not None), key=lambda row: row.started_at)


def _assets(house: "House", rows: list["RunRow"], wanted: str | None) -> list["Asset"]:
    """Those of the catalogue, then those that only runs name."""
    from bot.render.evidence import Asset

    known = house.registry().catalogue.assets
    found = {one.id: Asset(one.id, one.name, one.tier, one.owner, one.rto, one.rpo) for one in known.values()}
    for row in rows:
        found.setdefault(row.asset, Asset(row.asset, row.asset_name, 0, "", None, None))
    if wanted is None:
        return sorted(found.values(), key=lambda one: (one.tier or 9, one.name))
    meant = [
        one for one in found.values()
        if wanted in (one.id, one.name) or (one.id in known and wanted in known[one.id].aliases)
    ]  # fmt: skip
    if not meant:
        raise Failure(f"There is no asset {printable(wanted)}: neither in the catalogue nor in these days.")
    return meant


def _section(house: "House", asset: "Asset", rows: list["RunRow"], since: date, before: date) -> "Section":
    from bot.engine.reading import open_reading
    from bot.journal.chain import Unreadable
    from bot.render.evidence import Section, lost_row, tell_section

    timelines, lost = [], []
    for row in rows:
        try:
            timelines.append(open_reading(house.journal(), house.book_of, row, until=datetime.now(UTC)).whole())
        except (Unreadable, LookupError) as why:
            lost.append(lost_row(asset.id, row.ref, str(why)))
    told = tell_section(asset, timelines, _reviews(house, asset.id, since, before), _drills(house, asset.id), before)
    return Section(told.asset, (*told.rows, *lost))


def _drills(house: "House", asset: str) -> Iterator["DrillDue"]:
    """When the runbooks of an asset are to be drilled next; nothing of one that the catalogue has no more."""
    from bot.readiness.drills import drills_due

    facts = house.gatherer.facts()
    known = facts.catalogue.assets.get(asset)
    return iter(()) if known is None else drills_due(facts, known)


def _reviews(house: "House", asset: str, since: date, before: date) -> Iterator["Reviewed"]:
    """Of each runbook that the asset uses: the reviews that its versions name, and the next that falls due."""
    from bot.render.evidence import reviews_between

    known = house.registry().catalogue.assets.get(asset)
    for runbook in known.runbooks if known is not None else ():
        books = list(_books(house, runbook))
        done = [(date.fromisoformat(str(one.review.last_on)), one.review.by) for one in books if one.review is not None]
        newest = books[-1].review if books else None
        yield from reviews_between(runbook, done, newest.every if newest is not None else None, since, before)


def _books(house: "House", runbook: str) -> Iterator["Runbook"]:
    """Every version that served, and the one that stands in the folder, which is the newest."""
    from bot.journal.versions import Versions

    for version in Versions(house.journal()).of(runbook):
        try:
            yield house.book_of(version.digest)
        except (LookupError, ValueError):  # its text is lost, or an older format: it names no review that counts
            continue
    kept = house.registry().kept(runbook)
    if kept is not None:
        yield kept.book
