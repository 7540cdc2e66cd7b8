"""Answers to `/recover status`, `runs`, `help` and a ref, and the sentences that refuse; for the asker's eyes only."""

from collections.abc import Iterator, Sequence

from bot.format.catalogue import Asset
from bot.format.runbook import Runbook
from bot.render.chart.graph import Chart
from bot.render.chart.text import outline
from bot.render.dialog.start_form import choose_button
from bot.render.dialog.view import modal
from bot.render.message import (
    Block,
    Message,
    bold,
    clip,
    command_block,
    compose,
    context,
    escape,
    foreign,
    rich,
    section,
    span,
    visible,
)
from bot.render.prose import say_place, say_progress
from bot.render.runs import OpenRun, list_runs, say_run
from bot.run.places import Over
from bot.run.state import Run

WORDS = ("status", "runs", "help")
"""What `/recover` answers to, beside the names of assets and the refs of runs."""
_NEAR = 10
_OUTLINE_PART, _OUTLINE_PARTS = 2_700, 12
_HELP = (
    ("/recover orders", "start to recover an asset: its id, its name, or another name of it"),
    ("/recover mine", "what waits for you: signatures, reviews, hand-overs, follow-ups"),
    ("/recover review RUNBOOK", "go through a runbook, for a peer to sign"),
    ("/recover", "choose an asset, or see the open runs"),
    ("/recover ORDERS-7", "where that run stands"),
    ("/recover status", "where the runs of this channel stand, or all that are open"),
    ("/recover runs", "every open run"),
    ("/recover oncall orders", "who is on call, who is next, what nobody covers; alone, for all ladders"),
    ("/recover ready orders", "how ready that asset is, and what to do next; alone, for all assets"),
    ("/recover show postgres-pitr", "a runbook as a flowchart, by its id or by an asset that has it"),
    ("/recover timeline ORDERS-7", "what happened in that run, as a file; add md, postmortem, json or csv"),
    ("/recover login", "a code with which you walk in a terminal, when Slack is down"),
    ("/recover logout", "end what you logged in with everywhere"),
)


def help_reply(namesake: Asset | None = None) -> Message:
    """What can be typed."""
    lines = "\n".join(f"`{words}` – {means}" for words, means in _HELP)
    text = "Type /recover and the name of an asset to start."
    more = context("In the ⋯ menu of any message, *Add to the record* keeps that message in a run.")
    return compose(text, section(f"*What you can type*\n{lines}"), more, *_namesake(namesake))


def login_reply(code: str) -> Message:
    """The code that logs its reader in at a terminal."""
    said = "Type this where you work in a terminal, within ten minutes. It counts once, and it is yours: show nobody."
    more = context("What you get for it there stays valid when Slack is down. `/recover logout` ends it.")
    return compose(
        "Your code for the terminal.", section(said), command_block("handrail login"), command_block(code), more
    )


def logout_reply(tokens: int) -> Message:
    """How many logins have ended."""
    said = {0: "You were logged in nowhere.", 1: "You are logged out of the one terminal where you were logged in."}
    return compose(words := said.get(tokens, f"You are logged out of all {tokens} terminals."), section(words))


def runs_reply(runs: Sequence[OpenRun], namesake: Asset | None = None) -> Message:
    """Open runs, newest first; at most 40."""
    if not runs:
        none = "No run is open. Type /recover and the name of an asset to start."
        return compose(none, section(none), *_namesake(namesake))
    text = f"{len(runs)} open: {', '.join(run.ref for run in runs[:20])}"
    return compose(text, section(f"*Open runs: {len(runs)}*"), *list_runs(runs, most=40), *_namesake(namesake))


def status_reply(runs: Sequence[tuple[OpenRun, Run]], count: int, namesake: Asset | None = None) -> Message:
    """Where each of these runs stands, in words; `count` is how many there are in all."""
    if not runs:
        return runs_reply((), namesake)
    text = "; ".join(f"{run.ref}: {say_place(state)}" for run, state in runs)
    told = [block for run, state in runs for block in _standing(run, state)]
    more = context(f"and {count - len(runs)} more; `/recover runs` lists them.") if count > len(runs) else None
    return compose(text, *told, more, *_namesake(namesake))


