"""A message for Slack, and the few blocks that every message is built of; nothing foreign can break out or ping."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from bot.format.moments import say_moment, say_moments, split_moments
from bot.run.situation import Somebody

Block = dict[str, object]

TEXT_LIMIT = 3_000
"""Characters of a text object, a rich_text element and, well below what Slack cuts, of `text`."""
BLOCK_LIMIT = 50
HEADER_LIMIT = 150
BUTTON_LIMIT = 75
FOLLOWED = "go:followed"
"""`action_id` of a button that is a link."""
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")
_LINK = re.compile(r"https?://[^\s<>|\"'`]{1,1500}")
_UNSEEN = re.compile("[\u061c\u200b-\u200f\u2060-\u2064\ufeff]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HALF_A_DAY = timedelta(hours=12)
_JOINS_EMOJI = "\u200d"
_EMOJI = re.compile(r":(?=(?:[a-z0-9_'-]*[a-z][a-z0-9_+'-]*|\+1|-1|100|1234):)")
_SLACKS_TIME = range(10**10)
"""Seconds since 1970 that Slack shows in the reader's zone."""
_LOOKS = str.maketrans({"*": "∗", "`": "ˋ", "~": "∼"})  # noqa: RUF001  (they look alike on purpose)


@dataclass(frozen=True)
class Message:
    """What Slack is given: `text` for the lock screen and the screen reader (escaped), blocks for the eye."""

    text: str
    blocks: tuple[Block, ...] = ()
    broadcast: bool = False
    """Whether a reply in the thread is shown in the channel too."""
    stands_for: str = ""
    """The digest of the message that was wanted, where an address was put in on its way out."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: equal digests look the same."""
        if self.stands_for:
            return self.stands_for
        content = json.dumps([self.text, self.blocks], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def compose(text: str, *blocks: Block | None, broadcast: bool = False) -> Message:
    """A message of plain `text` and blocks; absent ones are left out, and whatever is given, it fits Slack."""
    kept = tuple(block for block in blocks if block is not None)
    if len(kept) > BLOCK_LIMIT:
        kept = (*kept[: BLOCK_LIMIT - 2], context("There is more than fits here; the record has it all."), kept[-1])
    return Message(clip(escape(say_moments(visible(text))), TEXT_LIMIT).strip() or "…", kept, broadcast)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis when something is missing; never half an escaped sign."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return re.sub(r"&[a-z]{0,3}$", "", cut) + "…"


def visible(text: str, *, exactly: bool = False) -> str:
    """Text without signs that hide or turn the order of reading round: the latter are named by their number.

    `exactly` names every sign that is not seen, for commands.
    """
    whole = text.replace("\r\n", "\n")
    named = _TURNING.sub(_name_of, whole)
    return _UNSEEN.sub(_name_of, named) if exactly else _UNSEEN.sub(_keep_joiner, named)


def _name_of(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _keep_joiner(found: re.Match[str]) -> str:
    return found[0] if found[0] == _JOINS_EMOJI else ""


def one_line(text: str) -> str:
    """Text from outside as a piece of a line of our own."""
    return " ".join(visible(text).split())


def escape(text: str) -> str:
    """Slack's three control signs made harmless: no mention, link or broadcast survives."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def foreign(text: str, limit: int = 300) -> str:
    """Text from outside as a harmless piece of mrkdwn: one line, no markup, no ping, at most `limit` signs.

    A moment in it is shown in each reader's own zone.
    """
    harmless = escape(_EMOJI.sub("∶", clip(one_line(text), limit))).translate(_LOOKS)  # noqa: RUF001  (as above)
    return say_moments(harmless, slack_value)


def bold(text: str, limit: int = 300) -> str:
    """Foreign text, bold."""
    said = foreign(text, limit)
    return f"*{said}*" if said else ""


def mention(slack_id: str | None, name: str) -> str:
    """``<@U0ANA>`` when the id is one; the name otherwise."""
    return f"<@{slack_id}>" if is_account(slack_id) else foreign(name, 80)


def is_account(slack_id: str | None) -> bool:
    """Whether this is the id of an account: no other is ever mentioned or written to."""
    return slack_id is not None and _USER.fullmatch(slack_id) is not None


def mention_all(people: Sequence[Somebody], limit: int = 5) -> str:
    """The first people as mentions, the rest counted: ``<@U0ANA> <@U0BEN> and 3 more``."""
    said = " ".join(mention(one.slack, one.name) for one in people[:limit])
    return said + (f" and {len(people) - limit} more" if len(people) > limit else "")


def channel_link(channel: str | None) -> str:
    """``<#C0INC>`` when the id is one; nothing otherwise."""
    return f"<#{channel}>" if channel is not None and _CHANNEL.fullmatch(channel) else ""


def slack_date(at: datetime, form: str = "{time}", fallback: str | None = None) -> str:
    """A time that Slack shows in each reader's own zone; the fallback is UTC."""
    said = fallback or f"{at:%H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{form}^{said}>"


def slack_deadline(at: datetime, since: datetime) -> str:
    """A time by which something is due, in each reader's own zone and in UTC, so that two readers name the same hour.

    With its day where it is half a day or more from `since`.
    """
    form, fallback = (
        ("{date_short_pretty} {time}", f"{at:%Y-%m-%d %H:%M}")
        if at - since >= _HALF_A_DAY
        else (
            "{time}",
            f"{at:%H:%M}",
        )
    )
    return f"{slack_date(at, form, fallback)} ({at.astimezone(UTC):%H:%M} UTC)"


def slack_moment(at: datetime) -> str:
    """Day and time, in each reader's own zone."""
    return slack_date(at, "{date_short_pretty} {time}", f"{at:%Y-%m-%d %H:%M} UTC")


def slack_value(at: datetime) -> str:
    """A moment that is a value, as it may be typed back, in each reader's own zone; the fallback says its offset."""
    said = say_moment(at)
    return slack_date(at, _to_the_second(at), said) if int(at.timestamp()) in _SLACKS_TIME else said


def _to_the_second(at: datetime) -> str:
    return "{date_num} {time_secs}" if at.second else "{date_num} {time}"


def header(words: str) -> Block:
    """The largest letters that there are, plain."""
    return {"type": "header", "text": _plain(say_moments(one_line(words)), HEADER_LIMIT)}


def section(mrkdwn: str) -> Block:
    """A paragraph of our own words; what is foreign in it went through `foreign`."""
    return {"type": "section", "text": _mrkdwn(mrkdwn)}


def fields(*mrkdwn: str) -> Block:
    """Up to ten short facts side by side."""
    return {"type": "section", "fields": [_mrkdwn(one, 2_000) for one in mrkdwn[:10]]}


def context(*mrkdwn: str) -> Block:
    """Small grey lines; up to ten."""
    return {"type": "context", "elements": [_mrkdwn(one) for one in mrkdwn[:10]]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": clip(text, limit) or "–", "emoji": False}


def _mrkdwn(text: str, limit: int = TEXT_LIMIT) -> Block:
    return {"type": "mrkdwn", "text": clip(text, limit) or "–", "verbatim": True}


def rich(*parts: Block) -> Block:
    """Text that Slack does not parse, part by part."""
    return {"type": "rich_text", "elements": list(parts)}


def span(text: str, *styles: str) -> Block:
    """A run of characters in rich text; styles are ``bold``, ``italic``, ``code``, ``strike``.

    A moment in it is said with its offset; see `spans`.
    """
    shown = visible(text) if "code" in styles else say_moments(visible(text))
    piece: Block = {"type": "text", "text": clip(shown, TEXT_LIMIT) or "–"}
    return piece | ({"style": dict.fromkeys(styles, True)} if styles else {})


def spans(text: str, *styles: str) -> list[Block]:
    """The same in as many pieces as it takes to show each moment in the reader's own zone."""
    pieces = split_moments(clip(visible(text), TEXT_LIMIT))
    return [span(one, *styles) if isinstance(one, str) else _date(one, *styles) for one in pieces] or [span("–")]


def _date(at: datetime, *styles: str) -> Block:
    if int(at.timestamp()) not in _SLACKS_TIME:
        return span(say_moment(at), *styles)
    piece: Block = {"type": "date", "timestamp": int(at.timestamp()), "format": _to_the_second(at)}
    return piece | {"fallback": say_moment(at)} | ({"style": dict.fromkeys(styles, True)} if styles else {})


def prose_block(text: str, lead: str = "", emoji: str = "") -> Block:
    """Foreign prose in full, as typed, with plain links to click; `lead` is a bold word in front, `emoji` a name."""
    front: list[Block] = [{"type": "emoji", "name": emoji}, span(" ")] if emoji else []
    front += [span(f"{lead} ", "bold")] if lead else []
    return rich({"type": "rich_text_section", "elements": [*front, *_linked(text)]})


def quote_block(text: str) -> Block:
    """Words that a person typed, quoted as they were typed."""
    return rich({"type": "rich_text_quote", "elements": _linked(text, as_typed=True)})


def list_block(lines: Iterable[str | Sequence[Block]], limit: int = 20) -> Block:
    """A bulleted list of foreign lines, or of lines already in spans; more than `limit` are counted."""
    items = [list(line) if not isinstance(line, str) else _linked(line) for line in lines]
    if len(items) > limit:
        items = [*items[:limit], [span(f"and {len(items) - limit} more")]]
    listed = [{"type": "rich_text_section", "elements": item} for item in items or [[span("–")]]]
    return rich({"type": "rich_text_list", "style": "bullet", "elements": listed})


def command_block(command: str) -> Block:
    """A command to copy, exactly; one too long for Slack is cut with a line that says not to run it."""
    shown = visible(command, exactly=True)
    whole = len(shown) <= TEXT_LIMIT
    exact: Block = {"type": "text", "text": (shown if whole else shown[: TEXT_LIMIT - 200]) or "–"}
    pre: Block = {"type": "rich_text_preformatted", "elements": [exact]}
    if whole:
        return rich(pre)
    warning = span("Cut here: do not run it. It is too long for Slack; `handrail log` shows the whole command.", "bold")
    return rich(pre, {"type": "rich_text_section", "elements": [warning]})


def _linked(text: str, *, as_typed: bool = False) -> list[Block]:
    """Text and links, in order; every sign of it either plain or a link to what it says."""
    shown, pieces, at = clip(visible(text), TEXT_LIMIT), list[Block](), 0
    for found in _LINK.finditer(shown):
        url = found[0].rstrip(".,;:!?)")
        pieces += _unlinked(shown[at : found.start()], as_typed=as_typed)
        pieces.append({"type": "link", "url": url})
        at = found.start() + len(url)
    return (pieces + _unlinked(shown[at:], as_typed=as_typed)) or [span(shown)]


def _unlinked(text: str, *, as_typed: bool) -> list[Block]:
    if not text:
        return []
    return [{"type": "text", "text": text}] if as_typed else spans(text)


def button(label: str, action_id: str, value: str, style: str | None = None) -> Block:
    """A button; `style` is ``primary``, ``danger`` or none."""
    made: Block = {"type": "button", "text": _plain(say_moments(one_line(label)), BUTTON_LIMIT)}
    made |= {"action_id": action_id, "value": value}
    return made | ({"style": style} if style else {})


def link_button(label: str, url: str) -> Block:
    """A button that leads to an address by itself; Slack tells us of the press all the same."""
    return {"type": "button", "text": _plain(one_line(label), BUTTON_LIMIT), "action_id": FOLLOWED, "url": url}


def overflow(action_id: str, options: Sequence[tuple[str, str]]) -> Block:
    """The ⋯ menu of (label, value); Slack takes up to five, and values of up to 75 signs."""
    listed = [{"text": _plain(one_line(label), BUTTON_LIMIT), "value": value} for label, value in options[:5]]
    return {"type": "overflow", "action_id": action_id, "options": listed}


def actions(elements: Sequence[Mapping[str, object]]) -> Block | None:
    """A row of buttons and menus; nothing when there are none."""
    return {"type": "actions", "elements": [dict(one) for one in elements[:25]]} if elements else None
