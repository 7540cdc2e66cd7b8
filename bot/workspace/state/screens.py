"""What stands in front of a person: the stack of modals and the home tab."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Literal

from bot.workspace.state.changes import Changes
from bot.workspace.state.things import Json, View
from bot.workspace.store import Store, thaw

_ID_LENGTH = 5
STACK_LIMIT = 3
"""Slack stacks at most three modals."""


class Screens:
    """The open modals of everybody, bottom first, and their home tabs."""

    def __init__(self, changes: Changes, store: Store, clock: Callable[[], float], mint: Callable[[], str]) -> None:
        """Take up the home tabs that were kept; modals end with the process, as with a reloaded page."""
        self._changes, self._store, self._clock, self._mint = changes, store, clock, mint
        self._stacks: dict[str, list[View]] = {}
        self._homes = {user: thaw(View, body) for user, body in store.rows("home")}
        self._numbers = count(1)

    def modals(self, user: str) -> list[View]:
        """The open modals of a person, the visible one last."""
        with self._changes.lock:
            return list(self._stacks.get(user, ()))

    def home(self, user: str) -> View | None:
        """The home tab that the app published for a person."""
        return self._homes.get(user)

    def view(self, view_id: str) -> View | None:
        """The open modal or the home tab with this id."""
        with self._changes.lock:
            return next((view for view in self._all() if view.id == view_id), None)

    def view_outside(self, external_id: str) -> View | None:
        """The open view that the app named itself."""
        with self._changes.lock:
            return next((view for view in self._all() if external_id and view.external_id == external_id), None)

    def open(self, user: str, body: Json) -> View:
        """Show a modal, in the place of whatever stack is open."""
        made = self._make(user, "modal", body)
        return self._set(user, [made], made)

    def push(self, user: str, body: Json) -> View | None:
        """Put a modal on top of the open ones; None when three are open already."""
        with self._changes.lock:
            stack = self.modals(user)
            if len(stack) >= STACK_LIMIT:
                return None
            made = self._make(user, "modal", body)
            if stack:
                made = replace(made, root_id=stack[0].id, previous_id=stack[-1].id)
            return self._set(user, [*stack, made], made)

    def update(self, view: View, body: Json) -> View:
        """Put new content into an open view: same id, new hash."""
        with self._changes.lock:
            filled = self._fill(body)
            new = replace(
                view, body=filled, hash=self._hash(), external_id=str(body.get("external_id") or view.external_id)
            )
            stack = [new if each.id == view.id else each for each in self.modals(view.user)]
            return self._set(view.user, stack, new)

    def close(self, view: View) -> None:
        """Take one modal away, and those above it."""
        with self._changes.lock:
            stack = self.modals(view.user)
            below = [each.id for each in stack].index(view.id) if view in stack else len(stack)
            self._stacks[view.user] = stack[:below]
            self._changes.tell("view", user=view.user)

    def clear(self, user: str) -> None:
        """Take all modals of a person away."""
        with self._changes.lock:
            self._stacks.pop(user, None)
            self._changes.tell("view", user=user)

    def publish(self, user: str, body: Json) -> View:
        """Set the home tab of a person."""
        with self._changes.lock:
            made = self._make(user, "home", body)
            old = self._homes.get(user)
            view = replace(made, id=old.id, root_id=old.id) if old else made
            self._homes[user] = view
            self._store.keep("home", user, view)
            self._changes.tell("home", user=user)
            return view

    def _all(self) -> list[View]:
        return [*(view for stack in self._stacks.values() for view in stack), *self._homes.values()]

    def _set(self, user: str, stack: list[View], shown: View) -> View:
        with self._changes.lock:
            self._stacks[user] = stack
            self._changes.tell("view", user=user)
        return shown

    def _make(self, user: str, kind: Literal["modal", "home"], body: Json) -> View:
        made = "V" + self._mint()
        return View(
            made, user, kind, self._fill(body), self._hash(), made, external_id=str(body.get("external_id") or "")
        )

    def _hash(self) -> str:
        return f"{int(self._clock())}.{next(self._numbers):08x}"

    def _fill(self, body: Json) -> Json:
        return {**body, "blocks": list(name_blocks(body.get("blocks", ()), self._mint))}


def name_blocks(blocks: object, mint: Callable[[], str]) -> tuple[Json, ...]:
    """Give every block and every interactive element the id that Slack would: the app's own, or a made one.

    No two blocks have the same: a press on the second would be taken for one on the first.
    """
    named: list[Json] = json.loads(json.dumps(blocks or []))
    taken = {block["block_id"] for block in named if "block_id" in block}
    for block in named:
        while "block_id" not in block:
            made = mint()[-_ID_LENGTH:]  # what is minted begins alike and ends in a count
            if made not in taken:
                block["block_id"] = made
        taken.add(block["block_id"])
        parts = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        if block.get("type") in ("actions", "section", "input"):
            for part in parts:
                if isinstance(part, dict) and part.get("type") != "image":
                    part.setdefault("action_id", mint()[-_ID_LENGTH:])
    return tuple(named)
