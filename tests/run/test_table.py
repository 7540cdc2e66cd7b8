"""The table of places and commands is the one that `decide` keeps: each entry is seen, and nothing beside it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

from bot.format.runbook import KIND_OF, KINDS, Alone
from bot.run import commands
from bot.run.evolve import evolve
from bot.run.law.decide import decide
from bot.run.law.table import ANYWHERE, ENTERED, TABLE, Asked, Row
from bot.run.places import AwaitingSignature, Chain, Over, Place
from bot.run.situation import Somebody, Stamp
from bot.run.state import Run
from tests.run import test_hands, test_reviewing
from tests.run.drawing import FILE, page
from tests.story import PEOPLE as STORY_PEOPLE
from tests.story import ROLES, Story, people_now

BOOK = """
vars: {rows: {type: int, default: 7}}
steps:
  - {id: look, do: Look at it, skip: true, max_visits: 9, go: {ok: read, problem: hold}}
  - {id: read, check: Count the rows, exec: {argv: [count]}, capture: {rows: {from: stdout, type: int}},
     expect: {all: [{var: rows, gt: 0}]}, max_visits: 9, go: {ok: ask, fail: hold}}
  - {id: ask, signoff: Agree to the change, from: [data_owner], need: 2,
     binds: {vars: [rows], steps: [change]}, readback: rows, max_visits: 9,
     go: {approved: change, rejected: hold, expired: ask}}
  - {id: change, run: Change the rows, effect: change, undo: {none: Gone.}, witness: peer, exec: {argv: [change]},
     max_visits: 9, go: {ok: beside, fail: hold, timeout: hold}}
  - {id: beside, call: Bring the site back, runbook: site, meanwhile: true, go: {ok: also}}
  - {id: also, call: Bring the cache back, runbook: cache, go: {recovered: joined, else: hold}}
  - {id: joined, join: Wait for the site, timeout: 2h, go: {ok: done, fail: hold, timeout: hold}}
  - {id: hold, decide: Hold here, back: true, max_visits: 99,
     options: [{id: again, label: Again, when: Good., go: look}, {id: wait, label: Wait, when: Fine., go: pause},
       {id: close, label: Close, when: It is well., go: done}],
     go: {unsure: hold}}
  - {id: pause, wait: Let it settle, for: 5m, go: {ok: look, fail: hold, timeout: hold}}
  - {id: done, end: All is well, outcome: recovered}
  - {id: stopped, end: Stop here, outcome: aborted}
