"""`handrail hands`: executes what runs want and `hands.yaml` allows, until somebody ends it."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.wiring.house import CannotServe, House, new_id
from bot.wiring.process.logs import set_up_logs
from bot.wiring.process.supervision import Supervisor, ending_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.format.hands import HandsFile


@click.command("hands")
@click.option("--beside", type=int, hidden=True, help="End when this process, which started it, has gone.")
@click.pass_obj
def hands_command(house: House, beside: int | None) -> None:
    """Execute checks and actions, as far as the file of HANDRAIL_HANDS allows; nothing else does.

    Run it as a user of its own, on as many machines as need be: each takes what its file says it serves. It knows no
    secret of Slack. What runs when it is ended is followed to its end; a second Ctrl-C leaves it, and its outcome is
    unknown.
    """
    from bot.hands.spool import Spool
    from bot.journal.hands import HandsLeases
    from bot.journal.versions import Versions
    from bot.library.hands import read_hands, scrub
    from bot.library.parse import Unreadable
    from bot.workers.hands import ExecutionContext, Worker
    from bot.workers.readings import ReadingHands

    file = house.settings.hands
    if file is None:
        raise CannotServe("HANDRAIL_HANDS names no file, so nothing may be executed. Write one: docs/hands.md")
    try:
        hands = read_hands(file)
    except OSError as wrong:
        raise CannotServe(f"{file} cannot be read: {wrong.strerror}.") from None
    except Unreadable as wrong:
        lines = "\n".join(f"  {one.place} {one.message} {one.hint}" for one in wrong.problems)
        raise Failure(f"{file} has problems, so nothing is executed:\n{lines}") from None
    set_up_logs()
    supervisor = Supervisor()
    pool = ThreadPoolExecutor(hands.at_once, thread_name_prefix="hand")
    versions = Versions(house.journal())
    spool = Spool(house.settings.outcomes_of(os.environ))
    bench = ExecutionContext(
        _Kept(file, read_hands).now, socket.gethostname(), scrub, house.now, versions.authors_of, spool
    )
    worker = Worker(house.handler(), HandsLeases(house.journal()), bench, pool, token=new_id())
    readings = ReadingHands(house.journal(), bench.hands, scrub, house.now)
    with ending_on_signals(supervisor):
        supervisor.start("hands", worker.run)
        supervisor.start("readings", readings.run)
        if beside is not None:
            supervisor.start("parent", lambda stopping: _follow_parent(beside, supervisor, stopping))
        click.echo(f"{hands.name} at work: {', '.join(one.at for one in hands.places)}")
        ending = supervisor.wait()
        while supervisor.join(1.0):
            continue
    pool.shutdown(wait=True)
    if ending.code:
        raise SystemExit(ending.code)


class _Kept:
    """The file as it is now, read again when it changes; while it cannot be read nothing is executed."""

    def __init__(self, file: Path, read: "Callable[[Path], HandsFile]") -> None:
        self._file, self._read = file, read
        self._seen: tuple[int, int, int] | None = None
        self._hands: HandsFile | None = None
        self._lock = Lock()

    def now(self) -> "HandsFile":
        """What the file says; raises what reading it raises. Whoever asks is never told an older one than another."""
        with self._lock:
            stat = self._file.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if self._hands is None or seen != self._seen:
                self._hands, self._seen = None, seen
                self._hands = self._read(self._file)
            return self._hands


def _follow_parent(parent: int, supervisor: Supervisor, stopping: Event) -> None:
    """End when whoever started us was killed."""
    while not stopping.wait(0.5):
        if os.getppid() != parent:
            supervisor.end("serve has gone")
            stopping.wait()
