"""What Handrail does by itself in a run, by the rules alone."""

import json
import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.format.runbook import RunStep
from bot.run.commands import (
    Begin,
    CancelAction,
    Correct,
    DeclineHands,
    DoMyself,
    FinishAction,
    GoBack,
    LookAgain,
    LoseAction,
    Mismatch,
    OfferHands,
    Sign,
    StartAction,
    Stop,
    TakeOver,
)
from bot.run.events import Begun, Chosen, Ended, MismatchSeen, SentBack, SignoffAsked, StepEntered, StepFinished
from bot.run.hands.events import (
    ActionAsked,
    ActionFinished,
    ActionLost,
    ActionStarted,
    CancelAsked,
    HandsDeclined,
    HandsReady,
    LookedAgain,
    TakenByHand,
)
from bot.run.hands.rules import CannotOrder, order_of, retry_at, state_of_hands, wanted, will_retry
from bot.run.law.offers import offers
from bot.run.places import AwaitingSignature
from bot.run.state import but
from tests.story import Story

HOLD = """
  - {id: hold, decide: Hold, max_visits: 50, back: true,
     options: [{id: a, label: A, when: A., go: end}, {id: b, label: B, when: B., go: end}]}
  - {id: end, end: Close, outcome: aborted}
"""
READING = f"""
vars: {{free: {{type: int, unit: bytes}}}}
steps:
  - id: space
    check: Read the free space
    exec: {{argv: [df, "{{{{ asset.db }}}}"]}}
    capture: {{free: {{from: stdout, type: int}}}}
    expect: {{all: [{{var: free, gt: 10}}]}}
    go: {{ok: end, fail: hold}}
{HOLD}"""
DESTROYING = f"""
vars: {{target: {{type: string, default: "one"}}}}
steps:
  - {{id: say, do: Say the target, answer: {{var: target}}, go: {{ok: ask, problem: hold}}}}
  - {{id: ask, signoff: Approve it, from: [data_owner], binds: {{vars: [target], steps: [wipe]}}, max_visits: 9,
     go: {{approved: wipe, rejected: hold, expired: hold}}}}
  - id: wipe
    run: Wipe it
    effect: destroy
    timeout: 10m
    max_visits: 9
    undo: {{none: "It is gone."}}
    exec: {{argv: [wipe, --, "{{{{ vars.target }}}}"]}}
    go: {{ok: end, fail: hold, timeout: hold}}
{HOLD}"""
NAME = "orders-db"


def reading(text: str = READING) -> Story:
    return Story(text).started()


def start(story: Story, attempt: int = 1) -> Story:
    at = story.place()
    return story.when("clock", StartAction(at.step, at.visit, attempt, "w1", "bastion"))


def finish(story: Story, attempt: int = 1, **how: Any) -> Story:  # noqa: ANN401  (fields of `FinishAction`)
    at = story.run.hands
    usual: dict[str, Any] = {"ended": "exit", "milliseconds": 20, "exit": 0, "captured": {}, **how}
    return story.when("clock", FinishAction(at.step, at.visit, attempt, **usual))


def signed() -> Story:
    """At the destructive step: its sign-off was given."""
    story = Story(DESTROYING).started().done(target="ten")
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    return story.when("dora", Sign("ask", 1, here.digest, NAME)).at_step("wipe")


def pressed(by: str = "ana") -> Story:
    """Somebody has pressed Run at the destructive step."""
    story = signed().when("clock", OfferHands("wipe", 1, 1, "w1")).then(HandsReady("wipe", 1, "w1"))
    return story.when(by, Begin("wipe", 1, NAME, hands=True)).then(Begun, ActionAsked)


def test_a_check_goes_by_itself_and_takes_its_exit() -> None:
    story = start(reading()).then(ActionStarted)
    started = story.last[0]
    assert isinstance(started, ActionStarted)
    assert (started.argv, started.command, started.limit) == (("df", "orders"), "df orders", 60)
    finish(story, captured={"free": "11"}).then(ActionFinished, StepFinished, StepEntered, Ended)
    assert story.run.vars["free"] == 11
    assert story.run.given["free"].givers == (), "what Handrail read was given by nobody"


