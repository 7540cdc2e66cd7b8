"""What is asked back before something takes the last possible signer away: one press more, nothing typed is lost."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.render.actions import Press, label_of
from bot.render.dialog.view import Choice, FormSubject, choice_input, form, plain
from bot.render.message import Block, foreign, section
from bot.run.commands import AsksBack, DoesNotHold
from bot.run.state import Run

_WARNING, _VERDICT = "said:knowing", "f:verdict"
_BUTTON = 24
"""Characters of a button of a modal."""


def ask_again(run: Run, press: Press, asks: AsksBack) -> Block:
    """The modal of a press that is no form: what it would take away, and one button."""
    asked = replace(FormSubject.by(press), knowing=asks.again.knowing)
    pressed = f"choose:{press.option}" if press.action == "choose" else press.action
    return form(run, asked, label_of(run, pressed).rstrip("…"), _warning(asks), submit=asks.press)


def warned(view: Mapping[str, Any], asks: AsksBack) -> Block:
    """The form that was sent, or is about to be opened, with the warning on top and what was typed still in it."""
    asked = replace(FormSubject.read(view), knowing=asks.again.knowing)
    typed: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values", {})
    blocks = [_filled(one, typed) for one in view["blocks"] if one.get("block_id") != _WARNING]
    kept = {name: view[name] for name in ("title", "close", "callback_id") if name in view}
    return {
        "type": "modal", **kept, "submit": plain(asks.press, _BUTTON), "blocks": [_warning(asks), *blocks][:100],
        "private_metadata": asked.metadata,
    }  # fmt: skip


def doubted(view: Mapping[str, Any], doubt: DoesNotHold) -> Block:
    """The form that was sent, with what does not hold on top, and the question whether that is how it is."""
    typed: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values", {})
    blocks = [_filled(one, typed) for one in view["blocks"] if one.get("block_id") not in (_WARNING, _VERDICT)]
    kept = {
        name: view[name] for name in ("title", "close", "callback_id", "submit", "private_metadata") if name in view
    }
    choices = (
        Choice("again", "I looked again: take what stands above"), Choice("failed", "Record it as failed"),
    )  # fmt: skip
    verdict = choice_input(_VERDICT, "What now?", choices, optional=True)
    said = {**section(f":repeat: *{foreign(doubt.sentence, 2_800)}*"), "block_id": _WARNING}
    return {"type": "modal", **kept, "blocks": [said, *blocks[:97], verdict]}


def _warning(asks: AsksBack) -> Block:
    lead = "What you typed is not taken yet." if asks.events else "Nothing is recorded yet."
    said = section(f":warning: *{lead}* {foreign(asks.sentence, 2_800)}")
    return {**said, "block_id": _WARNING}


def _filled(block: Block, typed: Mapping[str, Mapping[str, Any]]) -> Block:
    """A field as it was filled in: Slack keeps what was typed where a field stays the same, others may not."""
    element = block.get("element")
    if not isinstance(element, dict):
        return {name: value for name, value in block.items() if name != "block_id"}  # Slack gave it one of its own
    states = list(typed.get(str(block.get("block_id")), {}).values())
    if not states:
        return block
    state, chosen = states[0], (states[0].get("selected_option") or {}).get("value")
    initial = {
        "initial_value": state.get("value"), "initial_date": state.get("selected_date"),
        "initial_option": next((one for one in _options(element) if one["value"] == chosen), None),
    }  # fmt: skip
    return {**block, "element": {**element, **{name: value for name, value in initial.items() if value}}}


def _options(element: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The lines of a choice, as they were offered: what stands there first has to be one of them, word for word."""
    for group in (element, *element.get("option_groups", ())):
        yield from group.get("options", ())
