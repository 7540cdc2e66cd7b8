"""The record as a person at a terminal reads it: one sentence for each event."""

from collections.abc import Mapping
from typing import assert_never

from bot.format.pieces import read_instant
from bot.render.calls import say_came
from bot.render.hands import say_hands
from bot.render.prose import MODES, join_words, say_names, say_outcome, say_receiver, say_value, say_who
from bot.render.report.sentences import say_after, say_members, say_paging
from bot.run import events
from bot.run.after.events import AfterEvent, FollowUpDone, LessonTold, PostmortemSet
from bot.run.calls.events import EndAwaited, HandedAnew, Joined, StopWanted
from bot.run.hands.events import HandsEvent
from bot.run.law.scope import title_of
from bot.run.members.events import MembersEvent
from bot.run.paging.events import PagingEvent
from bot.run.state import Run

_EXITS = {"ok": "done", "problem": "there was a problem", "unknown": "nobody knows how it ended"}
_EXITS |= {
    "fail": "it failed", "try again": "it failed, and is tried again", "timeout": "nobody knows how it ended",
    "in part": "it worked in part", "unsure": "not sure",
}  # fmt: skip


def say_event(run: Run, event: events.Event) -> str:
    """What happened, in a sentence without who and when. `run` gives the names."""
    if isinstance(event, events.Started):
        return _say_start(run, event)
    if isinstance(event, events.StepEvent):
        return _say_step(run, event)
    if isinstance(event, events.SigningEvent):
        return _say_signing(run, event)
    if isinstance(event, events.PeopleEvent):
        return _say_people(run, event)
    if isinstance(event, MembersEvent):
        return say_members(event, lambda person: say_who(run, person))
    if isinstance(event, PagingEvent):
        return say_paging(event, lambda people: say_names(run, people), lambda person: say_who(run, person)) + "."
    if isinstance(event, HandsEvent):
        return f"{say_hands(event, _title(run, event.step))}."
    if isinstance(event, AfterEvent):
        said = say_after(event, lambda person: say_who(run, person), lambda step: _title(run, step))
        return said + _with(event.words if isinstance(event, LessonTold | FollowUpDone | PostmortemSet) else "")
    return _say_telling(run, event)


def _say_start(run: Run, event: events.Started) -> str:
    operates = f"{say_who(run, event.operator)} operates" if event.operator else "nobody operates yet"
    why = f" Another run was open: {event.reason}" if event.reason else ""
    called = f" Called by {event.parent.ref}." if event.parent else ""
    said = ", ".join(f"{name} = {say_value(run, name, value)}" for name, value in event.inputs.items())
    inputs = f" ({said})" if said else ""
    began = f" Data at risk since {_claimed(event.damage_began)}." if event.damage_began else ""
    return f"started {MODES[event.mode]} “{event.title}” on {event.asset.name}{inputs}; {operates}.{began}{called}{why}"


def _claimed(at: str) -> str:
    """A time that somebody gave, in whatever zone, said in UTC as all times of the record; else as it was given."""
    try:
        return f"{read_instant(at):%-d %b %Y %H:%M:%S} UTC"
    except ValueError:
        return at


def _title(run: Run, step: str) -> str:
    return f"“{title_of(run, step)}”" if step in run.book.by_id else step


def _with(words: str) -> str:
    return f": {words}" if words else "."


def _answers(run: Run, event: events.StepFinished) -> str:
    answers = ", ".join(f"{name} = {say_value(run, name, value)}" for name, value in event.answers.items())
    failed = f"; expected, and not so: {', '.join(event.failed)}" if event.failed else ""
    return (f" ({answers})" if answers else "") + failed


def _say_step(run: Run, event: events.StepEvent) -> str:  # noqa: C901, PLR0912  (a line for each event)
    title = _title(run, event.step)
    match event:
        case events.StepEntered(visit=visit):
            return f"→ {title}" + (f" (visit {visit})" if visit > 1 else "")
        case events.Begun(command=command):
            return f"began {title}" + _with(command)
        case events.Watched():
            return f"is watching {title}."
        case events.StepFinished(exit=exit_, note=note):
            return f"{title}: {_EXITS.get(exit_, exit_)}{_answers(run, event)}{_with(note)}"
        case events.Chosen(label=label, note=note, look=look):
            return f"{title}: chose “{label}”{_with(note)}" + (f" They looked: {look}" if look else "")
        case events.Branched(because=because):
            return f"{title}: {because}"
        case events.Notified(to=to, text=text):
            return f"told {join_words([say_receiver(one) for one in to])}: {text}"
        case events.Skipped(reason=reason):
            return f"skipped {title}{_with(reason)}"
        case events.WentBack(to=to, reason=reason, look=look):
            return f"went back from {title} to {_title(run, to)}{_with(reason)}" + (
                f" They looked: {look}" if look else ""
            )
        case events.SentBack(to=to, why=why):
            return f"{title} was reached without a valid signature, so back to {_title(run, to)}: {why}"
        case events.MismatchSeen(words=words):
            return f"{title} does not match what they see{_with(words)}"
        case events.ReadingTaken(answers=answers, failed=failed):
            read = ", ".join(f"{name} = {say_value(run, name, value)}" for name, value in answers.items())
            return f"{title}: read {read}; expected, and not so: {', '.join(failed)}."
        case events.DoneAlready(words=words):
            return f"{title} was done already{_with(words)}"
        case events.EndAsked(end=end, words=words):
            return f"asked to close the run by {_title(run, end)}{_with(words)}"
        case events.EndAnswered(end=end, granted=granted):
            return f"closed the run as asked, by {_title(run, end)}." if granted else "did not grant that end."
        case events.VisitsSpent(limit=limit):
            return f"{title} was visited {limit} times, as often as it may be."
        case (
            events.Called() | events.CallOpened() | events.CallTold() | events.CallDelayed()
            | events.CallNotOpened() | events.CallReturned()
        ):  # fmt: skip
            return f"{title}: {_say_call(event)}"
        case Joined(exit=exit_, came=came):
            return f"{title}: {_JOINED.get(exit_, exit_)}.{_say_back(run, came)}"
        case _:
            assert_never(event)


