"""A step as a person reads it: in full while the run stands there, one line once it is over."""

from collections.abc import Iterator
from dataclasses import replace

from bot.format.runbook import Decide, RunStep, Wait
from bot.format.text import spoken_duration
from bot.render.actions import run_buttons, run_overflow, step_buttons, step_overflow
from bot.render.deadlines import deadline_blocks
from bot.render.finished import finished_line, left_line
from bot.render.members import people_blocks
from bot.render.message import (
    Block,
    Message,
    actions,
    bold,
    command_block,
    compose,
    context,
    foreign,
    header,
    list_block,
    mention_all,
    prose_block,
    quote_block,
    section,
    slack_date,
    span,
)
from bot.render.onward import onward_block, say_left
from bot.render.prose import (
    people_of,
    say_drill,
    say_exit,
    say_mode,
    say_names,
    say_phase,
    say_ref,
    say_reviewers,
    say_role,
    say_span,
    say_undo,
    say_who,
    step_number,
    visit_of,
)
from bot.render.signoff import say_need, signing_blocks
from bot.render.why_here import why_here_blocks
from bot.run.law.reviewing import reviewers
from bot.run.law.scope import ShownStep, show_step, title_of
from bot.run.law.signing import read_content
from bot.run.places import AtStep, AwaitingReview, AwaitingSignature, InCall, Over
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
    said = [*attention_blocks(run), *step_blocks(run), actions(step_elements(run)), onward_block(run)]
    return compose(text, top, *said)


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
    if isinstance(run.here, AwaitingReview):
        return f"{called}: one of you reviews the broken glass."
    if not holders:
        return f"This step is for {foreign(say_role(shown.who))}, and nobody is in that role."
    if shown.who == "operator":
        if run.operator is not None and run.operator == run.brought_by:
            called = f"*{foreign(run.name_of(run.operator))}*"
        return f"{called}: this is your step." if run.operator else f"{called}: nobody operates. Press *Take over*."
    return f"{called}: this step is for {foreign(say_role(shown.who))}."


def _plain_turn(run: Run, shown: ShownStep) -> str:
    holders = turn_holders(run, shown)
    if isinstance(run.here, InCall):
        return "another run does this"
    if shown.who == "operator" and run.operator is None:
        return "nobody operates, take over"
    return f"for {say_names(run, holders[:3])}" if holders else f"nobody is {say_role(shown.who)}"


def _say_where(run: Run, shown: ShownStep) -> str:
    parts = [f"*{say_mode(run)}*", foreign(run.start.ref), bold(say_phase(shown.phase)), f"step {step_number(run)}"]
    parts.append(say_left(run))
    return " · ".join(part for part in parts if part)


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
    yield from people_blocks(run)
    yield actions(run_buttons(run))


def step_blocks(run: Run) -> Iterator[Block | None]:
    """The step where the run stands, without its buttons; the caution stands before the command."""
    shown, here = shown_here(run), run.here
    yield header(shown.title)
    if len(shown.title) > 140:  # noqa: PLR2004  (a header holds 150 signs, and the end of a title may matter)
        yield prose_block(shown.title)
    yield from why_here_blocks(run)
    yield from _say_special_place(run)
    yield from deadline_blocks(run)
    if isinstance(here, AwaitingSignature):
        yield from signing_blocks(run, here, read_content(here.content))
        return
    yield prose_block(shown.why) if shown.why else None
    yield prose_block(shown.say) if shown.say else None
    yield prose_block(shown.caution, lead="Caution:", emoji="warning") if shown.caution else None
    yield from _evidence(run, shown)
    yield from _how_to(run, shown)
    yield from _options(run, shown)
    yield from _state(run, shown)


def _say_special_place(run: Run) -> Iterator[Block]:
    """Whose step it is when it is not the operator's, and what the run waits for when it waits."""
    match run.here:
        case InCall(ref=ref, runbook=runbook, asset=asset):
            name = f"Run {bold(ref)}" if ref else "A run that is being opened"
            said = f":arrow_right: {name} ({foreign(runbook)} on {foreign(asset)}) does this. Here we wait for it."
            yield section(said)
        case AwaitingReview():
            broke = foreign(say_names(run, [one.by for one in run.unreviewed]))
            may = foreign(say_reviewers(run))
            said = f":rotating_light: {broke} broke the glass. *{may}* reviews it, then the run closes."
            yield section(said)
        case AwaitingSignature() as here:
            left = [one for one in here.eligible if one not in here.signed]
            can = f" *{foreign(say_names(run, left, 'or'))}* can sign." if left else ""
            yield section(f":pencil2: {say_need(run, here)}{can}")
        case AtStep(step=step):
            yield from _say_hold(run, step)
            who = run.book.by_id[step].who
            if who != "operator":
                people = foreign(say_names(run, run.holders(who), "or"))
                yield section(f":bust_in_silhouette: *This step is for {foreign(say_role(who))}:* {people}.")


