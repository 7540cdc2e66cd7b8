"""A run calls another: it opens by itself, its outcome comes back by itself, each once, whatever crashes in between."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from bot.engine import Outcome, StartPlan
from bot.engine.audit import audit_records
from bot.engine.plan import called_plan, inherited_plan
from bot.journal.group_commit import PATIENCE
from bot.journal.rows import HOLD
from bot.journal.store import Busy, Journal
from bot.run.commands import (
    Begin,
    Command,
    Finish,
    NoteChildOpened,
    NoteParentTold,
    Refused,
    Sign,
    TakeChildOutcome,
    TakeOver,
)
from bot.run.events import (
    CallDelayed,
    CallNotOpened,
    CallOpened,
    CallReturned,
    ChainGrown,
    ParentTold,
    SentBack,
    SignatureVoided,
    Started,
    StepEntered,
)
from bot.run.paging.dues import next_due, propagation_due
from bot.run.places import AtStep, AwaitingSignature, Chain, InCall, Over
from bot.run.situation import Via
from bot.run.state import Run
from tests.engine.office import Office
from tests.story import NOON

CALLER = """
vars: {copied: {type: int}}
steps:
  - {id: look, do: Look at it, go: {ok: ask}}
  - {id: ask, call: Ask the storage team, runbook: storage, capture: {copied: {output: files}},
     go: {recovered: done, else: hold}}
  - {id: hold, decide: Decide what now, max_visits: 20,
     options: [{id: again, label: Again, when: Fine., go: ask}, {id: stop, label: Stop, when: Bad., go: done}],
     go: {unsure: hold}}
  - {id: done, end: Stop here, outcome: aborted}
"""
CALLED = """
exception: copy
vars: {files: {type: int, ask: "How many files?"}}
steps:
  - {id: copy, do: Copy the files, answer: {var: files}, go: {ok: good}, max_visits: 5}
  - {id: good, end: Files are there, outcome: recovered}
