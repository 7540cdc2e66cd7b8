"""Lines one after the other: for a screen reader, a very simple terminal, or a file of answers."""

import getpass
import textwrap
from collections.abc import Callable, Iterator, Sequence

from bot.render.terminal.page import Question, ScreenLine, ScreenPage
from bot.terminal.faces import Cancelled, Left
from bot.terminal.faces.keyboard import Lines

_LEADS = {"item": "- ", "quote": "> ", "command": ""}


class Plain:
    """A face without colours, boxes or clearing: what is new is written below, and answers end with Enter."""

    def __init__(self, lines: Lines, write: Callable[[str], object], width: int, *, echoes: bool) -> None:
        """Take where lines come from, how a text is written, and the width to wrap at.

        `echoes`: what is typed shows by itself, as at a terminal; otherwise it is written, so that a log reads whole.
        """
        self._lines, self._write, self._width, self._echoes = lines, write, width, echoes
        self._shown: tuple[int, tuple[ScreenLine, ...]] | None = None
        self._asks = True

    def show(self, page: ScreenPage) -> None:
        """Write what is new; the page and what can be typed only when something happened in the run."""
        if (page.seq, page.news) == self._shown:
            return
        moved = self._shown is None or self._shown[0] != page.seq
        self._shown = (page.seq, page.news)
        self.tell([ScreenLine("text", ()), *page.news])
        if moved:
            self.tell(page.lines)
            self._write("\nYou can type:\n")
            for one in page.keys:
                self._write(f"  {one.key} = {one.label}\n")
        self._asks = True

    def tell(self, lines: Sequence[ScreenLine]) -> None:
        """Write lines, wrapped; a command is never broken."""
        for line in lines:
            self._write("".join(f"{one}\n" for one in self._wrapped(line)))

    def _wrapped(self, line: ScreenLine) -> Iterator[str]:
        if line.kind == "command":
            yield line.text
            return
        lead = _LEADS.get(line.kind, "")
        if line.kind == "title":
            yield ""
        yield from textwrap.wrap(
            line.text, self._width, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False,
            break_on_hyphens=False,
        ) or [""]  # fmt: skip

    def key(self, seconds: float) -> str | None:
        """What was typed before Enter."""
        if self._asks:
            self._write("\nWhat now? ")
            self._asks = False
        line = self._lines.read(seconds)
        if line is None:
            return None
        self._asks = True
        self._echo(line)
        return line.strip()

    def ask(self, question: Question, typed: str = "", wrong: str = "", *, hidden: bool = False) -> str:
        """Ask until the answer can be read; an empty one keeps what was typed before."""
        if wrong:
            self._write(f"Not taken: {wrong}\n")
        self._write(f"\n{question.label}{' (Enter to leave it empty)' if question.optional else ''}\n")
        if question.hint:
            self._write(f"{question.hint}\n")
        for number, choice in enumerate(question.choices, 1):
            below = f" – {choice.below}" if choice.below else ""
            usual = " (this one when you only press Enter)" if choice.value == question.usual else ""
            self._write(f"  {number} = {choice.label}{below}{usual}\n")
        if typed and not hidden:
            self._write(f"You typed: {typed}\nType it again, or press Enter to keep it.\n")
        while True:
            line = self._answer(hidden=hidden) or typed
            if line or question.optional or question.usual:
                return line
            self._write("This is needed. Type it, or Ctrl-D to go back without recording anything.\n")

    def _answer(self, *, hidden: bool) -> str:
        if hidden and self._echoes:
            try:
                return getpass.getpass("> ")
            except EOFError:
                raise Cancelled from None
        self._write("> ")
        try:
            line = self._lines.read(None) or ""
        except Left:
            if self._echoes:
                self._lines.go_on()
                raise Cancelled from None
            raise
        self._echo("" if hidden else line)
        return line.strip()

    def _echo(self, line: str) -> None:
        if not self._echoes:
            self._write(f"{line}\n")

    def pause(self) -> None:
        """Nothing is cleared here, so there is nothing to wait for."""

    def settle(self) -> None:
        """Lines are answers one by one; nothing is dropped."""
