"""A chart as an outline to read in a terminal or a message: every step with all its ways, the good path marked."""

from collections.abc import Iterator

from bot.format.runbook import Step
from bot.render.chart.graph import Chart, ExitArrow, acting
from bot.render.chart.words import (
    KINDS,
    say_exits,
    say_facts,
    say_head,
    say_paths,
    say_role,
    say_target,
)
from bot.render.message import one_line
from bot.render.prose import say_phase

KEY = "┃ the good path   → a way on   ✗ a way for when something went wrong   ↺ back to a step before"


def outline(chart: Chart) -> str:
    """The whole runbook as lines of text, in the file's order."""
    head = [chart.book.title, say_head(chart), "", *say_paths(chart), "", KEY]
    blocks = ["\n".join(one_line(line) for line in head), *_groups(chart)]
    return "\n\n".join(blocks) + "\n"


def _groups(chart: Chart) -> Iterator[str]:
    for group in chart.groups:
        phase: str | None = ""
        for step in (chart.steps[one] for one in group.steps):
            heading = [f"{say_phase(step.phase) or 'Steps'}".upper()] if step.phase != phase else []
            captioned = [f"── {group.caption} ──"] if group.caption and step.id == group.steps[0] else []
            phase = step.phase
            yield "\n".join([*captioned, *heading, *_step(chart, step)])


def _step(chart: Chart, step: Step) -> Iterator[str]:
    bar = "┃" if step.id in chart.good.steps else " "
    roles = ", ".join(say_role(role) for role in acting(step))
    facts = " · ".join(one_line(fact) for fact in (roles, *say_facts(chart, step)) if fact)
    title = one_line(f"{KINDS[step.kind].upper()}  {step.title}")
    yield f"{bar} {chart.number[step.id]:>3}  {title}"
    yield f"{bar}      {step.id}" + (f" · {facts}" if facts else "")
    for way in chart.leaving(step.id):
        yield f"{bar}      {_way(chart, way)}"


def _way(chart: Chart, way: ExitArrow) -> str:
    mark = "↺" if way.back else "✗" if way.failing else "┗" if chart.is_good(way) else "→"
    taken = f"  (hand-off to the {chart.hand_off(way)})" if chart.hand_off(way) else ""
    return one_line(f"{mark} {say_exits(chart, way)} → {say_target(chart, way)}{taken}")