"""
PEOPLE = ("ana", "ben", "chen", "dora", "zoe", "clock")
ZOE = Somebody("zoe", "Zoe Adler", "U0ZOE")
"""Of the catalogue, and not of the run."""


def asked() -> Story:
    return Story(BOOK, calls={"site": "b" * 64, "cache": "c" * 64}).started().done().done(rows="7").at_step("ask")


def signed() -> Story:
    """At the change, which two have signed for."""
    return asked().sign("dora", "7").sign("ben", "7").at_step("change")


def watched() -> Story:
    return signed().at_visit(commands.Watch, "chen")


def in_call() -> Story:
    """One run is open beside this one, and it waits for another."""
    story = watched().begin().done().at_step("also")
    return story.when("clock", commands.NoteChildOpened("also", 1, "run-1.also.1", "CACHE-1"))


def joining() -> Story:
    outcome = commands.TakeChildOutcome("also", 1, "run-1.also.1", "recovered", {}, Chain())
    return in_call().when("clock", outcome).at_step("joined")


def broken(**roles: tuple[str, ...]) -> Story:
    """The glass was broken, and the last step is done."""
    return test_reviewing.broken({**test_reviewing.FEW, **roles}).begin()


def stories() -> Iterator[Story]:
    """A run in each place, and in each state of a place that matters to what is taken there."""
    yield Story(BOOK).started()
    yield Story(BOOK).started().when("ana", commands.HandOver("chen"))
    yield Story(BOOK).started().when("ana", commands.Pause("Wait."))
    yield Story(BOOK).started().tick(minutes=40)
    yield Story(BOOK).started().done()
    yield Story(BOOK).started().problem().at_step("hold")
    yield Story(BOOK).started().problem().at_visit(commands.AskEnd, end="stopped", words="Enough.")
    yield from (asked(), asked().sign("dora", "7"), asked().tick(minutes=31).tick(minutes=31).at_step("ask"))
    yield from (signed(), watched(), watched().begin(), watched().begin().done())
    yield from (in_call(), in_call().at_visit(commands.Mismatch).at_step("hold"), joining())
    yield from (broken(peer=("ana", "ben", "chen")), broken(peer=("ana", "ben", "chen")).done(), broken().done())
    yield Story(BOOK).started().when("ana", commands.Stop("Enough."))
    yield (
        Story(BOOK).started().when("ana", commands.Stop("Enough."))
        .when("ana", commands.AddFollowUp("Mend it", "ana", "2026-11-24"))
    )  # fmt: skip
    yield test_hands.start(test_hands.pressed())
    yield test_hands.start(test_hands.reading())
    yield test_hands.finish(test_hands.start(test_hands.reading()), captured={"free": "10"})
    yield Story(BOOK).started().when("clock", people_now(*STORY_PEOPLE, ZOE, operator=(*ROLES["operator"], "zoe")))
    yield Story(BOOK).started().when("clock", people_now(STORY_PEOPLE[0]))


def asks(run: Run) -> Iterator[commands.Command]:
    """Whatever could be asked where the run stands."""
    here = run.here
    step, visit = ("look", 1) if isinstance(here, Over) else (here.step, here.visit)
    digest = here.digest if isinstance(here, AwaitingSignature) else ""
    at = (step, visit)
    yield from (commands.Begin(*at), commands.Begin(*at, "orders-db"), commands.Watch(*at), commands.Skip(*at, "No."))
    yield commands.SayDone(*at, "Ben did it.")
    yield from (commands.Finish(*at, how, {"rows": "7"}) for how in ("ok", "problem", "unknown"))
    options = ("again", "wait", "close", "back", "unsure")
    yield from (commands.Choose(*at, option, "Decided.", "Looked.") for option in options)
    yield from (commands.Sign(*at, digest, "7"), commands.Reject(*at, "No."), commands.BreakGlass(*at, "Nobody."))
    yield from (commands.GoBack(*at, to, "Again.", "Looked.") for to in ("look", "read", "change"))
    yield from (commands.Mismatch(*at), commands.AskHelp(*at), commands.AskEnd(*at, "stopped", "Enough."))
    yield from (commands.AnswerEnd(*at, grant=grant) for grant in (True, False))
    yield from (commands.DoMyself(*at), commands.LookAgain(*at), commands.CancelAction(*at))
    yield from (commands.AddNote("Seen."), commands.TakeOver(), commands.HandOver("chen"), commands.Accept())
    yield from (commands.Pause("Wait."), commands.Resume(), commands.Stop("Enough."), commands.ReviewGlass("Fine."))
    yield commands.ReviewGlass("Fine.", ZOE)
    yield from (commands.Correct(one.seq, name, "9", "Typed wrongly.") for name, one in run.given.items())
    yield from (commands.SetMilestone("restored", "2026-11-22T12:00:00Z", "Late."), commands.TellLesson("Look first."))
    yield from (commands.AddFollowUp("Mend it", "ana", "2026-11-24"), commands.Rate("clarity", "4"))
    yield commands.SetPostmortem("draft", "ana")
    yield from (commands.LetSomebodyIn("zoe", one.seq) for one in run.members.waiting.values())
    if run.members.doubt is not None:
        yield from (commands.SettlePeople(run.members.doubt.seq, keep) for keep in (True, False))
    yield from (commands.FinishFollowUp(1), commands.AnswerPage(1), commands.DeclinePage(1), commands.Tick())
    yield from (commands.FinishAction(*at, 1, "exit", 20, 0, "", {"free": free}) for free in ("11", "3"))
    yield commands.LoseAction(*at, 1, "The hands do not answer.")
    for call in ("beside", "also"):
        child = f"run-1.{call}.1"
        yield commands.TakeChildOutcome(call, 1, child, "recovered", {}, Chain())
        yield commands.NoteChildNotOpened(call, 1, child, "It is gone.")
        yield commands.NoteChildOpened(call, 1, child, "SITE-1")


def asked_of(run: Run, command: commands.Command, stamp: Stamp) -> Run:
    """The run once somebody asked, and went on when asked back; the very same when nothing happened."""
    try:
        events = decide(run, command, stamp)
    except commands.AsksBack as back:
        events = decide(run, back.again, stamp)
    except commands.Refused:
        return run
    for event in events:
        run = evolve(run, event, stamp)
    return run


def standing(run: Run) -> object:
    """The place and the visit; to wait for others before it ends is another place."""
    here = run.here
    return Over if isinstance(here, Over) else (type(here), here.step, here.visit, getattr(here, "ending", None))


def seen(story: Story) -> Iterator[tuple[str, Asked, Run]]:
    """Whatever can be asked of this run, by anybody, at once and once what is due has passed."""
    run = story.run
    moments = [(0, by) for by in PEOPLE] + [(31, "dora"), (31, "clock"), (200, "ana"), (200, "clock")]
    for later, by in moments:
        stamp = Stamp(story.at + timedelta(minutes=later), by, "clock" if by == "clock" else "slack")
        for command in asks(run):
            after = asked_of(run, command, stamp)
            if after is not run:
                yield "stays" if standing(after) == standing(run) else "moves", type(command), after


def test_the_table_says_what_is_taken_where_and_where_it_leads() -> None:
    taken: set[tuple[type[Place] | None, str, Asked]] = set()
    entered: set[tuple[str, type[Place]]] = set()
    for story in stories():
        for how, asked_for, after in seen(story):
            of_the_run = not story.run.over and asked_for in getattr(ANYWHERE, how)
            taken.add((None if of_the_run else type(story.run.here), how, asked_for))
            if how == "moves" and after.here.step is not None and asked_for is not commands.Stop:
                entered.add((after.book.by_id[after.here.step].kind, type(after.here)))
    rows = [(None, ANYWHERE), *TABLE.items()]
    assert taken == {(at, how, one) for at, row in rows for how in Row._fields for one in getattr(row, how)}
    assert entered == {(kind, place) for kind, found in ENTERED.items() for place in found}


def test_every_command_of_people_is_in_the_table() -> None:
    listed = {one for row in (ANYWHERE, *TABLE.values()) for one in (*row.stays, *row.moves)}
    unions = (commands.StepCommand, commands.RunCommand, commands.AfterCommand)
    assert {one for union in unions for one in get_args(union)} <= listed
    assert set(get_args(Place)) == set(TABLE)
    assert set(KINDS) - set(ENTERED) == {KIND_OF[one] for one in get_args(Alone)}


def test_the_drawing_is_made_of_the_table() -> None:
    assert FILE.read_text("utf-8") == page(), "run make diagram"
