"""What hands may take from a run now, and what they report of it."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from bot.format.moments import say_moment
from bot.format.pieces import Condition, Exec, Http, Value
from bot.format.requests import Request, RequestProblem, fill_request, require_sound
from bot.format.runbook import ByHand, Check, Decide, RunStep, Step, StepBase, Wait, captures_of
from bot.format.text import Hole, TextProblem, fill, parse_text
from bot.format.values import Ground, failing
from bot.run.commands import (
    CancelAction,
    DeclineHands,
    DoMyself,
    FinishAction,
    HandsCommand,
    LookAgain,
    LoseAction,
    OfferHands,
    Refused,
    StartAction,
)
from bot.run.events import StepFinished
from bot.run.hands.events import (
    ActionFinished,
    ActionLost,
    ActionStarted,
    CancelAsked,
    HandsDeclined,
    HandsReady,
    LookedAgain,
    TakenByHand,
)
from bot.run.law.answers import is_tried_again, parse_answer, values_set
from bot.run.law.draft import Draft
from bot.run.law.may_start import watcher_of, why_ended
from bot.run.law.scope import compared_vars, ground_of, names_of, show_command, show_step, title_of
from bot.run.places import AtStep
from bot.run.state import Run

Want = Literal["read", "offer", "run"]
"""``read``: a check goes by itself. ``offer``: hands may say that they can run the step. ``run``: somebody pressed."""
MOST_ATTEMPTS = 5
"""Whatever `retry` says: what failed five times is for a person to look at."""
_LONGEST_PAUSE = timedelta(hours=1)
CHECK_LIMIT = timedelta(seconds=60)
"""People wait for an automatic check."""


Executable = ByHand | Decide
"""Steps for which hands execute something: those that they do, and choices for which they read the evidence."""
MOST_SHOWN, MOST_LINES = 1_500, 20
"""Of what was read for a choice: characters and lines that stand beside its options."""


class CannotOrder(Exception):
    """The command cannot be executed as it stands; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it would be executed now. `command` is how the card shows it; `limit` in seconds."""

    step: str
    visit: int
    attempt: int
    effect: str
    place: str
    command: str
    argv: tuple[str, ...]
    profile: str | None
    limit: int
    request: Request | None = None
    """What is sent, where it is a web request; `argv` says the same in words."""


def wanted(run: Run) -> Want | None:
    """What the run wants of hands; None when it wants nothing, or something still runs."""
    here, hands = run.here, run.hands
    if not isinstance(here, AtStep) or run.paused is not None or here.already:
        return None
    if hands.running or hands.by_hand or hands.declined:
        return None
    step = run.book.by_id[here.step]
    if not isinstance(step, Executable) or (executed(step) is None and not is_timer(step)):
        return None
    if hands.asked is not None:
        return "run"
    if retry_at(run) is not None:
        return "read" if goes_by_itself(run, step) else "run"
    if here.began is not None or hands.last is not None or hands.ready:
        return None
    return "read" if goes_by_itself(run, step) else "offer"


def will_retry(step: ByHand, finished: ActionFinished | ActionLost) -> bool:
    """Whether an outcome is followed by another attempt by itself: it was seen to fail, and it may run twice.

    Never what destroys, what is unknown, or what could not even be started; and never more than five attempts.
    """
    retry = None if isinstance(step, Wait) else step.retry
    if retry is None or isinstance(finished, ActionLost) or finished.ok or finished.ended not in ("exit", "status"):
        return False
    if isinstance(step, RunStep) and (not step.idempotent or step.effect == "destroy"):
        return False
    meant = not retry.when_exit or finished.exit in retry.when_exit
    return meant and finished.attempt < attempts_of(step)


def attempts_of(step: StepBase) -> int:
    """How often hands try a step at most before a person says how to go on."""
    retry = step.retry if isinstance(step, Check | RunStep) else None
    return 1 if retry is None else min(retry.attempts, MOST_ATTEMPTS)


def retry_at(run: Run) -> datetime | None:
    """From when on the step where the run stands is tried again by itself; None when it is not.

    Each wait is `backoff` times longer, up to `cap`, and up to a quarter longer by chance, which the record settles:
    what failed together is not tried again together.
    """
    here, last, at = run.here, run.hands.last, run.hands.last_at
    step = run.book.by_id[here.step] if isinstance(here, AtStep) else None
    if last is None or at is None or not isinstance(step, Check | RunStep) or not will_retry(step, last):
        return None
    retry = step.retry
    if retry is None or run.hands.by_hand or run.hands.declined:
        return None
    most = (retry.cap or _LONGEST_PAUSE).total_seconds()
    pause = min(most, max(0.0, retry.delay.total_seconds() * max(1.0, retry.backoff) ** (last.attempt - 1)))
    chance = sha256(f"{run.id} {step.id} {last.visit} {last.attempt}".encode()).digest()[0] / 255
    return at + timedelta(seconds=pause * (1 + chance / 4))


def goes_by_itself(run: Run, step: StepBase) -> bool:
    """Whether a step is started without a press: what is read for a choice, a check or a wait unless it is signed."""
    return isinstance(step, Decide) or (isinstance(step, Check | Wait) and step.id not in run.book.signoffs_of)


def executed(step: StepBase) -> Exec | Http | None:
    """The command, or the request, that a step is about."""
    match step:
        case Check() | RunStep():
            return step.exec or step.http
        case Wait(poll=poll) if poll is not None:
            return poll.exec or poll.http
        case Decide(evidence=evidence) if evidence is not None:
            return evidence.exec or evidence.http
        case _:
            return None


def is_meant(how: Exec | Http, exit_: int | None) -> bool:
    """Whether an exit, or the status of an answer, is one that means it ran."""
    return exit_ in (how.ok_exit if isinstance(how, Exec) else how.ok_status)


def is_timer(step: StepBase) -> bool:
    """Whether a step only lets time pass."""
    return isinstance(step, Wait) and step.for_ is not None


def limit_of(step: Executable) -> timedelta | None:
    """How long the step may take; of a wait, how long it waits; of a choice, how long its evidence is read."""
    if isinstance(step, Decide):
        return CHECK_LIMIT
    if isinstance(step, Wait) and step.for_ is not None:
        return step.for_
    return step.timeout or (CHECK_LIMIT if isinstance(step, Check) else None)


def order_of(run: Run) -> Order:
    """The command of the step where the run stands. CannotOrder when it has none, or it cannot be trusted."""
    here = run.here
    step = run.book.by_id[here.step] if isinstance(here, AtStep) else None
    how = None if step is None else executed(step)
    if not isinstance(here, AtStep) or not isinstance(step, Executable) or (how is None and not is_timer(step)):
        raise CannotOrder("This step has no command.")
    shown, limit = show_step(run, step), limit_of(step)
    if limit is None:
        raise CannotOrder("The runbook sets no time limit for it (timeout).")
    command, place = shown.command or "", shown.host
    if isinstance(step, Decide) and how is not None:
        command, place = show_command(run.book, how, names_of(run))
    request = fill_web(run, how) if isinstance(how, Http) else None
    argv = request.words if request is not None else fill_arguments(run, how) if isinstance(how, Exec) else ()
    if not _shows(command, argv):
        raise CannotOrder("The card cannot show this command word by word, so nobody could know what runs.")
    return Order(
        step.id, here.visit, run.hands.attempts + 1, shown.effect or "read", place or "bot", command, argv,
        None if how is None else how.profile, int(limit.total_seconds()), request,
    )  # fmt: skip


def fill_web(run: Run, how: Http) -> Request:
    """The request with its values in; CannotOrder for one that is unknown, or would make another request of it."""
    try:
        request = fill_request(how, names_of(run))
        require_sound(how, request)
    except RequestProblem as wrong:
        raise CannotOrder(str(wrong)) from None
    except TextProblem as unknown:
        raise CannotOrder(f"A value in it is not known: {unknown}.") from None
    return request


def fill_arguments(run: Run, how: Exec) -> tuple[str, ...]:
    """The arguments, each template in its own; CannotOrder for one that is unknown or would be an option."""
    names = names_of(run)
    try:
        argv = tuple(fill(argument, names) for argument in how.argv)
    except TextProblem as unknown:
        raise CannotOrder(f"A value in it is not known: {unknown}.") from None
    for number, (template, argument) in enumerate(zip(how.argv, argv, strict=True)):
        if "\0" in argument:
            raise CannotOrder("A value in it holds a sign that no command can take.")
        if number and _is_value_first(template) and argument.startswith("-") and "--" not in how.argv[:number]:
            raise CannotOrder(f"The value “{argument[:60]}” begins with a dash and would be read as an option.")
    return argv


def _is_value_first(template: str) -> bool:
    return isinstance(next(iter(parse_text(template)), ""), Hole)


def _shows(command: str, argv: Sequence[str]) -> bool:
    """Whether a shell would read exactly these words in what stands on the card."""
    try:
        return tuple(shlex.split(command)) == tuple(argv)
    except ValueError:
        return False


def state_of_hands(run: Run) -> str | None:
    """What the index of runs says: ``wants`` hands, ``runs`` a command, or nothing."""
    if run.hands.running:
        return "runs"
    return "wants" if wanted(run) is not None else None


PRESS_LASTS = timedelta(minutes=1)
"""How long after the press a command may start: whoever pressed is still looking."""
_NOBODY_CANCELLED = "Its hands ended it before its time."
_TOO_EARLY = "It is not time yet to try again."
_NOT_AGAIN = "No hands took the next attempt within a minute, so nothing more was started. Look, then go on by hand."
_SET_BACK = "The clock was set back since the press, so nothing was started. Begin it again, or do it by hand."
_LAPSED = "No hands took it within a minute of the press, so nothing was started. Begin it again, or do it by hand."


def follow_hands(draft: Draft, command: HandsCommand) -> None:
    """What hands bring. What no longer concerns the run changes nothing."""
    match command:
        case OfferHands():
            if _wants(draft.run, command) == "offer":
                draft.add(HandsReady(command.step, command.visit, command.worker))
        case DeclineHands():
            if _wants(draft.run, command) is not None:
                draft.add(HandsDeclined(command.step, command.visit, command.why))
        case StartAction():
            _start(draft, command)
        case FinishAction():
            _finish(draft, command)
        case LoseAction():
            _lose(draft, command)


def answer_hands(draft: Draft, command: DoMyself | LookAgain | CancelAction) -> Draft:
    """What a person says to hands."""
    run, hands, here = draft.run, draft.run.hands, draft.run.here
    step = run.book.by_id[here.step] if isinstance(here, AtStep) else None
    if not isinstance(here, AtStep) or not isinstance(step, Executable):
        raise Refused("Handrail does nothing here by itself.")
    if isinstance(command, CancelAction):
        return draft.add(_cancelled(run, command))
    if isinstance(step, Decide):
        return draft.add(_look_for_choice(run, command))
    require_idle(run)
    if isinstance(command, LookAgain):
        if hands.last is None:
            raise Refused("Handrail has not looked here yet.")
        return draft.add(LookedAgain(command.step, command.visit))
    if hands.by_hand:
        raise Refused("This step is done by hand already.")
    return draft.add(TakenByHand(command.step, command.visit))


def _look_for_choice(run: Run, command: DoMyself | LookAgain) -> LookedAgain:
    """The evidence of a choice is read once more; the choice itself is a person's anyway."""
    if isinstance(command, DoMyself):
        raise Refused("This is for people to choose anyway. Look, then press what you see.")
    if run.hands.here is not None:
        raise Refused("Handrail looks just now. What it finds is shown here.")
    if run.hands.last is None:
        raise Refused("Handrail has not looked here yet.")
    return LookedAgain(command.step, command.visit)


