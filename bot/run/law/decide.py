"""The law, number 3: to know whether something may happen, read this file. What is asked -> what happens, or Refused.

The chain of a run: itself; the runs that called it, and theirs; the runs it goes on from, and theirs; the runs it
called, once they returned, and theirs; those it opened meanwhile, as soon as they are open, and theirs.
Requesters: whoever started a run of the chain. Operators: whoever has ever operated one, or begun a command in it
that changes something.
Givers of a value: whoever gave or corrected the value in force; of a value made of others (`set`, `with`, `capture`
of a call) the givers of those. What Handrail read and what the file's default says has none.
One: whoever was let in in a run of the chain at whose start they had not been, and who let them in, count as one
person in the whole chain, and so do all whom the same lead let in.
A start: `Begun` of a step that is begun by hand; for a bound step that goes by itself, its being entered. The starter
is who pressed.

1.  A bound step, and every `destroy` step, starts only if each sign-off that binds it is in force for exactly this
    start, by signatures or by a broken glass.
2.  Signatures are in force while they are valid in time, what they cover is word for word what would happen now, and
    those signers who still hold one of its roles and are not barred now are still enough (`need` people, of whom no
    two count as one; with `each` one for every role).
3.  Signatures cover one start of each `destroy` step that they bind. Of another step they cover further starts while
    in force and while none of their signers has operated. A further start is asked for anew, and the card says why.
    Each attempt of a retry is a start.
4.  Barred is whom `forbid` names: `requester`, `operator`, `giver` (of a bound value, `mode: before`), or a role. The
    default is all three (`mode: after`: requester and operator). For a sign-off that binds a `destroy` step all three
    always count; `forbid` can only add.
5.  Whoever starts a step is not one of its signers, not its watcher, and not who broke the glass for it, whatever
    `forbid` says.
6.  The glass is broken by a lead who is not barred and has never operated, after asking in vain. It covers one start
    of each step that it binds, ends when they come to operate, and is reviewed before the run closes as recovered, by
    somebody who neither broke it nor operated; where nobody of the run is left who may, the run closes with the
    review open.
7.  A step with `witness` starts only while somebody of that role, who does not start it, watches this visit.
8.  Nobody whose name was never proved (a terminal without a login) starts what is signed, watched or behind a broken
    glass.
9.  Whoever is taken out of the catalogue loses rights and signatures at once; whoever is put in signs or operates
    only after a lead pinned at the start, who neither started nor operated nor was let in, let them in. Who count as
    one are one where 3 to 7 keep operator, starter, signer, watcher and reviewer apart; a Slack account that is or
    ever was of the chain under another name is nobody else.

Which command is taken at which place, and whether the run moves by it, `table` says as data; `make diagram` draws it.

`may_start` is this rule, and is asked at each start, by `_begin` and `Draft.enter`; `judging` holds records to it, each
by the law of its own number. The sentences stand in docs/security.md too, with the tests that hold them. Whatever is
newly forbidden, and whatever changes the words that are signed, raises the number (`may_start.LAW`).

Beside it, always:

-   Nothing happens but by an event, and every path asks `authorise` who may ask.
-   A command belongs to one visit of one step; once the run has moved on it is refused, and says who moved on and when.
-   Attempts of others to sign are recorded. A signature needs an operator who has proved who they are: else one person
    could be both.
-   Silence expires a request and calls more people (`paging/rules`); it never approves, skips or continues.
-   What was done before it was signed for, or by others (`SayDone` of a bound or a `destroy` step), starts nothing: the
    run holds with the outcome unknown, whoever says it has operated, signatures are used up as by a start, and it is
    reviewed like a broken glass (6).
-   Words that were typed can be erased, with a reason and for good; what was done cannot (`after/rules`).
"""

from typing import assert_never

