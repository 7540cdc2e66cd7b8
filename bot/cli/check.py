"""`handrail check`: what is wrong in a folder of runbooks, for people and for machines."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from bot.cli.reports import WRITERS
from bot.library.check import Report, check_folder
from bot.library.memory import Memory
from bot.settings import cache_folder


@click.command("check")
@click.argument("path", type=click.Path(path_type=Path), default=Path("runbooks"), envvar="HANDRAIL_RUNBOOKS")
@click.option(
    "--format", "format_", type=click.Choice(list(WRITERS)), default="text", show_default=True,
    help="For people, for machines, or as annotations of a GitHub workflow.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--no-cache", is_flag=True, help="Read every file again, and remember nothing.")
@click.option("--rules", is_flag=True, help="Print every rule with its reason, as Markdown, and stop.")
def check(path: Path, format_: str, *, strict: bool, no_cache: bool, rules: bool) -> None:
    """Look for mistakes in PATH, a folder of runbooks or one file (default: runbooks).

    Exits with 0 when all is sound (warnings do not count without --strict), 1 when there are errors, 2 when it could
    not look. A warning is silenced on one step, with the reason: # handrail: allow H4 because …
    """
    if rules:
        from bot.cli.rules_page import page_of_rules

        click.echo(page_of_rules(), nl=False)
        return
    try:
        report = _look(path, remember=not no_cache)
    except OSError as wrong:
        _could_not(f"{path} cannot be read: {wrong.strerror or str(wrong).rstrip('.')}.")
    if not report.files:
        _could_not(f"There is no YAML file in {path}.")
    failed = bool(report.errors or (strict and report.warnings))
    click.echo(WRITERS[format_](report, path, failed=failed))
    sys.exit(1 if failed else 0)


def _look(path: Path, *, remember: bool) -> Report:
    """Check a folder, with what an earlier look has found where that still holds."""
    below = cache_folder(os.environ) if remember and path.is_dir() else None
    if below is None:
        return check_folder(path)
    memory = Memory(below, path)
    report = check_folder(path, memory.recall())
    memory.keep(report.leaves)
    return report


def _could_not(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    click.echo("Next: handrail check FOLDER, with the folder that holds your YAML files.", err=True)
    sys.exit(2)
