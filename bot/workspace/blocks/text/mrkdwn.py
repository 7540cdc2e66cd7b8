"""Slack's mrkdwn as HTML: every character from outside escaped, every mention resolved for its reader."""

from __future__ import annotations

import re
from html import escape, unescape

from bot.workspace.blocks.text.dates import date_in_words
from bot.workspace.blocks.text.emoji import EMOJI, SHORT_NAME
from bot.workspace.blocks.text.reader import TextContext

_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CARVED = re.compile(r"`([^`\n]+)`|<([^<>\n]+)>")
_BARE_URL = re.compile(r"https?://[^\s<>|\x00]+[^\s<>|\x00.,;:!?)'\"]")
_KEPT = re.compile("\x00(\\d+)\x00")
_QUOTED = re.compile(r"^(?:>|&gt;) ?")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^\n]+?)(?<=\S)\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(?=\S)([^\n]+?)(?<=\S)_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(?=\S)([^\n]+?)(?<=\S)~(?![\w~])"), "s"),
)
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def mrkdwn(text: str, reader: TextContext, *, verbatim: bool = False) -> str:
    """Draw mrkdwn for one reader; ``verbatim`` leaves bare addresses unlinked, as Slack does."""
    pieces = _FENCE.split(text.replace("\x00", ""))
    drawn = []
    for position, piece in enumerate(pieces):
        if position % 2:
            drawn.append(f"<pre>{_escaped(_labels_only(piece, reader))}</pre>")
        elif piece.strip("\n"):
            drawn.append(_lines(piece.strip("\n") if len(pieces) > 1 else piece, reader, verbatim=verbatim))
    return "".join(drawn)


def plain_text(text: str, *, emoji: bool = True) -> str:
    """Draw text that is not parsed, but for emoji short names."""
    shown = SHORT_NAME.sub(lambda found: EMOJI.get(found[1], found[0]), text) if emoji else text
    return escape(shown).replace("\n", "<br>")


def link(url: str, label: str) -> str:
    """Draw a link whose label is HTML already; an address that is no web or mail address stays text."""
    if not url.lower().startswith(_SCHEMES):
        return label
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{label}</a>'


def person(user_id: str, reader: TextContext) -> str:
    """Draw a mention of a person, highlighted when it is the reader."""
    return _mention(f"@{reader.people.get(user_id, user_id)}", mine=user_id == reader.user_id)


def group(group_id: str, reader: TextContext, name: str = "") -> str:
    """Draw a mention of a user group, highlighted when the reader is a member."""
    handle = reader.groups.get(group_id) or name or group_id
    return _mention(f"@{handle.removeprefix('@')}", mine=group_id in reader.member_of)


_IS_RELATIVE = re.compile(r"\{(?:ago|\w+_pretty)\}")
"""What reads differently as time goes by."""


def broadcast(word: str) -> str:
    """Draw ``@here``, ``@channel`` or ``@everyone``, which mean every reader."""
    return _mention(f"@{word}", mine=True)


def channel(channel_id: str, reader: TextContext, name: str = "") -> str:
    """Draw a link to a channel of this workspace."""
    shown = escape(f"#{reader.channels.get(channel_id) or name or channel_id}")
    return f'<a class="mention" href="{escape(reader.home)}/{escape(channel_id)}">{shown}</a>'


def date(timestamp: str | int, template: str, fallback: str, reader: TextContext, url: str = "") -> str:
    """Draw a date token; what Slack could not fill shows the fallback."""
    try:
        words = date_in_words(int(timestamp), template, reader)
    except (ValueError, OSError):
        words = fallback
    relative = f' data-relative="{escape(f"{timestamp} {template}")}"' if _IS_RELATIVE.search(template) else ""
    drawn = f'<time title="{escape(fallback)}"{relative}>{escape(words)}</time>'
    return link(url, drawn) if url else drawn


def _escaped(text: str) -> str:
    return escape(unescape_slack(text), quote=False)