from bot.format.moments import say_moment
from bot.format.runbook import Check, Decide, Do, RunStep, Signoff, Step, Wait
from bot.run import commands, events
from bot.run.after.events import FollowUpDone
from bot.run.after.rules import erase_words, note_handed_on, review_owed, say_after
from bot.run.calls.following import follow_call, hear_caller, stop
from bot.run.calls.rules import call_to, require_not_ending
from bot.run.evolve import evolve
from bot.run.hands.events import ActionAsked
from bot.run.hands.rules import answer_hands, follow_hands, require_idle
from bot.run.law import answers, offers, signing
from bot.run.law.authorise import authorise, require_asking, require_unbarred
from bot.run.law.closing import ask_before_end
from bot.run.law.draft import Draft
from bot.run.law.may_start import LAW, WrongStarter, may_start, watcher_of
from bot.run.law.scope import names_said, show_step, title_of
from bot.run.law.starting import start_run
from bot.run.members.rules import judge_people, let_in, settle_people
from bot.run.paging.rules import answer, decline, note_attempt, tick, unreachable
from bot.run.places import AtStep, AwaitingReview, AwaitingSignature, Over
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted


def decide(run: Run | Unstarted, command: commands.Command, stamp: Stamp) -> events.Events:
    """What happens when `command` is asked; Refused with a sentence when it may not."""
    if isinstance(run, Unstarted):
        if not isinstance(command, commands.Start):
            raise commands.Refused("This run has not started yet.")
        return start_run(run, command, stamp)
    if run.law < LAW and not run.over:
        taken = events.LawTaken(LAW)
        follows = _decide(evolve(run, taken, stamp), command, stamp)
        return (taken, *follows) if follows else ()
    return _decide(run, command, stamp)


def _decide(run: Run, command: commands.Command, stamp: Stamp) -> events.Events:
    if isinstance(command, commands.ClockCommand):
        return _follow_clock(run, command, stamp)
    if isinstance(command, commands.Start):
        raise commands.Refused(f"{run.start.ref} has started already.")
    if isinstance(command, commands.AfterCommand):
        authorise(run, command, stamp)
        return (say_after(run, command, stamp),)
    if isinstance(command, commands.Erase):
        authorise(run, command, stamp)
        return (erase_words(run, command),)
    _require_open(run, command)
    if isinstance(command, commands.StepCommand):
        require_current(run, command)
        require_not_ending(run)
    authorise(run, command, stamp)
    draft = Draft(run, stamp)
    decided = _at_step(draft, command) if isinstance(command, commands.StepCommand) else _on_run(draft, command)
    signing.ask_back(run, decided.run, command)
    ask_before_end(run, decided.run, command)
    return decided.settle()


def _require_open(run: Run, command: commands.Command) -> None:
    """An ended run takes notes and the review of a broken glass, and nothing else."""
    if isinstance(run.here, Over) and not isinstance(command, commands.AddNote | commands.ReviewGlass):
        outcome = f"{run.here.outcome.replace('_', ' ')}, by {run.name_of(run.here.by)}"
        raise commands.Refused(
            f"{run.start.ref} ended at {say_moment(run.here.at)} ({outcome}). You can still add a note."
        )


def require_current(run: Run, command: commands.Here) -> None:
    """The step and visit that were pressed are where the run stands; else the sentence says who moved on and when."""
    here = run.here
    if isinstance(here, Over) or (here.step == command.step and here.visit == command.visit):
        if run.paused is not None and not isinstance(command, commands.Sign | commands.Reject | commands.AskHelp):
            raise commands.Refused(
                f"{run.name_of(run.paused.by)} paused this run: {run.paused.reason} Press Resume first."
            )
        return
    now = title_of(run, here.step)
    left = next((one for one in reversed(run.done) if (one.step, one.visit) == (command.step, command.visit)), None)
    if left is None:
        message = f"The run is not at that step. It is now at “{now}”."
    else:
        said = f" ({left.said})" if left.said else ""
        how = f"{run.name_of(left.by)} finished this step at {say_moment(left.until)}{said}"
        message = f"{how}. The run is now at “{now}”."
    raise commands.Refused(message)


