"""The one place where events are told, for log, terminal, pages, catch-up posts, digest and reports.

`_tell` says each event once: what happened, without who and when. Whoever shows it adds what stands beside the
sentence: a log the limits and the words that somebody gave (`say_event`), a report has columns for them (`say_entry`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, assert_never, get_args

from bot.format.pieces import Value, read_instant
from bot.format.text import spoken_duration
from bot.render.after import MILESTONES, POSTMORTEM, say_exactly
from bot.render.calls import say_came
from bot.render.hands import say_hands
from bot.render.members import say_joiner, say_leaver, say_roles
from bot.render.prose import (
    MODES,
    join_words,
    ordinal,
    say_erased,
    say_names,
    say_outcome,
    say_receiver,
    say_value,
    say_who,
    spoken_name,
)
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
from bot.run.law.scope import title_of
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
from bot.run.state import Run
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


class Naming(Protocol):
    """How the ids of an event are said, where it is told."""

    def person(self, person: str | None, /) -> str: ...
    def all(self, people: Iterable[str], joined_by: str = "and", /) -> str: ...
    def step(self, step: str | None, /) -> str:
        """The title of any step, in quotes."""

    def title(self, step: str | None, /) -> str:
        """The title of the event's own step as it stood then, in quotes."""

    def given(self, values: Mapping[str, Value], /) -> str:
        """What was given with it, as others may see it."""

    def change(self, event: events.Corrected, /) -> str:
        """From what to what; nothing where others may not see it."""


@dataclass(frozen=True, slots=True)
class _InReport:
    """Names as the timeline of a run has them; the values are those of the entry, without what is secret."""

    entry: Entry
    names: Names

    def person(self, person: str | None) -> str:
        return self.names.person(person)

    def all(self, people: Iterable[str], joined_by: str = "and") -> str:
        return self.names.all(people, joined_by)

    def step(self, step: str | None) -> str:
        return self.names.step(step)

    def title(self, step: str | None) -> str:
        return f"“{self.entry.title}”" if self.entry.title else self.names.step(self.entry.step or step)

    def given(self, _values: Mapping[str, Value]) -> str:
        return f" – {say_values(self.entry)}" if self.entry.values else ""

    def change(self, event: events.Corrected) -> str:
        new = self.entry.values.get(event.name, "")
        return "" if not new or new.startswith("‹") else f" from {event.old} to {new}"


@dataclass(frozen=True, slots=True)
class _InLog:
    """Names as the run has them."""

    run: Run

    def person(self, person: str | None) -> str:
        return say_who(self.run, person)

    def all(self, people: Iterable[str], joined_by: str = "and") -> str:
        return say_names(self.run, people, joined_by)

    def step(self, step: str | None) -> str:
        known = step is not None and step in self.run.book.by_id
        return f"“{title_of(self.run, step)}”" if known and step is not None else step or "a step"

    title = step

    def given(self, values: Mapping[str, Value]) -> str:
        said = ", ".join(f"{name} = {say_value(self.run, name, value)}" for name, value in values.items())
        return f" ({said})" if said else ""

    def change(self, event: events.Corrected) -> str:
        was, now = (say_value(self.run, event.name, one) for one in (event.old, event.new))
        return f" from {was} to {now}"


class Sentence(NamedTuple):
    """An event: the sentence, without who and when, and what may stand beside it.

    `limits` go on from the sentence; `words` are what somebody gave with it, `looked` what they found.
    """

    what: str
    words: str = ""
    limits: str = ""
    looked: str = ""


def say_entry(entry: Entry, names: Names) -> str:
    """What happened, without who, when and why: a report has columns for those."""
    return _tell(entry.event, _InReport(entry, names)).what


def say_event(run: Run, event: events.Event) -> str:
    """What happened, without who and when, with all that was said with it. `run` gives the names."""
    told = _tell(event, _InLog(run))
    looked = f" They looked: {told.looked}" if told.looked else ""
    return f"{told.what}{told.limits}" + (f": {told.words}" if told.words else ".") + looked


def _tell(event: events.Event, names: Naming) -> Sentence:
    return _TELLERS[type(event)](event, names)


def say_values(entry: Entry) -> str:
    """The values that were given, by names that people say."""
    return ", ".join(f"{spoken_name(name)}: {value}" for name, value in entry.values.items())


def _tell_start(event: events.Started, names: Naming) -> Sentence:
    operates = f"{names.person(event.operator)} operates" if event.operator else "nobody operates yet"
    began = f". Data at risk since {_claimed(event.damage_began)}" if event.damage_began else ""
    called = f". Called by {event.parent.ref}" if event.parent else ""
    what = f"started “{event.title}” on {event.asset.name} ({MODES[event.mode]}){names.given(event.inputs)}"
    why = f". Another run was open: {event.reason.removesuffix('.')}" if event.reason else ""
    return Sentence(what, limits=f"; {operates}{began}{called}{why}")


