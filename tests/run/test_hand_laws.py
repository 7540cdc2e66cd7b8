"""Laws of hands, for whatever people and hands ask in whatever order, and whoever is killed when."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.format.runbook import RunStep
from bot.run.commands import (
    Begin,
    CancelAction,
    Choose,
    Command,
    Correct,
    DeclineHands,
    DoMyself,
    FinishAction,
    LookAgain,
    LoseAction,
    Mismatch,
    OfferHands,
    Sign,
    StartAction,
    TakeOver,
    Tick,
)
from bot.run.events import Begun, SignatureVoided, SignoffApproved, StepEntered, StepFinished
from bot.run.evolve import evolve
from bot.run.hands.events import ActionAsked, ActionFinished, ActionStarted, CancelAsked
from bot.run.hands.rules import state_of_hands
from bot.run.law.direction import Heading, first_heading, heading_after
from bot.run.law.judging import objection_to
from bot.run.places import AwaitingSignature, Over
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted
from tests.run.test_hands import HOLD, NAME
from tests.story import Story

BOOK = f"""
vars: {{free: {{type: int}}, target: {{type: string, default: "one"}}}}
steps:
  - {{id: say, do: Say the target, max_visits: 20, answer: {{var: target}}, go: {{ok: space, problem: hold}}}}
  - id: space
    check: Read the free space
    exec: {{argv: [df, "{{{{ asset.db }}}}"]}}
    capture: {{free: {{from: stdout, type: int}}}}
    expect: {{all: [{{var: free, gt: 10}}]}}
    retry: {{attempts: 3, delay: 30s}}
    max_visits: 20
    go: {{ok: ask, fail: hold}}
  - {{id: ask, signoff: Approve it, from: [data_owner], binds: {{vars: [target], steps: [wipe]}}, max_visits: 20,
     go: {{approved: wipe, rejected: hold, expired: hold}}}}
  - id: wipe
    run: Wipe it
    effect: destroy
    timeout: 10m
    max_visits: 20
    undo: {{none: "It is gone."}}
    exec: {{argv: [wipe, --, "{{{{ vars.target }}}}"]}}
    go: {{ok: end, fail: say, timeout: hold}}
{
    HOLD.replace("{id: a, label: A, when: A., go: end}", "{id: a, label: A, when: A., go: say}").replace(
        "decide: Hold", "decide: Hold, evidence: {exec: {argv: [tail, log]}}"
    )
}"""

WHAT = (
    "finish", "done", "sign", "offer", "run", "run", "start", "start", "end", "end", "wrong", "limit", "lose", "late",
    "cancel", "cancelled", "begin", "myself", "look", "take", "correct", "mismatch", "choose", "decline", "tick",
    "minute",
)  # fmt: skip
MOVES = st.lists(st.tuples(st.sampled_from(WHAT), st.sampled_from(("ana", "ben", "dora"))), min_size=5, max_size=45)


def asked(story: Story, what: str, by: str) -> tuple[str, Command] | None:  # noqa: C901, PLR0912  (a move a line)
    """Who asks what."""
    run = story.run
    if isinstance(run.here, Over):
        return None
    step, visit = run.here.step or "", run.here.visit
    which: tuple[str, int, int] = (step, visit, run.hands.attempts + 1)
    running = run.hands.running[0].event if run.hands.running else None
    ran = (running.step, running.visit, running.attempt) if running is not None else (step, visit, run.hands.attempts)
    match what:
        case "sign":
            digest = run.here.digest if isinstance(run.here, AwaitingSignature) else ""
            return "dora", Sign(step, visit, digest, NAME)
        case "offer":
            return "clock", OfferHands(*which, "w")
        case "decline":
            return "clock", DeclineHands(*which, "No.")
        case "run" | "begin":
            return by, Begin(step, visit, NAME, hands=what == "run")
        case "start":
            return "clock", StartAction(*which, "w", "host")
        case "cancel":
            return by, CancelAction(step, visit, "The wrong one.")
        case "end" | "wrong" | "limit" | "cancelled":
            ways = {
                "end": (0, "exit"),
                "wrong": (1, "exit"),
                "limit": (None, "limit"),
                "cancelled": (None, "cancelled"),
            }
            code, how = ways[what]
            free = {"free": "11"} if code == 0 and by != "dora" else {}
            return "clock", FinishAction(*ran, how, 5, code, captured=free, shown="line")  # type: ignore[arg-type]  # of the table
        case "lose":
            return "clock", LoseAction(*ran, "They do not answer.")
        case "late" if run.hands.lost:
            event = run.hands.lost[0].event
            return "clock", FinishAction(event.step, event.visit, event.attempt, "exit", 5, 0)
        case "myself":
            return by, DoMyself(step, visit)
        case "look":
            return by, LookAgain(step, visit)
        case "take":
            return by, TakeOver(knowing="")
        case "correct" if "target" in run.given:
            return "ana", Correct(run.given["target"].seq, "target", f"t{run.seq}", "typo")
        case "mismatch":
            return by, Mismatch(step, visit)
        case "choose":
            return by, Choose(step, visit, "a")
        case _:
            return "clock", Tick()


def lived(moves: list[tuple[str, str]]) -> Story:
    story = Story(BOOK).started().done(target="ten")
    for what, by in moves:
        if what == "minute":
            story.later(seconds=40)
            continue
        if what in ("done", "finish") and not isinstance(story.run.here, Over):
            story.done(by, free="12", target="ten")
            continue
        command = asked(story, what, by)
        if command is not None:
            story.when(*command)
    return story


@given(MOVES)
def test_nothing_that_changes_starts_without_a_press_and_signatures_for_these_very_words(
    moves: list[tuple[str, str]],
) -> None:
    story, signed = lived(moves), False
    pressed: tuple[Begun, Stamp] | None = None
    starts: list[tuple[str, int, int]] = []
    for event, stamp in story.history:
        match event:
            case SignoffApproved():
                signed = True
            case SignatureVoided():
                signed = False
            case Begun():
                pressed = (event, stamp)
            case StepEntered():
                pressed = None
            case ActionStarted(effect=effect):
                starts.append((event.step, event.visit, event.attempt))
                if effect == "read":
                    continue
                assert pressed is not None
                assert signed
                assert pressed[0].command == event.command
                assert pressed[1].by in ("ana", "ben")
                assert stamp.at - pressed[1].at <= timedelta(minutes=1)
                signed, pressed = False, None  # one start of what destroys
            case _:
                pass
    assert len(starts) == len(set(starts)), "no command runs twice for one visit and attempt"


@given(MOVES)
def test_what_was_cancelled_had_somebody_cancel_it_and_nobody_knows_what_a_change_did(
    moves: list[tuple[str, str]],
) -> None:
    """Only whoever operates or leads, only what runs, once; whatever its hands say, nobody's press is made up."""
    story = lived([*moves, ("cancel", "ana"), ("cancelled", "ana")])
    started: set[tuple[str, int, int]] = set()
    asked_for: set[tuple[str, int, int]] = set()
    state: Run | Unstarted = Unstarted("run-1", story.book)
    for number, (event, stamp) in enumerate(story.history):
        match event:
            case ActionStarted():
                started.add((event.step, event.visit, event.attempt))
            case CancelAsked():
                which = (event.step, event.visit, event.attempt)
                assert which in started
                assert which not in asked_for
                assert isinstance(state, Run)
                assert stamp.by == state.operator or stamp.by in state.holders("lead")
                asked_for.add(which)
            case ActionFinished(ended="cancelled"):
                assert (event.step, event.visit, event.attempt) in asked_for
                assert not event.ok
                if not event.late and isinstance(story.book.by_id[event.step], RunStep):
                    then = story.history[number + 1][0]
                    assert isinstance(then, StepFinished)
                    assert then.exit == "timeout"
            case _:
                pass
        state = evolve(state, event, stamp)


