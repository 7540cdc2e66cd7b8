"""What a run offers to be pressed, and where it may be led from where it stands."""

from collections.abc import Iterator

from bot.format.runbook import (
    IN_PART,
    Check,
    Decide,
    Do,
    End,
    OfPeople,
    Runbook,
    RunStep,
    StepBase,
    Wait,
    Work,
)
from bot.run.after.rules import question_left
from bot.run.calls.rules import is_ending
from bot.run.law.may_start import watcher_of
from bot.run.places import AtStep, AwaitingReview, AwaitingSignature, Over
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
        if run.hands.here is None and run.hands.last is not None:
            yield "look_again"
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
