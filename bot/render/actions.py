"""Buttons and menus of a run, both ways: what is offered becomes a button, and a press becomes a command."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.format.runbook import Decide, RunStep
from bot.render import message
from bot.render.message import Block
from bot.run import commands
from bot.run.after.rules import ANOTHER, QUESTIONS
from bot.run.law.offers import needs_begin, offers, people_offers, sends_back
from bot.run.law.scope import asks_for_words, confirm_of
from bot.run.places import AtStep, Over
from bot.run.state import Run

Place = Literal["button", "step", "run", "page", "post"]
PREFIX = "hr:"
"""Every `action_id` of a run's buttons and menus starts so: one listener takes them all."""
_MENU = "hr:menu:"


@dataclass(frozen=True, slots=True)
class PressedAction:
    """What a press is called, and where it stands.

    A button of its own, the step's menu, the run's menu, a page, or a post that asks for it.
    """

    label: str
    place: Place = "button"
    style: Literal["primary", "danger"] | None = None


ACTIONS: Mapping[str, PressedAction] = {
    "begin": PressedAction("Begin", style="primary"),
    "run": PressedAction("Run it", style="primary"),
    "look_again": PressedAction("Look again", style="primary"),
    "do_myself": PressedAction("I will do this myself"),
    "take_exit": PressedAction("Take it as failed"),
    "cancel_action": PressedAction("Cancel…"),
    "watch": PressedAction("I am watching"),
    "done": PressedAction("Done", style="primary"),
    "problem": PressedAction("There is a problem"),
    "unsure": PressedAction("I'm not sure"),
    "back": PressedAction("Back to where we were"),
    "approve": PressedAction("Approve…"),
    "reject": PressedAction("Reject"),
    "review": PressedAction("Review…", style="primary"),
    "accept": PressedAction("Accept", style="primary"),
    "resume": PressedAction("Resume", style="primary"),
    "help": PressedAction("I need help"),
    "done_already": PressedAction("I have done this already…", "step"),
    "skip": PressedAction("Skip…", "step"),
    "go_back": PressedAction("Go back…", "step"),
    "break_glass": PressedAction("Break glass…", "step"),
    "ask_end": PressedAction("Ask for an end…", "step"),
    "grant_end": PressedAction("Close the run so", style="primary"),
    "keep_on": PressedAction("Not that end"),
    "correct": PressedAction("Correct…", "step"),
    "note": PressedAction("Note…", "run"),
    "take_over": PressedAction("Take over", "run"),
    "hand_over": PressedAction("Hand over…", "run"),
    "pause": PressedAction("Pause…", "run"),
    "stop": PressedAction("Stop the run…", "run"),
    "on_it": PressedAction("I'm on it", "page", "primary"),
    "cannot": PressedAction("I can't", "page"),
    "lesson": PressedAction("Lessons…"),
    "follow_up": PressedAction("Follow-up…"),
    "follow_up_done": PressedAction("A follow-up is done…", "run"),
    "rate": PressedAction("Two questions…", "post"),
    "milestone": PressedAction("Put a milestone right…", "run"),
    "postmortem": PressedAction("Post-mortem…", "run"),
    "let_in": PressedAction("Let in", "post", "primary"),
    "they_left": PressedAction("They are out", "post"),
    "keep_people": PressedAction("Keep them", "post"),
}
"""Labels are a contract. `problem` asks which one it is, see `PROBLEMS`.

A menu holds five at most, so `Correct…`, which is about a step's answer, is in the step's.
"""
PROBLEMS: Mapping[str, str] = {
    "failed": "It failed",
    "in part": "It worked in part",
    "unknown": "The outcome is unknown",
    "mismatch": "What I see is not what stands here",
}
"""What *There is a problem* asks: one of these, see `offers.problems_here`."""
_ONCE_BUTTONS = ("unknown", "mismatch")
"""Answers of `PROBLEMS` that had buttons of their own: posts of that time may still show them."""
_OF_THE_RUN = ("accept", "resume", "take_over", "review", "lesson", "follow_up")


class StrangePress(ValueError):
    """A press that no button of ours could have made, or one of another version."""


@dataclass(frozen=True, slots=True)
class Press:
    """What was pressed, and the run, step and visit that the button belongs to. Who pressed is not in here."""

    run_id: str
    action: str
    step: str = ""
    visit: int = 0
    option: str = ""
    page: int = 0
    """The page that is answered."""


def label_of(run: Run, action: str) -> str:
    """The words on a button; an option of a decision has its own label."""
    name, _, option = action.partition(":")
    if name == "let_in":
        return f"{ACTIONS[name].label} {run.name_of(option.partition(':')[2])}"[:75]
    if name != "choose":
        return ACTIONS[name].label
    step = None if isinstance(run.here, Over) else run.book.by_id[run.here.step]
    labels = {one.id: one.label for one in step.options} if isinstance(step, Decide) else {}
    return labels.get(option, option)


