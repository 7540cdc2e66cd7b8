"""Outcomes on the disk of whoever executed, until they are in the record: a database that is away loses none."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import structlog

from bot.run.commands import FinishAction, LoseAction

HELD_A_SECRET = "What it printed held a secret, so it was not kept while the database was away."  # noqa: S105  (words)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """How an attempt ended, and the redacted text of what it printed; `at` is when it was seen to end."""

    run_id: str
    command: FinishAction | LoseAction
    text: str
    at: datetime

    @property
    def name(self) -> str:
        """What it is called on the disk."""
        return f"{self.run_id}-{self.command.step}-{self.command.visit}-{self.command.attempt}.json"


class Spool:
    """A folder of outcomes, readable by its owner alone. Without a folder nothing is kept over a restart."""

    def __init__(self, folder: Path | None) -> None:
        """Take a folder, which is made when it is needed."""
        self._folder = folder

    def keep(self, outcome: AttemptOutcome, redacted_stdout: str) -> None:
        """Write it down before it is recorded. A disk that takes nothing is told in the log, and nothing else stops."""
        if self._folder is None:
            return
        command = outcome.command
        if isinstance(command, FinishAction) and command.stdout != redacted_stdout:
            command = replace(command, stdout="", captured={}, trouble=HELD_A_SECRET)
        kept = {"kind": type(command).__name__, "command": asdict(command), "run_id": outcome.run_id,
                "text": outcome.text, "at": outcome.at.isoformat()}  # fmt: skip
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=self._folder, suffix=".new", delete=False, encoding="utf-8") as new:
                json.dump(kept, new)
            Path(new.name).replace(self._folder / outcome.name)
        except OSError as failure:
            log.warning("an outcome could not be written down", folder=str(self._folder), failure=failure.strerror)

    def drop(self, outcome: AttemptOutcome) -> None:
        """It is in the record."""
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / outcome.name).unlink()

    def left(self) -> Iterator[AttemptOutcome]:
        """What an earlier process saw end and did not live to record. What cannot be read is left where it is."""
        if self._folder is None or not self._folder.is_dir():
            return
        for file in sorted(self._folder.glob("*.json")):
            try:
                if file.stat().st_uid == os.geteuid():
                    yield _read(json.loads(file.read_text("utf-8")))
            except (OSError, ValueError, TypeError, KeyError) as failure:
                log.warning("a written outcome cannot be read", file=file.name, failure=type(failure).__name__)


def _read(kept: dict[str, Any]) -> AttemptOutcome:
    kind = {"FinishAction": FinishAction, "LoseAction": LoseAction}[kept["kind"]]
    return AttemptOutcome(kept["run_id"], kind(**kept["command"]), kept["text"], datetime.fromisoformat(kept["at"]))
