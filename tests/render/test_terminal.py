"""A run on a terminal: the card's words as lines, its buttons as keys, its forms as questions."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.render.card import card
from bot.render.dialog.forms import ask, command_of
from bot.render.dialog.view import FormSubject
from bot.render.message import Block, command_block, context, prose_block, section
from bot.render.terminal.page import (
    OF_THE_PROGRAM,
    MessageReader,
    Question,
    ScreenPage,
    keys_of,
    lines_of_start,
    lines_of_view,
    page_of,
    press_of,
    questions_of,
    say_distance,
    say_news,
)
from bot.run.commands import Stop
from tests.render.forms import HOSTILE
from tests.render.stories import at_look, at_signoff
from tests.render.test_card import STATES
from tests.render.walk import hostile
from tests.story import NOON, Story

MADRID = timezone(timedelta(hours=1), "CET")
NAMES = {"U0ANA": "Ana Ruiz", "U0BEN": "Ben Okafor"}
READER = MessageReader(NOON, MADRID, NAMES)
_LEFT_OVER = re.compile(r"<!|<@|<#|&(?:lt|gt|amp);|(?:^|\s):[a-z0-9_]+:(?:\s|$)|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


def text_of(page: ScreenPage) -> list[str]:
    return [f"{line.kind:8} {line.text}" for line in (*page.lines, *page.news)] + [
        f"[{one.key}] {one.label}{' *' if one.big else ''}" for one in page.keys
    ]


@pytest.mark.parametrize("make", STATES.values(), ids=STATES.keys())
def test_every_state_of_a_run_as_it_stands_on_the_screen(
    make: Callable[[], Story], snapshot: SnapshotAssertion
) -> None:
    """Nothing of Slack's markup is left, and each key does one thing."""
    story = make()
    page = page_of(story.run, story.at, UTC, ("Recorded: Done.",), "You are Ana Ruiz.")
    assert [line.text for line in page.lines if _LEFT_OVER.search(line.text)] == []
    assert [line.text for line in page.lines if "thread" in line.text] == [], "there is no thread here"
    keys = [one.key for one in page.keys]
    assert len(keys) == len(set(keys))
    assert text_of(page) == snapshot


@pytest.mark.parametrize("make", STATES.values(), ids=STATES.keys())
def test_the_words_are_those_of_the_card(make: Callable[[], Story]) -> None:
    """Every plain text of the card, but its last line, stands on the page."""
    story = make()
    shown = " ".join(line.text for line in page_of(story.run, story.at, UTC).lines)
    said = [block for block in card(story.run).blocks[:-1] if block["type"] in ("header", "rich_text")]
    pieces = [text for block in said for text in texts_in(block)]
    assert [piece for piece in pieces if " ".join(piece.split()) not in " ".join(shown.split())] == []
    assert pieces


def texts_in(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [text for value in part.values() for text in texts_in(value)]
    return [text for one in part for text in texts_in(one)] if isinstance(part, list | tuple) else []


def test_hostile_texts_cannot_steer_a_terminal() -> None:
    """Longest and worst texts everywhere, in the runbook and in what people type."""
    story = Story(hostile(), inputs={"damage": HOSTILE}).started()
    while not story.run.over and len(story.history) < 30:
        page = page_of(story.run, story.at, UTC, (f"x\x1b[2J{HOSTILE}",))
        for line in (*page.lines, *page.news):
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]", line.text), line.text
        before = len(story.history)
        story.done().begin().begin(typed=story.run.start.asset.name)
        if len(story.history) == before:
            story.when("ana", Stop(HOSTILE))
    assert story.run.over


@pytest.mark.parametrize(
    ("mrkdwn", "said"),
    [
        ("*Ana &amp; Ben* operate", "Ana & Ben operate"),
        (f"since <!date^{int(NOON.timestamp())}^{{time}}^12:00 UTC>", "since 13:00 CET"),
        (f"<!date^{int(NOON.timestamp())}^{{date_short_pretty}} {{time}}^x>", "today 13:00 CET"),
        (f"<!date^{int(NOON.timestamp()) - 86_400}^{{date_short_pretty}} {{time}}^x>", "21 Nov 2026 13:00 CET"),
        (f"*back by <!date^{int(NOON.timestamp()) + 7_260}^{{ago}}^x>*", "back by in 2 h 1 min"),
        ("<@U0ANA> and <@U0BEN>, <@U0XYZ>", "Ana Ruiz and Ben Okafor, U0XYZ"),
        ("<https://a.example/x|Open it>", "Open it: https://a.example/x"),
        (":lock: You will type", "You will type"),
        (":warning: *Caution*", "! Caution"),
        ("at 12:30:45 in std::vector: and pg:orders:main", "at 12:30:45 in std::vector: and pg:orders:main"),
        ("`orders-db` ∗2ˋ∼", "orders-db *2`~"),  # noqa: RUF001  (as `foreign` writes them)
        ("&amp;lt; stays", "&lt; stays"),
    ],
)
def test_slacks_marks_become_words(mrkdwn: str, said: str) -> None:
    assert [line.text for line in READER.lines([section(mrkdwn), context(mrkdwn)])] == [said, said]


