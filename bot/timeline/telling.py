"""Records of a run, told as a timeline."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from bot.format.catalogue import CLOCK
from bot.format.pieces import Value, read_instant
from bot.format.runbook import Signoff, Step
from bot.format.text import fill, show_value
from bot.format.ways import changes_kept, changes_left
from bot.run import events
from bot.run.after.events import (
    AfterEvent,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    MilestoneSet,
    PostmortemSet,
)
from bot.run.calls.events import EndAwaited, HandedAnew, StopWanted
from bot.run.evolve import evolve
from bot.run.hands.events import ActionFinished, CancelAsked
from bot.run.law.scope import open_names_of, show_step
from bot.run.members.events import MembersEvent
from bot.run.paging.events import Paged, PageDeclined, PagingEvent
from bot.run.places import Over
from bot.run.situation import Source, Stamp
from bot.run.state import Run, Unstarted, but
from bot.timeline.entries import Chain, ChangeLeft, Decision, Deviation, Entry, Reaching, RunFacts, StepVisit, Timeline
from bot.timeline.pages import STRAYING, PagesCalled, deviation_of, kind_of_deviation
from bot.timeline.people import Afterwards, Cast, Known, Signoffs
from bot.timeline.reckoning import Moments, PathTaken, Stretches, decision_of, reckon, spent_by_phase, spent_by_step

FORETELLING: Mapping[type[events.Event], tuple[str, ...]] = {
    events.Corrected: (),
    events.Redacted: (),
    events.StepFinished: ("blind", "compared"),
}
"""The events that `look_ahead` reads; it needs no others, and of some only those where one of these is not empty."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Which records are put right later and by which, whose words are erased, and what stays hidden to the end."""

    corrected: Mapping[int, tuple[int, ...]]
    erased: Mapping[int, int]
    hidden: frozenset[str]


def look_ahead(happened: Iterable[tuple[int, events.Event, Stamp]]) -> Ahead:
    """What the records of a run say of each other. Blind answers that nobody compared stay hidden in every entry."""
    corrected: dict[int, tuple[int, ...]] = {}
    erased: dict[int, int] = {}
    hidden: set[str] = set()
    for seq, event, _ in happened:
        match event:
            case events.Corrected(of=of):
                corrected[of] = (*corrected.get(of, ()), seq)
            case events.Redacted(of=of):
                erased[of] = seq
            case events.StepFinished(blind=blind, compared=compared):
                hidden = (hidden | set(blind)) - set(compared)
            case _:
                pass
    return Ahead(corrected, erased, frozenset(hidden))


_WHY: Mapping[type[events.Event], str] = {
    events.Started: "reason",
    events.SigningRefused: "reason",
    events.SignoffRejected: "reason",
    events.Skipped: "reason",
    events.WentBack: "reason",
    events.Paused: "reason",
    events.Corrected: "reason",
    events.GlassBroken: "reason",
    events.Redacted: "reason",
    events.Ended: "reason",
    EndAwaited: "reason",
    StopWanted: "reason",
    events.SignatureVoided: "why",
    events.SentBack: "why",
    events.CallNotOpened: "why",
    events.CallDelayed: "why",
    events.Branched: "because",
    events.HelpAsked: "words",
    CancelAsked: "words",
    events.EndAsked: "words",
    events.HandOverOffered: "words",
    PageDeclined: "words",
    MilestoneSet: "reason",
}
"""The field in which an event says why."""
_EVIDENCE: Mapping[type[events.Event], str] = {
    events.StepFinished: "note",
    events.Chosen: "note",
    events.WentBack: "look",
    events.MismatchSeen: "words",
    events.DoneAlready: "words",
    events.GlassReviewed: "words",
    LessonTold: "words",
    PostmortemSet: "words",
    FollowUpDone: "words",
    events.Begun: "command",
    events.Notified: "text",
    FollowUpHandedOn: "answer",
    events.Noted: "words",
    ActionFinished: "shown",
}
"""The field that holds what it was based on: what was typed, run or seen."""
_NOTHING: Mapping[str, Value] = {}
_VALUES: Mapping[type[events.Event], str] = {
    events.Started: "inputs",
    events.StepFinished: "answers",
    events.ReadingTaken: "answers",
    events.CallReturned: "captured",
    events.Called: "given",
    HandedAnew: "values",
}


def why_of(event: events.Event) -> str:
    """The reason that was given, or why Handrail did it; empty where there is none."""
    name = _WHY.get(type(event))
    return "" if name is None else str(getattr(event, name))


def evidence_of(event: events.Event) -> str:
    """What it was based on, word by word: what was typed or seen; empty where there is nothing."""
    name = _EVIDENCE.get(type(event))
    if name is None:
        return ""
    words = str(getattr(event, name))
    if isinstance(event, events.Chosen) and event.look:
        words = f"{words} They looked: {event.look}".strip()
    source = event.source if isinstance(event, events.Noted) else None
    return words if source is None else f"{words} ({_say_source(source)})"


