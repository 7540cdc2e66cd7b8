"""One run walked at a terminal: a page, a key, the next page; what others do shows by itself."""

import functools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.format.printable import printable
from bot.render.actions import label_of
from bot.render.prose import say_who
from bot.render.sentences import say_event
from bot.render.terminal.page import (
    OF_THE_PROGRAM,
    Kind,
    ScreenLine,
    ScreenPage,
    Span,
    keys_of,
    lines_of_start,
    page_of,
    press_of,
    say_news,
)
from bot.run.calls.rules import calls_out
from bot.run.commands import Refused, Tick
from bot.run.paging.dues import next_due
from bot.run.state import Run
from bot.terminal.faces import Cancelled
from bot.terminal.filling import NotTaken
from bot.terminal.pressing import press
from bot.terminal.seat import TerminalSession

LOOKS_EVERY = 1.0
"""Seconds between two looks at whether somebody else did something."""
_TOLD = 40
_RETRY = timedelta(seconds=30)
_CLOCK = "clock"


class Walk:
    """A run in front of one person. Raises Left when they go away, Lost when the record is out of reach."""

    def __init__(
        self,
        seat: TerminalSession,
        run_id: str,
        seen: Callable[[str], object] = lambda _: None,
        news: tuple[str, ...] = (),
    ) -> None:
        """Take a seat and a run; `seen` is told its id whenever it has changed, `news` is said first."""
        self._seat, self._face, self._handler = seat, seat.face, seat.handler
        self.run: Run = seat.look(lambda: seat.handler.load(run_id))
        self._seen, self._news = seen, news
        self._seen(run_id)
        self._tick_after: datetime | None = None

    def go(self) -> None:
        """Show and take keys until the person leaves."""
        while True:
            self._attend()
            page = self._show()
            key = self._face.key(LOOKS_EVERY)
            if key is None:
                self._catch_up()
                continue
            action = page.action_of(key)
            if action == "q":
                return
            self._news = () if action else self._news
            match action:
                case None:
                    self._news = (_say_no_key(key),)
                case "?":
                    self._tell_keys()
                case "i":
                    self._tell_start()
                case "l":
                    self._tell_log()
                case _:
                    self._press(action)
            self._catch_up()

    def _show(self) -> ScreenPage:
        sends = self._seat.look(self._seat.is_served)
        page = page_of(self.run, self._seat.now(), self._seat.zone, self._news, self._seat.said, sends=sends)
        self._face.show(page)
        return page

    def _catch_up(self) -> None:
        """Bring the page up to what has happened, and say what others did."""
        before, run_id = self.run, self.run.id
        self.run = self._seat.look(lambda: self._handler.load(run_id))
        if self.run.seq == before.seq:
            return
        self._seen(run_id)
        fresh = self._seat.look(lambda: self._handler.history(run_id, before.seq))
        self._news = (*self._news, *say_news(self.run, fresh, self._seat.me))[-4:]
        if self.run.here != before.here:
            self._face.settle()

    def _attend(self) -> None:
        """Where no server runs, what is due happens here; where one does, it happens once all the same."""
        self._seat.look(self._seat.attend)
        self._hear_of_call()
        due, now = next_due(self.run), self._seat.now()
        if due is None or due.at > now or (self._tick_after is not None and now < self._tick_after):
            return
        self._tick_after = now + _RETRY
        try:
            reader = "" if self._seat.look(self._seat.is_served) else self._seat.me
            self._seat.look(lambda: self._handler.handle(self.run.id, Tick(reader=reader), _CLOCK, "clock"))
            self._seat.look(lambda: self._handler.propagate(self.run.id))
        except Refused as refused:
            self._news = (refused.sentence,)
        self._catch_up()

    def _hear_of_call(self) -> None:
        """A called run that has ended tells this one, though nobody sits before it any more."""
        open_ = [call.child for call in calls_out(self.run) if call.ref is not None]
        for child in open_:
            self._seat.look(functools.partial(self._handler.propagate, child))
        if open_:
            self._catch_up()

    def _press(self, action: str) -> None:
        label = label_of(self.run, action).rstrip("…")
        try:
            press(self._seat, self.run, press_of(self.run, action))
        except Cancelled:
            self._news = ("Nothing was recorded.",)
        except Refused as refused:
            self._news = (f"Not recorded: {refused.sentence}",)
        except NotTaken as refused:
            self._tell_loss(refused)
        else:
            self._news = (f"Recorded: {label}.",)

    def _tell_loss(self, refused: NotTaken) -> None:
        self._news = (f"Not recorded: {refused.sentence}",)
        if refused.written:
            kept = [_line("quote", words) for words in refused.written]
            said = [_line("text", refused.sentence), _line("text", "What you typed, to copy:"), *kept]
            self._face.tell([_line("title", "Not recorded"), *said])
            self._face.pause()

    def _tell_start(self) -> None:
        self._face.tell([_line("title", "What to know")])
        self._face.tell(lines_of_start(self.run, self._seat.now(), self._seat.zone))
        self._face.pause()

    def _tell_keys(self) -> None:
        now = {one.key: one.label for one in keys_of(self.run) if one.key not in OF_THE_PROGRAM}
        lines = [_line("item", f"{key}  {label}") for key, label in {**now, **OF_THE_PROGRAM}.items()]
        more = "Ctrl-C leaves too. At a question, Ctrl-D goes back without recording anything."
        self._face.tell([_line("title", "Keys"), *lines, _line("text", more)])
        self._face.pause()

    def _tell_log(self) -> None:
        history = self._seat.look(lambda: self._handler.history(self.run.id))[-_TOLD:]
        lines = [
            _line("item", f"{stamp.at.astimezone(self._seat.zone):%H:%M} {say_who(self.run, stamp.by)}: {told}")
            for _, event, stamp in history
            if (told := say_event(self.run, event))
        ]
        whole = _line("small", f"The whole record: handrail log {self.run.start.ref}")
        self._face.tell([_line("title", f"What happened in {self.run.start.ref}"), *lines, whole])
        self._face.pause()


def _say_no_key(key: str) -> str:
    if not key:
        return "Several keys came at once, as when something is pasted, so nothing was done."
    return f"Nothing happens at “{printable(key)}” here. ? shows all keys."


def _line(kind: Kind, text: str) -> ScreenLine:
    return ScreenLine(kind, (Span(printable(text).replace("\n", " "), bold=kind == "title"),))


def say_lines(*sentences: str, kind: Kind = "text") -> Sequence[ScreenLine]:
    """Sentences as lines."""
    return [_line(kind, one) for one in sentences]