def test_a_command_is_copied_as_it_is() -> None:
    """Every sign of it, line by line; prose keeps its links."""
    command = "psql -c 'SELECT *\n  FROM t' `x` <in >out & :warning: *b*"
    lines = READER.lines([command_block(command), prose_block("See https://a.example/x.")])
    assert "\n".join(line.text for line in lines if line.kind == "command") == command
    assert lines[-1].text == "See https://a.example/x."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "just now"), (-59, "just now"), (-60, "1 min ago"), (-7_400, "2 h 3 min ago"), (59, "in less than a minute"),
     (60, "in 1 min"), (90_000, "in 1 d 1 h")],
)  # fmt: skip
def test_a_distance_in_time(seconds: int, said: str) -> None:
    assert say_distance(seconds) == said


def test_a_key_is_the_press_of_the_same_button() -> None:
    story = at_signoff()
    press = press_of(story.run, "approve")
    assert (press.run_id, press.step, press.visit) == ("run-1", "ask", 1)
    view = ask(story.run, press)
    assert {one.field for one in questions_of(view)} == {"f:readback"}
    assert command_of(FormSubject.read(view), {"f:readback": "x"}).__class__.__name__ == "Sign"
    assert any("What follows" in line.text for line in lines_of_view(story.run, view, NOON, UTC))


def test_the_same_key_always_does_the_same() -> None:
    """Letters never change their meaning from one state to the next; numbers are the lines of a decision."""
    meaning: dict[str, set[str]] = {}
    for make in STATES.values():
        for one in keys_of(make().run):
            meaning.setdefault(one.key, set()).add(one.action.partition(":")[0] or one.key)
    doubled = {key: names for key, names in meaning.items() if len(names) > 1}
    assert doubled.keys() <= {"b", "r"}, "only pairs that never stand side by side share a letter"
    assert set(OF_THE_PROGRAM) <= meaning.keys()


@pytest.mark.parametrize(
    ("typed", "read"),
    [("1", "rows"), ("2", "gone"), ("rows are gone", "gone"), ("rows", "rows"), ("3", None), ("", "")],
)
def test_a_choice_is_typed_by_number_or_by_its_words(typed: str, read: str | None) -> None:
    question = questions_of({"blocks": [CHOICE]})[0]
    assert question.read(typed) == read
    assert question.choices[1].below == "A table is empty."


CHOICE: Block = {
    "type": "input", "block_id": "f:runbook", "label": {"text": "What do you see?"}, "dispatch_action": True,
    "element": {
        "type": "radio_buttons",
        "options": [
            {"text": {"text": "Rows are wrong"}, "value": "rows"},
            {"text": {"text": "Rows are gone"}, "value": "gone", "description": {"text": "A table is empty."}},
        ],
    },
}  # fmt: skip


def test_a_usual_answer_is_taken_for_none() -> None:
    usual = Question("f:mode", "Live or drill?", choices=questions_of({"blocks": [CHOICE]})[0].choices, usual="rows")
    assert usual.read("") == "rows"
    assert Question("f:words", "Why?").read("  because ") == "because"


def test_only_what_others_did_is_news() -> None:
    story = at_look().done(by="ana").done(by="ben")
    history = [(seq, event, stamp) for seq, (event, stamp) in enumerate(story.history, 1)]
    told = say_news(story.run, history, "ben")
    assert told
    assert all(one.startswith("Ana Ruiz: ") for one in told)
    assert say_news(story.run, history, "ana") == ()


def test_time_alone_makes_no_other_page_for_a_reader_of_lines() -> None:
    story = at_look()
    pages = [page_of(story.run, datetime(2026, 11, 22, 12, minute, tzinfo=UTC), UTC) for minute in (1, 2)]
    assert pages[0].lines != pages[1].lines
    assert pages[0].seq == pages[1].seq


def test_what_slacks_thread_opens_with_is_behind_a_key() -> None:
    """The checks before the start, with their commands, and the aim."""
    said = [line.text for line in lines_of_start(at_look().run, NOON, UTC)]
    assert "Before you begin, see that this holds" in said
    assert [line for line in said if "right when" in line]
    assert not any(line.startswith("Record ") for line in said)