"""
RETIRED = CALLED.replace("exception: copy", "exception: copy\nstatus: retired")


def calling(journal: Journal, called: str = CALLED, **how: object) -> Office:
    return Office(journal, {"caller": CALLER, "storage": called}, **how)  # type: ignore[arg-type]


def called_run(office: Office) -> Run:
    """A run that stands in a call which nobody has opened yet."""
    run = office.start("caller", calls={"storage": office.digests["storage"]})
    return office.finish(run.id).run


def child_of(run: Run) -> str:
    assert isinstance(run.here, InCall)
    return run.here.child


def test_a_called_run_opens_ends_and_is_told(journal: Journal) -> None:
    office = calling(journal)
    run = called_run(office)
    assert office.changes[-1] == (run.id, office.at)
    assert journal.due(office.at, 5) == [run.id] or journal.judges
    office.handler.propagate(run.id)
    child = office.handler.load(child_of(run))
    assert (child.start.ref, child.start.mode, child.start.asset) == ("ORDERS-2", "live", run.start.asset)
    assert child.start.parent is not None
    assert (child.start.parent.run, child.start.parent.ref) == (run.id, "ORDERS-1")
    assert child.requester == "ana"
    here = office.handler.load(run.id).here
    assert isinstance(here, InCall)
    assert here.ref == "ORDERS-2"
    office.handler.handle(child.id, Finish("copy", 1, "ok", {"files": "412"}), "ana", "slack")
    office.handler.propagate(child.id)
    after = office.handler.load(run.id)
    assert after.vars["copied"] == 412
    assert isinstance(after.here, Over)
    assert office.handler.load(child.id).parent_told
    assert next_due(office.handler.load(child.id)) is None
    assert journal.verify(run.id).sound


def test_errands_are_done_once_however_often_they_are_run(journal: Journal) -> None:
    office = calling(journal)
    run = called_run(office)
    for _ in range(3):
        office.handler.propagate(run.id)
    child = child_of(run)
    office.handler.handle(child, Finish("copy", 1, "ok", {"files": "1"}), "ana", "slack")
    for _ in range(3):
        office.handler.propagate(child)
        office.handler.propagate(run.id)
    told = [type(event) for _, event, _ in office.handler.history(run.id)]
    assert (told.count(CallOpened), told.count(CallReturned)) == (1, 1)
    assert [type(event) for _, event, _ in office.handler.history(child)].count(ParentTold) == 1
    assert len(journal.run_ids()) == 2


class DiesAt(Office):
    """A process that is killed just before it would ask for one kind of command."""

    def __init__(self, journal: Journal, fatal: type) -> None:
        super().__init__(journal, {"caller": CALLER, "storage": CALLED})
        handle = self.handler.handle

        def dies(run_id: str, command: Command, by: str, via: Via, key: str | None = None) -> Outcome:
            if isinstance(command, fatal):
                raise KeyboardInterrupt
            return handle(run_id, command, by, via, key)

        self.handler.handle = dies  # type: ignore[method-assign]


@pytest.mark.parametrize("fatal", [NoteChildOpened, TakeChildOutcome, NoteParentTold])
def test_a_crash_between_two_transactions_is_mended(journal: Journal, fatal: type) -> None:
    """One part is written, the process dies before the next: the run stays due, and the next look does the rest."""
    office = DiesAt(journal, fatal)
    run = called_run(office)
    child = child_of(run)
    with suppress(KeyboardInterrupt):
        office.handler.propagate(run.id)
        office.handler.handle(child, Finish("copy", 1, "ok", {"files": "7"}), "ana", "slack")
        office.handler.propagate(child)
    fresh = calling(journal, name="restarted")
    fresh.handler.propagate(run.id)
    if fatal is NoteChildOpened:
        fresh.handler.handle(child, Finish("copy", 1, "ok", {"files": "7"}), "ana", "slack")
    fresh.handler.propagate(child)
    assert fresh.handler.load(run.id).vars["copied"] == 7
    assert fresh.handler.load(child).parent_told
    assert len(journal.run_ids()) == 2


def not_opened(office: Office, run: Run) -> str:
    """Why the call of a run could not be opened; it left by `else`, and waits for no run any more."""
    office.handler.propagate(run.id)
    after = office.handler.load(run.id)
    assert isinstance(after.here, AtStep)
    assert after.here.step == "hold"
    told = [event for _, event, _ in office.handler.history(run.id)]
    entered = next(one for one in reversed(told) if isinstance(one, StepEntered))
    assert (entered.came_from, entered.by_exit) == ("ask", "else")
    (why,) = [one.why for one in told if isinstance(one, CallNotOpened)]
    assert (after.done[-1].exit, after.done[-1].said) == ("not opened", why)
    due = next_due(after)
    assert due is None or due.what != "errand"
    return why


def test_a_call_that_may_not_begin_goes_back_with_the_reason(journal: Journal) -> None:
    office = calling(journal, RETIRED)
    assert "is retired" in not_opened(office, called_run(office))


def test_a_call_that_cannot_be_opened_yet_is_said_once_it_was_tried_in_vain(journal: Journal) -> None:
    """The reason may pass, so it is tried on; the third failure says it in the run, later ones say nothing new."""

    def plan(run: Run) -> StartPlan:
        if office.at < NOON + timedelta(minutes=5):
            raise OSError("a file share that is away")
        return inherited_plan(run)

    office = calling(journal, plan_call=plan)
    run = called_run(office)
    for _ in range(6):
        with pytest.raises(OSError, match="away"):
            office.handler.propagate(run.id)
        office.later(seconds=30)
    (told,) = [event for _, event, _ in office.handler.history(run.id) if isinstance(event, CallDelayed)]
    assert told.why == "Handrail broke on it, and its log says why."
    here = office.handler.load(run.id).here
    assert isinstance(here, InCall)
    assert here.delayed == told.why
    office.later(minutes=5)
    office.handler.propagate(run.id)
    here = office.handler.load(run.id).here
    assert isinstance(here, InCall)
    assert (here.delayed, here.ref) == ("", "ORDERS-2")
    assert not list(audit_records(run.id, run.book, journal.records(run.id)))


def test_a_call_whose_runbook_was_not_kept_leaves_by_else(journal: Journal) -> None:
    """It would be tried again each half a minute for ever."""
    office = calling(journal)
    run = office.finish(office.start("caller").id).run
    assert not_opened(office, run) == (
        "The runbook “storage” was not kept when this run started. Start it as a run of its own."
    )


def test_a_circle_of_calls_ends_where_it_closes(journal: Journal) -> None:
    """Runbooks that were changed while others stayed as they were can call each other: the second one is not opened."""
    back = CALLER.replace("call: Ask the storage team, runbook: storage", "call: Ask back, runbook: caller")
    office = Office(journal, {"caller": CALLER, "storage": back})
    run = office.finish(office.start("caller", calls=office.digests).id).run
    office.handler.propagate(run.id)
    child = office.finish(child_of(run)).run
    why = "The runbook “caller” is walked in ORDERS-1, which waits for this run: the calls go in a circle."
    assert not_opened(office, child) == why
    assert len(journal.run_ids()) == 2


def test_a_call_that_cannot_be_planned_now_is_put_off(journal: Journal) -> None:
    """It stays due, half a minute later by the clock that judges, and the reason is raised for the clock."""

    def broken(_: Run) -> StartPlan:
        raise LookupError("the catalogue is being changed")

    office = calling(journal, plan_call=broken)
    run = called_run(office)
    with pytest.raises(LookupError):
        office.handler.propagate(run.id)
    due = journal.next_due()
    assert due is not None
    assert abs((due - journal.moment(office.at)).total_seconds() - 30) < 5
    calling(journal, name="mended").handler.propagate(run.id)
    assert len(journal.run_ids()) == 2


def test_the_catalogue_says_who_acts_in_the_called_run(journal: Journal) -> None:
    """Runbook, mode and caller are what was recorded, whatever the plan says."""

    def plan(run: Run) -> StartPlan:
        made = inherited_plan(run)
        roles = {"operator": ("dora",), "lead": ("chen",)}
        return replace(made, start=replace(made.start, mode="drill", digest="0" * 64, roles=roles), word="STORE")

    office = calling(journal, plan_call=plan)
    run = called_run(office)
    office.handler.propagate(run.id)
    child = office.handler.load(child_of(run))
    start = office.handler.history(child.id)[0][1]
    assert isinstance(start, Started)
    assert (start.ref, start.mode, start.digest) == ("STORE-1", "live", office.digests["storage"])
    assert (child.operator, start.roles["operator"]) == (None, ("dora",))
    with pytest.raises(Refused, match="Dora"):
        office.handler.handle(child.id, Finish("copy", 1, "ok", {"files": "1"}), "ana", "slack")


def test_a_run_without_an_errand_is_left_alone(office: Office) -> None:
    run = office.start()
    office.handler.propagate(run.id)
    assert len(office.handler.history(run.id)) == 2


DESTROYED = """
exception: hold
vars: {files: {type: int}, depth: {type: int}}
steps:
  - {id: copy, do: Count the files, who: data_owner, answer: {var: files}, go: {ok: ask}, max_visits: 5}
  - {id: ask, signoff: Agree to wipe, from: [data_owner, lead], binds: {vars: [files], steps: [wipe]}, max_visits: 9,
     go: {approved: wipe}}
  - {id: wipe, run: Wipe it, effect: destroy, undo: {none: Gone.}, exec: {argv: [wipe]},
     go: {ok: good, fail: hold, timeout: hold}}
  - {id: hold, decide: Hold, max_visits: 9, back: true,
     options: [{id: a, label: Again, when: Fine., go: copy}, {id: b, label: Stop, when: Bad., go: good}],
     go: {unsure: hold}}
  - {id: good, end: Files are there, outcome: recovered}
