"""What Handrail's own messages say, line by line, for a terminal: blocks in, words out."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Literal

from bot.format.text import spoken_duration
from bot.render.message import Block, foreign
from bot.run.state import Run

Kind = Literal["title", "heading", "text", "small", "item", "quote", "command"]
_TOKEN = re.compile(
    r"<!date\^(?P<epoch>\d+)\^(?P<form>[^^>]*)\^[^>]*>|<@(?P<who>[A-Z0-9]+)>|<#(?P<place>[A-Z0-9]+)>"
    r"|<(?P<url>https?:[^|>]+)(?:\|(?P<label>[^>]*))?>|\*(?P<bold>[^*\n]+)\*|`(?P<code>[^`\n]+)`"
    r"|(?:(?<=\s)|^):(?P<emoji>[a-z][a-z0-9_]*):(?=\s|$)"
)
_MARKS: Mapping[str, str] = {
    "warning": "!", "rotating_light": "!!", "boom": "!!", "octagonal_sign": "!!", "white_check_mark": "✓",
}  # fmt: skip
"""Emoji that say something by themselves; the others stand beside words that say the same."""
_WRITTEN = str.maketrans({"∗": "*", "ˋ": "`", "∼": "~"})  # noqa: RUF001  (what `message.foreign` put in their place)
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Words:
    """Some words of a line, all set in one way."""

    text: str
    bold: bool = False
    code: bool = False
    epoch: int | None = None
    """The moment that the text says, where it says one; `form` is how Slack was asked to say it."""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line to read. A ``command`` is one to copy: it is shown as it is, and never broken."""

    kind: Kind
    words: tuple[Words, ...]

    @property
    def text(self) -> str:
        """The line without how it is set."""
        return "".join(piece.text for piece in self.words)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads messages at one moment, in one time zone, with the names of the people whom they mention."""

    at: datetime
    zone: tzinfo
    names: Mapping[str, str]
    """Slack id -> name."""

    @classmethod
    def of(cls, run: Run, at: datetime, zone: tzinfo) -> "Reader":
        """A reader who knows the people of a run."""
        return cls(at, zone, {one.slack: one.name for one in run.members.known.values() if one.slack})

    def lines(self, blocks: Iterable[Block]) -> tuple[Line, ...]:
        """The lines of blocks, in order. Buttons, menus and fields are no lines."""
        return tuple(line for block in blocks for line in self._read(block))

    def _read(self, block: Mapping[str, Any]) -> Iterator[Line]:
        match block.get("type"):
            case "header":
                yield Line("title", (Words(block["text"]["text"], bold=True),))
            case "section":
                told = [_beside_button(block)] if "text" in block else []
                # A fact in a field is a heading over its value: one line here.
                facts = [one | {"text": one["text"].replace("*\n", ":* ", 1)} for one in block.get("fields", ())]
                yield from self._paragraphs("text", [*told, *facts])
            case "context":
                yield from self._paragraphs("small", block["elements"])
            case "rich_text":
                for part in block["elements"]:
                    yield from _read_rich(part)
            case _:
                return

    def _paragraphs(self, kind: Kind, texts: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
        for one in texts:
            for written in str(one["text"]).split("\n"):
                words = _line(kind, list(self._pieces(written))).words
                alone = len(words) == 1 and words[0].bold
                yield Line("heading" if alone and kind == "text" else kind, words)

    def _pieces(self, mrkdwn: str, *, bold: bool = False) -> Iterator[Words]:
        at = 0
        for found in _TOKEN.finditer(mrkdwn):
            yield from _plain(mrkdwn[at : found.start()], bold=bold)
            yield from self._piece(found, bold=bold)
            at = found.end()
        yield from _plain(mrkdwn[at:], bold=bold)

    def _piece(self, found: re.Match[str], *, bold: bool) -> Iterator[Words]:
        match found.lastgroup:
            case "form":
                epoch, form = int(found["epoch"]), found["form"]
                yield Words(self.date(epoch, form), bold, epoch=epoch, form=form)
            case "who":
                yield Words(self.names.get(found["who"], found["who"]), bold)
            case "place":
                yield Words(f"#{found['place']}", bold)
            case "url" | "label":
                label = f"{found['label']}: " if found["label"] else ""
                yield from _plain(f"{label}{found['url']}", bold=bold)
            case "bold":
                yield from self._pieces(found["bold"], bold=True)
            case "code":
                yield from (replace(one, code=True) for one in _plain(found["code"], bold=bold))
            case _:
                mark = _MARKS.get(found["emoji"], "")
                yield Words(mark, bold=True)

    def date(self, epoch: int, form: str = "{time}") -> str:
        """What Slack would show for a date token here and now, with the zone."""
        then = datetime.fromtimestamp(epoch, self.zone)
        if form == "{ago}":
            return say_distance((then - self.at).total_seconds())
        if "{date" not in form:
            return f"{then:%H:%M %Z}"
        today = then.date() == self.at.astimezone(self.zone).date()
        return f"today {then:%H:%M %Z}" if today else f"{then:%-d %b %Y %H:%M %Z}"


def _beside_button(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """A text with a button beside it: what the button is called leads it, as the keys stand elsewhere."""
    beside, text = block.get("accessory") or {}, block["text"]
    if beside.get("type") != "button":
        return text  # type: ignore[no-any-return]
    label = foreign(str(beside["text"]["text"]))
    return {**text, "text": f"*{label}:* {text['text']}"}


def say_distance(seconds: float) -> str:
    """``in 12 min``, ``3 h 5 min ago``, ``just now``."""
    whole = int(abs(seconds) // _MINUTE) * _MINUTE
    if not whole:
        return "just now" if seconds <= 0 else "in less than a minute"
    return f"in {spoken_duration(whole)}" if seconds > 0 else f"{spoken_duration(whole)} ago"


def _plain(escaped: str, *, bold: bool = False) -> Iterator[Words]:
    if escaped:
        text = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        yield Words(text.translate(_WRITTEN), bold)


def _read_rich(part: Mapping[str, Any]) -> Iterator[Line]:
    match part["type"]:
        case "rich_text_preformatted":
            for one in "".join(piece.text for piece in _spans(part)).rstrip("\n").split("\n"):
                yield Line("command", (Words(one, code=True),))
        case "rich_text_list":
            for item in part["elements"]:
                yield from _broken("item", _spans(item))
        case "rich_text_quote":
            yield from _broken("quote", _spans(part))
        case _:
            yield from _broken("text", _spans(part))


def _spans(part: Mapping[str, Any]) -> list[Words]:
    found: list[Words] = []
    for one in part["elements"]:
        style = one.get("style") or {}
        match one["type"]:
            case "emoji":
                found.append(Words(_MARKS.get(one["name"], ""), bold=True))
            case "link":
                found.append(Words(one["url"]))
            case _:
                found.append(Words(str(one.get("text", "")), bool(style.get("bold")), bool(style.get("code"))))
    return found


def _broken(kind: Kind, pieces: Sequence[Words]) -> Iterator[Line]:
    """Lines where the text has line feeds; what follows the first line of an item stays with it."""
    line: list[Words] = []
    for piece in pieces:
        first, *more = piece.text.split("\n")
        line.append(replace(piece, text=first))
        for rest in more:
            yield _line(kind, line)
            line = [replace(piece, text=rest)]
    yield _line(kind, line)


def _line(kind: Kind, pieces: Sequence[Words]) -> Line:
    kept = [piece for piece in pieces if piece.text]
    if kept and kind != "command":
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
    return Line(kind, tuple(kept))


def harmless(line: Line, clean: Callable[[str], str]) -> Line:
    """The same line with each of its words cleaned."""
    return Line(line.kind, tuple(replace(piece, text=clean(piece.text)) for piece in line.words))
