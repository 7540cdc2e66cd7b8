"""Two judges of one law: what `decide` lets happen is lawful to a naive one, and both judge forged records alike.

The naive one knows the law's sentences alone, see `naive_law`. A seed stands for a runbook, people and what they press.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from bot.engine.audit import find_unlawful
from bot.format.runbook import Runbook, RunStep
from bot.run.calls.rules import calls_out
from bot.run.commands import (
    Accept,
    AsksBack,
    Begin,
    BreakGlass,
    Command,
    Correct,
    GrowChain,
    HandOver,
    LetSomebodyIn,
    NoteChildNotOpened,
    NoteChildOpened,
    NotePeople,
    Refused,
    ReviewGlass,
    Sign,
    TakeChildOutcome,
    TakeOver,
    Tick,
    Watch,
)  # fmt: skip
from bot.run.events import (
    Begun,
    ChainGrown,
    Corrected,
    Event,
    GlassBroken,
    GlassReviewed,
    SignatureVoided,
    Signed,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    StepEntered,
    TookOver,
    Watched,
)
from bot.run.law.decide import decide
from bot.run.members.events import LetIn, PeopleChanged
from bot.run.places import AtStep, AwaitingReview, AwaitingRuns, AwaitingSignature, Chain, Former, InCall
from bot.run.situation import Parent, PeopleNow, Somebody, Stamp
from bot.run.state import Run, Unstarted
from tests.run.naive_law import judge_records
from tests.run.test_laws import KINDS, Ask, Lived, asker_of, command_of, kind_of
from tests.run.test_member_laws import EVERYBODY
from tests.run.test_signing import TIME, WIPE
from tests.story import FILES, NOON, RUNG, Story, book_of, start_command
from tests.story import ROLES as HELD

IDS = tuple(f"s{number}" for number in range(7))
TIMES = ("2026-11-22T11:00:00+00:00", "2026-11-22T10:00:00+00:00")
ROLES = ("operator", "lead", "peer", "data_owner")
FORBID: tuple[list[str] | None, ...] = (
    None, None, [], ["requester"], ["operator"], ["giver"], ["lead"], ["requester", "operator"], ["peer", "giver"],
)  # fmt: skip
HELD_HERE = {**HELD, "data_owner": ("ben", "dora", "eve"), "lead": ("chen", "dora", "eve")}
PEOPLE = ("ana", "ben", "chen", "dora", "eve", "fay")
TWIN = Somebody("ann", "Ann Ruiz", "U0ANA")
"""Ana, under another name."""
MACHINE = Stamp(NOON, "unverified: zed", "terminal")


def a_chain(dice: Random) -> Chain:
    """Somebody else's run, now and then."""
    requesters, operators = (tuple(dice.sample(PEOPLE, dice.choice([0, 0, 0, 1]))) for _ in "12")
    pair = (dice.choice(["eve", "fay", "ben"]), dice.choice(["dora", "chen"]))
    return Chain(requesters, operators, (pair,) if dice.random() < 0.3 else ())


def signed_book(dice: Random) -> Runbook:
    """A value, a sign-off on what follows, and steps of which most are bound; most exits lead on."""
    kinds = ["run", "run", "run", "do", "call", "beside", "join", "notify", "signoff", "type", "make"]
    drawn = ["type", "signoff", dice.choice(kinds), "run", *dice.choices(kinds, k=3)]
    steps = [_step(dice, number, kind) for number, kind in enumerate(drawn)]
    ends: list[dict[str, object]] = [
        {"id": "hold", "decide": "Hold", "who": dice.choice(ROLES), "back": True, "go": {"unsure": "hold"},
         "max_visits": 30, "options": [{"id": "a", "label": "Stop", "when": "A.", "go": "over"},
         {"id": "b", "label": "On", "when": "B.", "go": dice.choice(IDS)}]},
        {"id": "over", "end": "Close", "outcome": "recovered"},
    ]  # fmt: skip
    variables = {"target": {"type": "timestamp", "default": TIMES[0]}, "copy": {"type": "timestamp"}}
    policy: dict[str, Any] = {"signoff": {"forbid": ["operator"]}} if dice.random() < 0.1 else {}
    return book_of(str({"vars": variables, "policy": policy, "steps": [*steps, *ends]}))


