"""Buttons as keys: one letter for each thing that can be done now, always the same one."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.render.actions import ACTIONS, Press, label_of
from bot.render.paging.standing import asking_pages
from bot.run.law.offers import offers
from bot.run.places import Over
from bot.run.state import Run

KEYS: Mapping[str, str] = {
    "begin": "b", "run": "b", "look_again": "A", "do_myself": "z", "take_exit": "T",
    "watch": "w", "done": "d", "problem": "p", "unsure": "u", "back": "b",
    "approve": "a", "reject": "r", "review": "v", "accept": "e", "resume": "r", "help": "h",
    "skip": "s", "go_back": "g", "break_glass": "G", "correct": "c", "note": "n", "take_over": "t",
    "hand_over": "o", "pause": "P", "stop": "X", "on_it": "y", "cannot": "x",
    "lesson": "L", "follow_up": "f", "follow_up_done": "F", "rate": "Q", "milestone": "M", "let_in": "I",
    "they_left": "O", "keep_people": "K", "done_already": "D", "ask_end": "E", "grant_end": "C", "keep_on": "N",
}  # fmt: skip
"""Each key is a letter of its label where one was free. Capitals are for what should not happen by a slip."""
_BIG = (
    "begin",
    "run",
    "look_again",
    "do_myself",
    "take_exit",
    "watch",
    "done",
    "problem",
    "unsure",
    "back",
    "approve",
    "reject",
    "review",
    "accept",
    "on_it",
    "lesson",
    "follow_up",
    "rate",
    "grant_end",
    "keep_on",
    "let_in",
    "they_left",
    "keep_people",
)
OF_THE_PROGRAM: Mapping[str, str] = {
    "i": "What to know",
    "l": "What happened so far",
    "?": "All keys",
    "q": "Leave (the run stays open)",
}
"""Keys that ask nothing of the run."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does: an action of `offers`, or one of `OF_THE_PROGRAM` when `action` is empty."""

    key: str
    label: str
    action: str = ""
    big: bool = False
    """One of the few that the step is about; the others are rarely needed."""


def keys_of(run: Run) -> tuple[Key, ...]:
    """What can be pressed now: the step's own first, in the order of the card."""
    offered = offers(run)
    options = [name for name in offered if name.startswith("choose:")]
    numbered = {name: str(number) for number, name in enumerate(options, 1)}
    answers = [name for name, one in ACTIONS.items() if one.place == "page"] if asking_pages(run) else []
    each = {key.key: key for key in reversed([_key(run, name, numbered) for name in (*offered, *answers)])}
    now = reversed(each.values())  # of several people who wait, the first; the next comes when they are in
    return tuple(sorted(now, key=lambda key: not key.big)) + tuple(Key(*one) for one in OF_THE_PROGRAM.items())


def _key(run: Run, action: str, numbered: Mapping[str, str]) -> Key:
    if action in numbered:
        return Key(numbered[action], label_of(run, action), action, big=True)
    big = (
        action.partition(":")[0] in _BIG
        or action in ("help", "resume")
        or (action == "take_over" and run.operator is None)
    )
    return Key(KEYS[action.partition(":")[0]], label_of(run, action), action, big)


def press_of(run: Run, action: str) -> Press:
    """The press that a key stands for, as a button of the step where the run stands would carry it."""
    name, _, option = action.partition(":")
    if name in ACTIONS and ACTIONS[name].place == "page":
        return Press(run.id, name, page=next((page.number for page in reversed(asking_pages(run))), 0))
    step, visit = ("", 0) if isinstance(run.here, Over) else (run.here.step, run.here.visit)
    return Press(run.id, name, step, visit, option)
