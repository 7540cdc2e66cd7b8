"""Takes changed runbooks in without a restart."""

import threading
from pathlib import Path

import structlog

from bot.library.problems import Problem
from bot.library.shelf import Shelf

EVERY = 2.0
"""Seconds between two looks at the folder: one `stat` for each file."""

log = structlog.get_logger(__name__)

Marks = frozenset[tuple[str, int, int]]


def watch_shelf(shelf: Shelf, stopping: threading.Event) -> None:
    """Reload the shelf when a file of its folder changed, until `stopping`. A bad file is logged, and its last good
    version keeps serving.
    """  # noqa: D205 (one sentence too long for a line)
    seen = marks_of(shelf.path)
    while not stopping.wait(EVERY):
        found = marks_of(shelf.path)
        if found != seen:
            seen = found
            shelf.reload()
            log.info("runbooks read again", runbooks=len(shelf.runbooks), problems=len(shelf.problems))
            log_problems(shelf.problems)


def marks_of(folder: Path) -> Marks:
    """Name, time and size of each YAML file; a file that goes while we look is left out."""
    marks = set()
    for path in [*folder.rglob("*.yaml"), *folder.rglob("*.yml")]:
        try:
            status = path.stat()
        except OSError:
            continue
        marks.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(marks)


def log_problems(problems: tuple[Problem, ...]) -> None:
    """One line for each file that is not as it should be."""
    for problem in problems:
        write = log.error if problem.severity == "error" else log.warning
        write(
            "a problem in the runbooks",
            place=f"{problem.file}:{problem.line}:{problem.column}",
            rule=problem.rule,
            problem=problem.message,
            write=problem.hint,
        )
