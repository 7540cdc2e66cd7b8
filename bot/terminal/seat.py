"""Where somebody sits: who they are, the command handler before them, and what comes in by the door."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeVar

from bot.engine import CommandHandler
from bot.format.printable import printable
from bot.journal.store import NotRecorded
from bot.render.dialog.view import Choice
from bot.render.terminal.page import Question, ScreenLine, Span
from bot.run.situation import Somebody
from bot.terminal.faces import Cancelled, Face

T = TypeVar("T")
_YES_OR_NO = (Choice("yes", "Yes"), Choice("no", "No"))
_AGAIN = (Choice("yes", "Try again"), Choice("no", "Leave it"))


class Lost(Exception):
    """The record is out of reach: nothing can be read, and nothing was recorded."""


@dataclass(frozen=True)
class TerminalSession:
    """One person at one terminal. `me` is a person's id, or ``unverified: USER``; `said` is how the page names them.

    `trouble` names what a database that is out of reach raises when it is read.
    """

    handler: CommandHandler
    face: Face
    me: str
    said: str
    now: Callable[[], datetime]
    zone: tzinfo
    new_id: Callable[[], str]
    trouble: tuple[type[Exception], ...] = ()
    myself: Somebody | None = None
    """`me` as the catalogue has them; None for a name that the machine gives."""
    is_served: Callable[[], bool] = lambda: False
    """Whether a server works on this database, and calls people."""
    attend: Callable[[], object] = lambda: None
    """What is done in passing, every second or so: whatever a server would look after."""

    def look(self, read: Callable[[], T]) -> T:
        """What a reading of the record gives; Lost when it is out of reach."""
        try:
            return read()
        except self.trouble as why:
            raise Lost(str(why)) from why

    def insist(self, write: Callable[[], T]) -> T:
        """Write, and when nothing was recorded ask whether to try the very same again; Lost when not."""
        lost: tuple[type[Exception], ...] = (NotRecorded, *self.trouble)
        while True:
            try:
                return write()
            except lost as why:
                sentence = str(why) if isinstance(why, NotRecorded) else "The record cannot be reached."
                if not self._again(sentence):
                    raise Lost(sentence) from why

    def confirms(self, sentence: str, label: str) -> bool:
        """Say what something costs, and ask whether it is wanted all the same; Cancelled goes on up."""
        question = Question("f:sure", f"{label}?", choices=_YES_OR_NO)
        self.face.tell([ScreenLine("text", (Span(printable(sentence)),))])
        wrong = ""
        while True:
            answer = question.read(self.face.ask(question, "", wrong))
            if answer is not None:
                return answer == "yes"
            wrong = "Type 1 or 2."

    def _again(self, sentence: str) -> bool:
        question = Question("f:again", "Try again?", "It counts once, however often it is tried.", choices=_AGAIN)
        wrong = sentence
        while True:
            try:
                answer = question.read(self.face.ask(question, "", wrong))
            except Cancelled:
                return False
            if answer is not None:
                return answer == "yes"
            wrong = "Type 1 or 2."