def button(run: Run, action: str) -> Block:
    """One button of the step where the run stands; `action` is a name of `offers`: ``done``, ``choose:rows``."""
    name, _, option = action.partition(":")
    step, visit = _here(run)
    option = option_of(run, action)
    value = {"r": run.id, "s": step, "v": visit} | ({"o": option} if option else {})
    style = "danger" if name == "begin" and _destroys(run, step) else ACTIONS[name].style if name in ACTIONS else None
    return message.button(label_of(run, action), PREFIX + action, json.dumps(value, separators=(",", ":")), style)


def option_of(run: Run, action: str) -> str:
    """What a press speaks of beside its step: an option, a person, or the end that was asked for as it was read."""
    name, _, option = action.partition(":")
    return run.wish.end if name in ("grant_end", "keep_on") and run.wish is not None else option


def _destroys(run: Run, step: str) -> bool:
    found = run.book.by_id.get(step)
    return isinstance(found, RunStep) and found.effect == "destroy"


def step_buttons(run: Run) -> tuple[Block, ...]:
    """The big buttons of the step, in the order of need; `I need help` is always the last."""
    names = [name for name in offers(run) if _place(name) == "button" and name not in _OF_THE_RUN]
    names = [name for name in names if name != "back" and not name.startswith("choose:")]  # beside what they mean
    return tuple(button(run, name) for name in sorted(names, key=lambda name: name == "help"))


def run_buttons(run: Run) -> tuple[Block, ...]:
    """Buttons of the whole run that are needed now: accept, resume, review; take over when nobody operates."""
    offered = offers(run)
    names = [name for name in _OF_THE_RUN if name in offered and (name != "take_over" or run.operator is None)]
    return tuple(button(run, name) for name in names)


def people_buttons(run: Run) -> tuple[Block, ...]:
    """What a lead is asked about people who would be out, and about those who wait to be let in."""
    return tuple(button(run, name) for name in people_offers(run))[:5]


def page_buttons(run: Run, page: int) -> tuple[Block, ...]:
    """How people answer a page: it belongs to no step, and may be answered as long as the run is open."""
    named = ((name, one) for name, one in ACTIONS.items() if one.place == "page")
    value = json.dumps({"r": run.id, "p": page}, separators=(",", ":"))
    return tuple(message.button(one.label, PREFIX + name, value, one.style) for name, one in named)


def rating_button(run: Run, option: str, label: str, *, chosen: bool) -> Block:
    """One answer to one of the two questions: ``clarity=4``."""
    return _button_after(run, "rate", option, label, "primary" if chosen else None)


def finish_button(run: Run, number: int) -> Block:
    """The button of a reminder: this follow-up is done."""
    return _button_after(run, "follow_up_done", str(number), "It is done…", "primary")


def _button_after(run: Run, name: str, option: str, label: str, style: str | None) -> Block:
    value = json.dumps({"r": run.id, "s": "", "v": 0, "o": option}, separators=(",", ":"))
    return message.button(label, f"{PREFIX}{name}:{option}"[:255], value, style)


def button_again(press: Press) -> Block:
    """A button that is the same press once more, wherever it was pressed."""
    value: dict[str, object] = {"r": press.run_id, "s": press.step, "v": press.visit}
    value |= {"o": press.option} if press.option else {}
    value = {"r": press.run_id, "p": press.page} if press.page else value
    said = json.dumps(value, separators=(",", ":"))
    return message.button("Open the form", f"{PREFIX}{press.action}", said, "primary")


def step_overflow(run: Run) -> Block | None:
    """The step's menu of what is rarely needed; None when there is nothing in it."""
    return _menu(run, "step")


def run_overflow(run: Run) -> Block | None:
    """The run's menu of what is rarely needed; None when there is nothing in it."""
    return _menu(run, "run")


def _menu(run: Run, place: Place) -> Block | None:
    offered = offers(run)
    listed = [(one.label, name) for name, one in ACTIONS.items() if name in offered and one.place == place]
    step, visit = _here(run)
    return message.overflow(f"{_MENU}{place}|{run.id}|{step}|{visit}", listed) if listed else None


def read_press(payload: Mapping[str, Any]) -> Press:
    """The press behind one entry of `actions` in a `block_actions` payload; StrangePress when it is none of ours."""
    try:
        return _read_choice(payload) if payload["action_id"].startswith(_MENU) else _read_button(payload)
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as strange:
        said = f"not a button of a run: {str(payload.get('action_id'))[:80]}"
        raise StrangePress(said) from strange