def _say_source(source: Source) -> str:
    return ", ".join(part for part in (source.author, source.at, source.link) if part)


def values_of(event: events.Event) -> Mapping[str, Value]:
    """The values that were given here, by the run's own names."""
    if isinstance(event, events.Corrected):
        return {event.name: event.new}
    name = _VALUES.get(type(event))
    values: Mapping[str, Value] = _NOTHING if name is None else getattr(event, name)
    return values


_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_ABOUT_ANOTHER, _DUE = (events.Corrected, events.Redacted), (events.SignoffExpired, Paged, FollowUpReminded)
_SIGNING = frozenset({events.Signed, events.SignoffRejected})
_AS: Mapping[type[events.Event], str] = {
    events.Watched: "witness",
    events.GlassBroken: "lead",
    events.EndAnswered: "lead",
    events.GlassReviewed: "reviewer",
    events.TookOver: "operator",
    events.HandOverAccepted: "operator",
}
_OF_THE_STEP = frozenset({events.Begun, events.StepFinished, events.Chosen, events.ReadingTaken})
_STEERING = frozenset(
    {
        events.Started,
        events.Skipped,
        events.WentBack,
        events.MismatchSeen,
        events.DoneAlready,
        events.EndAsked,
        events.HelpAsked,
        events.HandOverOffered,
        events.Paused,
        events.Resumed,
        events.Corrected,
        events.SignoffAsked,
        events.StepEntered,
        events.Ended,
        CancelAsked,
    }
)
_NONE: Mapping[str, str] = {}


class Entering:
    """Makes the entries of one run."""

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self._plain: dict[str, str] = {}
        """Titles that are the same whatever the variables hold."""

    def enter(self, run: Run, seq: int, event: events.Event, stamp: Stamp, known: Known) -> Entry:
        """What a record says to a reader. `run` is the run after it."""
        ahead, by, step = self._ahead, stamp.by, getattr(event, "step", None)
        found = run.book.by_id.get(step) if step is not None else None
        role = known.role_at(run, by, _asked_roles(found, event))
        claimed = _claimed(event) if isinstance(event, events.Noted) else None
        return Entry(
            seq,
            stamp.at,
            _KINDS[type(event)],
            event,
            by,
            known.name(by),
            role,
            stamp.via,
            claimed,
            step,
            self.title(run, step) if step is not None else None,
            getattr(event, "visit", 0),
            found.phase if found is not None else None,
            why_of(event),
            evidence_of(event),
            self._values(run, event),
            event.of if isinstance(event, _ABOUT_ANOTHER) else None,
            ahead.corrected.get(seq, ()),
            ahead.erased.get(seq),
            max(stamp.at - event.was_due, timedelta(0)) if isinstance(event, _DUE) else None,
            None,
            _acted_as(run, event, by, role),
        )

    def _values(self, run: Run, event: events.Event) -> Mapping[str, str]:
        values = values_of(event)
        if not values:
            return _NONE
        return {name: show_value(run.book.fields, self._ahead.hidden, name, one) for name, one in values.items()}

    def title(self, run: Run, step: str) -> str:
        """The title of a step as it stands now; the id where the runbook has no such step."""
        plain = self._plain.get(step)
        if plain is not None:
            return plain
        known = run.book.by_id.get(step)
        title = step if known is None else known.title
        if known is not None and "{{" in title:
            return fill(title, open_names_of(run), strict=False)
        self._plain[step] = title
        return title


def _asked_roles(step: Step | None, event: events.Event) -> tuple[str, ...]:
    """The roles in which somebody acts here, whatever else they are."""
    if isinstance(event, events.GlassBroken):
        return ("lead",)
    if isinstance(step, Signoff):
        return tuple(step.from_)
    return (step.who,) if step is not None and step.who != "operator" else ()


def _acted_as(run: Run, event: events.Event, by: str, role: str | None) -> str | None:
    """The role in which somebody did just this. `run` is the run after it."""
    kind = type(event)
    if by == CLOCK:
        return None
    if kind in _SIGNING:
        return role
    if kind in _AS:
        return _AS[kind]
    if kind in _OF_THE_STEP:
        step = run.book.by_id.get(getattr(event, "step", ""))
        return step.who if step is not None and step.who != "operator" and role == step.who else "operator"
    return "operator" if kind in _STEERING and by == run.operator else None


def kind_of(event: type[events.Event]) -> str:
    """The kind of an event as it stands in the record: the name of its class in kebab-case."""
    return _CAPITAL.sub("-", event.__name__).lower()


_KINDS: Mapping[type[events.Event], str] = {event: kind_of(event) for event in get_args(events.Event)}


def _claimed(event: events.Noted) -> datetime | None:
    try:
        return read_instant(event.happened_at) if event.happened_at else None
    except ValueError:
        return None


Happened = tuple[int, events.Event, Stamp]
_SIGNS_OFF, _PAGING, _AFTER, _MEMBERS = (
    frozenset(get_args(kinds)) for kinds in (events.SigningEvent, PagingEvent, AfterEvent, MembersEvent)
)
"""Most records are of none of these: a type is looked up once, rather than held against each of many."""


