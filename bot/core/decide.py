"""The law: to know whether something may happen, read this file. What is asked -> what happens, or Refused.

1.  Nothing happens but by an event, and every path asks `authorise` who may ask.
2.  A command belongs to one visit of one step; once the run has moved on it is refused, and says who moved on and when.
3.  A bound step starts only with a valid signature on its exact content, or a broken glass (checked in `Draft.enter` and `_begin`).
4.  Only other people sign: never the requester or an operator unless `forbid` says otherwise; attempts are recorded.
5.  Silence expires a request; it never approves, skips or continues.
6.  A run closes as recovered only once every broken glass was reviewed.
"""

from datetime import timedelta
from typing import assert_never

from bot.core.commands import (
    Accept,
    AddNote,
    AskHelp,
    Begin,
    BreakGlass,
    Choose,
    Command,
    Correct,
    Finish,
    GoBack,
    HandOver,
    Here,
    Mismatch,
    NoteChildOpened,
    NoteParentTold,
    Pause,
    Refused,
    Reject,
    Resume,
    ReviewGlass,
    Sign,
    Skip,
    Start,
    Stop,
    TakeChildOutcome,
    TakeOver,
    Tick,
    Watch,
)  # fmt: skip
from bot.core.events import (
    Begun,
    CallOpened,
    CallReturned,
    Chosen,
    Corrected,
    Ended,
    Events,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    HandOverOffered,
    HelpAsked,
    MismatchSeen,
    Noted,
    ParentTold,
    Paused,
    Resumed,
    SentBack,
    Signed,
    SigningRefused,
    SignoffApproved,
    SignoffExpired,
    SignoffRejected,
    Skipped,
    Stamp,
    StepFinished,
    TookOver,
    Watched,
    WentBack,
)  # fmt: skip
from bot.core.plain.values import BadValue, parse_value
from bot.core.run import AtStep, AwaitingReview, AwaitingSignature, InCall, Over, Run, Unstarted
from bot.core.runbook import Call, Decide, Do, RunStep, Signoff, Step
from bot.core.walk.answers import corrected_value, finish_step, require_words
from bot.core.walk.authorise import authorise
from bot.core.walk.draft import Draft
from bot.core.walk.offers import earlier_steps, may_be_skipped, needs_begin, unknown_since
from bot.core.walk.scope import show_step
from bot.core.walk.signing import is_complete, missing_approval, validity_end
from bot.core.walk.starting import start_run


def decide(run: Run | Unstarted, command: Command, stamp: Stamp) -> Events:
    """What happens when `command` is asked; Refused with a sentence when it may not."""
    if isinstance(run, Unstarted):
        if not isinstance(command, Start):
            message = "This run has not started yet."
            raise Refused(message)
        return start_run(run, command, stamp)
    if isinstance(command, NoteParentTold):
        return _note_parent_told(run, stamp)
    if isinstance(command, Tick | TakeChildOutcome | NoteChildOpened):
        return _follow_clock(run, command, stamp)
    _require_open(run, command)
    if isinstance(command, Here):
        _require_current(run, command)
    authorise(run, command, stamp)
    draft = Draft(run, stamp)
    if isinstance(command, Here):
        return _at_step(draft, command).decided
    return _on_run(draft, command).decided


def _at_step(draft: Draft, command: Here) -> Draft:
    """Commands that belong to the step where the run stands."""
    match command:
        case Begin():
            return _begin(draft, command)
        case Watch():
            return _watch(draft, command)
        case Finish():
            return _finish(draft, command)
        case Choose():
            return _choose(draft, command)
        case Sign():
            return _sign(draft, command)
        case Reject():
            return _reject(draft, command)
        case BreakGlass():
            return _break_glass(draft, command)
        case Skip():
            return _skip(draft, command)
        case GoBack():
            return _go_back(draft, command)
        case Mismatch():
            return draft.add(MismatchSeen(command.step, command.visit, command.words)).enter(
                draft.run.book.exception, command.step, "does not match"
            )
        case AskHelp():
            return draft.add(HelpAsked(command.step, command.visit, command.words))
        case _:
            message = f"Nothing can be done with {type(command).__name__} here."
            raise Refused(message)


