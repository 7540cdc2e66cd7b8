"""Which form belongs to which press, and the command that comes of it once it is filled in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from bot.render import after as after_forms
from bot.render.actions import Press
from bot.render.dialog import run_forms, signing_form, step_forms
from bot.render.dialog.view import FormSubject, answers_in
from bot.render.message import Block
from bot.run import commands
from bot.run.places import AwaitingSignature
from bot.run.situation import Somebody
from bot.run.state import Run

_FORMS: Mapping[str, Callable[[Run, FormSubject], Block]] = {
    "begin": step_forms.ask_begin,
    "run": step_forms.ask_run,
    "done": step_forms.ask_done,
    "problem": step_forms.ask_problem,
    "back": step_forms.ask_back,
    "choose": step_forms.ask_decision,
    "done_already": step_forms.ask_what_was_done,
    "ask_end": step_forms.ask_for_an_end,
    "cancel_action": step_forms.ask_cancelling,
    "skip": step_forms.ask_skip,
    "go_back": step_forms.ask_go_back,
    "help": step_forms.ask_help,
    "approve": signing_form.ask_readback,
    "reject": signing_form.ask_rejection,
    "break_glass": signing_form.ask_break_glass,
    "review": signing_form.ask_review,
    "note": run_forms.ask_note,
    "hand_over": run_forms.ask_hand_over,
    "accept": run_forms.ask_accept,
    "pause": run_forms.ask_pause,
    "correct": run_forms.ask_correct,
    "stop": run_forms.ask_stop,
    "lesson": after_forms.ask_lesson,
    "follow_up": after_forms.ask_follow_up,
    "follow_up_done": after_forms.ask_finished,
    "rate": after_forms.ask_question,
    "milestone": after_forms.ask_milestone,
    "postmortem": after_forms.ask_postmortem,
}


OWNED = {"follow_up": after_forms.ask_follow_up, "postmortem": after_forms.ask_postmortem}
"""Forms in which somebody of the catalogue may be chosen, beside the run's people."""
FORMED = frozenset(_FORMS)
"""The actions that have a form."""


def ask(run: Run, press: Press, others: Iterable[Somebody] = ()) -> Block:
    """The form behind a press that is no command by itself. The run must stand where the press belongs.

    `others` are people of the catalogue who may own a follow-up or the post-mortem beside the run's own.
    """
    if press.action in OWNED:
        return OWNED[press.action](run, FormSubject.by(press), others)
    return _FORMS[press.action](run, FormSubject.by(press))


def command_of(asked: FormSubject, typed: Mapping[str, str]) -> commands.Command:
    """The command that a filled form stands for; `typed` is `block_id` -> text."""
    command = _command_at_step(asked, typed)
    return (
        replace(command, knowing=asked.knowing) if asked.knowing and isinstance(command, commands.Knowing) else command
    )


def _command_at_step(asked: FormSubject, typed: Mapping[str, str]) -> commands.Command:
    own = {name.removeprefix("f:"): text for name, text in typed.items()}
    words, note, look = own.get("words", ""), own.get("note", ""), own.get("look", "")
    step, visit = asked.step, asked.visit
    match asked.action:
        case "begin":
            return commands.Begin(step, visit, own.get("typed", ""))
        case "run":
            return commands.Begin(step, visit, own.get("typed", ""), hands=True)
        case "done":
            return commands.Finish(
                step, visit, "ok", answers_in(typed), note, own.get("typed", ""), verdict=own.get("verdict", "")
            )
        case "problem" | "unknown" | "mismatch":  # the last two are forms that were open while Handrail was renewed
            return _problem(asked, own.get("which", asked.option or asked.action), note or words)
        case "back" | "choose" | "unsure":
            return commands.Choose(step, visit, asked.option or asked.action, note, look)
        case "done_already":
            return commands.SayDone(step, visit, words)
        case "ask_end":
            return commands.AskEnd(step, visit, own.get("end", ""), words)
        case "approve":
            return commands.Sign(step, visit, asked.digest, own.get("readback", ""))
        case "reject":
            return commands.Reject(step, visit, words)
        case "break_glass":
            return commands.BreakGlass(step, visit, words)
        case "cancel_action":
            return commands.CancelAction(step, visit, words)
        case "skip":
            return commands.Skip(step, visit, words)
        case "go_back":
            return commands.GoBack(step, visit, own.get("to", ""), words, look)
        case "help":
            return commands.AskHelp(step, visit, words)
        case _:
            return _command_of_run(asked, own)


def _problem(asked: FormSubject, which: str, words: str) -> commands.Command:
    """One of `PROBLEMS`; while nobody has said which, the one that may be said anywhere."""
    outcome = {"failed": "problem", "in part": "in part", "unknown": "unknown"}.get(which)
    if outcome is None:
        return commands.Mismatch(asked.step, asked.visit, words)
    return commands.Finish(asked.step, asked.visit, outcome, note=words)


def _command_of_run(asked: FormSubject, own: Mapping[str, str]) -> commands.Command:
    words = own.get("words", "")
    match asked.action:
        case "note":
            return commands.AddNote(words, own.get("happened_at") or None)
        case "take_over":
            return commands.TakeOver()
        case "hand_over":
            return commands.HandOver(own.get("to", ""), words)
        case "accept":
            return commands.Accept()
        case "pause":
            return commands.Pause(words)
        case "correct":
            seq, _, name = own.get("which", "").partition(":")
            return commands.Correct(int(seq) if seq.isdecimal() else 0, name, own.get("text", ""), words)
        case "stop":
            return commands.Stop(words)
        case "review":
            return commands.ReviewGlass(words)
        case _:
            said = after_forms.command_after(asked, own)
            if said is not None:
                return said
            message = f"no form is called {asked.action[:40]}"
            raise ValueError(message)


def rehearsal_of(run: Run, press: Press) -> commands.Command | None:
    """The same press with nothing typed yet. The answer to it tells whether the form is worth opening.

    A refusal that speaks of a field means that only the typing is missing. None for `Correct…`: who may correct
    depends on the value, which is chosen in the form.
    """
    digest = run.here.digest if isinstance(run.here, AwaitingSignature) else ""
    return None if press.action == "correct" else command_of(FormSubject.by(press, digest), {})
