"""A run on a terminal: its lines, keys, questions and the page they make."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Literal

from bot.format.printable import printable
from bot.format.text import spoken_duration
from bot.render.actions import ACTIONS, Press, label_of, option_of
from bot.render.card import card
from bot.render.dialog.view import Choice
from bot.render.message import Block, foreign
from bot.render.paging.standing import asking_pages
from bot.render.prose import say_who
from bot.render.sentences import say_event
from bot.render.thread.post import Moment
from bot.render.thread.walking import tell_start
from bot.run.events import Event, StepEntered
from bot.run.law.offers import offers
from bot.run.places import Over
from bot.run.situation import Stamp
from bot.run.state import Run

Kind = Literal["title", "heading", "text", "small", "item", "quote", "command"]
_TOKEN = re.compile(
    r"<!date\^(?P<epoch>\d+)\^(?P<form>[^^>]*)\^[^>]*>(?: \(\d\d:\d\d UTC\))?"  # here each time has its zone
    r"|<@(?P<who>[A-Z0-9]+)>|<#(?P<place>[A-Z0-9]+)>"
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
class Span:
    """Some words of a line, all set in one way."""

    text: str
    bold: bool = False
    code: bool = False
    epoch: int | None = None
    """The moment that the text says, where it says one; `form` is how Slack was asked to say it."""
    form: str = ""


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """A line to read. A ``command`` is one to copy: it is shown as it is, and never broken."""

    kind: Kind
    words: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The line without how it is set."""
        return "".join(piece.text for piece in self.words)


@dataclass(frozen=True, slots=True)
class MessageReader:
    """Reads messages at one moment, in one time zone, with the names of the people whom they mention."""

    at: datetime
    zone: tzinfo
    names: Mapping[str, str]
    """Slack id -> name."""

    @classmethod
    def of(cls, run: Run, at: datetime, zone: tzinfo) -> "MessageReader":
        """A reader who knows the people of a run."""
        return cls(at, zone, {one.slack: one.name for one in run.members.known.values() if one.slack})

    def lines(self, blocks: Iterable[Block]) -> tuple[ScreenLine, ...]:
        """The lines of blocks, in order. Buttons, menus and fields are no lines."""
        return tuple(line for block in blocks for line in self._read(block))

    def _read(self, block: Mapping[str, Any]) -> Iterator[ScreenLine]:
        match block.get("type"):
            case "header":
                yield ScreenLine("title", (Span(block["text"]["text"], bold=True),))
            case "section":
                told = [_beside_button(block)] if "text" in block else []
                # A fact in a field is a heading over its value: one line here.
                facts = [one | {"text": one["text"].replace("*\n", ":* ", 1)} for one in block.get("fields", ())]
                yield from self._paragraphs("text", [*told, *facts])
            case "context":
                yield from self._paragraphs("small", block["elements"])
            case "rich_text":
                for part in block["elements"]:
                    yield from self._read_rich(part)
            case _:
                return

    def _paragraphs(self, kind: Kind, texts: Sequence[Mapping[str, Any]]) -> Iterator[ScreenLine]:
        for one in texts:
            for written in str(one["text"]).split("\n"):
                words = _line(kind, list(self._pieces(written))).words
                alone = len(words) == 1 and words[0].bold
                yield ScreenLine("heading" if alone and kind == "text" else kind, words)

    def _pieces(self, mrkdwn: str, *, bold: bool = False) -> Iterator[Span]:
        at = 0
        for found in _TOKEN.finditer(mrkdwn):
            yield from _plain(mrkdwn[at : found.start()], bold=bold)
            yield from self._piece(found, bold=bold)
            at = found.end()
        yield from _plain(mrkdwn[at:], bold=bold)

    def _piece(self, found: re.Match[str], *, bold: bool) -> Iterator[Span]:
        match found.lastgroup:
            case "form":
                epoch, form = int(found["epoch"]), found["form"]
                yield Span(self.date(epoch, form), bold, epoch=epoch, form=form)
            case "who":
                yield Span(self.names.get(found["who"], found["who"]), bold)
            case "place":
                yield Span(f"#{found['place']}", bold)
            case "url" | "label":
                label = f"{found['label']}: " if found["label"] else ""
                yield from _plain(f"{label}{found['url']}", bold=bold)
            case "bold":
                yield from self._pieces(found["bold"], bold=True)
            case "code":
                yield from (replace(one, code=True) for one in _plain(found["code"], bold=bold))
            case _:
                mark = _MARKS.get(found["emoji"], "")
                yield Span(mark, bold=True)

    def date(self, epoch: int, form: str = "{time}") -> str:
        """What Slack would show for a date token here and now, with the zone."""
        then = datetime.fromtimestamp(epoch, self.zone)
        if form == "{ago}":
            return say_distance((then - self.at).total_seconds())
        clock = f"{then:%H:%M:%S %Z}" if "{time_secs}" in form else f"{then:%H:%M %Z}"
        if "{date" not in form:
            return clock
        if "{date_num}" in form:
            return f"{then:%Y-%m-%d} {clock}"
        today = then.date() == self.at.astimezone(self.zone).date()
        return f"today {clock}" if today else f"{then:%-d %b %Y} {clock}"

    def _read_rich(self, part: Mapping[str, Any]) -> Iterator[ScreenLine]:
        match part["type"]:
            case "rich_text_preformatted":
                for one in "".join(piece.text for piece in self._spans(part)).rstrip("\n").split("\n"):
                    yield ScreenLine("command", (Span(one, code=True),))
            case "rich_text_list":
                for item in part["elements"]:
                    yield from _broken("item", self._spans(item))
            case "rich_text_quote":
                yield from _broken("quote", self._spans(part))
            case _:
                yield from _broken("text", self._spans(part))

    def _spans(self, part: Mapping[str, Any]) -> list[Span]:
        found: list[Span] = []
        for one in part["elements"]:
            style = one.get("style") or {}
            match one["type"]:
                case "emoji":
                    found.append(Span(_MARKS.get(one["name"], ""), bold=True))
                case "link":
                    found.append(Span(one["url"]))
                case "date":
                    epoch, form = int(one["timestamp"]), str(one["format"])
                    found.append(Span(self.date(epoch, form), bool(style.get("bold")), epoch=epoch, form=form))
                case _:
                    found.append(Span(str(one.get("text", "")), bool(style.get("bold")), bool(style.get("code"))))
        return found


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


