"""The first post in the thread: why the run is, what has to hold, what stops it."""

from collections.abc import Iterator, Mapping

from bot.format.pieces import Probe, Value
from bot.format.shell.filling import argument_line
from bot.format.values import spoken_test
from bot.render.message import Block, bold, foreign, list_block, prose_block, section, span
from bot.render.prose import say_mode, say_value, say_who, spoken_name
from bot.render.thread.post import Moment, Post, call_people, event_post
from bot.run.law.scope import ground_of, names_of
from bot.run.state import Run


def tell_start(moment: Moment) -> Iterator[Post]:
    """What to know before the first step: why, what has to hold, what stops the run."""
    run, who = moment.after, say_who(moment.after, moment.stamp.by)
    start, book = run.start, run.book
    blocks: list[Block | None] = [section(_say_started(run, who))]
    blocks += [prose_block(book.objective, lead="Aim:")]
    blocks += [prose_block(start.reason, lead="Why a second run:")] if start.reason else []
    given = say_values(run, start.inputs)
    checks = [_say_probe(run, probe) for probe in book.preflight]
    stops = [_say_probe(run, probe) for probe in book.stop_when]
    wrong = [f"{one.when} → {one.use}" for one in book.not_for]
    for heading, lines in (
        ("What was given", given),
        ("Before you begin, see that this holds", checks),
        ("Press “There is a problem” as soon as one of these fails", stops),
        ("This is the wrong runbook when", wrong),
        ("To read", list(book.references)),
    ):
        blocks += [section(f"*{heading}*"), list_block(lines)] if lines else []
    yield event_post(moment, f"{who} started “{start.title}”.", *blocks)


def say_values(run: Run, values: Mapping[str, Value]) -> list[list[Block]]:
    """Each value with its name and its unit; what is hidden stays so."""
    return [[span(f"{spoken_name(name)}: "), span(say_value(run, name, one), "bold")] for name, one in values.items()]


def _say_probe(run: Run, probe: Probe) -> list[Block]:
    """A check for people to make by hand: its title, its command, what is right."""
    command = argument_line(probe.exec.argv, names_of(run), run.book.fields) if probe.exec else ""
    right = "; ".join(spoken_test(test, ground_of(run)) for test in probe.expect.tests)
    kind = "" if probe.severity == "block" else " (a warning only)"
    shown = [span(f"{probe.title}{kind} "), *([span(command, "code")] if command else [])]
    return [*shown, span(f" – right when {right}")]


def _say_started(run: Run, who: str) -> str:
    mode = say_mode(run)
    called = call_people(run, run.holders("operator"))
    turn = f"{called}: nobody operates yet. One of you presses *Take over*."
    if run.operator is not None:
        turn = f"*{foreign(run.name_of(run.operator))}* operates."
    return f"*{mode}:* {foreign(who)} started {bold(run.start.title)}. {turn}"
