"""`handrail diff`: what changed in a procedure between two versions."""

import sys

import click

from bot.cli.printing import write_out
from bot.cli.sources import read_books
from bot.render.comparison.told import as_json, as_markdown, as_text, compare_books


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", help="For whom it is told."
)
def diff(old: str, new: str, format_: str) -> None:
    """Tell what changed in the procedure from OLD to NEW.

    Each is a path, or a file as Git keeps it: HEAD:runbooks/postgres-pitr.yaml. Steps are the same by their id.

    Exits with 0 when the procedure is the same, 1 when it differs, 2 when it could not look.
    """
    pairs = compare_books(read_books(old), read_books(new))
    tell = {"text": as_text, "json": as_json, "markdown": as_markdown}[format_]
    write_out(tell(pairs) + "\n")
    sys.exit(1 if any(changes for _, changes in pairs) else 0)
