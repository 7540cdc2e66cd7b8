"""Runs that called each other: who is above, who is below, and who has come to operate there."""

from collections.abc import Callable, Iterator

from bot.journal.chain import Unreadable
from bot.run.places import Chain
from bot.run.state import Run


def compare_family(journal: Journal, books: Callable[[str], Runbook], records: list[Record]) -> Iterator[str]:
    """What a run says of the people of its chain that the records of that chain do not.

    Whoever started or operated there may sign nothing here, and a forger would leave them out; so it is with whoever
    gave what is handed over or brought home. Records of the first law knew nothing of this.
    """
    start = _first(records)
    if start is None or start.law == 1:
        return
    if start.parent is not None:
        yield from _compare(journal, books, start, start.parent.run, start.parent.ref, _until_call(records[0].run_id))
        yield from _compare_home(journal, books, records, start.parent.run)
    if start.former is not None:
        former = start.former
        yield from _compare(journal, books, start, former.run, former.ref, lambda seq, _: seq == former.seq)


def compare_around(journal: Journal, books: Callable[[str], Runbook], records: list[Record]) -> Iterator[str]:
    """That something was done in a run without its having heard who had come to operate around it.

    What is done in a run first hears of all others that are open around it, in the same transaction; a minute is for
    clocks that differ. Older laws did not always hear.
    """
    with contain():  # a run that cannot be read is judged by itself, and what is wrong with it is said there
        came = sorted(_came_around(journal, books, records), key=lambda one: one.at)
        for seq, _, event, stamp, run in lived(records[0].run_id, records, books) if came else ():
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


def _came_around(journal: Journal, books: Callable[[str], Runbook], records: list[Record]) -> Iterator[_Came]:
    for run_id, theirs in _around(journal, records):
        known = Chain()
        for _, _, event, stamp, run in lived(run_id, theirs, books):
            if run.whole_chain != known:
                known = run.whole_chain
                yield _Came(stamp.at, run.start.ref, run.name_of(_who_came(event, stamp)), known)


def _who_came(event: Event, stamp: Stamp) -> str:
    return event.person if isinstance(event, LetIn) else stamp.by


def _around(journal: Journal, records: list[Record]) -> Iterator[tuple[str, list[Record]]]:
    """The runs above one, those that they and it opened meanwhile, and theirs; each with its records."""
    own = records[0].run_id
    read = {own: records}
    start = _first(records)
    while start is not None and start.parent is not None and start.parent.run not in read:
        above = start.parent.run
        read[above] = journal.records(above)
        start = _first(read[above])
    waiting, seen = list(read), {own}
    while waiting:
        run_id = waiting.pop()
        theirs = read[run_id] if run_id in read else journal.records(run_id)
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


def _until_call(child: str) -> Callable[[int, Event], bool]:
    return lambda _, event: isinstance(event, Called) and event.child == child


def _compare(
    journal: Journal, books: Callable[[str], Runbook], start: Started, before: str, ref: str,
    is_last: Callable[[int, Event], bool],
) -> Iterator[str]:  # fmt: skip
    records = journal.records(before)
    if not records:
        return
    there = _as_it_was(before, records, books, is_last)
    if there is None:
        yield f"It says that it comes from {ref}, whose records do not say so."
        return
    left_out = {*(there.requesters - {*start.chain.requesters}), *(there.operators - {*start.chain.operators})}
    if left_out:
        named = ", ".join(sorted(map(there.name_of, left_out)))
        yield f"It leaves out {named}, who started or operated before it in {ref}."
    for person, leads in there.members.let_in.items():
        if not {*leads} <= {*start.let_in.get(person, ())}:
            yield f"It leaves out who let {there.name_of(person)} in in {ref}."
    handed = there.here.givers if isinstance(there.here, InCall) else givers_in(there)
    for name in start.given:
        if not {*handed.get(name, ())} <= {*start.givers.get(name, ())}:
            yield f"It leaves out who gave “{name}” in {ref}."


def _compare_home(
    journal: Journal, books: Callable[[str], Runbook], records: list[Record], caller: str
) -> Iterator[str]:
    """What the calling run took home from this one, held to how this one ended."""
    run_id = records[0].run_id
    run = _as_it_was(run_id, records, books, lambda seq, _: seq == records[-1].seq)
    taken = next((event for _, event, _ in _readable(journal.records(caller)) if _returns(event, run_id)), None)
    if run is None or not run.over or not isinstance(taken, CallReturned):
        return
    people = {*run.requesters, *run.operators} - {*taken.chain.requesters, *taken.chain.operators}
    unsaid = {*run.members.let_in_pairs} - {*taken.chain.let_in} if run.law >= TOGETHER else set()
    ref = run.start.parent.ref if run.start.parent is not None else caller
    if people:
        yield f"{ref} leaves out {', '.join(sorted(map(run.name_of, people)))}, who started or operated in this one."
    if unsaid:
        yield f"{ref} leaves out who let {', '.join(sorted(run.name_of(one) for one, _ in unsaid))} in in this one."
    step = books(journal.records(caller)[0].prev).by_id.get(taken.step)
    for name, how in step.capture.items() if isinstance(step, Call) else ():
        given = run.given.get(how.output or name)
        if name in taken.captured and given is not None and not {*given.givers} <= {*taken.givers.get(name, ())}:
            yield f"{ref} leaves out who gave “{name}” in this one."


def _returns(event: Event, child: str) -> bool:
    return isinstance(event, CallReturned) and event.child == child


def _readable(records: list[Record]) -> Iterator[tuple[int, Event, object]]:
    try:
        yield from events_of(records)
    except Unreadable:
        return


def _as_it_was(
    run_id: str, records: list[Record], books: Callable[[str], Runbook], is_last: Callable[[int, Event], bool]
) -> Run | None:
    """The run up to that record; None when there is no such record, or it cannot be read."""
    with contain():  # that run is judged by itself, and what is wrong with it is said there
        last = next((seq for seq, event, _ in events_of(records) if is_last(seq, event)), None)
        return None if last is None else fold(run_id, records[:last], books)
    return None


def chain_around(run: Run, load: Callable[[str], Run | None]) -> Chain:
    """The chain of a run with everybody who has come to operate around it since it was told last.

    That is: in the runs above it, in those that they and this one opened meanwhile and that are out, and in theirs.
    The clock tells a run as well, a moment later; whoever starts or signs something in it does not wait for that. What
    cannot be read holds nobody up here: `verify` names it.
    """
    chain = run.chain
    for here in (run, *_above(run, load)):
        if here is not run:
            chain = chain.joined(here.whole_chain)
        for below in _below(here, run.id, load):
            chain = chain.joined(below.whole_chain)
    return chain


def _above(run: Run, load: Callable[[str], Run | None]) -> Iterator[Run]:
    caller = run.start.parent
    while caller is not None:
        above = _loaded(caller.run, load)
        if above is None:
            return
        yield above
        caller = above.start.parent


def _below(run: Run, but: str, load: Callable[[str], Run | None]) -> Iterator[Run]:
    """The runs that a run opened meanwhile and that are out, and theirs; without the one that asks."""
    for call in run.calls.values():
        below = _loaded(call.child, load) if call.child != but and not call.outcome else None
        if below is not None:
            yield below
            yield from _below(below, but, load)


def _loaded(run_id: str, load: Callable[[str], Run | None]) -> Run | None:
    try:
        return load(run_id)
    except (Unreadable, LookupError):
        return None