def _on_run(draft: Draft, command: Command) -> Draft:
    """Commands that belong to the run, wherever it stands."""
    match command:
        case AddNote():
            return draft.add(Noted(require_words(command.words), _instant(command.happened_at), command.source))
        case TakeOver():
            return _take_over(draft)
        case HandOver():
            return _hand_over(draft, command)
        case Accept():
            return _accept(draft)
        case Pause():
            return draft.add(Paused(require_words(command.reason)))
        case Resume():
            return _resume(draft)
        case Correct():
            return _correct(draft, command)
        case Stop():
            return draft.add(Ended("aborted", None, require_words(command.reason)))
        case ReviewGlass():
            return _review(draft, command)
        case Start():
            message = f"{draft.run.start.ref} has started already."
            raise Refused(message)
        case _:
            message = f"Nothing can be done with {type(command).__name__} here."
            raise Refused(message)


def _require_open(run: Run, command: Command) -> None:
    """An ended run takes notes and the review of a broken glass, and nothing else."""
    if isinstance(run.here, Over) and not isinstance(command, AddNote | ReviewGlass):
        when = f"{run.here.at:%H:%M} UTC"
        message = f"{run.start.ref} ended at {when} ({run.here.outcome.replace('_', ' ')}, by {run.name_of(run.here.by)}). You can still add a note."
        raise Refused(message)


def _require_current(run: Run, command: Here) -> None:
    """The step and visit that were pressed are where the run stands; else the sentence says who moved on and when."""
    here = run.here
    if isinstance(here, Over) or (here.step == command.step and here.visit == command.visit):
        if run.paused is not None and not isinstance(command, Sign | Reject | AskHelp):
            message = f"{run.name_of(run.paused.by)} paused this run: {run.paused.reason} Press Resume first."
            raise Refused(message)
        return
    now = run.book.by_id[here.step].title
    left = next((one for one in reversed(run.done) if (one.step, one.visit) == (command.step, command.visit)), None)
    if left is None:
        message = f"The run is not at that step. It is now at “{now}”."
    else:
        message = f"{run.name_of(left.by)} finished this step at {left.until:%H:%M} UTC ({left.said or left.exit}). The run is now at “{now}”."
    raise Refused(message)


def _require_place(run: Run, *, began: bool | None = None) -> tuple[AtStep, Step]:
    """The visit that waits for a person, and its step."""
    here = run.here
    if not isinstance(here, AtStep):
        message = "This step does not wait for that."
        raise Refused(message)
    if began is True and here.began is None:
        message = "Press Begin before you start, so that the others know."
        raise Refused(message)
    if began is False and here.began is not None:
        message = f"{run.name_of(here.began_by)} began this at {here.began:%H:%M} UTC."
        raise Refused(message)
    return here, run.book.by_id[here.step]


def _require_name(run: Run, typed: str) -> None:
    """The asset's name (or id) was typed, so that a destructive click is never the wrong window's."""
    asset = run.start.asset
    if typed.strip().casefold() not in (asset.name.casefold(), asset.id.casefold()):
        message = f"Type the name of the asset that this changes: {asset.name}"
        raise Refused(message, field="typed")


def _begin(draft: Draft, command: Begin) -> Draft:
    run = draft.run
    here, step = _require_place(run, began=False)
    if not needs_begin(run, step):
        message = "This step needs no Begin: press Done when you have done it."
        raise Refused(message)
    if isinstance(step, RunStep) and step.witness is not None and here.watched_by is None:
        message = f"Somebody has to watch first: {_names(run, run.holders(step.witness))} can press I am watching."
        raise Refused(message)
    shown = show_step(run, step)
    lacking = missing_approval(run, step, draft.stamp.at)
    if lacking is not None:
        draft.add(SentBack(step.id, here.visit, lacking[0].id, lacking[1]))
        return draft.enter(lacking[0].id, step.id, "sent back")
    if shown.confirm == "type":
        _require_name(run, command.typed)
    return draft.add(Begun(step.id, here.visit, shown.command or ""))


