"""Every event of a run as a sentence."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never, get_args

from bot.format.text import spoken_duration
from bot.render.after import MILESTONES, POSTMORTEM, say_exactly
from bot.render.calls import say_came
from bot.render.hands import say_hands
from bot.render.members import say_joiner, say_leaver, say_roles
from bot.render.prose import MODES, join_words, ordinal, say_outcome, say_receiver, spoken_name
from bot.run import events
from bot.run.after.events import (
    AfterEvent,
    FollowUpAdded,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    MilestoneSet,
    PostmortemSet,
    Rated,
)
from bot.run.calls.events import EndAwaited, HandedAnew, Joined, StopWanted
from bot.run.hands.events import HandsEvent
from bot.run.members.events import LetIn, MembersEvent, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.paging.events import (
    NobodyReached,
    PageAnswered,
    Paged,
    PageDeclined,
    PageReason,
    PageTried,
    PagingEvent,
    ToldToCall,
)
from bot.timeline.entries import Entry, Timeline

REASONS: dict[PageReason, str] = {
    "start": "the run began", "operator": "nobody operates", "nudge": "the step takes long",
    "step": "the step takes too long", "signoff": "a signature is waited for", "decide": "a decision is waited for",
    "signoff_wider": "a signature is waited for, so more people are asked", "help": "somebody asked for help",
    "handover": "nobody took the run over", "glass": "the glass was broken",
    "already": "something was done before it was signed for", "circle": "the run goes round in a circle",
    "stop": "the run that called this one is being stopped",
    "end": "an end is asked for", "burn": "the RTO is running out",
    "forecast": "the RTO will be missed", "fatigue": "the run is past its limit",
    "no_signer": "too few people may sign", "still": "are they still on it?",
}  # fmt: skip
"""Why people are called, to be read after “because”; the last one is a question."""


def say_reason(reason: PageReason, figure: int | None) -> str:
    """Why people were called, with the number that goes with it."""
    match reason, figure:
        case "burn", int(share):
            return f"{share} % of the RTO are used"
        case "forecast", int(seconds):
            return f"the RTO will be missed by {spoken_duration(seconds)}"
        case (("still" | "step" | "nudge"), int(seconds)):
            return f"{REASONS[reason]} ({spoken_duration(seconds)} of silence)"
        case _:
            return REASONS[reason]


def say_paging(event: PagingEvent, all_of: Callable[[Iterable[str]], str], person: Callable[[str | None], str]) -> str:
    """What happened about a page."""
    match event:
        case Paged(number=number, people=people, reason=reason, figure=figure, spared=spared):
            left = f"; {all_of(spared)} left out" if spared else ""
            return f"page {number} to {all_of(people)}: {say_reason(reason, figure)}{left}"
        case PageAnswered(page=page):
            return f"is on it (page {page})"
        case PageDeclined(page=page):
            return f"cannot come (page {page})"
        case PageTried(page=page, person=whom, channel=channel, attempt=attempt, reached=reached, answer=answer):
            how = "taken" if reached else "failed"
            said = f" – {answer}" if answer else ""
            return f"page {page} to {person(whom)} by {say_channel(channel)}, attempt {attempt}: {how}{said}"
        case ToldToCall(people=people, reason=reason, figure=figure, told=told):
            who = f"told {person(told)} to call {all_of(people)}"
            return f"nobody has been called by Handrail: {who}: {say_reason(reason, figure)}"
        case NobodyReached(page=page):
            return f"page {page}: nobody could be reached"
        case _:
            assert_never(event)


def say_channel(channel: str) -> str:
    """A channel as people say it: Slack, or the name that the catalogue gives it."""
    return "Slack" if channel == "slack" else channel.removeprefix("env:")


def say_after(event: AfterEvent, person: Callable[[str | None], str], step: Callable[[str], str]) -> str:
    """What was said or done about the run once it was over."""
    match event:
        case MilestoneSet(milestone=milestone, at=at):
            return f"put a milestone right: {MILESTONES[milestone]} at {say_exactly(at)}"
        case PostmortemSet(state="done", owner=owner):
            return f"reviewed the post-mortem of {person(owner)}: it is done"
        case PostmortemSet(state=state, owner=owner):
            return f"put the post-mortem down as {POSTMORTEM[state]}; {person(owner)} looks after it"
        case LessonTold(near_miss=near_miss):
            return "told a near miss" if near_miss else "told a lesson"
        case FollowUpAdded(number=number, what=what, owner=owner, due=due):
            return f"follow-up {number} for {person(owner)}, due {due}: {what}"
        case FollowUpDone(number=number):
            return f"follow-up {number} is done"
        case FollowUpReminded(number=number):
            return f"reminded the owner of follow-up {number}"
        case FollowUpHandedOn(number=number, taken=taken, answer=answer):
            return f"follow-up {number}: the tracker {'took it' if taken else 'did not take it'} – {answer}"
        case Rated(question="clarity", answer=answer):
            return f"rated how clear the steps were: {answer} of 5"
        case Rated(answer=answer):
            return f"hesitated {'nowhere' if answer == 'nowhere' else f'at {step(answer)}'}"
        case _:
            assert_never(event)


def say_members(event: MembersEvent, named: Callable[[str], str]) -> str:
    """What happened, without who did it; `named` gives the name of an id."""
    match event:
        case PeopleChanged(out=out, into=into, again=again):
            said = [*map(say_leaver, out), *map(say_joiner, into)]
            said += [f"{join_words([named(one) for one in again])} stand in the catalogue again"] if again else []
            return f"{'; '.join(said) or 'the people of the run changed'}."
        case PeopleInDoubt(out=out, of=of) if out:
            names = join_words([one.name for one in out])
            return f"{names} would be out, {len(out)} of {of} people at once: a lead has to say so."
        case PeopleInDoubt():
            return "nobody would be out any more."
        case PeopleKept(of=of):
            return f"keeps everybody whom record {of} would have put out."
        case LetIn(person=person, roles=roles):
            return f"let {named(person)} in as {say_roles(roles)}."
        case _:
            assert_never(event)


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


def _say_start(entry: Entry, event: events.Started, _names: Names) -> str:
    return f"started “{event.title}” on {event.asset.name} ({MODES[event.mode]}){_with_values(entry)}"


def _say_step(entry: Entry, event: events.StepEvent, names: Names) -> str:  # noqa: C901, PLR0912  (a line for each event)
    title = _title(entry, names)
    match event:
        case events.StepEntered(visit=visit):
            return f"came to {title}" + (f", for the {ordinal(visit)} time" if visit > 1 else "")
        case events.Begun():
            return f"began {title}"
        case events.Watched():
            return f"is watching {title}"
        case events.StepFinished(exit=exit_):
            return f"{title}: {EXITS.get(exit_, exit_)}{_with_values(entry)}"
        case events.Chosen(label=label):
            return f"{title}: chose “{label}”"
        case events.Branched(exit=exit_):
            return f"{title}: {EXITS.get(exit_, exit_)}"
        case events.Notified(to=to):
            return f"told {join_words([say_receiver(one) for one in to])}"
        case events.Skipped():
            return f"skipped {title}"
        case events.WentBack(to=to):
            return f"went back from {title} to {names.step(to)}"
        case events.SentBack(to=to):
            return f"{title} had no valid signature, so back to {names.step(to)}"
        case events.MismatchSeen():
            return f"{title} does not match what they see"
        case events.ReadingTaken(failed=failed):
            return f"{title}: read what does not hold{_with_values(entry)}; expected: {join_words(failed)}"
        case events.DoneAlready(signed_for=signed_for):
            return f"{title} was done already" + (", before it was signed for" if signed_for else "")
        case events.EndAsked(end=end):
            return f"asked to close the run: {names.step(end)}"
        case events.EndAnswered(end=end, granted=granted):
            return f"closed the run as asked: {names.step(end)}" if granted else "had the run go on"
        case events.VisitsSpent(limit=limit):
            return f"{title} was visited {limit} times, as often as it may be"
        case events.Called(runbook=runbook):
            return f"{title}: the runbook {runbook} is called"
        case events.CallOpened(ref=ref):
            return f"{title}: {ref} was opened for it"
        case events.CallTold() | events.CallDelayed() | events.CallNotOpened():
            return f"{title}: {_OF_CALLS[type(event)]}"
        case Joined(exit=exit_, came=came):
            return f"{title}: {_JOINED.get(exit_, exit_)}{_say_back(came, names)}"
        case events.CallReturned(outcome=outcome):
            return f"{title}: the called run ended – {say_outcome(outcome)}{_with_values(entry)}"
        case _:
            assert_never(event)


def _say_back(came: Mapping[str, str], names: Names) -> str:
    back = join_words([f"{names.step(step)}: {say_came(outcome)}" for step, outcome in came.items()])
    return f" ({back})" if back else ""


_OF_CALLS: Mapping[type, str] = {
    events.CallTold: "the called run was told who operates above it",
    events.CallDelayed: "the run that it calls could not be opened yet",
    events.CallNotOpened: "the run that it calls could not be opened",
}
_JOINED = {"ok": "all have recovered", "fail": "one has not recovered", "timeout": "one is silent for too long"}


def _say_signing(entry: Entry, event: events.SigningEvent, names: Names) -> str:
    if isinstance(event, events.GlassReviewed):
        return "reviewed what went on without signatures"
    title = _title(entry, names)
    match event:
        case events.SignoffAsked(eligible=eligible, need=need, again=again):
            anew = " again, as the content or who may sign has changed" if again else ""
            return f"asked {names.all(eligible, 'or')} to sign {title}{anew} ({need} needed)"
        case events.Signed():
            return f"signed {title}"
        case events.SignoffApproved(signers=signers):
            return f"{title} is approved, signed by {names.all(signers)}"
        case events.SignoffRejected():
            return f"rejected {title}"
        case events.SignoffExpired():
            return f"{title}: nobody signed in time"
        case events.SignatureVoided(signers=signers):
            return f"{title}: the signature of {names.all(signers)} counts no more"
        case events.GlassBroken():
            return f"broke the glass at {title}: went on without the signatures"
        case _:
            assert_never(event)


def _say_people(entry: Entry, event: events.PeopleEvent, names: Names) -> str:
    match event:
        case events.TookOver(before=before):
            return f"took over from {names.person(before)}" if before else "took over"
        case events.HandOverOffered(to=to):
            return f"asked {names.person(to)} to take over"
        case events.HandOverAccepted(before=before):
            return f"took over from {names.person(before)}, as asked" if before else "took over, as asked"
        case events.Paused():
            return "paused the run"
        case events.Resumed():
            return "went on with the run"
        case EndAwaited(outcome=outcome):
            return f"ends the run once the runs that it opened are back: {say_outcome(outcome)}"
        case StopWanted(named=named):
            return f"{named} stops the run above, and asks to stop this one too"
        case HandedAnew():
            return f"the run above has corrected what it handed over{_with_values(entry)}"
        case events.Corrected():
            return _say_correction(entry, event)
        case events.Ended(outcome=outcome):
            return f"ended the run: {say_outcome(outcome)}"
        case _:
            assert_never(event)


def _say_correction(entry: Entry, event: events.Corrected) -> str:
    """Old and new, unless others may not see them."""
    new = entry.values.get(event.name, "")
    secret = not new or new.startswith("‹")
    change = "" if secret else f" from {event.old} to {new}"
    return f"corrected {spoken_name(event.name)}{change}, given in record {event.of}"


def _say_telling(entry: Entry, event: events.TellingEvent, names: Names) -> str:
    match event:
        case events.SigningRefused():
            return f"tried to sign {_title(entry, names)} and may not"
        case events.HelpAsked():
            return f"asked for help at {_title(entry, names)}"
        case events.Noted(source=source):
            return "noted" if source is None else f"put a message of {source.author} into the record"
        case events.LawTaken(law=law):
            return f"law number {law} of Handrail holds from here on"
        case events.ChainGrown(operators=operators):
            who = ", ".join(map(names.person, operators))
            return f"heard who has operated this run or one that it belongs to: {who}"
        case events.ParentTold(parent=parent):
            return f"the calling run {parent} has taken this outcome"
        case events.Redacted(of=of):
            return f"erased words that somebody typed in record {of}"
        case events.WentOnElsewhere(ref=ref, after=after):
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


_SAYINGS: Mapping[type[events.Event], Callable[[Entry, Any, Names], str]] = {
    events.Started: _say_start,
    **dict.fromkeys(get_args(events.StepEvent), _say_step),
    **dict.fromkeys(get_args(events.SigningEvent), _say_signing),
    **dict.fromkeys(get_args(events.PeopleEvent), _say_people),
    **dict.fromkeys(get_args(events.TellingEvent), _say_telling),
    **dict.fromkeys(get_args(MembersEvent), _say_members),
    **dict.fromkeys(get_args(PagingEvent), _say_paging),
    **dict.fromkeys(get_args(AfterEvent), _say_after),
    **dict.fromkeys(get_args(HandsEvent), _say_hands),
}
"""Event -> who says it: looked up once, rather than held against each of fifty types."""
