"""What the index says of runs that are over: a review that is waited for, reminders, lessons."""

from bot.engine import CommandHandler
from bot.journal.rows import RunRow
from bot.journal.search import Following
from bot.journal.store import Journal
from bot.run.commands import AddFollowUp, BreakGlass, Choose, FinishFollowUp, ReviewGlass, Stop, TellLesson, Tick
from bot.run.state import Run
from tests.engine.office import Office


def row(journal: Journal, run: Run) -> RunRow:
    found = journal.run_row(run.id)
    assert found is not None
    return found


def break_glass(office: Office) -> Run:
    """Asked for in vain, asked again, and the lead who did not operate goes on alone."""
    run = office.start("signing")
    office.finish(run.id)
    office.later(minutes=40)
    office.handler.handle(run.id, Tick(), "clock", "clock")
    here = office.place(run.id)
    office.handler.handle(run.id, Choose(here.step, here.visit, "again", "Ask once more."), "ana", "slack")
    office.later(minutes=10)
    here = office.place(run.id)
    office.handler.handle(run.id, BreakGlass(here.step, here.visit, "Nobody answers"), "dora", "slack")
    return office.handler.load(run.id)


def test_a_run_that_ended_with_a_broken_glass_stays_in_the_list_until_it_was_reviewed(journal: Journal) -> None:
    """It is in nobody's way: a new run on the asset needs no reason because of it."""
    office = Office(journal)
    run = break_glass(office)
    assert run.over
    assert run.unreviewed
    found = row(journal, run)
    assert (found.open, found.waits_for_review, found.outcome) == (True, True, "aborted")
    assert [one.ref for one in journal.open_runs()] == ["ORDERS-1"]
    assert journal.open_runs("orders-db") == []
    second = office.start()
    assert [one.ref for one in journal.open_runs("orders-db")] == ["ORDERS-2"]
    office.handler.handle(second.id, Stop("Enough"), "ana", "slack")
    office.handler.handle(run.id, ReviewGlass("It was right"), "chen", "slack")
    found = row(journal, run)
    assert (found.open, found.waits_for_review, found.state) == (False, False, "ended")
    assert journal.open_runs() == []


def test_a_run_with_a_follow_up_is_due_until_it_is_done(journal: Journal) -> None:
    office, following = Office(journal), Following(journal)
    handler: CommandHandler = office.handler
    run, other = office.start(), office.start(reason="Another table")
    for one in (run, other):
        handler.handle(one.id, Stop("Enough"), "ana", "slack")
    assert (following.to_do(), following.told()) == ([], [])
    handler.handle(run.id, AddFollowUp("Mend it", "ben", "2026-12-01"), "ana", "slack")
    handler.handle(other.id, TellLesson("Look first"), "ana", "slack")
    assert [run_id for run_id, _ in following.to_do()] == [run.id]
    assert sorted(following.told()) == sorted([run.id, other.id])
    due = row(journal, run).due_at
    assert due is not None
    assert f"{due:%Y-%m-%d %H:%M}" == "2026-12-01 09:00"
    handler.handle(run.id, FinishFollowUp(1), "ben", "slack")
    assert row(journal, run).due_at is None
    assert following.to_do() == []