def _say_back(run: Run, came: Mapping[str, str]) -> str:
    back = ", ".join(f"{_title(run, step)}: {say_came(outcome)}" for step, outcome in came.items())
    return f" {back}." if back else ""


_JOINED = {"ok": "all have recovered", "fail": "one has not recovered", "timeout": "one is silent for too long"}


def _say_call(
    event: events.Called
    | events.CallOpened
    | events.CallTold
    | events.CallDelayed
    | events.CallNotOpened
    | events.CallReturned,
) -> str:
    match event:
        case events.Called(runbook=runbook):
            return f"the runbook {runbook} is called."
        case events.CallOpened(ref=ref):
            return f"{ref} was opened for it."
        case events.CallTold():
            return "the called run was told who operates above it."
        case events.CallDelayed(why=why):
            return f"the run that it calls cannot be opened yet, and is tried again each half minute: {why}"
        case events.CallNotOpened(why=why):
            return f"the run that it calls could not be opened: {why}"
        case events.CallReturned(outcome=outcome):
            return f"the called run ended: {say_outcome(outcome)}."
        case _:
            assert_never(event)


def _say_signing(run: Run, event: events.SigningEvent) -> str:
    if isinstance(event, events.GlassReviewed):
        return f"reviewed what went on without signatures{_with(event.words)}"
    title = _title(run, event.step)
    match event:
        case events.SignoffAsked(eligible=eligible, need=need, expires_at=until, again=again):
            once_more = " once more, since the content or who may sign has changed" if again else ""
            limits = f"{need} needed, until {until:%H:%M} UTC"
            return f"{title} asks {say_names(run, eligible, 'or')} to sign{once_more} ({limits})."
        case events.Signed():
            return f"signed {title}."
        case events.SignoffApproved(signers=signers, valid_until=until):
            limit = f", valid until {until:%H:%M} UTC" if until else ""
            return f"{title} is approved by {say_names(run, signers)}{limit}."
        case events.SignoffRejected(reason=reason):
            return f"rejected {title}{_with(reason)}"
        case events.SignoffExpired(was_due=due):
            return f"{title} expired at {due:%H:%M:%S} UTC: nobody answered in time."
        case events.SignatureVoided(why=why):
            return f"the signatures on {title} count no more: {why}"
        case events.GlassBroken(reason=reason):
            return f"broke the glass on {title}{_with(reason)}"
        case _:
            assert_never(event)


def _say_people(run: Run, event: events.PeopleEvent) -> str:
    match event:
        case events.TookOver(before=before):
            return "took over" + (f" from {say_who(run, before)}." if before else ".")
        case events.HandOverOffered(to=to, words=words):
            return f"offers the run to {say_who(run, to)}{_with(words)}"
        case events.HandOverAccepted(before=before):
            return "accepted the run" + (f" from {say_who(run, before)}." if before else ".")
        case events.Paused(reason=reason):
            return f"paused the run{_with(reason)}"
        case events.Resumed():
            return "resumed the run."
        case events.Corrected(of=of, name=name, old=old, new=new, reason=reason):
            was, now = say_value(run, name, old), say_value(run, name, new)
            return f"corrected {name} of record {of}: {was} → {now}{_with(reason)}"
        case events.Ended(outcome=outcome, reason=reason):
            return f"the run ended: {say_outcome(outcome)}{_with(reason)}"
        case EndAwaited(outcome=outcome, reason=reason):
            return f"ends the run once the others are back: {say_outcome(outcome)}{_with(reason)}"
        case StopWanted(named=named, reason=reason):
            return f"{named} stops the run above, and asks to stop this one too{_with(reason)}"
        case HandedAnew(values=values):
            said = ", ".join(f"{name} = {say_value(run, name, value)}" for name, value in values.items())
            return f"the run above has corrected what it handed over: {said}"
        case _:
            assert_never(event)


def _say_telling(run: Run, event: events.TellingEvent) -> str:
    match event:
        case events.SigningRefused(step=step, reason=reason):
            return f"tried to sign {_title(run, step)} and may not: {reason}"
        case events.HelpAsked(step=step, words=words):
            return f"asked for help at {_title(run, step)}{_with(words)}"
        case events.Noted(words=words, happened_at=happened_at, source=source):
            when = f" (happened {_claimed(happened_at)})" if happened_at else ""
            return f"noted{when}: {words}" + (f" — {source.author}, {source.at}, {source.link}" if source else "")
        case events.ParentTold():
            return "the calling run was told."
        case events.LawTaken(law=law):
            return f"Handrail's law number {law} holds from here on; docs/security.md says it."
        case events.ChainGrown(operators=operators):
            return f"who has operated this run or one that it belongs to: {say_names(run, operators)}."
        case events.WentOnElsewhere(ref=ref, after=after):
            return f"{ref} went on from record {after} while this one was out of reach, and has come home."
        case events.Redacted(of=of, fields=fields, reason=reason):
            return f"erased what was typed in record {of} ({', '.join(fields)}){_with(reason)}"
        case _:
            assert_never(event)
