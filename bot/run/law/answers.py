"""What a person typed at a step, checked and typed: how a step ends, and what it leaves behind."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.format.moments import say_moment
from bot.format.pieces import Condition, TypedField, Value, read_instant
from bot.format.runbook import (
    IN_PART,
    TRY_AGAIN,
    ByHand,
    Call,
    Check,
    Do,
    RunStep,
    Signoff,
    Step,
    StepBase,
    Wait,
    captures_of,
)
from bot.format.text import TextProblem, fill
from bot.format.values import (
    BadValue,
    failing,
    failing_tests,
    parse_value,
    spoken_failure,
    spoken_instant,
    spoken_test,
)
from bot.run.commands import AsksBack, Correct, DoesNotHold, Finish, Refused, TakeChildOutcome
from bot.run.events import CallReturned, ReadingTaken, StepFinished
from bot.run.law.plausible import ask_about_times, require_past
from bot.run.law.scope import compared_vars, ground_of, judged_by_hand, names_of, title_of
from bot.run.law.signing import digest_text
from bot.run.places import AtStep, InCall
from bot.run.state import Run

MOST_WORDS = 3000
NOT_KEPT = "‹not kept›"
_INSTANT = TypedField(type="timestamp")


def require_words(text: str, *, field: str = "words") -> str:
    """Something was typed, and not too much of it."""
    words = text.strip()
    if not words:
        raise Refused("Write a few words: why?", field=field)
    if len(words) > MOST_WORDS:
        raise Refused(f"Write at most {MOST_WORDS} characters; this has {len(words)}.", field=field)
    return words


def require_name(run: Run, typed: str) -> None:
    """The asset's name (or id) was typed, so that a destructive click is never the wrong window's."""
    asset = run.start.asset
    if typed.strip().casefold() not in (asset.name.casefold(), asset.id.casefold()):
        raise Refused(f"Type the name of the asset that this changes: {asset.name}", field="typed")


def require_decision(words: str) -> None:
    """Nobody is sent back from the hold without a word: what was decided stands on the card."""
    if not words.strip():
        raise Refused("Write what was decided, so that the next one does not go round again.", field="note")


def require_readback(run: Run, step: Signoff, typed: str) -> None:
    """What the signer typed is what is being signed; the sentence never tells the right value."""
    wrong = "That is not what is being signed. Read it on the post and type it as it stands there."
    if step.readback is None:
        asset = run.start.asset
        if typed.strip().casefold() not in (asset.id.casefold(), asset.name.casefold()):
            raise Refused(wrong, field="readback")
        return
    field, value = run.book.fields.get(step.readback), run.vars.get(step.readback)
    if value is None or field is None:
        raise Refused(
            f"“{step.readback}” has no value, so it cannot be signed. Reject it and say so.", field="readback"
        )
    try:
        same = parse_value(field, typed) == value or str(value) == typed.strip()
    except BadValue as bad:
        raise Refused(str(bad), field="readback") from None
    if not same and not _same_instant(field.type, typed, str(value)):
        raise Refused(wrong, field="readback")


def _same_instant(kind: str, typed: str, value: str) -> bool:
    """Whether two instants are one, written with different offsets."""
    if kind != "timestamp":
        return False
    return read_instant(parse_value(_INSTANT, typed)) == read_instant(value)


def parse_answer(run: Run, name: str, text: str) -> Value:
    """What was typed for a declared name, as it is kept; Refused beside its field. A secret is checked and not kept."""
    field = run.book.fields.get(name) or (_INSTANT if name == "damage_began" else TypedField(type="text"))
    try:
        value = parse_value(field, text)
    except BadValue as bad:
        raise Refused(str(bad), field=name) from None
    return NOT_KEPT if field.type == "secret" else value


def finish_step(run: Run, step: Step, here: AtStep, command: Finish, at: datetime) -> StepFinished:
    """How the step ends: by the person's word, and by what its expectation says of the values they typed."""
    finished = _finish(run, step, here, command)
    if finished.exit == "ok" or finished.blind:
        typed = {name: value for name, value in finished.answers.items() if name in command.answers}
        ask_about_times(run, typed, at, command)
    return replace(finished, exit=TRY_AGAIN) if is_tried_again(step, here.visit, finished.exit) else finished


