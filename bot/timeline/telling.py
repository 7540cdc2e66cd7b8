"""The records of a run, told: an entry for each, and every fact that follows from them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import get_args

from bot.format.masks import show_value
from bot.format.ways import changes_left
from bot.run.after.events import AfterEvent
from bot.run.events import Chosen, Event, SigningEvent, StepEntered
from bot.run.members.events import MembersEvent
from bot.run.paging.events import PagingEvent
from bot.run.places import Over
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted, evolve
from bot.timeline.ahead import Ahead, look_ahead
from bot.timeline.doings import Doings
from bot.timeline.entering import Entering
from bot.timeline.entries import Chain, Entry, RunFacts, Timeline
from bot.timeline.milestones import Reaching
from bot.timeline.pages import Called
from bot.timeline.people import Cast, Known
from bot.timeline.reckoning import Moments, reckon
from bot.timeline.said import Afterwards
from bot.timeline.signing import Signoffs
from bot.timeline.spans import ChangeLeft, StepVisit
from bot.timeline.stories import Decision, Deviation
from bot.timeline.straying import STRAYING, deviation_of, kind_of_deviation
from bot.timeline.way import Way, decision_of, spent_by_phase, spent_by_step

Happened = tuple[int, Event, Stamp]
_SIGNING, _PAGING, _AFTER, _MEMBERS = (
    frozenset(get_args(kinds)) for kinds in (SigningEvent, PagingEvent, AfterEvent, MembersEvent)
)
"""Most records are of none of these: a type is looked up once, rather than held against each of many."""


def tell_timeline(
    run: Run, happened: Sequence[Happened], *, until: datetime | None = None, chain: Chain | None = None
) -> Timeline:
    """The timeline of a run from its records, the first to the last that is known.

    Of `run` only its id and its runbook are read. `until`: the moment up to which an open run is looked at; that of its
    last record by default. ValueError when there is no record.
    """
    teller = Teller(Unstarted(run.id, run.book), look_ahead(happened))
    entries = [teller.take(seq, event, stamp) for seq, event, stamp in happened]
    return teller.tell(entries, until=until, chain=chain)


class Teller:
    """Takes the records of a run one after the other: hands back each entry, and keeps what the facts need.

    It does not keep the entries, so that a long run can be told in little memory.
    """

    def __init__(self, fresh: Unstarted, ahead: Ahead) -> None:
        self._state: Run | Unstarted = fresh
        self._ahead = ahead
        self._last: datetime | None = None
        self._known: Known | None = None
        self._entering = Entering(ahead)
        self._way, self._doings, self._cast, self._moments = Way(), Doings(), Cast(), Moments()
        self._reaching = Reaching()
        self._signoffs, self._pages, self._afterwards = Signoffs(), Called(), Afterwards()
        self._decisions: list[Decision] = []
        self._deviations: list[Deviation] = []

    def take(self, seq: int, event: Event, stamp: Stamp) -> Entry:
        """The entry of the next record."""
        before = self._state
        run = evolve(before, event, stamp)
        over = run.done if isinstance(before, Run) else ()  # at the start: those of the run that it goes on from
        # Visits that are over are kept here, not in the run: a tuple that grows by one would be copied each time.
        self._state = run.but(done=()) if run.done else run
        self._last = stamp.at if self._last is None else max(self._last, stamp.at)
        known = self._known = self._known or Known(run.start)
        if type(event) in _MEMBERS:
            known.follow(run.members)
        entry = self._entering.enter(run, seq, event, stamp, known)
        for one in over:
            self._reaching.leave(run, one)
            self._way.leave(run, one, self._entering.title(run, one.step), known.name(one.by))
        if isinstance(event, StepEntered):
            self._way.take(event)
        self._doings.take(run, event, stamp.at)
        self._cast.take(run, stamp, known, entry.acted_as)
        self._moments.take(event, stamp)
        if type(event) in STRAYING:
            entry = self._stray(run, entry, known)
        self._gather(run, before, entry, known)
        return entry

    def _stray(self, run: Run, entry: Entry, known: Known) -> Entry:
        """The entry with the way in which it left the straight one, if it did."""
        kind = kind_of_deviation(run, entry)
        if kind is None:
            return entry
        self._deviations.append(deviation_of(run, entry, kind, known, lambda step: self._entering.title(run, step)))
        return entry._replace(deviation=kind)

    def _gather(self, run: Run, before: Run | Unstarted, entry: Entry, known: Known) -> None:
        event = entry.event
        kind = type(event)
        if kind in _SIGNING or self._signoffs.waiting:
            self._signoffs.take(run, entry, known)
        if kind in _PAGING:
            self._pages.take(entry, known)
        elif kind in _AFTER:
            self._afterwards.take(entry, known)
        if isinstance(event, Chosen) and isinstance(before, Run) and not isinstance(before.here, Over):
            self._decisions.append(decision_of(entry, event, before.here.since))

    def tell(self, entries: Iterable[Entry], *, until: datetime | None = None, chain: Chain | None = None) -> Timeline:
        """The timeline of what was taken so far, with these entries; ValueError when nothing was taken."""
        run, last, known = self._state, self._last, self._known
        if not isinstance(run, Run) or last is None or known is None:
            raise ValueError("a timeline needs at least the record of the start")
        end = run.here.at if isinstance(run.here, Over) else max(last, until or last)
        here = None if isinstance(run.here, Over) else run.here.step
        visits = self._way.visits(run, self._entering.title(run, here) if here is not None else "")
        stretches = self._doings.until(end)
        facts = reckon(run, self._moments, stretches, end, self._reaching)
        return Timeline(
            run=_run_facts(run, known, self._ahead), facts=facts, entries=tuple(entries),
            people=self._cast.people(known, end), shifts=self._cast.shifts(),
            phases=spent_by_phase(run.book, visits, end), steps=spent_by_step(run.book, visits, end), visits=visits,
            stretches=stretches, decisions=tuple(self._decisions), signoffs=self._signoffs.told(),
            deviations=tuple(self._deviations), pages=self._pages.told(run, known, visits),
            edges=self._way.edges(run.book),
            after=self._afterwards.told(), milestones=self._reaching.told(run, facts),
            left=self._left(run, visits),
            values=_values(run, self._ahead), chain=chain,
        )  # fmt: skip

    def _left(self, run: Run, visits: tuple[StepVisit, ...]) -> tuple[ChangeLeft, ...]:
        """What was changed and never taken back, by the titles that stand now."""
        left = changes_left(run.book, ((one.step, one.exit) for one in visits if one.until is not None))
        title = self._entering.title
        return tuple(ChangeLeft(step, title(run, step), undo, title(run, undo)) for step, undo in left)


def _seen(run: Run, ahead: Ahead) -> str:
    """The first text that was asked for at the start, as others may see it."""
    texts = (name for name, field in run.book.inputs.items() if field.type in ("text", "string"))
    named = next((name for name in texts if name in run.vars), None)
    return show_value(run.book.fields, ahead.hidden, named, run.vars[named]) if named is not None else ""


def _values(run: Run, ahead: Ahead) -> dict[str, str]:
    return {name: show_value(run.book.fields, ahead.hidden, name, value) for name, value in run.vars.items()}


def _run_facts(run: Run, known: Known, ahead: Ahead) -> RunFacts:
    start, over = run.start, run.here if isinstance(run.here, Over) else None
    return RunFacts(
        id=run.id, ref=start.ref, mode=start.mode, runbook=start.runbook, title=start.title,
        objective=run.book.objective, digest=start.digest, asset=start.asset.id, asset_name=start.asset.name,
        tier=start.asset.tier, requester=run.requester, requester_name=known.name(run.requester),
        operator=run.operator, operator_name=known.name(run.operator) if run.operator else None,
        outcome=over.outcome if over else None, ended_at=over.at if over else None,
        ended_by=known.name(over.by) if over else None, end_reason=over.reason if over else "",
        reason=start.reason, parent=start.parent.ref if start.parent else None, continues=start.continues,
        unreviewed=len(run.unreviewed), seen=_seen(run, ahead),
    )  # fmt: skip