def _step(dice: Random, number: int, kind: str) -> dict[str, object]:
    on = IDS[number + 1] if number < 6 else "over"
    common: dict[str, object] = {"id": IDS[number], "max_visits": 9}
    role, forward = dice.choice(["operator", "operator", *ROLES]), dice.choice([*[on] * 8, *IDS, "hold"])
    match kind:
        case "type":
            return common | {"do": "Type it", "who": role, "answer": {"var": "target"}, "go": {"ok": forward}}
        case "do":
            return common | {"do": "Do it", "who": role, "go": {"ok": forward}}
        case "notify":
            return common | {"notify": "Tell them", "to": ["incident"], "go": {"ok": forward}}
        case "call":
            handed, captured = {"depth": "{{ vars.target }}"}, {"target": {"output": "t"}}
            return common | {"call": "Call it", "runbook": "other", "with": handed, "capture": captured,
                             "go": {"recovered": forward, "else": "hold"}}  # fmt: skip
        case "beside":
            handed, captured = {"depth": "{{ vars.target }}"}, {"target": {"output": "t"}}
            return common | {"call": "Call it", "runbook": "other", "with": handed, "capture": captured,
                             "meanwhile": True, "go": {"ok": forward}}  # fmt: skip
        case "join":
            return common | {"join": "All are back", "timeout": "30m",
                             "go": {"ok": forward, "fail": "hold", "timeout": "hold"}}  # fmt: skip
        case "signoff":
            return common | _signoff(dice, number) | {"go": {"approved": forward}}
        case _:
            return common | {
                "run": "Run it", "who": role, "effect": dice.choice(["change", "destroy"]), "undo": {"none": "Gone."},
                **({"witness": dice.choice(["peer", "lead"])} if dice.random() < 0.25 else {}),
                **({"set": {"copy": "{{ vars.target }}"}} if kind == "make" else {}),
                "exec": {"argv": ["restore", "{{ vars.target }}"]}, "go": {"ok": forward, "fail": "hold"},
            }  # fmt: skip


def _signoff(dice: Random, number: int) -> dict[str, object]:
    others = [one for one in IDS if one != IDS[number]]
    bound = [*(["s3"] if number == 1 else []), *dice.sample(others, dice.randint(0, 2))]
    forbid, roles = dice.choice(FORBID), dice.choice([["data_owner"], ["data_owner", "lead"], ["lead", "peer"]])
    need = dice.choice([1, 1, 2])
    return {
        "signoff": "Approve", "from": roles, "need": need, "each": len(roles) == need, "readback": "target",
        "binds": {"vars": dice.choice([["target"], ["target", "copy"]]), "steps": list(dict.fromkeys(bound))},
        **({} if forbid is None else {"forbid": forbid}), **({"mode": "after"} if dice.random() < 0.2 else {}),
    }  # fmt: skip


def begin(book: Runbook, dice: Random) -> Lived | None:
    """A run that stands alone, is called, or goes on from another one."""
    former = Former("run-0", "ORDERS-6", 9, "f" * 64, "s0", "eve", operated=("fay",), expired={"s1": 1})
    above, goes_on = dice.random() < 0.5, dice.random() < 0.2
    chain = a_chain(dice).grown(("eve",), ("fay",)) if goes_on else a_chain(dice) if above else Chain()
    let_in = {"fay": ("dora",)} if (above or goes_on) and dice.random() < 0.5 else {}
    givers = {"target": tuple(dice.sample(PEOPLE, dice.choice([0, 0, 1])))} if above or goes_on else {}
    command = start_command(
        calls={"other": "e" * 64}, catalogue=FILES, rungs=(RUNG,), chain=chain, roles=HELD_HERE,
        given={"target": TIMES[1]} if above or goes_on else {}, givers=givers, let_in=let_in,
        parent=Parent("run-9", "STORAGE-1", "s1", 1) if above else None,
        **({"former": former, "continues": "ORDERS-6"} if goes_on else {}),
    )  # fmt: skip
    lived, stamp = Lived(Unstarted("run-1", book)), Stamp(NOON, dice.choice(["ana", "ana", *PEOPLE[:5]]), "slack")
    try:
        lived.take(decide(lived.state, command, stamp), stamp)
    except Refused:
        return None
    return lived


