"""What stands against a record by the law: each event is judged on the run as the records before it have made it.

Nothing that an event says of itself is believed: who may sign, who is barred, what is signed, which way a branch goes
are found again from the runbook, the roles, the values and who gave them, and who has operated. Whether a step may
start is asked of the same function as `decide` asks.

What is signed is compared word for word in records since the law that has the words of now (`WORDS`): whoever changes
them raises the law's number, so that older records are not held to words that were not theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.format.catalogue import CLOCK
from bot.format.runbook import (
    IN_PART,
    TRY_AGAIN,
    Branch,
    Check,
    Decide,
    Do,
    End,
    RunStep,
    Signoff,
    Step,
    StepBase,
    Wait,
    captures_of,
)
from bot.run import commands, events
from bot.run.after.events import AfterEvent, FollowUpHandedOn, FollowUpReminded, Rated
from bot.run.calls.events import HandedAnew, StopWanted
from bot.run.calls.judging import JUDGES_OF_CALLS, is_of_a_run_meanwhile, object_to_ending, object_to_stopping
from bot.run.calls.rules import calls_out, is_ending, too_early
from bot.run.commands import Refused, StepCommand
from bot.run.events import Event, Started
from bot.run.hands import events as hands
from bot.run.hands.judging import ASKED_OF_HANDS, BY_CLOCK, JUDGES_OF_HANDS, ends_an_action
from bot.run.law.answers import is_tried_again, require_readback, values_set
from bot.run.law.authorise import authorise
from bot.run.law.decide import require_current
from bot.run.law.direction import Heading, exit_of
from bot.run.law.draft import way_of_branch
from bot.run.law.may_start import LAW, WORDS, may_start, missing_signoff, watcher_of
from bot.run.law.offers import (
    earlier_steps,
    ends_to_ask,
    is_signed_for,
    may_be_said_done,
    may_be_skipped,
    unknown_since,
)
from bot.run.law.reviewing import reviewers
from bot.run.law.scope import show_step
from bot.run.law.signing import (
    asked_in_vain,
    asking_time,
    content_of,
    digest_text,
    eligible_people,
    is_complete,
    validity_end,
    why_barred,
)
from bot.run.law.starting import given_at_start
from bot.run.members.events import LetIn, MembersEvent, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.members.rules import TOGETHER, why_not_lawful
from bot.run.paging.events import NobodyReached, PageAnswered, Paged, PageDeclined, PageTried, ToldToCall
from bot.run.places import Approval, AtStep, AwaitingSignature, Chain
from bot.run.situation import Stamp, is_unverified
from bot.run.state import Run, Unstarted, but


def object_to_start(fresh: Unstarted, start: Started, stamp: Stamp) -> str | None:
    """What stands against the first record of a run, as far as it can be seen from itself."""
    by = stamp.by
    operator = by if is_unverified(by) or by in start.roles.get("operator", ()) else None
    if start.operator != operator:
        return "it begins with somebody else as its operator than whoever started it."
    if start.law < 1:
        return "there never was such a law."
    if len({one.id for one in start.people}) < len(start.people):
        return "it names somebody twice."
    former = start.former
    if start.parent is None and former is None:
        own = all(set(givers) <= {by} for givers in start.givers.values())
        alone = start.chain == Chain() and own and not (start.let_in or start.accounts)
        typed = start.law < TOGETHER or start.given == given_at_start(fresh, start, stamp, {})
        return None if alone and typed else "it names people or values of other runs, and belongs to none."
    if start.law > 1 and former is not None:
        known = {former.requester} <= set(start.chain.requesters) and set(former.operated) <= set(start.chain.operators)
        return None if known else "it leaves out people of the run that it goes on from."
    return None


def objection_to(run: Run, event: Event, stamp: Stamp, heading: Heading) -> str | None:
    """What stands against a record by the law that the run goes by; None when nothing does."""
    if isinstance(event, AfterEvent):
        return _of_what_comes_after(run, event, stamp)
    # An attempt to reach somebody may have been under way when the run ended.
    if run.over and not isinstance(event, _AFTER_THE_END):
        return "the run had ended before."
    if isinstance(event, _OF_THE_CLOCK) and stamp.by != CLOCK:
        return "nobody does this but Handrail's clock."
    return _of_who_asked(run, event, stamp) or _of_event(run, event, stamp, heading)


def in_new_light(run: Run) -> Run:
    """The run of an older law as the newest would judge it. What was signed keeps the words that it had."""
    kept = {name: _with_words_of_now(run, approval) for name, approval in run.approvals.items()}
    return but(run, law=LAW, approvals=kept)


def _with_words_of_now(run: Run, approval: Approval) -> Approval:
    step = run.book.by_id.get(approval.step)
    return replace(approval, digest=content_of(run, step).digest) if isinstance(step, Signoff) else approval


_AFTER_THE_END = (
    events.TellingEvent, events.GlassReviewed, events.Noted, PageTried, NobodyReached, hands.ActionFinished,
    hands.ActionLost,
)  # fmt: skip
_OF_THE_CLOCK = (
    events.SignoffExpired, events.CallOpened, events.CallNotOpened, events.CallDelayed, events.CallTold,
    events.CallReturned, events.ParentTold, events.ChainGrown, StopWanted, HandedAnew, ToldToCall,
    Paged, PageTried, NobodyReached, *BY_CLOCK,
)  # fmt: skip


def _of_what_comes_after(run: Run, event: AfterEvent, stamp: Stamp) -> str | None:
    if not run.over:
        return "the run had not ended yet."
    if isinstance(event, Rated) and stamp.by not in run.operated:
        return f"{stamp.by} did not operate this run."
    by_itself = isinstance(event, FollowUpReminded | FollowUpHandedOn)
    return "nobody does this but Handrail's clock." if by_itself and stamp.by != CLOCK else None


# --- who asked ---------------------------------------------------------------------------------------------------


def _of_who_asked(run: Run, event: Event, stamp: Stamp) -> str | None:
    """The command behind an event, held to who may ask it, and to where the run stands."""
    ask = _ASKED.get(type(event))
    if ask is None or _was_begun_elsewhere(run, event) or ends_an_action(run, event, stamp):
        return None
    command = ask(event)
    try:
        if isinstance(command, StepCommand):
            require_current(run, command)
        authorise(run, command, stamp)
    except Refused as refused:
        return f"Handrail refuses this to {stamp.by}: {refused.sentence}"
    return None


def _was_begun_elsewhere(run: Run, event: Event) -> bool:
    """Whether this ends the step at which the former run stood: it was begun there, and nobody says how it ended."""
    former = run.start.former
    if not isinstance(event, events.StepFinished) or former is None or not former.begun:
        return False
    exit_ = {RunStep: "timeout", Do: "problem"}.get(type(run.book.by_id.get(event.step)))  # type: ignore[arg-type]
    at_first = run.seq == 2 and run.here_is(former.step)  # noqa: PLR2004  (its start, and its being entered)
    return at_first and (event.step, event.exit, dict(event.answers)) == (former.step, exit_, {})


def _stands_again(run: Run, step: StepBase) -> bool:
    """Whether a run enters the step at which the former one stood with something begun: only to say how that ended."""
    former = run.start.former
    return run.seq == 1 and former is not None and former.begun and isinstance(step, RunStep | Do)


_ASKED: Mapping[type, Callable[[Any], commands.Command]] = {
    events.Begun: lambda one: commands.Begin(one.step, one.visit),
    events.Watched: lambda one: commands.Watch(one.step, one.visit),
    events.StepFinished: lambda one: commands.Finish(one.step, one.visit, "ok"),
    events.Chosen: lambda one: commands.Choose(one.step, one.visit, one.option),
    events.Signed: lambda one: commands.Sign(one.step, one.visit, one.digest, one.readback),
    events.SignoffRejected: lambda one: commands.Reject(one.step, one.visit, one.reason),
    events.GlassBroken: lambda one: commands.BreakGlass(one.step, one.visit, one.reason),
    events.Skipped: lambda one: commands.Skip(one.step, one.visit, one.reason),
    events.WentBack: lambda one: commands.GoBack(one.step, one.visit, one.to, one.reason),
    events.MismatchSeen: lambda one: commands.Mismatch(one.step, one.visit),
    events.ReadingTaken: lambda one: commands.Finish(one.step, one.visit, "ok"),
    events.DoneAlready: lambda one: commands.SayDone(one.step, one.visit, one.words),
    events.EndAsked: lambda one: commands.AskEnd(one.step, one.visit, one.end, one.words),
    events.EndAnswered: lambda one: commands.AnswerEnd(one.step, one.visit, one.granted),
    events.HelpAsked: lambda one: commands.AskHelp(one.step, one.visit),
    events.Noted: lambda one: commands.AddNote(one.words),
    events.TookOver: lambda _: commands.TakeOver(),
    events.HandOverOffered: lambda one: commands.HandOver(one.to),
    events.HandOverAccepted: lambda _: commands.Accept(),
    events.Paused: lambda one: commands.Pause(one.reason),
    events.Resumed: lambda _: commands.Resume(),
    events.Corrected: lambda one: commands.Correct(one.of, one.name, str(one.new), one.reason),
    events.GlassReviewed: lambda one: commands.ReviewGlass(one.words, one.known),
    events.Redacted: lambda one: commands.Erase(one.of, one.fields, one.reason),
    PageAnswered: lambda one: commands.AnswerPage(one.page),
    PageDeclined: lambda one: commands.DeclinePage(one.page),
    **ASKED_OF_HANDS,
}


# --- what was done -----------------------------------------------------------------------------------------------


def _of_event(run: Run, event: Event, stamp: Stamp, heading: Heading) -> str | None:
    leaves = type(event) in _ASKED or (exit_of(event) is not None and not is_of_a_run_meanwhile(run, event))
    if heading is not None and not run.approved_here and leaves:
        return "the run had left that step, and was on its way."
    judge = _JUDGES.get(type(event))
    return None if judge is None else judge(run, event, stamp, heading)


def _of_entering(run: Run, event: events.StepEntered, stamp: Stamp, heading: Heading) -> str | None:
    step = run.book.by_id.get(event.step)
    if step is None or heading is None or heading != (event.step, event.came_from):
        return "the run was not on its way there."
    if event.visit != run.visits.get(event.step, 0) + 1:
        return "this is not the number of that visit."
    if _is_spent(run, step):
        return "the step had been visited as often as it may be."
    if _stands_again(run, step):
        return None
    if too_early(run, step) is not None:
        return "runs that it had opened were not joined."
    by_hand = run.book.begins_by_hand(step)
    objection = missing_signoff(run, step, stamp.at) if by_hand else may_start(run, step, stamp.by, stamp.at)
    return None if objection is None else objection.why


def _is_spent(run: Run, step: StepBase) -> bool:
    """Whether the step was visited as often as it may be; `exception` always takes a run in."""
    most = step.max_visits if step.id != run.book.exception else None
    return most is not None and run.visits.get(step.id, 0) >= most


def _of_visits(run: Run, event: events.VisitsSpent, _: Stamp, heading: Heading) -> str | None:
    step = run.book.by_id.get(event.step)
    spent = step is not None and heading is not None and heading[0] == event.step and _is_spent(run, step)
    return None if spent else "the step had not been visited as often as it may be."


def _of_begun(run: Run, event: events.Begun, stamp: Stamp, _: Heading) -> str | None:
    step, here = run.book.by_id[event.step], run.here
    if not isinstance(here, AtStep) or here.began is not None or not run.book.begins_by_hand(step):
        return "there was nothing to begin, or it had been begun."
    objection = may_start(run, step, stamp.by, stamp.at)
    if objection is not None:
        return objection.why
    said = run.law < WORDS or event.command == (show_step(run, step).command or "")
    return None if said else "this is not the command that stood on the card."


def _of_sending_back(run: Run, event: events.SentBack, stamp: Stamp, heading: Heading) -> str | None:
    step = run.book.by_id.get(event.step)
    begins = heading is None and isinstance(run.here, AtStep) and run.here.step == event.step
    if step is None or (not begins and (heading is None or heading[0] != event.step)):
        return "the run was not on its way there."
    if event.to == run.book.exception and too_early(run, step) is not None:
        return None
    # Each version says in its own words what had changed; that the sign-off binds the step is the same in all of them.
    if run.law < WORDS:
        bound = any(signoff.id == event.to for signoff in run.book.signoffs_of.get(step.id, ()))
        return None if bound else "that sign-off does not bind the step."
    missing = missing_signoff(run, step, stamp.at)
    rightly = missing is not None and missing.signoff is not None and missing.signoff.id == event.to
    return None if rightly else "that sign-off was in force."


def _of_watching(run: Run, event: events.Watched, _: Stamp, __: Heading) -> str | None:
    step = run.book.by_id[event.step]
    asked = isinstance(step, RunStep) and step.witness is not None and isinstance(run.here, AtStep)
    free = watcher_of(run) is None and not (isinstance(run.here, AtStep) and run.here.began)
    return None if asked and free else "nobody had to watch, or somebody did already."


def _of_finishing(run: Run, event: events.StepFinished, _: Stamp, __: Heading) -> str | None:
    step, here = run.book.by_id.get(event.step), run.here
    if step is None or not isinstance(here, AtStep):
        return "the step does not end that way."
    failed = "problem" if isinstance(step, Do) else "fail"
    again = is_tried_again(step, here.visit, failed)
    if event.exit not in _ENDINGS.get(type(step), ()) and not (again and event.exit == TRY_AGAIN):
        return "the step does not end that way."
    if again and event.exit == failed:
        return "it was to be tried again first."
    looked = isinstance(step, Check | Wait) and run.hands.last is not None
    if run.book.begins_by_hand(step) and here.began is None and not looked and not _was_begun_elsewhere(run, event):
        return "it ended without having been begun."
    if run.hands.here is not None or run.hands.asked is not None:
        return "what Handrail runs had not ended."
    left = looked and run.book.begins_by_hand(step) and here.began is None
    if left and event.exit == "ok" and not getattr(run.hands.last, "ok", False):
        return "what Handrail had read was not as it should be."
    return _of_answers(run, step, event)


_ENDINGS: Mapping[type, tuple[str, ...]] = {
    Do: ("ok", "problem", IN_PART), Check: ("ok", "fail"), RunStep: ("ok", "fail", "timeout", IN_PART),
    Wait: ("ok", "fail", "timeout", IN_PART),
}  # fmt: skip


def _of_answers(run: Run, step: Step, event: events.StepFinished) -> str | None:
    """Values that a step cannot leave behind; what it sets was given by nobody at the step, so it is found again."""
    typed = (step.answer.var,) if isinstance(step, Do) and step.answer else tuple(captures_of(step))
    set_ = step.set if isinstance(step, RunStep) and event.exit == "ok" else {}
    if not set(event.answers) <= {*typed, *set_}:
        return "the step asks for no such value."
    # What was captured under a name that the step sets as well is gone: it may have been part of what was set.
    if not isinstance(step, RunStep) or not set_ or set(set_) & set(step.capture) or run.law < WORDS:
        return None
    captured = {name: value for name, value in event.answers.items() if name in step.capture}
    try:
        found = values_set(run, step, captured)
    except Refused:
        return "what the step sets is not known."
    same = all(event.answers.get(name) == value for name, value in found.items())
    return None if same else "this is not what the step sets."


def _of_choice(run: Run, event: events.Chosen, _: Stamp, __: Heading) -> str | None:
    step = run.book.by_id[event.step]
    if not isinstance(step, Decide) or not isinstance(run.here, AtStep):
        return "there was nothing to choose."
    if event.option == "back":
        if not step.back or run.held_from is None:
            return "there was no step to go back to."
        blind = unknown_since(run, run.held_from) and not (event.look or event.note).strip()
        return "nobody had looked how the step before had ended." if blind else None
    offered = {"unsure", *(option.id for option in step.options)}
    return None if event.option in offered else "that was not offered."


def _of_reading(run: Run, event: events.ReadingTaken, _: Stamp, __: Heading) -> str | None:
    step, here = run.book.by_id[event.step], run.here
    if not isinstance(step, Do | Check | RunStep) or not isinstance(here, AtStep):
        return "there was nothing to read."
    if run.book.begins_by_hand(step) and here.began is None:
        return "it was read without having been begun."
    typed = (step.answer.var,) if isinstance(step, Do) and step.answer else tuple(getattr(step, "capture", ()))
    return None if set(event.answers) <= set(typed) else "the step asks for no such value."


def _of_what_was_done(run: Run, event: events.DoneAlready, stamp: Stamp, _: Heading) -> str | None:
    step = run.book.by_id[event.step]
    if not may_be_said_done(run, step):
        return "it was begun here, or is nobody's to do."
    if event.signed_for != is_signed_for(run.book, step):
        return "it says wrongly whether the step is signed for."
    return "whoever says it has not proved who they are." if event.signed_for and stamp.unverified else None


def _of_asking_for_an_end(run: Run, event: events.EndAsked, _: Stamp, __: Heading) -> str | None:
    return None if event.end in ends_to_ask(run) else "that end may not be asked for here."


def _of_answering(run: Run, event: events.EndAnswered, _: Stamp, __: Heading) -> str | None:
    asked = run.wish is not None and run.wish.end == event.end
    return None if asked else "nobody had asked for that end."


def _of_skipping(run: Run, event: events.Skipped, _: Stamp, __: Heading) -> str | None:
    step, here = run.book.by_id[event.step], run.here
    may = isinstance(here, AtStep) and here.began is None and may_be_skipped(step)
    return None if may else "the step may not be skipped."


def _of_going_back(run: Run, event: events.WentBack, _: Stamp, __: Heading) -> str | None:
    if isinstance(run.here, AtStep) and run.here.began is not None:
        return "what had been begun had not ended."
    if event.to not in earlier_steps(run):
        return "the run could not go back there."
    blind = unknown_since(run, event.to) and not event.look.strip()
    return "nobody had looked how the step before had ended." if blind else None


def _of_branch(run: Run, event: events.Branched, _: Stamp, __: Heading) -> str | None:
    step = run.book.by_id.get(event.step)
    there = isinstance(step, Branch) and _stands_at(run, event.step, event.visit)
    if not there or not isinstance(step, Branch):
        return "the run was not there."
    same = run.law < WORDS or way_of_branch(run, step)[0] == event.exit
    return None if same else "the branch leads elsewhere."


def _of_notice(run: Run, event: events.Notified, _: Stamp, __: Heading) -> str | None:
    return None if _stands_at(run, event.step, event.visit) else "the run was not there."


def _stands_at(run: Run, step: str, visit: int) -> bool:
    return isinstance(run.here, AtStep) and (run.here.step, run.here.visit) == (step, visit)


# --- signing -----------------------------------------------------------------------------------------------------


def _of_asking(run: Run, event: events.SignoffAsked, stamp: Stamp, _: Heading) -> str | None:
    step, here = run.book.by_id.get(event.step), run.here
    again = isinstance(here, AwaitingSignature) and here.step == event.step and here.visit == event.visit
    if not isinstance(step, Signoff) or not (again if event.again else _stands_at(run, event.step, event.visit)):
        return "the run was at no such sign-off."
    if digest_text(event.content) != event.digest or (run.law >= WORDS and event.content != content_of(run, step).text):
        return "this is not what would happen."
    if (event.eligible, event.barred) != eligible_people(run, step):
        return "these are not the people who may sign it, or may not."
    if event.need != step.need:
        return f"{step.need} have to sign it."
    stands = event.again and isinstance(here, AwaitingSignature) and here.digest == event.digest
    until = here.expires_at if stands and isinstance(here, AwaitingSignature) else stamp.at + asking_time(run, step)
    return None if event.expires_at == until else "it was asked for longer or shorter than the runbook says."


def _of_signature(run: Run, event: events.Signed, stamp: Stamp, _: Heading) -> str | None:
    here, step = run.here, run.book.by_id.get(event.step)
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff) or here.digest != event.digest:
        return "this was not asked to be signed."
    why = _why_not_answered(run, here, step, stamp)
    if why is not None:
        return why
    if stamp.by in here.signed:
        return f"{stamp.by} had signed it already."
    if is_unverified(run.operator):
        return "whoever operated had not proved who they are."
    try:
        require_readback(run, step, event.readback)
    except Refused:
        return None if run.law < WORDS else "what was read back is not what was signed."
    return None


def _why_not_answered(run: Run, here: AwaitingSignature, step: Signoff, stamp: Stamp) -> str | None:
    """Why this person could neither sign nor reject what was asked."""
    if run.approved_here:
        return "it had been approved already."
    if stamp.by not in eligible_people(run, step)[0]:
        barred = why_barred(run, step).get(stamp.by)
        return f"{stamp.by} could not sign this" + (f": {stamp.by} {barred}." if barred else ".")
    return "the request had expired." if stamp.at >= here.expires_at else None


def _of_rejecting(run: Run, event: events.SignoffRejected, stamp: Stamp, _: Heading) -> str | None:
    here, step = run.here, run.book.by_id.get(event.step)
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        return "this was not asked to be signed."
    return _why_not_answered(run, here, step, stamp)


def _of_approval(run: Run, event: events.SignoffApproved, stamp: Stamp, _: Heading) -> str | None:
    here, step = run.here, run.book.by_id.get(event.step)
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff) or run.approved_here:
        return "this was not asked to be signed."
    asked = (here.step, here.visit, here.digest, here.signed)
    eligible = eligible_people(run, step)[0]
    counting = tuple(one for one in here.signed if one in eligible)
    if asked != (event.step, event.visit, event.digest, event.signers) or stamp.by not in here.signed[-1:]:
        return "the signatures that it counts are not there."
    if not is_complete(run, step, counting):
        return "the signatures are not enough."
    until = validity_end(run, step, stamp.at)
    return None if event.valid_until == until else "it is valid for longer or shorter than the runbook says."


def _of_expiry(run: Run, event: events.SignoffExpired, stamp: Stamp, _: Heading) -> str | None:
    here = run.here
    asked = isinstance(here, AwaitingSignature) and (here.step, here.visit) == (event.step, event.visit)
    if not asked or not isinstance(here, AwaitingSignature) or run.approved_here:
        return "this was not asked to be signed."
    late = stamp.at >= here.expires_at == event.was_due
    return None if late else "the request had not expired."


def _of_breaking(run: Run, event: events.GlassBroken, stamp: Stamp, _: Heading) -> str | None:
    here, step = run.here, run.book.by_id.get(event.step)
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff) or run.approved_here:
        return "the glass is broken at an open request for signatures alone."
    in_vain = asked_in_vain(run, step, here.since)
    if in_vain is None or stamp.at < in_vain:
        return "the signatures had not been asked for in vain."
    why = why_barred(run, step).get(stamp.by) if run.law > 1 else None
    if why is not None:
        return f"the glass was not theirs to break: {stamp.by} {why}."
    same = event.digest == here.digest and event.valid_until == validity_end(run, step, stamp.at)
    return None if same else "this is not what the glass was to be broken for."


def _of_review(run: Run, _: events.GlassReviewed, __: Stamp, ___: Heading) -> str | None:
    return None if run.unreviewed else "there was nothing to review."


# --- people ------------------------------------------------------------------------------------------------------


def _of_taking_over(run: Run, event: events.TookOver, stamp: Stamp, _: Heading) -> str | None:
    rightly = event.before == run.operator and stamp.by != run.operator
    return None if rightly else f"{stamp.by} did not take over from {event.before}."


def _of_offer(run: Run, event: events.HandOverOffered, _: Stamp, __: Heading) -> str | None:
    may = {*run.holders("operator"), *run.holders("lead")} - {run.operator}
    return None if event.to in may else f"{event.to} may not operate this run."


def _of_accepting(run: Run, event: events.HandOverAccepted, stamp: Stamp, _: Heading) -> str | None:
    offered = run.offer is not None and run.offer.to == stamp.by and event.before == run.operator
    if not offered:
        return "nobody had handed over to them."
    may = stamp.by in (*run.holders("operator"), *run.holders("lead"))
    return None if may else f"{stamp.by} may not operate this run."


def _of_correction(run: Run, event: events.Corrected, _: Stamp, __: Heading) -> str | None:
    given = run.given.get(event.name)
    same = given is not None and given.seq == event.of and run.vars.get(event.name) == event.old
    return None if same else "that is not the value that stood there."


def _of_end(run: Run, event: events.Ended, stamp: Stamp, _: Heading) -> str | None:
    if is_ending(run):
        return object_to_ending(run, event)
    if any(run.here != call for call in calls_out(run)):
        return "runs that it had opened were still out."
    if event.step is None:
        return object_to_stopping(run, event, stamp)
    step = run.book.by_id.get(event.step)
    if not isinstance(step, End) or not run.here_is(event.step) or step.outcome != event.outcome:
        return "the run had not come to that end."
    waits = event.outcome == "recovered" and run.unreviewed and reviewers(run)
    return "a broken glass had not been reviewed." if waits else None


def _of_members(run: Run, event: MembersEvent, stamp: Stamp, _: Heading) -> str | None:
    return why_not_lawful(run, event, stamp)


def _of_law(run: Run, event: events.LawTaken, _: Stamp, __: Heading) -> str | None:
    return None if run.law < event.law <= LAW and not run.over else "the run went by that law, or a newer one."


def _of_start(_: Run, __: Started, ___: Stamp, ____: Heading) -> str | None:
    return "a run starts once."


_JUDGES: Mapping[type, Callable[[Run, Any, Stamp, Heading], str | None]] = {
    Started: _of_start, events.LawTaken: _of_law, events.StepEntered: _of_entering, events.VisitsSpent: _of_visits,
    events.Begun: _of_begun, events.SentBack: _of_sending_back, events.Watched: _of_watching,
    events.StepFinished: _of_finishing, events.Chosen: _of_choice, events.Skipped: _of_skipping,
    events.ReadingTaken: _of_reading, events.DoneAlready: _of_what_was_done, events.EndAsked: _of_asking_for_an_end,
    events.EndAnswered: _of_answering, events.WentBack: _of_going_back,
    events.Branched: _of_branch, events.Notified: _of_notice, events.SignoffAsked: _of_asking,
    events.Signed: _of_signature,
    events.SignoffRejected: _of_rejecting, events.SignoffApproved: _of_approval, events.SignoffExpired: _of_expiry,
    events.GlassBroken: _of_breaking, events.GlassReviewed: _of_review, events.TookOver: _of_taking_over,
    events.HandOverOffered: _of_offer, events.HandOverAccepted: _of_accepting, events.Corrected: _of_correction,
    events.Ended: _of_end, PeopleChanged: _of_members, PeopleInDoubt: _of_members, PeopleKept: _of_members,
    LetIn: _of_members, **JUDGES_OF_HANDS, **JUDGES_OF_CALLS,
}  # fmt: skip

UNJUDGED: Mapping[type, str] = {
    PageTried: "the clock's, and whatever came of it",
    NobodyReached: "the clock's",
    Paged: "the clock's; whom it calls follows from the people of the run",
    ToldToCall: "the clock's",
    events.ChainGrown: "the clock's; it can only bar more people",
    events.ParentTold: "the clock's",
    events.SignatureVoided: "it can only take signatures away",
    events.SigningRefused: "it says that somebody may not",
    events.WentOnElsewhere: "said of a copy that came home, when it is taken in",
}
"""What nobody asked for and nothing is held against, beside the clock's name, and why; `AfterEvent` is judged apart."""


def judged() -> set[type]:
    """The kinds of events that are held to something of their own."""
    return {*_ASKED, *_JUDGES}
