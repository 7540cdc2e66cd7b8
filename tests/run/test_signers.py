"""A signature that nobody may give: no reason to refuse a recovery, said before it is so, and people are called."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.run.commands import (
    Accept,
    AddNote,
    AsksBack,
    Begin,
    Command,
    Correct,
    Finish,
    HandOver,
    Knowing,
    TakeOver,
    Tick,
)
from bot.run.events import (
    Begun,
    Corrected,
    HandOverAccepted,
    HandOverOffered,
    SignoffAsked,
    StepEntered,
    StepFinished,
    TookOver,
)
from bot.run.law.signing import digest_text, ungivable
from tests.run.test_walk import HOLD
from tests.story import ROLES, Story

TIME = "2026-11-22T11:00:00+00:00"
BOOK = (
    """
vars: {target: {type: timestamp}}
steps:
  - {id: aim, do: Type the target, answer: {var: target}, go: {ok: close, problem: hold}}
  - {id: close, run: Close the shop, who: app, effect: change, undo: {none: It opens again.}, exec: {argv: [close]},
     go: {ok: allow, fail: hold, timeout: hold}}
  - {id: allow, signoff: Approve the switch, from: [data_owner], readback: target,
     binds: {vars: [target], steps: [switch]}, go: {approved: switch, rejected: aim, expired: hold}}
  - {id: switch, run: Switch over, effect: change, undo: {none: It stays.}, exec: {argv: [switch]},
     go: {ok: done, fail: hold, timeout: hold}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)
TEAM: Mapping[str, tuple[str, ...]] = {**ROLES, "app": ("dora", "ben"), "data_owner": ("ben", "dora")}
"""The team of the app is the owner of the data too, as in a shipped runbook: Ben and Dora."""


def story(roles: Mapping[str, tuple[str, ...]] = TEAM, by: str = "ana") -> Story:
    return Story(BOOK, roles=roles).started(by)


def asked_back(told: Story, by: str, command: Knowing, *words: str) -> AsksBack:
    """Nothing is recorded, and the sentence holds these words; going on all the same counts once, as it is told."""
    seq = told.run.seq
    told.when(by, command)
    asks = told.refusal
    assert isinstance(asks, AsksBack), told.last
    assert (told.run.seq, told.last, asks.events, asks.field) == (seq, (), (), None)
    assert all(one in asks.sentence for one in words), asks.sentence
    assert asks.again == replace(command, knowing=digest_text(asks.sentence))
    told.when(by, replace(command, knowing="Yes, yes"))
    assert isinstance(told.refusal, AsksBack), "only what was told is known"
    return asks


def test_taking_over_as_the_last_signer_is_asked_about() -> None:
    """Dora started it and Ben is the only one left: the lead is told that, and takes over all the same."""
    told = story({**TEAM, "operator": ("ana", "ben", "dora")}, "dora")
    words = "“Approve the switch” needs a signature of the data owner, and nobody may still sign."
    asks = asked_back(told, "ben", TakeOver(), "If you take over, too few people are left to sign.", words)
    assert asks.press == "Take over all the same"
    told.when("ben", asks.again).then(TookOver)
    told.when("ana", TakeOver()).then(TookOver)


def test_nobody_is_asked_while_enough_are_left() -> None:
    told = story({**TEAM, "operator": ("ana", "ben"), "data_owner": ("ben", "dora", "eve")}, "dora")
    told.when("ben", TakeOver()).then(TookOver)


def test_a_hand_over_says_it_when_it_is_offered_and_when_it_is_taken() -> None:
    """To Ben, the last signer; offered to Chen, who signs nothing, it is not asked about."""
    told = story({**TEAM, "operator": ("chen", "ben", "dora")}, "dora")
    told.when("dora", HandOver("chen")).then(HandOverOffered)
    asks = asked_back(
        told, "dora", HandOver("ben", "Please"), "If Ben Okafor operates, too few people are left to sign."
    )
    assert asks.press == "Hand over all the same"
    told.when("dora", asks.again).then(HandOverOffered("ben", "Please"))
    asks = asked_back(told, "ben", Accept(), "If you accept, too few people are left to sign.")
    told.when("ben", asks.again).then(HandOverAccepted)


def test_beginning_a_command_of_another_role_is_asked_about() -> None:
    """Whoever begins what changes something has operated: the last owner of the data closes the shop herself."""
    told = story(by="ben").when("ana", TakeOver()).done(target=TIME).at_step("close")
    at = told.place()
    asks = asked_back(told, "dora", Begin(at.step, at.visit), "If you begin this, too few people are left to sign.")
    assert asks.press == "Begin all the same"
    told.when("dora", asks.again).then(Begun)


def test_with_each_a_role_that_is_left_empty_is_asked_about() -> None:
    """Two of the data owners are left, and no lead."""
    book = BOOK.replace("from: [data_owner]", "from: [data_owner, lead], need: 2, each: true")
    roles = {**TEAM, "lead": ("chen",), "data_owner": ("ben", "dora", "eve")}
    told = Story(book, roles=roles).started("ana")
    asked_back(told, "chen", TakeOver(), "needs 2 signatures of the data owner or the lead, one for each role")


