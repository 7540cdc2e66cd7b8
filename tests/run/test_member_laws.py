"""Laws about people that hold whatever the catalogue says and whoever presses what, and a naive judge that agrees."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as some

from bot.engine.audit import find_unlawful
from bot.run.commands import Command, LetSomebodyIn, NotePeople, SettlePeople, TakeOver, Tick
from bot.run.events import Begun, Event, HandOverAccepted, SignatureVoided, Signed, SignoffApproved, Started, TookOver
from bot.run.evolve import evolve
from bot.run.members.events import LetIn, PeopleChanged
from bot.run.situation import PeopleNow, Somebody, Stamp
from bot.run.state import Run, Unstarted
from tests.run.test_signing import TIME, WIPE
from tests.story import FILES, PEOPLE, ROLES, RUNG, Story

FAY = Somebody("fay", "Fay Moor", "U0FAY")
EVERYBODY = (*PEOPLE, FAY)
IDS = tuple(one.id for one in EVERYBODY)


@some.composite
def catalogues(draw: some.DrawFn) -> NotePeople:
    """Some of these people, each in some of the roles; now and then with another account, or without a file."""
    known = draw(some.lists(some.sampled_from(EVERYBODY), unique=True, min_size=2))
    if draw(some.integers(0, 4)) == 0:
        known = [Somebody(one.id, one.name, "U0OTHER") if one.id == "ben" else one for one in known]
    ids = [one.id for one in known]
    roles = {role: tuple(draw(some.lists(some.sampled_from(ids), unique=True))) for role in ROLES}
    for role, held in ROLES.items():  # mostly as it was at the start: else nobody is left after two changes
        if draw(some.integers(0, 2)):
            roles[role] = tuple(dict.fromkeys([*(one for one in held if one in ids), *roles[role][:1]]))
    told = tuple(one for one in RUNG.people if one in ids)
    files = FILES if draw(some.integers(0, 5)) else {}
    return NotePeople(PeopleNow(tuple(known), roles, {}, (frozenset(told),), (told,), files))


@dataclass
class Naive:
    """The law's own sentences, kept over events alone: who holds which role, who has been a lead all along."""

    roles: dict[str, set[str]] = field(default_factory=dict)
    leads: set[str] = field(default_factory=set)
    waiting: dict[str, set[str]] = field(default_factory=dict)
    at_work: set[str] = field(default_factory=set)
    signers: tuple[str, ...] = ()

    def take(self, event: Event, stamp: Stamp) -> None:
        by = stamp.by
        match event:
            case Started():
                self.roles = {role: set(held) for role, held in event.roles.items()}
                self.leads, self.at_work = set(event.roles["lead"]), {by, *({event.operator} - {None})}  # type: ignore[arg-type]
            case PeopleChanged(out=out, into=into):
                for one in out:
                    lost = set(self.roles) if one.gone or one.account else set(one.roles)
                    for role in lost:
                        self.roles[role].discard(one.person)
                    self.waiting[one.person] = self.waiting.get(one.person, set()) - lost
                    self.leads -= {one.person} if "lead" in lost else set()
                for joiner in into:
                    self.waiting.setdefault(joiner.known.id, set()).update(joiner.roles)
            case LetIn(person=person, roles=roles):
                assert by in self.leads, "only a lead since the start lets in"
                assert by not in self.at_work, "who started or operated lets nobody in"
                assert by != person, "nobody lets themselves in"
                assert set(roles) <= self.waiting[person], "into what they were put, and nothing else"
                self.waiting[person] -= set(roles)
                for role in roles:
                    self.roles[role].add(person)
            case TookOver() | HandOverAccepted():
                assert by in self.roles["operator"] | self.roles["lead"], "who is out, or waits, operates nothing"
                self.at_work.add(by)
            case Signed():
                assert by in self.roles["data_owner"], "who is out, or waits, signs nothing"
            case SignoffApproved(step="allow"):
                self.signers = event.signers
            case SignatureVoided(step="allow"):
                self.signers = ()
            case Begun(step="wipe"):
                assert set(self.signers) & self.roles["data_owner"], "a signature that ended starts nothing"
                assert by in self.roles["operator"] | self.roles["lead"], "who is out, or waits, begins nothing"


STEPS = some.one_of(
    catalogues(),
    some.tuples(some.just("let in"), some.sampled_from(IDS), some.sampled_from(IDS)),
    some.tuples(some.just("settle"), some.sampled_from(IDS), some.booleans()),
    some.tuples(some.just("take over"), some.sampled_from(IDS), some.none()),
    some.tuples(some.just("sign"), some.sampled_from(("ben", "dora", *IDS)), some.none()),
    some.tuples(some.just("let in"), some.sampled_from(("chen", "dora")), some.none()),
    some.tuples(some.just("go on"), some.sampled_from(IDS), some.none()),
    some.tuples(some.just("go on"), some.sampled_from(IDS), some.none()),
)


def ask(story: Story, what: object) -> None:
    """One step of a random story; whoever may not is refused."""
    run = story.run
    if isinstance(what, NotePeople):
        story.when("clock", what)
        return
    assert isinstance(what, tuple)
    kind, by, more = what
    by = (run.operator or by) if kind == "go on" else by
    if kind == "let in" and str(more) not in run.members.waiting:
        more = next(iter(run.members.waiting), more)  # somebody who waits, where anybody does
    waits = run.members.waiting.get(str(more))
    doubt = run.members.doubt
    commands: dict[str, Command] = {
        "let in": LetSomebodyIn(str(more), waits.seq if waits is not None else 0),
        "settle": SettlePeople(doubt.seq if doubt is not None else 0, keep=bool(more)),
        "take over": TakeOver(),
    }
    if kind in commands:
        story.when(by, commands[kind])
    elif run.over:
        story.when("clock", Tick())
    elif kind == "sign":
        story.sign(by, TIME if story.here == "allow" else "orders-db")
    elif story.here in ("wipe", "aim", "count", "wait"):
        begun = getattr(run.here, "began", None) is not None
        story.begin(by, "orders-db") if story.here == "wipe" and not begun else _done(story, by)
    elif story.here == "hold":
        story.choose("back", by, look="Nothing was lost")


def _done(story: Story, by: str) -> None:
    answers = {"aim": {"target": TIME}, "count": {"rows": "7"}}.get(story.here or "", {})
    story.done(by, **answers)


@given(some.lists(STEPS, max_size=25))
def test_the_laws_about_people(steps: list[object]) -> None:
    """The naive judge objects to nothing, nor does the audit; the fold of history is the state lived."""
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7")
    for one in steps:
        before = story.run
        ask(story, one)
        assert story.last or story.run == before
    naive, run = Naive(), Unstarted("run-1", story.book)
    state: Run | Unstarted = run
    for event, stamp in story.history:
        naive.take(event, stamp)
        state = evolve(state, event, stamp)
    assert state == story.run
    assert {role: set(held) for role, held in story.run.members.roles.items()} == naive.roles
    operator = story.run.operator
    assert operator is None or operator in naive.roles["operator"] | naive.roles["lead"]
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(story.history, 1)]
    assert list(find_unlawful("run-1", story.book, happened)) == []
