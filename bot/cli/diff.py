"""`handrail diff`: what changed in a procedure between two versions."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.printing import write_out
from bot.cli.sources import read_books
from bot.format.printable import printable
from bot.format.runbook import Runbook
from bot.readiness.objectives import COUNTED
from bot.render.comparison import as_json, as_text, compare_books
from bot.render.learning import replay_lines
from bot.render.review_comment import as_comment
from bot.wiring.house import CannotServe

if TYPE_CHECKING:
    from bot.wiring.house import House


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text", help="For whom it is told."
)
@click.option("--runs", type=click.IntRange(0, 100), default=10, show_default=True, help="How many old runs to replay.")
@click.pass_obj
def diff(house: "House", old: str, new: str, format_: str, runs: int) -> None:
    """Tell what changed in the procedure from OLD to NEW.

    Each is a file or a folder, or one as Git keeps it: HEAD:runbooks/postgres-pitr.yaml, main:runbooks. Steps are the
    same by their id. As Markdown it is a comment for a review: in words, with a picture of both versions. Where a
    record is here, the last runs and drills are replayed: where would NEW have led elsewhere?

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
    if format_ != "json":
        changed = {id_ for id_, changes in pairs if changes}
        told = "\n\n".join([told, *_replayed(house, {id_: one for id_, one in now.items() if id_ in changed}, runs)])
    write_out(told + "\n")
    sys.exit(1 if any(changes for _, changes in pairs) else 0)


def _replayed(house: "House", books: Mapping[str, Runbook], most: int) -> Iterator[str]:
    """How the last runs of each runbook would have gone; nothing where there is no record, or none of it."""
    from bot.engine.learning import read_replays

    with suppress(CannotServe, SQLAlchemyError):
        for id_, new in books.items() if most else ():
            found = read_replays(house.journal(), house.book_of, house.now() - COUNTED, (id_, new), most)
            if found:
                yield printable("\n".join([f"{id_}, replayed", *replay_lines(found)]))