def test_a_check_that_does_not_hold_stays_until_a_person_says_how_to_go_on() -> None:
    story = finish(start(reading()), captured={"free": "10"}).then(ActionFinished).at_step("space")
    assert list(offers(story.run)[:3]) == ["look_again", "do_myself", "take_exit"]
    assert wanted(story.run) is None, "nothing is repeated by itself"
    story.when("ana", LookAgain("space", 1)).then(LookedAgain)
    start(story, attempt=2).then(ActionStarted)
    finish(story, attempt=2, captured={"free": "9"}).then(ActionFinished)
    story.problem().then(StepFinished, StepEntered).at_step("hold")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"captured": {"free": "much"}}, "“free” was read as “much”"),
        ({"missing": {"free": "Nothing was printed."}}, "Nothing was printed."),
        ({"exit": 3, "captured": {"free": "11"}}, "It exited with 3."),
        ({"ended": "limit", "exit": None, "trouble": "It was ended after 60 s."}, "ended after 60 s"),
    ],
)
def test_what_cannot_be_read_is_not_as_it_should_be(how: dict[str, Any], said: str) -> None:
    story = finish(start(reading()), **how).then(ActionFinished).at_step("space")
    finished = story.last[0]
    assert isinstance(finished, ActionFinished)
    assert not finished.ok
    assert said in finished.trouble
    assert "free" not in story.run.vars


def test_a_person_does_a_check_by_hand_before_and_after_hands_looked() -> None:
    reading().done(free="12").then(StepFinished, StepEntered, Ended)
    other = finish(start(reading()), captured={"free": "1"}).when("ana", DoMyself("space", 1)).then(TakenByHand)
    assert wanted(other.run) is None
    other.done(free="12").then(StepFinished, StepEntered, Ended)


def test_hands_that_do_not_do_it_say_why_and_it_is_walked_by_hand() -> None:
    story = reading().when("clock", DeclineHands("space", 1, 1, "hands.yaml does not list df.")).then(HandsDeclined)
    assert offers(story.run)[0] == "done"
    start(story).then()


def test_what_changes_starts_only_once_somebody_pressed() -> None:
    story = signed()
    start(story).then()
    story.when("ana", Begin("wipe", 1, NAME, hands=True)).refused("Handrail cannot run this step now")
    assert start(pressed()).then(ActionStarted).run.hands.running[0].event.argv == ("wipe", "--", "ten")


def test_a_press_counts_for_a_minute_and_the_signature_is_used_up() -> None:
    story = pressed().later(seconds=61)
    start(story).then(HandsDeclined)
    assert offers(story.run)[0] == "begin", "what was begun is not begun: nothing was started"
    story.begin(typed=NAME).then(SentBack, StepEntered, SignoffAsked)
    pressed().tick(seconds=61).then(HandsDeclined)


def test_a_signature_that_ends_between_the_press_and_the_start_covers_it_no_more() -> None:
    ready = signed().when("clock", OfferHands("wipe", 1, 1, "w1"))
    until = ready.run.approvals["ask"].valid_until
    assert until is not None
    ready.later(seconds=(until - ready.at).total_seconds() - 10)
    story = ready.when("ana", Begin("wipe", 1, NAME, hands=True)).then(Begun, ActionAsked).later(seconds=20)
    start(story).then(HandsDeclined)
    assert "no longer valid" in str(getattr(story.last[0], "why", ""))


def test_nothing_starts_that_is_not_word_for_word_what_was_begun() -> None:
    """The value was corrected between the press and the start: signatures are void, and nothing is started."""
    story = pressed()
    given = story.run.given["target"].seq
    story.when("ana", Correct(given, "target", "other", "typo"))
    start(story).then(HandsDeclined)
    assert "has changed" in str(getattr(story.last[0], "why", ""))


def test_who_lost_the_run_after_pressing_starts_nothing() -> None:
    story = pressed().when("ben", TakeOver())
    start(story).then(HandsDeclined)


def test_an_unknown_outcome_takes_the_timeout_exit_and_is_never_repeated() -> None:
    story = start(pressed()).when("clock", LoseAction("wipe", 1, 1, "The hands on bastion do not answer."))
    story.then(ActionLost, StepFinished, StepEntered).at_step("hold")
    assert story.run.done[-1].exit == "timeout"
    start(story).then()
    finish(story).then()
    late = FinishAction("wipe", 1, 1, "exit", 90_000, 0)
    story.when("clock", late).then(ActionFinished).at_step("hold")
    assert getattr(story.last[0], "late", False)
    story.when("clock", late).then()