def _at_step(draft: Draft, command: commands.StepCommand) -> Draft:  # noqa: C901, PLR0912  (a line for each command)
    """Commands that belong to the step where the run stands."""
    match command:
        case commands.Begin():
            return _begin(draft, command)
        case commands.Watch():
            return _watch(draft, command)
        case commands.Finish():
            return _finish(draft, command)
        case commands.Choose():
            return _choose(draft, command)
        case commands.Sign():
            return _sign(draft, command)
        case commands.Reject():
            return _reject(draft, command)
        case commands.BreakGlass():
            return _break_glass(draft, command)
        case commands.Skip():
            return _skip(draft, command)
        case commands.GoBack():
            return _go_back(draft, command)
        case commands.Mismatch():
            return draft.add(events.MismatchSeen(command.step, command.visit, command.words)).enter(
                draft.run.book.exception, command.step, "does not match"
            )
        case commands.SayDone():
            return _say_done(draft, command)
        case commands.AskEnd():
            return _ask_end(draft, command)
        case commands.AnswerEnd():
            return _answer_end(draft, command)
        case commands.AskHelp():
            return draft.add(events.HelpAsked(command.step, command.visit, command.words))
        case commands.DoMyself() | commands.LookAgain() | commands.CancelAction():
            return answer_hands(draft, command)
        case _:
            assert_never(command)


def _on_run(draft: Draft, command: commands.RunCommand) -> Draft:
    """Commands that belong to the run, wherever it stands."""
    match command:
        case commands.AddNote():
            claimed = answers.claimed_instant(command.happened_at, draft.stamp.at)
            return draft.add(events.Noted(answers.require_words(command.words), claimed, command.source))
        case commands.TakeOver():
            return _take_over(draft)
        case commands.HandOver():
            return _hand_over(draft, command)
        case commands.Accept():
            return _accept(draft)
        case commands.Pause():
            return draft.add(events.Paused(answers.require_words(command.reason)))
        case commands.Resume():
            return _resume(draft)
        case commands.Correct():
            return _correct(draft, command)
        case commands.Stop():
            require_not_ending(draft.run)
            return stop(draft, answers.require_words(command.reason))
        case commands.ReviewGlass():
            return _review(draft, command)
        case commands.LetSomebodyIn():
            return draft.add(let_in(draft.run, command))
        case commands.SettlePeople():
            return draft.add(settle_people(draft.run, command))
        case commands.AnswerPage():
            return draft.add(answer(draft.run, command, draft.stamp))
        case commands.DeclinePage():
            return draft.add(decline(draft.run, command, draft.stamp))
        case _:
            assert_never(command)


def _require_place(run: Run, *, began: bool | None = None) -> tuple[AtStep, Step]:
    """The visit that waits for a person, and its step."""
    here = run.here
    if not isinstance(here, AtStep):
        raise commands.Refused("This step does not wait for that.")
    if began is True and here.began is None:
        raise commands.Refused("Press Begin before you start, so that the others know.")
    if began is False and here.began is not None:
        raise commands.Refused(f"{run.name_of(here.began_by)} began this at {say_moment(here.began)}.")
    return here, run.book.by_id[here.step]


def _begin(draft: Draft, command: commands.Begin) -> Draft:
    run = draft.run
    here, step = _require_place(run, began=False)
    if not offers.needs_begin(run, step):
        raise commands.Refused("This step needs no Begin: press Done when you have done it.")
    require_idle(run)
    if command.hands and not run.hands.ready:
        raise commands.Refused("Handrail cannot run this step now. Do it by hand: press Begin.")
    objection = may_start(run, step, draft.stamp.by, draft.stamp.at)
    if objection is not None and objection.signoff is not None:
        draft.add(events.SentBack(step.id, here.visit, objection.signoff.id, objection.why))
        return draft.enter(objection.signoff.id, step.id, "sent back")
    if objection is not None:
        raise WrongStarter(objection.why)
    shown = show_step(run, step)
    if shown.confirm == "type":
        answers.require_name(run, command.typed)
    asked = (ActionAsked(step.id, here.visit),) if command.hands else ()
    return draft.add(events.Begun(step.id, here.visit, shown.command or ""), *asked)


def _watch(draft: Draft, command: commands.Watch) -> Draft:
    _, step = _require_place(draft.run, began=False)
    watcher = watcher_of(draft.run)
    if not isinstance(step, RunStep) or step.witness is None:
        raise commands.Refused("Nobody has to watch this step.")
    if watcher is not None:
        raise commands.Refused(f"{draft.run.name_of(watcher)} is watching already.")
    return draft.add(events.Watched(command.step, command.visit))


