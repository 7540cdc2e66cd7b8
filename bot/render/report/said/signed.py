"""What was put before the signers, in words: what would be done where, with what values, and how it is undone."""

import json
from collections.abc import Iterator, Mapping

from bot.render.prose import MODES, say_undo, spoken_name
from bot.run.law.signing import BoundStep, SigningContent, read_content

_EFFECTS = {"destroy": "destroys data", "change": "changes things", "read": "only reads"}


def say_content(content: str, shown: Mapping[str, str]) -> str:
    """Several lines of plain text. `shown`: values as others may see them, by name, in place of what is hidden.

    Content that cannot be read as this version writes it is given back as it is.
    """
    try:
        return "\n".join(_lines(read_content(content), shown))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError):
        return content


def _lines(content: SigningContent, shown: Mapping[str, str]) -> Iterator[str]:
    mode = MODES.get(content.mode, content.mode)
    yield f"{content.title} – {content.asset_name} ({content.asset}), {mode}"
    if content.say:
        yield content.say
    for number, step in enumerate(content.steps, 1):
        yield from _step_lines(number, step)
    for name, value in content.vars:
        masked = shown.get(name, "")
        yield f"{spoken_name(name).capitalize()}: {masked if masked.startswith('‹') else value}"
    for file in content.files:
        yield f"File: {file}"
    if content.readback:
        yield f"To read back: {spoken_name(content.readback)}"


def _step_lines(number: int, step: BoundStep) -> Iterator[str]:
    effect = f" – {_EFFECTS[step.effect]}" if step.effect in _EFFECTS else ""
    yield f"{number}. {step.title}{effect}{f', on {step.host}' if step.host else ''}"
    if step.command:
        yield f"   $ {step.command}"
    if step.caution:
        yield f"   Caution: {step.caution}"
    if step.undo:
        lead, words = say_undo(step.undo, step.effect)
        yield f"   {lead}: {words}"
