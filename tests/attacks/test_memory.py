"""The memory of checks in other hands: what it says is sound is served, so it has to be ours alone, and never wait."""

import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.library.memory import _LONGEST, Memory, _stamp
from bot.library.registry import Registry, load_shelf
from tests.library.test_memory import BOOK, folder

__all__ = ["folder"]
UNSOUND = BOOK.replace("asset.host", "asset.hast")


@pytest.fixture
def below(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def start(folder: Path, below: Path) -> Registry:
    """What a server that starts now would serve; it has to be up within seconds."""
    found: list[Registry] = []
    starting = threading.Thread(target=lambda: found.append(load_shelf(folder, Memory(below, folder))), daemon=True)
    starting.start()
    starting.join(10)
    assert found, "the start waits for ever, or broke"
    return found[0]


def forged(folder: Path, below: Path) -> Path:
    """A whole memory that finds nothing wrong with an unsound runbook."""
    (folder / "book.yaml").write_text(UNSOUND, encoding="utf-8")
    assert "book" not in start(folder, below).runbooks
    (file,) = below.iterdir()
    leaves = json.loads(file.read_bytes().partition(b"\n")[2])
    leaves["book.yaml"][4] = []
    held = json.dumps(leaves).encode()
    file.write_bytes(_stamp(held) + b"\n" + held)
    return file


def lies_in_a_link(file: Path) -> None:
    file.symlink_to(file.rename(file.with_name("elsewhere.json")))


def lies_open_to_a_group(file: Path) -> None:
    file.chmod(0o620)


def lies_open_to_all(file: Path) -> None:
    file.chmod(0o602)


@pytest.mark.parametrize("lay", [lies_in_a_link, lies_open_to_a_group, lies_open_to_all])
def test_a_memory_that_others_may_have_written_serves_nothing(
    folder: Path, below: Path, lay: Callable[[Path], None]
) -> None:
    """The same lie from our own hand is believed: who may write as us may write the runbooks as well."""
    file = forged(folder, below)
    lay(file)
    assert "book" not in start(folder, below).runbooks
    assert not file.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600, "it was put right by one of our own"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_memory_of_another_user_serves_nothing(folder: Path, below: Path) -> None:
    os.chown(forged(folder, below), 12_345, -1)
    assert "book" not in start(folder, below).runbooks


def is_a_pipe(file: Path) -> None:
    os.mkfifo(file)


def is_a_folder(file: Path) -> None:
    file.mkdir()


def is_a_round(file: Path) -> None:
    file.symlink_to(file)


def is_endless(file: Path) -> None:
    file.symlink_to("/dev/zero")


def is_huge(file: Path) -> None:
    """And takes no room."""
    file.touch(0o600)
    os.truncate(file, _LONGEST * 1_000)


@pytest.mark.parametrize("lay", [is_a_pipe, is_a_folder, is_a_round, is_endless, is_huge])
def test_whatever_lies_there_stops_no_start(folder: Path, below: Path, lay: Callable[[Path], None]) -> None:
    serving = set(start(folder, below).runbooks)
    (file,) = below.iterdir()
    file.unlink()
    lay(file)
    assert set(start(folder, below).runbooks) == serving != set()
    assert not list(below.glob("*.new"))


def test_many_who_remember_at_once_leave_a_whole_memory(folder: Path, below: Path) -> None:
    """While what they look at goes from sound to unsound and back."""
    sound = load_shelf(folder).kept("book")
    assert sound is not None

    def look(turn: int) -> bool:
        memory = Memory(below, folder)
        text = UNSOUND if turn % 2 else BOOK
        new = folder / f"new-{turn}"
        new.write_text(text, encoding="utf-8")
        new.replace(folder / "book.yaml")
        registry = load_shelf(folder, memory)
        kept = registry.kept("book")
        return kept is None or kept == sound

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(look, range(24)))
    for text in (BOOK, UNSOUND):
        (folder / "book.yaml").write_text(text, encoding="utf-8")
        assert ("book" in start(folder, below).runbooks) is (text is BOOK)
    assert [one.suffix for one in below.iterdir()] == [".json"]
