"""How many files of ours something passes before it is answered: a click, a page that falls due, a report.

What a reader has to open in order to follow it. Told are files in which a function runs, and hops, calls from one of
them into another; imports and what other people's libraries do between are left out.
"""

import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from click.testing import CliRunner
from slack_bolt import BoltRequest, BoltResponse

import bot
from benchmarks.measured import Measured, line
from bot.cli import main
from bot.workspace.serve import Workspace
from tests.slack.office import SEED, Office, build_office
from tests.workspace.office import AT_ONCE, over_http

HOUSE = str(Path(bot.__file__).parent) + "/"
NOT_ON_THE_WAY = (HOUSE + "workspace/",)
"""Slack's side of the wire."""
CLICK, PAGE, EXPORT = 25, 28, 45
"""Files: what somebody can hold in their head for a click, and what a report may cost."""


@dataclass
class Passage:
    """Where something went: the files in the order in which they were come to."""

    files: list[str] = field(default_factory=list)
    hops: int = 0

    def follow(self, frame: FrameType, event: str, _: object) -> None:
        """What Python calls at each call of a function."""
        code = frame.f_code
        if event != "call" or not _is_ours(code.co_filename) or code.co_name == "<module>":
            return
        if (file := code.co_filename.removeprefix(HOUSE)) not in self.files:
            self.files.append(file)
        caller = frame.f_back
        while caller is not None and not _is_ours(caller.f_code.co_filename):
            caller = caller.f_back
        self.hops += caller is not None and caller.f_code.co_filename != code.co_filename


def _is_ours(file: str) -> bool:
    return file.startswith(HOUSE) and not file.startswith(NOT_ON_THE_WAY)


@contextmanager
def following() -> Iterator[Passage]:
    """What is called in this thread, and in those that begin meanwhile."""
    passage = Passage()
    threading.setprofile(passage.follow)
    sys.setprofile(passage.follow)
    try:
        yield passage
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@dataclass
class Followed:
    """Answers requests as the office does, and says where the last one went."""

    office: Office
    passage: Passage = field(default_factory=Passage)

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer a request."""
        with following() as self.passage:
            return self.office.dispatch(req)


def measure(tell: Callable[[str], None] = lambda _: None) -> list[Measured]:
    """Files that each of them passes; the second of its kind, when everything is loaded."""
    with tempfile.TemporaryDirectory(prefix="handrail-passage-") as name:
        workspace = Workspace.start(SEED, AT_ONCE)
        office = build_office(workspace, Path(name), lambda work: work())
        followed = Followed(office)
        try:
            with over_http(workspace, followed):
                office.start()
                office.press("ana", "Rows are wrong")
                click = followed.passage
            page = _due_page(office)
            export = _export(office, Path(name))
        finally:
            office.handler.journal.engine.dispose()
            workspace.stop()
    found = {"a click": (click, CLICK), "a page that falls due": (page, PAGE), "a report": (export, EXPORT)}
    for what, (passage, _) in found.items():
        tell(f"{what}:\n  " + "\n  ".join(passage.files))
    return [
        Measured(f"files that {what} passes", len(passage.files), "files", bar, note=f"{passage.hops} hops")
        for what, (passage, bar) in found.items()
    ]


def _due_page(office: Office) -> Passage:
    """The first rung was called at the start; the next is, when nobody answers."""
    office.later(minutes=31)
    office.handler.tick_due(10)
    office.later(minutes=31)
    with following() as passage:
        office.handler.tick_due(10)
    return passage


def _export(office: Office, folder: Path) -> Passage:
    environment = {"DATABASE_URL": str(office.handler.journal.engine.url), "HANDRAIL_RUNBOOKS": str(folder)}
    words = ["export", office.run.start.ref, "--format", "md"]
    CliRunner().invoke(main, words, env=environment)
    with following() as passage:
        done = CliRunner().invoke(main, words, env=environment)
    assert done.exit_code == 0, done.output
    return passage


if __name__ == "__main__":
    for one in measure(print):
        print(line(one))
