"""Runs that called each other, or go on from each other, held to what the records of the others say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.bulkhead import contain
from bot.engine.continuing import plan_continuation
from bot.engine.plan import givers_in
from bot.engine.reading import fold, lived
from bot.format.pieces import Value
from bot.format.runbook import Call, Runbook
from bot.journal.chain import Record, Unreadable
from bot.journal.store import events_of
from bot.run.calls.events import HandedAnew
from bot.run.calls.following import fitting
from bot.run.calls.rules import call_to, given_of, givers_anew
from bot.run.events import (
    Begun,
    Called,
    CallOpened,
    CallReturned,
    Event,
    GlassBroken,
    GlassReviewed,
    Signed,
    Started,
    Watched,
)
from bot.run.law.starting import given_at_start
from bot.run.members.events import LetIn
from bot.run.members.rules import TOGETHER
from bot.run.places import Chain, Former, Over
from bot.run.situation import Parent, Stamp
from bot.run.state import Run, Unstarted

Books = Callable[[str], Runbook]
RecordsOf = Callable[[str], list[Record]]
"""The records of a run by its id; none where it is not here."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The runs that are here."""

    records_of: RecordsOf
    books: Books
    made_here: Callable[[str], bool]
    """Whether a run of this id was made here: then it is whole, and so are those that it called."""


def compare_family(shelf: Shelf, records: list[Record]) -> Iterator[str]:
    """What a run says of the others of its chain that their records do not.

    Whoever started or operated there may sign nothing here, and a forger would leave them out; so it is with whoever
    gave what is handed over or brought home. Records of the first law knew nothing of this.
    """
    start = _first(records)
    if start is None or start.law == 1:
        return
    # A run that cannot be read is judged by itself, and what is wrong is said there; it hides nothing of the others.
    with contain():
        if start.parent is not None:
            yield from _compare_caller(shelf, records, start, start.parent)
    with contain():
        if start.former is not None:
            yield from _compare_former(shelf, records, start, start.former)
    with contain():
        if any(one.kind in _OF_CALLED for one in records):
            yield from _compare_called(shelf, records)


_OF_CALLED = ("call-opened", "call-returned")


def compare_around(shelf: Shelf, records: list[Record]) -> Iterator[str]:
    """That something was done in a run without its having heard who had come to operate around it.

    What is done in a run first hears of all others that are open around it, in the same transaction; a minute is for
    clocks that differ. Older laws did not always hear.
    """
    with contain():  # a run that cannot be read is judged by itself, and what is wrong with it is said there
        came = sorted(_came_around(shelf, records), key=lambda one: one.at)
        for seq, _, event, stamp, run in lived(records[0].run_id, records, shelf.books) if came else ():
            if not isinstance(event, _OF_PEOPLE) or run.law < TOGETHER:
                continue
            before = stamp.at - _DIFFERENT_CLOCKS
            unheard = next((one for one in came if one.at < before and one.is_new_to(run.whole_chain)), None)
            if unheard is not None:
                said = f"it would have heard first that {unheard.who} had come to count in {unheard.ref}."
                yield f"Record {seq} cannot have happened: {said}"
                return


_OF_PEOPLE = (Begun, Signed, GlassBroken, GlassReviewed, Watched, LetIn)
_DIFFERENT_CLOCKS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Came:
    """Somebody who came to count in a run around another: since when, and how the run is called."""

    at: datetime
    ref: str
    who: str
    grown: Chain

    def is_new_to(self, chain: Chain) -> bool:
        """Whether a run that knows this chain has not heard of it."""
        return chain.joined(self.grown) != chain


def _came_around(shelf: Shelf, records: list[Record]) -> Iterator[_Came]:
    for run_id, theirs in _around(shelf.records_of, records):
        known = Chain()
        for _, _, event, stamp, run in lived(run_id, theirs, shelf.books):
            if run.whole_chain != known:
                known = run.whole_chain
                yield _Came(stamp.at, run.start.ref, run.name_of(_who_came(event, stamp)), known)


def _who_came(event: Event, stamp: Stamp) -> str:
    return event.person if isinstance(event, LetIn) else stamp.by


def _around(records_of: RecordsOf, records: list[Record]) -> Iterator[tuple[str, list[Record]]]:
    """The runs above one, those that they and it opened meanwhile, and theirs; each with its records."""
    own = records[0].run_id
    read = {own: records}
    start = _first(records)
    while start is not None and start.parent is not None and start.parent.run not in read:
        above = start.parent.run
        read[above] = records_of(above)
        start = _first(read[above])
    waiting, seen = list(read), {own}
    while waiting:
        run_id = waiting.pop()
        theirs = read[run_id] if run_id in read else records_of(run_id)
        if run_id not in seen:
            seen.add(run_id)
            yield run_id, theirs
        opened = (event for _, event, _ in _readable(theirs) if isinstance(event, Called) and event.meanwhile)
        waiting += [event.child for event in opened if event.child not in seen]


