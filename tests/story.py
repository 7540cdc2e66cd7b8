"""A small `Story`: a run walked by hand in a test, with a clock that the test winds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import yaml

from bot.format.pieces import Value
from bot.format.runbook import Runbook
from bot.run.commands import (
    AsksBack,
    Begin,
    Choose,
    Command,
    Correct,
    Finish,
    Here,
    NotePeople,
    Refused,
    Sign,
    Start,
    StepCommand,
    Tick,
)  # fmt: skip
from bot.run.events import Event, Events
from bot.run.evolve import evolve
from bot.run.law.closing import CLOSES
from bot.run.law.decide import decide
from bot.run.law.offers import sends_back
from bot.run.paging.events import NobodyReached, Paged
from bot.run.places import AwaitingSignature, Over
from bot.run.situation import AssetAsItWas, FrozenRung, PeopleNow, Somebody, Stamp
from bot.run.state import Run, Unstarted

PAGES = (Paged, NobodyReached)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PEOPLE = (
    Somebody("ana", "Ana Ruiz", "U0ANA"),
    Somebody("ben", "Ben Okafor", "U0BEN"),
    Somebody("chen", "Chen Wei", "U0CHEN"),
    Somebody("dora", "Dora Lind", "U0DORA"),
    Somebody("eve", "Eve Ndiaye", "U0EVE"),
)
ROLES: Mapping[str, tuple[str, ...]] = {
    "operator": ("ana", "ben", "chen"),
    "lead": ("chen", "dora"),
    "peer": ("ana", "ben", "chen"),
    "data_owner": ("ben", "dora"),
}
ORDERS = AssetAsItWas(
    "orders-db", "Orders database", 1, "postgres", "data-platform",
    facts={"db": "orders", "host": "pg-orders-1", "copy": "pg-restore-1"}, rpo=300, rto=14_400,
)  # fmt: skip


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C where PyYAML has it: most of what a story took was reading its runbook."""
FILES = {"people.yaml": "a" * 64}
RUNG = FrozenRung(600, ("team:lead",), ("dora", "eve"), ("slack",))


def people_now(*people: Somebody, **roles: tuple[str, ...]) -> NotePeople:
    """The catalogue as it is now: as the start had it, but for what is said here. Its ladder is `RUNG` alone."""
    known = people or PEOPLE
    ids = {one.id for one in known}
    held = {role: tuple(one for one in who if one in ids) for role, who in {**ROLES, **roles}.items()}
    told = tuple(one for one in RUNG.people if one in ids)
    return NotePeople(PeopleNow(known, held, {}, (frozenset(told),), (told,), FILES))


def book_of(text: str) -> Runbook:
    """A runbook from YAML that leaves out what a test does not care about."""
    written = LOADER(text).get_single_data()
    usual = {
        "schema": "runbook/v1", "id": "story", "title": "Rows were changed by mistake", "status": "active",
        "enter_when": ["Rows are wrong."], "objective": "Bring the rows back.", "owner": "data-platform",
        "roles": {role: f"team:{role}" for role in ROLES}, "exception": "hold",
    }  # fmt: skip
    return Runbook.model_validate(usual | written)


def start_command(**changes: object) -> Start:
    """A start as the registry would hand it over."""
    usual = Start("ORDERS-7", "d" * 64, {}, "live", ORDERS, PEOPLE, ROLES, channel="C0INC", owner_channel="C0DATA")
    return replace(usual, **changes)  # type: ignore[arg-type]


