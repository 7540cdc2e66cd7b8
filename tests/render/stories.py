"""Ways through the runbook with every kind of step, for the tests of what people read."""

from bot.run.commands import (
    BreakGlass,
    LetSomebodyIn,
    NoteCallDelayed,
    NoteChildNotOpened,
    NoteChildOpened,
    NotePeople,
    ReviewGlass,
    SettlePeople,
    TakeChildOutcome,
    Tick,
    Watch,
)
from bot.run.situation import PeopleNow, Somebody
from tests.render.walk import BOOK, TARGET
from tests.story import FILES, PEOPLE, RUNG, Story, people_now

ZOE = Somebody("zoe", "Zoe Adler", "U0ZOE")
"""Of the catalogue, and none of the run's people."""


def at_look(**start: object) -> Story:
    return Story(BOOK, inputs={"damage": "An UPDATE without WHERE"}, **start).started()


def at_restore(**start: object) -> Story:
    return at_look(**start).later(minutes=4).done().later(minutes=3).done(target_time=TARGET).choose("rows")


def at_signoff(**start: object) -> Story:
    story = at_restore(**start).later(minutes=1).begin().later(minutes=80).done().done(rows="812")
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


def delayed(story: Story) -> Story:
    """The sub-run could not be opened yet, several times."""
    child = getattr(story.run.here, "child", "")
    why = "Handrail broke on it, and its log says why."
    return story.later(minutes=2).when("clock", NoteCallDelayed("ours", 1, child, why))


def people_changed() -> Story:
    """The operator is out while signatures are asked for, a peer comes and is let in, and another signer is out."""
    fay = Somebody("fay", "Fay <Moor>", "U0FAY")
    story = at_signoff(catalogue=FILES, rungs=(RUNG,)).sign("ben", TARGET)
    left = [one for one in PEOPLE if one.id != "ana"]
    story.when("clock", people_now(*left, fay, peer=("ben", "chen", "fay"))).later(minutes=1)
    story.when("dora", LetSomebodyIn("fay", story.run.members.waiting["fay"].seq)).later(minutes=1)
    left = [one for one in left if one.id != "ben"]
    return story.when("clock", people_now(*left, fay, peer=("chen", "fay")))


def people_in_doubt() -> Story:
    """The catalogue was emptied, and a lead keeps everybody; then it is whole again; then it is doubtful again."""
    empty = NotePeople(PeopleNow((), {}, {}, (frozenset(),), ((),), FILES))
    story = at_look(catalogue=FILES, rungs=(RUNG,)).when("clock", empty).later(minutes=1)
    story.when("dora", SettlePeople(story.run.seq, keep=True)).later(minutes=1).when("clock", people_now())
    few = people_now(*[one for one in PEOPLE if one.id in ("ana", "dora")])
    return story.later(minutes=1).when("clock", few).later(minutes=1).when("clock", people_now())


def broken_glass(lead: str = "chen", **start: object) -> Story:
    """Asked in vain, asked again, and a lead goes on without the signatures."""
    story = at_signoff(**start).later(minutes=20).when("clock", Tick()).at_step("hold").choose("back", by=lead)
    story.at_step("ask").later(minutes=6)
    return story.at_visit(BreakGlass, by="dora", reason="Nobody answers, and the disk fills")


def review_open() -> Story:
    """Closed though nobody of the run may review its broken glass: one operated, the other broke it."""
    roles = {"operator": ("ana",), "lead": ("dora",), "peer": ("ana", "dora"), "data_owner": ("dora",)}
    people = tuple(one for one in PEOPLE if one.id in ("ana", "dora"))
    story = broken_glass(lead="dora", roles=roles, people=people)
    story.at_visit(Watch, by="dora").begin(typed="orders-db").done().done(by="dora", counted="812")
    return returned(story.begin().done(live="812"))


def reviewed_from_outside() -> Story:
    return review_open().later(hours=20).when("zoe", ReviewGlass("It could not wait", ZOE))


def after_glass() -> Story:
    story = broken_glass().at_step("wipe").at_visit(Watch, by="ben").begin(typed="orders-db").done()
    return story.done(by="ben", counted="812").begin().done(live="812").at_step("ours")
