"""What can be done where a run stands, and doing it: every move goes through `decide`, by somebody who may."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from bot.format.pieces import Value
from bot.format.runbook import (
    TRY_AGAIN,
    ByHand,
    Call,
    Check,
    Decide,
    Do,
    Join,
    Runbook,
    RunStep,
    Signoff,
    Step,
    Wait,
    captures_of,
)
from bot.format.values import parse_value
from bot.rehearsal.answers import Answers, Typed
from bot.rehearsal.samples import STARTED, sample_start, sample_text
from bot.run import commands
from bot.run.calls.rules import calls_out, is_ending
from bot.run.events import Events
from bot.run.evolve import evolve
from bot.run.law.decide import decide
from bot.run.law.offers import needs_begin
from bot.run.law.scope import judged_by_hand
from bot.run.places import AtStep, AwaitingRuns, AwaitingSignature, InCall, Over
from bot.run.situation import AssetAsItWas, Stamp
from bot.run.state import Run, Unstarted

OUTCOMES = ("recovered", "partial", "aborted", "escalated", "not_applicable")
_TICK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Move:
    """One way to leave a step: the exit that is meant, and what is typed."""

    exit: str
    typed: Typed = field(default_factory=dict)


def begin(book: Runbook, asset: AssetAsItWas) -> Run:
    """A run that has just started, as a drill; Refused when it cannot."""
    _require_whole(book)
    rehearsed = book.model_copy(update={"status": "draft"})
    start = sample_start(rehearsed, asset)
    by = start.roles["operator"][0]
    run: Run | Unstarted = Unstarted("sample", rehearsed)
    stamp = Stamp(STARTED, by, "terminal")
    for event in decide(run, start, stamp):
        run = evolve(run, event, stamp)
    if not isinstance(run, Run):
        raise commands.Refused("Nothing happened at the start.")
    return run


def _require_whole(book: Runbook) -> None:
    """Every step that is named is there; `handrail check` says it with the place."""
    named = [target for step in book.steps for _, target in book.exits(step)]
    bound = [one for step in book.steps if isinstance(step, Signoff) for one in step.binds.steps]
    missing = [one for one in dict.fromkeys([*named, *bound, book.exception]) if one not in book.by_id]
    if missing:
        raise commands.Refused(f"There is no step {', '.join(missing)}. `handrail check` says where it is named.")


def moves_at(run: Run, answers: Answers) -> Iterator[Move]:
    """Every way to leave the step where the run stands, the good ones first."""
    here = run.here
    step = None if isinstance(here, Over) else run.book.by_id[here.step]
    match here, step:
        case AwaitingSignature(), _:
            yield from (Move("approved"), Move("rejected"), Move("expired"))
        case AwaitingRuns(), Join():
            yield from (Move(exit_) for exit_, _ in run.book.exits(step) if exit_ != "fail" or run.calls)
        case InCall(), Call():
            yield from (Move(outcome) for outcome in dict.fromkeys([*step.go, *_other_outcome(step)]))
        case AtStep(), Decide():
            yield from (Move(option.id) for option in step.options)
            yield Move("unsure")
            if step.back and run.held_from is not None:
                yield Move("back")
        case AtStep(), Do():
            yield from _of_do(run, step, answers)
        case AtStep(), Check() | RunStep() | Wait():
            yield from _by_hand(run, step, answers)
        case _:
            return


def _other_outcome(step: Call) -> tuple[str, ...]:
    """An outcome that the author did not write, for `else`."""
    left = [outcome for outcome in OUTCOMES if outcome not in step.go]
    return ("else",) if left else ()


def _of_do(run: Run, step: Do, answers: Answers) -> Iterator[Move]:
    names = (step.answer.var,) if step.answer else ()
    for typed in answers.variants(run, names, step.expect):
        yield Move("ok", typed)
    if step.answer is not None and step.answer.blind and step.expect is not None:
        yield from (Move("problem", typed) for typed in islice(answers.where(run, names, step.expect, holds=False), 1))
    yield Move("problem")
    yield from (Move(TRY_AGAIN),) if step.again is not None else ()


def _by_hand(run: Run, step: ByHand, answers: Answers) -> Iterator[Move]:
    names = tuple(captures_of(step))
    condition = None if isinstance(step, Wait) else judged_by_hand(step)
    for typed in answers.variants(run, names, condition):
        yield Move("ok", typed)
    if condition is not None:
        yield from (Move("fail", typed) for typed in islice(answers.where(run, names, condition, holds=False), 1))
    yield Move("fail")
    yield from (Move(TRY_AGAIN),) if step.again is not None else ()
    if isinstance(step, RunStep | Wait):
        yield Move("timeout")


def take(run: Run, move: Move) -> Run:
    """Where the run stands after a move; Refused with the sentence that a person would read."""
    return _all_back(_take(run, move))


def _take(run: Run, move: Move) -> Run:
    here = run.here
    match here:
        case AwaitingSignature():
            return _sign(run, here, move.exit)
        case InCall():
            return _return(run, here, move.exit)
        case AwaitingRuns():
            return _join(run, here, move.exit)
        case AtStep():
            return _act(run, here, run.book.by_id[here.step], move)
        case _:
            raise commands.Refused("There is nothing to press here.")


def mismatch(run: Run) -> Run:
    """Say that what is seen is not what stands on the card."""
    here = run.here
    if isinstance(here, Over):
        return run
    return _ask(run, commands.Mismatch(here.step, here.visit), run.operator or "")


def _act(run: Run, here: AtStep, step: Step, move: Move) -> Run:
    by = (run.operator or "") if step.who == "operator" else next(iter(run.holders(step.who)), "")
    if isinstance(step, Decide):
        chosen = commands.Choose(
            step.id, here.visit, move.exit, "It was looked at together.", "Looked: it is as it was."
        )
        return _ask(run, chosen, by)
    name = run.start.asset.name
    if needs_begin(run, step):
        if isinstance(step, RunStep) and step.witness is not None:
            run = _ask(run, commands.Watch(step.id, here.visit), run.holders(step.witness)[-1])
        run = _ask(run, commands.Begin(step.id, here.visit, name), by)
        if not run.here_is(step.id):
            return run
    said = "ok" if move.exit == "ok" or move.typed else {"timeout": "unknown"}.get(move.exit, "problem")
    note = "https://example.com/evidence" if said == "ok" else "It did not work."
    verdict = "failed" if said == "ok" and move.exit != "ok" else ""
    run = _ask(run, commands.Finish(step.id, here.visit, said, move.typed, note, name, verdict=verdict), by)
    if move.exit in {"fail", "problem"} and isinstance(run.here, AtStep) and run.here.step == step.id:
        return _act(run, run.here, step, move)  # it is tried again first, as often as the file says
    return run


def _sign(run: Run, here: AwaitingSignature, exit_: str) -> Run:
    if exit_ == "expired":
        return _ask(run, commands.Tick(), "clock", wait=here.expires_at - here.since)
    if not here.eligible:
        raise commands.Refused("Nobody may sign this.")
    if exit_ == "rejected":
        return _ask(run, commands.Reject(here.step, here.visit, "It is not right yet."), here.eligible[0])
    step = run.book.by_id[here.step]
    readback = step.readback if isinstance(step, Signoff) else None
    typed = str(run.vars.get(readback, "")) if readback else run.start.asset.id
    for person in _signers(run, here):
        now = run.here
        if isinstance(now, AwaitingSignature) and now.step == here.step:
            run = _ask(run, commands.Sign(here.step, here.visit, now.digest, typed), person)
        if run.approved_here:
            return _ask(run, commands.Tick(), "clock")
    if run.here_is(here.step) and isinstance(run.here, AwaitingSignature) and run.here.visit == here.visit:
        raise commands.Refused("Everybody who may sign has signed, and it is not enough.")
    return run


def _signers(run: Run, here: AwaitingSignature) -> Iterator[str]:
    """People who may sign, one of each role first."""
    step = run.book.by_id[here.step]
    roles = step.from_ if isinstance(step, Signoff) else ()
    firsts = [next((one for one in run.holders(role) if one in here.eligible), None) for role in roles]
    yield from dict.fromkeys([*(one for one in firsts if one), *here.eligible])


def _join(run: Run, here: AwaitingRuns, exit_: str) -> Run:
    """The others come back as the exit wants it, or one of them stays silent."""
    step = run.book.by_id[here.step]
    if exit_ == "timeout" and step.timeout is not None:
        return _ask(run, commands.Tick(), "clock", wait=step.timeout)
    for name in run.book.joined_by(step):
        call = run.calls.get(name)
        if call is not None and not call.outcome and isinstance(run.here, AwaitingRuns):
            run = _come_back(run, call, "aborted" if exit_ == "fail" else "recovered")
    return run


def _all_back(run: Run) -> Run:
    """A run that is to end ends: the others have stopped, as they were asked to."""
    for call in tuple(calls_out(run)) if is_ending(run) else ():
        run = _come_back(run, call, "aborted")
    return run


def _return(run: Run, here: InCall, exit_: str) -> Run:
    step = run.book.by_id[here.step]
    written = step.go if isinstance(step, Call) else {}
    return _come_back(run, here, next(one for one in OUTCOMES if one not in written) if exit_ == "else" else exit_)


def _come_back(run: Run, here: InCall, outcome: str) -> Run:
    step = run.book.by_id[here.step]
    capture = step.capture if isinstance(step, Call) else {}
    values: dict[str, Value] = {}
    for name, how in capture.items():
        declared = run.book.fields.get(name)
        text = sample_text(declared) if declared is not None else None
        if declared is not None and text is not None:
            values[how.output or name] = parse_value(declared, text)
    opened = _ask(run, commands.NoteChildOpened(here.step, here.visit, here.child, "SAMPLE-2"), "clock")
    return _ask(opened, commands.TakeChildOutcome(here.step, here.visit, here.child, outcome, values), "clock")


def _ask(run: Run, command: commands.Command, by: str, *, wait: timedelta = _TICK) -> Run:
    """The run after a command; time goes on by a second, or by as long as is waited."""
    since = run.started_at if isinstance(run.here, Over) else run.here.since
    stamp = Stamp(since + wait, by, "clock" if by == "clock" else "terminal")
    for event in _decided(run, command, stamp):
        run = evolve(run, event, stamp)
    return run


def _decided(run: Run, command: commands.Command, stamp: Stamp) -> Events:
    """What happens; a sample value that a check has refused is taken all the same, and a run is closed."""
    try:
        return decide(run, command, stamp)
    except commands.AsksBack as asks:
        if not isinstance(command, commands.Finish | commands.Choose):
            raise
        return _decided(run, asks.again, stamp)


def exits_taken(before: Run, after: Run) -> tuple[tuple[str, str], ...]:
    """The exits that were gone through between two states, as `Runbook.exits` names them, in order."""
    return tuple((visit.step, _listed(after, visit.step, visit.exit)) for visit in after.done[len(before.done) :])


def _listed(run: Run, step: str, taken: str) -> str:
    """An outcome of a call that is not written is its `else`."""
    held = run.book.by_id[step]
    return "else" if isinstance(held, Call) and taken not in held.go else taken
