"""The state of a workspace: who, where, what was said, what is open, what was refused."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.workspace.state.changes import Change, Changes
from bot.workspace.state.directory import Directory
from bot.workspace.state.files import Files
from bot.workspace.state.marks import Marks
from bot.workspace.state.policy import Policy
from bot.workspace.state.screens import Screens
from bot.workspace.state.talk import Talk
from bot.workspace.state.things import (
    Channel,
    Command,
    Enterprise,
    Failure,
    File,
    Group,
    Json,
    Message,
    Notice,
    Refusal,
    Seed,
    Shortcut,
    Team,
    Unread,
    User,
    View,
)
from bot.workspace.store import Store

__all__ = [
    "Change", "Changes", "Channel", "Command", "Enterprise", "Failure", "File", "Group", "Json", "Ledger", "Message",
    "Notice", "Policy", "Refusal", "Seed", "Shortcut", "State", "Team", "Unread", "User", "View", "open_state",
]  # fmt: skip


class Ledger:
    """What Slack would have refused, where the app failed a person, and how often each method was called."""

    def __init__(self, changes: Changes) -> None:
        """Start empty: it speaks of this process only."""
        self._changes = changes
        self._refusals: deque[Refusal] = deque(maxlen=500)
        self._failures: deque[Failure] = deque(maxlen=500)
        self.calls: Counter[str] = Counter()

    @property
    def refusals(self) -> list[Refusal]:
        """The refused calls, oldest first."""
        return list(self._refusals)

    @property
    def failures(self) -> list[Failure]:
        """Where the app did not answer, oldest first."""
        return list(self._failures)

    def refuse(self, refusal: Refusal) -> None:
        """List a refused call."""
        with self._changes.lock:
            self._refusals.append(refusal)
            self._changes.tell("report")

    def fail(self, failure: Failure) -> None:
        """List a failure of the app that a person saw."""
        with self._changes.lock:
            self._failures.append(failure)
            self._changes.tell("report", user=failure.user)


@dataclass(frozen=True)
class State:
    """The whole workspace; every part is safe to use from any thread."""

    seed: Seed
    changes: Changes
    directory: Directory
    marks: Marks
    talk: Talk
    screens: Screens
    files: Files
    ledger: Ledger
    clock: Callable[[], float]
    mint: Callable[[], str]
    store: Store
    policy: Policy

    def close(self) -> None:
        """Write everything to disk."""
        self.store.close()


def open_state(seed: Seed, clock: Callable[[], float], mint: Callable[[], str], path: Path | None = None) -> State:
    """Build the state from its seed and, when `path` names a file, from what an earlier run kept there.

    `clock` gives seconds since 1970, `mint` a fresh upper-case id of at least 8 characters.
    """
    changes, store = Changes(), Store(path)
    directory = Directory(seed, changes, store, clock, mint)
    marks = Marks(directory, changes, store)
    talk = Talk(directory, marks, changes, store, clock)
    screens, files = Screens(changes, store, clock, mint), Files(changes, store, clock, mint)
    ledger, policy = Ledger(changes), Policy(seed.scopes)
    return State(seed, changes, directory, marks, talk, screens, files, ledger, clock, mint, store, policy)
