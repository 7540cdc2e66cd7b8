"""Somebody at a terminal without a token: they may operate, under the name that the machine gives, and never sign."""

import pytest

from bot.run.commands import (
    AddNote,
    AskHelp,
    BreakGlass,
    Command,
    GoBack,
    Pause,
    Refused,
    Reject,
    Resume,
    ReviewGlass,
    Sign,
    Skip,
    Stop,
    TakeOver,
    Watch,
)  # fmt: skip
from bot.run.events import (
    Begun,
    Ended,
    HelpAsked,
    Noted,
    Paused,
    Resumed,
    Signed,
    SigningRefused,
    SignoffApproved,
    SignoffAsked,
    Skipped,
    StepEntered,
    TookOver,
    WentBack,
)
from bot.run.law.decide import decide
from bot.run.places import AwaitingSignature
from bot.run.situation import Stamp, unverified_id
from tests.story import NOON, Story

ROOT = unverified_id("root")
BOOK = """
vars:
  rows: {type: int, min: 0}
steps:
  - {id: look, do: Count the rows, answer: {var: rows}, go: {ok: tidy}}
  - {id: tidy, do: Tidy up, skip: true, go: {ok: ask}}
  - {id: ask, signoff: Agree to the change, from: [data_owner], binds: {vars: [rows], steps: [change]}, readback: rows,
     go: {approved: change}}
  - {id: change, run: Change the rows, effect: destroy, undo: {none: Gone.}, timeout: 1h, exec: {argv: [change]},
     witness: peer, go: {ok: done, fail: hold, timeout: hold}}
  - {id: hold, decide: Hold here, who: lead, max_visits: 9, options: [{id: a, label: End, when: Bad., go: stop},
     {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}}
  - {id: stop, end: Stop here, outcome: aborted}
  - {id: done, end: Close it, outcome: recovered}
"""


def test_they_start_operate_and_are_called_what_they_are() -> None:
    """The same person over Slack is a stranger: only a terminal may say who its user is."""
    story = Story(BOOK).started(ROOT)
    assert story.run.operator == ROOT
    assert story.run.name_of(ROOT) == "unverified: root"
    story.done(ROOT, rows="7").at_step("tidy")
    story.at_visit(Skip, ROOT, reason="Tidy already").then(Skipped, StepEntered, SignoffAsked)
    story.when(ROOT, AddNote("Looked at it")).then(Noted).at_visit(AskHelp, ROOT).then(HelpAsked)
    story.at_visit(GoBack, ROOT, to="tidy", reason="Once more").then(WentBack, StepEntered)
    story.when(ROOT, Pause("Lunch")).then(Paused).when(ROOT, Resume()).then(Resumed)
    story.correct("rows", "8", ROOT).when(ROOT, Stop("Enough")).then(Ended)
    over_slack = Stamp(NOON, ROOT, "slack")
    with pytest.raises(Refused, match="does not know you"):
        decide(Story(BOOK).state, story.command, over_slack)


def test_they_never_sign_and_a_known_person_does() -> None:
    """The attempt is recorded, as everybody's is."""
    story = Story(BOOK).started(ROOT).done(ROOT, rows="7").done(ROOT)
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    assert here.eligible == ("ben", "dora")
    story.sign(ROOT, "7").refused("You are not logged in here", SigningRefused)
    story.at_visit(Reject, ROOT, reason="No").refused("handrail login", SigningRefused)
    story.when("ana", TakeOver()).then(TookOver).sign("ben", "7").then(Signed, SignoffApproved, StepEntered)
    story.when(ROOT, Watch("change", 1)).refused("You are not logged in here")
    story.when("chen", Watch("change", 1)).begin("ana", "orders-db").then(Begun)


@pytest.mark.parametrize(
    "command",
    [Sign("ask", 1, "d", "7"), Reject("ask", 1, "No"), BreakGlass("ask", 1, "Now"), ReviewGlass("Well")],
    ids=lambda command: type(command).__name__,
)
def test_what_needs_to_be_one_person_is_refused_wherever_the_run_stands(command: Command) -> None:
    story = Story(BOOK).started(ROOT).done(ROOT, rows="7").done(ROOT).when(ROOT, command)
    assert story.refusal is not None
    assert "You are not logged in here" in story.refusal.sentence


def test_they_may_take_over_and_have_no_other_role() -> None:
    """A step of the lead stays the lead's."""
    story = Story(BOOK).started("ana").done(ROOT, rows="7").refused("Ana Ruiz operates this run")
    story.when(ROOT, TakeOver()).then(TookOver).problem(ROOT).at_step("hold")
    story.choose("a", ROOT).refused("This step belongs to the lead (Chen Wei or Dora Lind)")
    story.choose("b", "chen").at_step("look")
