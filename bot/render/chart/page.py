"""A chart as one page of HTML that needs nothing else: the picture, then every step with its texts. No script."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape

from bot.format.runbook import Decide, Step
from bot.render.chart.details import Detail, details_of
from bot.render.chart.graph import Chart, ExitArrow, acting
from bot.render.chart.picture.colours import colour, style_sheet
from bot.render.chart.picture.letters import tidy
from bot.render.chart.picture.svg import draw_strips
from bot.render.chart.words import KINDS, say_exits, say_facts, say_head, say_paths, say_role, say_target
from bot.render.message import visible
from bot.render.prose import say_phase

_A4 = 1.38
"""Height of what fits on a sheet for each part of its width: 297 × 210 mm less the margins and a little."""
_FORM = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:1rem;font:1rem/1.5 system-ui,"Segoe UI",Roboto,Arial,sans-serif}
body{overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1rem;margin:0 0 .25rem}
.chart{overflow-x:auto;margin:1rem 0}.strips{position:relative;min-width:960px}
.strips svg{display:block;width:100%;height:auto}.start{position:absolute;top:0;width:1px;height:1px}
.start{scroll-initial-target:nearest}
ol.steps{list-style:none;padding:0}
ol.steps>li{border:1px solid;border-left-width:.4rem;border-radius:.4rem;padding:.75rem 1rem;margin:.75rem 0}
ol.steps>li.on-path{border-left-style:double;border-left-width:.6rem}
.kind{font-weight:bold;font-size:.8rem}.role{border:1px solid;border-radius:1rem;padding:0 .5rem;font-size:.8rem}
.facts,.id{font-size:.875rem}dl{margin:.5rem 0}dt{font-weight:bold;font-size:.875rem}dd{margin:0 0 .4rem}
p{margin:.3rem 0}pre{overflow-x:auto;margin:0;padding:.5rem;border-radius:.3rem;font-size:.85rem;white-space:pre-wrap;
overflow-wrap:anywhere}
ul.ways{list-style:none;padding:0;margin:.5rem 0 0}ul.ways li{padding:.1rem 0}
@page{size:A4;margin:10mm}
@media print{html{font-size:8.5pt}body{max-width:none;padding:0}.chart{break-before:page;overflow:visible}
.strips{min-width:0}.strips svg{break-inside:avoid}ol.steps>li{break-inside:avoid}h2{break-after:avoid}}
"""


def draw_page(chart: Chart) -> str:
    """The page. Its policy lets it load nothing and run nothing."""
    strips, start = draw_strips(chart, _A4)
    middle = f"@media screen{{.start{{left:max(0px,{start:.1%} - min(45vw,480px))}}}}"
    style = _FORM + middle + _colours(dark=False) + style_sheet() + _night()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_said(chart.book.title)}</title>\n<style>{style}</style></head>\n<body>\n"
        + "\n".join((*_head(chart), *_picture(strips), *_steps(chart)))
        + "\n</body></html>\n"
    )


def _colours(*, dark: bool) -> str:
    name = {one: colour(one, dark=dark) for one in ("paper", "ink", "quiet", "card", "edge", "good", "bad")}
    return (
        f"body{{background:{name['paper']};color:{name['ink']}}}a{{color:{name['good']}}}"
        f".facts,.id{{color:{name['quiet']}}}pre{{background:{name['card']}}}ol.steps>li{{border-color:{name['edge']}}}"
        f"ol.steps>li.on-path{{border-color:{name['good']}}}.failing,.failing a{{color:{name['bad']}}}"
    )


def _night() -> str:
    return f"@media screen and (prefers-color-scheme:dark){{{_colours(dark=True)}}}"


