"""A chart as Mermaid text, for wikis and reviews that draw it themselves."""

import re
from collections.abc import Iterator

from bot.format.runbook import Step
from bot.render.chart.graph import Chart, ExitArrow, acting
from bot.render.chart.picture.letters import tidy
from bot.render.chart.words import KINDS, say_exits, say_facts, say_head, say_paths, say_role, say_target

_SHAPES = {
    "do": ("(", ")"), "decide": ("{{", "}}"), "signoff": ("[/", "\\]"), "check": ("[/", "/]"), "run": ("[", "]"),
    "branch": ("{", "}"), "wait": ("[\\", "/]"), "call": ("[[", "]]"),
    "join": ("[\\", "\\]"), "notify": (">", "]"), "end": ("([", "])"),
}  # fmt: skip
"""What opens and closes a node of each kind; the kind stands in its text too."""
_UNSAFE = re.compile(r"[^\w .,:;!?()/+=°·–—‘’“”…→↺✗×≤≥'-]")


def mermaid(chart: Chart) -> str:
    """A flowchart for Mermaid 10 and newer. Steps are `s1`, `s2` … by their number."""
    return "\n".join(["flowchart TD", *_body(chart)]) + "\n"


def _body(chart: Chart) -> Iterator[str]:
    yield f"  head[{quoted(chart.book.title, say_head(chart), *say_paths(chart))}]"
    yield f"  head ==> {_name(chart, chart.book.steps[0].id)}"
    for place, group in enumerate(chart.groups):
        indent = "    " if group.caption else "  "
        if group.caption:
            yield f"  subgraph g{place}[{quoted(group.caption)}]"
        for step in group.steps:
            yield indent + _node(chart, chart.steps[step])
        if group.caption:
            yield "  end"
    for place, way in enumerate(chart.ways):
        yield from (f"  {line}" for line in _way(chart, way, place))
    yield "  classDef good stroke-width:4px"
    yield "  classDef stub stroke-dasharray:4"
    yield f"  class {','.join(_name(chart, step) for step in chart.good.steps)} good"


def _node(chart: Chart, step: Step) -> str:
    opens, closes = _SHAPES[step.kind]
    roles = " and ".join(say_role(role) for role in acting(step))
    kind = f"{KINDS[step.kind].upper()}" + (f" · {roles}" if roles else "")
    lines = (f"{chart.number[step.id]} · {kind}", step.title, " · ".join((step.id, *say_facts(chart, step))))
    return f"{_name(chart, step.id)}{opens}{quoted(*lines)}{closes}"


def _way(chart: Chart, way: ExitArrow, place: int) -> Iterator[str]:
    """One line; where the way is a stub, to a small node of its own that names the place."""
    target = _name(chart, way.target) if way.drawn == "line" else f"w{place}"
    if way.drawn == "stub":
        mark = "↺" if way.back else "→"
        yield f"{target}([{quoted(f'{mark} {say_target(chart, way, title=False)}')}]):::stub"
    taken = chart.hand_off(way)
    said = say_exits(chart, way) + (f" (hand-off to the {taken})" if taken else "")
    arrow = "-.->" if way.failing else "==>" if chart.is_good(way) else "-->"
    yield f"{_name(chart, way.source)} {arrow}|{quoted(said)}| {target}"


def _name(chart: Chart, step: str) -> str:
    return f"s{chart.number[step]}"


def quoted(*lines: str) -> str:
    """Lines as one quoted label; every sign that Mermaid or HTML could read as its own is written by its number."""
    return '"' + "<br/>".join(_UNSAFE.sub(lambda sign: f"#{ord(sign[0])};", tidy(line)) for line in lines) + '"'
