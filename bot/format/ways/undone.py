"""What a run has changed and nobody has taken back: still switched off, stopped or blocked."""

from collections.abc import Iterable

from bot.format.runbook import IN_PART, Runbook, RunStep

_CHANGED = frozenset({"ok", "timeout", IN_PART, "done already"})
"""How a change ends that may hold: it went well, or nobody knows."""


def changes_left(book: Runbook, walked: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """(The step that changed something, the step that takes it back), of each change whose undo was not walked since.

    `walked` are the visits that came to an end, as (step, exit), in their order. Only changes that name a step as their
    undo are looked at: whether a command was typed back is not in the record.
    """
    left: dict[str, str] = {}
    for step_id, exit_ in walked:
        taken_back = [one for one, undo in left.items() if undo == step_id and exit_ == "ok"]
        for one in taken_back:
            del left[one]
        step = book.by_id.get(step_id)
        if not taken_back and isinstance(step, RunStep) and step.effect != "read" and exit_ in _CHANGED:
            undo = step.undo.step if step.undo is not None else None
            if undo is not None:
                left[step_id] = undo
    return tuple(left.items())
