"""Tells open pages that something changed: server-sent events, one stream for each page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bot.workspace.state import Change, State

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that a dead connection is noticed."""


def concerns(change: Change, user: str, state: State) -> bool:
    """Return whether this person's page may look different after the change."""
    if change.kind in ("report", "unread", "end"):
        return True  # the panel, and the badges of all personas, stand on every page; the end is everybody's
    if change.user:
        return change.user == user
    place = state.directory.channel(change.channel)
    return place is None or user in place.members


async def changes_for(state: State, user: str) -> AsyncIterator[str]:
    """Yield one server-sent event for each burst of changes that concern a person, and a comment in silence.

    Ends when the workspace stops, so that nobody has to cut an open page off.
    """
    loop = asyncio.get_running_loop()
    changed, ended = asyncio.Event(), False

    def notice(change: Change) -> None:
        nonlocal ended
        ended = ended or change.kind == "end"
        if concerns(change, user, state) and not loop.is_closed():
            loop.call_soon_threadsafe(changed.set)

    stop = state.changes.watch(notice)
    try:
        yield f"retry: 1000\ndata: {state.changes.latest}\n\n"
        while not ended:
            try:
                await asyncio.wait_for(changed.wait(), HEARTBEAT)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            changed.clear()
            yield f"data: {state.changes.latest}\n\n"
    finally:
        stop()