def _plain(escaped: str, *, bold: bool = False) -> Iterator[Span]:
    if escaped:
        text = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        yield Span(text.translate(_WRITTEN), bold)


def _broken(kind: Kind, pieces: Sequence[Span]) -> Iterator[ScreenLine]:
    """Lines where the text has line feeds; what follows the first line of an item stays with it."""
    line: list[Span] = []
    for piece in pieces:
        first, *more = piece.text.split("\n")
        line.append(replace(piece, text=first))
        for rest in more:
            yield _line(kind, line)
            line = [replace(piece, text=rest)]
    yield _line(kind, line)


def _line(kind: Kind, pieces: Sequence[Span]) -> ScreenLine:
    kept = [piece for piece in pieces if piece.text]
    if kept and kind != "command":
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
    return ScreenLine(kind, tuple(kept))


def harmless(line: ScreenLine, clean: Callable[[str], str]) -> ScreenLine:
    """The same line with each of its words cleaned."""
    return ScreenLine(line.kind, tuple(replace(piece, text=clean(piece.text)) for piece in line.words))


KEYS: Mapping[str, str] = {
    "begin": "b", "run": "b", "look_again": "A", "do_myself": "z", "take_exit": "T", "cancel_action": "k",
    "watch": "w", "done": "d", "problem": "p", "unsure": "u", "back": "b",
    "approve": "a", "reject": "r", "review": "v", "accept": "e", "resume": "r", "help": "h",
    "skip": "s", "go_back": "g", "break_glass": "G", "correct": "c", "note": "n", "take_over": "t",
    "hand_over": "o", "pause": "P", "stop": "X", "on_it": "y", "cannot": "x",
    "lesson": "L", "follow_up": "f", "follow_up_done": "F", "rate": "Q", "milestone": "M", "postmortem": "W",
    "let_in": "I",
    "they_left": "O", "keep_people": "K", "done_already": "D", "ask_end": "E", "grant_end": "C", "keep_on": "N",
}  # fmt: skip
"""Each key is a letter of its label where one was free. Capitals are for what should not happen by a slip."""
_BIG = (
    "begin",
    "run",
    "look_again",
    "do_myself",
    "take_exit",
    "cancel_action",
    "watch",
    "done",
    "problem",
    "unsure",
    "back",
    "approve",
    "reject",
    "review",
    "accept",
    "on_it",
    "lesson",
    "follow_up",
    "rate",
    "grant_end",
    "keep_on",
    "let_in",
    "they_left",
    "keep_people",
)
OF_THE_PROGRAM: Mapping[str, str] = {
    "i": "What to know",
    "l": "What happened so far",
    "?": "All keys",
    "q": "Leave (the run stays open)",
}
"""Keys that ask nothing of the run."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does: an action of `offers`, or one of `OF_THE_PROGRAM` when `action` is empty."""

    key: str
    label: str
    action: str = ""
    big: bool = False
    """One of the few that the step is about; the others are rarely needed."""


