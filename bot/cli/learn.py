"""`handrail learn`: what a year of walks teaches of runbooks, and the times that it proposes for their files."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches, unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.format.pieces import write_duration
from bot.format.printable import printable
from bot.learning.findings import alike
from bot.learning.learnt import Learnt
from bot.learning.learnt import learn as learn_of
from bot.learning.walks import RunWalk
from bot.library.check import check_files, read_folder
from bot.library.mending import set_keys, step_lines
from bot.readiness.objectives import COUNTED
from bot.render.learning import VERSION, alike_lines, learnt_data, learnt_lines, too_few

if TYPE_CHECKING:
    from bot.library.registry import Registry
    from bot.wiring.house import House


@click.command("learn")
@click.argument("runbook", required=False)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
@click.option("--write", is_flag=True, help="Write the proposed times into the files, and show what changed.")
@click.pass_obj
def learn(house: "House", runbook: str | None, format_: str, *, write: bool) -> None:
    """Say what the runs and drills of a year teach of RUNBOOK, or of each that was walked.

    How long steps and phases take, which exits were walked and which never, where people strayed, and the times that
    should stand in the file, as a diff. Nothing is changed without --write; review it in Git like any change.
    """
    from bot.engine.learning import read_walks

    registry = house.registry()
    if runbook is not None and runbook not in registry.runbooks:
        near = ", ".join(get_close_matches(runbook, registry.runbooks, 3))
        raise Failure(f"There is no runbook {printable(runbook)}.{f' Is it one of these: {near}?' if near else ''}")
    walks: dict[str, list[RunWalk]] = {} if runbook is None else {runbook: []}
    for walk in read_walks(house.journal(), house.now() - COUNTED, runbook):
        walks.setdefault(walk.runbook, []).append(walk)
    learnt = [learn_of(book, walks[id_]) for id_, book in registry.runbooks.items() if id_ in walks]
    if format_ == "json":
        data = {"version": VERSION, "runbooks": [learnt_data(one) for one in learnt]}
        write_out(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    else:
        for line in _lines(registry, learnt, whole=runbook is None, walked=bool(walks)):
            click.echo(printable(line))
        for id_ in sorted(walks.keys() - registry.runbooks.keys()):
            click.echo(printable(f"! {id_} was walked, and no sound file holds it now. Next: handrail check"))
    changed = _changed(registry, learnt)
    if format_ != "json":
        _tell(changed, None if write else f"handrail learn {runbook or ''} --write".replace("  ", " "))
    if write:
        _write(registry.path, changed)


def _lines(registry: "Registry", learnt: list[Learnt], *, whole: bool, walked: bool) -> Iterator[str]:
    if not learnt and not walked:
        yield "No runbook was walked in a year. Begin: handrail walk ASSET --drill"
    for one in learnt:
        yield from learnt_lines(one, _places(registry, one))
        few = too_few(one)
        yield from [f"  {few}"] if few else []
        yield ""
    if whole:
        yield from alike_lines(alike(registry.runbooks))


def _places(registry: "Registry", learnt: Learnt) -> Mapping[str, str]:
    """Step -> ``file:line``; empty where the file is not as it served."""
    kept = registry.kept(learnt.book.id)
    try:
        lines = {} if kept is None else step_lines((registry.path / kept.file).read_text("utf-8"), learnt.book.id)
    except (OSError, ValueError):
        return {}
    return {step: f"{kept.file}:{line}" for step, line in lines.items()} if kept is not None else {}


def _changed(registry: "Registry", learnt: list[Learnt]) -> dict[str, tuple[str, str]]:
    """File -> its text as it is, and with the proposed times; one that is unsound with them is said, and left out."""
    files = dict(read_folder(registry.path))
    found: dict[str, tuple[str, str]] = {}
    for one in learnt:
        kept = registry.kept(one.book.id)
        if kept is None or kept.file not in files or not one.proposed:
            continue
        before, now = found.get(kept.file, (files[kept.file].decode("utf-8", "surrogateescape"),) * 2)
        wanted = [(change.step, change.key, write_duration(change.proposed)) for change in one.proposed]
        found[kept.file] = before, set_keys(now, one.book.id, wanted)
    unsound = {file for file, (_, now) in found.items() if _breaks(files, file, now)}
    for file in sorted(unsound):
        click.echo(
            printable(f"! {file} would have errors with the times that are proposed: none is written."), err=True
        )
    return {file: pair for file, pair in found.items() if file not in unsound and pair[0] != pair[1]}


def _breaks(files: Mapping[str, bytes], file: str, text: str) -> bool:
    """Whether the file would have errors with what is proposed."""
    told = check_files({**files, file: text.encode("utf-8", "surrogateescape")}.items()).problems
    return any(one.file == file and one.severity == "error" for one in told)


def _tell(changed: Mapping[str, tuple[str, str]], command: str | None) -> None:
    for file, (before, now) in changed.items():
        lines = unified_diff(before.splitlines(), now.splitlines(), f"a/{file}", f"b/{file}", lineterm="")
        click.echo(printable("\n".join(lines)))
    if changed and command is not None:
        click.echo(f"\nNext, to write it into the files: {command}", err=True)


def _write(folder: Path, changed: Mapping[str, tuple[str, str]]) -> None:
    for file, (_, now) in changed.items():
        path = folder / file
        try:
            path.write_bytes(now.encode("utf-8", "surrogateescape"))
        except OSError as wrong:
            raise Failure(f"{path} cannot be written: {wrong.strerror or wrong}.") from None
        click.echo(f"Written: {path}. Next: git diff, and handrail check {path}", err=True)
