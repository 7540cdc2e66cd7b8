"""What a walk needs of whoever sits there: to be shown a page, to press a key, to answer a question."""

from collections.abc import Sequence
from typing import Protocol

from bot.render.terminal.page import Question, ScreenLine, ScreenPage


class Left(Exception):
    """The person went away: Ctrl-C, or the end of what was typed."""


class Cancelled(Exception):
    """The person does not want to answer this after all: Ctrl-D at a question."""


class Face(Protocol):
    """A screen with single keys, or lines one after the other for a screen reader and for files."""

    def show(self, page: ScreenPage) -> None:
        """Show a page, in place of what stood there where that is possible."""

    def tell(self, lines: Sequence[ScreenLine]) -> None:
        """Say something below what stands there."""

    def key(self, seconds: float) -> str | None:
        """The key that was pressed; None when none was for so long. Raises Left."""

    def ask(self, question: Question, typed: str = "", wrong: str = "", *, hidden: bool = False) -> str:
        """The answer to a question, as it was typed.

        `typed` is what was answered before and may be put right, `wrong` what was wrong with it; `hidden` shows nothing
        of what is typed. Raises Cancelled and Left.
        """

    def pause(self) -> None:
        """Wait until the person has read what was told. Raises Left."""

    def settle(self) -> None:
        """Forget what was typed ahead: it was meant for another page."""
