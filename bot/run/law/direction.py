"""Where a run is on its way to between two steps, as its events say: what may be entered next, and nothing else."""

from collections.abc import Mapping

from bot.run import events
from bot.run.calls.events import Joined
from bot.run.events import Event, Started
from bot.run.places import InCall
from bot.run.state import Run

Heading = tuple[str, str | None] | None
"""The step that the run is on its way to, and the one that it comes from; None while it stands at a step."""


def heading_after(run: Run, event: Event, heading: Heading) -> Heading:
    """Where the run is on its way to once this happened; `run` is the run before it."""
    match event:
        case events.StepEntered() | events.SignoffAsked():
            return None
        case events.SignatureVoided(step=step):
            return None if run.here_is(step) else heading
        case events.SentBack(to=to):
            came_from = heading[1] if heading is not None else _here(run)
            return to, came_from
        case events.VisitsSpent():
            return run.book.exception, heading[1] if heading is not None else None
        case events.WentBack(to=to):
            return to, _here(run)
        case events.MismatchSeen() | events.DoneAlready(signed_for=True):
            return run.book.exception, _here(run)
        case events.EndAnswered(end=end, granted=True):
            return end, _here(run)
        case events.Chosen(option="back"):
            return run.held_from or "", _here(run)
        case events.CallReturned() | events.CallNotOpened() if not _stands_in(run, event):
            return heading
        case _:
            exit_, left = exit_of(event), run.book.by_id.get(_here(run) or "")
            return heading if exit_ is None or left is None else (run.book.target(left, exit_), left.id)


def _stands_in(run: Run, event: events.CallReturned | events.CallNotOpened) -> bool:
    """Whether the run waits for this call where it stands; else it was opened meanwhile, and moves nothing."""
    return isinstance(run.here, InCall) and run.here.child == event.child


def first_heading(start: Started, first: str) -> Heading:
    """Where a run goes when it starts; `first` is the first step of its runbook."""
    return (first if start.former is None else start.former.step), None


def _here(run: Run) -> str | None:
    return getattr(run.here, "step", None)


def exit_of(event: Event) -> str | None:
    """The exit by which an event leaves the step where the run stands."""
    match event:
        case events.StepFinished(exit=exit_) | events.Branched(exit=exit_) | Joined(exit=exit_):
            return exit_
        case events.Chosen(option=option):
            return option
        case events.CallReturned(outcome=outcome):
            return outcome
        case events.Called(meanwhile=True):
            return "ok"
        case _:
            return _ALWAYS_LEAVE.get(type(event))


_ALWAYS_LEAVE: Mapping[type, str] = {
    events.SignoffApproved: "approved", events.GlassBroken: "approved", events.SignoffRejected: "rejected",
    events.SignoffExpired: "expired", events.Skipped: "ok", events.Notified: "ok", events.CallNotOpened: "else",
}  # fmt: skip
