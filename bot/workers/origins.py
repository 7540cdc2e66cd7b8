"""Where a file comes from: the commit that it was last changed in, and its author, when Git keeps the folder."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import structlog

SECONDS = 5
"""How long Git may take for one answer."""
_CALM = (
    "--literal-pathspecs", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "log.showSignature=false",
)  # fmt: skip
"""A name is a name, nothing is written, and nothing that the repository names is started."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Origin:
    """A commit in hexadecimal, with ``-dirty`` behind it when the file has changes since; and who wrote it."""

    commit: str | None = None
    author: str | None = None


def origin_of(folder: Path, file: str) -> Origin:
    """The origin of a file of a folder; empty without Git, without a work tree, or for a file that it does not keep."""
    told = _ask(folder, "log", "-1", "--format=%H%x00%an", "--", file)
    commit, _, author = (told or "").strip().partition("\0")
    if not commit:
        return Origin()
    changed = _ask(folder, "status", "--porcelain", "--untracked-files=no", "--", file)
    return Origin(f"{commit}-dirty" if changed else commit, author)


def _ask(folder: Path, *words: str) -> str | None:
    """What Git answers; None when there is no answer."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603  (fixed words, and a name after `--`)
            ["git", *_CALM, "-C", str(folder), *words],  # noqa: S607  (wherever this machine has it)
            capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
            env=own | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as failure:
        log.debug("git gave no answer", failure=str(failure))
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
