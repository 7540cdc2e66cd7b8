"""Block Kit as HTML, the way Slack shows it; pure, with every character from outside escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from bot.workspace.blocks.controls import control, image
from bot.workspace.blocks.markup import tag
from bot.workspace.blocks.rich import Json, objects, rich_text
from bot.workspace.blocks.text.markdown import markdown
from bot.workspace.blocks.text.objects import draw_text, words_of
from bot.workspace.blocks.text.reader import TextContext

_ALERT_SIGNS = {"info": "ℹ️", "warning": "⚠️", "error": "⛔", "success": "✅"}


def blocks_html(blocks: Iterable[Json], reader: TextContext, errors: Mapping[str, str] | None = None) -> str:
    """Draw blocks one below the other; ``errors`` maps block ids of inputs to what the app says against them."""
    return "".join(_block(block, reader, errors or {}) for block in blocks)


def _block(block: Json, reader: TextContext, errors: Mapping[str, str]) -> str:
    kind, block_id = str(block.get("type", "")), str(block.get("block_id", ""))
    match kind:
        case "divider":
            return "<hr>"
        case "header":
            return f"<h3>{draw_text(block.get('text'), reader)}</h3>"
        case "section":
            inner = _section(block, block_id, reader)
        case "context":
            inner = "".join(_in_context(each, reader) for each in objects(block.get("elements")))
        case "actions":
            inner = "".join(_control(each, block_id, reader) for each in objects(block.get("elements")))
        case "input":
            return _input(block, block_id, reader, errors.get(block_id, ""))
        case "rich_text":
            inner = rich_text(block, reader)
        case "markdown":
            inner = markdown(str(block.get("text", "")))
        case "image":
            title = draw_text(block.get("title"), reader)
            inner = (f"<small>{title}</small>" if title else "") + image(block)
        case "alert":
            level = str(block.get("level") or "default")
            sign = _ALERT_SIGNS.get(level, "📣")
            return tag("div", f"{sign} {draw_text(block.get('text'), reader)}", class_=f"alert {level}", role="note")
        case "table":
            inner = _table(block, reader)
        case _:
            inner = f"<em>This workspace does not draw {escape(kind)} blocks.</em>"
    return tag("div", inner, class_=f"block {kind}")


def _control(element: Json, block_id: str, reader: TextContext, label: str = "") -> str:
    # Groups of radio buttons are told apart by block and action, so the element is told which block it stands in.
    return control({**element, "block_id": block_id}, block_id, reader, label=label)


def _section(block: Json, block_id: str, reader: TextContext) -> str:
    words = draw_text(block.get("text"), reader)
    fields = "".join(f"<div>{draw_text(each, reader)}</div>" for each in objects(block.get("fields")))
    body = (f"<div>{words}</div>" if words else "") + (tag("div", fields, class_="fields") if fields else "")
    accessory = block.get("accessory")
    beside = _control(accessory, block_id, reader) if isinstance(accessory, dict) else ""
    return tag("div", body, class_="words") + (tag("div", beside, class_="accessory") if beside else "")


def _in_context(element: Json, reader: TextContext) -> str:
    return image(element) if element.get("type") == "image" else f"<span>{draw_text(element, reader)}</span>"


def _input(block: Json, block_id: str, reader: TextContext, error: str) -> str:
    element = block.get("element")
    if not isinstance(element, dict):
        return ""
    optional = "<small> (optional)</small>" if block.get("optional") else ""
    label = f'<div class="label">{draw_text(block.get("label"), reader)}{optional}</div>'
    hint = f'<div class="hint">{draw_text(block.get("hint"), reader)}</div>' if block.get("hint") else ""
    wrong = tag("div", escape(error), class_="error", role="alert") if error else ""
    return tag(
        "div",
        label + _control(element, block_id, reader, words_of(block.get("label"))) + wrong + hint,
        class_=f"block input{' wrong' if error else ''}",
        data_input=block_id,
        data_optional=bool(block.get("optional")),
        data_dispatch=bool(block.get("dispatch_action")),
    )


def _table(block: Json, reader: TextContext) -> str:
    settings = objects(block.get("column_settings"))
    rows = block.get("rows")
    drawn = []
    for number, row in enumerate(rows if isinstance(rows, list | tuple) else []):
        cells = [_cell(cell, reader) for cell in objects(row)]
        aligned = [
            str(settings[at].get("align") or "left") if at < len(settings) else "left" for at in range(len(cells))
        ]
        name = "td" if number else "th"
        drawn.append("".join(tag(name, cell, class_=side) for cell, side in zip(cells, aligned, strict=True)))
    return tag("table", "".join(f"<tr>{row}</tr>" for row in drawn))


def _cell(cell: Json, reader: TextContext) -> str:
    return rich_text(cell, reader) if cell.get("type") == "rich_text" else escape(str(cell.get("text", "")))
