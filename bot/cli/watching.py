"""Waits for files of runbooks to change on disk, for commands that go on while somebody writes."""

import time
from collections.abc import Iterator
from pathlib import Path

EVERY = 0.02
"""Seconds between two looks. A folder of some hundred files is looked over in a millisecond or two."""
_SUFFIXES = (".yaml", ".yml")
Seen = dict[str, tuple[int, int, int]]


def look_over(folder: Path) -> Seen:
    """What tells whether anything below a folder was written: each YAML file with its time, size and place on disk.

    Editors write a file anew under its name, or into it; a file that goes while it is looked at is not there.
    """
    found: Seen = {}
    for file in folder.rglob("*"):
        if file.suffix not in _SUFFIXES:
            continue
        try:
            held = file.stat()
        except OSError:
            continue
        found[str(file)] = (held.st_mtime_ns, held.st_size, held.st_ino)
    return found


def changes(folder: Path, every: float = EVERY) -> Iterator[None]:
    """Once at the start, then after each change, for ever; whoever takes long misses none that came meanwhile."""
    seen = look_over(folder)
    yield
    while True:
        time.sleep(every)
        now = look_over(folder)
        if now == seen:
            continue
        while now != seen:  # an editor empties a file before it fills it: wait until two looks agree
            seen = now
            time.sleep(every)
            now = look_over(folder)
        yield
