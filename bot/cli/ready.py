"""`handrail ready`: how ready each asset is, what it lacks, and the next thing to do; a gate for a service's own CI."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.cli.tonight import try_for_me
from bot.format.printable import printable
from bot.library.registry import load_shelf
from bot.readiness.designed import undesigned
from bot.readiness.judging import judge_all
from bot.render.readiness import detail_lines, finding_lines, ready_csv, ready_data, ready_lines

if TYPE_CHECKING:
    from bot.wiring.house import House

FORMATS = ("text", "json", "csv")


@click.command("ready")
@click.argument("asset", required=False)
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True, help="How to print."
)
@click.option("--gate", is_flag=True, help="Of the files alone: exit 1 while the recovery of ASSET is not designed.")
@click.option("--me", is_flag=True, help="Try from here, as yourself, what your assets may need tonight. Reads only.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DIR",
    help="The files that the gate looks at.  [default: HANDRAIL_RUNBOOKS]",
)  # fmt: skip
@click.pass_obj
def ready(house: "House", asset: str | None, format_: str, folder: Path | None, *, gate: bool, me: bool) -> None:
    """Say how ready ASSET is, or all assets, the most urgent first: computed from files, records and heartbeats.

    With --gate, no database is asked: a new service passes once its recovery is designed.
    """
    if gate:
        _gate(house, asset, folder)
        return
    if me:
        sys.exit(0 if try_for_me(house) else 1)
    facts = house.gatherer.facts()
    known = facts.catalogue.assets
    if asset is not None and asset not in known:
        found = house.registry().find_assets(asset)
        if found.exact is None:
            near = ", ".join(one.id for one in found.near[:5])
            raise Failure(f"There is no asset {printable(asset)}.{f' Is it one of these: {near}?' if near else ''}")
        asset = found.exact.id
    judged = judge_all(facts, None if asset is None else [known[asset]])
    findings = house.gatherer.findings() if asset is None else ()
    if format_ == "json":
        write_out(json.dumps(ready_data(judged, facts.at, findings), indent=2, ensure_ascii=False) + "\n")
    elif format_ == "csv":
        write_out(ready_csv(judged))
    else:
        for line in ready_lines(judged) if asset is None else detail_lines(judged[0]):
            click.echo(printable(line))
        for line in finding_lines(findings):
            click.echo(printable(line))


def _gate(house: "House", service: str | None, folder: Path | None) -> None:
    if service is None:
        raise click.UsageError("Say of which service: handrail ready SERVICE --gate")
    registry = load_shelf(folder) if folder is not None else house.registry()
    missing = list(undesigned(registry.catalogue, registry.runbooks, service))
    for one in missing:
        click.echo(printable(f"✗ {one.sentence}  {one.command}"))
    if missing:
        click.echo(f"\nThe recovery of {printable(service)} is not designed yet: {len(missing)} missing.")
        sys.exit(1)
    click.echo(f"✓ The recovery of {printable(service)} is designed.")
