"""What a run offers to be pressed, and what stands against a press."""

from collections.abc import Iterator

from bot.format.moments import say_moment
from bot.format.pieces import TypedField, read_instant
from bot.format.runbook import (
    IN_PART,
    Check,
    Decide,
    Do,
    End,
    OfPeople,
    Runbook,
    RunStep,
    Signoff,
    Step,
    StepBase,
    Wait,
    Work,
)
from bot.format.values import BadValue, parse_value
from bot.run.after.rules import question_left
from bot.run.calls.rules import is_ending
from bot.run.commands import AddNote, AskHelp, Command, Here, Refused, Reject, ReviewGlass, Sign
from bot.run.law.authorise import signing_attempt
from bot.run.law.may_start import watcher_of
from bot.run.law.scope import names_said, title_of
from bot.run.law.signing import barred_people, why_barred
from bot.run.members.rules import say_to
from bot.run.places import AtStep, AwaitingReview, AwaitingSignature, Over
from bot.run.situation import Stamp, is_unverified
from bot.run.state import Run


def offers(run: Run) -> tuple[str, ...]:
    """Action names in the order in which they are needed; see the table in ``render/actions``."""
    if run.over:
        return tuple(_last_offers(run))
    return (*_step_offers(run), *_run_offers(run))


def _last_offers(run: Run) -> Iterator[str]:
    """What can be said about a run that is over; ``rate`` answers the next question to its operator."""
    if run.unreviewed:
        yield "review"
    yield from ("lesson", "follow_up")
    if any(not one.review for one in run.after.to_do):
        yield "follow_up_done"
    if question_left(run) is not None:
        yield "rate"
    yield from ("postmortem", "milestone", "note")


def _step_offers(run: Run) -> Iterator[str]:
    if run.paused is not None or isinstance(run.here, Over) or is_ending(run):
        return
    step = run.book.by_id[run.here.step]
    match run.here:
        case AtStep() as here:
            yield from _person_offers(run, step, here)
        case AwaitingSignature() if not run.approved_here:
            yield from ("approve", "reject")
            if run.expired.get(step.id):
                yield "break_glass"
        case AwaitingReview():
            yield "review"
        case _:
            pass
    yield from ("problem", "help")
    if may_be_said_done(run, step):
        yield "done_already"
    if run.wish is not None:
        yield from ("grant_end", "keep_on")
    elif ends_to_ask(run):
        yield "ask_end"
    if may_be_skipped(step):
        yield "skip"
    if any(earlier_steps(run)):
        yield "go_back"


def _person_offers(run: Run, step: StepBase, here: AtStep) -> Iterator[str]:
    if isinstance(step, Decide):
        if step.back and run.held_from is not None:
            yield "back"
        yield from (f"choose:{option.id}" for option in step.options)
        yield "unsure"
    elif run.hands.here is not None or run.hands.asked is not None:
        if run.hands.here is not None and run.hands.here.cancelled is None:
            yield "cancel_action"
    elif needs_begin(run, step) and here.began is None:
        if isinstance(step, RunStep) and step.witness is not None and watcher_of(run) is None:
            yield "watch"
        elif speak_hands(run):
            yield from ("look_again", "do_myself", "take_exit") if run.hands.last is not None else ("run", "do_myself")
        else:
            yield "begin"
    elif here.began is None and speak_hands(run):
        yield from ("look_again", "do_myself", "take_exit")
    else:
        yield "done"


def speak_hands(run: Run) -> bool:
    """Whether hands can run the step, or have looked, and nobody has taken it from them."""
    hands = run.hands
    return not hands.by_hand and not hands.declined and (hands.ready or hands.last is not None)


def problems_here(run: Run) -> tuple[str, ...]:
    """What may be wrong where the run stands: ``failed``, ``in part``, ``unknown``, and ``mismatch`` anywhere."""
    here, step = run.here, None if isinstance(run.here, Over) else run.book.by_id[run.here.step]
    begun = isinstance(here, AtStep) and step is not None and (here.began is not None or not needs_begin(run, step))
    match step:
        case RunStep() | Wait() if begun:
            return ("failed", "in part", "unknown", "mismatch")
        case Do() if begun:
            return ("failed", "in part", "mismatch")
        case Check() if begun:
            return ("failed", "mismatch")
        case _:
            return ("mismatch",)


def is_signed_for(book: Runbook, step: StepBase) -> bool:
    """Whether nobody starts the step alone: a sign-off binds it, it destroys, or somebody has to watch it."""
    alone = isinstance(step, RunStep) and (step.effect == "destroy" or step.witness is not None)
    return step.id in book.signoffs_of or alone


def may_be_said_done(run: Run, step: StepBase) -> bool:
    """Whether somebody may say that they have done it already: a person's step that was not begun here."""
    here = run.here
    untouched = isinstance(here, AtStep) and here.began is None and not here.already
    return untouched and not isinstance(step, End) and step.id != run.book.exception


