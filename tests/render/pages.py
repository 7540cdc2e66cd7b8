"""Runs in which people are called, for the tests of what they read."""

from collections.abc import Callable, Mapping

from bot.run.commands import AnswerPage, AskHelp, DeclinePage, HandOver, NoteAttempt, Stop, TakeOver, Tick
from bot.run.situation import FrozenRung
from tests.render.stories import at_look, at_restore, at_signoff, broken_glass
from tests.render.walk import BOOK
from tests.story import Story

RUNGS = (
    FrozenRung(0, ("rotation:dba",), ("ben",), ("slack",)),
    FrozenRung(540, ("team:leads",), ("chen", "dora"), ("slack", "pager")),
    FrozenRung(1140, ("person:eve",), ("eve",), ("slack", "pager")),
)


def tick(story: Story, **span: float) -> Story:
    """Wind the clock, and let it look."""
    return story.later(**span).when("clock", Tick())


def called(**start: object) -> Story:
    """The first rung is called at the start."""
    return tick(at_look(rungs=RUNGS, **start))


def climbed(**start: object) -> Story:
    """Nobody of the first rung answers, so the second is called."""
    return tick(called(**start), minutes=9)


def declined() -> Story:
    """Both of the second rung cannot come, so the third is called at once."""
    story = climbed().when("dora", DeclinePage(2)).later(seconds=70).when("chen", DeclinePage(2))
    return tick(story, seconds=2)


def answered() -> Story:
    return climbed().later(minutes=1).when("dora", AnswerPage(2))


def silent_again() -> Story:
    """Whoever was on it is not heard of for an hour; asked, they do not answer either."""
    story = tick(tick(called().when("ben", AnswerPage(1)), minutes=10), minutes=10)
    newest = story.run.pages.pages[-1].number
    return tick(tick(story.when("ana", AnswerPage(newest)), minutes=60), minutes=10)


def asked() -> Story:
    """Signatures are asked for; Ben has answered every page so far."""
    return tick(at_signoff(rungs=RUNGS)).when("ben", AnswerPage(1))


def offered() -> Story:
    story = called().when("ana", HandOver("ben", "I have to sleep"))
    return tick(tick(story, minutes=10), minutes=10)


def unreached() -> Story:
    """Slack refuses one, the others are refused by every channel too."""
    story = climbed()
    for person in ("chen", "dora"):
        story.when("clock", NoteAttempt(2, person, "slack", 1, reached=False, answer="user_disabled", last=True))
    return tick(story, seconds=1)


def outage(**start: object) -> Story:
    """Handrail was down for 35 minutes: what was due meanwhile is called in one look."""
    story = called(**start)
    since = story.at
    return story.later(minutes=35).when("clock", Tick(down_since=since))


STORIES: Mapping[str, Callable[[], Story]] = {
    "called at the start": called,
    "the next rung": climbed,
    "cannot come": declined,
    "somebody is on it": answered,
    "nobody operates": lambda: tick(tick(Story(BOOK, rungs=RUNGS).started(by="dora")), minutes=10),
    "help": lambda: tick(called().at_visit(AskHelp, by="ana", words="What do I type?"), seconds=1),
    "a signature is missing": lambda: tick(asked(), minutes=10),
    "a signature is missing, wider": lambda: tick(tick(asked(), minutes=10), minutes=6),
    "the glass is broken": lambda: tick(broken_glass(), seconds=1),
    "a hand-over is not accepted": offered,
    "still on it": silent_again,
    "nobody could be reached": unreached,
    "Handrail was down": outage,
    "a drill after an outage": lambda: outage(mode="drill"),
    "late in the run": lambda: tick(at_restore(rungs=RUNGS).when("ben", AnswerPage(1)).begin(), hours=13),
    "the run ended": lambda: climbed().when("ana", Stop("A false alarm")),
    "taken over meanwhile": lambda: tick(tick(Story(BOOK).started(by="dora")), minutes=10).when("ana", TakeOver()),
}