def _head(chart: Chart) -> Iterator[str]:
    book = chart.book
    yield f"<header><h1>{_said(book.title)}</h1>"
    yield f'<p class="facts">{_said(say_head(chart))}</p><p>{_said(book.objective)}</p>'
    yield from (f"<p>{_said(line)}</p>" for line in say_paths(chart))
    yield '<p><a href="#steps">To the steps, with all their texts</a></p></header>'
    yield _listed("Enter when", book.enter_when)
    yield _listed("Not for this", (f"{one.when} → {one.use}" for one in book.not_for))
    yield _listed("Looked at before", (one.title for one in book.preflight))
    yield _listed("Watched all the time", (one.title for one in book.stop_when))
    yield _listed("What can go wrong", (f"{one.mode} → {one.answer}" for one in book.failure_modes))
    yield _listed("References", book.references)


def _listed(heading: str, texts: Iterable[str]) -> str:
    items = "".join(f"<li>{_said(text)}</li>" for text in texts)
    return f"<section><h2>{heading}</h2><ul>{items}</ul></section>" if items else ""


def _picture(strips: Iterable[str]) -> Iterator[str]:
    """The strips below each other; a narrow screen looks at the start first where its browser knows how."""
    yield '<section class="chart"><div class="strips"><span class="start"></span>'
    yield from strips
    yield "</div></section>"


def _steps(chart: Chart) -> Iterator[str]:
    yield '<section id="steps"><h2>The steps</h2><p>A double edge marks the good path.</p>'
    for group in chart.groups:
        yield f"<h2>{_said(group.caption)}</h2>" if group.caption else ""
        yield '<ol class="steps">'
        yield from (_step(chart, chart.steps[step]) for step in group.steps)
        yield "</ol>"
    yield "</section>"


def _step(chart: Chart, step: Step) -> str:
    roles = "".join(f' <span class="role">{_said(say_role(role))}</span>' for role in acting(step))
    facts = " · ".join(part for part in (say_phase(step.phase), *say_facts(chart, step)) if part)
    on_path = ' class="on-path"' if step.id in chart.good.steps else ""
    return (
        f'<li id="step-{_said(step.id)}"{on_path} data-step="{_said(step.id)}">'
        f'<span class="kind">{chart.number[step.id]} {KINDS[step.kind].upper()}</span>{roles}'
        f'<h3>{_said(step.title)}</h3><p class="id">{_said(step.id)}{" · " if facts else ""}{_said(facts)}</p>'
        f"{_details(details_of(chart, step))}{_choices(step)}"
        f'<ul class="ways">{"".join(_way(chart, way) for way in chart.leaving(step.id))}</ul></li>'
    )


def _details(details: Iterable[Detail]) -> str:
    parts = []
    for one in details:
        text = f"<pre>{escape(visible(one.text, exactly=True))}</pre>" if one.code else f"<p>{_said(one.text)}</p>"
        parts.append(f"<dt>{_said(one.name)}</dt><dd>{text}</dd>" if one.name else f"<dd>{text}</dd>")
    return f"<dl>{''.join(parts)}</dl>" if parts else ""


def _choices(step: Step) -> str:
    if not isinstance(step, Decide):
        return ""
    rows = "".join(f"<dt>{_said(one.label)}</dt><dd>{_said(one.when)}</dd>" for one in step.options)
    return f"<dl>{rows}</dl>"


def _way(chart: Chart, way: ExitArrow) -> str:
    mark = "↺" if way.back else "✗" if way.failing else "→"
    target = _said(say_target(chart, way))
    led = f'<a href="#step-{_said(way.target)}">{target}</a>' if way.known else target
    taken = f" (hand-off to the {_said(chart.hand_off(way))})" if chart.hand_off(way) else ""
    ends = f'data-from="{_said(way.source)}" data-to="{_said(way.target)}" data-exits="{_said("|".join(way.exits))}"'
    tone = ' class="failing"' if way.failing else ""
    return f"<li{tone} {ends}>{mark} {_said(say_exits(chart, way))}: {led}{taken}</li>"


def _said(text: str) -> str:
    return escape(tidy(text), quote=True)