def test_a_passed_limit_is_unknown_and_a_wrong_exit_a_failure() -> None:
    finish(start(pressed()), ended="limit", exit=None).then(ActionFinished, StepFinished, StepEntered)
    ended = finish(start(pressed()), ended="limit", exit=None)
    assert ended.run.done[-1].exit == "timeout"
    failed = finish(start(pressed()), exit=2)
    assert failed.run.done[-1].exit == "fail"
    assert finish(start(pressed())).run.done[-1].exit == "ok"


def test_no_two_run_beside_each_other_and_nobody_begins_beside_them() -> None:
    story = start(pressed())
    start(story).then()
    start(story, attempt=2).then()
    story.when("ana", Begin("wipe", 1, NAME)).refused("Ana Ruiz began this")
    story.done().refused("runs on bastion")
    story.when("ana", DoMyself("wipe", 1)).refused("runs on bastion")
    story.when("ana", GoBack("wipe", 1, "say", "no")).refused("say how it ended")
    assert "done" not in offers(story.run)


def test_an_outcome_that_comes_after_the_run_went_on_moves_nothing() -> None:
    story = start(pressed()).when("ana", Mismatch("wipe", 1)).then(MismatchSeen, StepEntered).at_step("hold")
    assert state_of_hands(story.run) == "runs"
    story.when("clock", FinishAction("wipe", 1, 1, "exit", 5, 0)).then(ActionFinished).at_step("hold")
    assert state_of_hands(story.run) is None
    over = start(pressed()).when("ana", Stop("enough"))
    over.when("clock", FinishAction("wipe", 1, 1, "exit", 5, 0)).then(ActionFinished)
    assert over.run.over


BARE = READING.replace('"{{ asset.db }}"', '"{{ vars.target }}"').replace(
    "vars: {", 'vars: {target: {type: string, default: "one"}, '
)


@pytest.mark.parametrize(
    ("value", "bare", "after_dashes"),
    [
        ("-rf", "begins with a dash", True), ("--force", "begins with a dash", True), ("a\0b", "no command can", False),
        ("; rm -rf /", None, True), ("$(reboot)", None, True), ("one\ntwo", None, True), ("'\"`", None, True),
    ],
)  # fmt: skip
def test_a_value_is_one_argument_and_never_an_option(value: str, bare: str | None, after_dashes: bool) -> None:
    """After `--` a dash is a value as any other; what the card cannot show word by word runs nowhere."""
    behind = BARE.replace("[df, ", "[df, --, ")
    for text, right in ((BARE, bare is None), (behind, after_dashes)):
        run = but(Story(text).started().run, vars={"target": value})
        if right:
            assert order_of(run).argv[-1] == value
            continue
        with pytest.raises(CannotOrder, match=bare or ""):
            order_of(run)


@pytest.mark.parametrize(
    ("minutes", "why"), [(0.5, None), (2, "within a minute of the press"), (-60, "clock was set back"), (-0.5, None)]
)
def test_a_press_counts_for_a_minute_whatever_clocks_do(minutes: float, why: str | None) -> None:
    """A press from before the clock was set back would count for an hour: nobody looks any more by then."""
    story = pressed().later(minutes=minutes).when("clock", StartAction("wipe", 1, 1, "w1", "bastion"))
    if why is None:
        story.then(ActionStarted)
    else:
        story.then(HandsDeclined)
        assert why in story.run.hands.declined


PLACES = (
    "{{ vars.target }}", "pre{{ vars.target }}", "{{ vars.target }}post", "--set={{ vars.target }}",
    "{{ vars.other }}{{ vars.target }}", "a b {{ vars.target }}", "; {{ vars.target }} |", "--", "-x",
    "{{ vars.other }}",
)  # fmt: skip
NASTY = st.text(st.sampled_from("-;|&$(){}`'\"\\ \n\r\t\0=*?~#!<>[]ab7é\u2028\u202e"), max_size=12)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=5), NASTY, NASTY)
def test_in_every_place_of_a_template_a_value_stays_within_its_argument(
    places: list[str], target: str, other: str
) -> None:
    """Whatever somebody typed: as many arguments as the runbook has, each its own text with the value in it; none of
    them an option that the runbook did not write; and what a shell would read on the card is the very same.
    """
    text = BARE.replace('["df", ', "[df, ").replace('"{{ vars.target }}"]', ", ".join(map(json.dumps, places)) + "]")
    text = text.replace("vars: {", 'vars: {other: {type: string, default: "two"}, ')
    run = but(Story(text).started().run, vars={"target": target, "other": other})
    meant = ["df", *(one.replace("{{ vars.target }}", target).replace("{{ vars.other }}", other) for one in places)]
    try:
        order = order_of(run)
    except CannotOrder:
        return
    assert list(order.argv) == meant
    assert shlex.split(order.command) == meant
    assert "\0" not in "".join(meant)
    free = meant.index("--") if "--" in places else len(meant)
    for place, argument in zip(places[: free - 1], meant[1:free], strict=True):
        assert place.startswith("-") or not argument.startswith("-")