def unescape_slack(text: str) -> str:
    """Undo Slack's three escapes and no other."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _mention(shown: str, *, mine: bool) -> str:
    return f'<span class="mention{" mine" if mine else ""}">{escape(shown)}</span>'


def _lines(text: str, reader: TextContext, *, verbatim: bool) -> str:
    drawn: list[str] = []
    quoted: list[str] = []
    for line in [*text.split("\n"), None]:
        if line is not None and _QUOTED.match(line):
            quoted.append(_inline(_QUOTED.sub("", line), reader, verbatim=verbatim))
            continue
        if quoted:
            drawn.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted = []
        if line is not None:
            drawn.append(_inline(line, reader, verbatim=verbatim))
    return re.sub(r"(?<=</blockquote>)<br>|<br>(?=<blockquote>)", "", "<br>".join(drawn))


def _inline(line: str, reader: TextContext, *, verbatim: bool) -> str:
    kept: list[str] = []

    def keep(drawn: str) -> str:
        kept.append(drawn)
        return f"\x00{len(kept) - 1}\x00"

    def carve(found: re.Match[str]) -> str:
        code, token = found.groups()
        if code is not None:
            return keep(f"<code>{_escaped(_labels_only(code, reader))}</code>")
        return keep(_token(token, reader))

    line = _CARVED.sub(carve, line)
    if not verbatim:
        line = _BARE_URL.sub(lambda found: keep(link(unescape_slack(found[0]), _escaped(found[0]))), line)
    line = SHORT_NAME.sub(lambda found: keep(_emoji(found[1])), line)
    return _KEPT.sub(lambda found: kept[int(found[1])], _styled(_escaped(line)))


def _styled(line: str) -> str:
    for pattern, tag in _STYLES:
        line = pattern.sub(lambda found, tag=tag: _wrapped(found, tag), line)  # type: ignore[misc]
    return line


def _wrapped(found: re.Match[str], tag: str) -> str:
    inner = found[1]
    if any(inner.count(f"<{other}>") != inner.count(f"</{other}>") for other in "bis"):
        return found[0]
    return f"<{tag}>{inner}</{tag}>"


def _emoji(name: str) -> str:
    shown = EMOJI.get(name)
    return f'<span class="emoji" title=":{name}:">{shown}</span>' if shown else f":{name}:"


def _token(token: str, reader: TextContext) -> str:
    target, _, label = token.partition("|")
    match target[:1], target[1:]:
        case "@", user_id if re.fullmatch(r"[UW][A-Z0-9]+", user_id):
            return person(user_id, reader)
        case "#", channel_id if re.fullmatch(r"[CDG][A-Z0-9]+", channel_id):
            return channel(channel_id, reader, unescape_slack(label))
        case "!", command:
            return _command(command, label, reader) or _escaped(f"<{token}>")
        case _ if target.lower().startswith(_SCHEMES):
            return link(unescape_slack(target), _escaped(label or target.removeprefix("mailto:")))
        case _:
            return _escaped(f"<{token}>")


def _command(command: str, label: str, reader: TextContext) -> str:
    match command.split("^"):
        case [("here" | "channel" | "everyone") as word]:
            return broadcast(word)
        case ["subteam", group_id]:
            return group(group_id, reader, unescape_slack(label))
        case ["date", timestamp, template, *rest]:
            url = unescape_slack(rest[0]) if rest else ""
            return date(timestamp, unescape_slack(template), unescape_slack(label), reader, url)
        case _:
            return ""


def _labels_only(text: str, reader: TextContext) -> str:
    """Reduce links and mentions to their words, as Slack shows them inside code."""

    def label(found: re.Match[str]) -> str:
        drawn = re.sub(r"<[^>]*>", "", _token(found[1], reader))
        return unescape(drawn).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    return re.sub(r"<((?:[@#!]|https?://|mailto:)[^<>\n]*)>", label, text)
