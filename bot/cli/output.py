"""`handrail output`: what commands printed that hands executed in a run."""

import click

from bot.cli.failures import Failure
from bot.format.printable import printable
from bot.wiring.house import House


@click.command("output")
@click.argument("ref")
@click.argument("step", required=False)
@click.option("--pseudonyms", is_flag=True, help="Replace people by roles.")
@click.pass_obj
def output(house: House, ref: str, step: str | None, *, pseudonyms: bool) -> None:
    """Print what the commands of run REF printed, redacted, each up to its last megabyte; of one STEP, if it is named.

    The digest of each stands in the record: `handrail log REF`.
    """
    from bot.journal.hands import HandsLeases
    from bot.timeline.pseudonyms import disguise_of

    row = house.journal().find_run(ref)
    if row is None:
        raise Failure(f"There is no run {ref}. See: handrail runs --all")
    found = [one for one in HandsLeases(house.journal()).outputs(row.run_id) if step in (None, one.step)]
    if not found:
        raise Failure(f"Nothing was printed by commands of {row.ref} that Handrail ran{f' at {step}' if step else ''}.")
    say = disguise_of(house.handler().history(row.run_id)).text if pseudonyms else str
    for one in found:
        head = f"{one.step}, visit {one.visit}, attempt {one.attempt}: {one.size} bytes, SHA-256 {one.digest}"
        click.echo(f"--- {head}\n{printable('‹erased›' if one.text is None else say(one.text))}")
