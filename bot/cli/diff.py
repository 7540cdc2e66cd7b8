"""`handrail diff`: what changed in a procedure between two versions."""

import sys

import click

from bot.cli.printing import write_out
from bot.cli.sources import read_books
from bot.render.comparison import as_json, as_text, compare_books
from bot.render.review_comment import as_comment


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", help="For whom it is told."
)
def diff(old: str, new: str, format_: str) -> None:
    """Tell what changed in the procedure from OLD to NEW.

    Each is a file or a folder, or one as Git keeps it: HEAD:runbooks/postgres-pitr.yaml, main:runbooks. Steps are the
    same by their id. As Markdown it is a comment for a review: in words, with a picture of both versions.

    Exits with 0 when the procedure is the same, 1 when it differs, 2 when it could not look.
    """
    was, now = read_books(old), read_books(new)
    pairs = compare_books(was, now)
    if len(pairs) > 1:
        pairs = [one for one in pairs if one[1]] or pairs  # of a folder, what is the same is not told
    match format_:
        case "markdown":
            told = as_comment(pairs, was, now)
        case "json":
            told = as_json(pairs)
        case _:
            told = as_text(pairs)
    write_out(told + "\n")
    sys.exit(1 if any(changes for _, changes in pairs) else 0)
