"""Copies of the open runs on this machine, for the hour when the database is out of reach."""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

import structlog

from bot.bulkhead import contain
from bot.engine import RunRow
from bot.engine.travel import export_run
from bot.journal.store import Journal
from bot.journal.tokens import Logins, StoredToken

SWEEP_EVERY = 60.0
"""Seconds after which every open run is looked at: other processes change runs too."""
_GATHER = 0.5
"""Seconds in which changes of one run are gathered into one writing."""
_REST, _RECORDS_A_SECOND, _AT_ONCE = 5.0, 500, 10
"""Seconds for which a run that was just copied rests, longer when it is long; and how many are copied at once."""
_RUSH, _HELD_AT_MOST = 20, 5.0
"""More changes than this between two looks are a rush: people's answers come first, for so many seconds at most."""
_WRITTEN_WITHIN = timedelta(minutes=10)
"""In which any copy is written; what is older was left behind."""
_LOGINS = "logins.json"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """A run as it was copied last: its file, and what a person needs to know it by."""

    file: Path
    run_id: str
    ref: str
    head: int
    asset: str
    asset_name: str
    title: str
    at: datetime


class Mirror:
    """A folder with one file for each open run, as `handrail export` writes it; nobody else may read them."""

    def __init__(self, folder: Path, *, keeps_ended: bool = False) -> None:
        """`keeps_ended`: runs that have ended stay, as they have yet to be brought home."""
        self.folder, self._keeps_ended = folder, keeps_ended

    def keep(self, journal: Journal, row: RunRow, at: datetime) -> None:
        """Copy a run as it is now; a run that has ended, or that is only read here, has no copy. OSError."""
        file = self.file_of(row.ref)
        if row.imported or not (row.open or self._keeps_ended):
            file.unlink(missing_ok=True)
            return
        _write_private(file, (f"{line}\n" for line in export_run(journal, row, at)))

    def sweep(self, journal: Journal, at: datetime) -> int:
        """Copy every open run that is not copied as it is, and drop copies of those that ended; how many changed."""
        rows = [row for row in journal.open_runs() if not row.imported]
        copied = {copy.run_id: copy.head for copy in self.copies()}
        stale = [row for row in rows if copied.get(row.run_id) != row.head]
        for row in stale:
            self.keep(journal, row, at)
        gone = {copy.file for copy in self.copies()} - {self.file_of(row.ref) for row in rows}
        for file in (*gone, *self._halves(at)):
            file.unlink(missing_ok=True)
        return len(stale) + len(gone)

    def _halves(self, at: datetime) -> list[Path]:
        """Copies whose writer was killed: nobody reads them, and words in them would outlive their erasure."""
        before = (at - _WRITTEN_WITHIN).timestamp()
        return [file for file in self.folder.glob(".*.jsonl.*") if file.stat().st_mtime < before]

    def copies(self) -> list[Copy]:
        """Every run that is copied here, by its ref. What cannot be read is left out: it is no use."""
        return [copy for file in sorted(self.folder.glob("*.jsonl")) if (copy := read_copy(file)) is not None]

    def keep_logins(self, logins: Logins) -> None:
        """Copy whose tokens count, by their digests."""
        held = [asdict(one) | {"made_at": one.made_at.isoformat()} for one in logins.held()]
        _write_private(self.folder / _LOGINS, [json.dumps(held)])

    def logins(self) -> list[StoredToken]:
        """Whose tokens counted when they were copied last."""
        try:
            found = json.loads((self.folder / _LOGINS).read_text(encoding="utf-8"))
            return [StoredToken(**one | {"made_at": datetime.fromisoformat(one["made_at"])}) for one in found]
        except (OSError, ValueError, TypeError, KeyError):
            return []

    def file_of(self, ref: str) -> Path:
        """Where the copy of a run stands."""
        return self.folder / f"{ref}.jsonl"


def read_copy(file: Path) -> Copy | None:
    """What a copied run is, from its first two lines; None when they are not what was written."""
    try:
        with file.open(encoding="utf-8") as lines:
            header, first = json.loads(next(lines)), json.loads(next(lines))
        asset, at = first["body"]["asset"], datetime.fromisoformat(header["exported_at"])
        title = str(first["body"]["title"])
        return Copy(file, header["run_id"], header["ref"], header["head"], asset["id"], asset["name"], title, at)
    except (OSError, ValueError, TypeError, KeyError, StopIteration):
        return None


class _Waiting:
    """Runs that have changed and are to be copied: soon after a quiet while, and then each only now and then.

    A copy is the whole run, about 2 ms for 50 records: copied at each click it would cost the server a third of its
    time under load.
    """

    def __init__(self, changed: "SimpleQueue[str]") -> None:
        self._changed = changed
        self._due: dict[str, None] = {}
        self._rests: dict[str, float] = {}
        self._held = 0.0

    def take(self, passed: float) -> list[str]:
        """The next runs to copy, when `passed` seconds have gone by since the last time; a few at once."""
        self._rests = {run_id: left for run_id, rest in self._rests.items() if (left := rest - passed) > 0}
        heard = 0
        with contextlib.suppress(Empty):
            while True:
                self._due[self._changed.get_nowait()] = None
                heard += 1
        self._held = self._held + passed if heard > _RUSH else 0.0
        if 0 < self._held < _HELD_AT_MOST:
            return []
        ready = [run_id for run_id in self._due if run_id not in self._rests][:_AT_ONCE]
        for run_id in ready:
            del self._due[run_id]
        return ready

    def rest(self, run_id: str, records: int) -> None:
        """Let a run be for a while: the longer it is, the longer."""
        self._rests[run_id] = max(_REST, records / _RECORDS_A_SECOND)


def keep_mirror(
    mirror: Mirror, journal: Journal, logins: Logins, changed: "SimpleQueue[str]", now: Callable[[], datetime],
    stopping: threading.Event, every: float = SWEEP_EVERY,
) -> None:  # fmt: skip
    """Keep the copies fresh until `stopping`: what is named in `changed` soon, all of them now and then."""
    left, trouble, waiting = 0.0, "", _Waiting(changed)
    while not stopping.is_set():
        with contain() as keeping:
            if left <= 0:
                left = every
                mirror.sweep(journal, now())
                mirror.keep_logins(logins)
                trouble = ""
            for run_id in waiting.take(_GATHER):
                row = journal.run_row(run_id)
                if row is not None:
                    mirror.keep(journal, row, now())
                    waiting.rest(run_id, row.head)
        if keeping.failure is not None:
            left = min(left, every / 10)
            if str(keeping.failure) != trouble:
                trouble = str(keeping.failure)
                log.warning("copies of open runs are not fresh", folder=str(mirror.folder), failure=trouble)
        stopping.wait(_GATHER)
        left -= _GATHER


def _write_private(file: Path, lines: Iterable[str]) -> None:
    """A file that only its owner reads, replaced in one step."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as writing:
        writing.writelines(lines)
    beside.replace(file)