def run_reply(run: OpenRun, state: Run, link: str = "") -> Message:
    """One run: what it is, where it stands, and the way there."""
    there = section(f"<{escape(link)}|Open {run.ref}>") if link else None
    return compose(f"{run.ref}: {say_place(state)}", *_standing(run, state), there)


def join_view(run: OpenRun, state: Run, link: str = "") -> Block:
    """The same in a modal, for whoever pressed Join."""
    there = section(f"<{escape(link)}|Open the card of {run.ref}>") if link else None
    return modal(f"Join {run.ref}", *_standing(run, state), there)


def _standing(run: OpenRun, state: Run) -> list[Block]:
    progress = say_progress(state)
    ended = state.here.reason if isinstance(state.here, Over) else ""
    said = " · ".join(foreign(part, 300) for part in (say_place(state), progress, ended) if part)
    return [section(say_run(run)), context(said)]


def unknown_ref_reply(ref: str, near: Sequence[Asset] = ()) -> Message:
    """A ref that no run has; it may have been an asset that was meant."""
    said = f"No run is called {ref[:40]}. Type /recover runs to see those that are open."
    meant = [section(f"Or did you mean {bold(one.name)}?") | {"accessory": choose_button(one)} for one in near[:3]]
    return compose(said, section(foreign(said)), *meant)


def drawing_reply(book: Runbook) -> Message:
    """The picture is under way."""
    said = f"The flowchart of {foreign(book.title, 75)} comes to this channel in a moment."
    return compose(f"Drawing {book.id}.", section(said))


def outline_reply(chart: Chart) -> Message:
    """A runbook as text, where its picture could not be shared: as much as a message holds, and where the rest is."""
    said = "The picture could not be shared here, so this is the outline. Invite Handrail to the channel for pictures."
    parts = list(_cut(outline(chart)))
    more = context(f"There is more: `handrail show {foreign(chart.book.id)}`") if len(parts) > _OUTLINE_PARTS else None
    shown = (rich({"type": "rich_text_preformatted", "elements": [span(one)]}) for one in parts[:_OUTLINE_PARTS])
    return compose(f"{chart.book.title}: the outline", section(said), *shown, more)


def _cut(text: str) -> Iterator[str]:
    """Text in pieces that Slack takes, cut at the ends of lines."""
    here = ""
    for line in visible(text).splitlines():
        if here and len(here) + len(line) > _OUTLINE_PART:
            yield here
            here = ""
        here += clip(line, 600) + "\n"
    yield here


def unknown_runbook_reply(named: str, near: Sequence[Runbook]) -> Message:
    """No runbook, or no single one, is called so: those that may be meant."""
    said = f"“{foreign(named, 60)}” is not one runbook." if named else "Name a runbook."
    lines = "\n".join(f"`/recover show {one.id}` – {foreign(one.title, 75)}" for one in near[:_NEAR])
    more = context(f"and {len(near) - _NEAR} more") if len(near) > _NEAR else None
    none = "No runbook is ready here."
    return compose(
        f"Name a runbook: {', '.join(one.id for one in near[:_NEAR])}", section(said), section(lines or none), more
    )


def _namesake(asset: Asset | None) -> list[Block]:
    """An asset that is called like one of our words is not passed over in silence."""
    if asset is None:
        return []
    words = section(f"There is also an asset called {foreign(asset.name, 75)}.")
    return [words | {"accessory": choose_button(asset)}]


def homeless_sentence(ref: str, why: str, page: str) -> str:
    """That a run has begun, and that no channel takes its card; how to go on all the same."""
    link = f", or look at {page}" if page else ""
    return (
        f"{ref} has started and is on record, but Slack takes its card nowhere ({why or 'nobody knows why'}). "
        f"Go on at a terminal: handrail walk {ref}{link}. Call people yourself; Handrail tries Slack again each minute."
    )


def failure_sentence(reference: str) -> str:
    """What a person is told when something broke: never that it was recorded."""
    said = "That did not work, and it may not be on record. Look at the run before you press again."
    return f"{said} If it goes on, tell whoever looks after Handrail this reference: {reference}"