def _first(records: list[Record]) -> Started | None:
    try:
        event = next((event for _, event, _ in events_of(records[:1])), None)
    except Unreadable:
        return None
    return event if isinstance(event, Started) else None


# --- held to the run above, and before ----------------------------------------------------------------------------


def _compare_caller(shelf: Shelf, records: list[Record], start: Started, caller: Parent) -> Iterator[str]:
    child, above = records[0].run_id, shelf.records_of(caller.run)
    if not above:
        if shelf.made_here(child):
            yield f"It says that {caller.ref} called it, and no record of that run is here."
        return
    there = _as_it_was(shelf, above, lambda _, event: isinstance(event, Called) and event.child == child)
    call = call_to(there, child) if there is not None else None
    if there is None or call is None:
        if shelf.made_here(caller.run) or caller.run == child:
            yield f"It says that it comes from {caller.ref}, whose records do not say so."
        return
    yield from _compare_people(start, there, caller.ref)
    yield from _compare_givers(start, call.givers, caller.ref)
    if start.law < TOGETHER:
        return
    same = (start.digest, start.mode) == (call.digest, there.start.mode)
    same = same and start.asset.id in (call.asset, there.start.asset.id)
    if not same or not _knows_just(shelf, records, call.given):
        yield f"It is not what {caller.ref} called: another runbook, asset, mode or value."
    yield from _compare_handed(shelf, above, records)


def _knows_just(shelf: Shelf, records: list[Record], handed: Mapping[str, Value]) -> bool:
    """Whether a run begins with what was handed over, and with defaults, alone."""
    _, start, stamp = next(iter(events_of(records[:1])))
    if not isinstance(start, Started):
        return False
    fresh = Unstarted(records[0].run_id, shelf.books(start.digest))
    return dict(start.given) == dict(given_at_start(fresh, start, stamp, handed))


def _compare_handed(shelf: Shelf, above: list[Record], records: list[Record]) -> Iterator[str]:
    """What was handed anew, held to what the calling run had to hand over at one time or another."""
    child = records[0].run_id
    if not any(one.kind == "handed-anew" for one in records):
        return
    handed: list[tuple[dict[str, Value], dict[str, tuple[str, ...]]]] = []
    for _, _, _, _, run in lived(above[0].run_id, above, shelf.books):
        call = call_to(run, child)
        step = run.book.by_id.get(call.step) if call is not None else None
        if call is not None and isinstance(step, Call):
            handed.append((given_of(run, step), givers_anew(run, call)))
    for seq, before, event, _, _ in lived(child, records, shelf.books):
        if not isinstance(event, HandedAnew) or not isinstance(before, Run):
            continue
        known = {*before.start.given}
        fits = (
            dict(event.values) == dict(fitting(before, {name: given[name] for name in given if name in known}))
            and all({*by} <= {*event.givers.get(name, ())} for name, by in givers.items() if name in event.values)
            for given, givers in handed
        )
        if not any(fits):
            yield f"Record {seq} cannot have happened: the calling run never handed this over, or others gave it."


def _compare_former(shelf: Shelf, records: list[Record], start: Started, former: Former) -> Iterator[str]:
    before = shelf.records_of(former.run)
    if not before:
        return
    there = _as_it_was(shelf, before, lambda seq, _: seq == former.seq)
    if there is None:
        if shelf.made_here(former.run):
            yield f"It says that it comes from {former.ref}, whose records do not say so."
        return
    yield from _compare_people(start, there, former.ref)
    yield from _compare_givers(start, givers_in(there), former.ref)
    # Another hash: what it goes on from is another past of that run, as `import` says.
    is_there = before[former.seq - 1].hash == former.hash
    if start.law >= TOGETHER and is_there and not _is_what_went_on(shelf, records, start, there):
        yield f"It does not go on as {former.ref} stood then."


def _is_what_went_on(shelf: Shelf, records: list[Record], start: Started, there: Run) -> bool:
    """Whether a run begins as one does that goes on from there; typed words aside, which may be erased there since."""
    if start.former is None or there.over:
        return False
    plan = plan_continuation(there, start.former.hash, {}).start
    return (
        plan.former is not None
        and _without_values(start.former) == _without_values(plan.former)
        and all(getattr(start, name) == getattr(plan, name) for name in _KEPT)
        and _knows_just(shelf, records, plan.given)
    )


