"""At a terminal every moment stands on the clock of whoever sits there, and the zone is named once a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.render.terminal.page import Question, ScreenLine, ScreenPage, Span, page_of
from bot.terminal.faces.zoned import Zoned
from tests.render.stories import at_signoff
from tests.story import NOON

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Sheet:
    """A face that keeps what it is given."""

    said: list[str] = field(default_factory=list)

    def show(self, page: ScreenPage) -> None:
        self.said += [line.text for line in (*page.lines, *page.news)]

    def tell(self, lines: Sequence[ScreenLine]) -> None:
        self.said += [line.text for line in lines]

    def ask(self, question: Question, typed: str = "", wrong: str = "", *, hidden: bool = False) -> str:
        self.said += [question.hint, wrong]
        return typed

    def key(self, seconds: float) -> str | None:
        return None

    def pause(self) -> None:
        return None

    def settle(self) -> None:
        return None


def test_a_page_names_the_zone_once() -> None:
    sheet = Sheet()
    Zoned(sheet, BERLIN, NOON).show(page_of(at_signoff().run, NOON, BERLIN))
    said = "\n".join(sheet.said)
    assert said.count("CET") == 1
    assert "target time: 2026-11-22 12:40 (is before the start of this run)" in said
    assert "+00:00" not in said


def test_what_is_told_and_asked_is_on_the_same_clock_and_a_command_is_left_alone() -> None:
    sheet, at = Sheet(), datetime.fromisoformat("2026-07-01T12:00:00+00:00")
    face = Zoned(sheet, BERLIN, at)
    exact = ScreenLine("command", (Span("restore 2026-07-01T12:00:00+00:00", code=True),))
    face.tell([ScreenLine("text", (Span(f"It ended at 1 Jul 2026 12:00 UTC, {at.isoformat()}."),)), exact])
    face.ask(Question("f:x", "When?", "After 22 Nov 2026 12:00 UTC."), wrong="It began at 1 Jul 2026 12:00 UTC.")
    assert sheet.said == [
        "It ended at 2026-07-01 14:00 CEST, 2026-07-01 14:00.", "restore 2026-07-01T12:00:00+00:00",
        "After 2026-11-22 13:00 CET.", "It began at 2026-07-01 14:00 CEST.",
    ]  # fmt: skip
