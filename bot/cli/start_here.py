"""`handrail start-here`: where to begin, when everything seems to be missing."""

from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.format.printable import printable
from bot.readiness.beginning import begin
from bot.render.readiness import say_score

if TYPE_CHECKING:
    from bot.wiring.house import House


@click.command("start-here")
@click.pass_obj
def start_here(house: "House") -> None:
    """Name one critical asset, three failure modes of its type without an answer, and a day for a drill."""
    found = begin(house.gatherer.facts())
    if found is None:
        raise Failure("The catalogue names no asset yet. Begin one: handrail new asset ID")
    asset = found.ready.asset
    lines = [f"Begin with {asset.name} ({asset.id}): tier {asset.tier}, {say_score(found.ready)}.", ""]
    if found.unanswered:
        lines.append(f"No active runbook of it speaks of these; of its type, {asset.type}, they are usual:")
        lines += [f"  {number}. {mode}" for number, mode in enumerate(found.unanswered, 1)]
        lines.append(f"  Write one: handrail new runbook {asset.id}-restore")
    else:
        lines.append(f"What usually goes wrong with its type, {asset.type}, its runbooks speak of.")
    lines += ["", f"Hold a drill by {found.drill_by}: handrail walk {asset.id} --drill"]
    if found.ready.next is not None:
        lines.append(f"Next: {found.ready.next.sentence}  {found.ready.next.command}")
    for line in lines:
        click.echo(printable(line))
