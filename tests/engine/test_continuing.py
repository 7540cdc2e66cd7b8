"""A run that goes on from another one: what counts on, what does not, and the link when it comes home."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import StartPlan
from bot.engine.continuing import link_home, plan_continuation, word_of_continuation
from bot.engine.travel import CannotImport, export_run, import_run
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.run.commands import BreakGlass, LetSomebodyIn, Mismatch, Refused, TakeOver, Tick
from bot.run.events import (
    Begun,
    Ended,
    SentBack,
    SigningRefused,
    SignoffAsked,
    Started,
    StepEntered,
    StepFinished,
    WentOnElsewhere,
)
from bot.run.law.offers import unknown_since
from bot.run.members.events import LetIn
from bot.run.places import AwaitingReview
from bot.run.situation import Stamp, unverified_id
from bot.run.state import Run
from tests.engine.office import Office
from tests.story import NOON, PEOPLE, Story, people_now

BOOK = """
inputs: {damage: {type: text, required: true}}
vars:
  target: {type: timestamp}
  counted: {type: int}
  secret: {type: secret}
steps:
  - {id: look, do: Look, answer: {var: target}, max_visits: 2, go: {ok: blind}}
  - {id: blind, do: Count, who: data_owner, answer: {var: counted, blind: true}, go: {ok: ask}}
  - {id: ask, signoff: Agree, from: [data_owner, lead], binds: {vars: [target], steps: [wipe]}, readback: target,
     timeout: 15m, go: {approved: wipe, expired: ask}}
  - {id: wipe, run: Wipe it, effect: destroy, undo: {none: Gone.}, timeout: 1h,
     exec: {argv: [wipe, "{{ vars.target }}"]}, go: {ok: done, fail: hold, timeout: look2}}
  - {id: look2, do: See whether it was wiped, go: {ok: done, problem: hold}}
  - {id: hold, decide: Hold, who: lead, back: true, max_visits: 9, options: [
     {id: a, label: End, when: Bad., go: stop}, {id: b, label: Look again, when: Good., go: look}], go: {unsure: hold}}
  - {id: stop, end: Stop here, outcome: aborted}
  - {id: done, end: Close it, outcome: recovered}