_KEPT = ("digest", "calls", "mode", "asset", "people", "roles", "waiting", "on_call", "rungs", "owners", "accounts")
"""What a run that goes on has from the one before it."""


def _without_values(former: Former) -> Former:
    """What steps left behind is seen from `given`; what was written about them may have been erased there since."""
    return replace(former, done=(), ruled_out={})


def _compare_people(start: Started, there: Run, ref: str) -> Iterator[str]:
    left_out = {*(there.requesters - {*start.chain.requesters}), *(there.operators - {*start.chain.operators})}
    if left_out:
        named = ", ".join(sorted(map(there.name_of, left_out)))
        yield f"It leaves out {named}, who started or operated before it in {ref}."
    for person, leads in there.members.let_in.items():
        if not {*leads} <= {*start.let_in.get(person, ())}:
            yield f"It leaves out who let {there.name_of(person)} in in {ref}."
    own = {(one.id, one.slack) for one in start.people}
    if start.law >= TOGETHER and not there.members.accounts <= {*start.accounts, *own}:
        yield f"It leaves out Slack accounts that were of {ref}."


def _compare_givers(start: Started, handed: Mapping[str, tuple[str, ...]], ref: str) -> Iterator[str]:
    for name in start.given:
        if not {*handed.get(name, ())} <= {*start.givers.get(name, ())}:
            yield f"It leaves out who gave “{name}” in {ref}."


# --- held to the runs below --------------------------------------------------------------------------------------


def _compare_called(shelf: Shelf, records: list[Record]) -> Iterator[str]:
    """What a run says of those that it called, and what it took home from them, held to how they ended."""
    for seq, before, event, _, run in lived(records[0].run_id, records, shelf.books):
        if not isinstance(event, CallOpened | CallReturned) or not isinstance(before, Run) or run.law == 1:
            continue
        below = shelf.records_of(event.child)
        start = _first(below)
        call = call_to(before, event.child)
        ref = event.ref if isinstance(event, CallOpened) else (call.ref if call is not None else None) or event.child
        if not below and shelf.made_here(run.id):
            yield f"Record {seq} says that it called {ref}, and no record of that run is here."
        if start is None:
            continue
        if start.parent is None or (start.parent.run, start.parent.step) != (run.id, event.step):
            yield f"Record {seq} says that it called {ref}, whose records do not say so."
        elif isinstance(event, CallReturned):
            yield from _compare_home(shelf, event, run, fold(event.child, below, shelf.books), seq)


def _compare_home(shelf: Shelf, event: CallReturned, run: Run, below: Run, seq: int) -> Iterator[str]:
    """What was taken home, held to how the called run ended."""
    ref, end = below.start.ref, below.here
    if not isinstance(end, Over) and not shelf.made_here(below.id):
        return  # it may have come in before it ended
    if not isinstance(end, Over) or end.outcome != event.outcome:
        yield f"Record {seq} says that {ref} ended “{event.outcome}”, and its records do not."
        return
    people = {*below.requesters, *below.operators} - {*event.chain.requesters, *event.chain.operators}
    unsaid = {*below.members.let_in_pairs} - {*event.chain.let_in} if below.law >= TOGETHER else set()
    if people:
        named = ", ".join(sorted(map(below.name_of, people)))
        yield f"Record {seq} leaves out {named}, who started or operated in {ref}."
    if unsaid:
        named = ", ".join(sorted(below.name_of(one) for one, _ in unsaid))
        yield f"Record {seq} leaves out who let {named} in in {ref}."
    step = run.book.by_id.get(event.step)
    for name, how in step.capture.items() if isinstance(step, Call) else ():
        given = below.given.get(how.output or name)
        if name in event.captured and given is not None and not {*given.givers} <= {*event.givers.get(name, ())}:
            yield f"Record {seq} leaves out who gave “{name}” in {ref}."
        if name in event.captured and event.captured[name] != below.vars.get(how.output or name):
            yield f"Record {seq} takes “{name}” home otherwise than {ref} left it."


def _readable(records: list[Record]) -> Iterator[tuple[int, Event, object]]:
    try:
        yield from events_of(records)
    except Unreadable:
        return


def _as_it_was(shelf: Shelf, records: list[Record], is_last: Callable[[int, Event], bool]) -> Run | None:
    """The run up to that record; None when there is no such record, or it cannot be read."""
    with contain():  # that run is judged by itself, and what is wrong with it is said there
        last = next((seq for seq, event, _ in events_of(records) if is_last(seq, event)), None)
        return None if last is None else fold(records[0].run_id, records[:last], shelf.books)
    return None