def _finish(draft: Draft, command: commands.Finish) -> Draft:
    """Done, or There is a problem: for steps whose work a person does."""
    run = draft.run
    here, step = _require_place(run)
    require_idle(run)
    if offers.needs_begin(run, step) and not _was_looked_at(run, step, command):
        _require_place(run, began=True)
    elif isinstance(step, Do) and step.confirm == "type" and command.outcome == "ok":
        answers.require_name(run, command.typed)
    finished: events.StepFinished = answers.finish_step(run, step, here, command, draft.stamp.at)
    return draft.add(finished).leave(finished.exit)


def _was_looked_at(run: Run, step: Step, command: commands.Finish) -> bool:
    """Handrail has read it, and it was not as it should be: a person takes the runbook's exit."""
    return isinstance(step, Check | Wait) and run.hands.last is not None and command.outcome == "problem"


def _choose(draft: Draft, command: commands.Choose) -> Draft:
    run = draft.run
    here, step = _require_place(run)
    if not isinstance(step, Decide):
        raise commands.Refused("There is nothing to choose at this step.")
    offered = tuple(option.label for option in step.options)
    if command.option == "unsure":
        return draft.add(events.Chosen(step.id, here.visit, "unsure", "I'm not sure", offered, command.note)).leave(
            "unsure"
        )
    if command.option == "back":
        return _choose_back(draft, command, step, offered)
    chosen = next((option for option in step.options if option.id == command.option), None)
    if chosen is None:
        raise commands.Refused(f"Choose one of: {', '.join(offered)}.")
    if offers.sends_back(run, chosen.id):
        answers.require_decision(command.note)
    return draft.add(events.Chosen(step.id, here.visit, chosen.id, chosen.label, offered, command.note)).leave(
        chosen.id
    )


def _choose_back(draft: Draft, command: commands.Choose, step: Decide, offered: tuple[str, ...]) -> Draft:
    """Back to where we were: over an unknown outcome only with a recorded look."""
    run = draft.run
    if not step.back or run.held_from is None:
        raise commands.Refused("There is no step to go back to from here.")
    answers.require_decision(command.note)
    _require_look(run, run.held_from, command.look)
    draft.add(
        events.Chosen(
            step.id, command.visit, "back", "Back to where we were", offered, command.note.strip(), command.look
        )
    )
    return draft.enter(run.held_from, step.id, "back")


def _sign(draft: Draft, command: commands.Sign) -> Draft:
    run, by = draft.run, draft.stamp.by
    here, step = require_asking(run, command, draft.stamp)
    if command.digest != here.digest:
        raise commands.Refused(
            "What is to be signed has changed since you looked. Read the newest post, then sign that."
        )
    if by in here.signed:
        raise commands.Refused("You have already signed.")
    answers.require_readback(run, step, command.readback)
    draft.add(events.Signed(step.id, here.visit, here.digest, command.readback.strip()))
    signed = (*here.signed, by)
    if not signing.is_complete(run, step, signed):
        return draft
    until = signing.validity_end(run, step, draft.stamp.at)
    return draft.add(events.SignoffApproved(step.id, here.visit, here.digest, signed, until)).leave_approved()


def _reject(draft: Draft, command: commands.Reject) -> Draft:
    here, step = require_asking(draft.run, command, draft.stamp)
    reason = answers.require_words(command.reason)
    return draft.add(events.SignoffRejected(step.id, here.visit, reason)).leave("rejected")


def _break_glass(draft: Draft, command: commands.BreakGlass) -> Draft:
    """Only on a sign-off that was asked for a second time in vain."""
    run, here = draft.run, draft.run.here
    step = run.book.by_id[command.step]
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        raise commands.Refused("The glass can only be broken on a sign-off.")
    require_unbarred(run, step, draft.stamp.by)
    in_vain = signing.asked_in_vain(run, step, here.since)
    if in_vain is None:
        raise commands.Refused(
            "The glass can be broken only once the signatures were asked for twice in vain. This is the first time."
        )
    if draft.stamp.at < in_vain:
        raise commands.Refused(f"Give the signers until {say_moment(in_vain)}: the glass can be broken from then on.")
    until = signing.validity_end(run, step, draft.stamp.at)
    broken = events.GlassBroken(step.id, here.visit, here.digest, answers.require_words(command.reason), until)
    return draft.add(broken).leave_approved()


