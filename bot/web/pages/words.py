"""Handrail's own messages as HTML: the very words that Slack shows, with every time in UTC."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from markupsafe import Markup, escape

from bot.render.card import card
from bot.render.message import visible
from bot.render.terminal.page import Kind, MessageReader, ScreenLine, Span
from bot.run.state import Run

_NOT_READ = ("header", "actions", "divider", "input")
_FORMS = {"time": "%H:%M UTC", "moment": "%-d %b %Y %H:%M UTC", "clock": "%H:%M:%S", "day": "%-d %b %H:%M:%S"}
_AROUND: dict[Kind, str] = {
    "title": "<h2>{}</h2>", "heading": "<h3>{}</h3>", "text": "<p>{}</p>", "small": '<p class="small">{}</p>',
    "quote": "<blockquote>{}</blockquote>",
}  # fmt: skip


def card_html(run: Run, at: datetime) -> Markup:
    """The run's card without its title, its buttons and its last line, which the page says elsewhere."""
    blocks = [block for block in card(run).blocks if block.get("type") not in _NOT_READ]
    return lines_html(MessageReader.of(run, at, UTC).lines(blocks[:-1]))


def lines_html(lines: Iterable[ScreenLine]) -> Markup:
    """Lines from top to bottom; commands stand in one block that breaks nowhere, and items in one list."""
    shown = [line for line in lines if line.text.strip() or line.kind == "command"]
    return Markup("\n").join(_group(kind, list(group)) for kind, group in groupby(shown, lambda line: line.kind))


def _group(kind: Kind, lines: list[ScreenLine]) -> Markup:
    if kind == "command":
        text = "\n".join(visible(line.text, exactly=True) for line in lines)
        return Markup('<pre tabindex="0"><code>{}</code></pre>').format(text)
    if kind == "item":
        items = Markup().join(Markup("<li>{}</li>").format(_words(line)) for line in lines)
        return Markup("<ul>{}</ul>").format(items)
    around = Markup(_AROUND[kind])  # noqa: S704  (ours)
    return Markup("\n").join(around.format(_words(line)) for line in lines)


def _words(line: ScreenLine) -> Markup:
    heading = line.kind in ("title", "heading")
    return Markup().join(_piece(replace(one, bold=False) if heading else one) for one in line.words)


def _piece(one: Span) -> Markup:
    said = escape(visible(one.text)) if one.epoch is None else _time(one)
    if one.code:
        said = Markup("<code>{}</code>").format(said)
    return Markup("<strong>{}</strong>").format(said) if one.bold else said


def _time(one: Span) -> Markup:
    then = datetime.fromtimestamp(one.epoch or 0, UTC)
    form = "ago" if one.form == "{ago}" else "moment" if "{date" in one.form else "time"
    return time_html(then, form, "" if form == "moment" else one.text)  # no “today”: the page may be read tomorrow


def time_html(at: datetime, form: str, said: str = "") -> Markup:
    """A moment, said in UTC as everywhere on the pages; a browser with script shows the reader's own time beside it.

    `form`: ``time``, ``moment`` (with the day), ``clock`` and ``day`` (to the second, where the zone is named above),
    ``ago`` (how far from now, which a browser with script keeps true).
    """
    spoken = said or f"{at.astimezone(UTC):{_FORMS[form]}}"
    exact = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(exact, form, spoken)