def is_tried_again(step: StepBase, visit: int, exit_: str) -> bool:
    """Whether a step that fails at this visit is tried again, before its failure leads on."""
    again = getattr(step, "again", None)
    return exit_ in {"fail", "problem"} and again is not None and visit <= again


def _finish(run: Run, step: Step, here: AtStep, command: Finish) -> StepFinished:
    note = command.note.strip()[:MOST_WORDS]
    if here.already and command.outcome == "ok" and not note:
        raise Refused("This was done before its turn. Look how it stands, and write down what you saw.", field="note")
    match command.outcome, step:
        case "ok", Do():
            return _finish_do(run, step, here, command, note)
        case "ok", Check() | RunStep() | Wait():
            return _finish_by_hand(run, step, here, command, note)
        case "problem", Do():
            return StepFinished(step.id, here.visit, "problem", note=note)
        case "problem", Check() | RunStep() | Wait():
            return StepFinished(step.id, here.visit, "fail", note=note)
        case "unknown", RunStep() | Wait():
            return StepFinished(step.id, here.visit, "timeout", note=note)
        case "in part", Do() | RunStep() | Wait():
            return StepFinished(step.id, here.visit, IN_PART, note=note)
        case _:
            raise Refused("This step does not end that way: use its buttons.")


def _finish_do(run: Run, step: Do, here: AtStep, command: Finish, note: str) -> StepFinished:
    if step.evidence == "required" and not note:
        raise Refused("This step needs evidence: a link, or a few words on what you saw.", field="note")
    if step.answer is None:
        failed = failing(step.expect, ground_of(run)) if step.expect else ()
        return StepFinished(
            step.id, here.visit, "problem" if failed else "ok", compared=compared_vars(step), failed=failed, note=note
        )
    name = step.answer.var
    value = parse_answer(run, name, command.answers.get(name, ""))
    failed = failing(step.expect, ground_of(run, {name: value})) if step.expect else ()
    blind = (name,) if step.answer.blind else ()
    if step.expect is not None and not blind:
        _weigh_reading(run, step, here, command, {name: value}, step.expect)
    if not failed and not blind:
        _require_not_ruled_out(run, name, value, command)
    compared = compared_vars(step)
    # What does not hold is no answer to go on with: the record of the reading has it.
    answers = {name: value} if blind or not failed else {}
    return StepFinished(step.id, here.visit, "problem" if failed else "ok", answers, blind, compared, failed, note)


def _weigh_reading(
    run: Run,
    step: Do | Check | RunStep,
    here: AtStep,
    command: Finish,
    typed: Mapping[str, Value],
    condition: Condition,
) -> None:
    """What was typed and does not hold is no verdict yet: it is recorded, and looked at again until somebody says so.

    What is compared with a blind answer is compared once: whoever looked again would be told what was expected.
    """
    if not typed or not run.hidden.isdisjoint(compared_vars(step)):
        return
    ground = ground_of(run, typed)
    failed = failing_tests(condition, ground)
    if not failed and command.verdict == "failed":
        message = "This is as it should be, so it is not recorded as failed. Say that you looked again."
        raise Refused(message, field="verdict")
    if not failed or command.verdict == "failed":
        return
    said = (" or " if condition.any is not None else " and ").join(spoken_failure(test, ground) for test in failed)
    names = [test.var.removeprefix("vars.") for test in failed]
    taken = ReadingTaken(step.id, here.visit, typed, tuple(spoken_test(test, ground) for test in failed))
    raise DoesNotHold(
        f"{said}: look again, or record it as failed.", taken,
        field=next((name for name in names if name in typed), next(iter(typed))),
    )  # fmt: skip


