"""Somebody holds a run, or on SQLite the whole file, and does not let go: nobody else waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import pytest
from sqlalchemy import text

from bot.journal.database import for_writing
from bot.workspace.delivery.parcel import Payload
from tests.faults.wire import Tap
from tests.walks.firm import Firm, wait_for
from tests.walks.test_every_button import START

CLICKS = 60


@contextmanager
def held(firm: Firm, ref: str) -> Iterator[None]:
    with for_writing(firm.house.engine).connect() as other:
        other.execute(text("UPDATE run SET told = told WHERE ref = :ref"), {"ref": ref})
        yield
        other.rollback()


def copies(click: Payload) -> Iterator[Payload]:
    """The same button, pressed again and again."""
    for number in range(CLICKS):
        action = {**click.payload["actions"][0], "action_ts": f"1763800001.{number:06d}"}
        yield replace(click, payload={**click.payload, "trigger_id": f"{number}.T.x", "actions": [action]})


@pytest.mark.slow
def test_sixty_clicks_on_a_held_run_keep_nobody_else(either: Firm) -> None:
    """`/recover status` is answered in a second, and on PostgreSQL clicks on other runs too."""
    ana, ben = either.hand("ana"), either.hand("ben")
    assert ana.start("orders", START).errors == {}
    assert ben.start("archive", {"What changed?": "x"}).errors == {}
    message, spot = ana.find("Done", either.thread("ORDERS-1"))
    with_others = either.house.journal().judges
    other = either.house.journal().newest_runs(1)[0].ref
    theirs = ben.find("Done", either.thread(other))
    tap = Tap(either.workspace)
    with held(either, "ORDERS-1"):
        assert ana.press_on(message, spot).ok
        wait_for(ana.hints, "nobody said that it failed")
        assert "Nothing was recorded: somebody else holds this run" in ana.hints()[-1]
        answers = [tap._carrier.send(one) for one in copies(tap.sent[0])]  # noqa: SLF001  (all at the same moment)
        begun = monotonic()
        assert "ORDERS-1" in ben.replies("/recover status")
        assert monotonic() - begun < 1.0
        if with_others:
            begun = monotonic()
            assert ben.press_on(*theirs).ok
            assert monotonic() - begun < 1.0
            assert "StepFinished" in either.kinds(other)
        assert {answer.result(10).error for answer in answers} <= {"", "operation_timeout"}
    tap.remove()
    assert "StepFinished" not in either.kinds("ORDERS-1")
    assert ana.press_on(message, spot).ok
    assert "StepFinished" in either.kinds("ORDERS-1")
