"""What an earlier look at a folder has found, kept in a file, so that the next look reads only what changed.

It can only save work: what is remembered holds for the very bytes of a file, for the very rules of this version, and
for the answers that the other files gave. A memory that is damaged, of another version or not writable is none; nor is
one that somebody else owns or may write, since what it calls sound is served unseen.
"""

import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

import pydantic
import yaml
from pydantic_core import from_json, to_json

from bot.library.check.leaf import Leaf, as_plain, from_plain

_ROOMS = ("library", "format", "run")
"""Rooms whose code decides what is found."""
_OF_THE_MACHINE = frozenset({"C4"})
"""Rules that also lean on this machine, on its time zones: what they have found is found anew each time."""
_LONGEST = 64 * 1024 * 1024
"""Bytes of a memory; no folder that people can oversee comes near it."""
_FOLDERS = 20
"""How many folders are remembered; of more, those that were looked at last."""


class Memory:
    """The memory of one folder of runbooks, below a folder of the user."""

    def __init__(self, below: Path, folder: Path) -> None:
        """Take where memories are kept, and the folder of runbooks that this one is about."""
        of = blake2b(str(folder.absolute()).encode(errors="surrogateescape"), digest_size=12).hexdigest()
        self._file = below / f"check-{of}.json"
        self._held: dict[str, Leaf] = {}

    def recall(self) -> dict[str, Leaf]:
        """What is known of each file; nothing when the memory cannot be read or was not made by these rules."""
        try:
            stamp, _, held = _read_own(self._file).partition(b"\n")
            if stamp != _stamp(held):
                return {}
            self._held = {name: from_plain(name, plain) for name, plain in from_json(held).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
        return dict(self._held)

    def keep(self, leaves: Mapping[str, Leaf]) -> None:
        """Remember what is known of each file, unless it is known already.

        A folder that cannot be written to is left alone.
        """
        lasting = {name: leaf for name, leaf in leaves.items() if _lasts(leaf)}
        if lasting.keys() == self._held.keys() and all(
            _is_known(leaf, self._held[leaf.name]) for leaf in lasting.values()
        ):
            return
        self._held = lasting
        held = to_json({name: as_plain(leaf) for name, leaf in lasting.items()})
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._file.parent, prefix="check-", suffix=".new", delete=False) as new:
                new.write(_stamp(held) + b"\n" + held)
            _put(Path(new.name), self._file)
            _forget_the_oldest(self._file.parent)


def _read_own(file: Path) -> bytes:
    """A file that is ours alone. OSError for a link, a pipe, what others own or may write, and what is too long."""
    ways = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, ways), "rb") as opened:  # noqa: PTH123  (a descriptor)
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LONGEST or not _is_ours(found):
            raise PermissionError(f"{file} is no memory of ours")
        return opened.read(_LONGEST)


def _is_ours(found: os.stat_result) -> bool:
    """Whether nobody else could have written it, where the system tells users apart."""
    user = getattr(os, "geteuid", None)
    return user is None or (found.st_uid == user() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _put(new: Path, file: Path) -> None:
    """In one step: another process sees the old one or the new one, never a half."""
    try:
        new.replace(file)
    except OSError:
        new.unlink()
        raise


def _lasts(leaf: Leaf) -> bool:
    judged = leaf.judgement
    return judged is not None and not any(one.rule in _OF_THE_MACHINE for one in judged.problems)


def _is_known(leaf: Leaf, known: Leaf) -> bool:
    """Whether a file is as it was, and was judged no second time."""
    return leaf.finger == known.finger and leaf.judgement is known.judgement


def _stamp(held: bytes) -> bytes:
    """What shows that a memory is whole and made by these rules."""
    return f"{_rules()} {blake2b(held, digest_size=16).hexdigest()}".encode()


@cache
def _rules() -> str:
    """The rules of this version, as the digest of the code that they are made of and lean on."""
    digest = blake2b(f"{sys.version} {pydantic.VERSION} {yaml.__version__}".encode(), digest_size=16)
    house = Path(__file__).parents[1]
    for file in sorted(file for room in _ROOMS for file in (house / room).rglob("*.py")):
        digest.update(file.relative_to(house).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _forget_the_oldest(below: Path) -> None:
    held = sorted(below.glob("check-*"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in held[_FOLDERS:]:
        file.unlink(missing_ok=True)
