"""Where a button leads, by when it must be pressed, and what is left at the end."""

from collections.abc import Collection, Iterator

from bot.format.pieces import Condition
from bot.format.runbook import Alone, Branch, Call, Check, Decide, Do, End, Notify, RunStep, Signoff, Step, forward_exit
from bot.format.text import names_in, spoken_duration
from bot.format.values import failing
from bot.format.ways import leads_to
from bot.render.message import Block, Message, bold, compose, context, foreign, section, slack_date, slack_deadline
from bot.render.prose import (
    join_words,
    say_exit,
    say_names,
    say_outcome,
    say_reviewed,
    say_span,
    say_value,
    say_who,
    spoken_name,
    went_well,
)
from bot.run.law.may_start import is_signed_anew
from bot.run.law.scope import ground_of, title_of
from bot.run.places import Approval, AtStep, AwaitingReview, AwaitingSignature, Over, Visit
from bot.run.state import Run


def deadline_blocks(run: Run) -> Iterator[Block]:
    """A line for each signature in force: by whom, and until when what it covers has to begin."""
    here = run.here
    if isinstance(here, Over) or (isinstance(here, AtStep) and here.began is not None and _is_bound(run, here.step)):
        return
    for approval in run.approvals.values():
        left = _left_to_start(run, here.step, approval)
        if left:
            yield context(_say(run, here.step, approval, left))


def _is_bound(run: Run, step: str) -> bool:
    return step in run.book.signoffs_of


def _left_to_start(run: Run, here: str, approval: Approval) -> tuple[str, ...]:
    """What it covers, was not started yet, and lies ahead; from the hold also by the way back."""
    signoff = run.book.by_id[approval.step]
    if not isinstance(signoff, Signoff) or here == signoff.id:
        return ()
    waiting = [one for one in signoff.binds.steps if one not in approval.started]
    if here == run.book.exception and run.held_from is not None and run.held_from != signoff.id:
        here = run.held_from
    return leads_to(run.book, here, waiting, signoff.id) if waiting else ()


def _say(run: Run, here: str, approval: Approval, left: tuple[str, ...]) -> str:
    who = foreign(say_names(run, approval.signers))
    did = f"{who} broke the glass" if approval.glass else f"Signed by {who}"
    mark = "rotating_light" if approval.glass else "white_check_mark"
    titles = join_words([f"“{title_of(run, one)}”" for one in left])
    what = "Begin" if here in left else f"Begin {foreign(titles, 400)}"
    by = f" *{what} by {slack_deadline(approval.valid_until, approval.at)}.*" if approval.valid_until else ""
    return f":{mark}: {did}.{by}"


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
    exit_ = forward_exit(step)
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
    anew = not isinstance(run.here, AwaitingSignature) and is_signed_anew(run, step)
    return f"“{title_of(run, target)}”{', signed for anew' if anew else ''}"


def _met(run: Run, target: str, fresh: frozenset[str], seen: Collection[str]) -> Iterator[str]:
    """The steps that may come, past those that Handrail takes by itself."""
    book, step = run.book, run.book.by_id[target]
    spent = step.max_visits is not None and run.visits.get(target, 0) >= step.max_visits
    if spent and target != book.exception:
        target, step = book.exception, book.by_id[book.exception]
    if not isinstance(step, Alone):
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


def finished_line(run: Run, visit: Visit) -> Message:
    """What, who, when, how long, and the answer as far as others may see it."""
    title = title_of(run, visit.step)
    word, mark = say_exit(run, visit), "white_check_mark" if went_well(run, visit) else "large_orange_circle"
    parts = [
        f":{mark}: {bold(title)}",
        bold(word, 80),
        f"{foreign(say_who(run, visit.by))}, {slack_date(visit.until)}",
        f"took {say_span(visit.until - visit.since)}",
        *(
            f"{foreign(spoken_name(name))}: {bold(say_value(run, name, run.vars.get(name)), 200)}{_note(run, name)}"
            for name in visit.answers
        ),
    ]
    if visit.said and visit.said != word:
        parts.append(f"“{foreign(visit.said, 200)}”")
    said = f"{word}: {title} – {say_who(run, visit.by)}, {say_span(visit.until - visit.since)}"
    return compose(said, section(" · ".join(parts)))


def _note(run: Run, name: str) -> str:
    given = run.given.get(name)
    return " (corrected)" if given is not None and given.step is None else ""


def left_line(run: Run, step: str) -> Message:
    """A step that nobody finished: the run went elsewhere, or closed here."""
    found = run.book.by_id[step]
    if isinstance(run.here, Over) and run.here.step == step:
        how = "closed, review open" if run.unreviewed else "reviewed and closed"
        mark = "hourglass_flowing_sand" if run.unreviewed else "white_check_mark"
        return compose(f"{found.title}: {how}.", section(f":{mark}: {bold(found.title)} · {how}"))
    why = "The run ended before this was done." if run.over else "The run went on without this."
    return compose(f"{found.title}: {why}", section(f":white_circle: {bold(found.title)} · {why}"))
