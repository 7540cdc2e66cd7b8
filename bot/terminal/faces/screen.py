"""One page on the screen: drawn by rich, walked with single keys."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.render.terminal.page import Key, Question, ScreenLine, ScreenPage
from bot.terminal.faces import Cancelled
from bot.terminal.faces.keyboard import Keys

_WIDEST = 100
"""Longer lines are hard to read."""
_STYLES = {"title": "bold", "heading": "bold", "small": "dim", "quote": "yellow", "command": "bold cyan"}
_LEADS = {"item": "• ", "quote": "▌ "}
_PROMPT = 2
"""Rows that stay free below: for a question, or for the line that says how to go on."""
Drawn = tuple[Text | Table, bool]
"""Something to print, and whether it may be broken into lines."""
_SETTLES = 0.35
"""Seconds after a new page in which a key is taken for one that was meant for the page before."""


class Screen:
    """A face that clears the screen for each page. Colours say nothing that the words do not."""

    def __init__(self, console: Console, keys: Keys, edit: Callable[..., str], wait: Callable[[float], object]) -> None:
        """Take where to draw, where keys come from, how a line is typed (`edit_line`), and how to sleep."""
        self._console, self._keys, self._edit, self._wait = console, keys, edit, wait
        self._shown: tuple[ScreenPage, int, int] | None = None
        self._parts: list[list[Drawn]] = []
        self._part = 0

    def show(self, page: ScreenPage) -> None:
        """Draw the page, unless it stands there already in this size. One that is too long is read part by part."""
        size = (page, self._console.width, self._console.height)
        if size == self._shown:
            return
        parts = self._fitting(page)
        same = self._shown is not None and self._shown[0].seq == page.seq and len(parts) == len(self._parts)
        self._part = self._part if same else 0
        self._shown, self._parts = size, parts
        self._draw_part()

    def tell(self, lines: Sequence[ScreenLine]) -> None:
        """Write below what stands there, part by part when it is long; the page is drawn anew the next time."""
        self._shown = None
        first, *more = self._in_parts(_body(lines), self._console.height - _PROMPT) or [[]]
        self._print_all(first)
        for part in more:
            self.pause()
            self._print_all(part)

    def key(self, seconds: float) -> str | None:
        """The key that was pressed; "" for a paste or a key that is no letter. The space bar turns to the next part."""
        key = self._keys.read(seconds)
        if key != " " or len(self._parts) < 2 or self._shown is None:  # noqa: PLR2004  (one part has no next)
            return key
        self._part = (self._part + 1) % len(self._parts)
        self._draw_part()
        return None

    def ask(self, question: Question, typed: str = "", wrong: str = "", *, hidden: bool = False) -> str:
        """Ask below the page, with a line that can be edited."""
        self._shown = None
        self._keys.restore()
        self._put_question(question, wrong)
        while True:
            try:
                answer = self._edit(typed, hidden=hidden).strip()
            except EOFError:
                self._console.print()
                raise Cancelled from None
            if answer or question.optional or question.usual:
                return answer
            self._say("This is needed. Type it, or Ctrl-D to go back without recording anything.", "yellow")

    def pause(self) -> None:
        """Wait for any key."""
        self._say("Press any key to go on.", "dim")
        self._keys.drop_typed()
        while self._keys.read(60.0) is None:
            pass

    def settle(self) -> None:
        """A key pressed twice in a hurry is not taken for an answer to the next step."""
        self._wait(_SETTLES)
        self._keys.drop_typed()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self._keys.restore()

    def _put_question(self, question: Question, wrong: str) -> None:
        self._console.print()
        if wrong:
            self._say(f"Not taken: {wrong}", "bold yellow")
        optional = "  (Enter to leave it empty)" if question.optional else ""
        self._console.print(Text(question.label, "bold") + Text(optional, "dim"), width=self._width)
        if question.hint:
            self._say(question.hint, "dim")
        listed = Table.grid(padding=(0, 2, 0, 0))
        for number, choice in enumerate(question.choices, 1):
            line = Text(choice.label)
            line.append(f" – {choice.below}" if choice.below else "", "dim")
            line.append("  (Enter for this one)" if choice.value == question.usual else "", "dim")
            listed.add_row(Text(f" {number}", "bold cyan"), line)
        self._console.print(listed, width=self._width)

    @property
    def _width(self) -> int:
        return min(self._console.width, _WIDEST)

    def _fitting(self, page: ScreenPage) -> list[list[Drawn]]:
        """The page with all its keys; on a small screen without blank lines, then with the few big keys, then in parts.

        What is new stands right above the keys.
        """
        big = self._keys_in_rows([one for one in page.keys if one.big], "bold")
        rare = self._keys_in_rows([one for one in page.keys if not one.big], "dim")
        few = self._keys_in_rows([one for one in page.keys if one.big or one.key in ("?", "q")], "bold")
        news, gap, tight = _body(page.news), (Text(""), True), _body(page.lines, spaced=False)
        for lines, foot in ((_body(page.lines), [gap, *news, *big, *rare]), (tight, [gap, *news, *big, *rare])):
            if self._height([*lines, *foot]) < self._console.height:
                return [[*lines, *foot]]
        if self._height([*tight, *news, *few]) < self._console.height:
            return [[*tight, *news, *few]]
        parts = self._in_parts(tight, self._console.height - self._height([*news, *few]) - _PROMPT)
        turned = [
            Text(f"(Part {number} of {len(parts)}: press the space bar.)", "dim") for number, _ in enumerate(parts, 1)
        ]
        return [[*part, (turn, True), *news, *few] for part, turn in zip(parts, turned, strict=True)]

    def _in_parts(self, drawn: Sequence[Drawn], height: int) -> list[list[Drawn]]:
        """Pieces that fit this height; a single line is never torn, however long it is."""
        parts: list[list[Drawn]] = []
        room = 0
        for one in drawn:
            takes = self._height([one])
            if not parts or takes > room:
                parts.append([])
                room = max(height, 1)
            parts[-1].append(one)
            room -= takes
        return parts

    def _draw_part(self) -> None:
        self._console.clear()
        self._print_all(self._parts[self._part])

    def _print_all(self, drawn: Sequence[Drawn]) -> None:
        for one, breaks in drawn:
            self._print(one, breaks=breaks)

    def _height(self, drawn: Sequence[Drawn]) -> int:
        options = self._console.options.update(width=self._width)
        whole = self._console.options
        return sum(
            len(self._console.render_lines(one, options if breaks else whole, pad=False)) for one, breaks in drawn
        )

    def _keys_in_rows(self, keys: Sequence[Key], style: str) -> list[Drawn]:
        """Keys with their labels, as many in a row as fit; a label is never torn from its key."""
        rows: list[Text] = []
        for one in keys:
            item = Text.assemble((f"[{one.key}]", "bold cyan"), f" {one.label}", style=style)
            if rows and rows[-1].cell_len + 3 + item.cell_len <= self._width:
                rows[-1].append("   ").append_text(item)
            else:
                rows.append(item)
        return [(row, True) for row in rows]

    def _print(self, what: Text | Table, *, breaks: bool) -> None:
        """A command is handed to the terminal in one piece, so that copying it takes no line feed along."""
        if breaks:
            self._console.print(what, width=self._width)
        else:
            self._console.print(what, soft_wrap=True)

    def _say(self, text: str, style: str) -> None:
        self._console.print(Text(text, style), width=self._width)


def _body(lines: Sequence[ScreenLine], *, spaced: bool = True) -> list[Drawn]:
    """Each line with whether it may be broken; a blank line before a title and around commands."""
    drawn: list[Drawn] = []
    for before, line in zip([None, *lines], lines, strict=False):
        if spaced and before is not None and _stands_apart(before, line):
            drawn.append((Text(""), True))
        drawn.append((_set(line), line.kind != "command"))
    return drawn


def _stands_apart(before: ScreenLine, line: ScreenLine) -> bool:
    return line.kind in ("title", "heading") or ((before.kind == "command") is not (line.kind == "command"))


def _set(line: ScreenLine) -> Text | Table:
    style = _STYLES.get(line.kind, "")
    text = Text(style=style, overflow="fold")
    for piece in line.words:
        text.append(piece.text, "bold" if piece.bold else "cyan" if piece.code and line.kind != "command" else None)
    lead = _LEADS.get(line.kind)
    if lead is None:
        return text
    hanging = Table.grid()
    hanging.add_row(Text(lead, style), text)
    return hanging
