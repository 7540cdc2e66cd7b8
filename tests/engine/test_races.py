"""Twenty at once, on both databases: no gap, no second event, one winner for each step."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bot.engine import CommandHandler, Outcome
from bot.journal.store import Journal
from bot.run.commands import AddNote, Finish, Refused, TakeOver
from bot.run.events import StepFinished
from tests.engine.office import Office

MANY = 20


@dataclass
class Crowd:
    """What came of each, once all have run at the same moment."""

    done: list[Outcome] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)


def all_at_once(asks: list[Callable[[], Outcome]]) -> Crowd:
    crowd, gate = Crowd(), threading.Barrier(len(asks))

    def ask(one: Callable[[], Outcome]) -> None:
        gate.wait()
        try:
            crowd.done.append(one())
        except Refused as refused:
            crowd.refused.append(refused)
        except BaseException as wrong:  # noqa: BLE001  (the test reports whatever it was)
            crowd.broken.append(wrong)

    threads = [threading.Thread(target=ask, args=(one,)) for one in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crowd


def replicas(journal: Journal) -> list[Office]:
    """Several processes on one database, as far as what they remember goes."""
    return [Office(journal, name=f"replica{number}") for number in range(4)]


def at(offices: list[Office], number: int) -> CommandHandler:
    return offices[number % len(offices)].handler


def test_one_of_twenty_who_press_the_same_button_wins(journal: Journal) -> None:
    offices = replicas(journal)
    run = offices[0].start()
    for step in ("look", "fix"):
        press = Finish(step, 1, "ok")
        crowd = all_at_once(
            [partial(at(offices, n).handle, run.id, press, "ana", "slack", f"{step}{n}") for n in range(MANY)]
        )
        assert crowd.broken == []
        assert (len(crowd.done), len(crowd.refused)) == (1, MANY - 1)
        finished = [event for _, event, _ in journal.history(run.id) if isinstance(event, StepFinished)]
        assert [event.step for event in finished].count(step) == 1
    assert journal.verify(run.id).sound


def test_the_same_click_twenty_times_is_one_event_for_everybody(journal: Journal) -> None:
    """Slack delivers again, to any replica: each gets the events of the first."""
    offices = replicas(journal)
    run = offices[0].start()
    press = Finish("look", 1, "ok")
    crowd = all_at_once([partial(at(offices, n).handle, run.id, press, "ana", "slack", "trigger") for n in range(MANY)])
    assert (crowd.broken, crowd.refused) == ([], [])
    assert sum(not outcome.repeated for outcome in crowd.done) == 1
    assert all(outcome.events == crowd.done[0].events for outcome in crowd.done)
    assert len(journal.history(run.id)) == 4


def test_twenty_notes_at_once_are_all_kept_without_a_gap(journal: Journal) -> None:
    offices = replicas(journal)
    run = offices[0].start()
    crowd = all_at_once(
        [partial(at(offices, n).handle, run.id, AddNote(f"note {n}"), "ben", "slack", f"note{n}") for n in range(MANY)]
    )
    assert (crowd.broken, crowd.refused) == ([], [])
    assert [seq for seq, _, _ in journal.history(run.id)] == list(range(1, MANY + 3))
    assert journal.verify(run.id).sound
    assert offices[0].handler.load(run.id) == offices[3].handler.load(run.id)


def test_twenty_different_commands_leave_a_chain_that_holds_and_a_row_that_fits(journal: Journal) -> None:
    offices = replicas(journal)
    run = offices[0].start()
    commands = (Finish("look", 1, "ok"), AddNote("x"), TakeOver())
    crowd = all_at_once(
        [
            partial(at(offices, n).handle, run.id, commands[n % 3], ("ana", "ben")[n % 2], "slack", f"k{n}")
            for n in range(MANY)
        ]
    )
    assert crowd.broken == []
    row, now = journal.run_row(run.id), Office(journal).handler.load(run.id)
    assert row is not None
    assert (row.head, row.operator, row.step) == (now.seq, now.operator, now.here.step)
    assert journal.verify(run.id).sound


def test_one_of_twenty_who_start_on_an_asset_needs_no_reason(journal: Journal) -> None:
    """Whoever comes a moment later is told which run is open."""
    offices = replicas(journal)
    plan = offices[0].plan()
    crowd = all_at_once([partial(at(offices, n).start, plan, "ana", "slack", f"view{n}") for n in range(MANY)])
    assert crowd.broken == []
    assert [outcome.run.start.ref for outcome in crowd.done] == ["ORDERS-1"]
    assert {refused.sentence for refused in crowd.refused} == {
        "ORDERS-1 is open on this asset. Join it, or write why a second run is needed."
    }


def test_the_same_form_twenty_times_starts_one_run(journal: Journal) -> None:
    offices = replicas(journal)
    plan = offices[0].plan()
    crowd = all_at_once([partial(at(offices, n).start, plan, "ana", "slack", "view") for n in range(MANY)])
    assert (crowd.broken, crowd.refused) == ([], [])
    assert {outcome.run.start.ref for outcome in crowd.done} == {"ORDERS-1"}
    assert len(journal.run_ids()) == 1


def test_twenty_starts_with_a_reason_get_twenty_refs_in_a_row(journal: Journal) -> None:
    offices = replicas(journal)
    plan = offices[0].plan(reason="Another table.")
    crowd = all_at_once([partial(at(offices, n).start, plan, "ana", "slack", f"view{n}") for n in range(MANY)])
    assert (crowd.broken, crowd.refused) == ([], [])
    assert sorted(outcome.run.start.ref for outcome in crowd.done) == sorted(f"ORDERS-{n}" for n in range(1, MANY + 1))
