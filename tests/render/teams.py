"""Ways of several teams at once, for the tests of what people read."""

from bot.run.commands import AskToStop, NoteChildNotOpened, Stop, TakeHanded
from tests.run.test_several_teams import AT, DATABASE, SEARCH, TEAMS, back, child, opened, two_teams
from tests.story import Story


def both_out() -> Story:
    """At its own work, while two teams work."""
    return two_teams().later(minutes=5)


def joined() -> Story:
    """Both are back, and signatures are asked for."""
    return back(back(both_out().done(), DATABASE, rows=7).later(minutes=9), SEARCH)


def one_failed() -> Story:
    """One has not recovered, the other is out."""
    return back(both_out().done(), SEARCH, "aborted")


def one_silent() -> Story:
    """One is silent for too long."""
    return back(both_out().done(), DATABASE).tick(hours=2)


def one_not_opened() -> Story:
    """One is open, the other never was."""
    story = Story(TEAMS, calls={"database": "b" * 64, "search": "c" * 64}).started().done(rows="5")
    opened(story, DATABASE, "DB-1")
    return story.when("clock", NoteChildNotOpened(*AT[SEARCH], SEARCH, "The catalogue has no asset “search” any more."))


def about_to_end() -> Story:
    """Stopped, and waiting for both."""
    return both_out().done().later(minutes=1).when("ana", Stop("It is worse."))


def asked_to_stop() -> Story:
    """A called run whose caller is being stopped, and which was handed another value before."""
    story = child().later(minutes=1).when("clock", TakeHanded({"rows": "6"}, {"rows": ("dora",)}))
    return story.later(minutes=1).when("clock", AskToStop("ana", "Ana Ruiz", "It is worse."))


TOGETHER = {
    "several teams at work": both_out,
    "several teams, all back": joined,
    "several teams, one failed": one_failed,
    "several teams, one silent": one_silent,
    "several teams, one not opened": one_not_opened,
    "several teams, about to end": about_to_end,
    "several teams, asked to stop": asked_to_stop,
}
