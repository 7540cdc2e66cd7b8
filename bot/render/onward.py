"""Where the step leads when it goes well, and how much is left of the whole."""

from collections.abc import Collection, Iterator

from bot.format.pieces import Condition
from bot.format.runbook import Branch, Call, Check, Decide, Do, End, Notify, RunStep, Step, forward_exit
from bot.format.text import names_in, spoken_duration
from bot.format.values import failing
from bot.render.message import Block, bold, context, foreign
from bot.render.prose import join_words, say_outcome, say_reviewed
from bot.run.law.scope import ground_of, title_of
from bot.run.places import AtStep, AwaitingReview, Over
from bot.run.state import Run

_MOST_NAMED = 3


def onward_block(run: Run) -> Block | None:
    """What comes once this step is done; nothing where buttons say where they lead, or where nothing comes."""
    said = say_next(run)
    if said:
        return context(f"*Next:* {foreign(said, 600)}.")
    ways = [f"{bold(label, 80)} → {foreign(target, 200)}" for label, target in _ways_of_choice(run)]
    return context("*Next:* " + " · ".join(ways)) if ways else None


def say_next(run: Run) -> str:
    """The step that a person meets next when this one goes well; ``A or B`` while it is open which."""
    if isinstance(run.here, Over | AwaitingReview):
        return ""
    step = run.book.by_id[run.here.step]
    exit_ = "recovered" if isinstance(step, Call) else forward_exit(step)
    if exit_ is None:
        return ""
    return _say_met(run, step, exit_)


def _ways_of_choice(run: Run) -> Iterator[tuple[str, str]]:
    """Each answer of a decision with the step that a person meets next."""
    if not isinstance(run.here, AtStep):
        return
    step = run.book.by_id[run.here.step]
    if isinstance(step, Decide):
        for label, exit_ in (*((one.label, one.id) for one in step.options), ("I'm not sure", "unsure")):
            yield label, _say_met(run, step, exit_)


def _say_met(run: Run, step: Step, exit_: str) -> str:
    met = dict.fromkeys(_met(run, run.book.target(step, exit_), _learned(run, step), {step.id}))
    said = [_say_step(run, one) for one in met][:_MOST_NAMED]
    return join_words([*said, "another step"] if len(met) > _MOST_NAMED else said, "or") if said else "back to here"


def say_left(run: Run) -> str:
    """``about 6 steps left, 25 min``, this one among them, by the longest good way; empty off the good ways."""
    if isinstance(run.here, Over | AwaitingReview):
        return ""
    steps, time = run.steps_ahead.get(run.here.step), run.ahead.get(run.here.step, 0)
    if not steps:
        return ""
    said = "the last step" if steps == 1 else f"about {steps} steps left"
    return f"{said}, {spoken_duration(time)}" if time else said


def _say_step(run: Run, target: str) -> str:
    step = run.book.by_id[target]
    if isinstance(step, End) and step.outcome == "recovered" and run.unreviewed:
        return f"the review of {say_reviewed(run)}, then the run ends"
    if isinstance(step, End):
        return f"the run ends: {say_outcome(step.outcome)}"
    return f"“{title_of(run, target)}”"


def _met(run: Run, target: str, fresh: frozenset[str], seen: Collection[str]) -> Iterator[str]:
    """The steps that may come, past those that Handrail takes by itself."""
    book, step = run.book, run.book.by_id[target]
    spent = step.max_visits is not None and run.visits.get(target, 0) >= step.max_visits
    if spent and target != book.exception:
        target, step = book.exception, book.by_id[book.exception]
    if not isinstance(step, Branch | Notify):
        yield target
        return
    onward = [book.target(step, "ok")] if isinstance(step, Notify) else _ways(run, step, fresh)
    for one in onward:
        if one not in seen:
            yield from _met(run, one, fresh, {*seen, target})


def _ways(run: Run, step: Branch, fresh: frozenset[str]) -> Iterator[str]:
    """Where a branch may lead, by what is known now; what is `fresh` is given only later."""
    for number, case in enumerate(step.cases, 1):
        is_open = not fresh.isdisjoint(_named(case.when))
        holds = not failing(case.when, ground_of(run))
        if is_open or holds:
            yield run.book.target(step, f"case {number}")
        if holds and not is_open:
            return
    yield run.book.target(step, "else")


def _named(condition: Condition) -> Iterator[str]:
    for test in condition.tests:
        yield test.var.removeprefix("vars.")
        _, wanted = test.comparison
        for one in wanted if isinstance(wanted, tuple) else (wanted,):
            yield from (name.removeprefix("vars.") for name in (names_in(one) if isinstance(one, str) else ()))


def _learned(run: Run, step: Step) -> frozenset[str]:
    """The names whose values nobody can say before this step is done, or may not say yet."""
    answer = {step.answer.var} if isinstance(step, Do) and step.answer else set()
    captured = set(step.capture) if isinstance(step, Check | RunStep | Call) else set()
    made = set(step.set) if isinstance(step, RunStep) else set()
    return run.hidden | answer | captured | made
