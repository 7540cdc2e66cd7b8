"""`handrail lessons`: what people learned, and what is still to be done, over all runs."""

import json
from typing import TYPE_CHECKING

import click

from bot.cli.printing import write_out
from bot.format.printable import printable
from bot.render.after import lessons_as_data, lessons_as_text

if TYPE_CHECKING:
    from bot.wiring.house import House


@click.command("lessons")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
@click.pass_obj
def lessons(house: "House", format_: str) -> None:
    """List the lessons and the open follow-ups of every run, the newest last."""
    from bot.journal.search import Following

    runs = [house.handler().load(run_id) for run_id in Following(house.journal()).told()]
    if format_ == "json":
        write_out(json.dumps(lessons_as_data(runs), indent=2, ensure_ascii=False) + "\n")
        return
    lines = list(lessons_as_text(runs))
    for line in lines:
        click.echo(printable(line))
    if not lines:
        click.echo("Nobody has told a lesson yet, and nothing is to be done.")
        click.echo("Once a run is over, press Lessons… on its card, or L in handrail walk --resume REF.")
