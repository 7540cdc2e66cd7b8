"""What `handrail check` has found, written for a person, for a program, and for a GitHub workflow."""

import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Protocol

import click

from bot.library.check import CheckReport
from bot.library.check.silence import Silenced
from bot.library.problems import Problem


class Writer(Protocol):
    """Writes a report; `path` is what was looked at, and `failed` whether it counts as a failure."""

    def __call__(self, report: CheckReport, path: Path, *, failed: bool) -> str:
        """The report as text."""


def as_text(report: CheckReport, path: Path, *, failed: bool) -> str:  # noqa: ARG001  (one shape for every writer)
    """For a person: by file, each problem with what to write, then what is silenced, then what to do next."""
    files = [_of_file(name, list(found)) for name, found in groupby(report.problems, key=lambda one: one.file)]
    silenced = ["\n".join([click.style("silenced", bold=True), *map(_of_silenced, report.silenced)])]
    return "\n\n".join([*files, *(silenced if report.silenced else ()), _summary(report, failed=failed)])


def as_json(report: CheckReport, path: Path, *, failed: bool) -> str:  # noqa: ARG001  (as above)
    """For a program; docs/authors.md describes the shape, which only grows."""
    told = {
        "sound": not failed,
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "problems": [one.as_dict() for one in report.problems],
        "silenced": [one.problem.as_dict() | {"step": one.step, "reason": one.reason} for one in report.silenced],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def as_annotations(report: CheckReport, path: Path, *, failed: bool) -> str:
    """For a GitHub workflow: one command for each problem, which GitHub shows beside its line; then a summary."""
    folder = path if path.is_dir() else path.parent
    lines = [_annotation(one.severity, one, folder, _told(one)) for one in report.problems]
    lines += [_annotation("notice", one.problem, folder, f"Silenced: {one.reason}") for one in report.silenced]
    return "\n".join([*lines, _summary(report, failed=failed)])


WRITERS: Mapping[str, Writer] = {"text": as_text, "json": as_json, "github": as_annotations}
"""Name of a format -> what writes it."""


def _told(problem: Problem) -> str:
    return f"{problem.message}\nwrite: {problem.hint}" if problem.hint else problem.message


def _annotation(level: str, problem: Problem, folder: Path, words: str) -> str:
    """A workflow command. What an author wrote can end neither the command nor one of its properties."""
    file = folder / problem.file
    if file.is_absolute() and file.is_relative_to(Path.cwd()):
        file = file.relative_to(Path.cwd())
    where = {"file": file.as_posix(), "line": problem.line, "col": problem.column, "title": f"handrail {problem.rule}"}
    said = ",".join(f"{name}={_escaped(str(value), property_=True)}" for name, value in where.items())
    return f"::{level} {said}::{_escaped(words)}"


def _escaped(text: str, *, property_: bool = False) -> str:
    """As GitHub's own toolkit escapes what goes into a workflow command."""
    said = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return said.replace(":", "%3A").replace(",", "%2C") if property_ else said


def _of_file(name: str, problems: list[Problem]) -> str:
    lines = [click.style(name, bold=True)]
    for one in problems:
        color = "red" if one.severity == "error" else "yellow"
        severity = click.style(f"{one.severity:7} {one.rule:3}", fg=color)
        lines.append(f"{one.place}  {severity}  {one.message}")
        if one.hint:
            lines.append(f"    write: {one.hint}")
    return "\n".join(lines)


def _of_silenced(one: Silenced) -> str:
    return f"{one.problem.place}  {one.problem.rule} at “{one.step}”: {one.problem.message}\n    because: {one.reason}"


def _summary(report: CheckReport, *, failed: bool) -> str:
    found = f"{_count(report.errors, 'error')}, {_count(report.warnings, 'warning')}"
    silenced = f", {len(report.silenced)} silenced" if report.silenced else ""
    counts = f"{found}{silenced} in {_count(report.files, 'file')}."
    if failed and report.live:
        return f"{counts} Next: put these right before `status: active`, and ask again with --for active."
    if failed:
        return f"{counts} Next: put these right and run handrail check again; files with errors are not loaded."
    if report.live:
        return f"{counts} Nothing stands in the way. Next: status: active"
    if report.warnings:
        return f"{counts} Next: read the warnings; the files are loaded all the same."
    return f"{counts} Next: handrail try"


def _count(number: int, called: str) -> str:
    return f"{number} {called}" if number == 1 else f"{number} {called}s"
