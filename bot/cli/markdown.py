"""`handrail import-markdown`: an existing Markdown runbook as a draft."""

import sys
from pathlib import Path

import click

from bot.cli.failures import Failure
from bot.cli.folder import home_of, write_new
from bot.cli.printing import write_out
from bot.library.drafting.markdown.drafting import import_markdown
from bot.library.drafting.markdown.reading import MOST_BYTES, NoMarkdown


@click.command("import-markdown")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write it there.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("runbooks"),
    envvar="HANDRAIL_RUNBOOKS", show_default=True, help="The folder that it is for.",
)  # fmt: skip
@click.option("--address", metavar="URL", default="", help="Where people read the page: its links become whole.")
def bring_markdown(file: Path, output: Path | None, folder: Path, address: str) -> None:
    """Turn a Markdown runbook into a draft that loads; - reads standard input.

    Headings become phases, items of lists and fenced commands become `do` steps, “if … then …” lines become `decide`,
    warnings become cautions, links become references. Every guess is a TODO beside it, what found no place is kept as a
    comment, and what looks like a secret is left out.
    """
    if address and not address.startswith(("https://", "http://")):
        raise Failure(f"--address is where a browser finds the page, such as https://wiki.example.com/{file.name}.")
    home = home_of(folder, output)
    try:
        name = file.name if str(file) != "-" else "stdin.md"
        text = import_markdown(
            _read(file), name, home.around().runbooks, home.schemas_from(output), home.language(output),
            address=address,
        )  # fmt: skip
    except NoMarkdown as why:
        raise Failure(f"{file} cannot be turned into a draft. {why}") from None
    if output is None:
        write_out(text)
        return
    write_new(output, text)
    home.keep_schemas()
    todos = sum("TODO" in line for line in text.splitlines())
    click.echo(f"Wrote {output}, with {todos} TODOs: each is a guess to confirm, or something that only you know.")
    click.echo(f"Next: handrail check {home.path}")


def _read(file: Path) -> bytes:
    """The bytes of a file, as many as show that it is too long."""
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as wrong:
        raise Failure(f"{file} cannot be read: {wrong.strerror or wrong}.") from None
