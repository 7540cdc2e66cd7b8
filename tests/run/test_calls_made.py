"""When exactly whom: the edges of the clock's calls, of quiet hours, and of attempts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.run.commands import AskHelp, DeclinePage, Pause, TakeOver, Tick
from bot.run.events import Ended
from bot.run.paging.dues import due_pages, has_somebody_to_call, next_due, next_page
from bot.run.paging.events import Paged, PageReason, ToldToCall, page_key
from bot.run.paging.ladder import LadderCall, call_at, is_quiet, next_calls, stairs, was_last_hope
from bot.run.paging.rules import call_next, tell_next
from bot.run.paging.state import Try
from bot.run.situation import FrozenRung
from bot.run.state import Run, but
from tests.run.test_paging import BOTH_WAYS, BY_SLACK, CALM, EVE, REACHED_BY, RUNGS, STEPS, attempt, begun
from tests.story import NOON, ORDERS, PEOPLE, ROLES, Story


@pytest.mark.parametrize(
    ("reason", "rung", "visit", "key"),
    [
        ("burn", None, 0, "burn:75"), ("forecast", None, 1, "forecast"), ("fatigue", None, 1, "fatigue"),
        ("start", 0, 1, "start"), ("operator", 0, 0, "operator"), ("operator", 0, 9, "operator:9"),
        *((one, None, 1, f"{one}:2026-11-22T12:00:00+00:00")
          for one in ("still", "help", "glass", "already", "circle", "end", "stop")),
        ("handover", None, 9, "handover:them:9"), ("handover", 0, 9, "handover:ladder:9"),
        ("nudge", None, 1, "nudge:look:1"), ("step", 0, 2, "step:look:2"), ("no_signer", None, 0, "no_signer:look:0"),
    ],
)  # fmt: skip
def test_what_a_page_is_known_by(reason: PageReason, rung: int | None, visit: int, key: str) -> None:
    assert page_key(reason, NOON, rung, "look", visit, 75) == key


def quiet(zone: str, hours: tuple[str, str], mode: str = "drill") -> Run:
    people = tuple(replace(one, quiet=hours, timezone=zone) if one.id == "dora" else one for one in PEOPLE)
    return begun(people=people, mode=mode).run


@pytest.mark.parametrize(
    ("zone", "hours", "clock", "is_so"),
    [
        ("UTC", ("12:00", "13:00"), "11:59", False), ("UTC", ("12:00", "13:00"), "12:00", True),
        ("UTC", ("12:00", "13:00"), "12:59", True), ("UTC", ("12:00", "13:00"), "13:00", False),
        ("UTC", ("22:00", "06:00"), "21:59", False), ("UTC", ("22:00", "06:00"), "22:00", True),
        ("UTC", ("22:00", "06:00"), "05:59", True), ("UTC", ("22:00", "06:00"), "06:00", False),
        ("UTC", ("08:00", "08:00"), "08:00", False), ("UTC", ("08:00", "08:00"), "09:00", False),
        ("Asia/Tokyo", ("22:00", "06:00"), "13:00", True), ("Asia/Tokyo", ("22:00", "06:00"), "22:00", False),
        ("Nowhere/Else", ("00:00", "23:59"), "12:00", False),
    ],
)  # fmt: skip
def test_quiet_hours_of_a_drill_are_those_where_somebody_is(
    zone: str, hours: tuple[str, str], clock: str, is_so: bool
) -> None:
    """From the first minute on and up to the last, also over midnight; an hour of no length is none."""
    at = datetime.fromisoformat(f"2026-11-22T{clock}").replace(tzinfo=UTC)
    assert is_quiet(quiet(zone, hours), "dora", at) is is_so
    assert not is_quiet(quiet(zone, hours, mode="live"), "dora", at)
    assert not is_quiet(quiet(zone, hours), "ben", at)
    assert not is_quiet(quiet(zone, hours), "nobody", at)


def test_the_last_hope_is_beyond_slack_where_anybody_has_one() -> None:
    """Slack wakes nobody: it counts only where nobody of the page can be called otherwise."""
    run = begun(rungs=BY_SLACK, people=BOTH_WAYS).tick().run
    page = run.pages.pages[0]
    failed = Try(3, reached=False, answer="no", at=NOON)
    assert not was_last_hope(run, page, "eve", "slack")
    by_slack = replace(page, tries={("eve", "slack"): failed})
    assert not was_last_hope(run, by_slack, "eve", "slack")
    both = replace(by_slack, tries={**by_slack.tries, ("eve", "env:EVE_SMS"): failed})
    assert was_last_hope(run, both, "eve", "env:EVE_SMS")
    assert not was_last_hope(run, both, "eve", "slack")
    alone = begun().tick().run
    page = alone.pages.pages[0]
    assert not was_last_hope(alone, page, "ben", "slack")
    assert was_last_hope(alone, replace(page, tries={("ben", "slack"): failed}), "ben", "slack")
    assert not was_last_hope(alone, replace(page, tries={("ben", "slack"): failed}), "eve", "slack")


def test_attempts_of_each_go_on_for_themselves() -> None:
    """Who cannot come is tried no more, who is reached neither; the others of the page are, also after them."""
    pagers = tuple(replace(one, pagers=(f"env:{one.id}",)) for one in PEOPLE)
    rung = FrozenRung(0, ("team:x",), ("ben", "chen", "dora"), ("slack", "pager"))
    story = begun(rungs=(rung,), people=pagers).tick()
    assert [one.person for one in next_calls(story.run)] == ["ben", "chen", "dora"]
    story.when("ben", DeclinePage(1))
    assert [one.person for one in next_calls(story.run)] == ["chen", "dora"]
    unheard = begun(rungs=(rung,), people=tuple(replace(one, pagers=()) if one.id == "ben" else one for one in pagers))
    assert [one.person for one in next_calls(unheard.tick().run)] == ["chen", "dora"]
    ended = begun(rungs=EVE, people=REACHED_BY).tick()
    assert call_at(ended.run) == NOON
    over = ended.done().choose("more", "chen").done()
    assert isinstance(over.last[-1], Ended)
    assert (next_calls(over.run), call_at(over.run)) == ((), None)


def test_each_attempt_by_a_channel_waits_longer() -> None:
    story = begun(rungs=EVE, people=REACHED_BY).tick()
    waits = []
    for number in (1, 2, 3):
        [call] = next_calls(story.run)
        waits.append((call.channel, call.attempt, call.not_before - NOON))
        story.when("clock", attempt("env:EVE_SMS", number, reached=False))
    assert waits == [
        ("env:EVE_SMS", 1, timedelta(0)), ("env:EVE_SMS", 2, timedelta(seconds=10)),
        ("env:EVE_SMS", 3, timedelta(seconds=30)),
    ]  # fmt: skip


def test_a_page_is_late_from_a_minute_on_and_none_comes_before_its_time() -> None:
    """Only then it says since when Handrail itself was down."""
    run, down = begun().run, NOON - timedelta(hours=1)
    due = next_page(run)
    assert due is not None
    assert call_next(run, due.at - timedelta(seconds=1), down) is None
    for seconds, since in ((0, None), (60, None), (61, down)):
        page = call_next(run, due.at + timedelta(seconds=seconds), down)
        assert isinstance(page, Paged)
        assert page.down_since == since


def test_a_reader_is_told_to_call_others_and_never_themselves() -> None:
    rungs = (FrozenRung(0, ("team:x",), ("ben", "chen"), ("slack",)),)
    told = tell_next(begun(rungs=rungs).run, NOON, "ben")
    assert told == ToldToCall("start", "ben", ("chen",), NOON, rung=0)
    alone = (FrozenRung(0, ("team:x",), ("ben",), ("slack",)),)
    assert tell_next(begun(rungs=alone).run, NOON, "ben") is None


def test_nobody_hears_the_same_twice_within_a_minute() -> None:
    """For the same reason on the same rung by the same ways; who had not heard it hears it."""
    rungs = (FrozenRung(0, ("team:x",), ("ben", "chen"), ("slack",), 3),)
    story = begun(rungs=rungs).tick()
    climb = story.run.pages.climb
    assert climb is not None
    overdue = replace(climb, stair_due=NOON - timedelta(minutes=10))
    hurried = but(story.run, pages=replace(story.run.pages, climb=overdue))
    for seconds, spared in ((59, ("ben", "chen")), (60, ())):
        page = call_next(hurried, NOON + timedelta(seconds=seconds), None)
        assert page is not None
        assert (page.reason, page.spared) == ("start", spared)
    seen = replace(story.run.pages.pages[0], people=("ben",))
    other = but(hurried, pages=replace(hurried.pages, pages=(seen,)))
    page = call_next(other, NOON + timedelta(seconds=30), None)
    assert page is not None
    assert (page.people, page.spared) == (("chen",), ("ben",))


def test_who_is_missing_at_the_start_is_said_with_it_and_not_after() -> None:
    """In a training nobody is called for it; nor once the start was told, as in records from before."""
    roles = {"operator": ("ana",), "lead": ("chen",), "peer": ("ana",), "data_owner": ("ana",)}

    def lacking(run: Run) -> list[str]:
        return [str(one.step) for one in due_pages(run) if one.reason == "no_signer"]

    live, training = begun(roles=roles).run, begun(roles=roles, mode="training").run
    assert lacking(live) == ["sure"]
    assert lacking(training) == []
    assert lacking(but(live, pages=replace(live.pages, said=frozenset({"start"})))) == []
    assert lacking(but(live, pages=replace(live.pages, said=frozenset({"fatigue"})))) == ["sure"]


def test_somebody_to_call_is_somebody_else() -> None:
    assert has_somebody_to_call(begun().run)
    alone = (FrozenRung(0, ("team:x",), ("ana",), ("slack",)),)
    assert not has_somebody_to_call(begun(rungs=alone).run)
    mine = (FrozenRung(0, ("team:x",), ("ana", "ben"), ("slack",)),)
    assert not has_somebody_to_call(begun(rungs=mine).when("ben", TakeOver()).run)


def test_a_drill_climbs_the_rungs_of_its_own_people() -> None:
    """A rung of strangers is left out, and has stairs again once somebody of the run was put on it."""
    rungs = (replace(RUNGS[2], after=0, people=("eve",)), replace(RUNGS[1], after=600))
    run = begun(rungs=rungs, mode="drill").run
    assert [(one.rung, one.people) for one in stairs(run)] == [(1, ("chen", "dora"))]
    put_on = but(run, members=replace(run.members, rungs=(replace(rungs[0], people=("eve", "ben")), rungs[1])))
    assert stairs(put_on) == (
        LadderCall(timedelta(0), 0, ("ben",), ("slack", "pager")),
        LadderCall(timedelta(minutes=10), 0, ("ben",), ("slack", "pager")),
        LadderCall(timedelta(minutes=10), 1, ("chen", "dora"), ("slack", "pager")),
    )  # fmt: skip
    emptied = but(run, members=replace(run.members, rungs=(rungs[0], replace(rungs[1], people=()))))
    assert [one.people for one in stairs(emptied)] == [("ana",), ("ana", "ben", "chen", "dora")]


def waits(story: Story, *reasons: str) -> dict[str, tuple[float, int | None]]:
    """Of each page that is due for these reasons, after how many minutes, and its figure."""
    return {
        one.reason: ((one.at - NOON).total_seconds() / 60, one.figure)
        for one in due_pages(story.run)
        if one.reason in reasons
    }


FORECASTS = [
    (60, (0, 1800), (0, 2400)), (80, (0, 600), (0, 1200)), (90, (9, 540), (0, 600)), (91, (10, 540), None),
    (98, (17, 540), None), (300, (219, 540), None),
]  # fmt: skip


@pytest.mark.parametrize(("minutes", "looking", "begun_late"), FORECASTS)
def test_the_forecast_comes_from_when_on_the_end_would_be_too_late(
    minutes: int, looking: tuple[int, int], begun_late: tuple[int, int] | None
) -> None:
    """Ninety minutes are usual after the look, and a tenth of that is no news; at the work it goes from its begin."""
    asset = replace(ORDERS, rto=minutes * 60)
    assert waits(begun(asset=asset), "forecast").get("forecast") == looking
    story = begun(asset=asset).done().choose("rows", "chen").sign("ben", "orders-db").later(minutes=10).begin()
    assert waits(story, "forecast").get("forecast") == begun_late


@pytest.mark.parametrize(
    ("step", "nudge", "page"),
    [
        ("do: Look", 10, 20), ("do: Look, typical: 5m", 10, 20), ("do: Look, typical: 15m", 15, 25),
        ("do: Look, timeout: 5m", 5, 5), ("do: Look, timeout: 45m, typical: 30m", 30, 45),
        ("check: Look, exec: {argv: [look]}, expect: {all: [{var: exit, eq: 0}]}, timeout: 5m", 10, 20),
    ],
)  # fmt: skip
def test_patience_goes_by_what_is_usual_and_what_the_step_says(step: str, nudge: int, page: int) -> None:
    text = STEPS.replace("do: Look at the graph", step)
    story = Story(text, rungs=RUNGS, asset=CALM).started()
    said = waits(story, "nudge", "step")
    assert (said["nudge"], said["step"]) == ((nudge, nudge * 60), (page, page * 60))


@pytest.mark.parametrize(("timeout", "again", "wider"), [("4m", 2, 8 / 3), ("15m", 5, 10), ("60m", 5, 40)])
def test_signers_are_asked_again_and_then_more_people(timeout: str, again: float, wider: float) -> None:
    """After five minutes, or half the time where that is less; more people after two thirds of it."""
    text = STEPS.replace("need: 1,", f"need: 1, timeout: {timeout},")
    story = Story(text, rungs=RUNGS, asset=CALM).started().tick().done().choose("rows", "chen")
    said = waits(story, "signoff", "signoff_wider")
    assert (said["signoff"][0], round(said["signoff_wider"][0], 6)) == (again, round(wider, 6))


def test_where_there_is_nobody_to_call_nothing_falls_over() -> None:
    """No ladder and no roles: help is asked for, and what the clock would do is still known."""
    roles = dict.fromkeys(ROLES, ())
    story = Story(STEPS, rungs=(), roles=roles, asset=CALM).started("unverified: root")
    story.at_visit(AskHelp, "unverified: root").when("clock", Tick())
    assert [one.reason for one in due_pages(story.run) if one.reason in ("start", "help", "step")] == []
    story.when("unverified: root", Pause("wait")).tick(minutes=61).tick(minutes=61)
    assert stairs(story.run) == ()
    assert next_due(story.run) is not None