def keys_of(run: Run) -> tuple[Key, ...]:
    """What can be pressed now: the step's own first, in the order of the card."""
    offered = offers(run)
    options = [name for name in offered if name.startswith("choose:")]
    numbered = {name: str(number) for number, name in enumerate(options, 1)}
    answers = [name for name, one in ACTIONS.items() if one.place == "page"] if asking_pages(run) else []
    each = {key.key: key for key in reversed([_key(run, name, numbered) for name in (*offered, *answers)])}
    now = reversed(each.values())  # of several people who wait, the first; the next comes when they are in
    return tuple(sorted(now, key=lambda key: not key.big)) + tuple(Key(*one) for one in OF_THE_PROGRAM.items())


def _key(run: Run, action: str, numbered: Mapping[str, str]) -> Key:
    if action in numbered:
        return Key(numbered[action], label_of(run, action), action, big=True)
    big = (
        action.partition(":")[0] in _BIG
        or action in ("help", "resume")
        or (action == "take_over" and run.operator is None)
    )
    return Key(KEYS[action.partition(":")[0]], label_of(run, action), action, big)


def press_of(run: Run, action: str) -> Press:
    """The press that a key stands for, as a button of the step where the run stands would carry it."""
    name, option = action.partition(":")[0], option_of(run, action)
    if name in ACTIONS and ACTIONS[name].place == "page":
        return Press(run.id, name, page=next((page.number for page in reversed(asking_pages(run))), 0))
    step, visit = ("", 0) if isinstance(run.here, Over) else (run.here.step, run.here.visit)
    return Press(run.id, name, step, visit, option)


@dataclass(frozen=True, slots=True)
class Question:
    """A field of a form: what is asked, how it may be answered, and where the answer belongs."""

    field: str
    """The field's `block_id`."""
    label: str
    hint: str = ""
    optional: bool = False
    choices: tuple[Choice, ...] = ()
    usual: str = ""
    """What is chosen or stands there already."""
    redraws: bool = False
    """Whether the form has to be drawn anew once this is answered."""

    def read(self, typed: str) -> str | None:
        """The answer that was typed: a choice by its number, label or value; None when it is none of them."""
        said = typed.strip()
        if not self.choices:
            return said
        if not said:
            return self.usual
        by_number = {str(number): choice.value for number, choice in enumerate(self.choices, 1)}
        by_words = {word.casefold(): one.value for one in self.choices for word in (one.label, one.value)}
        return by_number.get(said) or by_words.get(said.casefold())


def questions_of(view: Block) -> tuple[Question, ...]:
    """The fields of a form, in order."""
    blocks: Sequence[Mapping[str, Any]] = view["blocks"]  # type: ignore[assignment]
    return tuple(_question(block) for block in blocks if block.get("type") == "input")


def _question(block: Mapping[str, Any]) -> Question:
    element, hint = block["element"], block.get("hint") or {}
    initial = element.get("initial_option") or {}
    return Question(
        str(block["block_id"]),
        printable(str(block["label"]["text"])),
        printable(str(hint.get("text", ""))),
        bool(block.get("optional")),
        tuple(_choices(element)),
        str(initial.get("value") or element.get("initial_value") or ""),
        bool(block.get("dispatch_action")),
    )