def test_only_the_clock_speaks_for_hands() -> None:
    reading().when("ana", StartAction("space", 1, 1, "w1", "bastion")).refused("Only Handrail's own clock")


WAITING = f"""
steps:
  - {{id: rest, wait: Let it rest, for: 5m, go: {{ok: watch, fail: hold, timeout: hold}}}}
  - id: watch
    wait: Wait until it is ready
    poll:
      every: 10s
      exec: {{argv: [state, "{{{{ asset.db }}}}"]}}
      until: {{all: [{{var: stdout, matches: ready}}]}}
      fail_if: {{any: [{{var: stdout, matches: broken}}]}}
    timeout: 30m
    go: {{ok: end, fail: hold, timeout: hold}}
{HOLD}"""


def test_a_wait_lets_its_time_pass_and_no_less() -> None:
    early = finish(start(reading(WAITING)).later(minutes=4), ended="waited", exit=None).then(ActionFinished)
    assert early.at_step("rest").run.hands.last is not None
    assert list(offers(early.run)[:3]) == ["look_again", "do_myself", "take_exit"]
    finish(start(reading(WAITING)).later(minutes=5), ended="waited", exit=None).then(
        ActionFinished, StepFinished, StepEntered
    ).at_step("watch")


@pytest.mark.parametrize(
    ("how", "exit_"),
    [
        ({"stdout": "ready\n"}, "ok"), ({"stdout": "broken\n"}, "fail"), ({"stdout": "ready", "exit": 1}, "fail"),
        ({"ended": "limit", "exit": None}, "timeout"), ({"ended": "not started", "exit": None}, None),
    ],
)  # fmt: skip
def test_a_wait_ends_by_what_was_seen(how: dict[str, Any], exit_: str | None) -> None:
    story = finish(start(reading(WAITING)).later(minutes=5), ended="waited", exit=None).at_step("watch")
    assert order_of(story.run).argv == ("state", "orders")
    finish(start(story), **how)
    assert exit_ == (story.run.done[-1].exit if story.run.done[-1].step == "watch" else None)


def test_a_wait_whose_hands_are_gone_stays_until_a_person_says_how_to_go_on() -> None:
    story = start(reading(WAITING)).when("clock", LoseAction("rest", 1, 1, "They do not answer.")).then(ActionLost)
    story.at_step("rest")
    assert wanted(story.run) is None, "nothing is repeated by itself"
    start(story.when("ana", LookAgain("rest", 1)).then(LookedAgain), 2).then(ActionStarted)
    other = start(reading(WAITING)).when("clock", LoseAction("rest", 1, 1, "They do not answer."))
    other.problem().then(StepFinished, StepEntered).at_step("hold")
    by_hand = start(reading(WAITING)).when("clock", LoseAction("rest", 1, 1, "Gone.")).when("ana", DoMyself("rest", 1))
    by_hand.begin().then(Begun).done().then(StepFinished, StepEntered).at_step("watch")


RETRIED = f"""
vars: {{target: {{type: string, default: "one"}}}}
steps:
  - {{id: say, do: Say the target, answer: {{var: target}}, go: {{ok: ask, problem: hold}}}}
  - {{id: ask, signoff: Approve it, from: [data_owner], binds: {{vars: [target], steps: [move]}}, max_visits: 9,
     go: {{approved: move, rejected: hold, expired: hold}}}}
  - id: move
    run: Move it
    effect: change
    idempotent: true
    timeout: 10m
    retry: {{attempts: 9, delay: 10s, backoff: 3, cap: 1m, when_exit: [7]}}
    undo: {{none: "It is only a test."}}
    exec: {{argv: [move, --, "{{{{ vars.target }}}}"]}}
    go: {{ok: end, fail: hold, timeout: hold}}
{HOLD}"""


def moving() -> Story:
    """Signed by Dora, begun by Ana, and started."""
    story = Story(RETRIED).started().done(target="ten")
    place = story.run.here
    assert isinstance(place, AwaitingSignature)
    story.when("dora", Sign("ask", 1, place.digest, NAME)).when("clock", OfferHands("move", 1, 1, "w1"))
    return story.when("ana", Begin("move", 1, NAME, hands=True)).when("clock", StartAction("move", 1, 1, "w1", "b"))


