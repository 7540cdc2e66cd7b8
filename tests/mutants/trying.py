"""Tries mutants in one pytest that has collected everything: each in a forked process, until the first test notices.

    python -m tests.mutants.trying ASKED TOLD    (in `mutants/tree`; both are files of JSON)

To start pytest for each mutant would take a second; a fork takes a hundredth of one. The test that noticed a mutant
last time is asked first, then the others that reach its function, quick ones first.
"""

import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.mutants import switch

HANGS = 20.0
"""Seconds of work for one test, beyond ten times what it usually needs: then it hangs, and that is noticed."""
PATIENCE = 3_600.0
KEEN = 5
"""Tests that noticed other mutants of a function are asked first: so many of them."""
MEMORY = 6 << 30


class HangsError(Exception):
    """A test under a mutant takes for ever."""


class Trial:
    """A plugin: in place of the tests, the mutants."""

    def __init__(self, asked: dict[str, Any], told: Path) -> None:
        self.asked, self.told = asked, told
        self.failed = False
        self.items: dict[str, pytest.Item] = {}
        self.takes: dict[str, float] = {}
        self.reached: dict[str, list[str]] = {}
        self.keen: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        self.items = {item.nodeid: item for item in session.items}
        print(f"{len(self.items)} tests, all mutants away: which functions do they reach?", flush=True)
        seen = forked(self.look)
        if not isinstance(seen, dict) or seen["failed"]:
            raise session.Failed(f"Without any mutant these fail: {seen}")
        self.takes, self.reached = seen["takes"], seen["reached"]
        print(f"They take {sum(self.takes.values()):.1f} s.", flush=True)
        gc.collect()
        gc.freeze()
        self.try_all()
        return True

    def look(self) -> dict[str, Any]:
        """Every test once: what it takes, what it reaches."""
        hits = switch.record()
        takes: dict[str, float] = {}
        reached: dict[str, list[str]] = {}
        failed = []
        nodes = list(self.items)
        for node, following in zip(nodes, [*nodes[1:], None], strict=True):
            hits.clear()
            began = time.process_time()
            if not self.passes(node, following):
                failed.append(node)
            takes[node] = time.process_time() - began
            for function in hits:
                reached.setdefault(function, []).append(node)
        return {"takes": takes, "reached": reached, "failed": failed}

    def passes(self, node: str, following: str | None) -> bool:
        """Whether a test passes."""
        item = self.items[node]
        self.failed = False
        item.ihook.pytest_runtest_protocol(item=item, nextitem=self.items.get(following or ""))
        return not self.failed

    def try_all(self) -> None:
        began, tried, alive = time.monotonic(), 0, 0
        mutants = self.asked["mutants"]
        with self.told.open("a", encoding="utf-8") as out:
            for one in mutants:
                tests = self.tests_of(one)
                spent = _seconds()
                noticed = forked(partial(self.first_to_notice, one["name"], tests)) if tests else None
                tried, alive = tried + 1, alive + (noticed is None)
                if noticed in self.items:
                    keen = self.keen.setdefault(one["function"], [])
                    keen[:] = [noticed, *(node for node in keen if node != noticed)][:KEEN]
                line = {"says": one["says"], "noticed": noticed, "took": round(_seconds() - spent, 2)}
                out.write(json.dumps(line) + "\n")
                out.flush()
                if tried % 100 == 0 or tried == len(mutants):
                    spent = time.monotonic() - began
                    print(f"{tried} of {len(mutants)} tried in {spent:.0f} s, {alive} survive", flush=True)

    def tests_of(self, mutant: dict[str, Any]) -> list[str]:
        """Whoever noticed it last time, or others like it; then whoever reaches it, quick ones first."""
        if mutant.get("only"):
            return [node for node in self.items if node.startswith(mutant["only"])]
        reach = [node for node in self.reached.get(mutant["function"], ()) if node in self.items]
        reach.sort(key=self.takes.__getitem__)
        before = [mutant["before"]] if mutant.get("before") in self.items else []
        before += [node for node in self.keen.get(mutant["function"], ()) if node not in before]
        return [*before, *(node for node in reach if node not in before)]

    def first_to_notice(self, name: str, tests: list[str]) -> str | None:
        """The first test that fails under a mutant."""
        switch.choose(name)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGPROF, _give_up)
        for node, following in zip(tests, [*tests[1:], None], strict=True):
            signal.setitimer(signal.ITIMER_PROF, HANGS + 10 * self.takes.get(node, 1.0))
            if not self.passes(node, following):
                return node
        return None


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _give_up(*_: object) -> None:
    raise HangsError


def forked(work: Callable[[], Any]) -> Any:
    """What `work` returns, done in a process of its own; “hangs” when that never ends, “dies” when it says nothing."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.close(reads)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            answer = json.dumps(work())
        except BaseException as error:  # noqa: BLE001  (whatever it is, the mutant was noticed)
            answer = json.dumps(f"dies: {error!r}")
        with contextlib.suppress(BaseException):
            os.write(writes, answer.encode()) if len(answer) < 60_000 else _write_all(writes, answer.encode())
        os._exit(0)
    os.close(writes)
    told = b""
    limit = time.monotonic() + PATIENCE
    while True:
        ready, _, _ = select.select([reads], [], [], max(0.0, limit - time.monotonic()))
        part = os.read(reads, 1 << 16) if ready else None
        if not part:
            break
        told += part
    if part is None:
        os.kill(child, signal.SIGKILL)
    os.close(reads)
    os.waitpid(child, 0)
    return json.loads(told) if told else "hangs" if part is None else "dies"


def _write_all(to: int, what: bytes) -> None:
    while what:
        what = what[os.write(to, what) :]


def main(asked: Path, told: Path) -> int:
    """Try what is asked for, and append what was noticed, a line each."""
    trial = Trial(json.loads(asked.read_text("utf-8")), told)
    return int(pytest.main([*trial.asked["pytest"], "--tb=native", "--assert=plain", "-q"], plugins=[trial]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
