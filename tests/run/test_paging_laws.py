"""Laws of pages that hold whatever people do, and however seldom the clock looks."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from bot.run.commands import AddNote, AnswerPage, AskHelp, DeclinePage, HandOver, NoteAttempt, TakeOver, Tick
from bot.run.events import Chosen, SignoffApproved, Skipped, StepFinished
from bot.run.evolve import evolve
from bot.run.paging.dues import due_pages, next_due
from bot.run.paging.events import NobodyReached, Paged
from bot.run.situation import FrozenRung
from bot.run.state import Unstarted
from tests.run.test_paging import REACHED_BY, RUNGS, begun
from tests.story import NOON, PEOPLE, Story

ANYBODY = some.sampled_from([one.id for one in PEOPLE])
WAIT = some.sampled_from([0, 1, 20, 59, 300, 601, 1300, 3700, 9000])
LADDERS = some.sampled_from([RUNGS, RUNGS[:1], (FrozenRung(300, ("person:eve",), ("eve",), ("pager",), 3),), ()])
MOVES = some.tuples(
    some.sampled_from(["tick", "tick", "answer", "decline", "help", "note", "take", "hand", "done", "fail"]),
    WAIT, ANYBODY, some.integers(1, 6),
)  # fmt: skip


def play(story: Story, moves: list[tuple[str, int, str, int]]) -> Story:
    """People and the clock, as they come; after each look of the clock nothing that was due is left."""
    for kind, wait, who, number in moves:
        story.later(seconds=wait)
        match kind:
            case "tick":
                _look(story)
            case "answer":
                story.when(who, AnswerPage(number))
            case "decline":
                story.when(who, DeclinePage(number))
            case "note":
                story.when(who, AddNote("Noted."))
            case "take":
                story.when(who, TakeOver())
            case "hand":
                story.when(story.run.operator or "chen", HandOver(who))
            case "fail":
                story.when("clock", NoteAttempt(number, who, "slack", 1, reached=False, answer="gone", last=True))
            case "help" if not story.run.over:
                story.at_visit(AskHelp, who)
            case "done" if not story.run.over:
                story.done(who)
            case _:
                pass
    return story


def _look(story: Story) -> None:
    story.when("clock", Tick())
    assert not [one for one in due_pages(story.run) if one.at <= story.at]
    due = next_due(story.run)
    assert due is None or due.at > story.at
    assert not [one for one in story.last if isinstance(one, StepFinished | Chosen | SignoffApproved | Skipped)]


@given(LADDERS, some.lists(MOVES, max_size=40), some.booleans())
def test_the_laws_of_pages(ladder: tuple[FrozenRung, ...], moves: list[tuple[str, int, str, int]], drill: bool) -> None:
    """Numbers have no gap; nobody is called twice in a minute for the same; a look leaves nothing due; replay holds."""
    story = play(begun(rungs=ladder, people=REACHED_BY, mode="drill" if drill else "live"), moves)
    pages = [(event, stamp.at) for event, stamp in story.history if isinstance(event, Paged)]
    assert [one.number for one, _ in pages] == list(range(1, len(pages) + 1))
    for place, (page, at) in enumerate(pages):
        assert page.was_due <= at
        for other, before in pages[:place]:
            same = (page.reason, page.rung) == (other.reason, other.rung)
            if same and timedelta(0) < at - before < timedelta(minutes=1):
                assert not set(page.people) & set(other.people)
    nobody = [event.page for event, _ in story.history if isinstance(event, NobodyReached)]
    assert len(nobody) == len(set(nobody))
    state: object = Unstarted("run-1", story.book)
    for event, stamp in story.history:
        state = evolve(state, event, stamp)  # type: ignore[arg-type]
    assert state == story.run


@given(LADDERS, some.integers(1, 4000))
def test_a_clock_that_looks_seldom_records_the_rungs_that_one_would_have_met(
    ladder: tuple[FrozenRung, ...], seconds: int
) -> None:
    """Looking each minute or once at the end: the first round has the same rungs, due at the same times."""
    often, seldom = begun(rungs=ladder), begun(rungs=ladder).tick(seconds=seconds)
    while often.at + timedelta(minutes=1) < seldom.at:
        often.tick(minutes=1)
    often.later(seconds=(seldom.at - often.at).total_seconds()).when("clock", Tick())
    assert _rungs(often) == _rungs(seldom)


def _rungs(story: Story) -> list[tuple[int | None, float]]:
    events = [event for event, _ in story.history if isinstance(event, Paged)]
    return [
        (one.rung, (one.was_due - NOON).total_seconds()) for one in events if one.reason == "start" and one.round == 1
    ]
