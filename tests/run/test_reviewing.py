"""A broken glass is reviewed by whoever is nearest to it and had no hand in it; a run that nobody can review closes."""

from collections.abc import Mapping

import pytest

from bot.run.after.events import FollowUpAdded, FollowUpDone, FollowUpReminded
from bot.run.commands import AddNote, BreakGlass, FinishFollowUp, ReviewGlass, TakeOver, Tick
from bot.run.events import Ended, GlassBroken, GlassReviewed, TookOver
from bot.run.law.offers import offers
from bot.run.law.reviewing import reviewers
from bot.run.paging.dues import due_pages, next_due
from bot.run.places import AwaitingReview, Over
from bot.run.situation import Somebody
from bot.run.state import but
from tests.run.test_signing import TIME
from tests.run.test_walk import HOLD
from tests.story import PEOPLE, Story

OPEN = (
    """
vars: {target: {type: timestamp}}
steps:
  - {id: aim, do: Type the target, answer: {var: target}, go: {ok: allow}}
  - {id: allow, signoff: Approve the switch, from: [data_owner], readback: target,
     binds: {vars: [target], steps: [switch]}, go: {approved: switch, rejected: aim, expired: hold}}
  - {id: switch, run: Switch over, effect: change, undo: {none: It stays.}, exec: {argv: [switch]},
     go: {ok: done, fail: hold, timeout: hold}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)
FEW = {"operator": ("ana", "ben"), "lead": ("ben",), "peer": ("ana",), "data_owner": ("ben",)}
"""Ana and Ben are all there is: she operates, he breaks the glass."""


def broken(roles: Mapping[str, tuple[str, ...]], *, owners: tuple[str, ...] = (), lead: str = "ben") -> Story:
    """The glass was broken by a lead while Ana operates; the run stands at the bound step."""
    ids = {one for held in roles.values() for one in held} | set(owners)
    people = tuple(one for one in PEOPLE if one.id in ids)
    story = Story(OPEN, roles=roles, people=people, owners=owners).started().done(target=TIME).at_step("allow")
    story.later(minutes=15).when("clock", Tick()).at_step("hold").later(minutes=1).choose("back", lead).at_step("allow")
    story.later(minutes=6).at_visit(BreakGlass, lead, reason="Nobody answers")
    return story.then(GlassBroken, *story.last[1:]).at_step("switch")


def finished(story: Story) -> Story:
    return story.begin().done()


@pytest.mark.parametrize(
    ("more", "owners", "may"),
    [
        ({"peer": ("ana", "ben", "chen"), "lead": ("ben", "dora")}, ("eve",), ("chen",)),
        ({"lead": ("ben", "dora"), "data_owner": ("eve",)}, (), ("dora",)),
        ({"data_owner": ("ben", "eve")}, ("chen",), ("eve",)),
        ({}, ("ana", "ben", "chen"), ("chen",)),
        ({"scribe": ("ana", "dora", "eve")}, ("ana", "ben"), ("dora", "eve")),
    ],
    ids=["peer", "lead", "data owner", "owner team", "anybody of the run"],
)
def test_the_nearest_who_is_left_reviews(
    more: Mapping[str, tuple[str, ...]], owners: tuple[str, ...], may: tuple[str, ...]
) -> None:
    """Peer, lead, data owner, owner team, anybody of the run: the first group of which somebody is left; no other."""
    story = finished(broken({**FEW, **more}, owners=owners))
    assert isinstance(story.run.here, AwaitingReview)
    assert reviewers(story.run) == may
    assert [one.people for one in due_pages(story.run) if one.reason == "nudge"] == [may]
    for other in {one.id for one in story.run.members.people} - {"ana", "ben", *may}:
        story.when(other, ReviewGlass("fine")).refused("The review is for")
    story.when("ana", ReviewGlass("fine")).refused("You have operated")
    story.when("ben", ReviewGlass("fine")).refused("You broke the glass")
    story.when(may[0], ReviewGlass("Right call")).then(GlassReviewed("Right call"), Ended("recovered", "done"))


def test_a_run_that_nobody_may_review_closes_with_the_review_open() -> None:
    """The last step ends it; what is owed was due when the glass broke, and is reminded of until somebody reviews."""
    story = finished(broken(FEW))
    story.then(*story.last[:2], Ended("recovered", "done"), FollowUpAdded)
    owed = story.run.after.to_do[0]
    assert (owed.owner, owed.due, owed.review) == ("ben", "2026-11-22", True)
    assert story.run.over
    assert "review" in offers(story.run)
    assert story.run.unreviewed
    story.when("ana", FinishFollowUp(1)).refused("done by the review itself")
    due = next_due(story.run)
    assert due is not None
    story.at = due.at
    story.when("clock", Tick()).then(FollowUpReminded)
    for person in ("ana", "ben"):
        story.when(person, ReviewGlass("fine")).refused("somebody else has to review it")


def test_anybody_of_the_catalogue_reviews_what_nobody_of_the_run_may() -> None:
    """The engine says whom the catalogue knows; a stranger is refused, and so is whoever borrows another's entry."""
    zoe = Somebody("zoe", "Zoe Adler", "U0ZOE")
    story = finished(broken(FEW))
    story.when("slack:T9/U9", ReviewGlass("fine")).refused("does not know you")
    story.when("mallory", ReviewGlass("fine", zoe)).refused("does not know you")
    story.when("unverified: zoe", ReviewGlass("fine", zoe)).refused("")
    story.when("zoe", AddNote("May I?")).refused("does not know you")
    story.when("zoe", ReviewGlass("It could not wait", zoe)).then(
        GlassReviewed("It could not wait", zoe), FollowUpDone(1)
    )
    assert story.run.name_of("zoe") == "Zoe Adler"
    assert (story.run.unreviewed, story.run.after.to_do) == ((), ())
    assert next_due(story.run) is None


def test_nobody_from_outside_reviews_while_somebody_of_the_run_may() -> None:
    zoe = Somebody("zoe", "Zoe Adler", "U0ZOE")
    story = finished(broken({**FEW, "peer": ("ana", "chen")}))
    story.when("zoe", ReviewGlass("fine", zoe)).refused("does not know you")


def test_when_the_last_reviewer_takes_over_the_run_closes_with_the_review_open() -> None:
    """It would wait for ever: nobody would be left who may review."""
    story = finished(broken({**FEW, "lead": ("ben", "dora")}))
    assert reviewers(story.run) == ("dora",)
    story.when("dora", TakeOver()).then(TookOver, Ended("recovered", "done"), FollowUpAdded)


def test_a_run_of_before_that_waits_for_nobody_is_closed_by_the_clock() -> None:
    """Records of an older version stand there: the review is waited for, and nobody can give it."""
    story = finished(broken({**FEW, "lead": ("ben", "dora")}))
    stuck = but(story.run, operated=story.run.operated | {"dora"})
    assert reviewers(stuck) == ()
    due = next_due(stuck)
    assert due is not None
    assert due.what == "closes"
    story.state = stuck
    story.when("clock", Tick()).then(Ended("recovered", "done"), FollowUpAdded)
    assert isinstance(story.run.here, Over)


@pytest.mark.parametrize("forbid", ["", "forbid: [], "])
def test_a_former_operator_does_not_break_the_glass(forbid: str) -> None:
    """Dora operated for a moment: that is for ever, whatever `forbid` says. A lead who never did may."""
    roles = {**FEW, "lead": ("ben", "chen", "dora")}
    book = OPEN.replace("from: [data_owner],", f"from: [data_owner], {forbid}")
    story = Story(book, roles=roles).started().when("dora", TakeOver()).when("ana", TakeOver()).done(target=TIME)
    story.later(minutes=15).when("clock", Tick()).later(minutes=1).choose("back", "chen").later(minutes=6)
    story.at_visit(BreakGlass, "dora", reason="It is late").refused("You have operated this run")
    story.at_visit(BreakGlass, "chen", reason="It is late").then(GlassBroken, *story.last[1:])
