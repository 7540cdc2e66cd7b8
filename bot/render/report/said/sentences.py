"""One sentence for each record, to be read after the name of who did it; reasons and evidence stand beside it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never, get_args

from bot.render.hands import say_hands
from bot.render.prose import MODES, join_words, say_outcome, say_receiver, spoken_name
from bot.render.report.said.afterwards import say_after, say_paging
from bot.render.report.said.members import say_members
from bot.run.after.events import AfterEvent
from bot.run.events import (
    Begun,
    Branched,
    CallDelayed,
    Called,
    CallNotOpened,
    CallOpened,
    CallReturned,
    CallTold,
    ChainGrown,
    Chosen,
    Corrected,
    DoneAlready,
    EndAnswered,
    EndAsked,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    HandOverOffered,
    HelpAsked,
    LawTaken,
    MismatchSeen,
    Noted,
    Notified,
    ParentTold,
    Paused,
    PeopleEvent,
    ReadingTaken,
    Redacted,
    Resumed,
    SentBack,
    SignatureVoided,
    Signed,
    SigningEvent,
    SigningRefused,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
    Skipped,
    Started,
    StepEntered,
    StepEvent,
    StepFinished,
    TellingEvent,
    TookOver,
    VisitsSpent,
    Watched,
    WentBack,
    WentOnElsewhere,
)
from bot.run.hands.events import HandsEvent
from bot.run.members.events import MembersEvent
from bot.run.paging.events import PagingEvent
from bot.timeline.entries import Entry, Timeline

EXITS = {
    "ok": "done", "problem": "there was a problem", "fail": "failed", "try again": "failed, and was tried again",
    "timeout": "nobody knows how it ended", "in part": "it worked in part",
    "unknown": "nobody knows how it ended", "unsure": "not sure", "approved": "approved", "rejected": "rejected",
    "expired": "expired", "skipped": "skipped", "went back": "went back", "sent back": "sent back to its sign-off",
    "else": "none of the cases", "does not match": "did not match", "broken glass": "glass broken",
    "done already": "done before its turn", "closed": "closed as asked",
}  # fmt: skip
"""How a visit of a step ended, in words; a label that an author wrote stands for itself."""


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called: people by their names, steps by their titles."""

    people: Mapping[str, str]
    steps: Mapping[str, str]

    def person(self, person: str | None) -> str:
        """A name; the id itself of somebody whom the run does not know."""
        return "Handrail" if person == "clock" else self.people.get(person or "", person or "nobody")

    def all(self, people: Iterable[str], joined_by: str = "and") -> str:
        """Names, joined to one phrase."""
        return join_words([self.person(one) for one in people], joined_by)

    def step(self, step: str | None) -> str:
        """A step's title in quotes; its id when it was never reached."""
        return f"“{self.steps.get(step or '', step or 'a step')}”"


def names_of(timeline: Timeline) -> Names:
    """What the ids of this run are called."""
    people = {one.by: one.by_name for one in timeline.entries} | {one.id: one.name for one in timeline.people}
    return Names(people, {one.step: one.title for one in timeline.visits})


def say_entry(entry: Entry, names: Names) -> str:
    """What happened, without who, when and why."""
    return _SAYINGS[type(entry.event)](entry, entry.event, names)


def say_values(entry: Entry) -> str:
    """The values that were given, by names that people say."""
    return ", ".join(f"{spoken_name(name)}: {value}" for name, value in entry.values.items())


def _with_values(entry: Entry) -> str:
    return f" – {say_values(entry)}" if entry.values else ""


def _title(entry: Entry, names: Names) -> str:
    return f"“{entry.title}”" if entry.title else names.step(entry.step)


def _say_start(entry: Entry, event: Started, _names: Names) -> str:
    return f"started “{event.title}” on {event.asset.name} ({MODES[event.mode]}){_with_values(entry)}"


def _say_step(entry: Entry, event: StepEvent, names: Names) -> str:  # noqa: C901, PLR0912  (a line for each event)
    title = _title(entry, names)
    match event:
        case StepEntered(visit=visit):
            return f"came to {title}" + (f", for the {_ordinal(visit)} time" if visit > 1 else "")
        case Begun():
            return f"began {title}"
        case Watched():
            return f"is watching {title}"
        case StepFinished(exit=exit_):
            return f"{title}: {EXITS.get(exit_, exit_)}{_with_values(entry)}"
        case Chosen(label=label):
            return f"{title}: chose “{label}”"
        case Branched(exit=exit_):
            return f"{title}: {EXITS.get(exit_, exit_)}"
        case Notified(to=to):
            return f"told {join_words([say_receiver(one) for one in to])}"
        case Skipped():
            return f"skipped {title}"
        case WentBack(to=to):
            return f"went back from {title} to {names.step(to)}"
        case SentBack(to=to):
            return f"{title} had no valid signature, so back to {names.step(to)}"
        case MismatchSeen():
            return f"{title} does not match what they see"
        case ReadingTaken(failed=failed):
            return f"{title}: read what does not hold{_with_values(entry)}; expected: {join_words(failed)}"
        case DoneAlready(signed_for=signed_for):
            return f"{title} was done already" + (", before it was signed for" if signed_for else "")
        case EndAsked(end=end):
            return f"asked to close the run: {names.step(end)}"
        case EndAnswered(end=end, granted=granted):
            return f"closed the run as asked: {names.step(end)}" if granted else "had the run go on"
        case VisitsSpent(limit=limit):
            return f"{title} was visited {limit} times, as often as it may be"
        case Called(runbook=runbook):
            return f"{title}: the runbook {runbook} is called"
        case CallOpened(ref=ref):
            return f"{title}: {ref} was opened for it"
        case CallTold():
            return f"{title}: the called run was told who operates above it"
        case CallDelayed():
            return f"{title}: the run that it calls could not be opened yet"
        case CallNotOpened():
            return f"{title}: the run that it calls could not be opened"
        case CallReturned(outcome=outcome):
            return f"{title}: the called run ended – {say_outcome(outcome)}{_with_values(entry)}"
        case _:
            assert_never(event)


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{ending}"


