"""The forms of a step: what was found, what went wrong, why it is skipped, where to go back to."""

from collections.abc import Iterator

from bot.format.moments import say_moments
from bot.format.pieces import Capture, TypedField
from bot.format.runbook import IN_PART, Check, Decide, Do, End, RunStep, StepBase, failure_exits
from bot.render.actions import PROBLEMS, types_the_asset
from bot.render.dialog.view import Choice, FormSubject, choice_input, field_input, form, words_input
from bot.render.message import Block, command_block, context, foreign, prose_block, section
from bot.render.prose import join_words, say_exit, say_names, say_outcome, say_undo, say_who
from bot.run.law.offers import earlier_steps, ends_to_ask, is_signed_for, problems_here, unknown_since
from bot.run.law.plausible import DAMAGE
from bot.run.law.scope import ShownStep, show_step, title_of
from bot.run.places import AtStep, Visit
from bot.run.state import Run

_TEXT = TypedField(type="text")


def ask_begin(run: Run, asked: FormSubject) -> Block:
    """The asset's name is typed before something is destroyed; what it is stands above the field."""
    shown = _shown(run, asked)
    return form(run, asked, "Begin", *_what_it_does(shown), _asset_input(run), submit="Begin")


def ask_run(run: Run, asked: FormSubject) -> Block:
    """As `ask_begin`, for what Handrail runs itself."""
    shown = _shown(run, asked)
    return form(run, asked, "Run it", *_what_it_does(shown), _asset_input(run), submit="Run it")


def ask_done(run: Run, asked: FormSubject) -> Block:
    """The answer, the captured values, the evidence, or the asset's name: whatever this step wants at `Done`."""
    step, shown = _step(run, asked), _shown(run, asked)
    source = (command_block(shown.command), _say_host(shown)) if shown.command and shown.captures else ()
    already = isinstance(run.here, AtStep) and bool(run.here.already)
    label = "What did you see when you looked?" if already else "What shows that it is done?"
    evidence = (
        words_input(
            label, name="note", hint="A link, or a few words on what you saw.", typed=_said_before(run, asked.step)
        )
        if already or (shown.evidence == "required" and shown.kind == "do")
        else None
    )
    asset = _asset_input(run) if types_the_asset(run, asked.step, "done") else None
    return form(run, asked, "Done", *source, *_value_inputs(run, step, shown), evidence, asset, submit="Done")


def ask_problem(run: Run, asked: FormSubject) -> Block:
    """Which problem it is, each with where it leads, and what is seen, as far as there is time to say it."""
    which = problems_here(run)
    choices = [Choice(one, PROBLEMS[one], _leads_to(run, asked, one)) for one in which]
    chosen = asked.option if asked.option in which else which[0] if len(which) == 1 else ""
    never = context("What worked in part, or is unknown, is not run again by itself: somebody looks first.")
    words = words_input(
        "What do you see?", name="note", optional=True, hint="Copy the error, or say it in a few words."
    )
    return form(
        run, asked, "There is a problem", choice_input("f:which", "Which is it?", choices, chosen=chosen), words,
        never if "in part" in which else None, submit="Report it",
    )  # fmt: skip


def ask_back(run: Run, asked: FormSubject) -> Block:
    """Back to where we were: what was decided, and over a step whose outcome nobody knows what a look has shown."""
    target = run.held_from or asked.step
    look = _look_input(run, target, optional=False) if unknown_since(run, target) else None
    return form(run, asked, "Back to where we were", _decision_input(), look, submit="Go back")


def ask_decision(run: Run, asked: FormSubject) -> Block:
    """What was decided, by whoever sends the run back from the hold."""
    step = _step(run, asked)
    options = step.options if isinstance(step, Decide) else ()
    label = next((one.label for one in options if one.id == asked.option), "Go back")
    said = context(f"Next: {foreign(title_of(run, run.book.target(step, asked.option)), 150)}")
    return form(run, asked, label, said, _decision_input(), submit="Go on")


def _decision_input() -> Block:
    return words_input("What was decided?", name="note", hint="It stands on the card of the next step.")


def ask_what_was_done(run: Run, asked: FormSubject) -> Block:
    """What was done before its turn, and what follows from that."""
    if is_signed_for(run.book, _step(run, asked)):
        who = foreign(say_names(run, run.holders("lead")[:5], "or"))
        said = f"This needs a second person. The run holds until somebody has looked, and Handrail calls {who}. "
        said += "Before the run can close as recovered, somebody who did not operate reviews it."
    else:
        said = "It is on record as done before its turn. Look how it stands, then press *Done*."
    words = words_input("What was done, by whom and when?")
    return form(run, asked, "Done already", section(said), words, submit="Record it")


def ask_for_an_end(run: Run, asked: FormSubject) -> Block:
    """Which end, and because of what; the lead answers with one press."""
    ends = [run.book.by_id[one] for one in ends_to_ask(run)]
    choices = [Choice(one.id, title_of(run, one.id), say_outcome(one.outcome)) for one in ends if isinstance(one, End)]
    return form(
        run, asked, "Ask for an end", choice_input("f:end", "How should the run close?", choices),
        words_input("Because?"), submit="Ask the lead",
    )  # fmt: skip