def _choices(element: Mapping[str, Any]) -> Iterator[Choice]:
    groups = [element, *element.get("option_groups", ())]
    for option in (one for group in groups for one in group.get("options", ())):
        below = option.get("description") or {}
        yield Choice(
            str(option["value"]), printable(str(option["text"]["text"])), printable(str(below.get("text", "")))
        )


_NOT_READ = ("actions", "divider", "input")
_IN_SLACK, _HERE = "in the thread", "behind the key i"
"""Where the card says that the start of the run is told, and where it is told at a terminal."""


@dataclass(frozen=True, slots=True)
class ScreenPage:
    """What one person sees: lines from top to bottom, what is new, then the keys."""

    lines: tuple[ScreenLine, ...]
    news: tuple[ScreenLine, ...]
    """What has to be noticed, whatever stands on the page."""
    keys: tuple[Key, ...]
    seq: int = 0
    """The run's last record: time alone makes no other page of it."""

    def action_of(self, key: str) -> str | None:
        """What a key does here; None when it does nothing."""
        return next((one.action or one.key for one in self.keys if one.key == key), None)


def page_of(
    run: Run, at: datetime, zone: tzinfo, news: Sequence[str] = (), me: str = "", *, sends: bool = False
) -> ScreenPage:
    """The run as its card shows it, in the order of need; `me` says who sits there, `sends` whether a server does."""
    head, *rest = [block for block in card(run, sends=sends).blocks if block.get("type") not in _NOT_READ]
    # The last block tells where Slack has the log.
    lines = tuple(_told_here(line) for line in MessageReader.of(run, at, zone).lines([head, *rest[:-1]]))
    small = [ScreenLine("small", (Span(one),)) for one in (me, _say_kin(run)) if one]
    fresh = [ScreenLine("quote", (Span(one, bold=True),)) for one in news]
    return ScreenPage(_harmless((*lines[:2], *small, *lines[2:])), _harmless(fresh), keys_of(run), run.seq)


def lines_of_start(run: Run, at: datetime, zone: tzinfo) -> tuple[ScreenLine, ...]:
    """What to know of a run: its aim, what has to hold before it begins, what stops it; as Slack's thread opens."""
    moment = Moment(None, 1, run.start, Stamp(run.started_at, run.requester, "terminal"), run)
    blocks = [block for post in tell_start(moment) for block in post.message.blocks[:-1]]
    return _harmless(MessageReader.of(run, at, zone).lines(blocks))


def lines_of_view(run: Run | None, view: Block, at: datetime, zone: tzinfo) -> tuple[ScreenLine, ...]:
    """What a form says above its fields."""
    blocks = [block for block in view["blocks"] if block.get("type") not in _NOT_READ]  # type: ignore[attr-defined]
    reader = MessageReader.of(run, at, zone) if run is not None else MessageReader(at, zone, {})
    return _harmless(reader.lines(blocks))


def say_news(run: Run, happened: Iterable[tuple[int, Event, Stamp]], me: str) -> tuple[str, ...]:
    """What others did since somebody looked, newest last; where the run stands is on the page anyway."""
    told = [(event, stamp) for _, event, stamp in happened if stamp.by != me and not isinstance(event, StepEntered)]
    return tuple(printable(f"{say_who(run, stamp.by)}: {say_event(run, event)}") for event, stamp in told[-3:])


def _told_here(line: ScreenLine) -> ScreenLine:
    if _IN_SLACK not in line.text:
        return line
    return ScreenLine(line.kind, tuple(replace(one, text=one.text.replace(_IN_SLACK, _HERE)) for one in line.words))


def _say_kin(run: Run) -> str:
    """The run that this one is part of, or goes on from."""
    said = [f"Part of {run.start.parent.ref}."] if run.start.parent else []
    said += [f"Goes on from {run.start.continues}."] if run.start.continues else []
    return " ".join(said)


def _harmless(lines: Iterable[ScreenLine]) -> tuple[ScreenLine, ...]:
    """No line can steer a terminal, whatever was typed or written into it."""
    return tuple(harmless(line, printable) for line in lines if line.text.strip())