def _watch(draft: Draft, command: Watch) -> Draft:
    here, step = _require_place(draft.run, began=False)
    if not isinstance(step, RunStep) or step.witness is None or here.watched_by is not None:
        message = (
            "Nobody has to watch this step."
            if here.watched_by is None
            else f"{draft.run.name_of(here.watched_by)} is watching already."
        )
        raise Refused(message)
    return draft.add(Watched(command.step, command.visit))


def _finish(draft: Draft, command: Finish) -> Draft:
    """Done, There is a problem, or I don't know: for steps whose work a person does."""
    run = draft.run
    here, step = _require_place(run)
    if needs_begin(run, step):
        _require_place(run, began=True)
    elif isinstance(step, Do) and step.confirm == "type" and command.outcome == "ok":
        _require_name(run, command.typed)
    finished: StepFinished = finish_step(run, step, here, command)
    return draft.add(finished).leave(finished.exit)


def _choose(draft: Draft, command: Choose) -> Draft:
    run = draft.run
    here, step = _require_place(run)
    if not isinstance(step, Decide):
        message = "There is nothing to choose at this step."
        raise Refused(message)
    offered = tuple(option.label for option in step.options)
    if command.option == "unsure":
        return draft.add(Chosen(step.id, here.visit, "unsure", "I'm not sure", offered, command.note)).leave("unsure")
    if command.option == "back":
        return _choose_back(draft, command, step, offered)
    chosen = next((option for option in step.options if option.id == command.option), None)
    if chosen is None:
        message = f"Choose one of: {', '.join(offered)}."
        raise Refused(message)
    return draft.add(Chosen(step.id, here.visit, chosen.id, chosen.label, offered, command.note)).leave(chosen.id)


def _choose_back(draft: Draft, command: Choose, step: Decide, offered: tuple[str, ...]) -> Draft:
    """Back to where we were: over an unknown outcome only with a recorded look."""
    run = draft.run
    if not step.back or run.held_from is None:
        message = "There is no step to go back to from here."
        raise Refused(message)
    _require_look(run, run.held_from, command.look)
    draft.add(Chosen(step.id, command.visit, "back", "Back to where we were", offered, command.look or command.note))
    return draft.enter(run.held_from, step.id, "back")


def _require_look(run: Run, target: str, look: str) -> None:
    unknown = unknown_since(run, target)
    if unknown and not look.strip():
        titles = ", ".join(f"“{run.book.by_id[step].title}”" for step in unknown)
        message = f"Nobody knows yet how {titles} ended. Look first, then write down what you found."
        raise Refused(message, field="look")


def _sign(draft: Draft, command: Sign) -> Draft:
    run, by = draft.run, draft.stamp.by
    here, step = _require_asking(run, command, draft.stamp)
    if command.digest != here.digest:
        message = "What is to be signed has changed since you looked. Read the newest post, then sign that."
        raise Refused(message)
    if by in here.signed:
        message = "You have already signed."
        raise Refused(message)
    _require_readback(run, step, command.readback)
    draft.add(Signed(step.id, here.visit, here.digest, command.readback.strip()))
    signed = (*here.signed, by)
    if not is_complete(run, step, signed):
        return draft
    until = validity_end(run, step, draft.stamp.at)
    return draft.add(SignoffApproved(step.id, here.visit, here.digest, signed, until)).leave("approved")


def _require_asking(run: Run, command: Sign | Reject, stamp: Stamp) -> tuple[AwaitingSignature, Signoff]:
    """The open request, if this person may answer it. Attempts of others are refused to them and recorded."""
    here = run.here
    step = None if isinstance(here, Over) else run.book.by_id[here.step]
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        message = "There is nothing to sign at this step."
        raise Refused(message)
    if stamp.by in here.barred:
        message = "You started or ran this run, so someone else has to sign."
    elif stamp.by not in here.eligible:
        message = f"This needs the {' or '.join(step.from_).replace('_', ' ')}: {_names(run, here.eligible)}."
    elif stamp.at >= here.expires_at:
        message = f"This request expired at {here.expires_at:%H:%M} UTC. It has to be asked for again."
        raise Refused(message)
    else:
        return here, step
    raise Refused(message, SigningRefused(command.step, command.visit, message))