def _cancelled(run: Run, command: CancelAction) -> CancelAsked:
    """What runs here is ended; it stays what it was until it is seen to have ended."""
    action = run.hands.here
    if action is None:
        raise Refused("Handrail runs nothing here just now.")
    if action.cancelled is not None:
        raise Refused(f"This was cancelled at {say_moment(action.cancelled)}. Its end is told here.")
    return CancelAsked(command.step, command.visit, action.event.attempt, command.words)


def require_idle(run: Run) -> None:
    """No command of hands runs, or is about to: what it does is not done beside it."""
    if run.hands.asked is not None:
        raise Refused("Handrail was asked to run this a moment ago. Wait until it has started or says why not.")
    for one in run.hands.running:
        if isinstance(run.book.by_id.get(one.event.step), Decide):
            continue  # it only reads, for a choice that was made
        title = title_of(run, one.event.step)
        raise Refused(
            f"“{title}” runs on {one.event.host} since {say_moment(one.at)}. Wait until it has ended, or has been lost."
        )


def lapse_at(run: Run) -> datetime | None:
    """When a press that no hands took counts no more."""
    return None if run.hands.asked is None else run.hands.asked + PRESS_LASTS


def lapse(draft: Draft) -> None:
    """No hands took what was begun: nothing was started."""
    draft.add(HandsDeclined(draft.run.hands.step, draft.run.hands.visit, _LAPSED))


