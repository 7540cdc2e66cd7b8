"""Runs of several teams over a real database: opened one by one, each with its own people, heard of and stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine import StartPlan
from bot.engine.audit import audit_records
from bot.engine.kinship import Shelf, compare_around, compare_family
from bot.engine.plan import inherited_plan
from bot.engine.travel import export_run, import_run
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.run import commands
from bot.run.calls.events import HandedAnew, Joined, StopWanted
from bot.run.calls.rules import calls_out
from bot.run.commands import Correct, Finish, LetSomebodyIn, Refused, Sign, Stop, TakeOver
from bot.run.events import CallNotOpened, CallOpened, ChainGrown, SignatureVoided
from bot.run.paging.dues import propagation_due
from bot.run.places import AwaitingRuns, AwaitingSignature, InCall, Over
from bot.run.situation import Stamp
from bot.run.state import Run
from tests.engine.office import Office
from tests.places import migrated
from tests.run.test_members import FAY
from tests.story import PEOPLE, ROLES, people_now

SITE = """
vars: {rows: {type: int}}
steps:
  - {id: count, do: Count the rows, answer: {var: rows}, go: {ok: database}}
  - {id: database, call: Bring the database back, runbook: wiped, meanwhile: true, with: {rows: "{{ vars.rows }}"},
     go: {ok: search}}
  - {id: search, call: Bring the search back, runbook: wiped, meanwhile: true,
     with: {asset: search, rows: "{{ vars.rows }}"}, go: {ok: both}}
  - {id: both, join: Both are back, timeout: 2h, go: {ok: done, fail: hold, timeout: hold}, max_visits: 5}
  - {id: done, end: Close, outcome: recovered}
  - {id: hold, do: Hold here, go: {ok: both, problem: stopped}, max_visits: 9}
  - {id: stopped, end: Stop here, outcome: partial}
"""
WIPED = """
exception: ask
vars: {rows: {type: int}}
steps:
  - {id: ask, signoff: Approve, from: [data_owner], binds: {vars: [rows], steps: [wipe]}, go: {approved: wipe},
     max_visits: 9}
  - {id: wipe, run: Wipe, effect: destroy, undo: {none: Gone.}, exec: {argv: [wipe], at: pg-1},
     go: {ok: done, timeout: ask}}
  - {id: done, end: Close, outcome: recovered}
