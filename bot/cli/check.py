"""`handrail check`: what is wrong in a folder of runbooks, for people and for machines."""

import os
import sys
import time
from difflib import unified_diff
from pathlib import Path
from typing import NoReturn

import click

from bot.cli.reports import WRITERS
from bot.library.check import CheckReport, check_folder, read_folder
from bot.library.check.leaf import Leaf
from bot.library.memory import Memory
from bot.library.parse import Unreadable
from bot.settings import cache_folder


@click.command("check")
@click.argument("path", type=click.Path(path_type=Path), default=Path("runbooks"), envvar="HANDRAIL_RUNBOOKS")
@click.option(
    "--format", "format_", type=click.Choice(list(WRITERS)), default="text", show_default=True,
    help="For people, for machines, or as annotations of a GitHub workflow.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option(
    "--for", "for_", type=click.Choice(["active"]),
    help="Look at drafts as if they were active: what each lacks before it may go live.",
)  # fmt: skip
@click.option(
    "--hands", "hands", type=click.Path(path_type=Path, dir_okay=False), multiple=True, envvar="HANDRAIL_HANDS",
    help="Also say what the hands of this file (hands.yaml) would not execute; once for each of your hands.",
)  # fmt: skip
@click.option("--watch", is_flag=True, help="Look again whenever a file is saved, until Ctrl-C.")
@click.option("--write-ids", is_flag=True, help="Put the ids in that drafts leave out, and show what changed.")
@click.option("--fix", is_flag=True, help="Do what the advice says where that is mechanical, and show what changed.")
@click.option("--no-cache", is_flag=True, help="Read every file again, and remember nothing.")
@click.option("--rules", is_flag=True, help="Print every rule with its reason, as Markdown, and stop.")
def check(  # noqa: PLR0913  (one option each)
    path: Path, format_: str, for_: str | None, hands: tuple[Path, ...], *, strict: bool, no_cache: bool, rules: bool,
    write_ids: bool, fix: bool, watch: bool,
) -> None:  # fmt: skip
    """Look for mistakes in PATH, a folder of runbooks or one file (default: runbooks).

    Exits with 0 when all is sound (warnings do not count without --strict), 1 when there are errors, 2 when it could
    not look. A warning is silenced on one step, with the reason: # handrail: allow H4 because …
    """
    if rules:
        from bot.cli.rules_page import page_of_rules

        click.echo(page_of_rules(), nl=False)
        return
    try:
        if write_ids or fix:
            _mend(path, write_ids=write_ids, fix=fix)
        if watch:
            sys.exit(_watch(path, format_, hands, live=bool(for_), strict=strict))
        whole = bool(hands)
        report = check_folder(path, live=True) if for_ else _look(path, remember=not no_cache, whole=whole)
        report = _held_to(report, hands) if hands else report
    except OSError as wrong:
        _could_not(f"{path} cannot be read: {wrong.strerror or str(wrong).rstrip('.')}.")
    if not report.files:
        _could_not(f"There is no YAML file in {path}.")
    failed = _fails(report, strict=strict)
    click.echo(WRITERS[format_](report, path, failed=failed))
    sys.exit(1 if failed else 0)


def _fails(report: CheckReport, *, strict: bool) -> bool:
    return bool(report.errors or (strict and report.warnings))


def _watch(path: Path, format_: str, hands: tuple[Path, ...], *, live: bool, strict: bool) -> int:
    """Look at once, and again after each change, until Ctrl-C; the exit code of the last look."""
    from bot.cli.watching import changes

    failed, leaves = False, dict[str, Leaf]()
    try:
        for _ in changes(path.parent if path.is_file() else path):
            began = time.perf_counter()
            if sys.stdout.isatty():
                click.clear()
            try:
                report = check_folder(path, leaves, live=live, whole=bool(hands))
            except OSError as wrong:  # an editor may be putting a new file in the place of the old one
                click.echo(
                    f"{path} cannot be read: {wrong.strerror or wrong}. Looking again once it changes.", err=True
                )
                continue
            leaves = dict(report.leaves)
            report = _held_to(report, hands) if hands else report
            failed = _fails(report, strict=strict)  # before it is said: whoever reads it may end us at once
            click.echo(WRITERS[format_](report, path, failed=failed))
            click.echo(
                f"{(time.perf_counter() - began) * 1000:.0f} ms. Save a file to look again; Ctrl-C ends.", err=True
            )
            sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    return 1 if failed else 0


def _held_to(report: CheckReport, files: tuple[Path, ...]) -> CheckReport:
    """The report with what these hands would not execute; what is wrong with their files is said first."""
    from bot.library.check.permitted import held_to
    from bot.library.hands import read_hands

    found = []
    for file in files:
        try:
            found.append(read_hands(file))
        except OSError as wrong:
            _could_not(f"{file} cannot be read: {wrong.strerror}.")
        except Unreadable as wrong:
            lines = "\n".join(f"  {one.place} {one.message} {one.hint}".rstrip() for one in wrong.problems)
            _could_not(f"{file} has problems, so no hands execute anything:\n{lines}")
    return held_to(report, found)


def _look(path: Path, *, remember: bool, whole: bool) -> CheckReport:
    """Check a folder, with what an earlier look has found where that still holds."""
    below = cache_folder(os.environ) if remember and path.is_dir() else None
    if below is None:
        return check_folder(path)
    memory = Memory(below, path)
    report = check_folder(path, memory.recall(), whole=whole)
    memory.keep(report.leaves)
    return report


def _mend(path: Path, *, write_ids: bool, fix: bool) -> None:
    """Write ids and do what is mechanical, file by file; each change is shown as a diff."""
    from bot.library.mending import fix_file, give_ids

    folder = path if path.is_dir() else path.parent
    texts = dict(read_folder(folder))
    for name in [path.name] if path.is_file() else sorted(texts):
        before = text = texts[name].decode("utf-8", "surrogateescape")
        text = give_ids(text) if write_ids else text
        text = fix_file(name, text, texts) if fix else text
        if text != before:
            (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
            lines = unified_diff(before.splitlines(), text.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
            click.echo("\n".join(lines))


def _could_not(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    click.echo("Next: handrail check FOLDER, with the folder that holds your YAML files.", err=True)
    sys.exit(2)