def sends_back(run: Run, option: str) -> bool:
    """Whether a line of the hold leads back to a step where the run has been."""
    here = run.here
    if isinstance(here, Over) or here.step != run.book.exception:
        return False
    step = run.book.by_id[here.step]
    target = run.book.by_id[run.book.target(step, option)]
    return target.id != here.step and target.id in run.visits and not isinstance(target, End)


def ends_to_ask(run: Run) -> tuple[str, ...]:
    """The ends that may be asked for where the run holds: none of those that say that all is recovered."""
    if isinstance(run.here, Over) or not run.here_is(run.book.exception):
        return ()
    return tuple(one.id for one in run.book.steps if isinstance(one, End) and one.outcome != "recovered")


def needs_begin(run: Run, step: StepBase) -> bool:
    """Whether the step is begun before it can be done: commands by hand, and whatever a signature binds."""
    return run.book.begins_by_hand(step)


def may_be_skipped(step: StepBase) -> bool:
    """Skipping needs the author's leave, a single way forward, and a step that is not critical."""
    return step.skip and not step.critical and isinstance(step, Work)


def earlier_steps(run: Run) -> Iterator[str]:
    """Steps one may go back to, newest first: people's steps since the last destructive one was begun."""
    seen: set[str] = set()
    for visit in reversed(run.done):
        step = run.book.by_id[visit.step]
        if isinstance(step, RunStep) and step.effect == "destroy" and visit.began:
            return
        if visit.step not in seen and not run.here_is(visit.step) and isinstance(step, OfPeople):
            seen.add(visit.step)
            yield visit.step


def unknown_since(run: Run, target: str) -> tuple[str, ...]:
    """Steps with an unknown outcome, or that worked in part, that going back to `target` would cross or re-enter."""
    crossed: list[str] = []
    for visit in reversed(run.done):
        unknown = visit.exit in ("timeout", IN_PART) and isinstance(run.book.by_id[visit.step], RunStep)
        if unknown or visit.exit == "done already":
            crossed.append(visit.step)
        if visit.step == target:
            break
    return tuple(dict.fromkeys(crossed))


def people_offers(run: Run) -> Iterator[str]:
    """What a lead is asked about people: what holds in doubt, then whom to let in; each names its record."""
    doubt = run.members.doubt
    if doubt is not None:
        yield from (f"they_left:{doubt.seq}", f"keep_people:{doubt.seq}")
    yield from (f"let_in:{waits.seq}:{person}" for person, waits in run.members.waiting.items())


def _run_offers(run: Run) -> Iterator[str]:
    yield from people_offers(run)
    yield "resume" if run.paused else "pause"
    if run.offer is not None:
        yield "accept"
    yield from ("take_over", "hand_over", "note")
    if run.given:
        yield "correct"
    yield from () if is_ending(run) else ("stop",)


_INSTANT = TypedField(type="timestamp")


def require_open(run: Run, command: Command) -> None:
    """An ended run takes notes and the review of a broken glass, and nothing else."""
    if isinstance(run.here, Over) and not isinstance(command, AddNote | ReviewGlass):
        outcome = f"{run.here.outcome.replace('_', ' ')}, by {run.name_of(run.here.by)}"
        raise Refused(f"{run.start.ref} ended at {say_moment(run.here.at)} ({outcome}). You can still add a note.")


def require_current(run: Run, command: Here) -> None:
    """The step and visit that were pressed are where the run stands; else the sentence says who moved on and when."""
    here = run.here
    if isinstance(here, Over) or (here.step == command.step and here.visit == command.visit):
        if run.paused is not None and not isinstance(command, Sign | Reject | AskHelp):
            raise Refused(f"{run.name_of(run.paused.by)} paused this run: {run.paused.reason} Press Resume first.")
        return
    now = title_of(run, here.step)
    left = next((one for one in reversed(run.done) if (one.step, one.visit) == (command.step, command.visit)), None)
    if left is None:
        message = f"The run is not at that step. It is now at “{now}”."
    else:
        said = f" ({left.said})" if left.said else ""
        how = f"{run.name_of(left.by)} finished this step at {say_moment(left.until)}{said}"
        message = f"{how}. The run is now at “{now}”."
    raise Refused(message)


def require_place(run: Run, *, began: bool | None = None) -> tuple[AtStep, Step]:
    """The visit that waits for a person, and its step."""
    here = run.here
    if not isinstance(here, AtStep):
        raise Refused("This step does not wait for that.")
    if began is True and here.began is None:
        raise Refused("Press Begin before you start, so that the others know.")
    if began is False and here.began is not None:
        raise Refused(f"{run.name_of(here.began_by)} began this at {say_moment(here.began)}.")
    return here, run.book.by_id[here.step]


