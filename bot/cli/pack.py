"""`handrail pack`: everything on paper."""

from pathlib import Path

import click

from bot.cli.failures import Failure
from bot.library.problems import Problem
from bot.offline.pack import CannotPack, write_pack
from bot.wiring.house import House, utc_now


@click.command("pack")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write.")
@click.pass_obj
def pack(house: House, output: Path) -> None:
    """Write a printable copy of everything: runbooks with tick boxes, catalogue, people, ladders.

    Plain pages that any browser opens from a USB stick, and that print one step a box. The folder is replaced as a
    whole, and only when it is new, empty, or was written by this command.
    """
    registry = house.registry()
    bad = sorted({problem.file for problem in registry.problems if _is_error(problem)})
    try:
        pages = write_pack(registry, output, utc_now())
    except CannotPack as why:
        raise Failure(str(why)) from None
    for name in bad:
        click.echo(f"! {name} has errors, so what stands in it is not printed. See: handrail check", err=True)
    click.echo(f"{pages} pages written. Open {output / 'index.html'} in a browser, and print from there.")
    click.echo("To have it refreshed with every change of a file: HANDRAIL_PACK, for handrail serve.")


def _is_error(problem: Problem) -> bool:
    return problem.severity == "error"
