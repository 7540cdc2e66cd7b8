"""What is read of a step before its buttons, in the order of need: what to do, what follows, why here, by when."""

from collections.abc import Iterator

from bot.format.runbook import Decide, RunStep, Wait
from bot.render.actions import button
from bot.render.calls import waiting_blocks
from bot.render.hands import hands_blocks
from bot.render.message import (
    Block,
    bold,
    command_block,
    context,
    foreign,
    header,
    prose_block,
    section,
    slack_date,
)
from bot.render.onward import deadline_blocks
from bot.render.prose import say_drill, say_names, say_role, say_span
from bot.render.room import MOST_WORDS, count_words, cut_to_fit, split_to_fit
from bot.render.signoff import signing_blocks
from bot.render.why_here import why_here_blocks
from bot.run.law.may_start import watcher_of
from bot.run.law.offers import offers
from bot.run.law.scope import ShownStep
from bot.run.law.signing import read_content
from bot.run.places import AtStep, AwaitingRuns, AwaitingSignature, InCall
from bot.run.state import Run

_MOST_QUOTED = 12
"""Words of what somebody typed."""
_HEADER = 140
"""Signs; a header holds 150, and the end of a title may matter."""


def above_blocks(run: Run, shown: ShownStep, head: list[Block | None]) -> Iterator[Block | None]:
    """The step without its buttons; `head` is what stands above it and takes words of its own."""
    here = run.here
    yield header(shown.title)
    if len(shown.title) > _HEADER:
        yield prose_block(shown.title)
    if isinstance(here, AwaitingSignature):
        yield from signing_blocks(run, here, read_content(here.content), [*head, header(shown.title)])
        return
    yield from _what_to_do(run, shown, _split_say(run, shown, head)[0])
    yield from _what_to_know(run, shown)


def left_to_say(run: Run, shown: ShownStep, head: list[Block | None]) -> str:
    """What is left of the step's text where not all of it fits before the buttons."""
    return "" if isinstance(run.here, AwaitingSignature) else _split_say(run, shown, head)[1]


def _what_to_know(run: Run, shown: ShownStep) -> Iterator[Block | None]:
    yield from _consequence(run, shown)
    yield from _why_here(run, shown)
    yield from deadline_blocks(run)
    yield from _values(run, shown)


def _split_say(run: Run, shown: ShownStep, head: list[Block | None]) -> tuple[str, str]:
    """What to do, as far as there is room for it before the buttons, and the rest."""
    options = list(option_blocks(run, shown))[:1]
    used = count_words([*head, header(shown.title), *_what_to_know(run, shown), *options])
    return split_to_fit(shown.say or "", room_of(run, shown) - used)


def room_of(run: Run, shown: ShownStep) -> int:
    """Words that may stand before the first button of this step."""
    kind = "signoff" if isinstance(run.here, AwaitingSignature) else shown.effect
    return MOST_WORDS.get(kind or "", MOST_WORDS["plain"])


def option_blocks(run: Run, shown: ShownStep) -> Iterator[Block]:
    """What each answer of a decision means, with its button beside it; without one while nobody may press."""
    step = run.book.by_id[shown.id]
    if "back" in offers(run) and run.held_from is not None:
        yield section("Go on at that step.") | {"accessory": button(run, "back")}
    for option in step.options if isinstance(step, Decide) else ():
        if run.paused is None:
            yield section(foreign(option.when)) | {"accessory": button(run, f"choose:{option.id}")}
        else:
            yield section(f"{bold(option.label)}: {foreign(option.when)}")


def _what_to_do(run: Run, shown: ShownStep, say: str) -> Iterator[Block | None]:
    step = run.book.by_id[shown.id]
    yield prose_block(say) if say else None
    if isinstance(step, Wait):
        yield context(f"wait {say_span(step.for_)}") if step.for_ else None
        yield context(f"look every {say_span(step.poll.every)}") if step.poll else None


