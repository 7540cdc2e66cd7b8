"""The ``markdown`` block: the standard Markdown that Slack draws, in small."""

from __future__ import annotations

import re
from html import escape

from bot.workspace.blocks.text.emoji import with_emoji
from bot.workspace.blocks.text.mrkdwn import link

_FENCE = re.compile(r"^```[^\n]*\n(.*?)\n?```$", re.DOTALL | re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)]) +(.*)$")
_ORDERED = re.compile(r"^\s*\d")
_HEADING = re.compile(r"^#{1,6} +(.*?)#*$")
_KEPT = re.compile("\x00(\\d+)\x00")
_INLINE = re.compile(r"`([^`\n]+)`|\[([^\]\n]+)\]\(([^)\s]+)\)")
_STYLES = (
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*|__(?=\S)(.+?)(?<=\S)__"), "b"),
    (re.compile(r"(?<![\w*])\*(?=\S)(.+?)(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)"), "i"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~()"), "s"),
)


def markdown(text: str) -> str:
    """Draw headings, lists, quotes, rules, code, links and emphasis; everything else is text."""
    pieces = _FENCE.split(text.replace("\x00", ""))
    return "".join(
        f"<pre>{escape(piece)}</pre>" if position % 2 else _paragraphs(piece) for position, piece in enumerate(pieces)
    )


def _paragraphs(text: str) -> str:
    return "".join(_paragraph(part.split("\n")) for part in re.split(r"\n\s*\n", text) if part.strip())


def _paragraph(lines: list[str]) -> str:
    drawn: list[str] = []
    run: list[str] = []
    for line in [line for line in lines if line.strip()]:
        heading = _HEADING.match(line)
        if heading or re.fullmatch(r"\s*([-*_])(?:\s*\1){2,}\s*", line):
            drawn += [_run(run), f"<h4>{_inline(heading[1])}</h4>" if heading else "<hr>"]
            run = []
        elif run and _kind(line) != _kind(run[0]):
            drawn.append(_run(run))
            run = [line]
        else:
            run.append(line)
    return "".join([*drawn, _run(run)])


def _kind(line: str) -> str:
    if line.startswith(">"):
        return "blockquote"
    if _ITEM.match(line):
        return "ol" if _ORDERED.match(line) else "ul"
    return "p"


def _run(lines: list[str]) -> str:
    if not lines:
        return ""
    kind = _kind(lines[0])
    if kind in ("ul", "ol"):
        items = "".join(f"<li>{_inline(_item(line))}</li>" for line in lines)
        return f"<{kind}>{items}</{kind}>"
    words = [line.removeprefix(">").strip() if kind == "blockquote" else line for line in lines]
    return f"<{kind}>{'<br>'.join(_inline(line) for line in words)}</{kind}>"


def _item(line: str) -> str:
    found = _ITEM.match(line)
    return found[1] if found else line


def _inline(line: str) -> str:
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        code, label, url = found.groups()
        kept.append(f"<code>{escape(code)}</code>" if code is not None else link(url, escape(label)))
        return f"\x00{len(kept) - 1}\x00"

    drawn = escape(with_emoji(_INLINE.sub(keep, line)), quote=False)
    for pattern, tag in _STYLES:
        drawn = pattern.sub(rf"<{tag}>\1\2</{tag}>", drawn)
    return _KEPT.sub(lambda found: kept[int(found[1])], drawn)