def _claimed(at: str) -> str:
    """A time that somebody gave, in whatever zone, said in UTC as all times of the record; else as it was given."""
    try:
        return f"{read_instant(at):%-d %b %Y %H:%M:%S} UTC"
    except ValueError:
        return at


def _tell_step(event: events.StepEvent, names: Naming) -> Sentence:  # noqa: C901, PLR0912  (a line for each event)
    title = names.title(event.step)
    match event:
        case events.StepEntered(visit=visit):
            return Sentence(f"came to {title}" + (f", for the {ordinal(visit)} time" if visit > 1 else ""))
        case events.Begun(command=command):
            return Sentence(f"began {title}", command)
        case events.Watched():
            return Sentence(f"is watching {title}")
        case events.StepFinished(exit=exit_, note=note, failed=failed):
            limits = f"; expected, and not so: {', '.join(failed)}" if failed else ""
            return Sentence(f"{title}: {EXITS.get(exit_, exit_)}{names.given(event.answers)}", note, limits)
        case events.Chosen(label=label, note=note, look=look):
            return Sentence(f"{title}: chose “{label}”", note, looked=look)
        case events.Branched(exit=exit_, because=because):
            return Sentence(f"{title}: {EXITS.get(exit_, exit_)}", because)
        case events.Notified(to=to, text=text):
            return Sentence(f"told {join_words([say_receiver(one) for one in to])}", text)
        case events.Skipped(reason=reason):
            return Sentence(f"skipped {title}", reason)
        case events.WentBack(to=to, reason=reason, look=look):
            return Sentence(f"went back from {title} to {names.step(to)}", reason, looked=look)
        case events.SentBack(to=to, why=why):
            return Sentence(f"{title} had no valid signature, so back to {names.step(to)}", why)
        case events.MismatchSeen(words=words):
            return Sentence(f"{title} does not match what they see", words)
        case events.ReadingTaken(answers=answers, failed=failed):
            return Sentence(f"{title}: read what does not hold{names.given(answers)}; expected: {join_words(failed)}")
        case events.DoneAlready(words=words, signed_for=signed_for):
            return Sentence(f"{title} was done already" + (", before it was signed for" if signed_for else ""), words)
        case events.EndAsked(end=end, words=words):
            return Sentence(f"asked to close the run: {names.step(end)}", words)
        case events.EndAnswered(end=end, granted=granted):
            return Sentence(f"closed the run as asked: {names.step(end)}" if granted else "had the run go on")
        case events.VisitsSpent(limit=limit):
            return Sentence(f"{title} was visited {limit} times, as often as it may be")
        case Joined(exit=exit_, came=came):
            return Sentence(f"{title}: {_JOINED.get(exit_, exit_)}{_say_back(came, names)}")
        case _:
            return _tell_call(event, title, names)


def _tell_call(
    event: events.Called | events.CallOpened | events.CallTold | events.CallDelayed | events.CallNotOpened
    | events.CallReturned, title: str, names: Naming,
) -> Sentence:  # fmt: skip
    match event:
        case events.Called(runbook=runbook):
            return Sentence(f"{title}: the runbook {runbook} is called")
        case events.CallOpened(ref=ref):
            return Sentence(f"{title}: {ref} was opened for it")
        case events.CallTold():
            return Sentence(f"{title}: the called run was told who operates above it")
        case events.CallDelayed(why=why):
            again = ", and is tried again each half minute"
            return Sentence(f"{title}: the run that it calls could not be opened yet", why, again)
        case events.CallNotOpened(why=why):
            return Sentence(f"{title}: the run that it calls could not be opened", why)
        case events.CallReturned(outcome=outcome):
            return Sentence(f"{title}: the called run ended – {say_outcome(outcome)}{names.given(event.captured)}")
        case _:
            assert_never(event)


def _say_back(came: Mapping[str, str], names: Naming) -> str:
    back = join_words([f"{names.step(step)}: {say_came(outcome)}" for step, outcome in came.items()])
    return f" ({back})" if back else ""


_JOINED = {"ok": "all have recovered", "fail": "one has not recovered", "timeout": "one is silent for too long"}


def _tell_signing(event: events.SigningEvent, names: Naming) -> Sentence:
    if isinstance(event, events.GlassReviewed):
        return Sentence("reviewed what went on without signatures", event.words)
    title = names.title(event.step)
    match event:
        case events.SignoffAsked(eligible=eligible, need=need, again=again, expires_at=until):
            anew = " again, as the content or who may sign has changed" if again else ""
            what = f"asked {names.all(eligible, 'or')} to sign {title}{anew} ({need} needed)"
            return Sentence(what, limits=f" until {until:%H:%M} UTC")
        case events.Signed():
            return Sentence(f"signed {title}")
        case events.SignoffApproved(signers=signers, valid_until=until):
            limit = f", valid until {until:%H:%M} UTC" if until else ""
            return Sentence(f"{title} is approved, signed by {names.all(signers)}", limits=limit)
        case events.SignoffRejected(reason=reason):
            return Sentence(f"rejected {title}", reason)
        case events.SignoffExpired(was_due=due):
            return Sentence(f"{title}: nobody signed in time", limits=f", which was {due:%H:%M:%S} UTC")
        case events.SignatureVoided(signers=signers, why=why):
            return Sentence(f"{title}: the signature of {names.all(signers)} counts no more", why)
        case events.GlassBroken(reason=reason):
            return Sentence(f"broke the glass at {title}: went on without the signatures", reason)
        case _:
            assert_never(event)


