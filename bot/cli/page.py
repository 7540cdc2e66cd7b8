"""`handrail page --test`: whether a person's channels beyond Slack reach them."""

import sys

import click

from bot.format.printable import printable
from bot.wiring.house import House


@click.command("page")
@click.option("--test", "person", metavar="PERSON", required=True, help="Whom to reach: an id of the catalogue.")
@click.pass_obj
def page(house: House, person: str) -> None:
    """Send a test message through each of a person's channels now, and say what each answered.

    It says TEST, asks for nothing, and is not recorded. Run it where Handrail runs: the addresses are in its
    environment.

    Exits with 0 when every channel took it, with 1 when one did not or there is none.
    """
    from bot.wiring.calling.trial import try_channels

    known, trials = try_channels(house, person)
    if not trials:
        click.echo(f"{printable(known.name)} has no channel beyond Slack. Write pager: [env:NAME] in the catalogue.")
        sys.exit(1)
    for trial in trials:
        sign = click.style("✓", fg="green") if trial.answer.reached else click.style("✗", fg="red")
        click.echo(f"{sign} {trial.channel:<24} {printable(trial.answer.words)}")
    failed = sum(not trial.answer.reached for trial in trials)
    if failed:
        click.echo(f"{failed} of {len(trials)} did not reach {printable(known.name)}. docs/paging.md says what to do.")
        sys.exit(1)
