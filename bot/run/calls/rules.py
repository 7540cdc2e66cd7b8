"""What a run owes those that it called, and when it need not wait for them any more."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.format.pieces import Value
from bot.format.runbook import Call, End, Join, Step
from bot.format.text import fill
from bot.run.calls.state import givers_handed
from bot.run.commands import Refused
from bot.run.events import Called
from bot.run.law.scope import names_of
from bot.run.places import AwaitingRuns, InCall
from bot.run.state import Run


def call_of(run: Run, step: Call, visit: int) -> Called:
    """What is called at a visit of a step, and with what. A run that is still out is not opened a second time."""
    given = given_of(run, step)
    asset = str(given.pop("asset", run.start.asset.id))
    digest = run.start.calls.get(step.runbook, "")
    before = run.calls.get(step.id)
    if before is not None and not before.outcome:
        return Called(
            step.id, visit, before.child, before.runbook, before.digest, before.asset, before.given, meanwhile=True
        )
    return Called(step.id, visit, child_id(run.id, step.id, visit), step.runbook, digest, asset, given, step.meanwhile)


def child_id(run: str, step: str, visit: int) -> str:
    """The id of a run that is called: that of the caller with more behind it, shortened where no key would hold it."""
    whole = f"{run}.{step}.{visit}"
    if len(whole) <= _LONGEST_ID:
        return whole
    root = run.partition(".")[0][: _LONGEST_ID // 2]
    return f"{root}.{hashlib.sha256(whole.encode()).hexdigest()}"[:_LONGEST_ID]


_LONGEST_ID = 64
"""Of a run, in a database."""


def given_of(run: Run, step: Call) -> dict[str, Value]:
    """What a step hands over, as the values are now."""
    names = names_of(run)
    return {
        name: fill(value, names, strict=False) if isinstance(value, str) else value
        for name, value in step.with_.items()
    }


def calls_out(run: Run) -> Iterator[InCall]:
    """The runs that this one called and that have not come back, also the one that it stands in."""
    if isinstance(run.here, InCall):
        yield run.here
    yield from (call for call in run.calls.values() if not call.outcome)


def call_to(run: Run, child: str) -> InCall | None:
    """The call that opened a run, while it is out."""
    return next((call for call in calls_out(run) if call.child == child), None)


def handed_anew(run: Run, call: InCall) -> dict[str, Value]:
    """What an open call hands over now, where that is not what the called run knows; else nothing."""
    step = run.book.by_id.get(call.step)
    if not isinstance(step, Call) or call.ref is None:
        return {}
    given = {name: value for name, value in given_of(run, step).items() if name != "asset"}
    return given if given != dict(call.given) else {}


def givers_anew(run: Run, call: InCall) -> dict[str, tuple[str, ...]]:
    """Who gave what an open call hands over now."""
    return givers_handed(run.book.by_id.get(call.step), run.given)


def is_ending(run: Run) -> bool:
    """Whether the run is to end, and waits for those that it opened."""
    return isinstance(run.here, AwaitingRuns) and run.here.ending is not None


def require_not_ending(run: Run) -> None:
    """A run that is to end waits for those that it opened, and does nothing else."""
    if is_ending(run):
        left = " and ".join(say_call(run, call) for call in calls_out(run))
        raise Refused(f"{run.start.ref} is about to end: it waits for {left}, which was asked to stop.")


def calls_to_propagate(run: Run) -> tuple[InCall, ...]:
    """The calls of which something is to be done: opened, or told what has changed above."""
    return tuple(call for call in calls_out(run) if call.ref is None or is_untold(run, call))


def is_untold(run: Run, call: InCall) -> bool:
    """Whether a called run does not know yet who operates, what is handed over, or that it is asked to stop."""
    unasked = is_ending(run) and not call.asked
    return unasked or call.told != run.whole_chain or bool(handed_anew(run, call))


def way_of_join(run: Run, here: AwaitingRuns, at: datetime) -> tuple[str, Mapping[str, str]] | None:
    """The exit by which a `join` is left now, with how the runs ended that came back; None while it waits."""
    step = run.book.by_id[here.step]
    if not isinstance(step, Join):
        return None
    mine = {name: run.calls[name] for name in run.book.joined_by(step) if name in run.calls}
    came = {name: call.outcome for name, call in mine.items() if call.outcome}
    if any(outcome != "recovered" for outcome in came.values()):
        return "fail", came
    if len(came) == len(mine):
        return "ok", came
    silent = step.timeout is not None and at >= here.since + step.timeout
    return ("timeout", came) if silent else None


def too_early(run: Run, step: Step) -> str | None:
    """Why a run is not recovered yet: runs that it opened meanwhile were not joined; None when it may end here."""
    if not isinstance(step, End) or step.outcome != "recovered" or not run.calls:
        return None
    left = " and ".join(say_call(run, call) for call in run.calls.values())
    return f"It is not recovered yet: no join has taken how {left} ended."


def say_call(run: Run, call: InCall) -> str:
    """A called run in a sentence: its ref, or what it is for while it has none."""
    step = run.book.by_id.get(call.step)
    return call.ref or f"“{step.title if step is not None else call.step}”"
