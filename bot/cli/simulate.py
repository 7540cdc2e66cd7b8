"""`handrail simulate`: a runbook walked in every way, without people and without touching anything."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from bot.cli.failures import Failure
from bot.cli.rehearsed import as_text
from bot.cli.sources import find_runbook, refusals_of, say_errors
from bot.format.catalogue import Asset
from bot.format.runbook import Runbook, Signoff
from bot.format.text import TextProblem
from bot.library.problems import Problem
from bot.rehearsal.cards import read_cards
from bot.rehearsal.report import Rehearsal, report_of
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import MOST_PATHS, Walked, rehearse
from bot.run.commands import Refused
from bot.run.situation import AssetAsItWas


@click.command("simulate")
@click.argument("runbook")
@click.option("--cards", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Draw every card there.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or machines."
)
@click.option("--brief", is_flag=True, help="Without the words of the cards.")
@click.option(
    "--paths", type=click.IntRange(1, 100_000), default=MOST_PATHS, show_default=True, help="How many paths are walked."
)
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("runbooks"),
    envvar="HANDRAIL_RUNBOOKS", show_default=True, help="Where ids are looked up, and the asset whose facts are used.",
)  # fmt: skip
def simulate(runbook: str, cards: Path | None, format_: str, folder: Path, *, brief: bool, paths: int) -> None:
    """Walk RUNBOOK, an id or the path of a file, in every way that it can go.

    Nothing is run and nobody is asked: the answers are those that each path needs. "Every way" means every exit of
    every step at least once, and every path that passes no step twice, up to --paths of them. A path that comes back
    to a step is walked up to there.

    Exits with 0 when every answer can be given and every step is reached, 1 when not or when `handrail check` refuses
    the file, 2 when it could not be walked.
    """
    found = find_runbook(runbook, folder)
    refused = refusals_of(found, folder)
    asset = next((one for one in found.assets if found.book.id in one.runbooks), None)
    try:
        walked = rehearse(found.book, _as_it_was(asset) if asset else sample_asset(found.book), paths)
        report = report_of(walked)
        told = _tell(walked, report, asset, format_, brief=brief, refused=refused)
    except Refused as problem:
        raise Failure(_say_stuck(found.book.id, problem.sentence, refused)) from None
    except TextProblem as wrong:
        raise Failure(_say_stuck(found.book.id, f"A text in it cannot be filled: {wrong}.", refused)) from None
    drawn = _draw(walked, cards) if cards else ""
    click.echo(told)
    if format_ == "text":
        click.echo(drawn, nl=bool(drawn))
        click.echo(_say_refused(refused) if refused else _next(found.book, report, asset))
    sys.exit(0 if report.sound and not refused else 1)


def _say_stuck(runbook: str, why: str, errors: list[Problem]) -> str:
    told = f"\nhandrail check refuses the file:\n{say_errors(errors)}" if errors else ""
    return f"{runbook} cannot be walked. {why}{told}"


def _say_refused(errors: list[Problem]) -> str:
    return (
        "Nobody can walk it as it stands: handrail check refuses the file.\n"
        f"{say_errors(errors)}\nNext: put these right, then simulate again."
    )


def _tell(
    walked: Walked, report: Rehearsal, asset: Asset | None, format_: str, *, brief: bool, refused: list[Problem]
) -> str:  # fmt: skip
    if format_ == "json":
        told = {"refused": [one.as_dict() for one in refused]} | _as_json(walked, report, asset, brief=brief)
        return json.dumps(told | {"sound": report.sound and not refused}, indent=2, ensure_ascii=False)
    return as_text(walked, report, asset, brief=brief)


def _as_it_was(asset: Asset) -> AssetAsItWas:
    rpo, rto = (int(span.total_seconds()) if span else None for span in (asset.rpo, asset.rto))
    return AssetAsItWas(asset.id, asset.name, asset.tier, asset.type, asset.owner, asset.facts, rpo, rto)


def _draw(walked: Walked, folder: Path) -> str:
    from bot.cli.pictures import draw_cards

    return draw_cards(walked, folder)


def _as_json(walked: Walked, report: Rehearsal, asset: Asset | None, *, brief: bool) -> dict[str, object]:
    dead = [{"step": step, "exit": exit_, "why": why} for (step, exit_), why in report.dead]
    told = asdict(report) | {"dead": dead, "paths": report.paths, "sound": report.sound}
    cards = {} if brief else {"cards": [asdict(card) | {"lines": [list(one) for one in card.lines]} for card in
                                        read_cards(walked)]}  # fmt: skip
    return {"runbook": walked.book.id, "asset": asset.id if asset else None} | told | cards


def _next(book: Runbook, report: Rehearsal, asset: Asset | None) -> str:
    if not report.sound:
        return "Next: give each dead answer a way to be given, or take it out; then handrail check."
    signed = any(isinstance(step, Signoff) for step in book.steps)
    if asset is None:
        walk = "handrail try" if signed else "handrail walk --drill"
        return f"Next: put {book.id} under `runbooks:` of an asset, then walk it as a drill: {walk}"
    walk = "handrail try" if signed else f"handrail walk {asset.id} --drill"
    return f"Next: look at it as a chart, handrail show {book.id}; then walk it: {walk}"