def failed(story: Story, attempt: int, code: int = 7) -> Story:
    return story.when("clock", FinishAction("move", 1, attempt, "exit", 5, code))


def test_what_may_run_twice_is_tried_again_by_itself_five_times_at_most() -> None:
    """Each wait is longer, up to the cap and a quarter; each attempt is a record; then the exit."""
    story, pauses = moving(), []
    for attempt in range(1, 5):
        failed(story, attempt).then(ActionFinished).at_step("move")
        assert state_of_hands(story.run) == "wants"
        again, at = retry_at(story.run), story.run.hands.last_at
        assert again is not None
        assert at is not None
        pauses.append((again - at).total_seconds())
        start_ = StartAction("move", 1, attempt + 1, "w1", "b")
        story.when("clock", start_).then()
        story.later(seconds=pauses[-1] + 1).when("clock", start_).then(ActionStarted)
    for pause, least in zip(pauses, (10, 30, 60, 60), strict=True):
        assert least <= pause <= least * 1.25
    failed(story, 5).then(ActionFinished, StepFinished, StepEntered).at_step("hold")


def test_only_the_named_exits_are_tried_again() -> None:
    failed(moving(), 1, 1).at_step("hold")
    assert failed(moving(), 1, 0).run.over


def test_what_destroys_and_what_is_unknown_is_never_tried_again() -> None:
    destroying = pressed()
    destroying.when("clock", StartAction("wipe", 1, 1, "w1", "b"))
    destroying.when("clock", FinishAction("wipe", 1, 1, "exit", 5, 7)).at_step("hold")
    for unknown in (FinishAction("move", 1, 1, "limit", 5), LoseAction("move", 1, 1, "Gone.")):
        moving().when("clock", unknown).at_step("hold")
    step = Story(RETRIED.replace("idempotent: true", "idempotent: false")).book.by_id["move"]
    assert isinstance(step, RunStep)
    assert step.retry is not None
    assert not will_retry(step, ActionFinished("move", 1, 1, "exit", ok=False, milliseconds=1, exit=7))


def test_each_attempt_is_a_start_under_the_law() -> None:
    """Whoever pressed may no more, or a signer came to operate, or nobody took it in time: nothing is started."""
    again = StartAction("move", 1, 2, "w1", "b")
    taken = failed(moving(), 1).when("ben", TakeOver(knowing="")).later(seconds=20).when("clock", again)
    taken.then(HandsDeclined)
    assert "may not start this any more" in taken.run.hands.declined
    late = failed(moving(), 1).later(minutes=5).when("clock", again).then(HandsDeclined)
    assert "within a minute" in late.run.hands.declined
    assert state_of_hands(late.run) is None


def test_whoever_does_it_themselves_is_not_overtaken_by_another_attempt() -> None:
    story = failed(moving(), 1).when("ana", DoMyself("move", 1)).then(TakenByHand)
    story.later(seconds=20).when("clock", StartAction("move", 1, 2, "w1", "b")).then()
    assert state_of_hands(story.run) is None


def test_what_was_cancelled_is_unknown_where_it_changes_something() -> None:
    """Only once it is seen to have ended the run goes on: where the runbook says for what nobody knows."""
    story = start(pressed()).then(ActionStarted)
    assert "cancel_action" in offers(story.run)
    story.when("ben", CancelAction("wipe", 1)).refused("Only the operator")
    story.when("ana", CancelAction("wipe", 1, "The wrong one.")).then(CancelAsked("wipe", 1, 1, "The wrong one."))
    assert "cancel_action" not in offers(story.run)
    story.at_step("wipe").when("ana", CancelAction("wipe", 1)).refused("was cancelled at")
    finish(story, ended="cancelled", exit=None).then(ActionFinished, StepFinished, StepEntered).at_step("hold")
    assert story.run.done[-1].exit == "timeout"
    assert wanted(story.run) is None


def test_what_ended_well_before_it_could_be_cancelled_ended_well() -> None:
    story = start(pressed()).when("ana", CancelAction("wipe", 1)).then(CancelAsked)
    finish(story).then(ActionFinished, StepFinished, StepEntered, Ended)