def tell_timeline(
    run: Run, happened: Sequence[Happened], *, until: datetime | None = None, chain: Chain | None = None
) -> Timeline:
    """The timeline of a run from its records, the first to the last that is known.

    Of `run` only its id and its runbook are read. `until`: the moment up to which an open run is looked at; that of its
    last record by default. ValueError when there is no record.
    """
    teller = EntryBuilder(Unstarted(run.id, run.book), look_ahead(happened))
    entries = [teller.take(seq, event, stamp) for seq, event, stamp in happened]
    return teller.tell(entries, until=until, chain=chain)


class EntryBuilder:
    """Takes the records of a run one after the other: hands back each entry, and keeps what the facts need.

    It does not keep the entries, so that a long run can be told in little memory.
    """

    def __init__(self, fresh: Unstarted, ahead: Ahead) -> None:
        self._state: Run | Unstarted = fresh
        self._ahead = ahead
        self._last: datetime | None = None
        self._known: Known | None = None
        self._entering = Entering(ahead)
        self._way, self._doings, self._cast, self._moments = PathTaken(), Stretches(), Cast(), Moments()
        self._reaching = Reaching()
        self._signoffs, self._pages, self._afterwards = Signoffs(), PagesCalled(), Afterwards()
        self._decisions: list[Decision] = []
        self._deviations: list[Deviation] = []

    def take(self, seq: int, event: events.Event, stamp: Stamp) -> Entry:
        """The entry of the next record."""
        before = self._state
        run = evolve(before, event, stamp)
        over = run.done if isinstance(before, Run) else ()  # at the start: those of the run that it goes on from
        # Visits that are over are kept here, not in the run: a tuple that grows by one would be copied each time.
        self._state = but(run, done=()) if run.done else run
        self._last = stamp.at if self._last is None else max(self._last, stamp.at)
        known = self._known = self._known or Known(run.start)
        if type(event) in _MEMBERS:
            known.follow(run.members)
        entry = self._entering.enter(run, seq, event, stamp, known)
        for one in over:
            self._reaching.leave(run, one)
            self._way.leave(run, one, self._entering.title(run, one.step), known.name(one.by))
        if isinstance(event, events.StepEntered):
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
        if kind in _SIGNS_OFF or self._signoffs.waiting:
            self._signoffs.take(run, entry, known)
        if kind in _PAGING:
            self._pages.take(entry, known)
        elif kind in _AFTER:
            self._afterwards.take(entry, known)
        if isinstance(event, events.Chosen) and isinstance(before, Run) and not isinstance(before.here, Over):
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
            run=_run_facts(run, known, self._ahead),
            facts=facts,
            entries=tuple(entries),
            people=self._cast.people(known, end),
            shifts=self._cast.shifts(),
            phases=spent_by_phase(run.book, visits, end),
            steps=spent_by_step(run.book, visits, end),
            visits=visits,
            stretches=stretches,
            decisions=tuple(self._decisions),
            signoffs=self._signoffs.told(),
            deviations=tuple(self._deviations),
            pages=self._pages.told(run, known, visits),
            edges=self._way.edges(run.book),
            after=self._afterwards.told(),
            postmortem=self._afterwards.postmortem,
            milestones=self._reaching.told(run, facts),
            left=self._left(run, visits),
            values=_values(run, self._ahead),
            chain=chain,
        )

    def _left(self, run: Run, visits: tuple[StepVisit, ...]) -> tuple[ChangeLeft, ...]:
        """What was changed and never taken back, by the titles that stand now."""
        walked = [(one.step, one.exit) for one in visits if one.until is not None]
        left = changes_left(run.book, walked)
        title = self._entering.title
        steps = tuple(ChangeLeft(step, title(run, step), undo, title(run, undo)) for step, undo in left)
        kept = changes_kept(run.book, walked) if run.over else ()
        return steps + tuple(ChangeLeft(one, title(run, one), "", _way_back(run, one)) for one in kept)


def _way_back(run: Run, step: str) -> str:
    """The command that takes a step back, filled in."""
    return show_step(run, run.book.by_id[step]).undo or ""


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
        id=run.id,
        ref=start.ref,
        mode=start.mode,
        runbook=start.runbook,
        title=start.title,
        objective=run.book.objective,
        digest=start.digest,
        asset=start.asset.id,
        asset_name=start.asset.name,
        tier=start.asset.tier,
        requester=run.requester,
        requester_name=known.name(run.requester),
        operator=run.operator,
        operator_name=known.name(run.operator) if run.operator else None,
        outcome=over.outcome if over else None,
        ended_at=over.at if over else None,
        ended_by=known.name(over.by) if over else None,
        end_reason=over.reason if over else "",
        reason=start.reason,
        parent=start.parent.ref if start.parent else None,
        continues=start.continues,
        unreviewed=len(run.unreviewed),
        unreviewed_work=sum(one.already for one in run.unreviewed),
        seen=_seen(run, ahead),
    )
