"""Killed in the middle of its work, again and again: what was said to be recorded is, and every chain holds."""

import os
from random import Random
from time import monotonic, sleep

import pytest

from bot.engine.rebuild import rebuild_runs
from bot.journal.database import open_engine
from bot.journal.store import Journal
from tests.engine.office import Office
from tests.warm import ROOT, Wanted, nest

KILLS = 10


def press_and_kill(url: str, after: float) -> list[tuple[str, int]]:
    """Let a process click for a while, kill it, and hand back what it said was recorded."""
    output, theirs = os.pipe()
    code = "import sys; from tests.engine.killed import press_for_ever; press_for_ever(sys.argv[1])"
    process = nest().start(Wanted(code, [url], {}, str(ROOT)), theirs, theirs, 2)
    os.close(theirs)
    with os.fdopen(output) as said:
        first = said.readline()
        until = monotonic() + after
        while monotonic() < until:
            sleep(0.005)
        process.kill()
        lines = [first, *said.read().splitlines(keepends=True)]
    process.wait()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(run_id, int(seq)) for run_id, seq in whole]


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_and_every_chain_holds(database_url: str) -> None:
    dice = Random(7)
    said: dict[str, int] = {}
    for _ in range(KILLS):
        said.update(press_and_kill(database_url, dice.uniform(0.02, 0.4)))
    engine = open_engine(database_url)
    office = Office(Journal(engine), name="after")
    assert len(said) == KILLS
    for run_id, seq in said.items():
        verdict = office.journal.verify(run_id)
        assert verdict.sound, verdict.fault
        assert verdict.records >= seq
        assert office.handler.load(run_id).seq == verdict.records
        assert office.finish(run_id).run.seq > seq
    assert rebuild_runs(office.journal, office.book_of) == []
    engine.dispose()