def why_not_start(run: Run, at: datetime) -> str | None:
    """What stands against hands starting what the run wants of them now; None when nothing does."""
    here, want = run.here, wanted(run)
    if want not in ("read", "run") or not isinstance(here, AtStep):
        return "The run wants nothing of the kind."
    try:
        order = order_of(run)
    except CannotOrder as cannot:
        return str(cannot)
    again = retry_at(run)
    if again is not None and at < again:
        return _TOO_EARLY
    if want == "read":
        return None
    if again is not None and at > again + PRESS_LASTS:
        return _NOT_AGAIN
    if run.hands.asked is not None and abs(at - run.hands.asked) > PRESS_LASTS:
        return _LAPSED if at > run.hands.asked else _SET_BACK
    if here.command != order.command:
        return "The command has changed since it was begun, so nothing was started. Read it, then begin it again."
    return _why_rights_ended(run, run.book.by_id[here.step], here, at)


def _why_rights_ended(run: Run, step: Step, here: AtStep, at: datetime) -> str | None:
    """Whoever pressed, watched and signed still may, at the very moment of the start."""
    by = here.began_by
    entitled = by == run.operator if step.who == "operator" else by in run.holders(step.who)
    if not entitled:
        return f"{run.name_of(by)} may not start this any more, so nothing was started."
    if isinstance(step, RunStep) and step.witness is not None and watcher_of(run) is None:
        return "Nobody watches any more, so nothing was started."
    for signoff in run.book.signoffs_of.get(step.id, ()):
        why = why_ended(run, signoff, at)
        if why is not None:
            return f"{why} Nothing was started."
    return None