"""


def two_teams(journal: Journal, site: str = SITE, **how: object) -> tuple[Office, str, str, str]:
    """The run, and those of both teams, all open."""
    office = Office(journal, {"site": site, "wiped": WIPED}, **how)  # type: ignore[arg-type]
    run = office.start("site", calls={"wiped": office.digests["wiped"]})
    office.handler.handle(run.id, Finish("count", 1, "ok", {"rows": "5"}), "ana", "slack")
    office.handler.propagate(run.id)
    database, search = (call.child for call in calls_out(office.handler.load(run.id)))
    return office, run.id, database, search


def asked(office: Office, run_id: str) -> AwaitingSignature:
    here = office.handler.load(run_id).here
    assert isinstance(here, AwaitingSignature)
    return here


def sign(office: Office, run_id: str, by: str) -> Run:
    here = asked(office, run_id)
    return office.handler.handle(run_id, Sign(here.step, here.visit, here.digest, "orders-db"), by, "slack").run


def sound(office: Office) -> None:
    """Every run verifies: its chain, and the law replayed over it."""
    for run_id in office.journal.run_ids():
        records = office.journal.records(run_id)
        assert office.journal.verify(run_id).sound
        assert not list(audit_records(run_id, office.book_of(records[0].prev), records)), run_id
        shelf = Shelf(office.journal.records, office.book_of, lambda _: True)
        assert not [*compare_family(shelf, records), *compare_around(shelf, records)], run_id


def test_two_teams_recover_and_the_run_goes_on_by_itself(journal: Journal) -> None:
    office, run, database, search = two_teams(journal)
    assert isinstance(office.handler.load(run).here, AwaitingRuns)
    assert [office.handler.load(one).start.ref for one in (database, search)] == ["ORDERS-2", "ORDERS-3"]
    for child in (database, search):
        sign(office, child, "dora")
        office.handler.handle(child, commands.Begin("wipe", 1, "orders-db"), "ana", "slack")
        office.handler.handle(child, Finish("wipe", 1, "ok"), "ana", "slack")
        office.handler.propagate(child)
    assert [event for _, event, _ in office.handler.history(run) if isinstance(event, Joined)] == [
        Joined("both", 1, "ok", {"database": "recovered", "search": "recovered"})
    ]
    here = office.handler.load(run).here
    assert isinstance(here, Over)
    assert here.outcome == "recovered"
    sound(office)


def test_whoever_operates_one_may_sign_in_none_of_the_others(journal: Journal) -> None:
    """At once where they press; and what they have signed there is void as soon as the clock has looked."""
    office, run, database, search = two_teams(journal)
    sign(office, search, "ben")
    office.handler.handle(search, TakeOver(), "chen", "slack")
    with pytest.raises(Refused, match="You started or ran this run"):
        sign(office, database, "chen")
    office.handler.handle(database, TakeOver(), "ben", "slack")
    office.handler.tick_due(10)
    for one in (run, database, search):
        office.handler.propagate(one)
    told = [type(event) for _, event, _ in office.handler.history(search)]
    assert ChainGrown in told
    assert SignatureVoided in told
    assert "ben" in office.handler.load(run).operators
    office.handler.handle(search, commands.Begin("wipe", 1, "orders-db"), "chen", "slack")
    assert "ben" not in asked(office, search).eligible
    sound(office)


def test_who_was_let_in_in_one_counts_as_one_with_that_lead_in_all_of_them(journal: Journal) -> None:
    """Dora let Fay in in the search run, who operates there: in the database's Dora signs nothing. Ben does.

    `verify` names a record in which it was not heard.
    """
    office, _, database, search = two_teams(journal)
    now = people_now(*PEOPLE, FAY, operator=(*ROLES["operator"], "fay"))
    office.handler.handle(search, now, "clock", "clock")
    waits = office.handler.load(search).members.waiting["fay"]
    office.handler.handle(search, LetSomebodyIn("fay", waits.seq), "dora", "slack")
    office.handler.handle(search, TakeOver(), "fay", "slack")
    office.later(minutes=5)
    with pytest.raises(Refused, match="You let in fay, who has operated: the two of you count as one"):
        sign(office, database, "dora")
    assert office.handler.load(database).whole_chain.let_in == (("fay", "dora"),)
    sign(office, database, "ben")
    sound(office)
    records = office.journal.records(database)
    shelf = Shelf(office.journal.records, office.book_of, lambda _: True)
    assert list(compare_around(shelf, records)) == []
    unheard = [one for one in records if one.kind != "chain-grown"]
    (named,) = compare_around(shelf, unheard)
    assert "it would have heard first that" in named
    assert "ORDERS-3" in named


def test_a_corrected_value_voids_in_all_of_them(journal: Journal) -> None:
    office, run, database, search = two_teams(journal)
    for child in (database, search):
        sign(office, child, "dora")
    given = office.handler.load(run).given["rows"]
    office.handler.handle(run, Correct(given.seq, "rows", "6", "Counted again."), "ana", "slack")
    office.handler.propagate(run)
    for child in (database, search):
        told = [type(event) for _, event, _ in office.handler.history(child)]
        assert told.count(HandedAnew) == told.count(SignatureVoided) == 1
        assert office.handler.load(child).vars["rows"] == 6
    assert propagation_due(office.handler.load(run)) is None
    sound(office)


def test_stopping_asks_each_run_and_ends_once_all_are_back(journal: Journal) -> None:
    office, run, database, search = two_teams(journal)
    office.handler.handle(run, Stop("It is worse."), "ana", "slack")
    office.handler.propagate(run)
    for child in (database, search):
        wish = office.handler.load(child).stop_wanted
        assert wish is not None
        assert (wish.named, wish.reason) == ("Ana Ruiz", "It is worse.")
        assert [type(event) for _, event, _ in office.handler.history(child)].count(StopWanted) == 1
        assert not office.handler.load(run).over
        office.handler.handle(child, Stop("As asked."), "ana", "slack")
        office.handler.propagate(child)
    assert office.handler.load(run).over
    sound(office)


def test_a_second_run_on_one_asset_is_not_opened(journal: Journal) -> None:
    office = Office(journal, {"site": SITE.replace("asset: search, ", ""), "wiped": WIPED})
    run = office.start("site", calls={"wiped": office.digests["wiped"]})
    office.handler.handle(run.id, Finish("count", 1, "ok", {"rows": "5"}), "ana", "slack")
    office.handler.propagate(run.id)
    told = [event for _, event, _ in office.handler.history(run.id)]
    assert sum(isinstance(event, CallOpened) for event in told) == 1
    (refused,) = (event for event in told if isinstance(event, CallNotOpened))
    assert "ORDERS-2 works on “orders-db” for ORDERS-1 already" in refused.why
    assert office.handler.load(run.id).here_is("hold")
    sound(office)


def test_one_that_cannot_be_opened_keeps_no_other_waiting(journal: Journal) -> None:
    """The catalogue breaks for the first; the second team's run is open all the same, and the first is tried again."""
    broken = [True]

    def plan(run: Run) -> StartPlan:
        assert isinstance(run.here, InCall)
        if broken[0] and run.here.step == "database":
            raise OSError("no disk")
        return inherited_plan(run)

    office = Office(journal, {"site": SITE, "wiped": WIPED}, plan)
    run = office.start("site", calls={"wiped": office.digests["wiped"]})
    office.handler.handle(run.id, Finish("count", 1, "ok", {"rows": "5"}), "ana", "slack")
    with pytest.raises(OSError, match="no disk"):
        office.handler.propagate(run.id)
    assert [call.ref for call in calls_out(office.handler.load(run.id))] == [None, "ORDERS-2"]
    broken[0] = False
    office.handler.propagate(run.id)
    assert [call.ref for call in calls_out(office.handler.load(run.id))] == ["ORDERS-3", "ORDERS-2"]


def test_they_travel_and_what_comes_in_is_held_to_the_law(journal: Journal, other: Journal) -> None:
    office, run, database, search = two_teams(journal)
    for one in (run, database, search):
        row = office.handler.find(office.handler.load(one).start.ref)
        assert row is not None
        lines = list(export_run(journal, row, office.at))
        done = import_run(other, office.book_of, lines, Stamp(office.at, "ana", "import"), "a file")
        assert (done.state, done.unlawful) == ("new", ())


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Journal]:
    engine = open_engine(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    migrated(engine)
    yield Journal(engine)
    engine.dispose()