def _read_button(payload: Mapping[str, Any]) -> Press:
    value = json.loads(payload["value"])
    name = payload["action_id"].removeprefix(PREFIX).partition(":")[0]
    if name in _ONCE_BUTTONS:
        return Press(_plain(value["r"]), "problem", _plain(value["s"]), int(value["v"]), name)
    if name in ACTIONS and ACTIONS[name].place == "page":
        return Press(_plain(value["r"]), name, page=int(value["p"]))
    return Press(_plain(value["r"]), _known(name), _plain(value["s"]), int(value["v"]), _plain(value.get("o", "")))


def _read_choice(payload: Mapping[str, Any]) -> Press:
    _, run_id, step, visit = payload["action_id"].split("|")
    name = payload["selected_option"]["value"]
    if name in _ONCE_BUTTONS:
        return Press(_plain(run_id), "problem", _plain(step), int(visit), name)
    return Press(_plain(run_id), _known(name), _plain(step), int(visit))


def _plain(name: object) -> str:
    """A name as our buttons carry it; ValueError for what no database could look for."""
    if not isinstance(name, str) or not name.isprintable():
        said = "not a name of ours"
        raise ValueError(said)
    return name


def _known(name: str) -> str:
    if name not in ACTIONS and name != "choose":
        said = f"no such action: {name[:40]}"
        raise ValueError(said)
    return name


def command_at_once(run: Run, press: Press) -> commands.Command | None:
    """The command that a press is by itself; None when a form has to be asked first (see ``render/dialog/forms``)."""
    match press.action:
        case "on_it":
            return commands.AnswerPage(press.page)
        case "cannot":
            return commands.DeclinePage(press.page)
        case "rate" if press.option and not press.option.endswith(f"={ANOTHER}"):
            return rating_of(press.option)
        case "let_in" | "they_left" | "keep_people":
            return _about_people(press)
        case "take_over":
            return commands.TakeOver()
        case "resume":
            return commands.Resume()
        case "cancel_action" if not isinstance(run.book.by_id.get(press.step), RunStep):
            return commands.CancelAction(press.step, press.visit)
        case "run" | "do_myself" | "look_again" | "take_exit":
            return _about_hands(run, press)
        case "watch":
            return commands.Watch(press.step, press.visit)
        case "choose" if sends_back(run, press.option):
            return None
        case "choose" | "unsure":
            return commands.Choose(press.step, press.visit, press.option or press.action)
        case "grant_end" | "keep_on":
            return commands.AnswerEnd(press.step, press.visit, press.action == "grant_end", press.option)
        case "begin" if not types_the_asset(run, press.step, "begin"):
            return commands.Begin(press.step, press.visit)
        case "done" if not asks_at_done(run, press.step):
            return commands.Finish(press.step, press.visit, "ok")
        case _:
            return None


def _about_hands(run: Run, press: Press) -> commands.Command | None:
    """What a person says to hands; None when the asset's name has to be typed first."""
    match press.action:
        case "do_myself":
            return commands.DoMyself(press.step, press.visit)
        case "look_again":
            return commands.LookAgain(press.step, press.visit)
        case "take_exit":
            return commands.Finish(press.step, press.visit, "problem")
        case _:
            typed = types_the_asset(run, press.step, "begin")
            return None if typed else commands.Begin(press.step, press.visit, hands=True)


def _about_people(press: Press) -> commands.Command | None:
    """What a lead says about people; `option` is the number of a record and, to let in, a person's id behind it."""
    of, _, person = press.option.partition(":")
    if not of.isdecimal():
        return None
    return (
        commands.LetSomebodyIn(person, int(of))
        if press.action == "let_in"
        else commands.SettlePeople(int(of), press.action[0] == "k")
    )


def rating_of(option: str) -> commands.Rate | None:
    """The answer behind a button, ``clarity=4``; None when it is none."""
    named, _, answer = option.partition("=")
    question = next((one for one in QUESTIONS if one == named), None)
    return None if question is None else commands.Rate(question, answer)


def types_the_asset(run: Run, step_id: str, action: Literal["begin", "done"]) -> bool:
    """Whether the asset's name is typed at this press: at `Begin` where there is one, else at `Done`."""
    step = run.book.by_id.get(step_id)
    if step is None or confirm_of(step) != "type":
        return False
    return needs_begin(run, step) == (action == "begin")


def asks_at_done(run: Run, step_id: str) -> bool:
    """Whether `Done` asks for something: an answer, captured values, evidence, the asset's name, or what a look saw."""
    step = run.book.by_id.get(step_id)
    looks = isinstance(run.here, AtStep) and run.here.step == step_id and bool(run.here.already)
    return step is not None and (asks_for_words(step) or looks or types_the_asset(run, step_id, "done"))


def _place(action: str) -> Place:
    name = action.partition(":")[0]
    return ACTIONS[name].place if name in ACTIONS else "button"


def _here(run: Run) -> tuple[str, int]:
    return ("", 0) if isinstance(run.here, Over) else (run.here.step, run.here.visit)