def started(order: Order, worker: str, host: str) -> ActionStarted:
    """The record of a start, from which alone it is executed."""
    return ActionStarted(
        order.step, order.visit, order.attempt, worker, host, order.place, order.effect, order.command, order.argv,
        order.profile, order.limit,
    )  # fmt: skip


def judge_action(run: Run, step: Executable, command: FinishAction, waited: timedelta) -> ActionFinished:
    """What a command left behind, held to the types of its values and to what the step expects.

    `waited`: how long ago it was started, by the record's own clock.
    """
    if isinstance(step, Wait) and step.for_ is not None:
        which = (command.step, command.visit, command.attempt)
        over = command.ended == "waited" and waited >= step.for_
        return ActionFinished(*which, command.ended, over, command.milliseconds, trouble=command.trouble)
    values, missing = _values_read(run, step, command)
    ground = ground_of(run, values)
    built_in: dict[str, Value] = {"stdout": command.stdout, "body": command.stdout}
    if command.exit is not None:
        built_in["exit"] = command.exit
    seen = command.ended in ("exit", "status") and command.exit is not None
    how, expected = executed(step), expected_of(step)
    right = seen and how is not None and is_meant(how, command.exit)
    judged = right and not missing
    failed = failing(expected, Ground({**ground.names, **built_in}, ground.fields)) if judged and expected else ()
    verb = "answered" if isinstance(how, Http) else "exited with"
    trouble = command.trouble or ("" if right or not seen else f"It {verb} {command.exit}.") or missing
    ok = right and not missing and not failed and not command.trouble
    return ActionFinished(
        command.step, command.visit, command.attempt, command.ended, ok, command.milliseconds, command.exit,
        command.digest, command.size, values if right else {}, failed, trouble,
        shown=_last_lines(command.shown) if isinstance(step, Decide) else "",
    )  # fmt: skip


def _last_lines(text: str) -> str:
    """What stands beside the options: whole lines, unless the last alone is too long."""
    lines = "\n".join(text.rstrip().splitlines()[-MOST_LINES:])
    cut = lines[-MOST_SHOWN:]
    begun = cut.partition("\n")[2] if len(lines) > MOST_SHOWN else cut
    return begun or cut


def expected_of(step: Executable) -> Condition | None:
    """What has to hold once the command has answered."""
    match step:
        case Wait(poll=poll):
            return poll.until if poll else None
        case Decide():
            return None
        case _:
            return step.expect


def look_at(
    run: Run, step: Wait, stdout: str, exit_: int | None, captured: Mapping[str, str]
) -> Literal["until", "fail", "again", "error"]:
    """What one look of a wait says: it is so, it may not be so, not yet, or the look itself went wrong."""
    poll = step.poll
    how = executed(step)
    if poll is None or how is None or exit_ is None:
        return "error"
    ground = ground_of(run, dict(_fitting(run, captured)))
    seen = Ground({**ground.names, "stdout": stdout, "body": stdout, "exit": exit_}, ground.fields)
    if poll.fail_if is not None and not failing(poll.fail_if, seen):
        return "fail"
    if not is_meant(how, exit_):
        return "error"
    return "again" if failing(poll.until, seen) else "until"