def catalogue_now(dice: Random) -> NotePeople:
    """The catalogue as it was at the start, but for somebody."""
    known = [*(one for one in EVERYBODY if dice.random() < 0.9), *([TWIN] if dice.random() < 0.3 else [])]
    ids = [one.id for one in known]
    moved = {one: 0.5 if one == TWIN.id else 0.1 for one in ids}
    held = {
        role: tuple(one for one in ids if (one in had) != (dice.random() < moved[one]))
        for role, had in HELD_HERE.items()
    }
    return NotePeople(PeopleNow(tuple(known), held, {}, (frozenset(RUNG.people),), (RUNG.people,), FILES))


def command_for(run: Run, dice: Random, lived: Lived) -> tuple[Command, Stamp]:
    """What is asked, by whom: most often the next rightful press."""
    clock, lead = Stamp(lived.at, "clock", "clock"), dice.choice(run.members.leads or ("dora",))
    rare = [
        "home",
        "home",
        "take",
        "take",
        "hand",
        "grow",
        "people",
        "in",
        "in",
        "machine",
        "correct",
        "begin",
        "sign",
        "later",
    ]
    what = dice.choice([*["on"] * 16, *["any"] * 3, *["glass"] * 2, *rare])
    here = run.here
    if what in ("begin", "sign") and isinstance(here, AtStep | AwaitingSignature):
        by, digest = Stamp(lived.at, dice.choice(PEOPLE), "slack"), getattr(here, "digest", "")
        press = Sign(here.step, here.visit, digest, str(run.vars["target"]))
        return (Begin(here.step, here.visit, "orders-db") if what == "begin" else press), by
    match what:
        case "any" | "later":
            lived.at += timedelta(minutes=dice.choice([0, 1, 6, 16, 31]) if what == "later" else 0)
            ask = Ask(dice.choice(["offered", *KINDS]), dice.choice(PEOPLE), 0, dice.randint(0, 20), dice.choice(TIMES),
                      rightful=dice.random() < 0.7, stale=False)  # fmt: skip
            kind = "tick" if what == "later" else kind_of(run, ask)
            if kind not in KINDS:
                return go_on(run, 0, lived)
            by = clock if kind == "tick" else Stamp(lived.at, asker_of(run, ask, kind), "slack")
            return command_of(run, ask, kind), by
        case "glass" if isinstance(here, AwaitingSignature):
            vain = run.expired.get(here.step, 0) > 0
            lived.at += timedelta(minutes=6 if vain else 16)
            broken: Command = BreakGlass(here.step, here.visit, "Nobody comes.") if vain else Tick()
            return broken, Stamp(lived.at, lead, "slack") if vain else replace(clock, at=lived.at)
        case "take":
            return TakeOver(), Stamp(lived.at, dice.choice(PEOPLE), "slack")
        case "hand":
            offer = run.offer
            asked: Command = HandOver(dice.choice(PEOPLE)) if offer is None else Accept()
            return asked, Stamp(lived.at, (run.operator or "ana") if offer is None else offer.to, "slack")
        case "correct":
            given = run.given["target"].seq
            return Correct(given, "target", dice.choice(TIMES), "Wrong."), Stamp(lived.at, dice.choice(PEOPLE), "slack")
        case "home" if out := [call for call in run.calls.values() if not call.outcome]:
            return news_of(run, out[0], dice.randint(0, 20)), clock
        case "grow":
            return GrowChain(a_chain(dice)), clock
        case "people":
            return catalogue_now(dice), clock
        case "in" if run.members.waiting:
            person, waits = dice.choice(list(run.members.waiting.items()))
            return LetSomebodyIn(person, waits.seq), Stamp(lived.at, lead, "slack")
        case "machine":
            return TakeOver(), replace(MACHINE, at=lived.at)
        case _:
            return go_on(run, dice.randint(0, 20), lived)