def require_name(run: Run, typed: str) -> None:
    """The asset's name (or id) was typed, so that a destructive click is never the wrong window's."""
    asset = run.start.asset
    if typed.strip().casefold() not in (asset.name.casefold(), asset.id.casefold()):
        raise Refused(f"Type the name of the asset that this changes: {asset.name}", field="typed")


def require_decision(words: str) -> None:
    """Nobody is sent back from the hold without a word: what was decided stands on the card."""
    if not words.strip():
        raise Refused("Write what was decided, so that the next one does not go round again.", field="note")


def require_end(run: Run, end: str) -> None:
    """An end that may be asked for: from the hold, any of the runbook's but those that say it is recovered."""
    if not run.here_is(run.book.exception):
        raise Refused("An end is asked for where the run holds. Press There is a problem first.")
    if end not in ends_to_ask(run):
        raise Refused("Choose one of the ends of this runbook. That all is recovered, its own steps have to show.",
                      field="end")  # fmt: skip


def require_look(run: Run, target: str, look: str) -> None:
    """Nobody goes back over a step whose outcome is unknown without writing down what they found."""
    unknown = unknown_since(run, target)
    if unknown and not look.strip():
        titles = ", ".join(f"“{title_of(run, step)}”" for step in unknown)
        raise Refused(f"Nobody knows yet how {titles} ended. Look first, then write down what you found.", field="look")


def require_asking(run: Run, command: Sign | Reject, stamp: Stamp) -> tuple[AwaitingSignature, Signoff]:
    """The open request, if this person may answer it. Attempts of others are refused to them and recorded."""
    here = run.here
    step = None if isinstance(here, Over) else run.book.by_id[here.step]
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        raise Refused("There is nothing to sign at this step.")
    if run.approved_here:
        raise Refused("This was approved already. The run goes on by itself in a moment.")
    if stamp.by in barred_people(run, step):
        message = say_barred(run, step, stamp.by)
    elif stamp.by not in here.eligible:
        message = f"This needs the {' or '.join(step.from_).replace('_', ' ')}: {names_said(run, here.eligible)}."
    elif stamp.at >= here.expires_at:
        raise Refused(f"This request expired at {say_moment(here.expires_at)}. It has to be asked for again.")
    elif isinstance(command, Sign) and is_unverified(run.operator):
        # Otherwise one person could operate under the name of a machine and sign under their own.
        sentence = f"{run.name_of(run.operator)} operates this run without having logged in, and could be anybody. "
        raise Refused(sentence + "Somebody known has to press Take over first (handrail login); then you can sign.")
    else:
        return here, step
    raise Refused(message, *signing_attempt(run, command, stamp.by, message))


def say_barred(run: Run, step: Signoff, person: str) -> str:
    """To somebody who may not sign: what keeps them off."""
    why = why_barred(run, step)[person]
    if why.startswith("gave"):
        return f"You {why}, so someone else has to sign."
    if "let in" in why:
        return f"{say_to(why)}, so someone else has to sign."
    if why.startswith("is of"):
        return f"The runbook lets nobody sign who {why}, so someone else has to."
    return "You started or ran this run, so someone else has to sign."


def require_unbarred(run: Run, step: Signoff, person: str) -> None:
    """Whoever may not sign does not break the glass for it either."""
    if run.approved_here:
        raise Refused("This was approved already. The run goes on by itself in a moment.")
    why = why_barred(run, step).get(person)
    if why is not None:
        raise Refused(f"Somebody who {why} cannot break the glass here. Another lead has to.")


def require_readback(run: Run, step: Signoff, typed: str) -> None:
    """What the signer typed is what is being signed; the sentence never tells the right value."""
    wrong = "That is not what is being signed. Read it on the post and type it as it stands there."
    if step.readback is None:
        asset = run.start.asset
        if typed.strip().casefold() not in (asset.id.casefold(), asset.name.casefold()):
            raise Refused(wrong, field="readback")
        return
    field, value = run.book.fields.get(step.readback), run.vars.get(step.readback)
    if value is None or field is None:
        raise Refused(
            f"“{step.readback}” has no value, so it cannot be signed. Reject it and say so.", field="readback"
        )
    try:
        same = parse_value(field, typed) == value or str(value) == typed.strip()
    except BadValue as bad:
        raise Refused(str(bad), field="readback") from None
    if not same and not _same_instant(field.type, typed, str(value)):
        raise Refused(wrong, field="readback")


def _same_instant(kind: str, typed: str, value: str) -> bool:
    """Whether two instants are one, written with different offsets."""
    if kind != "timestamp":
        return False
    return read_instant(parse_value(_INSTANT, typed)) == read_instant(value)


def require_begun_is_over(run: Run) -> None:
    """A command that was begun is said to have ended before the run leaves it."""
    if isinstance(run.here, AtStep) and run.here.began is not None:
        raise Refused(f"{run.name_of(run.here.began_by)} began this step: say how it ended before you go back.")