def _fitting(run: Run, captured: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    """The values that have the form of their type."""
    for name, text in captured.items():
        try:
            yield name, parse_answer(run, name, text)
        except Refused:
            continue


def _values_read(run: Run, step: Executable, command: FinishAction) -> tuple[dict[str, Value], str]:
    """The values by their types, and what is wrong with the first that does not fit."""
    values: dict[str, Value] = {}
    for name in captures_of(step):
        if name in command.missing or name not in command.captured:
            return {}, command.missing.get(name, f"“{name}” was not read.")
        text = command.captured[name]
        try:
            values[name] = parse_answer(run, name, text)
        except Refused as wrong:
            return {}, f"“{name}” was read as “{text.strip()[:80]}”. {wrong.sentence}"
    return values, ""


def _wants(run: Run, command: OfferHands | DeclineHands) -> str | None:
    here = run.here
    there = isinstance(here, AtStep) and (here.step, here.visit) == (command.step, command.visit)
    return wanted(run) if there and command.attempt == run.hands.attempts + 1 else None


def _start(draft: Draft, command: StartAction) -> None:
    run, here = draft.run, draft.run.here
    there = isinstance(here, AtStep) and (here.step, here.visit) == (command.step, command.visit)
    if not there or wanted(run) not in ("read", "run") or command.attempt != run.hands.attempts + 1:
        return
    why = why_not_start(run, draft.stamp.at)
    if why == _TOO_EARLY:
        return
    if why is not None:
        draft.add(HandsDeclined(command.step, command.visit, why))
        return
    draft.add(started(order_of(run), command.worker, command.host))


def _finish(draft: Draft, command: FinishAction) -> None:
    run, which = draft.run, (command.step, command.visit, command.attempt)
    step = run.book.by_id.get(command.step)
    action = run.hands.runs(*which)
    runs = action is not None
    if not isinstance(step, Executable) or not (runs or run.hands.was_lost(*which)):
        return
    if command.ended == "cancelled" and (action is None or action.cancelled is None):
        command = replace(command, ended="limit", trouble=command.trouble or _NOBODY_CANCELLED)
    finished = judge_action(run, step, command, draft.stamp.at - action.at if action is not None else timedelta(0))
    here = run.here
    if not runs or not isinstance(here, AtStep) or (here.step, here.visit) != which[:2]:
        draft.add(
            ActionFinished(
                *which, finished.ended, finished.ok, finished.milliseconds, finished.exit, finished.digest,
                finished.size, {}, (), finished.trouble, late=True,
            )
        )  # fmt: skip
        return
    if isinstance(step, Decide):
        draft.add(finished)
        return
    answers, finished = _with_set(run, step, finished)
    draft.add(finished)
    exit_ = exit_after(step, finished)
    if exit_ is not None:
        compared = compared_vars(step) if not finished.trouble else ()
        draft.add(StepFinished(step.id, here.visit, exit_, answers, (), compared, finished.failed)).leave(exit_)


def _with_set(run: Run, step: ByHand, finished: ActionFinished) -> tuple[dict[str, Value], ActionFinished]:
    """What the step leaves behind; when what it sets is not known, it did not go well."""
    answers = dict(finished.captured)
    if not finished.ok or not isinstance(step, RunStep):
        return answers, finished
    try:
        return answers | values_set(run, step, answers), finished
    except Refused as wrong:
        return {}, ActionFinished(
            finished.step, finished.visit, finished.attempt, finished.ended, ok=False,
            milliseconds=finished.milliseconds, exit=finished.exit, digest=finished.digest, size=finished.size,
            trouble=wrong.sentence,
        )  # fmt: skip


def exit_after(step: ByHand, finished: ActionFinished | ActionLost, *, retries: bool = True) -> str | None:
    """The exit that an outcome takes; None where it is tried again by itself, or a person says how to go on."""
    if isinstance(step, RunStep) and (isinstance(finished, ActionLost) or finished.ended in ("limit", "cancelled")):
        return "timeout"
    if isinstance(finished, ActionLost) or (retries and will_retry(step, finished)):
        return None
    if finished.ok:
        return "ok"
    if isinstance(step, Wait):
        return {"limit": "timeout", "exit": "fail", "status": "fail", "refused": "fail"}.get(finished.ended)
    if not isinstance(step, RunStep):
        return None
    return "again" if is_tried_again(step, finished.visit, "fail") else "fail"


def _lose(draft: Draft, command: LoseAction) -> None:
    run, which, here = draft.run, (command.step, command.visit, command.attempt), draft.run.here
    step = run.book.by_id.get(command.step)
    if run.hands.runs(*which) is None or not isinstance(step, Executable):
        return
    stands = isinstance(here, AtStep) and (here.step, here.visit) == which[:2]
    lost = ActionLost(*which, command.why, late=not stands)
    draft.add(lost)
    exit_ = exit_after(step, lost) if stands and not isinstance(step, Decide) else None
    if exit_ is not None:
        draft.add(StepFinished(step.id, command.visit, exit_)).leave(exit_)
