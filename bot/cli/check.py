"""`handrail check`: what is wrong in a folder of runbooks, for people and for machines."""

import json
import sys
from itertools import groupby
from pathlib import Path

import click

from bot.library.check import Report, check_folder
from bot.library.problems import Problem


@click.command("check")
@click.argument("path", type=click.Path(path_type=Path), default=Path("runbooks"), envvar="HANDRAIL_RUNBOOKS")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="For people or machines."
)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def check(path: Path, format_: str, strict: bool) -> None:  # noqa: FBT001  (click hands a flag over by its name)
    """Look for mistakes in PATH, a folder of runbooks or one file (default: runbooks).

    Exits with 0 when all is sound (warnings do not count without --strict), 1 when there are errors, 2 when it could
    not look.
    """
    try:
        report = check_folder(path)
    except OSError as wrong:
        click.echo(f"{path} cannot be read: {wrong.strerror or str(wrong).rstrip('.')}.", err=True)
        click.echo("Next: handrail check FOLDER, with the folder that holds your YAML files.", err=True)
        sys.exit(2)
    if not report.files:
        click.echo(f"There is no YAML file in {path}.", err=True)
        click.echo("Next: handrail check FOLDER, with the folder that holds your YAML files.", err=True)
        sys.exit(2)
    failed = bool(report.errors or (strict and report.warnings))
    click.echo(_as_json(report, failed=failed) if format_ == "json" else _as_text(report, failed=failed))
    sys.exit(1 if failed else 0)


def _as_json(report: Report, *, failed: bool) -> str:
    told = {
        "sound": not failed,
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "problems": [one.as_dict() for one in report.problems],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def _as_text(report: Report, *, failed: bool) -> str:
    files = [_of_file(name, list(found)) for name, found in groupby(report.problems, key=lambda one: one.file)]
    return "\n\n".join([*files, _summary(report, failed=failed)])


def _of_file(name: str, problems: list[Problem]) -> str:
    lines = [click.style(name, bold=True)]
    for one in problems:
        color = "red" if one.severity == "error" else "yellow"
        severity = click.style(f"{one.severity:7} {one.rule:3}", fg=color)
        lines.append(f"{one.place}  {severity}  {one.message}")
        if one.hint:
            lines.append(f"    write: {one.hint}")
    return "\n".join(lines)


def _summary(report: Report, *, failed: bool) -> str:
    counts = (
        f"{_count(report.errors, 'error')}, {_count(report.warnings, 'warning')} in {_count(report.files, 'file')}."
    )
    if failed:
        return f"{counts} Next: put these right and run handrail check again; files with errors are not loaded."
    return f"{counts} Next: handrail try"


def _count(number: int, called: str) -> str:
    return f"{number} {called}" if number == 1 else f"{number} {called}s"