def _skip(draft: Draft, command: commands.Skip) -> Draft:
    here, step = _require_place(draft.run)
    if step.critical:
        raise commands.Refused("This step is critical: nobody may skip it.")
    if not offers.may_be_skipped(step):
        raise commands.Refused(
            "The runbook does not let this step be skipped. If it does not fit, press There is a problem."
        )
    if here.began is not None:
        raise commands.Refused("This was begun already: say how it ended instead.")
    return draft.add(events.Skipped(step.id, here.visit, answers.require_words(command.reason))).leave("ok")


def _go_back(draft: Draft, command: commands.GoBack) -> Draft:
    run = draft.run
    if command.to not in offers.earlier_steps(run):
        raise commands.Refused(
            "The run cannot go back there: only to a step since the last destructive one.", field="to"
        )
    _require_begun_is_over(run)
    _require_look(run, command.to, command.look)
    reason = answers.require_words(command.reason)
    draft.add(events.WentBack(command.step, command.visit, command.to, reason, command.look))
    return draft.enter(command.to, command.step, "went back")


def _require_begun_is_over(run: Run) -> None:
    """A command that was begun is said to have ended before the run leaves it."""
    if isinstance(run.here, AtStep) and run.here.began is not None:
        raise commands.Refused(
            f"{run.name_of(run.here.began_by)} began this step: say how it ended before you go back."
        )


def _require_look(run: Run, target: str, look: str) -> None:
    """Nobody goes back over a step whose outcome is unknown without writing down what they found."""
    unknown = offers.unknown_since(run, target)
    if unknown and not look.strip():
        titles = ", ".join(f"“{title_of(run, step)}”" for step in unknown)
        raise commands.Refused(
            f"Nobody knows yet how {titles} ended. Look first, then write down what you found.", field="look"
        )


def _say_done(draft: Draft, command: commands.SayDone) -> Draft:
    """It leads to a look; a step that is signed for starts nothing by it: the run holds, and a review is owed."""
    run = draft.run
    here, step = _require_place(run)
    if not offers.may_be_said_done(run, step):
        raise commands.Refused(
            "commands.Here there is nothing that could have been done already: look how it stands, and say that."
        )
    signed_for = offers.is_signed_for(run.book, step)
    if signed_for and draft.stamp.unverified:
        message = "You are not logged in here, and somebody else than you has to review this. Log in first (handrail "
        raise commands.Refused(message + "login), or press There is a problem and write down what was done.")
    draft.add(events.DoneAlready(step.id, here.visit, answers.require_words(command.words), signed_for))
    return draft.enter(run.book.exception, step.id, "done already") if signed_for else draft


def _ask_end(draft: Draft, command: commands.AskEnd) -> Draft:
    """Whoever works asks for an end from the hold; a lead gives it by that."""
    run, by = draft.run, draft.stamp.by
    _require_end(run, command.end)
    draft.add(events.EndAsked(command.step, command.visit, command.end, answers.require_words(command.words)))
    if by not in run.holders("lead"):
        return draft
    return draft.add(events.EndAnswered(command.step, command.visit, command.end, granted=True)).enter(
        command.end, command.step, "closed"
    )


def _require_end(run: Run, end: str) -> None:
    """An end that may be asked for: from the hold, any of the runbook's but those that say it is recovered."""
    if not run.here_is(run.book.exception):
        raise commands.Refused("An end is asked for where the run holds. Press There is a problem first.")
    if end not in offers.ends_to_ask(run):
        sentence = "Choose one of the ends of this runbook. That all is recovered, its own steps have to show."
        raise commands.Refused(sentence, field="end")


def _answer_end(draft: Draft, command: commands.AnswerEnd) -> Draft:
    wish = draft.run.wish
    if wish is None:
        raise commands.Refused("Nobody asks for an end any more.")
    if command.end not in ("", wish.end):
        by, title = draft.run.name_of(wish.by), title_of(draft.run, wish.end)
        raise commands.Refused(f"{by} asks for another end by now: “{title}”. Read why on the card, then press again.")
    draft.add(events.EndAnswered(command.step, command.visit, wish.end, command.grant))
    return draft.enter(wish.end, command.step, "closed") if command.grant else draft


