"""Whoever gave a bound value does not sign it: typed, corrected, set, handed over or brought home."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.engine.continuing import plan_continuation
from bot.run.commands import Finish, GrowChain, NoteChildOpened, TakeChildOutcome, TakeOver, Tick
from bot.run.events import ChainGrown, Corrected, SignatureVoided, Signed, SigningRefused, SignoffApproved, StepEntered
from bot.run.law.signing import barred_people
from bot.run.places import Chain, InCall
from bot.run.state import Run
from tests.story import Story

BOOK = """
inputs: {{size: {{type: int, required: false}}}}
vars:
  rows: {{type: int}}
  label: {{type: string}}
  copy: {{type: string, default: newest}}
steps:
  - {{id: count, do: Count the rows, who: data_owner, answer: {{var: rows}}, go: {{ok: name}}}}
  - {{id: name, run: Name the copy, effect: change, undo: {{none: Fine.}}, exec: {{argv: [name]}},
     set: {{label: "of-{{{{ vars.rows }}}}"}}, go: {{ok: ask, fail: hold, timeout: hold}}}}
  - {{id: ask, signoff: Agree to it, from: [data_owner, lead], {forbid} {mode}
     binds: {{vars: [{bound}], steps: [{step}]}}, max_visits: 9, go: {{approved: rest}}}}
  - {{id: rest, do: Wait, go: {{ok: change}}}}
  - {{id: change, run: Change the rows, effect: {effect}, undo: {{none: Gone.}}, exec: {{argv: [change]}},
     go: {{ok: done, fail: hold, timeout: hold}}}}
  - {{id: hold, decide: Hold here, options: [{{id: a, label: End, when: Bad., go: done}},
     {{id: b, label: Again, when: Good., go: rest}}], go: {{unsure: hold}}, max_visits: 9}}
  - {{id: done, end: Close it, outcome: recovered}}
"""
NAME = "orders-db"


def book(bound: str = "rows", effect: str = "change", forbid: str = "", mode: str = "", step: str = "change") -> str:
    return BOOK.format(bound=bound, effect=effect, forbid=forbid, mode=mode, step=step)


def asked(start: Mapping[str, object] | None = None, **kind: str) -> Story:
    """Dora counted; Ana operates; Ben, Chen and Dora hold the roles that sign."""
    story = Story(book(**kind), **(start or {})).started().done("dora", rows="7").begin().done()
    return story.at_step("ask")


def test_who_typed_a_bound_value_does_not_sign_it() -> None:
    story = asked()
    story.sign("dora", NAME).refused("You gave “rows”, so someone else has to sign.", SigningRefused)
    story.sign("ben", NAME).then(Signed, SignoffApproved, StepEntered)


def test_the_giver_of_the_value_in_force_is_barred_and_no_one_else() -> None:
    """Ana corrects what Dora gave: it is Ana's now, and Dora may sign."""
    story = asked().correct("rows", "8")
    assert isinstance(story.last[0], Corrected)
    story.sign("dora", NAME).then(Signed, SignoffApproved, StepEntered)


def test_a_signer_who_corrects_a_value_loses_their_signature() -> None:
    """Dora, a lead, corrects the very value that Ben was to sign with her: of two, one is left."""
    story = asked(forbid="need: 2,").correct("rows", "8").sign("dora", NAME).then(Signed)
    story.correct("rows", "9", by="dora")
    here = story.run.here
    assert getattr(here, "signed", None) == ()
    assert "dora" in getattr(here, "barred", ())


def test_a_value_that_is_set_has_the_givers_of_what_it_is_made_of() -> None:
    story = asked(bound="label")
    assert story.run.given["label"].givers == ("dora",)
    story.sign("dora", NAME).refused("You gave “label”", SigningRefused)


def test_a_default_of_the_file_was_given_by_nobody() -> None:
    story = asked(bound="copy")
    assert story.run.given["copy"].givers == ()
    story.sign("dora", NAME).then(Signed, SignoffApproved, StepEntered)


def test_what_is_typed_at_the_start_was_given_by_whoever_started() -> None:
    """`forbid` names the giver alone: the requester is barred as the giver."""
    story = asked({"inputs": {"size": "4"}}, bound="size", forbid="forbid: [giver],")
    assert story.run.given["size"].givers == ("ana",)


@pytest.mark.parametrize(("forbid", "barred"), [
    ("", {"ana", "dora"}), ("forbid: [giver],", {"dora"}), ("forbid: [requester],", {"ana"}), ("forbid: [],", set()),
    ("forbid: [lead],", {"chen", "dora"}),
])  # fmt: skip
def test_forbid_says_who_is_barred_of_a_change(forbid: str, barred: set[str]) -> None:
    story = asked(forbid=forbid)
    assert barred_people(story.run, story.book.by_id["ask"]) == barred  # type: ignore[arg-type]


@pytest.mark.parametrize("forbid", ["", "forbid: [giver],", "forbid: [requester],", "forbid: [],"])
def test_of_what_destroys_all_three_are_barred_whatever_forbid_says(forbid: str) -> None:
    story = asked(forbid=forbid, effect="destroy")
    assert barred_people(story.run, story.book.by_id["ask"]) == {"ana", "dora"}  # type: ignore[arg-type]


