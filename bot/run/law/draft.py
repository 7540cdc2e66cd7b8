"""A decision being written down: events added one by one, and the steps that the run goes through by itself."""

from bot.format.runbook import Branch, Call, End, Join, Notify, Signoff, Step
from bot.format.text import fill
from bot.format.values import failing, spoken_test
from bot.run.after.rules import owe_review
from bot.run.calls.events import EndAwaited, Joined
from bot.run.calls.rules import call_of, calls_out, too_early, way_of_join
from bot.run.commands import Refused
from bot.run.events import (
    Branched,
    Ended,
    Event,
    Events,
    Notified,
    SentBack,
    SignatureVoided,
    SignoffAsked,
    StepEntered,
    VisitsSpent,
)
from bot.run.evolve import evolve
from bot.run.law.may_start import Objection, WrongStarter, may_start, missing_signoff, why_void
from bot.run.law.reviewing import reviewers
from bot.run.law.scope import ground_of, open_names_of
from bot.run.law.signing import (
    asking_time,
    bound_vars,
    content_of,
    digest_text,
    eligible_people,
)  # fmt: skip
from bot.run.places import Approval, AwaitingReview, AwaitingRuns, AwaitingSignature, Over
from bot.run.situation import Stamp, is_unverified
from bot.run.state import Run, Unstarted

Onward = tuple[str, str | None, str | None]
"""Where a run goes on by itself: the step, the step it comes from, the exit it takes."""


