"""What each record of a story changes in its run, and whom the clock would call after it: whole, one line a change.

The stories next door tell what a rule is for, and look at one thing. Here nothing is left out: a value that a record
no longer sets, or sets as well, is a line that is missing or new. Look at the difference before you take it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.run import commands as ask
from bot.run.calls.rules import call_to, calls_out, calls_to_propagate, handed_anew
from bot.run.events import Started
from bot.run.evolve import evolve
from bot.run.hands.rules import state_of_hands, wanted
from bot.run.law.reviewing import reviewers
from bot.run.paging.dues import due_pages, next_due, next_stair
from bot.run.paging.ladder import is_quiet, may_answer, next_calls, people_of_drill, stairs
from bot.run.places import Chain
from bot.run.state import Run, Unstarted
from tests.run.test_after import DUE, GUS, ended
from tests.run.test_answers import SIGNED
from tests.run.test_begins import FORMER, PLAIN, TYPED
from tests.run.test_done_already import at_wipe, said
from tests.run.test_edges import CALLS
from tests.run.test_givers import brought_home
from tests.run.test_hands import finish, moving, pressed, reading, start
from tests.run.test_holds import CIRCLE, held
from tests.run.test_members import FAY, open_run, seconded
from tests.run.test_paging import EVE, REACHED_BY, RUNGS, STEPS, attempt, begun
from tests.run.test_readings import COUNT, TEN
from tests.run.test_refusals import BOOK, NAME, ROLES_HERE, bound, under_way
from tests.run.test_refusals import glass as asked_again
from tests.run.test_several_teams import AT, DATABASE, SEARCH, back, child, two_teams
from tests.run.test_signing import TIME
from tests.run.test_walk import WALK
from tests.story import NOON, ORDERS, PEOPLE, ROLES, Story, people_now

HURRIED = replace(ORDERS, rto=3_600)
CLIMBED = (RUNGS[0], replace(RUNGS[1], repeat=2), RUNGS[2])


# --- the stories -------------------------------------------------------------------------------------------------


def silence() -> Story:
    """Nobody answers: every rung, the second round, and what a late clock catches up with."""
    story = begun(rungs=CLIMBED, asset=HURRIED).tick()
    for minutes in (10, 10, 10, 10, 10, 30, 45, 90, 300):
        story.tick(minutes=minutes)
    return story.when("clock", ask.Tick(down_since=story.at - timedelta(hours=1)))


def answered() -> Story:
    """Somebody cannot come, somebody comes and cannot come after all, somebody is on it and falls silent."""
    story = begun(rungs=CLIMBED).tick().when("ben", ask.DeclinePage(1, "On a train")).tick()
    story.when("chen", ask.AnswerPage(2)).tick(minutes=5).when("chen", ask.DeclinePage(2)).tick()
    story.tick(minutes=10).when("eve", ask.AnswerPage(1)).tick(minutes=59).tick(minutes=2).tick(minutes=11)
    return story.when("dora", ask.AnswerPage(1)).done().tick(minutes=30)


def tried() -> Story:
    """Channels that fail, one after the other, until nobody is left; the next rung is called at once."""
    story = begun(rungs=EVE, people=REACHED_BY).tick()
    for number in (1, 2, 3):
        story.later(seconds=30).when("clock", attempt("env:EVE_SMS", number, reached=False))
    story.when("clock", attempt("env:EVE_CALL", 1, reached=False, last=True)).tick()
    return story.when("clock", ask.NoteAttempt(2, "chen", "slack", 1, reached=True, answer="ok")).tick(minutes=10)


def by_hand() -> Story:
    """Nothing that sends stands by: the reader is told whom to call."""
    story = begun().when("clock", ask.Tick(reader="ana")).later(minutes=25).when("clock", ask.Tick(reader="ana"))
    return story.when("clock", ask.Tick(reader="ana")).done().tick(minutes=1)


def helped() -> Story:
    """Help, a hand-over that is not taken and one that is, a pause, words; all while the ladder is climbed."""
    story = begun(rungs=CLIMBED).tick().at_visit(ask.AskHelp, "ana", words="I am lost").tick()
    story.later(seconds=30).at_visit(ask.AskHelp, "ana", words="Hello?").tick(minutes=9)
    story.at_visit(ask.AskHelp, "ana", words="Still lost").tick().when("ana", ask.HandOver("chen", "Please"))
    story.tick(minutes=5).tick(minutes=10).when("chen", ask.Accept()).when("chen", ask.Pause("A breath"))
    return story.when("chen", ask.Resume()).when("eve", ask.AddNote("I read along")).tick(hours=1)


def called_by_role() -> Story:
    """An asset without a ladder: who operates first, then all of them and the lead."""
    return begun(rungs=()).tick().tick(minutes=10).tick(minutes=30).done().tick(minutes=30)


def rehearsed() -> Story:
    """A drill calls its own people, and leaves them alone in their quiet hours; a training calls for nothing."""
    people = tuple(replace(one, quiet=("11:00", "13:00")) if one.id == "dora" else one for one in PEOPLE)
    return begun(rungs=CLIMBED, mode="drill", people=people, asset=HURRIED).tick().tick(minutes=10).tick(minutes=70)


def trained() -> Story:
    return begun(mode="training", asset=HURRIED).tick().tick(minutes=70).at_visit(ask.AskHelp, "ana").tick()


def nobody_to_sign() -> Story:
    """Only the operator may sign what is to be signed: the lead hears of it at the start, and when it is asked for."""
    roles = {"operator": ("ana",), "lead": ("chen", "dora"), "peer": ("ana",), "data_owner": ("ana",)}
    story = begun(rungs=(), roles=roles, owners=("eve", "gone")).tick().done().choose("rows", "chen").tick(minutes=1)
    alone = {**roles, "lead": ("ana",)}
    other = begun(rungs=(), roles=alone, owners=("eve", "gone")).tick()
    story.history += other.history
    return story


def asked_in_vain() -> Story:
    """Signers who do not come, the hold, the glass, the review."""
    story = begun(rungs=CLIMBED).tick().done().tick(minutes=5).choose("rows", "chen")
    for minutes in (4, 3, 4, 5):
        story.tick(minutes=minutes)
    story.choose("b", "chen").done().choose("rows", "chen").tick(minutes=6)
    story.at_visit(ask.BreakGlass, "dora", reason="Nobody comes").tick().begin().done().tick(minutes=20)
    return story.when("ben", ask.ReviewGlass("Rightly")).tick()


def signed_and_left() -> Story:
    """What is signed and not begun: nudged by what is left of the signature."""
    story = Story(SIGNED, rungs=RUNGS, asset=HURRIED).started().tick().done().tick().choose("rows", "chen")
    return story.sign("ben", NAME).tick(minutes=5).tick(minutes=6).tick(minutes=5).begin().tick(minutes=30)


def taken_over() -> Story:
    """Signatures that fall, a rejection, a correction, a watch that ends, an outcome that nobody knows."""
    story = under_way().unknown(note="The line was lost").tick().choose("back", note="Again", look="As it was.")
    story.sign("dora", "7").when("ben", ask.TakeOver()).at_step("change").correct("rows", "8", by="ben")
    story.begin("ben", NAME).at_visit(ask.Reject, "dora", reason="Count again").at_step("hold")
    return story.choose("b", "ben").done("ben", typed=NAME, rows="9").sign("eve", "9").tick(hours=1)


def broken() -> Story:
    """The lead who broke the glass comes to operate: it has ended."""
    story = asked_again().tick().at_visit(ask.BreakGlass, "chen", reason="Nobody comes").tick()
    return story.when("chen", ask.TakeOver()).tick(minutes=30)


def told_before() -> Story:
    """Done before its turn: of what is signed for the run holds."""
    return said(at_wipe()).tick()


def round_and_round() -> Story:
    """The third time round calls more people; an end is asked for, refused, asked for and given."""
    story = held()
    for _ in range(2):
        story.choose("back", by="chen", note="Again").problem().tick()
    story.at_visit(ask.AskEnd, end="partly", words="Half is back.").tick()
    story.at_visit(ask.AnswerEnd, "dora", grant=False).at_visit(ask.AskEnd, end="partly", words="Half.")
    return story.at_visit(ask.AnswerEnd, "dora", grant=True).tick()


def ruled_out() -> Story:
    """A value that a check refused, a reading that is no verdict, a blind answer."""
    story = Story(COUNT, damage_began="2026-11-22T09:30:00Z").started().done(point=TEN).done(rows="3")
    story.failed(rows="3").done(point="2026-11-22T09:00:00Z").done(rows="0").done(label="20261122F")
    return story.done(mine="7").done(rows="6").at_visit(ask.Mismatch, words="Nothing fits").tick()


def several() -> Story:
    """Two runs meanwhile: told anew, one comes back, one fails, a join that is silent, and a stop."""
    story = two_teams().tick().correct("rows", "6")
    story.when("clock", ask.NoteCallTold(*AT[DATABASE], DATABASE, story.run.whole_chain, given={"rows": "6"}))
    story.when("ben", ask.TakeOver()).done("ben").tick()
    back(story, SEARCH, "aborted").tick()
    story.when("ben", ask.Stop("It is worse")).tick()
    return back(story, DATABASE, rows=7).tick()


def joined() -> Story:
    story = two_teams().done()
    back(story, DATABASE, rows=7)
    return back(story, SEARCH).tick().sign("dora", NAME).at_step("wipe").tick(hours=3)


def waited_for() -> Story:
    story = two_teams().done()
    back(story, DATABASE)
    return story.tick(minutes=119).tick(minutes=1)


def called() -> Story:
    """A call: put off, opened, told, brought home."""
    story = Story(CALLS, calls={"storage": "e" * 64}).started().at_step("ours").tick()
    at = ("ours", 1, "run-1.ours.1")
    story.when("clock", ask.NoteCallDelayed(*at, "The catalogue is away."))
    story.when("clock", ask.NoteChildOpened(*at, "NET-4", story.run.whole_chain)).when("ben", ask.TakeOver())
    story.when("clock", ask.NoteCallTold(*at, story.run.whole_chain)).tick(minutes=30)
    home = Chain(("eve",), ("eve", "dora"))
    return story.when("clock", ask.TakeChildOutcome(*at, "partial", {}, home, {})).choose("b", "ben").tick()


def not_opened() -> Story:
    story = Story(CALLS).started()
    return story.when("clock", ask.NoteChildNotOpened("ours", 1, "run-1.ours.1", "It is not kept.")).tick()


def below() -> Story:
    """A called run: hears of new people and values, is asked to stop, and tells its caller."""
    story = child().tick().sign("ben", NAME)
    story.when("clock", ask.TakeHanded({"rows": "6"}, {"rows": ("dora",)}))
    story.when("clock", ask.GrowChain(Chain(("eve",), ("eve", "ben")))).tick(minutes=5)
    story.when("clock", ask.AskToStop("ana", "Ana Ruiz", "It is worse.")).tick()
    return story.when("ana", ask.Stop("They asked.")).tick().when("clock", ask.NoteParentTold())


def gone_on() -> Story:
    """A run that goes on from another: what was begun there, and what counts on."""
    former = replace(FORMER, step="look", hidden=("later",), expired={"ask": 1}, held_from="look", out={"x": "X-1"})
    return Story(PLAIN, inputs=TYPED, former=former, damage_began="2026-11-22T10:00:00Z").started().tick()


def by_hands() -> Story:
    """Hands look, are asked again, and are taken over from."""
    story = finish(start(reading()), captured={"free": "1"}).when("ana", ask.LookAgain("space", 1))
    start(story, 2).when("clock", ask.LoseAction("space", 1, 2, "They do not answer."))
    return story.when("ana", ask.DoMyself("space", 1)).done(free="12")


def pressed_and_lapsed() -> Story:
    story = pressed().tick(minutes=2).when("clock", ask.OfferHands("wipe", 1, 1, "w1"))
    story.when("ana", ask.Begin("wipe", 1, NAME, hands=True)).when("clock", ask.DeclineHands("wipe", 1, 2, "No."))
    return story.begin(typed=NAME).done()


def retried() -> Story:
    story = moving().when("clock", ask.FinishAction("move", 1, 1, "exit", 5, 7)).later(seconds=13)
    story.when("clock", ask.StartAction("move", 1, 2, "w1", "b")).at_visit(ask.Mismatch, words="It goes wrong")
    return story.when("clock", ask.FinishAction("move", 1, 2, "exit", 5, 0)).tick()


def people() -> Story:
    """Who operates is out, who was called is out, somebody comes and is let in, an account changes."""
    story = open_run(on_call={"peer": ("chen",)}).tick(minutes=10).when("eve", ask.AnswerPage(1))
    story.when("clock", people_now(*PEOPLE, FAY, peer=("ana", "ben", "chen", "fay"))).tick()
    story.when("dora", ask.LetSomebodyIn("fay", story.run.members.waiting["fay"].seq)).done()
    story.at_visit(ask.Watch, "fay").when("ana", ask.HandOver("ben"))
    without = tuple(one for one in (*PEOPLE, FAY) if one.id not in ("eve", "ben", "fay"))
    story.when("clock", people_now(*without)).tick()
    story.when("clock", people_now(*(one for one in without if one.id != "ana"))).tick(minutes=1).tick(minutes=20)
    return story.when("chen", ask.TakeOver()).tick()


def signers() -> Story:
    """What somebody signed who was let in falls when that lead comes to operate."""
    story = seconded("chen", "data_owner").sign("fay", TIME).when("chen", ask.TakeOver()).done("chen").tick()
    return story.when("clock", people_now(*PEOPLE, data_owner=("ben",))).tick()


def after() -> Story:
    """A run that is over: lessons, follow-ups, questions, a post-mortem, a milestone, and erased words."""
    story = ended().tick().when("eve", ask.TellLesson("Look first", near_miss=True))
    story.when("ana", ask.AddFollowUp("Widen it", "gus", DUE, GUS)).when("ana", ask.AddFollowUp("Ask", "ben", DUE))
    story.when("clock", ask.NoteHandedOn(1, taken=False, answer="500")).when("ana", ask.Rate("clarity", "4"))
    story.when("clock", ask.NoteHandedOn(1, taken=True, answer="#7")).when("ana", ask.Rate("hesitation", "count"))
    story.when("dora", ask.SetMilestone("noticed", "2026-11-22T11:00:00Z", "The graph"))
    story.when("dora", ask.SetPostmortem("draft", "ben", "In the wiki")).tick(days=9).tick(days=7)
    story.when("ben", ask.FinishFollowUp(1, "Done")).when("dora", ask.SetPostmortem("done", "gus", "Read", GUS))
    return story.tick(days=30)


def brought() -> Story:
    return brought_home("forbid: [giver],").sign("chen", NAME).sign("ben", NAME).tick()


def skipped() -> Story:
    text = BOOK.replace("{id: look, do: Count the rows,", "{id: look, skip: true, do: Count the rows,")
    story = Story(text, roles=ROLES_HERE).started().at_visit(ask.Skip, reason="No need").sign("dora", "7")
    story.sign("unverified: root", "7").sign("eve", "7").when("unverified: root", ask.TakeOver()).tick(minutes=10)
    return story


def back_again() -> Story:
    story = bound().at_visit(ask.GoBack, to="look", reason="Count again").done(typed=NAME, rows="7").sign("dora", "7")
    return story.at_visit(ask.Watch, "ben").begin(typed=NAME).when("ana", ask.HandOver("ben")).done().tick()


def circled() -> Story:
    """Three times round while the ladder is climbed: the rung after the last that was called hears of it as well."""
    story = Story(CIRCLE, rungs=CLIMBED).started().tick()
    for minutes in (11, 11, 11):
        story.problem().tick(minutes=minutes).choose("back", by="chen", note="Again")
    return story.problem().tick(seconds=1).tick(minutes=10)


def circled_at_once() -> Story:
    """The same, before anybody was called."""
    story = Story(CIRCLE, rungs=CLIMBED).started()
    for _ in range(2):
        story.problem().choose("back", by="chen", note="Again")
    return story.problem().tick()


def thinned() -> Story:
    """Nobody is left on the first rung, and then on none."""
    story = begun(rungs=CLIMBED)
    now = people_now(*(one for one in PEOPLE if one.id != "ben")).now
    story.when("clock", ask.NotePeople(replace(now, rungs=(frozenset(),), told=((),)))).tick().tick(minutes=10)
    story.at_visit(ask.AskHelp, "ana").tick()
    nobody = replace(now, rungs=(frozenset(),) * 3, told=((),) * 3)
    return story.when("clock", ask.NotePeople(nobody)).tick(minutes=30)


def unled() -> Story:
    """Started by somebody who may not operate; taken over late."""
    story = Story(WALK, rungs=CLIMBED, asset=HURRIED).started("eve").tick().tick(minutes=10).tick(minutes=10)
    return story.when("ben", ask.TakeOver()).tick(minutes=10).when("ben", ask.HandOver("chen")).tick(minutes=45)


def taken_at_once() -> Story:
    """Ben, whom the first rung holds, operates before anybody was called: the next one hears of the start."""
    return begun(rungs=CLIMBED).when("ben", ask.TakeOver()).tick().tick(minutes=10).tick(minutes=10)


def handed_over() -> Story:
    """Somebody is on it; a hand-over that nobody takes climbs the ladder anew, until it is taken."""
    story = begun(rungs=CLIMBED).tick().when("ben", ask.AnswerPage(1)).when("ana", ask.HandOver("chen"))
    story.tick(minutes=10).tick(minutes=10).tick(minutes=10).tick(minutes=10)
    return story.when("chen", ask.Accept()).tick(minutes=10)


def declined() -> Story:
    """Who cannot come is asked again in the next round."""
    story = begun(rungs=CLIMBED).done().tick().when("ben", ask.DeclinePage(1)).tick().when("eve", ask.DeclinePage(1))
    story.when("chen", ask.DeclinePage(2)).tick()
    for minutes in (10, 10, 10, 30, 10):
        story.tick(minutes=minutes)
    return story


def begun_in_time() -> Story:
    """A signed step that is begun goes by its own time from then on."""
    story = Story(SIGNED.replace("20m", "8m"), rungs=RUNGS, asset=HURRIED).started().tick().done()
    story.choose("rows", "chen").sign("ben", NAME).tick(minutes=1).later(minutes=2).begin()
    return story.tick(minutes=30).tick(minutes=70)


def left_alone() -> Story:
    """A name of a machine, in a run without roles and ladder: there is nobody to call but itself."""
    roles = dict.fromkeys(ROLES, ())
    story = begun(rungs=(), roles=roles, people=()).tick()
    other = (
        Story(STEPS, rungs=(), roles=roles, asset=HURRIED).started("unverified: root").tick().done("unverified: root")
    )
    other.at_visit(ask.AskHelp, "unverified: root").tick(minutes=61).tick(minutes=31)
    other.history += story.history
    return other


STORIES: Mapping[str, Callable[[], Story]] = {
    one.__name__: one for one in (
        silence, answered, tried, by_hand, helped, called_by_role, rehearsed, trained, nobody_to_sign, asked_in_vain,
        signed_and_left, taken_over, broken, told_before, round_and_round, ruled_out, several, joined, waited_for,
        called, not_opened, below, gone_on, by_hands, pressed_and_lapsed, retried, people, signers, after, brought,
        skipped, back_again, circled, circled_at_once, thinned, unled, taken_at_once, handed_over, declined,
        begun_in_time, left_alone,
    )
}  # fmt: skip


# --- how they are told -------------------------------------------------------------------------------------------


def say(value: object) -> str:
    """A value in a line: moments as times since the start, what is as it is by default left out."""
    if isinstance(value, datetime):
        return f"+{value - NOON}"
    if is_dataclass(value) and not isinstance(value, type):
        shown = [(one.name, getattr(value, one.name)) for one in fields(value)]
        return f"({', '.join(f'{name}={say(part)}' for name, part in shown if part)})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{say(key)}: {say(part)}' for key, part in value.items())}}}"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(say, value)))}}}"
    if isinstance(value, tuple):
        return f"({', '.join(map(say, value))})"
    return str(value)


def changes(before: object, after: object, at: str = "") -> Iterator[str]:
    """What is otherwise than before, each at its place."""
    if before == after:
        return
    if is_dataclass(after) and type(before) is type(after):
        for one in fields(after):
            yield from changes(getattr(before, one.name), getattr(after, one.name), f"{at}.{one.name}".lstrip("."))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from changes(before.get(key), after.get(key), f"{at}[{say(key)}]")
    elif isinstance(before, tuple) and isinstance(after, tuple) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changes(one, other, f"{at}[{number}]")
    elif isinstance(before, tuple) and isinstance(after, tuple) and after[: len(before)] == before:
        yield from (f"{at} + {say(one)}" for one in after[len(before) :])
    else:
        yield f"{at} = {say(after)}"


def follows(run: Run) -> dict[str, Any]:
    """What follows from where a run stands, beside its own fields. A page is known by its key, rung and stair."""
    pages = {
        f"due {one.key}{'' if one.rung is None else f' {one.rung}.{one.stair}'}": (
            one.at, one.people, one.via, one.round, one.step, one.visit, one.figure,
        )
        for one in due_pages(run)
    }  # fmt: skip
    due, stair = next_due(run), next_stair(run)
    return pages | {
        "next": None if due is None else (due.at, due.what),
        "stair": None if stair is None else (stair.at, stair.stair, stair.people),
        "stairs": stairs(run), "calls": next_calls(run), "answer": may_answer(run), "drill": people_of_drill(run),
        "quiet": tuple(one.id for one in run.members.people if is_quiet(run, one.id, run.pages.heard_at)),
        "errands": tuple(one.child for one in calls_to_propagate(run)), "review": reviewers(run),
        "anew": {one.child: handed_anew(run, one) for one in calls_out(run) if call_to(run, one.child) is not None},
        "hands": (state_of_hands(run), wanted(run)), "times round": run.times_round, "chain": run.whole_chain,
    }  # fmt: skip


OWN = ("book", "start", "members", "law")
"""Fields that stand in the first record as they are."""


def tell(story: Story) -> Iterator[str]:
    state: Run | Unstarted = Unstarted("run-1", story.book)
    known: dict[str, Any] = {}
    for number, (event, stamp) in enumerate(story.history, 1):
        fresh = isinstance(event, Started)
        before = None if fresh else state
        state = evolve(Unstarted("run-1", story.book) if fresh else state, event, stamp)
        yield f"{number} {type(event).__name__} by {stamp.by} at {say(stamp.at)}"
        if before is None:
            shown = (one for one in fields(state) if one.name not in OWN)
            yield from (
                f"    {one.name} = {say(getattr(state, one.name))}" for one in shown if getattr(state, one.name)
            )
            known = {}
        else:
            yield from (f"    {line}" for line in changes(before, state) if not line.startswith("seq ="))
        now = follows(state)
        yield from (f"    > {line}" for line in changes(known, now))
        known = now


@pytest.mark.parametrize("name", STORIES)
def test_what_each_record_changes(name: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(tell(STORIES[name]())) == snapshot