def _consequence(run: Run, shown: ShownStep) -> Iterator[Block | None]:
    """What follows, in the runbook's own words; what destroys says so once the press is possible, and not before."""
    is_final = shown.effect == "destroy" and is_startable(run, shown)
    if not shown.caution and not is_final:
        return
    emoji, lead = ("red_circle", "This destroys:") if is_final else ("warning", "Caution:")
    yield prose_block(shown.caution or "it cannot be taken back.", lead=lead, emoji=emoji)


def is_startable(run: Run, shown: ShownStep) -> bool:
    """Whether whoever operates can begin the step now: every sign-off that binds it is given, and somebody watches."""
    step, here = run.book.by_id[shown.id], run.here
    if not isinstance(here, AtStep) or here.began is not None or run.paused is not None:
        return False
    signed = all(one.id in run.approvals for one in run.book.signoffs_of.get(step.id, ()))
    witness = isinstance(step, RunStep) and step.witness is not None
    return signed and (not witness or watcher_of(run) is not None)


def _why_here(run: Run, shown: ShownStep) -> Iterator[Block | None]:
    yield from why_here_blocks(run)
    match run.here:
        case InCall(delayed=why, runbook=runbook, asset=asset) if why:
            said = f":hourglass_flowing_sand: A run ({foreign(runbook)} on {foreign(asset)}) does this, and cannot be "
            yield section(f"{said}opened yet: {foreign(why)} Handrail tries again each half minute.")
        case InCall(ref=ref, runbook=runbook, asset=asset):
            name = f"Run *{foreign(ref)}*" if ref else "A run that is being opened"
            yield section(f":arrow_right: {name} ({foreign(runbook)} on {foreign(asset)}) does this.")
        case AwaitingRuns() as here:
            yield from waiting_blocks(run, here)
        case AtStep() as here:
            yield from _say_begun(run, here, shown)
            yield from hands_blocks(run)


def _say_begun(run: Run, here: AtStep, shown: ShownStep) -> Iterator[Block]:
    """What has happened at this visit so far, and who has to press first."""
    step = run.book.by_id[shown.id]
    if here.already:
        yield section(
            f":warning: *Done before its turn:* “{foreign(cut_to_fit(here.already, _MOST_QUOTED))}” Look first."
        )
    elif here.began is not None:
        began = foreign(run.name_of(here.began_by))
        yield context(
            f":hourglass_flowing_sand: {began} began it, {slack_date(here.began)} "
            f"({slack_date(here.began, '{ago}', 'just now')})."
        )
    elif isinstance(step, RunStep) and step.witness:
        watcher = watcher_of(run)
        others = [one for one in run.holders(step.witness) if one != run.operator]
        yield context(
            f":eyes: {foreign(run.name_of(watcher))} is watching."
            if watcher is not None
            else f":eyes: First {foreign(say_names(run, others[:3], 'or'))} ({foreign(say_role(step.witness))}) "
            "presses *I am watching*."
        )


def _values(run: Run, shown: ShownStep) -> Iterator[Block | None]:
    """What decides: what to look at, the command with its place, what is right."""
    step = run.book.by_id[shown.id]
    if isinstance(step, Decide) and shown.evidence:
        yield context("Look at this first:")
        yield command_block(shown.evidence)
    if shown.command and run.start.mode != "live":
        yield section(f":no_entry: *{say_drill(step)}*")
    yield context(f"On `{foreign(shown.host)}`") if shown.host else None
    yield _command(run, shown) if shown.command else None
    right = [*([shown.done_means.rstrip(".")] if shown.done_means else []), *shown.expects]
    yield context(f"*Right when:* {foreign('; '.join(right), 1_000)}") if right else None


def is_held_back(run: Run, shown: ShownStep) -> bool:
    """Whether nothing of a step is there to be copied yet: what destroys, before it is begun."""
    return shown.effect == "destroy" and isinstance(run.here, AtStep) and run.here.began is None


def _command(run: Run, shown: ShownStep) -> Block:
    if not is_held_back(run, shown):
        return command_block(shown.command or "")
    where = "is in the form of Begin" if shown.confirm == "type" else "comes here once it is begun"
    return context(f":lock: The command {where}.")
