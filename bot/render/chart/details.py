"""All that a step says, as named texts in the order in which one needs them."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from bot.format.pieces import Exec, Http, Undo
from bot.format.runbook import Branch, Call, Check, Decide, Do, Join, Notify, RunStep, Signoff, Step, Wait
from bot.render.chart.graph import Chart
from bot.render.chart.words import say_condition
from bot.render.prose import join_words, say_span


@dataclass(frozen=True, slots=True)
class Detail:
    """A text of a step; `code` is shown letter by letter."""

    name: str
    text: str
    code: bool = False


def details_of(chart: Chart, step: Step) -> tuple[Detail, ...]:
    """Everything of a step that its box leaves out, but for where it leads."""
    told = (Detail("", step.say or ""), Detail("Why", step.why or ""), Detail("Caution", step.caution or ""))
    own = (*_doing(step), *_judging(step), *_after(chart, step))
    limit = Detail("Time limit", say_span(step.timeout) if step.timeout else "")
    drill = Detail("In a drill", {"run": "done", "simulate": "only told", "skip": "left out"}.get(step.drill or "", ""))
    return tuple(one for one in (*told, *own, limit, drill) if one.text)


def _doing(step: Step) -> Iterator[Detail]:
    yield Detail("Command", getattr(step, "command", None) or "", code=True)
    if isinstance(step, Check | RunStep):
        yield _call_of(step.exec, step.http)
    if isinstance(step, Wait):
        yield Detail("Waits for", say_span(step.for_) if step.for_ else "")
        if step.poll:
            yield Detail("Looks every", say_span(step.poll.every))
            yield _call_of(step.poll.exec, step.poll.http)
    if isinstance(step, Decide) and step.evidence:
        shown = step.evidence
        yield (
            _call_of(shown.exec, shown.http, "Shown beside the choice")
            if not shown.file
            else Detail("Shown beside the choice", shown.file, code=True)
        )
    if isinstance(step, Notify):
        yield Detail("Told to", join_words(step.to))
    if isinstance(step, Call):
        given = join_words([f"{name} = {value}" for name, value in step.with_.items()]) if step.with_ else ""
        yield Detail("Calls", step.runbook + (f" with {given}" if given else ""))
        yield Detail("Meanwhile", "this run goes on, and a join waits for the other one" if step.meanwhile else "")
    if isinstance(step, Join):
        silent = f", at most {say_span(step.timeout)}" if step.timeout else ""
        yield Detail("Waits for", (join_words(list(step.of)) if step.of else "all that were opened meanwhile") + silent)


def _judging(step: Step) -> Iterator[Detail]:
    if isinstance(step, Do) and step.answer:
        blind = ", which others see only when it has been compared" if step.answer.blind else ""
        yield Detail("Answer", step.answer.var + blind)
    if isinstance(step, Do) and step.evidence:
        yield Detail("Evidence", "a link or a text is required")
    if isinstance(step, Do | Check | RunStep) and step.expect:
        yield Detail("Expected", say_condition(step.expect))
    if isinstance(step, Check | RunStep | Call) and step.capture:
        yield Detail("Reads", join_words(list(step.capture)))
    if isinstance(step, RunStep) and step.set:
        yield Detail("Sets", join_words([f"{name} = {value}" for name, value in step.set.items()]))
    if isinstance(step, Wait) and step.poll:
        yield Detail("Until", say_condition(step.poll.until))
        yield Detail("Fails if", say_condition(step.poll.fail_if) if step.poll.fail_if else "")
    if isinstance(step, Branch):
        yield Detail("Decided by", "the bot, by the first case that holds")


def _after(chart: Chart, step: Step) -> Iterator[Detail]:
    if isinstance(step, Check | RunStep) and step.retry:
        yield Detail("Tried", f"at most {step.retry.attempts} times, {say_span(step.retry.delay)} apart")
    if isinstance(step, RunStep) and step.undo:
        yield _undo(chart, step.undo)
    if isinstance(step, Signoff):
        bound = (*step.binds.vars, *step.binds.files, *(_numbered(chart, one) for one in step.binds.steps))
        yield Detail("A change of these voids it", join_words(bound) if bound else "")
        yield Detail("May not sign", join_words(step.forbid) if step.forbid is not None else "")


def _undo(chart: Chart, undo: Undo) -> Detail:
    if undo.argv:
        return Detail("To take it back", shlex.join(undo.argv), code=True)
    return Detail("To take it back", undo.none or _numbered(chart, undo.step or ""))


def _numbered(chart: Chart, step: str) -> str:
    return f"step {chart.number[step]} {step}" if step in chart.number else step


def _call_of(command: Exec | None, request: Http | None, name: str = "Command") -> Detail:
    if command:
        return Detail(f"{name}, on {command.at}", shlex.join(command.argv), code=True)
    return Detail(name.replace("Command", "Request"), f"{request.method} {request.url}" if request else "", code=True)
