"""Laws of several teams at once, whatever people ask and however the runs of the teams go, in whatever order."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from bot.run import commands, events
from bot.run.calls.events import EndAwaited, Joined
from bot.run.calls.rules import calls_out, handed_anew
from bot.run.commands import NoteChildNotOpened, NoteChildOpened, TakeChildOutcome
from bot.run.places import Chain, InCall, Over
from bot.run.state import Run
from tests.run.test_several_teams import TEAMS, lawful
from tests.story import Story

MOVES = st.lists(
    st.tuples(
        st.sampled_from((
            "open", "open", "open", "fail", "back", "back", "back", "lost", "hear", "done", "done", "done", "choose",
            "return", "stop", "correct", "go back", "mismatch", "sign", "minutes", "hours",
        )),
        st.integers(0, 2),
    ),
    min_size=5, max_size=40,
)  # fmt: skip
OUTCOMES = ("recovered", "recovered", "aborted")
PEOPLE = ("ana", "chen", "dora")


def moved(story: Story, what: str, number: int) -> None:
    """One thing happens, or is refused."""
    run, by = story.run, PEOPLE[number]
    out = list(calls_out(run))
    call = out[number % len(out)] if out else None
    match what:
        case "open" | "fail" | "back" | "lost" | "hear":
            if call is not None:
                story.when("clock", news_of(run, call, what, number))
        case "done":
            story.done(rows=str(number + 3))
        case "choose":
            story.choose(("again", "stop", "close")[number], by=by, note="So it is.")
        case "return":
            story.choose("back", by=by, note="They are nearly there.")
        case "stop" if number == 0:
            story.when(by, commands.Stop("It is worse."))
        case "correct" if "rows" in run.given:
            story.correct("rows", str(number + 3), by=by)
        case "go back" if not run.over and run.here is not None:
            at = story.place()
            story.when(by, commands.GoBack(at.step, at.visit, ("count", "database", "tell")[number], "Again."))
        case "mismatch" if not run.over and run.here is not None:
            at = story.place()
            story.when(by, commands.Mismatch(at.step, at.visit, "It does not match."))
        case "sign":
            story.sign(("ben", "chen", "dora")[number], "orders-db")
        case "minutes":
            story.tick(minutes=20)
        case "hours":
            story.tick(hours=1)


def news_of(run: Run, call: InCall, what: str, number: int) -> commands.Command:
    """What the clock brings of a run that is out."""
    at = (call.step, call.visit, call.child)
    if what == "open":
        return NoteChildOpened(*at, f"{call.step.upper()}-{call.visit}", run.whole_chain)
    if what == "fail":
        return NoteChildNotOpened(*at, "The catalogue has no such asset any more.")
    if what == "hear":
        return commands.NoteCallTold(*at, run.whole_chain, given=handed_anew(run, call))
    outcome = OUTCOMES[number] if what == "back" else "partial"
    return TakeChildOutcome(*at, outcome, {}, Chain(("ana",), ("eve",)))


def lived(moves: list[tuple[str, int]]) -> Iterator[tuple[Run, events.Event, Run]]:
    """Each event that happened, with the run before and after it."""
    story = Story(TEAMS, calls={"database": "b" * 64, "search": "c" * 64}).started()
    for what, number in moves:
        if story.run.over:
            break
        before = story.run
        moved(story, what, number)
        for event in story.last if story.run is not before else ():
            yield before, event, story.run
    assert not lawful(story), "the audit has nothing against what the rules let happen"


@given(MOVES)
def test_no_end_comes_before_all_are_back_and_recovered_only_once_all_have(moves: list[tuple[str, int]]) -> None:
    """And each run is opened once, no call opens a second while one is out, and none is forgotten at the end."""
    out: dict[str, str] = {}
    joined: set[str] = set()
    called: set[str] = set()
    for _, event, after in lived(moves):
        match event:
            case events.Called(step=step, child=child):
                assert step not in out or out[step] == child, "a second run of one team"
                assert step in out or child not in called, "a run is opened once"
                called.add(child)
                out[step] = child
                joined.discard(step)
            case events.CallReturned(step=step) | events.CallNotOpened(step=step):
                out.pop(step, None)
            case Joined(exit=exit_, came=came):
                assert (exit_ == "ok") == (set(came.values()) == {"recovered"} and not out), (exit_, came, out)
                joined |= {step for step, outcome in came.items() if outcome == "recovered"}
            case EndAwaited():
                assert out, "there is somebody to wait for"
            case events.Ended(outcome=outcome):
                assert not out, "teams work on after the end"
                assert outcome != "recovered" or joined == {one.split(".")[1] for one in called}
        assert not after.over or not list(calls_out(after)), "none is forgotten"


@given(MOVES)
def test_who_is_to_end_takes_nothing_up_again(moves: list[tuple[str, int]]) -> None:
    """Once a stop waits for the teams, the run goes nowhere, and ends as it was to end, by whoever wanted it."""
    ending: EndAwaited | None = None
    for _, event, after in lived(moves):
        if isinstance(event, EndAwaited):
            assert ending is None
            ending = event
        elif ending is not None and isinstance(event, events.StepEntered | events.Called | Joined | events.Begun):
            raise AssertionError(event)
        elif isinstance(event, events.Ended) and ending is not None:
            assert (event.outcome, event.step) == (ending.outcome, ending.step)
            assert isinstance(after.here, Over)