"""


def sign(office: Office, run_id: str, by: str) -> None:
    here = office.handler.load(run_id).here
    assert isinstance(here, AwaitingSignature)
    office.handler.handle(run_id, Sign(here.step, here.visit, here.digest, "orders-db"), by, "slack")


def test_who_started_or_operated_above_signs_nothing_below_and_who_comes_later_loses_what_they_signed(
    journal: Journal,
) -> None:
    """Chen started the caller, Ana operates it and so the called run; Dora counts; Ben signs, then takes over above."""
    office = calling(journal, DESTROYED)
    run = office.start("caller", by="chen", calls={"storage": office.digests["storage"]})
    office.handler.handle(run.id, TakeOver(), "ana", "slack")
    office.finish(run.id)
    office.handler.propagate(run.id)
    child = child_of(office.handler.load(run.id))
    assert propagation_due(office.handler.load(run.id)) is None
    office.handler.handle(child, Finish("copy", 1, "ok", {"files": "3"}), "dora", "slack")
    for barred in ("chen", "ana", "dora"):
        with pytest.raises(Refused, match="so someone else has to sign"):
            sign(office, child, barred)
    sign(office, child, "ben")
    office.handler.handle(run.id, TakeOver(), "ben", "slack")
    assert propagation_due(office.handler.load(run.id)) is not None
    for _ in range(2):
        office.handler.propagate(run.id)
    assert propagation_due(office.handler.load(run.id)) is None
    kinds = [type(event) for _, event, _ in office.handler.history(child)]
    assert (kinds.count(ChainGrown), kinds.count(SignatureVoided)) == (1, 1)
    office.handler.handle(child, Begin("wipe", 1, "orders-db"), "ana", "slack")
    assert office.handler.load(child).here_is("ask")


def test_a_start_below_knows_who_took_over_above_before_the_clock_has_told_it(journal: Journal) -> None:
    """Ben signs below and takes over above. Before the clock looks, Ana begins: his signature starts nothing."""
    office = calling(journal, DESTROYED)
    run = office.start("caller", by="chen", calls={"storage": office.digests["storage"]})
    office.handler.handle(run.id, TakeOver(), "ana", "slack")
    office.finish(run.id)
    office.handler.propagate(run.id)
    child = child_of(office.handler.load(run.id))
    office.handler.handle(child, Finish("copy", 1, "ok", {"files": "3"}), "dora", "slack")
    sign(office, child, "ben")
    office.handler.handle(run.id, TakeOver(), "ben", "slack")
    begun = office.handler.handle(child, Begin("wipe", 1, "orders-db"), "ana", "slack", "a press")
    told = [(type(event), stamp.by) for _, event, stamp in begun.events]
    assert told[:3] == [(ChainGrown, "clock"), (SignatureVoided, "clock"), (SentBack, "ana")]
    assert begun.run.here_is("ask")
    assert office.handler.handle(child, Begin("wipe", 1, "orders-db"), "ana", "slack", "a press").repeated
    records = journal.records(child)
    assert not list(audit_records(child, begun.run.book, records))
    with pytest.raises(Refused, match="so someone else has to sign"):
        sign(office, child, "ben")


def test_a_caller_that_somebody_holds_keeps_the_clock_for_a_moment_alone(journal: Journal) -> None:
    """The child has ended. While the caller is held, telling it is put off; then it is told."""
    if not journal.judges:
        pytest.skip("SQLite has one writer at a time: nobody holds one run alone")
    office = calling(journal)
    run = called_run(office)
    office.handler.propagate(run.id)
    child = child_of(run)
    office.handler.handle(child, Finish("copy", 1, "ok", {"files": "7"}), "ana", "slack")
    with journal.engine.begin() as elsewhere:
        elsewhere.execute(HOLD, {"run_id": run.id})
        began = monotonic()
        with pytest.raises(Busy, match="held by somebody else"):
            office.handler.propagate(child)
        assert monotonic() - began < PATIENCE / 2
    office.handler.propagate(child)
    assert office.handler.load(run.id).vars["copied"] == 7


def test_who_operated_below_is_of_the_chain_above_once_it_has_returned(journal: Journal) -> None:
    office = calling(journal)
    run = called_run(office)
    office.handler.propagate(run.id)
    child = child_of(run)
    office.handler.handle(child, TakeOver(), "ben", "slack")
    office.handler.handle(child, Finish("copy", 1, "ok", {"files": "412"}), "ben", "slack")
    office.handler.propagate(child)
    after = office.handler.load(run.id)
    assert after.operators >= {"ana", "ben"}
    assert after.given["copied"].givers == ("ben",)


def test_a_call_that_an_older_version_opened_hears_of_the_people_above(journal: Journal) -> None:
    """Its start knows nobody; the caller is due until it has told it."""
    office = calling(journal, DESTROYED)
    run = called_run(office)
    here = run.here
    assert isinstance(here, InCall)
    plan = called_plan(inherited_plan(run), run, here, office.book_of(here.digest))
    plain = replace(plan, start=replace(plan.start, chain=Chain(), givers={}))
    child = office.handler.start(plain, "ana", "clock", None, here.child).run
    office.handler.handle(run.id, NoteChildOpened(here.step, here.visit, here.child, child.start.ref), "clock", "clock")
    office.handler.handle(run.id, TakeOver(), "ben", "slack")
    office.handler.propagate(run.id)
    assert office.handler.load(child.id).operators >= {"ana", "ben"}
    assert propagation_due(office.handler.load(run.id)) is None
