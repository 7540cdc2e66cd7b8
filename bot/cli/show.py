"""`handrail show`: a runbook as a flowchart, or an asset with its backups and its restore, to read or to draw."""

import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.cli.sources import find_runbook
from bot.engine.gathering import walked_exits
from bot.engine.learning import read_walks
from bot.format.printable import printable
from bot.format.runbook import Runbook
from bot.learning.coverage import exits_walked
from bot.library.effective import effective_text
from bot.library.registry import load_shelf
from bot.readiness.objectives import COUNTED
from bot.render.chart.failures import failure_lines
from bot.render.chart.graph import Chart, draw_chart
from bot.render.chart.protecting import AssetChart, mermaid_asset, outline_asset
from bot.wiring.house import CannotServe

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FORMATS = ("text", "mermaid", "svg", "html", "png")
_ENDINGS = {".txt": "text", ".mmd": "mermaid", ".mermaid": "mermaid", ".svg": "svg", ".html": "html", ".htm": "html"}
_ENDINGS |= {".png": "png"}


@click.command("show")
@click.argument("runbook")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="[default: by the ending of FILE, else text]")
@click.option("--failures", is_flag=True, help="What can go wrong: each way, its answer, and when it was last walked.")
@click.option("--walked", is_flag=True, help="How often each exit was walked in a year, live and in drills.")
@click.option("--effective", is_flag=True, help="Print what counts: the runbook with everything written out.")
@click.option("--watch", is_flag=True, help="Show it in a browser, drawn anew whenever a file is saved, until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Where --watch opens [default: a free one].")
@click.option("--no-browser", is_flag=True, help="With --watch, do not open the page.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runbooks"),
    envvar="HANDRAIL_RUNBOOKS",
    show_default=True,
    help="Where ids are looked up, and the assets with their RTO.",
)
def show(  # noqa: PLR0913  (one option each)
    runbook: str, format_: str | None, output: Path | None, folder: Path, port: int, *, effective: bool, failures: bool,
    walked: bool, watch: bool, no_browser: bool,
) -> None:  # fmt: skip
    """Show RUNBOOK, an id or the path of a file, as a flowchart; or an asset, by its id: data, backups, restore.

    With --effective, the text that runs are pinned to: what the file leaves out, the folder's defaults and Handrail's
    own steps are written out. With --watch, in a browser beside your editor, drawn anew with each save.

    Every step with all its ways; the good path, how long it usually takes, and the RTO of the assets beside it.
    """
    if watch:
        _watch(runbook, folder, port, browse=not no_browser)
        return
    of_asset = None if effective else _asset_chart(runbook, folder)
    if of_asset is not None:
        _show_asset(of_asset, format_, output)
        return
    found = find_runbook(runbook, folder)
    path = runbook if Path(runbook).is_file() else str(folder / found.file)
    if failures:
        _show_failures(found.book)
        return
    if effective:
        whole = effective_text(found.book)
        if output is None:
            write_out(printable(whole))
        else:
            _write(output, whole.encode(), path)
        return
    chart = draw_chart(found.book, found.assets, found.owner)
    if walked:
        chart = replace(chart, walked=_times_walked(found.book))
    kind = format_ or (_ENDINGS.get(output.suffix.lower(), "text") if output else "text")
    drawn = _draw(chart, kind)
    if output is None:
        _print(drawn, kind, found.book.id)
        return
    _write(output, drawn, path)


def _watch(runbook: str, folder: Path, port: int, *, browse: bool) -> None:
    """In a browser, beside the editor. What is watched is the folder where the file lies."""
    from bot.cli.showing import show_live

    def draw() -> str:
        found = find_runbook(runbook, folder)
        return _draw(draw_chart(found.book, found.assets, found.owner), "html").decode()

    path = Path(runbook)
    show_live(draw, runbook, path.parent if path.is_file() else folder, port, browse=browse)


def _show_failures(book: Runbook) -> None:
    house = click.get_current_context().obj
    walked, left = None, None
    if house is not None:
        with suppress(CannotServe, SQLAlchemyError):  # the files say the rest without a record
            walked, left = walked_exits(house.journal(), book.id)
    for line in failure_lines(book, walked, left):
        click.echo(printable(line))


def _times_walked(book: Runbook) -> dict[tuple[str, str], int]:
    house = click.get_current_context().obj
    walks = read_walks(house.journal(), house.now() - COUNTED, book.id)
    return {(one.step, one.exit): one.walked for one in exits_walked(book, walks)}


def _asset_chart(name: str, folder: Path) -> AssetChart | None:
    """The chart of an asset of the folder; None when none has this id, or a runbook has it too."""
    if not _SLUG.fullmatch(name) or Path(name).is_file() or not folder.is_dir():
        return None
    registry = load_shelf(folder)
    asset = registry.catalogue.assets.get(name)
    if asset is None or name in registry.runbooks:
        return None
    return AssetChart(asset, registry.catalogue, registry.runbooks)


def _show_asset(chart: AssetChart, format_: str | None, output: Path | None) -> None:
    kind = format_ or (_ENDINGS.get(output.suffix.lower(), "text") if output else "text")
    if kind not in ("text", "mermaid"):
        raise Failure("An asset is shown as text or Mermaid: --format mermaid")
    drawn = printable(outline_asset(chart)) if kind == "text" else mermaid_asset(chart)
    if output is None:
        write_out(drawn)
    else:
        _write(output, drawn.encode())


def _write(output: Path, drawn: bytes, shown: str | None = None) -> None:
    try:
        output.write_bytes(drawn)
    except OSError as wrong:
        raise Failure(f"{output} cannot be written: {wrong.strerror or wrong}.") from None
    nexts = f" Next: handrail check {shown}" if shown is not None else ""
    click.echo(f"Written: {output}.{nexts}", err=True)


def _draw(chart: Chart, kind: str) -> bytes:
    """The chart in a format; each format is loaded when it is asked for."""
    match kind:
        case "text":
            from bot.render.chart.text import outline

            return printable(outline(chart)).encode()
        case "mermaid":
            from bot.render.chart.mermaid import mermaid

            return mermaid(chart).encode()
        case "svg":
            from bot.render.chart.picture.svg import draw_svg

            return draw_svg(chart).encode()
        case "html":
            from bot.render.chart.page import draw_page

            return draw_page(chart).encode()
        case _:
            from bot.render.chart.png import draw_png

            return draw_png(chart)


def _print(drawn: bytes, kind: str, runbook: str) -> None:
    if kind == "png" and sys.stdout.isatty():
        raise Failure(f"A picture is nothing for a terminal. Write it to a file: --output {runbook}.png")
    click.echo(drawn, nl=False)
    if kind == "text" and sys.stdout.isatty():
        click.echo(f"\nNext, to look at it in a browser: handrail show {runbook} --output {runbook}.html", err=True)