def _say_hold(run: Run, step: str) -> Iterator[Block]:
    """From where the run came to `exception`, and how that step ended."""
    if step != run.book.exception:
        yield from _say_not_opened(run)
    elif run.held_from is not None:
        left = next((one for one in reversed(run.done) if one.step == run.held_from), None)
        word = say_exit(run, left) if left else ""
        by = f", {foreign(say_who(run, left.by))}" if left and left.by != "clock" else ""
        how = f" ({foreign(word)}{by})" if word else ""
        title = foreign(title_of(run, run.held_from))
        yield section(f":octagonal_sign: *The run holds.* It comes from “{title}”{how}.")
        if left is not None and left.said not in ("", word):
            yield quote_block(left.said)


def _say_not_opened(run: Run) -> Iterator[Block]:
    """That the step before called a run which could not be opened, and why."""
    before = run.done[-1] if run.done else None
    if before is not None and before.exit == "not opened":
        yield section(f":octagonal_sign: The run of “{foreign(title_of(run, before.step))}” could not be opened.")
        yield quote_block(before.said)


def _evidence(run: Run, shown: ShownStep) -> Iterator[Block]:
    if isinstance(run.book.by_id[shown.id], Decide) and shown.evidence:
        yield context("Look at this first, then choose:")
        yield command_block(shown.evidence)


def _options(run: Run, shown: ShownStep) -> Iterator[Block]:
    """What each button means, right above the buttons."""
    step = run.book.by_id[shown.id]
    if isinstance(step, Decide):
        yield list_block([[span(f"{option.label}: ", "bold"), span(option.when)] for option in step.options])


def _how_to(run: Run, shown: ShownStep) -> Iterator[Block]:
    """The command and what to know of it: where, what it does, how long, what is right, how it is taken back."""
    step = run.book.by_id[shown.id]
    effects = {"change": "*changes* things", "destroy": ":boom: *destroys* data", "read": "only reads"}
    facts = [
        f"On `{foreign(shown.host)}`" if shown.host else "",
        effects.get(shown.effect or "", ""),
        f"wait {say_span(step.for_)}" if isinstance(step, Wait) and step.for_ else "",
        f"look every {say_span(step.poll.every)}" if isinstance(step, Wait) and step.poll else "",
        f"usually {spoken_duration(shown.typical)}" if shown.typical else "",
    ]
    if shown.command and run.start.mode != "live":
        yield section(f":no_entry: *{say_mode(run)}: {say_drill(step)}*")
    said = " · ".join(fact for fact in facts if fact)
    if said:
        yield context(said)
    if shown.command:
        yield command_block(shown.command)
    if shown.expects:
        yield context(f"Right when: {foreign('; '.join(shown.expects), 1_000)}")
    if shown.undo:
        lead, undo = say_undo(shown.undo, shown.effect)
        yield context(f"*{lead}:* {foreign(undo, 1_000)}")


def _state(run: Run, shown: ShownStep) -> Iterator[Block]:
    """What has happened at this visit so far, and what will be asked for."""
    here, step = run.here, run.book.by_id[shown.id]
    if not isinstance(here, AtStep):
        return
    if here.began is not None:
        yield context(
            f":hourglass_flowing_sand: {foreign(run.name_of(here.began_by))} began it, {slack_date(here.began)} "
            f"({slack_date(here.began, '{ago}', 'just now')})."
        )
    elif shown.confirm == "type":
        yield context(f":lock: You will type the asset's name: *{foreign(run.start.asset.name)}*.")
    if isinstance(step, RunStep) and step.witness and here.began is None:
        watcher = foreign(run.name_of(here.watched_by)) if here.watched_by else foreign(say_role(step.witness))
        yield context(
            f":eyes: {watcher} is watching." if here.watched_by else f":eyes: First {watcher} presses I am watching."
        )
    asked = [*([shown.answer] if shown.answer else []), *shown.captures]
    if asked and (here.began is not None or not isinstance(step, RunStep)):
        hidden = " The others see it only once it has been compared." if shown.blind else ""
        fields = run.book.fields
        names = [(fields[name].ask if name in fields else None) or name for name in asked]
        yield context(f"Done asks you for: {foreign(', '.join(names), 500)}.{hidden}")
