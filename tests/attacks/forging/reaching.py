"""Whether commands could have led to a record: the only one who is asked is `decide`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.format.runbook import Runbook
from bot.run.commands import (
    Accept,
    AddNote,
    Begin,
    BreakGlass,
    Choose,
    Command,
    Correct,
    Finish,
    GoBack,
    HandOver,
    Mismatch,
    Refused,
    Reject,
    ReviewGlass,
    Sign,
    Skip,
    Start,
    Stop,
    TakeOver,
    Tick,
    Watch,
)
from bot.run.events import (
    Begun,
    Chosen,
    Corrected,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    HandOverOffered,
    MismatchSeen,
    Noted,
    SentBack,
    Signed,
    SigningRefused,
    SignoffRejected,
    Skipped,
    Started,
    StepFinished,
    TookOver,
    Watched,
    WentBack,
)
from bot.run.evolve import evolve
from bot.run.law.decide import decide
from bot.run.places import AwaitingSignature
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted
from tests.attacks.forging.walks import NAME

History = Sequence[tuple[Event, Stamp]]


def first_unreachable(book: Runbook, start: Start, history: History) -> int | None:
    """The place of the first record that no command leads to; None when all of it could have happened."""
    run: Run | Unstarted = Unstarted("run-1", book)
    place = 0
    while place < len(history):
        event, stamp = history[place]
        length = max(
            (_reaches(run, command, stamp, history[place:]) for command in _behind(run, start, event)), default=0
        )
        if not length:
            return place
        for happened, at in history[place : place + length]:
            run = evolve(run, happened, at)
        place += length
    return None


def _reaches(run: Run | Unstarted, command: Command, stamp: Stamp, ahead: History) -> int:
    """How many of the next records this command leads to; none when it leads to anything else."""
    try:
        events = decide(run, command, stamp)
    except Refused as refused:
        events = refused.events
    except (KeyError, ValueError, TypeError, AttributeError):  # what was forged may name what is nowhere
        return 0
    found = [(event, at) for event, at in ahead[: len(events)] if at == stamp]
    return len(events) if [event for event, _ in found] == list(events) else 0


def _behind(run: Run | Unstarted, start: Start, event: Event) -> Iterator[Command]:
    """Every command that may lead to this event first."""
    yield Tick()
    if isinstance(event, Started):
        yield replace(start, roles=event.roles, people=event.people)
    if isinstance(run, Run) and isinstance(run.here, AwaitingSignature):
        # What leads to a refusal, or to a new request, carries no trace of what was pressed.
        yield Sign(run.here.step, run.here.visit, run.here.digest, "7")
        yield Sign(run.here.step, run.here.visit, run.here.digest, "8")
    yield from _asked(event)


def _asked(event: Event) -> Iterator[Command]:  # noqa: C901, PLR0912, PLR0915  (a line for each kind)
    match event:
        case Begun(step=step, visit=visit):
            yield from (Begin(step, visit, typed) for typed in ("", NAME))
        case SentBack(step=step, visit=visit):
            yield Begin(step, visit, NAME)
            yield from (Finish(step, visit, one, {}, "", NAME) for one in ("ok", "problem", "unknown"))
        case Watched(step=step, visit=visit):
            yield Watch(step, visit)
        case StepFinished(step=step, visit=visit, answers=answers, note=note):
            typed = {name: str(value) for name, value in answers.items()}
            yield from (Finish(step, visit, one, typed, note, NAME) for one in ("ok", "problem", "unknown"))
        case Signed(step=step, visit=visit, digest=digest, readback=readback):
            yield Sign(step, visit, digest, readback)
        case SigningRefused(step=step, visit=visit):
            yield BreakGlass(step, visit, "Now")
            yield Reject(step, visit, "No")
        case SignoffRejected(step=step, visit=visit, reason=reason):
            yield Reject(step, visit, reason)
        case GlassBroken(step=step, visit=visit, reason=reason):
            yield BreakGlass(step, visit, reason)
        case GlassReviewed(words=words):
            yield ReviewGlass(words)
        case TookOver():
            yield TakeOver()
        case HandOverOffered(to=to):
            yield HandOver(to)
        case HandOverAccepted():
            yield Accept()
        case Corrected(of=of, name=name, new=new, reason=reason):
            yield Correct(of, name, str(new), reason)
        case MismatchSeen(step=step, visit=visit, words=words):
            yield Mismatch(step, visit, words)
        case Chosen(step=step, visit=visit, option=option, note=note):
            yield from (Choose(step, visit, option, note, look) for look in ("As it was", ""))
        case WentBack(to=to):
            yield GoBack(event.step, event.visit, to, event.reason, "As it was")
        case Skipped(step=step, visit=visit, reason=reason):
            yield Skip(step, visit, reason)
        case Noted(words=words):
            yield AddNote(words)
        case Ended(reason=reason):
            yield Stop(reason)
        case _:
            return
