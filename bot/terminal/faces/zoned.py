"""A face for somebody in a known zone: every moment on their clock, and the name of the zone once a page."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from bot.format.moments import say_moments, say_on_the_wall
from bot.render.terminal.page import Question, ScreenLine, ScreenPage
from bot.terminal.faces import Face

_HALF_A_YEAR = timedelta(days=182)


@dataclass(frozen=True)
class Zoned:
    """Shows on another face what it is given, with times as `zone` has them; `now` tells which names it goes by."""

    face: Face
    zone: tzinfo
    now: datetime

    def show(self, page: ScreenPage) -> None:
        """A page, with the zone named where the first time stands."""
        lines, news = self._once([*page.lines]), self._local(page.news)
        self.face.show(replace(page, lines=tuple(lines), news=tuple(news)))

    def tell(self, lines: Sequence[ScreenLine]) -> None:
        """What is told below a page, in the same way."""
        self.face.tell(self._once(lines))

    def key(self, seconds: float) -> str | None:
        """As the face has it."""
        return self.face.key(seconds)

    def ask(self, question: Question, typed: str = "", wrong: str = "", *, hidden: bool = False) -> str:
        """A question with its hint, and what was wrong, on this clock."""
        return self.face.ask(replace(question, hint=self._said(question.hint)), typed, self._said(wrong), hidden=hidden)

    def pause(self) -> None:
        """As the face has it."""
        self.face.pause()

    def settle(self) -> None:
        """As the face has it."""
        self.face.settle()

    def _said(self, text: str) -> str:
        return say_moments(text, lambda at: f"{say_on_the_wall(at, self.zone)} {at.astimezone(self.zone):%Z}")

    def _local(self, lines: Sequence[ScreenLine]) -> list[ScreenLine]:
        return [line if _is_exact(line) else _each(line, self._said) for line in lines]

    def _once(self, lines: Sequence[ScreenLine]) -> list[ScreenLine]:
        """The first time names the zone, for all that follow until the clocks change."""
        names = {f"{one.astimezone(self.zone):%Z}" for one in (self.now, self.now + _HALF_A_YEAR)}
        named = re.compile(rf"([0-9]:[0-9][0-9](?::[0-9][0-9])?) ({'|'.join(map(re.escape, sorted(names)))})\b")
        last = ""

        def bare(found: re.Match[str]) -> str:
            nonlocal last
            is_new, last = found[2] != last, found[2]
            return found[0] if is_new else found[1]

        local = self._local(lines)
        return [line if _is_exact(line) else _each(line, lambda text: named.sub(bare, text)) for line in local]


def _is_exact(line: ScreenLine) -> bool:
    """A command is copied, and what somebody typed stands as it was typed."""
    return line.kind in ("command", "quote")


def _each(line: ScreenLine, say: Callable[[str], str]) -> ScreenLine:
    return ScreenLine(line.kind, tuple(one if one.code else replace(one, text=say(one.text)) for one in line.words))
