"""Runs as their records tell them, and what is learnt of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from bot.format.runbook import Runbook
from bot.learning.coverage import exits_walked
from bot.learning.findings import alike, findings
from bot.learning.learnt import learn
from bot.learning.replay import replay
from bot.learning.times import Took, phase_times, rounded_up, step_times, times_proposed
from bot.learning.walks import RunWalk, Told, visits_of
from tests.story import book_of

NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STEPS = """
id: rows-gone
steps:
  - {id: look, check: The rows are gone, expect: {all: [{var: exit, eq: 0}]}, phase: find, typical: 5m, go: {ok: copy}}
  - id: copy
    do: Copy the rows back
    phase: mend
    typical: 10m
    timeout: 15m
    skip: true
    go: {ok: ask, problem: copy}
  - {id: ask, signoff: Approve the rows, from: [lead], binds: {}, go: {approved: good, rejected: copy}}
  - {id: good, end: Close the run, outcome: recovered}
  - id: hold
    decide: How to go on
    who: lead
    max_visits: 9
    options: [{id: again, label: Again, when: So., go: copy}, {id: stop, label: Stop, when: Else., go: good}]
"""


def book(text: str = STEPS) -> Runbook:
    return book_of(text)


def told(*steps: tuple[str, str, int]) -> tuple[Told, ...]:
    """(the exit by which one came, step, minutes since the start) each; an empty step is the end."""
    return tuple(
        Told("step-entered" if step else "ended", {"step": step, "by_exit": by_exit or None}, NIGHT + minute * MINUTE)
        for by_exit, step, minute in steps
    )


def walk(*steps: tuple[str, str, int], ref: str = "ORDERS-1", mode: str = "live", more: Iterable[Told] = ()) -> RunWalk:
    records = sorted([*told(*steps), *more], key=lambda one: one.at)
    return RunWalk(ref, "rows-gone", "d", mode, NIGHT, "recovered", visits_of(records))


def straight(minutes: int, mode: str = "live") -> RunWalk:
    """Five minutes to look, so many to copy, one to sign."""
    return walk(
        ("", "look", 0), ("ok", "copy", 5), ("ok", "ask", 5 + minutes), ("approved", "good", 6 + minutes),
        ("", "", 6 + minutes), mode=mode,
    )  # fmt: skip


def test_a_visit_is_measured_from_coming_to_leaving() -> None:
    first, second, third, last = straight(20).visits
    assert (first.lasted, second.lasted, third.lasted) == (5 * MINUTE, 20 * MINUTE, MINUTE)
    assert (second.by_exit, second.to) == ("ok", "ask")
    assert (last.step, last.lasted) == ("good", None), "a run that ended took no time to end"


@pytest.mark.parametrize("kind", ["paused", "skipped"])
def test_who_paused_or_skipped_measures_nothing(kind: str) -> None:
    more = [Told(kind, {"step": "copy"}, NIGHT + 6 * MINUTE)]
    found = walk(("", "look", 0), ("ok", "copy", 5), ("ok", "ask", 300), more=more)
    assert step_times(book(), [found]) == {"look": Took(1, 5 * MINUTE, 5 * MINUTE)}
    assert phase_times(book(), [found]).get("mend") == (
        None if kind == "paused" else Took(1, 295 * MINUTE, 295 * MINUTE)
    )


def test_a_step_that_one_went_back_from_measures_nothing_and_the_phase_holds_every_visit() -> None:
    found = walk(
        ("", "look", 0), ("ok", "copy", 5), ("went back", "look", 7), ("ok", "copy", 9), ("ok", "ask", 12),
    )  # fmt: skip
    assert step_times(book(), [found]) == {
        "look": Took(2, 2 * MINUTE, 5 * MINUTE),
        "copy": Took(1, 3 * MINUTE, 3 * MINUTE),
    }
    assert phase_times(book(), [found]) == {
        "find": Took(1, 7 * MINUTE, 7 * MINUTE),
        "mend": Took(1, 5 * MINUTE, 5 * MINUTE),
    }


def test_times_are_proposed_of_many_visits_and_only_where_they_are_far_off() -> None:
    nights = [straight(minutes) for minutes in (12, 18, 24, 31, 40)]
    proposed = times_proposed(book(), step_times(book(), nights))
    assert [(one.step, one.key, one.proposed) for one in proposed] == [
        ("copy", "typical", 25 * MINUTE), ("copy", "timeout", 60 * MINUTE), ("ask", "typical", MINUTE),
    ]  # fmt: skip
    assert times_proposed(book(), step_times(book(), nights[:4])) == (), "four nights are too few"
    usual = [straight(11) for _ in range(9)]
    assert [one.step for one in times_proposed(book(), step_times(book(), usual))] == ["ask"]


def test_a_timeout_is_never_lowered() -> None:
    quick = [straight(1) for _ in range(9)]
    assert [one.key for one in times_proposed(book(), step_times(book(), quick))] == ["typical", "typical"]


@pytest.mark.parametrize(("minutes", "written"), [(0.2, 1), (9.1, 10), (10.5, 15), (58, 60), (61, 75), (361, 390)])
def test_times_are_written_as_people_write_them(minutes: float, written: int) -> None:
    assert rounded_up(timedelta(minutes=minutes)) == written * MINUTE


def test_every_exit_is_counted_live_and_practised() -> None:
    nights = [straight(20), straight(20, mode="drill"), walk(("", "look", 0), ("fail", "hold", 5), mode="drill")]
    found = {(one.step, one.exit): (one.live, one.practised) for one in exits_walked(book(), nights)}
    assert found[("look", "ok")] == (1, 1)
    assert found[("look", "fail")] == (0, 1), "an exit that nobody wrote is one too"
    assert found[("ask", "expired")] == (0, 0)
    assert set(found) == {(step.id, exit_) for step in book().steps for exit_, _ in book().exits(step)}
    assert learn(book(), nights).never == [one for one in exits_walked(book(), nights) if not one.walked]


def whats(*nights: RunWalk, of: Runbook | None = None) -> list[tuple[str, str]]:
    return [(one.step, one.what) for one in findings(of or book(), nights)]


def test_what_happens_again_and_again_is_found_and_once_is_not() -> None:
    back = walk(("", "look", 0), ("ok", "copy", 5), ("went back", "look", 7), ("ok", "copy", 9), ("ok", "ask", 12))
    lost = walk(("", "look", 0), ("fail", "hold", 5))
    help_ = walk(("", "look", 0), ("ok", "copy", 5), more=[Told("help-asked", {}, NIGHT + 6 * MINUTE)])
    assert whats(back, lost, help_) == []
    assert whats(back, back) == [("copy", "gone back from: 2 of 4 visits")]
    assert whats(lost, lost) == [("look", "left by “fail”, which no line answers: 2 of 2 visits")]
    assert whats(help_, help_) == [("copy", "where people asked for help: 2 of 2 visits")]
    assert whats(back, back, *[straight(9)] * 9) == [("look", "held in all 13 visits")]


def test_a_check_that_always_held_and_a_signoff_that_always_expired_are_found() -> None:
    assert whats(*[straight(9)] * 10) == [("look", "held in all 10 visits")]
    late = walk(("", "look", 0), ("ok", "copy", 5), ("ok", "ask", 6), ("expired", "hold", 90))
    assert ("ask", "expired each time, 2 of 2") in whats(late, late)
    assert not [one for one in whats(late, late, straight(9)) if "each time" in one[1]]


def test_runbooks_that_share_most_of_their_steps_are_found() -> None:
    other = book(STEPS.replace("id: rows-gone", "id: rows-wrong").replace("Close the run", "Close this run"))
    (found,) = alike({"rows-gone": book(), "rows-wrong": other})
    assert found.what == "shares 4 of 5 steps with rows-wrong"
    far = STEPS.replace("The rows", "The files").replace("Copy the rows", "Fetch them").replace("Approve", "Sign")
    assert alike({"rows-gone": book(), "far": book(far.replace("id: rows-gone", "id: far"))}) == ()


def test_an_old_night_goes_the_same_way_until_an_exit_leads_elsewhere() -> None:
    night = walk(
        ("", "look", 0), ("ok", "copy", 5), ("problem", "copy", 9), ("ok", "ask", 12), ("approved", "good", 13)
    )
    old = book()
    assert replay(night, old, old) == replay(night, old, book(STEPS.replace("5m", "9m")))
    assert (replay(night, old, old).differs, replay(night, old, old).same) == ("", 5)
    new = book(STEPS.replace("problem: copy", "problem: hold"))
    parted = replay(night, old, new)
    assert (parted.same, parted.of, parted.differs) == (2, 5, "copy by “problem” leads to hold instead of copy")
    gone = book(STEPS.replace("{ok: copy}", "{ok: ask}").replace("rejected: copy", "rejected: hold"))
    assert replay(night, old, gone).differs == "look by “ok” leads to ask instead of copy"


def test_where_people_left_the_way_they_would_again_unless_the_step_is_gone() -> None:
    old, night = book(), walk(("", "look", 0), ("ok", "copy", 5), ("went back", "look", 9), ("ok", "copy", 12))
    assert replay(night, old, old).differs == ""
    renamed = book(STEPS.replace("id: look,", "id: look_first,"))
    assert replay(night, old, renamed).differs == "it would begin with look_first"
