"""The printable copy on disk: written beside the old one, then put in its place as a whole."""

import ctypes
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import structlog

from bot.library.registry import Registry
from bot.render.pack.pages import Shelved, draw_pack

MARK = "handrail-pack.txt"
"""Stands in each folder that was written here: only such a folder is replaced."""
LOOKS_EVERY = 2.0
"""Seconds between two looks at whether the registry changed."""
_EXCHANGE, _HERE = 2, -100
"""`RENAME_EXCHANGE` and `AT_FDCWD` of Linux's renameat2(2)."""

log = structlog.get_logger(__name__)


class CannotPack(Exception):
    """The folder is not one to write to; the sentence says why."""


def write_pack(registry: Registry, folder: Path, at: datetime) -> int:
    """Write everything into a folder, in place of what was printed before; how many pages. CannotPack, OSError.

    Whoever reads the folder meanwhile finds the old pages or the new ones, never half of them.
    """
    folder = folder.absolute()
    _require_ours(folder)
    digests = {name: kept.digest for name in registry.runbooks if (kept := registry.kept(name)) is not None}
    pages = draw_pack(Shelved(registry.catalogue, registry.runbooks, digests), at)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _write_all(fresh, pages | {MARK: f"A printable copy of Handrail's runbooks, as of {at:%Y-%m-%d %H:%M} UTC.\n"})
    _put_in_place(fresh, folder)
    return sum(name.endswith(".html") for name in pages)


def keep_pack(
    registry: Registry, folder: Path, now: Callable[[], datetime], stopping: threading.Event, every: float = LOOKS_EVERY
) -> None:
    """Write the copy anew whenever the registry has changed, until `stopping`. A failure is logged, and tried again."""
    seen: object = None
    while not stopping.is_set():
        catalogue = registry.catalogue  # read anew, it is another object: files were read again
        if catalogue is not seen:
            try:
                pages = write_pack(registry, folder, now())
            except (CannotPack, OSError) as failure:
                log.warning("the printable copy was not written", folder=str(folder), failure=str(failure))
            else:
                log.info("printable copy written", folder=str(folder), pages=pages)
                seen = catalogue
        stopping.wait(every)


def _require_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CannotPack(f"{folder} is no folder. Name one that may be replaced.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise CannotPack(f"{folder} holds other things, and a pack replaces its whole folder. Name a new one.")


def _write_all(folder: Path, pages: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in pages.items():
        with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _put_in_place(fresh: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if not folder.exists():
        fresh.rename(folder)
        return
    if _exchange(fresh, folder):
        shutil.rmtree(fresh, ignore_errors=True)
        return
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system or the file system has no such step."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
