"""A called run, and one that goes on, are held to the people of the run before them where that one is here."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.engine.continuing import plan_continuation
from bot.engine.verifying import verify_run
from bot.format.runbook import Runbook
from bot.journal.chain import canonical, link
from bot.journal.database import for_writing
from bot.journal.store import Journal
from bot.run.commands import LetSomebodyIn, TakeOver
from bot.run.state import Run
from tests.engine.office import Office
from tests.engine.test_propagation import calling
from tests.journal.test_ledger import meddle
from tests.run.test_members import FAY
from tests.story import PEOPLE, people_now


def faults(office: Office, run: Run) -> tuple[str, ...]:
    return verify_run(office.journal, office.book_of, run.id, office.at).faults


def rewrite(journal: Journal, run: Run, **body: object) -> None:
    """Let the start of a run say something else, and link all of it anew, as whoever owns the database can."""
    prev, forged = journal.records(run.id)[0].prev, []
    for record in journal.records(run.id):
        said = canonical(json.loads(record.body) | body) if record.seq == 1 else record.body
        bare = record._replace(prev=prev, body=said)
        prev = link(prev, bare)
        forged.append(bare._replace(hash=prev))
    whose = f"WHERE run_id = '{run.id}'"
    meddle(journal, *(f"DELETE FROM {table} {whose}" for table in ("given", "words", "record")))  # noqa: S608  (ours)
    journal.write(lambda transaction: transaction.add_records(forged))
    with for_writing(journal.engine).begin() as connection:
        connection.execute(text(f"UPDATE run SET hash = '{prev}' {whose}"))  # noqa: S608  (ours)


@pytest.fixture
def called(journal: Journal) -> tuple[Office, Run]:
    """Ana started the caller, Ben took it over, and it called."""
    office = calling(journal)
    caller = office.start("caller", calls={"storage": office.digests["storage"]})
    office.handler.handle(caller.id, TakeOver(), "ben", "slack")
    office.finish(caller.id, by="ben")
    office.handler.propagate(caller.id)
    (child,) = [one for one in journal.run_ids() if one != caller.id]
    return office, office.handler.load(child)


def test_a_called_run_does_not_leave_out_who_started_or_operated_above(called: tuple[Office, Run]) -> None:
    office, child = called
    assert faults(office, child) == ()
    rewrite(office.journal, child, chain={"requesters": ["ana"], "operators": ["ben"]})
    left = faults(office, child)
    assert any("It leaves out Ana Ruiz, who started or operated before it in ORDERS-1." in one for one in left), left


def test_a_run_that_names_a_caller_who_never_called_it_is_named(called: tuple[Office, Run]) -> None:
    office, child = called
    parent = child.start.parent
    assert parent is not None
    other = office.start("caller", reason="Another.")
    rewrite(office.journal, child, parent={"run": other.id, "ref": "ORDERS-9", "step": "ask", "visit": 1})
    assert any(
        "It says that it comes from ORDERS-9, whose records do not say so." in one for one in faults(office, child)
    )


def test_a_run_that_goes_on_does_not_leave_out_whom_it_goes_on_from(journal: Journal) -> None:
    office = Office(journal)
    first = office.start()
    office.handler.handle(first.id, TakeOver(), "ben", "slack")
    run = office.handler.load(first.id)
    book: Runbook = run.book
    head = journal.head(first.id)
    assert head is not None
    plan = replace(plan_continuation(run, head[1], {head[2]: office.texts[head[2]]}), book=book)
    gone_on = office.handler.start(replace(plan, word="ORDERS1"), "dora", "terminal").run
    assert faults(office, gone_on) == ()
    rewrite(journal, gone_on, chain={"requesters": ["ana"], "operators": ["ana"]})
    assert any("It leaves out Ben Okafor" in one for one in faults(office, gone_on))


def test_a_run_that_goes_on_does_not_leave_out_who_let_somebody_in(journal: Journal) -> None:
    """Fay was let in by Dora: there, too, the two count as one."""
    office = Office(journal)
    first = office.start()
    office.handler.handle(first.id, people_now(*PEOPLE, FAY, data_owner=("ben", "dora", "fay")), "clock", "clock")
    waits = office.handler.load(first.id).members.waiting["fay"]
    office.handler.handle(first.id, LetSomebodyIn("fay", waits.seq), "dora", "slack")
    run, head = office.handler.load(first.id), journal.head(first.id)
    assert head is not None
    plan = plan_continuation(run, head[1], {head[2]: office.texts[head[2]]})
    gone_on = office.handler.start(replace(plan, book=run.book, word="ORDERS1"), "chen", "terminal").run
    assert (dict(gone_on.members.let_in), faults(office, gone_on)) == ({"fay": ("dora",)}, ())
    rewrite(journal, gone_on, let_in={})
    assert any("It leaves out who let Fay Moor in in ORDERS-1." in one for one in faults(office, gone_on))