def test_for_what_destroys_forbid_can_add() -> None:
    story = asked(forbid="forbid: [lead],", effect="destroy")
    assert barred_people(story.run, story.book.by_id["ask"]) == {"ana", "chen", "dora"}  # type: ignore[arg-type]


def test_after_the_fact_a_giver_may_accept() -> None:
    """`mode: after` looks at what was found; whoever found it may say that it is so, unless the step forbids it."""
    after = asked(mode="mode: after,", step="rest")
    assert barred_people(after.run, after.book.by_id["ask"]) == {"ana"}  # type: ignore[arg-type]
    named = asked(mode="mode: after,", step="rest", forbid="forbid: [giver],")
    assert barred_people(named.run, named.book.by_id["ask"]) == {"dora"}  # type: ignore[arg-type]


def test_givers_go_on_in_a_continuation() -> None:
    """Dora counted in the first run; whoever goes on from it elsewhere gave nothing."""
    old = asked()
    story = Story(old.book)
    story.at = old.at
    story.command = plan_continuation(old.run, "h" * 64, {}).start
    story.when("chen", story.command)
    assert story.run.given["rows"].givers == ("dora",)
    assert story.run.given["rows"].by == "chen"
    story.sign("dora", NAME).refused("You gave “rows”", SigningRefused)


def carried_on(old: Run, by: str) -> Story:
    story = Story(old.book)
    story.command = plan_continuation(old, "h" * 64, {}).start
    return story.when(by, story.command)


def test_the_first_requester_and_operator_count_through_every_continuation() -> None:
    """Ben starts, Chen operates for a while, then it goes on twice elsewhere."""
    old = Story(book()).started("ben").when("chen", TakeOver()).when("ana", TakeOver())
    twice = carried_on(carried_on(old.run, "ana").run, "ana")
    here = twice.place()
    twice.insist("dora", Finish(here.step, here.visit, "ok", {"rows": "7"})).begin().done().at_step("ask")
    twice.sign("ben", NAME).refused("You started or ran", SigningRefused)
    twice.sign("chen", NAME).refused("You started or ran", SigningRefused)
    assert twice.run.requesters == {"ben", "ana"}
    assert twice.run.operators == {"ana", "ben", "chen"}


CALLING = """
vars:
  which: {type: string}
  size: {type: int, default: 3}
  found: {type: int}
steps:
  - {id: look, do: Say which one, who: data_owner, answer: {var: which}, go: {ok: other}}
  - {id: other, call: Bring it back, runbook: bucket, with: {rows: "{{ vars.size }}", label: "copy-{{ vars.which }}"},
     capture: {found: {output: rows}}, go: {recovered: ask, else: ask}}
  - {id: ask, signoff: Accept what was done, from: [data_owner, lead], %s binds: {vars: [found]}, go: {approved: done}}
  - {id: hold, decide: Hold here, options: [{id: a, label: End, when: Bad., go: done},
     {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}, max_visits: 9}
  - {id: done, end: Close it, outcome: recovered}
"""


def calling(how: str = "mode: after,") -> Story:
    return Story(CALLING % how, calls={"bucket": "b" * 64}).started().done("dora", which="a").at_step("other")


def test_givers_are_handed_over_with_values() -> None:
    """The label is made of what Dora said; the size is the file's default."""
    here = calling().run.here
    assert isinstance(here, InCall)
    assert here.given == {"rows": "3", "label": "copy-a"}
    assert here.givers == {"label": ("dora",)}


def brought_home(how: str = "mode: after,") -> Story:
    """The called run was started by Ana, operated by Ben, and Chen gave the number of its rows."""
    story = calling(how)
    story.when("clock", NoteChildOpened("other", 1, "run-1.other.1", "BUCKET-1", story.run.whole_chain))
    home = Chain(("ana",), ("ben",))
    taken = TakeChildOutcome("other", 1, "run-1.other.1", "recovered", {"rows": 5}, home, {"rows": ("chen",)})
    return story.when("clock", taken).at_step("ask")


def test_whoever_operated_a_called_run_does_not_accept_what_it_did() -> None:
    story = brought_home()
    story.sign("ben", NAME).refused("You started or ran", SigningRefused)
    story.sign("chen", NAME).then(Signed, SignoffApproved, *[type(event) for event in story.last[2:]])


def test_givers_come_home_with_what_is_captured() -> None:
    story = brought_home("forbid: [giver],")
    assert story.run.given["found"].givers == ("chen",)
    story.sign("chen", NAME).refused("You gave “found”", SigningRefused)


def test_a_called_run_knows_the_people_above_it_and_hears_of_new_ones() -> None:
    """What a new operator of the caller signed below is void; the run is due until it was told."""
    above = Chain(("ana",), ("ana",))
    story = Story(book(), chain=above, givers={}).started("ana").done("dora", rows="7").begin().done()
    story.sign("ben", NAME).at_step("rest")
    grown = replace(above, operators=("ana", "ben"))
    story.when("clock", GrowChain(grown)).then(ChainGrown, SignatureVoided)
    story.when("clock", GrowChain(grown)).then()
    story.done().at_step("ask").sign("ben", NAME).refused("You started or ran", SigningRefused)
    story.when("clock", Tick())
