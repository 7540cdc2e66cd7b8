"""Takes changed runbooks in without a restart."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from watchfiles import Change, watch

from bot.library.problems import Problem
from bot.library.registry import Registry

LOOK_EVERY = 5.0
"""Seconds between two looks at the folder where nothing was announced: network file systems announce nothing."""
QUIET = 1.0
"""Seconds without a further change after which a batch of changes is taken for whole."""
_LONGEST_BATCH = 2.0
_YAML = (".yaml", ".yml")

log = structlog.get_logger(__name__)

Marks = frozenset[tuple[str, int, int, int]]


def reload_registry(
    registry: Registry, stopping: threading.Event, changed: Callable[[], None] = lambda: None, every: float = LOOK_EVERY
) -> None:
    """Reload the registry when a file of its folder changed, until `stopping`; then, and every while, call `changed`.

    A bad file is logged, and its last good version keeps serving.
    """
    seen = marks_of(registry.path)
    changed()
    for announced in _stirrings(registry.path, stopping, every):
        found = marks_of(registry.path)
        if announced or found != seen:
            seen = found
            before = registry.problems
            registry.reload()
            log.info("runbooks read again", runbooks=len(registry.runbooks), problems=len(registry.problems))
            log_problems(tuple(one for one in registry.problems if one not in before))
        changed()


def _stirrings(folder: Path, stopping: threading.Event, every: float) -> Iterator[bool]:
    """True when the system announces changes, False after every while; ends with `stopping`.

    A folder that cannot be watched, or that goes away, is only looked at every while.
    """
    while not stopping.is_set():
        try:
            announced = watch(
                folder, watch_filter=_is_yaml, debounce=int(_LONGEST_BATCH * 1000), step=int(QUIET * 1000),
                stop_event=stopping, rust_timeout=int(every * 1000), yield_on_timeout=True, raise_interrupt=False,
            )  # fmt: skip
            for changes in announced:
                yield bool(changes)
                if not folder.is_dir():
                    break
        except OSError as failure:
            log.warning("the folder of runbooks cannot be watched", folder=str(folder), failure=str(failure))
        stopping.wait(every)
        yield False


def _is_yaml(_change: Change, path: str) -> bool:
    return path.endswith(_YAML)


def marks_of(folder: Path) -> Marks:
    """Name, time, size and number of each YAML file; a file that goes while we look is left out."""
    marks = set()
    for path in [*folder.rglob("*.yaml"), *folder.rglob("*.yml")]:
        try:
            status = path.stat()
        except OSError:
            continue
        marks.add((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
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