def test_what_lies_behind_is_not_asked_about() -> None:
    """The switch was begun under its signature: whoever takes over now takes nothing away."""
    told = story({**TEAM, "app": ("chen",), "data_owner": ("ben",)}).done(target=TIME).begin("chen").done("chen")
    told.sign("ben", TIME).begin().when("chen", TakeOver()).then(TookOver)
    told = story({**TEAM, "app": ("chen",), "lead": ("ben",), "data_owner": ("ben",)}).done(target=TIME).begin("chen")
    told.done("chen").sign("ben", TIME)
    asked_back(told, "ben", TakeOver(), "nobody may still sign")


@pytest.mark.parametrize("by", ["ana", "dora"])
def test_the_start_of_a_run_that_nobody_can_sign_calls_the_lead_at_once(by: str) -> None:
    """Dora started it, and she alone owns the data: Chen is called. When Ana starts it nobody need be."""
    told = story({**TEAM, "app": ("chen",), "data_owner": ("dora",)}, by)
    pages = [one for one in told.when("clock", Tick()).pages() if one[0] == "no_signer"]
    assert pages == ([("no_signer", None, ("chen",))] if by == "dora" else [])
    assert [one for one in told.tick(minutes=1).pages() if one[0] == "no_signer"] == []


def test_where_no_lead_is_left_the_ladder_and_the_owner_team_are_called() -> None:
    roles = {**TEAM, "app": ("chen",), "lead": ("dora",), "data_owner": ("dora",)}
    told = Story(BOOK, roles=roles, owners=("ben", "dora", "eve")).started("dora")
    called = [one[2] for one in told.when("clock", Tick()).pages() if one[0] == "no_signer"]
    assert [set(one) for one in called] == [{"ana", "ben", "chen", "eve"}]


def asked_in_vain() -> Story:
    """As with the shipped runbook: the lead of the app's own team starts it, and the other of her team closes it."""
    told = story(by="dora").when("ana", TakeOver()).done(target=TIME).at_step("close")
    at = told.place()
    command: Command = Begin(at.step, at.visit)
    told.when("ben", command)
    assert isinstance(told.refusal, AsksBack)
    return told.when("ben", told.refusal.again).done("ben").at_step("allow")


def test_a_signature_that_nobody_may_give_calls_the_lead_when_it_is_asked_for() -> None:
    """It is asked for all the same, since somebody may yet be let in; the lead hears of it at once, and once."""
    told = asked_in_vain()
    (ask,) = [event for event in told.last if isinstance(event, SignoffAsked)]
    assert (ask.eligible, ask.need) == ((), 1)
    assert [one.id for one in ungivable(told.run)] == ["allow"]
    assert told.when("clock", Tick()).pages()[0] == ("no_signer", None, ("chen", "dora"))
    assert [one for one in told.tick(minutes=2).pages() if one[0] == "no_signer"] == []


def test_a_signature_that_somebody_may_give_calls_nobody_at_once() -> None:
    told = story({**TEAM, "app": ("chen",)}).done(target=TIME).begin("chen").done("chen").at_step("allow")
    assert [one for one in told.when("clock", Tick()).pages() if one[0] == "no_signer"] == []


def test_who_takes_the_last_signer_away_while_it_is_asked_for_is_no_late_page() -> None:
    """It was due when they took over, not when it was asked for."""
    roles = {**TEAM, "app": ("chen",), "operator": ("ana", "ben"), "data_owner": ("ben",)}
    told = story(roles).done(target=TIME).begin("chen").done("chen").at_step("allow").later(minutes=4)
    told.when("ben", TakeOver())
    assert isinstance(told.refusal, AsksBack)
    told.when("ben", told.refusal.again).then(TookOver, SignoffAsked)
    taken = told.at
    told.later(seconds=20).when("chen", AddNote("I look for somebody")).later(seconds=20).when("clock", Tick())
    assert [(one.reason, one.was_due) for one in told.run.pages.pages if one.reason == "no_signer"] == [
        ("no_signer", taken)
    ]


def test_a_value_that_its_last_signer_gives_or_corrects_is_asked_about() -> None:
    """Whoever gave a bound value does not sign it: the last one is told before it is taken."""
    book = BOOK.replace("do: Type the target,", "do: Type the target, who: data_owner,")
    roles = {**TEAM, "app": ("chen",)}
    told = Story(book, roles=roles).started("ben").when("ana", TakeOver()).at_step("aim")
    at = told.place()
    asks = asked_back(
        told, "dora", Finish(at.step, at.visit, "ok", {"target": TIME}), "If you give this value, too few"
    )
    told.when("dora", asks.again).then(StepFinished, StepEntered)
    told = Story(BOOK, roles={**roles, "lead": ("chen", "dora")}).started("ben").when("ana", TakeOver())
    told.done(target=TIME).at_step("close")
    change = Correct(told.run.given["target"].seq, "target", "2026-11-22T11:30:00+00:00", "mistyped")
    asks = asked_back(told, "dora", change, "If you correct this value, too few people are left to sign.")
    told.when("dora", asks.again).then(Corrected)
    told.when("ana", Correct(told.run.given["target"].seq, "target", TIME, "No, it was right")).then(Corrected)