def _require_readback(run: Run, step: Signoff, typed: str) -> None:
    """What the signer typed is what is being signed; the sentence never tells the right value."""
    wrong = "That is not what is being signed. Read it on the post and type it as it stands there."
    if step.readback is None:
        asset = run.start.asset
        if typed.strip().casefold() not in (asset.id.casefold(), asset.name.casefold()):
            raise Refused(wrong, field="readback")
        return
    field, value = run.book.fields.get(step.readback), run.vars.get(step.readback)
    if value is None or field is None:
        message = f"“{step.readback}” has no value, so it cannot be signed. Reject it and say so."
        raise Refused(message, field="readback")
    try:
        same = parse_value(field, typed) == value or str(value) == typed.strip()
    except BadValue as bad:
        raise Refused(str(bad), field="readback") from None
    if not same and not _same_instant(field.type, typed, str(value)):
        raise Refused(wrong, field="readback")


def _same_instant(kind: str, typed: str, value: str) -> bool:
    """Whether two instants are one, written with different offsets."""
    from bot.core.plain.shapes import TypedField, read_instant

    if kind != "timestamp":
        return False
    return read_instant(parse_value(TypedField(type="timestamp"), typed)) == read_instant(value)


def _reject(draft: Draft, command: Reject) -> Draft:
    here, step = _require_asking(draft.run, command, draft.stamp)
    return draft.add(SignoffRejected(step.id, here.visit, require_words(command.reason))).leave("rejected")


def _break_glass(draft: Draft, command: BreakGlass) -> Draft:
    """Only on a sign-off that was asked for a second time in vain."""
    run, here = draft.run, draft.run.here
    step = run.book.by_id[command.step]
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        message = "The glass can only be broken on a sign-off."
        raise Refused(message)
    times = run.expired.get(step.id, 0)
    in_vain = here.since + (timedelta(0) if times > 1 else run.book.policy.signoff.again)
    if times == 0:
        message = (
            "The glass can be broken only once the signatures were asked for twice in vain. This is the first time."
        )
        raise Refused(message)
    if draft.stamp.at < in_vain:
        message = f"Give the signers until {in_vain:%H:%M} UTC: the glass can be broken from then on."
        raise Refused(message)
    until = validity_end(run, step, draft.stamp.at)
    return draft.add(GlassBroken(step.id, here.visit, here.digest, require_words(command.reason), until)).leave(
        "approved"
    )


def _skip(draft: Draft, command: Skip) -> Draft:
    here, step = _require_place(draft.run)
    if step.critical:
        message = "This step is critical: nobody may skip it."
        raise Refused(message)
    if not may_be_skipped(step):
        message = (
            "The runbook does not let this step be skipped. If it does not fit, press This does not match what I see."
        )
        raise Refused(message)
    if here.began is not None:
        message = "This was begun already: say how it ended instead."
        raise Refused(message)
    return draft.add(Skipped(step.id, here.visit, require_words(command.reason))).leave("ok")


def _go_back(draft: Draft, command: GoBack) -> Draft:
    run = draft.run
    if command.to not in earlier_steps(run):
        message = "The run cannot go back there: only to a step since the last destructive one."
        raise Refused(message, field="to")
    _require_begun_is_over(run)
    _require_look(run, command.to, command.look)
    draft.add(WentBack(command.step, command.visit, command.to, require_words(command.reason), command.look))
    return draft.enter(command.to, command.step, "went back")


def _require_begun_is_over(run: Run) -> None:
    if isinstance(run.here, AtStep) and run.here.began is not None:
        message = f"{run.name_of(run.here.began_by)} began this step: say how it ended before you go back."
        raise Refused(message)


