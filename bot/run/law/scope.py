"""A step as a person reads it: every placeholder filled, every command ready to copy."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.format.pieces import Condition, Exec, Http, Test, Undo, Value
from bot.format.requests import fill_request
from bot.format.runbook import (
    ByHand,
    Call,
    Check,
    Decide,
    Do,
    End,
    Notify,
    Runbook,
    RunStep,
    Signoff,
    StepBase,
    Wait,
    captures_of,
)
from bot.format.shell import shell_line, shell_word
from bot.format.shell.filling import argument_line, fill_command
from bot.format.text import fill, names_in
from bot.format.values import Ground, exact_test, spoken_test
from bot.run.state import Run

_BUILT_IN = frozenset({"stdout", "exit", "body"})


@dataclass(frozen=True, slots=True)
class ShownStep:
    """What stands on the card. Texts are filled; what is not known yet stays visible as ``‹vars.name?›``."""

    id: str
    visit: int
    kind: str
    title: str
    who: str
    phase: str | None = None
    say: str | None = None
    why: str | None = None
    caution: str | None = None
    command: str | None = None
    host: str | None = None
    effect: str | None = None
    undo: str | None = None
    expects: tuple[str, ...] = ()
    done_means: str | None = None
    typical: int | None = None
    """Seconds."""
    captures: tuple[str, ...] = ()
    """Variables that a person types when they are done."""
    answer: str | None = None
    blind: bool = False
    confirm: str = "click"
    critical: bool = False
    evidence: str | None = None
    """For a `do`: ``required``. For a `decide`: what to look at beside the choice."""
    witness: str | None = None


def names_of(run: Run) -> Mapping[str, Value]:
    """Every dotted name that a text of this run may use, with its value."""
    start, asset = run.start, run.start.asset
    names: dict[str, Value] = {f"asset.{fact}": value for fact, value in asset.facts.items()}
    names |= {"asset.id": asset.id, "asset.name": asset.name, "asset.tier": asset.tier}
    names |= {f"vars.{name}": value for name, value in run.vars.items()}
    names |= {
        "run.id": run.id,
        "run.ref": start.ref,
        "run.short_id": start.ref.lower().replace("-", "_"),
        "run.started_at": run.started_at.isoformat(timespec="seconds"),
        "run.evidence_dir": f"evidence/{start.ref}",
    }
    return names | ({"owner.channel": start.owner_channel} if start.owner_channel else {})


def open_names_of(run: Run) -> Mapping[str, Value]:
    """The same without blind answers that were not compared: what everybody reads calls those by their names."""
    sealed = {f"vars.{name}" for name in run.hidden}
    return {name: value for name, value in names_of(run).items() if name not in sealed}


def names_said(run: Run, people: tuple[str, ...]) -> str:
    """People by name, for a sentence in which any of them will do."""
    *others, last = [run.name_of(person) for person in people] or ["nobody is left"]
    return f"{', '.join(others)} or {last}" if others else last


def title_of(run: Run, step: str) -> str:
    """The title of a step of this run, filled; the id where the runbook has no such step."""
    return _titled(run.book, step, open_names_of(run))


def _titled(book: Runbook, step: str, names: Mapping[str, Value]) -> str:
    known = book.by_id.get(step)
    return fill(known.title, names, strict=False) if known is not None else step


def ground_of(run: Run, extra: Mapping[str, Value] | None = None) -> Ground:
    """What this run's conditions are judged on; `extra` holds values that are being given just now."""
    more = {f"vars.{name}": value for name, value in (extra or {}).items()}
    return Ground({**names_of(run), **more}, run.book.fields)


def show_step(run: Run, step: StepBase) -> ShownStep:
    """The step of this run as it stands now, and as everybody may read it.

    Commands hold every value: a person copies them, and who writes a blind answer into one shows it.
    """
    told = open_names_of(run) if run.hidden else None
    return describe_step(run.book, step, names_of(run), run.visits.get(step.id, 0), told)


def describe_step(
    book: Runbook, step: StepBase, names: Mapping[str, Value], visit: int = 0, told: Mapping[str, Value] | None = None
) -> ShownStep:
    """A step with these names filled in, whether or not a run stands there; `told` are those for its prose."""
    told = names if told is None else told
    how = getattr(step, "exec", None) or getattr(step, "http", None) or _polled(step)
    return ShownStep(
        id=step.id, visit=visit, kind=step.kind, title=_filled(step.title, told) or step.id,
        who=step.who, phase=step.phase, say=_filled(step.say, told), why=_filled(step.why, told),
        caution=_filled(step.caution, told), command=_command(book, step, how, names), host=_host(how, names),
        effect=_effect(step), undo=_undo(book, step, names),
        expects=_expects(_expected_of(step), Ground(told, book.fields)),
        done_means=_filled(getattr(step, "done_means", None), told),
        typical=int(step.typical.total_seconds()) if step.typical else None,
        captures=tuple(captures_of(step)), answer=step.answer.var if isinstance(step, Do) and step.answer else None,
        blind=isinstance(step, Do) and step.answer is not None and step.answer.blind,
        confirm=confirm_of(step), critical=step.critical,
        evidence=_evidence(book, step, names), witness=step.witness if isinstance(step, RunStep) else None,
    )  # fmt: skip


def confirm_of(step: StepBase) -> str:
    """How a press is confirmed: ``click``, or ``type`` (the asset's name)."""
    return step.confirm or {"destroy": "type"}.get(_effect(step) or "", "click")