class Story:
    """A run in a test: `when` somebody asks something, `then` exactly these events have happened."""

    def __init__(self, book: Runbook | str, **start: object) -> None:
        self.book = book_of(book) if isinstance(book, str) else book
        self.state: Run | Unstarted = Unstarted("run-1", self.book)
        self.at = NOON
        self.history: list[tuple[Event, Stamp]] = []
        self.last: Events = ()
        self.refusal: Refused | None = None
        self.command = start_command(**start)

    @property
    def run(self) -> Run:
        """Where the run stands."""
        assert isinstance(self.state, Run), "the story has not started"
        return self.state

    @property
    def here(self) -> str | None:
        """The step where the run stands; None once it is over."""
        return None if isinstance(self.run.here, Over) else self.run.here.step

    def started(self, by: str = "ana") -> Self:
        """Start the run."""
        return self.when(by, self.command)

    def later(self, **span: float) -> Self:
        """Wind the clock."""
        self.at += timedelta(**span)
        return self

    def when(self, by: str, command: Command) -> Self:
        """Somebody asks; a refusal is kept for `refused`."""
        stamp = Stamp(self.at, by, "clock" if by == "clock" else "terminal" if " " in by else "slack")
        self.refusal, self.last = None, ()
        try:
            self.last = self._decided(command, stamp)
        except Refused as refused:
            self.refusal = refused
            self.last = refused.events
        for event in self.last:
            self.state = evolve(self.state, event, stamp)
            self.history.append((event, stamp))
        return self

    def _decided(self, command: Command, stamp: Stamp) -> Events:
        """What happens. A choice that closes the run is asked first, and meant here; test_closing has the asking."""
        try:
            return decide(self.state, command, stamp)
        except AsksBack as asks:
            if not isinstance(command, Choose) or asks.press != CLOSES:
                raise
            return decide(self.state, asks.again, stamp)

    def insist(self, by: str, command: Command) -> Self:
        """Somebody asks, is asked back, and goes on all the same."""
        self.when(by, command)
        assert isinstance(self.refusal, AsksBack), f"not asked back: {self.refusal or self.last}"
        return self.when(by, self.refusal.again)

    def then(self, *expected: Event | type) -> Self:
        """These events happened, in this order: given whole, or by their type.

        Whom the clock called on the way is looked at where a page is expected, and left out elsewhere.
        """
        assert self.refusal is None, f"refused: {self.refusal}"
        pages = any(one in PAGES or isinstance(one, PAGES) for one in expected)
        last = [event for event in self.last if pages or not isinstance(event, PAGES)]
        said = [type(event) if isinstance(want, type) else event for event, want in zip(last, expected, strict=False)]
        assert said == list(expected), f"{last}"
        assert len(last) == len(expected), f"{[type(event).__name__ for event in last]}"
        return self

    def pages(self) -> list[tuple[str, int | None, tuple[str, ...]]]:
        """Reason, rung and people of each page that the last ask brought."""
        return [(one.reason, one.rung, one.people) for one in self.last if isinstance(one, Paged)]

    def tick(self, **span: float) -> Self:
        """Wind the clock, and let it look."""
        return self.later(**span).when("clock", Tick())

    def refused(self, words: str, *events: type) -> Self:
        """The last ask was refused with a sentence that holds these words, and only these events were recorded."""
        assert self.refusal is not None, f"not refused: {self.last}"
        assert words in self.refusal.sentence, self.refusal.sentence
        assert tuple(type(event) for event in self.refusal.events) == events
        return self

    def at_step(self, step: str) -> Self:
        """The run stands at this step."""
        assert self.here == step, f"at {self.here}: {[type(event).__name__ for event in self.last]}"
        return self

    def place(self) -> Here:
        """The step and visit where the run stands, as a button carries them."""
        here = self.run.here
        assert not isinstance(here, Over), "the run is over"
        return Here(here.step, here.visit)

    def done(self, by: str = "ana", note: str = "", typed: str = "", **answers: str) -> Self:
        """Press Done."""
        at = self.place()
        return self.when(by, Finish(at.step, at.visit, "ok", answers, note, typed))

    def failed(self, by: str = "ana", note: str = "", **answers: str) -> Self:
        """Press Done with what does not hold, and record it as failed."""
        at = self.place()
        return self.when(by, Finish(at.step, at.visit, "ok", answers, note, verdict="failed"))

    def problem(self, by: str = "ana", note: str = "") -> Self:
        """Press There is a problem."""
        at = self.place()
        return self.when(by, Finish(at.step, at.visit, "problem", {}, note))

    def unknown(self, by: str = "ana", note: str = "") -> Self:
        """Press I don't know."""
        at = self.place()
        return self.when(by, Finish(at.step, at.visit, "unknown", {}, note))

    def begin(self, by: str = "ana", typed: str = "") -> Self:
        """Press Begin."""
        at = self.place()
        return self.when(by, Begin(at.step, at.visit, typed))

    def choose(self, option: str, by: str = "ana", note: str = "", look: str = "") -> Self:
        """Choose a line; where it sends the run back from the hold, it is said what was decided."""
        at = self.place()
        note = note or ("It was decided together." if option == "back" or sends_back(self.run, option) else "")
        return self.when(by, Choose(at.step, at.visit, option, note, look))

    def sign(self, by: str, readback: str) -> Self:
        """Approve, with what was typed as the read-back."""
        here = self.run.here
        digest = here.digest if isinstance(here, AwaitingSignature) else ""
        at = self.place()
        return self.when(by, Sign(at.step, at.visit, digest, readback))

    def correct(self, name: str, text: str, by: str = "ana", reason: str = "typed wrongly") -> Self:
        """Correct… a value that was given wrongly."""
        return self.when(by, Correct(self.run.given[name].seq, name, text, reason))

    def at_visit(self, command: type[StepCommand], by: str = "ana", **fields: Any) -> Self:  # noqa: ANN401
        """Any other command of the step where the run stands."""
        at = self.place()
        return self.when(by, command(at.step, at.visit, **fields))

    def value(self, name: str) -> Value | None:
        """A variable's value."""
        return self.run.vars.get(name)