"""
TARGET = "2026-11-22T11:40:00+00:00"


def at_ask() -> Story:
    story = Story(BOOK, inputs={"damage": "rows"}).started("ana").done("ana", target=TARGET)
    return story.done("ben", counted="9").at_step("ask")


def carried_on(old: Story, by: str = "ana") -> Story:
    """The story of the run that goes on from the last moment of another."""
    start = plan_continuation(old.run, "h" * 64, {}).start
    story = Story(old.book)
    story.at, story.command = old.at, start
    return story.when(by, start)


def test_it_stands_where_the_other_one_stood_with_all_that_was_known() -> None:
    story = carried_on(at_ask()).then(Started, StepEntered, SignoffAsked).at_step("ask")
    assert (story.value("target"), story.value("damage")) == (TARGET, "rows")
    assert story.run.visits == {"look": 1, "blind": 1, "ask": 1}
    assert story.run.start.continues == "ORDERS-7"
    assert [visit.step for visit in story.run.done] == ["look", "blind"]


def test_signatures_do_not_carry_over() -> None:
    """Approved there, it is asked for again here before the bound step."""
    old = at_ask().sign("dora", TARGET).at_step("wipe")
    story = carried_on(old).then(Started, SentBack, StepEntered, SignoffAsked).at_step("ask")
    story.begin("ana", "orders-db").refused("does not wait")


def test_whoever_worked_on_the_other_one_signs_neither() -> None:
    """Dora began it and Ana operated; both are barred as if nothing had been in between."""
    old = Story(BOOK, inputs={"damage": "rows"}).started("dora").when("ana", TakeOver()).done("ana", target=TARGET)
    story = carried_on(old.done("ben", counted="9"), unverified_id("root"))
    assert "ana" in story.run.operated
    story.sign("dora", TARGET).refused("You started or ran this run", SigningRefused)
    story.when("ben", TakeOver()).sign("chen", TARGET).at_step("wipe")


def test_what_was_begun_there_is_never_begun_again_unseen() -> None:
    """Its outcome is unknown here: the run takes the way that the author wrote for that."""
    old = at_ask().sign("dora", TARGET).begin("ana", "orders-db").then(Begun)
    story = carried_on(old).then(Started, StepEntered, StepFinished, StepEntered).at_step("look2")
    assert story.run.done[-1].exit == "timeout"
    assert unknown_since(story.run, "wipe") == ("wipe",)


def test_nobody_gets_in_by_going_on() -> None:
    """Eve was put in and waits, Chen is out: so it is in the run that goes on; Dora lets Eve in there too."""
    left = [one for one in PEOPLE if one.id != "chen"]
    old = at_ask().when("clock", people_now(*left, data_owner=("ben", "dora", "eve")))
    story = carried_on(old)
    story.sign("eve", TARGET).refused("This needs the data owner or lead: Ben Okafor or Dora Lind.", SigningRefused)
    story.when("chen", TakeOver()).refused("does not know you")
    story.when("dora", LetSomebodyIn("eve", story.run.members.waiting["eve"].seq)).then(LetIn, SignoffAsked)
    story.sign("eve", TARGET).at_step("wipe")


def test_a_hidden_answer_stays_hidden_and_visits_go_on_counting() -> None:
    story = carried_on(at_ask())
    assert story.run.hidden == {"counted"}
    old = Story(BOOK, inputs={"damage": "rows"}).started("ana").at_visit(Mismatch, "ana").choose("b", "chen")
    again = carried_on(old).at_step("look")
    assert again.run.visits["look"] == 2, "the visit where it stood is made again, and counts once"
    again.at_visit(Mismatch, "ana").choose("b", "chen").at_step("hold")


def test_a_broken_glass_is_still_to_be_reviewed() -> None:
    old = at_ask().later(minutes=16).when("clock", Tick()).later(minutes=6)
    old.at_visit(BreakGlass, "dora", reason="It burns").at_step("wipe")
    story = carried_on(old).sign("chen", TARGET).begin("ana", "orders-db").done()
    assert isinstance(story.run.here, AwaitingReview)


def test_words_that_were_typed_are_not_carried_along() -> None:
    """They can be erased in the run where they stand; a second copy could not."""
    old = Story(BOOK, inputs={"damage": "rows"}).started("ana").at_visit(Mismatch, "ana", words="my password is x")
    old.choose("b", "chen")
    former = plan_continuation(old.run, "h", {}).start.former
    assert former is not None
    assert [visit.said for visit in former.done] == ["", "Look again"]


def test_an_ended_run_is_not_gone_on_from() -> None:
    story = at_ask().sign("dora", TARGET).begin("ana", "orders-db").done().then(StepFinished, StepEntered, Ended)
    with pytest.raises(Refused, match="ORDERS-7 has ended"):
        plan_continuation(story.run, "h", {})


@pytest.mark.parametrize(
    ("ref", "word"),
    [("ORDERS-7", "ORDERS7"), ("ORDERS-7.2", "ORDERS7"), ("ABCDEFGHIJ-12", "ABCDEFGH12"), ("ORDERS7-1", "ORDERS71")],
)
def test_its_ref_says_what_it_goes_on_from(ref: str, word: str) -> None:
    assert word_of_continuation(ref) == word


@pytest.fixture
def away(migrated_file: Path, tmp_path: Path) -> Iterator[Office]:
    """A desk on a file of its own, where the record at home is out of reach."""
    engine = open_engine(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'away.db')}")
    yield Office(Journal(engine), name="away")
    engine.dispose()


def take_along(office: Office, away: Office, run_id: str) -> Run:
    """Go on with a run elsewhere, from a copy of it."""
    row = office.journal.run_row(run_id)
    assert row is not None
    lines = list(export_run(office.journal, row, NOON))
    import_run(away.journal, away.book_of, lines, Stamp(NOON, "unverified: root", "import"), "the mirror")
    plan = plan_continuation(away.handler.load(run_id), row.hash, {row.digest: away.texts[row.digest]})
    return away.handler.start(plan, "ana", "terminal").run


def bring_home(away: Office, office: Office, run_id: str) -> Run:
    row = away.journal.run_row(run_id)
    assert row is not None
    lines = list(export_run(away.journal, row, NOON))
    import_run(office.journal, office.book_of, lines, Stamp(NOON, "unverified: root", "import"), "away.jsonl")
    return office.handler.load(run_id)


STAMP = Stamp(NOON, "unverified: root", "import")


def test_it_comes_home_and_the_two_know_each_other(office: Office, away: Office) -> None:
    """A chain never forks: the old one holds one event more, and importing again adds nothing."""
    old = office.start()
    office.finish(old.id)
    fresh = take_along(office, away, old.id)
    assert fresh.start.ref == "ORDERS1-1"
    away.finish(fresh.id)
    for state in ("linked", "known"):
        home = bring_home(away, office, fresh.id)
        told = link_home(office.journal, office.book_of, home, STAMP, office.new_id)
        assert told is not None
        assert (told.state, told.ref, told.since, told.others) == (state, "ORDERS-1", 0, ())
    history = office.handler.history(old.id)
    assert history[-1][1] == WentOnElsewhere(fresh.id, "ORDERS1-1", len(history) - 1)
    assert office.journal.verify(old.id).sound
    assert office.journal.verify(fresh.id).sound
    with pytest.raises(Refused, match="was imported"):
        office.finish(fresh.id)
    office.finish(old.id)


def once_more(away: Office, run_id: str, hash_: str) -> StartPlan:
    plan = plan_continuation(away.handler.load(run_id), hash_, {})
    return replace(plan, start=replace(plan.start, reason="Another machine"))


def test_what_went_on_in_both_is_named(office: Office, away: Office) -> None:
    """Somebody pressed Done at home meanwhile, and a second machine went on too."""
    old = office.start()
    first = take_along(office, away, old.id)
    office.finish(old.id)
    told = link_home(office.journal, office.book_of, bring_home(away, office, first.id), STAMP, office.new_id)
    assert told is not None
    assert told.since == 2
    second = away.handler.start(once_more(away, old.id, "x" * 64), "ana", "terminal").run
    strange = link_home(office.journal, office.book_of, bring_home(away, office, second.id), STAMP, office.new_id)
    assert strange is not None
    assert strange.state == "strange"
    known = office.journal.hash_at(old.id, 2)
    third = away.handler.start(once_more(away, old.id, known or ""), "ana", "terminal").run
    again = link_home(office.journal, office.book_of, bring_home(away, office, third.id), STAMP, office.new_id)
    assert again is not None
    assert (again.state, again.others) == ("linked", ("ORDERS1-1",))


def test_a_copy_is_never_added_to(office: Office, away: Office) -> None:
    old = office.start()
    fresh = take_along(office, away, old.id)
    told = link_home(away.journal, away.book_of, away.handler.load(fresh.id), STAMP, away.new_id)
    assert told is not None
    assert told.state == "away", "there the old one is a copy, and is only read"
    assert link_home(office.journal, office.book_of, office.handler.load(old.id), STAMP, office.new_id) is None


def test_a_file_that_was_meddled_with_is_not_taken_in(office: Office, away: Office) -> None:
    fresh = take_along(office, away, office.start().id)
    row = away.journal.run_row(fresh.id)
    assert row is not None
    lines = [line.replace('"ana"', '"ben"') for line in export_run(away.journal, row, NOON)]
    with pytest.raises(CannotImport):
        import_run(office.journal, office.book_of, lines, STAMP, "away.jsonl")