def asks_for_words(step: StepBase) -> bool:
    """Whether something is typed when the step is done: an answer, captured values, evidence."""
    asked = isinstance(step, Do) and (step.answer is not None or step.evidence == "required")
    return asked or bool(captures_of(step))


def _filled(text: str | None, names: Mapping[str, Value]) -> str | None:
    return None if text is None else fill(text, names, strict=False)


def _value(value: Value, names: Mapping[str, Value]) -> Value:
    return fill(value, names, strict=False) if isinstance(value, str) else value


def _polled(step: StepBase) -> Exec | Http | None:
    return (step.poll.exec or step.poll.http) if isinstance(step, Wait) and step.poll else None


def _command(book: Runbook, step: StepBase, how: Exec | Http | None, names: Mapping[str, Value]) -> str | None:
    """The text to copy into a shell: each value is one word, whatever it holds, or is left for a person to type."""
    if isinstance(step, Do | Decide) and step.command is not None:
        return fill_command(step.command, names, book.fields)
    match how:
        case Exec(argv=argv):
            return argument_line(argv, names, book.fields)
        case Http():
            return _curl(how, names)
        case _:
            return None


def _curl(how: Http, names: Mapping[str, Value]) -> str:
    return shell_line(fill_request(how, names, strict=False).words)


def show_command(book: Runbook, how: Exec | Http, names: Mapping[str, Value]) -> tuple[str, str | None]:
    """What reads, as a line to copy, and where it does; None for wherever Handrail is."""
    line = argument_line(how.argv, names, book.fields) if isinstance(how, Exec) else _curl(how, names)
    return line, _host(how, names)


def _host(how: Exec | Http | None, names: Mapping[str, Value]) -> str | None:
    return _filled(how.at, names) if how is not None and how.at != "bot" else None


def _effect(step: StepBase) -> str | None:
    match step:
        case RunStep(effect=effect):
            return effect
        case Check() | Wait(for_=None):
            return "read"
        case _:
            return None


def _undo(book: Runbook, step: StepBase, names: Mapping[str, Value]) -> str | None:
    match step.undo if isinstance(step, RunStep) else None:
        case Undo(step=str(other)):
            return f"Step “{_titled(book, other, names)}” takes it back."
        case Undo(argv=tuple(argv)):
            return argument_line(argv, names, book.fields)
        case Undo(none=str(why)):
            return f"No undo: {fill(why, names, strict=False)}"
        case _:
            return None


def _expects(
    condition: Condition | None, ground: Ground, say: Callable[[Test, Ground], str] = spoken_test
) -> tuple[str, ...]:
    if condition is None:
        return ()
    said = tuple(say(test, ground) for test in condition.tests)
    return (" or ".join(said),) if condition.any is not None else said


def _expected_of(step: StepBase) -> Condition | None:
    return getattr(step, "expect", None) or (step.poll.until if isinstance(step, Wait) and step.poll else None)


def _evidence(book: Runbook, step: StepBase, names: Mapping[str, Value]) -> str | None:
    match step:
        case Do(evidence=evidence):
            return evidence
        case Decide(evidence=shown) if shown is not None:
            how = shown.exec or shown.http
            if how is None:
                return f"cat {shell_word(_filled(shown.file, names) or '')}"
            looked_at, at = show_command(book, how, names)
            return f"{looked_at}    # on {shell_word(' '.join(at.split()))}" if at else looked_at
        case _:
            return None


def compared_vars(step: StepBase) -> tuple[str, ...]:
    """Variables that the step's expectation looks at: blind answers among them are open once it was judged."""
    condition = getattr(step, "expect", None)
    return tuple(dict.fromkeys(_named(condition))) if isinstance(condition, Condition) else ()


def _named(condition: Condition) -> Iterator[str]:
    for test in condition.tests:
        yield test.var.removeprefix("vars.")
        wanted = test.comparison[1]
        for text in wanted if isinstance(wanted, tuple) else (wanted,):
            if isinstance(text, str):
                yield from (name.removeprefix("vars.") for name in names_in(text) if name.startswith("vars."))


def judged_by_hand(step: ByHand | Do) -> Condition | None:
    """The expectation of a step as far as it speaks of values that a person types."""
    condition = getattr(step, "expect", None)
    if not isinstance(condition, Condition) or any(test.var in _BUILT_IN for test in condition.tests):
        return None
    return condition


def bound_text(run: Run, step: StepBase) -> str:
    """A bound step as it would be carried out, word by word, for the digest of a signature."""
    shown = describe_step(run.book, step, names_of(run))
    parts: dict[str, object] = {
        "id": step.id, "kind": step.kind, "title": shown.title, "host": shown.host, "command": shown.command,
        "say": shown.say, "caution": shown.caution, "effect": shown.effect, "undo": shown.undo,
        "expects": list(_expects(_expected_of(step), Ground(names_of(run), run.book.fields), exact_test)),
    }  # fmt: skip
    if isinstance(step, RunStep):
        parts["set"] = {name: _value(value, names_of(run)) for name, value in step.set.items()}
    if isinstance(step, Call):
        parts["runbook"] = run.start.calls.get(step.runbook, step.runbook)
        parts["with"] = {name: _value(value, names_of(run)) for name, value in step.with_.items()}
    if isinstance(step, Notify):
        parts["to"] = list(step.to)
    if isinstance(step, End):
        parts["outcome"] = step.outcome
    if isinstance(step, Signoff):
        parts["from"] = list(step.from_)
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
