"""Real walks, recorded: people press what stands there, at random, and every record of it came by `decide`."""

from collections.abc import Iterator
from functools import cache
from random import Random

from bot.format.runbook import Decide, RunStep
from bot.run.commands import (
    Accept,
    AddNote,
    Begin,
    BreakGlass,
    Choose,
    Command,
    Correct,
    Finish,
    GoBack,
    HandOver,
    Mismatch,
    Reject,
    ReviewGlass,
    Sign,
    Skip,
    Stop,
    TakeOver,
    Tick,
    Watch,
)
from bot.run.places import AtStep, AwaitingSignature, Over
from tests.story import PEOPLE, Story

NAME = "orders-db"
ROLES = {
    "operator": ("ana", "ben", "chen"), "lead": ("chen", "dora"), "peer": ("ana", "ben", "chen", "eve"),
    "data_owner": ("ben", "dora", "eve"),
}  # fmt: skip
_STEPS = """
vars: {{rows: {{type: int}}}}
steps:
  - {{id: look, do: Count the rows, answer: {{var: rows}}, max_visits: 9, go: {{ok: ask, problem: hold}}}}
  - {{id: ask, signoff: Agree to the change, {ask} binds: {{vars: [rows], steps: [change, wipe]}}, readback: rows,
     max_visits: 9, go: {{approved: change, rejected: hold, expired: hold}}}}
  - {{id: change, run: Change the rows, effect: change, undo: {{none: Gone.}}, exec: {{argv: [change]}},
     max_visits: 9, go: {{ok: wipe, fail: hold, timeout: hold}}}}
  - {{id: wipe, run: Wipe the copy, effect: {last}, undo: {{none: Gone.}}, {witness} exec: {{argv: [wipe]}},
     max_visits: 9, go: {{ok: done, fail: hold, timeout: hold}}}}
  - {{id: hold, decide: Hold here, back: true, max_visits: 30, options: [{{id: a, label: End, when: Bad., go: stop}},
     {{id: b, label: Again, when: Good., go: look}}], go: {{unsure: hold}}}}
  - {{id: stop, end: Stop here, outcome: aborted}}
  - {{id: done, end: Close it, outcome: recovered}}
"""
BOOKS = (
    _STEPS.format(ask="from: [data_owner],", last="destroy", witness="witness: peer,"),
    _STEPS.format(ask="from: [data_owner, lead], need: 2, each: true,", last="destroy", witness=""),
    _STEPS.format(ask="from: [data_owner], forbid: [requester],", last="change", witness=""),
    _STEPS.format(ask="from: [data_owner, peer], need: 2, valid_for: 20m,", last="change", witness=""),
)
STYLES = ("eager", "restless", "silent")
ODDS = {"eager": 0.9, "restless": 0.6, "silent": 0.8}
Asked = tuple[str, Command]


@cache
def recorded(many: int = 48) -> tuple[Story, ...]:
    """So many walks, the same in each run of the tests: of people who get on, who do anything, and who keep silent."""
    return tuple(
        _walk(Random(number), BOOKS[number % len(BOOKS)], STYLES[number // len(BOOKS) % len(STYLES)])
        for number in range(many)
    )


def _walk(dice: Random, book: str, style: str) -> Story:
    story = Story(book, roles=ROLES).started(dice.choice(("ana", "ben")))
    for _ in range(70):
        story.later(minutes=dice.choice((0, 1, 1, 5)))
        asks = isinstance(story.run.here, AwaitingSignature)
        if style == "silent" and asks and dice.random() < 0.8:
            story.later(minutes=15)
            if not story.run.expired or dice.random() < 0.3:
                story.later(hours=1).when("clock", Tick())
            ways = _broken(story)
        elif dice.random() < ODDS[style]:
            ways = _going_on(story)
        else:
            ways = _anything(story)
        story.when(*dice.choice(list(ways) or [("ana", AddNote("Seen"))]))
        if story.run.over and dice.random() < 0.4:
            break
    return story


def _going_on(story: Story) -> Iterator[Asked]:
    """What leads on from here, mostly by somebody who may."""
    run = story.run
    if isinstance(run.here, Over):
        return
    at, operator = story.place(), run.operator or "ana"
    step = run.book.by_id[at.step]
    if isinstance(run.here, AwaitingSignature):
        yield from (
            (one, Sign(at.step, at.visit, run.here.digest, str(story.value("rows")))) for one in run.here.eligible
        )
    elif isinstance(step, Decide):
        yield from (
            ("chen", Choose(at.step, at.visit, one, "Once more.", "As it was"))
            for one in ("back", "back", "b", "unsure")
        )
        yield "dora", ReviewGlass("Looked at")
    elif isinstance(step, RunStep) and isinstance(run.here, AtStep) and run.here.began is None:
        yield from ((operator, Begin(at.step, at.visit, NAME)) for _ in range(3))
        yield from ((one, Watch(at.step, at.visit)) for one in ("eve", "ben") if step.witness)
    else:
        yield from ((operator, Finish(at.step, at.visit, "ok", {"rows": "7"} if step.id == "look" else {})),) * 3
        yield operator, Finish(at.step, at.visit, "problem", {}, "It failed")
    yield "eve", ReviewGlass("Looked at")


def _broken(story: Story) -> Iterator[Asked]:
    if isinstance(story.run.here, AwaitingSignature):
        at = story.place()
        yield from ((one, BreakGlass(at.step, at.visit, "Now")) for one in ("chen", "dora"))


def _anything(story: Story) -> Iterator[Asked]:
    """What people may think of pressing; what they may not press is refused."""
    run = story.run
    people = [one.id for one in PEOPLE]
    if isinstance(run.here, Over):
        yield from ((one, AddNote("After the end")) for one in people)
        yield from ((one, ReviewGlass("Looked at")) for one in people)
        return
    at, operator = story.place(), run.operator or "ana"
    digest = run.here.digest if isinstance(run.here, AwaitingSignature) else ""
    for one in people:
        yield from (
            (one, TakeOver()), (operator, HandOver(one)), (one, Accept()), (one, AddNote("Seen")),
            (one, BreakGlass(at.step, at.visit, "Now")), (one, ReviewGlass("Looked at")),
            (one, Reject(at.step, at.visit, "No")), (one, Sign(at.step, at.visit, digest, str(story.value("rows")))),
        )  # fmt: skip
    if "rows" in run.given:
        yield from ((one, Correct(run.given["rows"].seq, "rows", "8", "Typed wrongly")) for one in people)
    yield from (
        ("clock", Tick()), (operator, Mismatch(at.step, at.visit, "Odd")),
        (operator, GoBack(at.step, at.visit, "look", "Once more", "As it was")),
        (operator, Skip(at.step, at.visit, "x")),
        (operator, Stop("Enough")),
    )  # fmt: skip