class Draft:
    """What has been decided so far, and where the run would stand. It lives for one call of `decide`."""

    def __init__(self, run: Run, stamp: Stamp, *events: Event) -> None:
        self.before, self.run, self.stamp = run, run, stamp
        self.events: list[Event] = list(events)

    @classmethod
    def begin(cls, fresh: Unstarted, event: Event, stamp: Stamp) -> "Draft":
        """A draft of a run's first decision."""
        return cls(evolve(fresh, event, stamp), stamp, event)

    def add(self, *events: Event) -> "Draft":
        """Append events, and let the run follow."""
        for event in events:
            self.run = evolve(self.run, event, self.stamp)
            self.events.append(event)
        return self

    def leave(self, exit_: str) -> "Draft":
        """Go through an exit of the step where the run stands."""
        here = self.run.here
        if isinstance(here, Over):
            return self
        return self.enter(self.run.book.target(self.run.book.by_id[here.step], exit_), here.step, exit_)

    def leave_approved(self) -> "Draft":
        """Go on from a sign-off that was given.

        When that would start a bound step by the hand of one of its signers, the run waits here: the clock goes on.
        """
        ahead = Draft(self.run, self.stamp)
        try:
            ahead.leave("approved")
        except WrongStarter:
            return self
        return self.add(*ahead.events)

    def enter(self, target: str, came_from: str | None, by_exit: str | None) -> "Draft":
        """Enter a step, and go on through the automatic ones until somebody has to act."""
        # Every cycle of a sound runbook holds a step with `max_visits`; the bound keeps an unsound one from hanging us.
        for _ in range(10 * len(self.run.book.steps) + 100):
            onward = self._enter_one(target, came_from, by_exit)
            if onward is None:
                return self
            target, came_from, by_exit = onward
        raise Refused(
            "This runbook goes round in circles by itself, so nothing was done. Tell its owner, and stop the run."
        )

    def _enter_one(self, target: str, came_from: str | None, by_exit: str | None) -> Onward | None:
        """Enter one step; where to go on to, or None when it waits for somebody."""
        book, step = self.run.book, self.run.book.by_id[target]
        visit = self.run.visits.get(target, 0) + 1
        if step.max_visits is not None and visit > step.max_visits and target != book.exception:
            self.add(VisitsSpent(target, step.max_visits))
            return book.exception, came_from, by_exit
        why = too_early(self.run, step)
        if why is not None:
            self.add(SentBack(target, visit, book.exception, why))
            return book.exception, came_from, by_exit
        objection = self._objection(step)
        if objection is not None and objection.signoff is None:
            raise WrongStarter(objection.why)
        if objection is not None and objection.signoff is not None:
            self.add(SentBack(target, visit, objection.signoff.id, objection.why))
            return objection.signoff.id, came_from, by_exit
        self.add(StepEntered(target, visit, came_from, by_exit))
        return self._pass(step, visit)

    def _objection(self, step: Step) -> Objection | None:
        """A bound step that goes by itself starts now; one that is begun by hand is judged again at its Begin."""
        if self.run.book.begins_by_hand(step):
            return missing_signoff(self.run, step, self.stamp.at)
        return may_start(self.run, step, self.stamp.by, self.stamp.at)

    def _pass(self, step: Step, visit: int) -> Onward | None:
        """What a step does by itself when it is entered."""
        book = self.run.book
        match step:
            case Branch():
                exit_, because = way_of_branch(self.run, step)
                self.add(Branched(step.id, visit, exit_, because))
                return book.target(step, exit_), step.id, exit_
            case Notify():
                text = fill(step.say or step.title, open_names_of(self.run), strict=False)
                self.add(Notified(step.id, visit, step.to, text))
                return book.target(step, "ok"), step.id, "ok"
            case Signoff():
                self.ask(step, visit)
            case Call():
                self.add(call_of(self.run, step, visit))
                return (book.target(step, "ok"), step.id, "ok") if step.meanwhile else None
            case Join():
                return self._join()
            case End() if not isinstance(self.run.here, AwaitingReview):
                waits = any(calls_out(self.run))
                self.add(EndAwaited(step.outcome, step.id) if waits else Ended(step.outcome, step.id))
            case _:
                pass
        return None

    def _join(self) -> Onward | None:
        """Leave a `join` when there is nothing to wait for any more."""
        here = self.run.here
        way = way_of_join(self.run, here, self.stamp.at) if isinstance(here, AwaitingRuns) else None
        if way is None or isinstance(here, Over):
            return None
        self.add(Joined(here.step, here.visit, *way))
        return self.run.book.target(self.run.book.by_id[here.step], way[0]), here.step, way[0]

    def go_on(self) -> "Draft":
        """Where runs are waited for that were opened meanwhile: go on, or end, once nobody is waited for any more."""
        here = self.run.here
        if not isinstance(here, AwaitingRuns):
            return self
        if here.ending is not None:
            over = not any(calls_out(self.run))
            return self.add(Ended(here.ending.outcome, here.ending.step, here.ending.reason)) if over else self
        onward = self._join()
        return self if onward is None else self.enter(*onward)

    def ask(self, step: Signoff, visit: int, *, again: bool = False) -> None:
        """Ask for signatures on what would happen now. Asked again on the same content, the old deadline stands."""
        content = content_of(self.run, step)
        digest = digest_text(content.text)
        eligible, barred = eligible_people(self.run, step)
        here = self.run.here
        stands = again and isinstance(here, AwaitingSignature) and here.digest == digest
        expires = (
            here.expires_at
            if stands and isinstance(here, AwaitingSignature)
            else self.stamp.at + asking_time(self.run, step)
        )
        self.add(SignoffAsked(step.id, visit, digest, content.text, eligible, barred, step.need, expires, again))

    def keep_signatures_true(self) -> "Draft":
        """Void what no longer holds: signed content that changed, signatures of people who may no longer give them.

        A run that is over starts nothing, so nothing is voided in it any more.
        """
        if self.run.over:
            return self
        for approval in tuple(self.run.approvals.values()):
            why = self._why_void(approval)
            if why is not None:
                self.add(SignatureVoided(approval.step, approval.visit, why, approval.signers))
        here = self.run.here
        just_asked = any(isinstance(event, SignoffAsked) for event in self.events)
        if isinstance(here, AwaitingSignature) and not just_asked and not self.run.approved_here:
            self._ask_again_if_changed(here)
        return self

    def _why_void(self, approval: Approval) -> str | None:
        step = self.run.book.by_id[approval.step]
        if not isinstance(step, Signoff) or self._has_done_its_work(step, approval):
            return None
        if is_unverified(self.run.operator) and not approval.glass:
            return self._say_unproven()
        why = why_void(self.run, step, approval)
        if why is None or content_of(self.run, step).digest == approval.digest:
            return why
        return f"What was signed has changed: {', '.join(self._changed_vars(step)) or 'the steps it covers'}."

    def _say_unproven(self) -> str:
        return f"{self.run.name_of(self.run.operator)} operates now without having logged in, and could be anybody."

    def _has_done_its_work(self, step: Signoff, approval: Approval) -> bool:
        """Everything that the approval covers has been started, or it only looked back: nobody is told when it ends.

        Whether it covers a further start is judged at that start.
        """
        if not step.binds.steps:
            return self.run.vars == self.before.vars
        return set(step.binds.steps) <= set(approval.started)

    def _changed_vars(self, step: Signoff) -> list[str]:
        names = dict.fromkeys([*bound_vars(step), *self.run.vars])
        return [name for name in names if self.run.vars.get(name) != self.before.vars.get(name)]

    def _ask_again_if_changed(self, here: AwaitingSignature) -> None:
        step = self.run.book.by_id[here.step]
        if not isinstance(step, Signoff):
            return
        changed = content_of(self.run, step).digest != here.digest
        others = eligible_people(self.run, step) != (here.eligible, here.barred)
        if here.signed and (changed or is_unverified(self.run.operator)):
            why = f"What was signed has changed: {', '.join(self._changed_vars(step))}."
            self.add(SignatureVoided(here.step, here.visit, why if changed else self._say_unproven(), here.signed))
        if changed or others:
            self.ask(step, here.visit, again=True)

    def close_unreviewed(self) -> "Draft":
        """Nobody of the run may review the broken glass: it closes all the same, and the review is owed."""
        here = self.run.here
        if isinstance(here, AwaitingReview) and not reviewers(self.run):
            self.add(Ended("recovered", here.step))
            self.add(owe_review(self.run, self.stamp.at))
        return self

    def settle(self) -> Events:
        """Make signatures true again, and hand over everything that was decided."""
        return tuple(self.keep_signatures_true().close_unreviewed().events)


def way_of_branch(run: Run, step: Branch) -> tuple[str, str]:
    """The exit that a branch takes, and because of what."""
    ground = ground_of(run)
    for number, case in enumerate(step.cases, 1):
        if not failing(case.when, ground):
            joined = " or " if case.when.any is not None else " and "
            return f"case {number}", joined.join(spoken_test(test, ground) for test in case.when.tests)
    return "else", "none of the cases holds"