def _tell_people(event: events.PeopleEvent, names: Naming) -> Sentence:
    match event:
        case events.TookOver(before=before):
            return Sentence(f"took over from {names.person(before)}" if before else "took over")
        case events.HandOverOffered(to=to, words=words):
            return Sentence(f"asked {names.person(to)} to take over", words)
        case events.HandOverAccepted(before=before):
            return Sentence(f"took over from {names.person(before)}, as asked" if before else "took over, as asked")
        case events.Paused(reason=reason):
            return Sentence("paused the run", reason)
        case events.Resumed():
            return Sentence("went on with the run")
        case EndAwaited(outcome=outcome, reason=reason):
            return Sentence(f"ends the run once the runs that it opened are back: {say_outcome(outcome)}", reason)
        case StopWanted(named=named, reason=reason):
            return Sentence(f"{named} stops the run above, and asks to stop this one too", reason)
        case HandedAnew(values=values):
            return Sentence(f"the run above has corrected what it handed over{names.given(values)}")
        case events.Corrected(of=of, name=name, reason=reason):
            return Sentence(f"corrected {spoken_name(name)}{names.change(event)}, given in record {of}", reason)
        case events.Ended(outcome=outcome, reason=reason):
            return Sentence(f"ended the run: {say_outcome(outcome)}", reason)
        case _:
            assert_never(event)


def _tell_telling(event: events.TellingEvent, names: Naming) -> Sentence:
    match event:
        case events.SigningRefused(step=step, reason=reason):
            return Sentence(f"tried to sign {names.title(step)} and may not", reason)
        case events.HelpAsked(step=step, words=words):
            return Sentence(f"asked for help at {names.title(step)}", words)
        case events.Noted(words=words, happened_at=happened_at, source=source):
            what = "noted" if source is None else f"put a message of {source.author} into the record"
            when = f" (happened {_claimed(happened_at)})" if happened_at else ""
            return Sentence(what, f"{words} — {source.at}, {source.link}" if source else words, when)
        case events.LawTaken(law=law):
            return Sentence(f"law number {law} of Handrail holds from here on", limits=" (docs/security.md says it)")
        case events.ChainGrown(operators=operators):
            who = ", ".join(map(names.person, operators))
            return Sentence(f"heard who has operated this run or one that it belongs to: {who}")
        case events.ParentTold(parent=parent):
            return Sentence(f"the calling run {parent} has taken this outcome")
        case events.Redacted(of=of, fields=fields, reason=reason):
            return Sentence(f"erased {say_erased(fields)} record {of}", reason, f" ({', '.join(fields)})")
        case events.WentOnElsewhere(ref=ref, after=after):
            return Sentence(f"{ref} went on from record {after} while this one was out of reach")
        case _:
            assert_never(event)


def _tell_members(event: MembersEvent, names: Naming) -> Sentence:
    return Sentence(say_members(event, names.person).removesuffix("."))


def _tell_paging(event: PagingEvent, names: Naming) -> Sentence:
    return Sentence(say_paging(event, names.all, names.person))


def _tell_after(event: AfterEvent, names: Naming) -> Sentence:
    words = event.words if isinstance(event, LessonTold | FollowUpDone | PostmortemSet) else ""
    return Sentence(say_after(event, names.person, names.step), words)


def _tell_hands(event: HandsEvent, names: Naming) -> Sentence:
    return Sentence(say_hands(event, names.title(event.step)))


_TELLERS: Mapping[type[events.Event], Callable[[Any, Naming], Sentence]] = {
    events.Started: _tell_start,
    **dict.fromkeys(get_args(events.StepEvent), _tell_step),
    **dict.fromkeys(get_args(events.SigningEvent), _tell_signing),
    **dict.fromkeys(get_args(events.PeopleEvent), _tell_people),
    **dict.fromkeys(get_args(events.TellingEvent), _tell_telling),
    **dict.fromkeys(get_args(MembersEvent), _tell_members),
    **dict.fromkeys(get_args(PagingEvent), _tell_paging),
    **dict.fromkeys(get_args(AfterEvent), _tell_after),
    **dict.fromkeys(get_args(HandsEvent), _tell_hands),
}
"""Event -> who tells it: looked up once, rather than held against each of sixty types."""