def _say_signing(entry: Entry, event: SigningEvent, names: Names) -> str:
    if isinstance(event, GlassReviewed):
        return "reviewed the broken glass"
    title = _title(entry, names)
    match event:
        case SignoffAsked(eligible=eligible, need=need, again=again):
            anew = " again, as the content or who may sign has changed" if again else ""
            return f"asked {names.all(eligible, 'or')} to sign {title}{anew} ({need} needed)"
        case Signed():
            return f"signed {title}"
        case SignoffApproved(signers=signers):
            return f"{title} is approved, signed by {names.all(signers)}"
        case SignoffRejected():
            return f"rejected {title}"
        case SignoffExpired():
            return f"{title}: nobody signed in time"
        case SignatureVoided(signers=signers):
            return f"{title}: the signature of {names.all(signers)} counts no more"
        case GlassBroken():
            return f"broke the glass at {title}: went on without the signatures"
        case _:
            assert_never(event)


def _say_people(entry: Entry, event: PeopleEvent, names: Names) -> str:
    match event:
        case TookOver(before=before):
            return f"took over from {names.person(before)}" if before else "took over"
        case HandOverOffered(to=to):
            return f"asked {names.person(to)} to take over"
        case HandOverAccepted(before=before):
            return f"took over from {names.person(before)}, as asked" if before else "took over, as asked"
        case Paused():
            return "paused the run"
        case Resumed():
            return "went on with the run"
        case Corrected():
            return _say_correction(entry, event)
        case Ended(outcome=outcome):
            return f"ended the run: {say_outcome(outcome)}"
        case _:
            assert_never(event)


def _say_correction(entry: Entry, event: Corrected) -> str:
    """Old and new, unless others may not see them."""
    new = entry.values.get(event.name, "")
    secret = not new or new.startswith("‹")
    change = "" if secret else f" from {event.old} to {new}"
    return f"corrected {spoken_name(event.name)}{change}, given in record {event.of}"


def _say_telling(entry: Entry, event: TellingEvent, names: Names) -> str:
    match event:
        case SigningRefused():
            return f"tried to sign {_title(entry, names)} and may not"
        case HelpAsked():
            return f"asked for help at {_title(entry, names)}"
        case Noted(source=source):
            return "noted" if source is None else f"put a message of {source.author} into the record"
        case LawTaken(law=law):
            return f"law number {law} of Handrail holds from here on"
        case ChainGrown(operators=operators):
            who = ", ".join(map(names.person, operators))
            return f"heard who has operated this run or one that it belongs to: {who}"
        case ParentTold(parent=parent):
            return f"the calling run {parent} has taken this outcome"
        case Redacted(of=of):
            return f"erased words that somebody typed in record {of}"
        case WentOnElsewhere(ref=ref, after=after):
            return f"{ref} went on from record {after} while this one was out of reach"
        case _:
            assert_never(event)


def _say_members(_entry: Entry, event: MembersEvent, names: Names) -> str:
    return say_members(event, names.person).removesuffix(".")


def _say_paging(_entry: Entry, event: PagingEvent, names: Names) -> str:
    return say_paging(event, names.all, names.person)


def _say_after(_entry: Entry, event: AfterEvent, names: Names) -> str:
    return say_after(event, names.person, names.step)


def _say_hands(entry: Entry, event: HandsEvent, names: Names) -> str:
    return say_hands(event, _title(entry, names))


_SAYINGS: Mapping[type[Event], Callable[[Entry, Any, Names], str]] = {
    Started: _say_start,
    **dict.fromkeys(get_args(StepEvent), _say_step),
    **dict.fromkeys(get_args(SigningEvent), _say_signing),
    **dict.fromkeys(get_args(PeopleEvent), _say_people),
    **dict.fromkeys(get_args(TellingEvent), _say_telling),
    **dict.fromkeys(get_args(MembersEvent), _say_members),
    **dict.fromkeys(get_args(PagingEvent), _say_paging),
    **dict.fromkeys(get_args(AfterEvent), _say_after),
    **dict.fromkeys(get_args(HandsEvent), _say_hands),
}
"""Event -> who says it: looked up once, rather than held against each of fifty types."""