def test_a_check_that_was_cancelled_waits_for_a_person() -> None:
    story = start(reading())
    story.when("ana", CancelAction("space", 1)).then(CancelAsked)
    finish(story, ended="cancelled", exit=None).then(ActionFinished).at_step("space")
    assert list(offers(story.run)[:3]) == ["look_again", "do_myself", "take_exit"]
    start(story.when("ana", LookAgain("space", 1)).then(LookedAgain), 2).then(ActionStarted)
    assert "cancel_action" in offers(story.run), "another attempt is cancelled by itself"


def test_nothing_is_cancelled_that_does_not_run() -> None:
    reading().when("ana", CancelAction("space", 1)).refused("runs nothing here")
    pressed().when("ana", CancelAction("wipe", 1)).refused("runs nothing here")


CHOOSING = f"""
steps:
  - id: which
    decide: Which line is it?
    evidence: {{exec: {{argv: [tail, -n, "40", "{{{{ asset.db }}}}"], at: "{{{{ asset.db }}}}"}}}}
    max_visits: 9
    options: [{{id: a, label: A, when: A., go: wipe}}, {{id: b, label: B, when: B., go: end}}]
  - {{id: wipe, run: Wipe it, effect: change, timeout: 10m, undo: {{none: "It is gone."}}, max_visits: 9,
     exec: {{argv: [wipe]}}, go: {{ok: end, fail: which, timeout: which}}}}
{HOLD.strip(chr(10))}
"""


def test_the_evidence_of_a_choice_is_read_by_itself_and_a_person_chooses() -> None:
    """Also while it is read, or when it cannot be: whatever it says, nothing moves but by a press."""
    story = start(reading(CHOOSING)).then(ActionStarted)
    started = story.last[0]
    assert isinstance(started, ActionStarted)
    assert (started.argv, started.place, started.effect, started.limit) == (
        ("tail", "-n", "40", "orders"), "orders", "read", 60,
    )  # fmt: skip
    text = "\n".join(str(number) for number in range(100))
    finish(story, shown=text).then(ActionFinished).at_step("which")
    last = story.run.hands.last
    assert isinstance(last, ActionFinished)
    assert last.shown.splitlines() == [str(number) for number in range(80, 100)]
    assert wanted(story.run) is None
    assert offers(story.run)[:4] == ("choose:a", "choose:b", "unsure", "look_again")
    story.when("ana", DoMyself("which", 1)).refused("for people to choose")
    start(story.when("ana", LookAgain("which", 1)).then(LookedAgain), 2).then(ActionStarted)
    story.when("ana", LookAgain("which", 1)).refused("looks just now")
    story.choose("a").at_step("wipe")
    assert wanted(story.run) is None, "one thing after the other"
    story.when("ana", Begin("wipe", 1)).then(Begun)
    story.when("clock", FinishAction("which", 1, 2, "exit", 5, 0, shown="late")).then(ActionFinished)
    late = story.last[0]
    assert isinstance(late, ActionFinished)
    assert (late.late, late.shown) == (True, "")


@pytest.mark.parametrize(
    "how",
    [
        {"exit": 1},
        {"ended": "limit", "exit": None, "trouble": "It took too long."},
        {"ended": "not started", "exit": None},
    ],
)
def test_evidence_that_cannot_be_read_keeps_nobody_from_choosing(how: dict[str, Any]) -> None:
    story = finish(start(reading(CHOOSING)), **how).then(ActionFinished).at_step("which")
    assert not getattr(story.run.hands.last, "ok", True)
    assert "look_again" in offers(story.run)
    story.choose("b").then(Chosen, StepEntered, Ended)
    lost = start(reading(CHOOSING)).when("clock", LoseAction("which", 1, 1, "They do not answer.")).then(ActionLost)
    assert (lost.place().step, wanted(lost.run)) == ("which", None)
    declined = reading(CHOOSING).when("clock", DeclineHands("which", 1, 1, "Not listed.")).then(HandsDeclined)
    assert (wanted(declined.run), "look_again" in offers(declined.run)) == (None, False)
    declined.choose("b").then(Chosen, StepEntered, Ended)


def test_one_long_line_of_evidence_is_cut_and_no_more() -> None:
    story = finish(start(reading(CHOOSING)), shown="first\n" + "x" * 2_000)
    assert getattr(story.run.hands.last, "shown", "") == "x" * 1_500
    other = finish(start(reading(CHOOSING)), shown="y" * 1_000 + "\n" + "x" * 1_000)
    assert getattr(other.run.hands.last, "shown", "") == "x" * 1_000
