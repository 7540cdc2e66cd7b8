"""After an end that says that this was the wrong runbook: the right one is a press away, with what was typed."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.format.catalogue import Asset
from bot.format.moments import say_moments
from bot.format.runbook import Runbook
from bot.render.dialog.start_form import say_apart
from bot.render.dialog.view import ANSWER, modal
from bot.render.message import Block, bold, button, foreign, section
from bot.run.law.plausible import DAMAGE
from bot.run.places import Over
from bot.run.state import Run

INSTEAD = "go:instead"
"""`action_id` of a button that starts another runbook instead of one that was not needed."""
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SEPARATOR = "|"


def instead_blocks(run: Run) -> Iterator[Block]:
    """What it may be instead, each with its button; whom to ask where the runbook names no other."""
    if not isinstance(run.here, Over) or run.here.outcome != "not_applicable" or not run.book.not_for:
        return
    yield section("*What is it instead?*")
    for one in run.book.not_for:
        if _ID.fullmatch(one.use):
            start = button("Start this one…", INSTEAD, _SEPARATOR.join((run.id, one.use)))
            yield section(f"{foreign(one.when)} → {foreign(one.use)}") | {"accessory": start}
        else:
            yield section(f"{foreign(one.when)} → {foreign(one.use)}")


def read_instead(value: str) -> tuple[str, str, str]:
    """The run, the runbook, and the asset where one was chosen, of a pressed button."""
    run_id, runbook, asset = (*value.split(_SEPARATOR), "", "")[:3]
    return run_id, runbook, asset


def which_asset(run: Run, book: Runbook, assets: Sequence[Asset]) -> Block:
    """A form that asks which of several assets the other runbook is to be started on."""
    listed = [
        section(f"{bold(one.name)}{say_apart(one)}")
        | {"accessory": button("Recover this", INSTEAD, _SEPARATOR.join((run.id, book.id, one.id)))}
        for one in assets[:20]
    ]
    return modal("Start recovery", section(f"{bold(book.title)}: on which of these?"), *listed)


def typed_before(run: Run, book: Runbook) -> Mapping[str, str]:
    """What the start form of the other runbook is filled in with: names that both have, the words, when it began.

    What somebody wrote in words of their own goes over where each runbook asks for words once.
    """
    here, there = run.book.inputs, book.inputs
    shared = {name: name for name in there if name in here and here[name].type == there[name].type != "secret"}
    words, wanted = ([name for name, one in inputs.items() if one.type == "text"] for inputs in (here, there))
    if len(words) == len(wanted) == 1:
        shared[wanted[0]] = words[0]
    typed = {f"{ANSWER}{name}": _typed(run, of) for name, of in shared.items() if run.vars.get(of) is not None}
    began = next((str(run.vars[name]) for name in DAMAGE if name in run.vars and name not in run.hidden), "")
    mode = {"f:mode": run.start.mode} if run.start.mode != "training" else {}
    return {"f:runbook": book.id, **typed, **({"f:damage_began": say_moments(began)} if began else {}), **mode}


def _typed(run: Run, name: str) -> str:
    value = run.vars[name]
    said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return say_moments(said) if run.book.inputs[name].type == "timestamp" else said
