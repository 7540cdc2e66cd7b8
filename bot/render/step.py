"""A step as a person reads it: in full while the run stands there, one line once it is over."""

from collections.abc import Iterator
from dataclasses import replace

from bot.format.runbook import Decide
from bot.render.above import above_blocks, left_to_say, option_blocks
from bot.render.actions import run_buttons, run_overflow, step_buttons, step_overflow
from bot.render.below import below_blocks
from bot.render.calls import calls_blocks, say_waiting
from bot.render.members import people_blocks
from bot.render.message import (
    Block,
    Message,
    actions,
    bold,
    compose,
    context,
    foreign,
    mention_all,
    prose_block,
    section,
    slack_date,
)
from bot.render.onward import finished_line, left_line, say_left
from bot.render.paging.ahead import say_called
from bot.render.prose import (
    people_of,
    say_mode,
    say_names,
    say_phase,
    say_ref,
    say_reviewed,
    say_role,
    step_number,
    visit_of,
)
from bot.run.law.reviewing import reviewers
from bot.run.law.scope import ShownStep, show_step
from bot.run.places import AtStep, AwaitingReview, AwaitingRuns, InCall, Over
from bot.run.state import Run


def step_message(run: Run, step: str, visit: int) -> Message:
    """The step's own post: full with its buttons while the run stands there; one line when it is over."""
    finished = visit_of(run, step, visit)
    if finished is not None:
        return finished_line(run, finished)
    stands = not isinstance(run.here, Over) and (run.here.step, run.here.visit) == (step, visit)
    return _full(run) if stands else left_line(run, step)


def _full(run: Run) -> Message:
    shown = shown_here(run)
    number = step_number(run)
    call = _say_whose_turn(run, shown)
    text = f"{say_ref(run)}, step {number}: {shown.title} – {_plain_turn(run, shown)}"
    menu = run_overflow(run)
    top = section(f"{call}\n{_say_where(run, shown)}") | ({"accessory": menu} if menu else {})
    head = [top, *attention_blocks(run)]
    return compose(text, *head, *whole_step(run, head))


def shown_here(run: Run) -> ShownStep:
    """The step where the run stands; a command that was begun stays as it was begun."""
    here = run.here
    if isinstance(here, Over):
        raise TypeError(f"run {run.id} is over and stands at no step")
    shown = show_step(run, run.book.by_id[here.step])
    begun = isinstance(here, AtStep) and here.began is not None and here.command
    return replace(shown, command=here.command) if isinstance(here, AtStep) and begun else shown


def step_elements(run: Run) -> list[Block]:
    """The step's buttons, and the menu of what is rarely needed."""
    menu = step_overflow(run)
    return [*step_buttons(run), *([menu] if menu else [])]


def turn_holders(run: Run, shown: ShownStep) -> tuple[str, ...]:
    """Whose turn it is: the operator, or everybody in the step's role; the lead too where the step pages."""
    step = run.book.by_id[shown.id]
    if isinstance(run.here, AwaitingReview):
        return reviewers(run)
    own = (run.operator,) if shown.who == "operator" and run.operator is not None else run.holders(shown.who)
    paged = run.holders("lead") if isinstance(step, Decide) and step.page else ()
    return tuple(dict.fromkeys([*own, *paged]))


def _say_whose_turn(run: Run, shown: ShownStep) -> str:
    holders = turn_holders(run, shown)
    called = mention_all(people_of(run, holders))
    if isinstance(run.here, InCall):
        return "Another run does this step."
    if isinstance(run.here, AwaitingRuns):
        return f"Nobody has to press anything here: {foreign(say_waiting(run))}."
    if isinstance(run.here, AwaitingReview):
        return f"{called}: one of you reviews {say_reviewed(run)}."
    if not holders:
        return f"This step is for {foreign(say_role(shown.who))}, and nobody is in that role."
    if shown.who == "operator":
        if run.operator is not None and run.operator == run.brought_by:
            called = f"*{foreign(run.name_of(run.operator))}*"
        return f"{called}: this is your step." if run.operator else f"{called}: nobody operates. Press *Take over*."
    paged = say_called(run, holders)
    return f"{called}{paged and f' ({paged})'}: this step is for {foreign(say_role(shown.who))}."


def _plain_turn(run: Run, shown: ShownStep) -> str:
    holders = turn_holders(run, shown)
    if isinstance(run.here, InCall):
        return "another run does this"
    if isinstance(run.here, AwaitingRuns):
        return say_waiting(run)
    if shown.who == "operator" and run.operator is None:
        return "nobody operates, take over"
    return f"for {say_names(run, holders[:3])}" if holders else f"nobody is {say_role(shown.who)}"


def _say_where(run: Run, shown: ShownStep) -> str:
    parts = [f"*{say_mode(run)}*", foreign(run.start.ref), bold(say_phase(shown.phase)), f"step {step_number(run)}"]
    parts.append(say_left(run))
    return " · ".join(part for part in parts if part)


def changed_block(run: Run) -> Block | None:
    """That the step is not as it was when whoever operates walked the runbook last."""
    operator = run.operator
    if operator is None or run.over or shown_here(run).id not in run.start.changed.get(operator, ()):
        return None
    return context(f":pencil2: *Changed* since {foreign(run.name_of(operator))} walked it last.")


def attention_blocks(run: Run) -> Iterator[Block | None]:
    """What comes before the step: paused, a hand-over that waits, nobody who operates; with the buttons for it."""
    if run.paused is not None:
        hold = run.paused
        yield section(f":double_vertical_bar: *Paused* by {foreign(run.name_of(hold.by))}, {slack_date(hold.at)}.")
        yield prose_block(hold.reason, lead="Why:")
    if run.offer is not None:
        offer = run.offer
        giver, taker = foreign(run.name_of(offer.by)), foreign(run.name_of(offer.to))
        yield section(f":handshake: *{giver} hands over to {taker}*, who presses Accept.")
    if run.operator is None and not run.over:
        on_call = say_names(run, run.holders("operator")[:3], "or")
        yield section(f":raised_hand: *Nobody operates this run.* {foreign(on_call)} can press Take over.")
    yield from calls_blocks(run)
    yield from people_blocks(run)
    yield changed_block(run)
    yield actions(run_buttons(run))


def whole_step(run: Run, head: list[Block | None]) -> Iterator[Block | None]:
    """The step where the run stands, with its buttons; `head` is what stands above it, and is not in here."""
    shown = shown_here(run)
    above = list(above_blocks(run, shown, head))
    yield from above
    yield from option_blocks(run, shown)
    yield actions(step_elements(run))
    yield from below_blocks(run, shown, left_to_say(run, shown, head))