def _require_not_ruled_out(run: Run, name: str, value: Value, command: Finish) -> None:
    """A value that a check has refused is said to be that, before it is taken all the same."""
    refused = (one for one in run.ruled_out.get(name, ()) if not one.said)
    found = next((one for one in refused if one.value == value), None)
    if found is None:
        return
    said = spoken_instant(value) if run.book.fields[name].type == "timestamp" else str(value)
    sentence = f"{said} is ruled out: it failed “{title_of(run, found.check)}” at {say_moment(found.at)}."
    AsksBack.unless_known(sentence, digest_text(sentence), "Take it all the same", command)


def _finish_by_hand(run: Run, step: ByHand, here: AtStep, command: Finish, note: str) -> StepFinished:
    values = {name: parse_answer(run, name, command.answers.get(name, "")) for name in captures_of(step)}
    condition = None if isinstance(step, Wait) else judged_by_hand(step)
    failed = failing(condition, ground_of(run, values)) if condition is not None else ()
    if condition is not None and not isinstance(step, Wait):
        _weigh_reading(run, step, here, command, values, condition)
    if not failed and isinstance(step, RunStep):
        values |= values_set(run, step, values)
    compared = compared_vars(step) if condition is not None else ()
    return StepFinished(step.id, here.visit, "fail" if failed else "ok", values, (), compared, failed, note)


def values_set(run: Run, step: RunStep, values: Mapping[str, Value]) -> dict[str, Value]:
    """What a step sets once it went well; `values` are those that were typed at it."""
    names = {**names_of(run), **{f"vars.{name}": value for name, value in values.items()}}
    try:
        return {
            name: _fitting(run, name, fill(value, names)) if isinstance(value, str) else value
            for name, value in step.set.items()
        }
    except TextProblem as wrong:
        message = f"The runbook sets a value that is not known: {wrong}. Press There is a problem."
        raise Refused(message) from None


def _fitting(run: Run, name: str, text: str) -> Value:
    """A value made of others is held to its own type: what was typed freely must not come to be a number by it."""
    field = run.book.fields.get(name)
    try:
        return parse_value(field, text) if field is not None and text.strip() else text
    except BadValue as bad:
        message = f"The runbook sets “{name}” to “{text}”. {bad} Press There is a problem."
        raise Refused(message) from None


def corrected_value(run: Run, command: Correct, at: datetime) -> Value:
    """The new value, held to the same type and the same expectation as the old one."""
    name, given = command.name, run.given[command.name]
    try:
        new = parse_answer(run, name, command.text)
    except Refused as refused:
        raise Refused(refused.sentence, field="text") from None
    if new == run.vars.get(name):
        raise Refused("That is the value that stands there already.", field="text")
    step = run.book.by_id.get(given.step or "")
    condition = judged_by_hand(step) if isinstance(step, Do | Check | RunStep) else None
    failed = failing(condition, ground_of(run, {name: new})) if condition and name not in run.hidden else ()
    if failed:
        raise Refused(f"This does not fit. Expected: {' and '.join(failed)}.", field="text")
    ask_about_times(run, {name: new}, at, command)
    return new


def claimed_instant(text: str | None, now: datetime | None, *, field: str = "happened_at") -> str | None:
    """The time that a person claims something happened, checked, and over by `now`; None when they claim none."""
    if text is None or not text.strip():
        return None
    try:
        claimed = str(parse_value(_INSTANT, text))
    except BadValue as bad:
        raise Refused(str(bad), field=field) from None
    if now is not None:
        require_past(_INSTANT, claimed, now, beside=field)
    return claimed


def return_of_child(run: Run, here: InCall, command: TakeChildOutcome) -> CallReturned:
    """What a sub-run brings back: its outcome, and the values that the step wants from it."""
    step = run.book.by_id[here.step]
    outputs = {name: how.output or name for name, how in step.capture.items()} if isinstance(step, Call) else {}
    captured = {name: command.values[output] for name, output in outputs.items() if output in command.values}
    givers = {name: by for name, output in outputs.items() if name in captured and (by := command.givers.get(output))}
    return CallReturned(here.step, here.visit, command.child, command.outcome, captured, command.chain, givers)
