"""What stands below the buttons of a step: where each answer leads, and what one may want to know besides."""

from collections.abc import Iterator

from bot.format.runbook import RunStep
from bot.format.text import spoken_duration
from bot.render.above import is_held_back
from bot.render.message import Block, context, foreign, prose_block, quote_block, rich, span
from bot.render.onward import onward_block
from bot.render.prose import say_undo
from bot.render.signoff import terms_blocks
from bot.render.why_here import whole_quote
from bot.run.law.scope import ShownStep
from bot.run.places import AtStep, AwaitingSignature
from bot.run.state import Run

_WORDS = {"change": "*changes* things", "read": "only reads"}


def below_blocks(run: Run, shown: ShownStep, rest: str) -> Iterator[Block | None]:
    """Where it leads, the rest of what to do, why, what it does to the world, how it is taken back, what is asked."""
    yield onward_block(run)
    yield prose_block(rest, lead="More:") if rest else None
    words = whole_quote(run)
    yield quote_block(words) if words else None
    if isinstance(run.here, AwaitingSignature):
        yield context("*Approve…* shows the whole text, with commands and the way back, before you sign.")
        yield from terms_blocks(run, run.here)
        return
    yield context(f"*Why:* {foreign(shown.why)}") if shown.why else None
    facts = " · ".join(_facts(run, shown))
    yield context(facts) if facts else None
    yield _undo(run, shown) if shown.undo else None
    asked = _say_asked(run, shown)
    yield context(asked) if asked else None


def _undo(run: Run, shown: ShownStep) -> Block:
    """How it is taken back: a command word for word, to be copied, once the step's own command is there too."""
    lead, undo = say_undo(shown.undo or "", shown.effect)
    if lead != "Undo" or undo.startswith("Step “"):
        return context(f"*{lead}:* {foreign(undo, 1_000)}")
    if is_held_back(run, shown):
        return context(f"*{lead}:* There is a command for it, beside this one.")
    return rich({"type": "rich_text_section", "elements": [span(f"{lead}: ", "bold"), span(undo, "code")]})


def _facts(run: Run, shown: ShownStep) -> Iterator[str]:
    step = run.book.by_id[shown.id]
    if shown.effect in _WORDS:
        yield _WORDS[shown.effect]
    if isinstance(step, RunStep) and step.effect != "read":
        yield "may be done again" if step.idempotent else "*once only*: a second time may do harm"
    if shown.typical:
        yield f"usually {spoken_duration(shown.typical)}"


def _say_asked(run: Run, shown: ShownStep) -> str:
    """What the buttons will ask for."""
    here, step = run.here, run.book.by_id[shown.id]
    if not isinstance(here, AtStep):
        return ""
    if here.began is None and shown.confirm == "type":
        return f":lock: You will type the asset's name: *{foreign(run.start.asset.name)}*."
    asked = [*([shown.answer] if shown.answer else []), *shown.captures]
    if not asked or (here.began is None and isinstance(step, RunStep)):
        return ""
    hidden = " The others see it only once it has been compared." if shown.blind else ""
    fields = run.book.fields
    names = [(fields[name].ask if name in fields else None) or name for name in asked]
    return f"Done asks you for: {foreign(', '.join(names), 500)}.{hidden}"