def ask_skip(run: Run, asked: FormSubject) -> Block:
    """Why the step is left out."""
    return form(run, asked, "Skip this step", words_input("Why is it skipped?"), submit="Skip")


def ask_cancelling(run: Run, asked: FormSubject) -> Block:
    """What it means to end a command that changes something."""
    said = (
        "It is ended where it stands: nobody knows then what it did. The run goes on where the runbook says for that, "
        "and somebody looks. Nothing is tried again by itself."
    )
    words = words_input("Why?", optional=True, hint="For whoever looks after it.")
    return form(run, asked, "Cancel this", section(said), words, submit="Cancel it")


def ask_go_back(run: Run, asked: FormSubject) -> Block:
    """Where to, newest first, and why; a look when something unknown would be crossed."""
    steps = list(earlier_steps(run))
    choices = [Choice(step, title_of(run, step), _last_visit(run, step)) for step in steps]
    crossed = [step for step in steps if unknown_since(run, step)]
    return form(
        run,
        asked,
        "Go back",
        choice_input("f:to", "Back to which step?", choices),
        words_input("Why?"),
        _look_input(run, crossed[-1], optional=True) if crossed else None,
        submit="Go back",
    )


def ask_help(run: Run, asked: FormSubject) -> Block:
    """Who is called, and what for."""
    leads = run.holders("lead") or run.holders("operator")
    said = section(f"Handrail calls {foreign(say_names(run, leads[:5]))}. The run stays where it is.")
    words = words_input("What do you need?", optional=True)
    return form(run, asked, "I need help", said, words, submit="Ask for help")


def _step(run: Run, asked: FormSubject) -> StepBase:
    return run.book.by_id[asked.step]


def _shown(run: Run, asked: FormSubject) -> ShownStep:
    return show_step(run, _step(run, asked))


def _what_it_does(shown: ShownStep) -> Iterator[Block | None]:
    yield prose_block(shown.caution, emoji="warning") if shown.caution else None
    yield command_block(shown.command) if shown.command else None
    yield _say_host(shown)
    if shown.undo:
        lead, undo = say_undo(shown.undo, shown.effect)
        yield prose_block(undo, lead=f"{lead}:")


def _say_host(shown: ShownStep) -> Block | None:
    return context(f"On {foreign(shown.host, 200)}") if shown.host else None


def _asset_input(run: Run) -> Block:
    name = run.start.asset.name
    return words_input("Type the asset's name", name="typed", several_lines=False, hint=f"Type: {name}")


def _value_inputs(run: Run, step: StepBase, shown: ShownStep) -> Iterator[Block]:
    names = ([shown.answer] if shown.answer else []) + list(shown.captures)
    for name in names:
        field = run.book.fields.get(name, _TEXT)
        yield field_input(name, field, typed=_typed_before(run, step, name), hint=_value_hint(step, shown, name))


def _typed_before(run: Run, step: StepBase, name: str) -> str:
    """What was typed here the last time, or at the start: to be put right, not to be typed again."""
    given, field = run.given.get(name), run.book.fields.get(name)
    if name in DAMAGE and given is None:
        name, given = DAMAGE[-1], run.given.get(DAMAGE[-1])
    known = given is not None and given.step in (step.id, None)
    blind = isinstance(step, Do) and step.answer is not None and step.answer.blind
    if not known or blind or name in run.hidden or (field is not None and field.type == "secret"):
        return ""
    value = run.vars.get(name)
    said = "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return say_moments(said) if field is not None and field.type == "timestamp" else said


def _said_before(run: Run, step: str) -> str:
    """The words with which this step was done the last time."""
    return next((one.said for one in reversed(run.done) if one.step == step and one.exit == "ok"), "")


def _value_hint(step: StepBase, shown: ShownStep, name: str) -> str:
    """Where the value is read, and what must hold of it; nothing is given away of a blind answer."""
    if name == shown.answer:
        if shown.blind:
            return "Hidden from the others until it has been compared."
        return f"Expected: {join_words(shown.expects)}." if shown.expects else ""
    capture = step.capture.get(name) if isinstance(step, Check | RunStep) else None
    return _source_of(capture) if capture else ""


def _source_of(capture: Capture) -> str:
    if capture.from_ == "exit":
        return "The command's exit code."
    return "From the command's output."


def _look_input(run: Run, target: str, *, optional: bool) -> Block:
    titles = [f"“{title_of(run, step)}”" for step in unknown_since(run, target)]
    ended = f"Nobody knows yet how {join_words(titles)} ended. Look first." if titles else ""
    return words_input("What did you find when you looked?", name="look", hint=ended, optional=optional)


def _last_visit(run: Run, step: str) -> str:
    found: Visit | None = next((visit for visit in reversed(run.done) if visit.step == step), None)
    return "" if found is None else f"{say_exit(run, found)}, {say_who(run, found.by)}"


def _leads_to(run: Run, asked: FormSubject, problem: str) -> str:
    """Where the run goes next, so that saying it is no leap in the dark."""
    step, book = _step(run, asked), run.book
    failure = next((one for one in ("problem", "fail") if one in failure_exits(step)), "")
    exit_ = {"failed": failure, "in part": IN_PART, "unknown": "timeout"}.get(problem)
    target = book.exception if exit_ is None else book.target(step, exit_)
    return f"Next: {title_of(run, target)}"