def _take_over(draft: Draft) -> Draft:
    run = draft.run
    if run.operator == draft.stamp.by:
        raise commands.Refused("You operate this run already.")
    return draft.add(events.TookOver(run.operator))


def _hand_over(draft: Draft, command: commands.HandOver) -> Draft:
    run = draft.run
    may = (*run.holders("operator"), *run.holders("lead"))
    if command.to == run.operator or command.to not in may:
        others = tuple(dict.fromkeys(one for one in may if one != run.operator))
        raise commands.Refused(f"Hand over to somebody who may operate: {names_said(run, others)}.", field="to")
    return draft.add(events.HandOverOffered(command.to, command.words))


def _accept(draft: Draft) -> Draft:
    run, offer = draft.run, draft.run.offer
    if offer is None:
        raise commands.Refused(f"There is no hand-over to accept. {run.name_of(run.operator)} operates this run.")
    if offer.to != draft.stamp.by:
        raise commands.Refused(f"This was offered to {run.name_of(offer.to)}.")
    if draft.stamp.by not in (*run.holders("operator"), *run.holders("lead")):
        raise commands.Refused("You may no longer operate this run, so somebody else has to take over.")
    return draft.add(events.HandOverAccepted(run.operator))


def _resume(draft: Draft) -> Draft:
    if draft.run.paused is None:
        raise commands.Refused("This run is not paused.")
    return draft.add(events.Resumed())


def _correct(draft: Draft, command: commands.Correct) -> Draft:
    run = draft.run
    given = run.given.get(command.name)
    if given is None or given.seq != command.of:
        raise commands.Refused(
            f"“{command.name}” was given again since you looked. Open Correct… once more.", field="text"
        )
    new = answers.corrected_value(run, command, draft.stamp.at)
    return draft.add(
        events.Corrected(command.of, command.name, run.vars[command.name], new, answers.require_words(command.reason))
    )


def _review(draft: Draft, command: commands.ReviewGlass) -> Draft:
    run = draft.run
    if not run.unreviewed:
        raise commands.Refused("There is nothing to review.")
    owed = review_owed(run)
    outside = None if run.members.has(draft.stamp.by) else command.known
    draft.add(events.GlassReviewed(answers.require_words(command.words), outside))
    if owed is not None:
        draft.add(FollowUpDone(owed.number))
    here = run.here
    return draft.add(events.Ended("recovered", here.step)) if isinstance(here, AwaitingReview) else draft


def _follow_clock(run: Run, command: commands.ClockCommand, stamp: Stamp) -> events.Events:
    """What the clock brings. It comes at least once, so what has happened already is no event and no error."""
    authorise(run, command, stamp)
    draft = Draft(run, stamp)
    if isinstance(command, commands.HandsCommand):
        follow_hands(draft, command)
        return draft.settle()
    match command:
        case commands.Tick(down_since=down_since, reader=reader):
            tick(draft, down_since, reader)
        case commands.NotePeople(now=now):
            draft.add(*(() if run.over else judge_people(run.members, now)))
        case (
            commands.NoteChildOpened()
            | commands.NoteChildNotOpened()
            | commands.NoteCallDelayed()
            | commands.NoteCallTold()
            | commands.TakeChildOutcome()
        ):
            call = call_to(run, command.child)
            if call is not None and not run.over:
                follow_call(draft, call, command)
        case commands.AskToStop() | commands.TakeHanded():
            hear_caller(draft, command)
        case commands.GrowChain(chain=chain):
            if not run.over and run.chain.joined(chain) != run.chain:
                draft.add(events.ChainGrown(chain.requesters, chain.operators, chain.let_in))
        case commands.NoteAttempt():
            draft.add(*note_attempt(run, command))
            draft.add(*unreachable(draft.run, command.page))
        case commands.NoteHandedOn():
            draft.add(*note_handed_on(run, command))
        case commands.NoteParentTold():
            parent = run.start.parent
            draft.add(
                *((events.ParentTold(parent.run),) if parent is not None and run.over and not run.parent_told else ())
            )
        case _:
            assert_never(command)
    return draft.settle()
