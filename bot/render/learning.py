"""What was learnt of runbooks, in words: for a terminal, and as data for programs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.format.pieces import write_duration
from bot.format.text import spoken_duration
from bot.learning.coverage import ExitWalked
from bot.learning.findings import LearningFinding
from bot.learning.learnt import Learnt
from bot.learning.replay import Replayed
from bot.learning.times import ENOUGH, TimeProposed, Took
from bot.render.chart.words import say_exit

VERSION = 1
_MOST_NEVER = 12
"""Exits that nobody took and that are named one by one."""


def learnt_lines(learnt: Learnt, place: Mapping[str, str]) -> Iterator[str]:
    """Everything of one runbook; `place` is ``file:line`` by step."""
    book = learnt.book
    yield f"{book.title} ({book.id}) · walked {_walked(learnt)} in a year"
    yield from _time_lines(learnt)
    yield from _exit_lines(learnt)
    if learnt.findings:
        yield "  Look at"
        for one in learnt.findings:
            where = f"{place[one.step]} " if one.step in place else ""
            yield f"    {where}{one.step}: {one.what}. {one.todo}"
    for change in learnt.proposed:
        yield f"  Proposed: {proposed_words(change)}"


def _walked(learnt: Learnt) -> str:
    times = learnt.live + learnt.practised
    if not times:
        return "never"
    said = "once" if times == 1 else f"{times} times"
    return f"{said} ({learnt.live} live, {learnt.practised} practised)"


def _time_lines(learnt: Learnt) -> Iterator[str]:
    if not learnt.times:
        return
    width = max(len(step) for step in [*learnt.times, *learnt.phases])
    yield f"  {'Step':<{width}}  visits  half within  nine of ten  written"
    for step, known in learnt.times.items():
        written = learnt.book.by_id[step].typical
        yield f"  {step:<{width}}  {_row(known)}  {spoken(written) if written else '–'}"
    if learnt.phases:
        yield f"  {'Phase':<{width}}"
        for phase, known in learnt.phases.items():
            yield f"  {phase:<{width}}  {_row(known)}"


def _row(known: Took) -> str:
    return f"{known.count:>6}  {spoken(known.p50):>11}  {spoken(known.p90):>11}"


def spoken(length: timedelta) -> str:
    """A length of time, to the second only where it is short."""
    return spoken_duration(int(length.total_seconds()))


def _exit_lines(learnt: Learnt) -> Iterator[str]:
    never = learnt.never
    yield f"  Exits: {len(learnt.exits) - len(never)} of {len(learnt.exits)} were walked in a year" + (
        ", never:" if never else "."
    )
    for one in never[:_MOST_NEVER]:
        yield f"    {one.step} by “{say_exit(learnt.book.by_id[one.step], one.exit)}” → {one.to}"
    if len(never) > _MOST_NEVER:
        yield f"    and {len(never) - _MOST_NEVER} more: handrail show {learnt.book.id} --walked"


def proposed_words(change: TimeProposed) -> str:
    """A time that should be another, with what says so."""
    known = change.took
    written = f"instead of {write_duration(change.written)}" if change.written else "where nothing is written"
    return (
        f"{change.step}: {change.key} {write_duration(change.proposed)} {written}; of {known.count} visits half were "
        f"over within {spoken(known.p50)}, nine of ten within {spoken(known.p90)}"
    )


def alike_lines(found: Sequence[LearningFinding]) -> Iterator[str]:
    """Pairs of runbooks that are much the same."""
    return (f"{one.runbook}: {one.what}. {one.todo}" for one in found)


def learnt_data(learnt: Learnt) -> dict[str, Any]:
    """The same for programs; times are in whole seconds, moments in ISO 8601."""
    return {
        "runbook": learnt.book.id,
        "live": learnt.live,
        "practised": learnt.practised,
        "steps": [{"step": step, **_took_data(known)} for step, known in learnt.times.items()],
        "phases": [{"phase": phase, **_took_data(known)} for phase, known in learnt.phases.items()],
        "exits": [_exit_data(one) for one in learnt.exits],
        "findings": [{"step": one.step, "what": one.what, "todo": one.todo} for one in learnt.findings],
        "proposed": [
            {
                "step": one.step, "key": one.key, "value": write_duration(one.proposed),
                "written": None if one.written is None else write_duration(one.written), **_took_data(one.took),
            }
            for one in learnt.proposed
        ],
    }  # fmt: skip


def _took_data(known: Took) -> dict[str, int]:
    return {"count": known.count, "p50": int(known.p50.total_seconds()), "p90": int(known.p90.total_seconds())}


def _exit_data(one: ExitWalked) -> dict[str, Any]:
    last = None if one.last_at is None else one.last_at.isoformat()
    return {
        "step": one.step, "exit": one.exit, "to": one.to, "live": one.live, "practised": one.practised, "last_at": last,
    }  # fmt: skip


def too_few(learnt: Learnt) -> str:
    """Why no time is proposed, where a step was measured and seldom; empty else."""
    rare = [step for step, known in learnt.times.items() if known.count < ENOUGH]
    return f"Times are proposed of steps with {ENOUGH} visits or more." if rare and not learnt.proposed else ""


def replay_lines(found: Sequence[Replayed]) -> Iterator[str]:
    """What another version would have done to nights that were."""
    parted = [one for one in found if one.differs]
    yield f"Of the last {len(found)} runs {len(found) - len(parted)} would go the same way to their end."
    for one in parted:
        yield f"  {one.ref}: after {one.same} of {one.of} steps: {one.differs}"