@given(MOVES)
def test_success_is_a_process_that_was_seen_to_exit_so(moves: list[tuple[str, str]]) -> None:
    before = None
    for event, stamp in lived(moves).history:
        if isinstance(event, StepFinished) and stamp.by == "clock" and event.exit == "ok":
            assert isinstance(before, ActionFinished)
            assert (before.ended, before.exit, before.ok, before.late) == ("exit", 0, True, False)
        before = event


@given(MOVES)
def test_the_audit_finds_every_honest_record_good_and_the_fold_is_the_state(moves: list[tuple[str, str]]) -> None:
    story = lived(moves)
    state: Run | Unstarted = Unstarted("run-1", story.book)
    heading: Heading = None
    for event, stamp in story.history:
        if isinstance(state, Run):
            assert objection_to(state, event, stamp, heading) is None, event
            heading = heading_after(state, event, heading)
        else:
            heading = first_heading(event, story.book.steps[0].id)  # type: ignore[arg-type]  # the first is its start
        state = evolve(state, event, stamp)
    assert state == story.run
    assert state_of_hands(story.run) in (None, "wants", "runs")


def test_the_audit_finds_a_start_that_nobody_pressed() -> None:
    """The press is left out, then the words that ran are others, then an outcome is called a success."""
    story = Story(BOOK).started().done(target="ten").done(free="12")
    for move in (("sign", "dora"), ("offer", "ana"), ("run", "ana"), ("start", "ana"), ("wrong", "ana")):
        command = asked(story, *move)
        assert command is not None
        story.when(*command)
    number = next(at for at, (event, _) in enumerate(story.history) if isinstance(event, ActionStarted))
    event, stamp = story.history[number]
    assert isinstance(event, ActionStarted)
    before: Run | Unstarted = Unstarted("run-1", story.book)
    for one, at in story.history[:number]:
        before = evolve(before, one, at)
        assert isinstance(before, Run)
        if isinstance(one, Begun | ActionAsked):
            continue
        assert objection_to(before, event, stamp, None) is not None, "it was not pressed yet"
    assert isinstance(before, Run)
    assert objection_to(before, event, stamp, None) is None
    other = ActionStarted(**{**{name: getattr(event, name) for name in event.__slots__}, "argv": ("wipe", "--", "all")})
    assert objection_to(before, other, stamp, None) == "this is not what the step runs."
    assert objection_to(before, event, Stamp(stamp.at, "ana", "slack"), None) is not None
    after = evolve(before, event, stamp)
    good = ActionFinished("wipe", 1, 1, "limit", ok=True, milliseconds=1)
    assert objection_to(after, good, stamp, None) == "it was not seen to end well."
    forged = ActionFinished("wipe", 1, 1, "cancelled", ok=False, milliseconds=1)
    assert objection_to(after, forged, stamp, None) == "nobody had cancelled it."
    press = CancelAsked("wipe", 1, 1, "The wrong one.")
    assert objection_to(after, press, Stamp(stamp.at, "ben", "slack"), None) is not None, "they do not operate"
    assert objection_to(after, press, Stamp(stamp.at, "clock", "hands"), None) is not None, "nobody pressed"
    assert objection_to(after, press, Stamp(stamp.at, "ana", "slack"), None) is None
    cancelled = evolve(after, press, Stamp(stamp.at, "ana", "slack"))
    assert objection_to(cancelled, forged, stamp, None) is None
    assert objection_to(cancelled, press, Stamp(stamp.at, "ana", "slack"), None) == "nothing of the kind ran."
    assert isinstance(story.book.by_id["wipe"], RunStep)