def _take_over(draft: Draft) -> Draft:
    run = draft.run
    if run.operator == draft.stamp.by:
        message = "You operate this run already."
        raise Refused(message)
    return draft.add(TookOver(run.operator))


def _hand_over(draft: Draft, command: HandOver) -> Draft:
    run = draft.run
    may = (*run.holders("operator"), *run.holders("lead"))
    if command.to == run.operator or command.to not in may:
        message = (
            f"Hand over to somebody who may operate: {_names(run, tuple(one for one in may if one != run.operator))}."
        )
        raise Refused(message, field="to")
    return draft.add(HandOverOffered(command.to, command.words))


def _accept(draft: Draft) -> Draft:
    run, offer = draft.run, draft.run.offer
    if offer is None:
        message = f"There is no hand-over to accept. {run.name_of(run.operator)} operates this run."
        raise Refused(message)
    if offer.to != draft.stamp.by:
        message = f"This was offered to {run.name_of(offer.to)}."
        raise Refused(message)
    return draft.add(HandOverAccepted(run.operator))


def _resume(draft: Draft) -> Draft:
    if draft.run.paused is None:
        message = "This run is not paused."
        raise Refused(message)
    return draft.add(Resumed())


def _correct(draft: Draft, command: Correct) -> Draft:
    run = draft.run
    given = run.given.get(command.name)
    if given is None or given.seq != command.of:
        message = f"“{command.name}” was given again since you looked. Open Correct… once more."
        raise Refused(message, field="text")
    new = corrected_value(run, command)
    return draft.add(Corrected(command.of, command.name, run.vars[command.name], new, require_words(command.reason)))


def _review(draft: Draft, command: ReviewGlass) -> Draft:
    run = draft.run
    if not run.unreviewed:
        message = "There is nothing to review."
        raise Refused(message)
    draft.add(GlassReviewed(require_words(command.words)))
    here = run.here
    return draft.add(Ended("recovered", here.step)) if isinstance(here, AwaitingReview) else draft


def _follow_clock(run: Run, command: Tick | TakeChildOutcome | NoteChildOpened, stamp: Stamp) -> Events:
    """What the clock brings. It comes at least once, so what has happened already is no event and no error."""
    authorise(run, command, stamp)
    draft, here = Draft(run, stamp), run.here
    match command:
        case Tick():
            if isinstance(here, AwaitingSignature) and stamp.at >= here.expires_at:
                draft.add(SignoffExpired(here.step, here.visit, here.expires_at)).leave("expired")
        case NoteChildOpened():
            if isinstance(here, InCall) and here.child == command.child and here.ref is None:
                draft.add(CallOpened(here.step, here.visit, command.child, command.ref))
        case TakeChildOutcome():
            if isinstance(here, InCall) and here.child == command.child:
                _take_outcome(draft, here, command)
        case _:
            assert_never(command)
    return draft.decided


def _take_outcome(draft: Draft, here: InCall, command: TakeChildOutcome) -> None:
    step = draft.run.book.by_id[here.step]
    wanted = step.capture if isinstance(step, Call) else {}
    captured = {
        name: command.values[how.output or name]
        for name, how in wanted.items()
        if (how.output or name) in command.values
    }
    draft.add(CallReturned(here.step, here.visit, command.child, command.outcome, captured)).leave(command.outcome)


def _note_parent_told(run: Run, stamp: Stamp) -> Events:
    authorise(run, NoteParentTold(), stamp)
    parent = run.start.parent
    return (ParentTold(parent.run),) if parent is not None and run.over and not run.parent_told else ()


def _names(run: Run, people: tuple[str, ...]) -> str:
    return ", ".join(run.name_of(person) for person in people) or "nobody is left"


def _instant(text: str | None) -> str | None:
    """The time that a person claims, checked."""
    from bot.core.plain.shapes import TypedField

    if text is None or not text.strip():
        return None
    try:
        return str(parse_value(TypedField(type="timestamp"), text))
    except BadValue as bad:
        raise Refused(str(bad), field="happened_at") from None
