"""Ways through the runbook with every kind of step, for the tests of what people read."""

from bot.core.commands import BreakGlass, NoteChildNotOpened, NoteChildOpened, TakeChildOutcome, Tick, Watch
from tests.render.walk import BOOK, TARGET
from tests.story import Story


def at_look(**start: object) -> Story:
    return Story(BOOK, inputs={"damage": "An UPDATE without WHERE"}, **start).started()


def at_restore(**start: object) -> Story:
    return at_look(**start).later(minutes=4).done().later(minutes=3).done(target_time=TARGET).choose("rows")


def at_signoff(**start: object) -> Story:
    story = at_restore(**start).later(minutes=1).begin().later(minutes=80).done().begin().done(rows="812")
    return story.at_step("ask")


def at_wipe(**start: object) -> Story:
    return (
        at_signoff(**start).later(minutes=2).sign("ben", TARGET).later(minutes=1).sign("dora", TARGET).at_step("wipe")
    )


def at_call() -> Story:
    story = at_wipe().at_visit(Watch, by="ben").begin(typed="Orders database").done().at_step("owner")
    return story.done(by="dora", counted="812").begin().done(live="812").at_step("ours")


def returned(story: Story) -> Story:
    """The sub-run opened, was done, and its outcome taken home."""
    child = getattr(story.run.here, "child", "")
    story.when("clock", NoteChildOpened("ours", 1, child, "NET-4")).later(minutes=5)
    return story.when("clock", TakeChildOutcome("ours", 1, child, "recovered"))


def not_opened(story: Story) -> Story:
    """The sub-run cannot be opened."""
    child = getattr(story.run.here, "child", "")
    why = "The catalogue has no asset “net” any more. Type /recover to choose one."
    return story.later(minutes=1).when("clock", NoteChildNotOpened("ours", 1, child, why))


def broken_glass() -> Story:
    """Asked in vain, asked again, and the lead goes on without the signatures."""
    story = at_signoff().later(minutes=20).when("clock", Tick()).at_step("hold").choose("back", by="chen")
    story.at_step("ask").later(minutes=6)
    return story.at_visit(BreakGlass, by="dora", reason="Nobody answers, and the disk fills")


def after_glass() -> Story:
    story = broken_glass().at_step("wipe").at_visit(Watch, by="ben").begin(typed="orders-db").done()
    return story.done(by="ben", counted="812").begin().done(live="812").at_step("ours")