def news_of(run: Run, call: InCall, pick: int) -> Command:
    """A called run is opened, and comes home; a second one on the same asset is not opened."""
    at = (call.step, call.visit, call.child)
    if call.ref is None and any(one.ref is not None and one.child != call.child for one in calls_out(run)):
        return NoteChildNotOpened(*at, "Another run works on that asset.")
    if call.ref is None:
        return NoteChildOpened(*at, "OTHER-1")
    chain = Chain((PEOPLE[pick % 6],), (PEOPLE[pick // 4],))
    outcome = "aborted" if pick % 7 == 0 else "recovered"
    return TakeChildOutcome(*at, outcome, {"t": TIMES[pick % 2]}, chain, {"t": (PEOPLE[pick % 5],)})


def go_on(run: Run, pick: int, lived: Lived) -> tuple[Command, Stamp]:
    """The next rightful press, where there is one."""
    here = run.here
    at = lived.at
    if isinstance(here, InCall):
        return news_of(run, here, pick), Stamp(at, "clock", "clock")
    if isinstance(here, AwaitingRuns) and (out := [call for call in run.calls.values() if not call.outcome]):
        return news_of(run, out[0], pick), Stamp(at, "clock", "clock")
    if isinstance(here, AwaitingSignature):
        able = [one for one in here.eligible if one not in here.signed] or ["clock"]
        sign = Sign(here.step, here.visit, here.digest, str(run.vars["target"]))
        return (sign if able != ["clock"] else Tick()), Stamp(at, able[pick % len(able)], "slack")
    if isinstance(here, AtStep):
        step = run.book.by_id[here.step]
        actors = [run.operator or "ana"] if step.who == "operator" else list(run.holders(step.who)) or ["ana"]
        by = actors[pick % len(actors)]
        via = "terminal" if by.startswith("unverified") else "slack"
        if isinstance(step, RunStep) and here.began is None:
            watchers = [one for one in run.holders(step.witness or "") if one != by]
            if watchers and here.watched_by is None:
                return Watch(here.step, here.visit), Stamp(at, watchers[pick % len(watchers)], "slack")
        if here.began is None and run.book.begins_by_hand(step):
            return Begin(here.step, here.visit, "orders-db"), Stamp(at, by, via)  # type: ignore[arg-type]
        ask = Ask("offered", by, 0, pick, TIMES[0], rightful=False, stale=False)
        kind = {"decide": "choose", "run": "problem" if pick % 3 == 0 else "done"}.get(step.kind, "done")
        return command_of(run, ask, kind), Stamp(at, by, via)  # type: ignore[arg-type]
    if isinstance(here, AwaitingReview):
        return ReviewGlass("It was right."), Stamp(at, PEOPLE[pick % 6], "slack")
    return Tick(), Stamp(at, "clock", "clock")


def live(book: Runbook, dice: Random) -> Lived | None:
    """Play it; None where the runbook cannot even start."""
    lived = begin(book, dice)
    for _ in range(dice.randint(10, 60) if lived is not None else 0):
        assert lived is not None
        assert isinstance(lived.state, Run)
        command, stamp = command_for(lived.state, dice, lived)
        try:
            events = decide(lived.state, command, stamp)
        except AsksBack as asked:
            events = decide(lived.state, asked.again, stamp)
        except Refused as refused:
            events = refused.events
        lived.take(events, stamp)
    return lived


History = list[tuple[Event, Stamp]]


def product(book: Runbook, history: History) -> dict[int, str]:
    """What the product's own audit names; a record that fits nothing is the last."""
    found: dict[int, str] = {}
    seq = 0

    def told() -> Any:  # noqa: ANN401
        nonlocal seq
        for seq, (event, stamp) in enumerate(history, 1):
            yield seq, event, stamp

    try:
        for one in find_unlawful("run-1", book, told()):
            found.setdefault(one.seq, one.why)
    except Exception as wrong:  # noqa: BLE001  (as `audit_records` does)
        found.setdefault(seq, repr(wrong))
    return found


@given(some.integers(0, 2**32))
def test_what_is_let_happen_is_lawful_to_both_judges(seed: int) -> None:
    """On every prefix: the naive judge goes record by record, and so does the audit."""
    dice = Random(seed)
    book = signed_book(dice)
    lived = live(book, dice)
    if lived is not None:
        assert list(judge_records(book, lived.history)) == []
        assert product(book, lived.history) == {}


def swap_starter(history: History, at: int, dice: Random) -> History:
    """Somebody else did it."""
    event, stamp = history[at]
    return [*history[:at], (event, replace(stamp, by=dice.choice(PEOPLE))), *history[at + 1 :]]


def drop(history: History, at: int, _: Random) -> History:
    return [*history[:at], *history[at + 1 :]]


def repeat(history: History, at: int, dice: Random) -> History:
    """It happened once more, later."""
    again = dice.randint(at + 1, len(history))
    return [*history[:again], history[at], *history[again:]]


def move(history: History, at: int, dice: Random) -> History:
    """It happened at another place in the record."""
    rest = drop(history, at, dice)
    to = dice.randint(1, len(rest))
    return [*rest[:to], history[at], *rest[to:]]


def delay(history: History, at: int, dice: Random) -> History:
    """All of it from here on happened later."""
    span = timedelta(minutes=dice.choice([20, 40]))
    return [*history[:at], *((event, replace(stamp, at=stamp.at + span)) for event, stamp in history[at:])]


def take_over(history: History, at: int, dice: Random) -> History:
    """Somebody operated for a moment before it."""
    stamp, by = history[at][1], dice.choice(PEOPLE)
    return [*history[:at], (TookOver(None), replace(stamp, by=by)), *history[at:]]


def allow(history: History, at: int, dice: Random) -> History:
    """Somebody more was asked, and somebody signed whom nobody asked."""
    event, stamp = history[at]
    by = dice.choice(PEOPLE)
    if isinstance(event, SignoffAsked):
        event = replace(event, eligible=(*event.eligible, by), barred=tuple(one for one in event.barred if one != by))
    elif isinstance(event, SignoffApproved):
        event = replace(event, signers=(*event.signers[1:], by))
    return [*history[:at], (event, stamp), *history[at + 1 :]]


FORGERIES = (swap_starter, drop, repeat, move, delay, take_over, allow)
TOUCHED = (Begun, Signed, SignoffApproved, SignoffAsked, SignatureVoided, TookOver, Watched, GlassBroken, LetIn,
           PeopleChanged, Corrected, StepEntered, ChainGrown, GlassReviewed)  # fmt: skip


def forge(history: History, dice: Random) -> tuple[str, History] | None:
    places = [number for number, (event, _) in enumerate(history) if isinstance(event, TOUCHED)]
    if not places:
        return None
    forgery = dice.choice(FORGERIES)
    return forgery.__name__, forgery(history, dice.choice(places), dice)


@given(some.integers(0, 2**32))
def test_both_judges_say_the_same_of_forged_records(seed: int) -> None:
    """What the sentences forbid the audit names, there or before; a start that it refuses the sentences forbid."""
    dice = Random(seed)
    book = signed_book(dice)
    lived = live(book, dice)
    for _ in range(4 if lived is not None else 0):
        assert lived is not None
        forgery, history = forge(lived.history, dice) or ("nothing", lived.history)
        ours, theirs = list(judge_records(book, history))[:1], list(product(book, history).items())[:1]
        for seq, why in ours:
            assert theirs, f"{forgery}: {why} at {seq}, and the audit is silent"
            assert theirs[0][0] <= seq, f"{forgery}: {why} at {seq}, and the audit names {theirs} alone"
        for seq, why in theirs:
            if isinstance(history[seq - 1][0], Begun) and "stood on the card" not in why:
                named = [one[0] for one in ours]
                assert named == [seq], f"{forgery}: the audit says {why} of {seq}, and the sentences {ours}"


def test_what_the_seeds_are_worth() -> None:
    """Among sixty runs are enough starts under signatures and under a broken glass, calls and letting-in."""
    seen: Counter[str] = Counter()
    for seed in range(60):
        dice = Random(seed)
        book = signed_book(dice)
        lived = live(book, dice)
        for event, _ in lived.history if lived is not None else ():
            bound = isinstance(event, Begun) and event.step in book.signoffs_of
            seen[f"bound {type(event).__name__}" if bound else type(event).__name__] += 1
    least = {"bound Begun": 10, "GlassBroken": 2, "LetIn": 4, "CallReturned": 4, "Joined": 4, "Watched": 8,
             "SentBack": 25, "SignatureVoided": 15, "HandOverAccepted": 1, "Corrected": 4}  # fmt: skip
    assert {name: seen[name] for name, times in least.items() if seen[name] < times} == {}


def test_nothing_is_signed_once_the_request_has_expired() -> None:
    """A signature dated back, put in between the expiry and the way on: neither judge lets it pass."""
    story = Story(WIPE).started().done(target=TIME).done(rows="7").later(minutes=15).when("clock", Tick())
    asked = next(event for event, _ in story.history if isinstance(event, SignoffAsked))
    expired = next(number for number, (event, _) in enumerate(story.history) if isinstance(event, SignoffExpired))
    forged = (Signed("allow", 1, asked.digest, TIME), Stamp(NOON, "dora", "slack"))
    history = [*story.history[: expired + 1], forged, *story.history[expired + 1 :]]
    assert product(story.book, history)[expired + 2] == "the run had left that step, and was on its way."
    assert [seq for seq, _ in judge_records(story.book, history)] == [expired + 2]
