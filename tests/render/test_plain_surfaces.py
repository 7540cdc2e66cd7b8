"""No regular expression, no JMESPath and no ISO instant reaches a responder, on any surface of any shipped runbook.

Commands are left out: they are copied, and hold what their programs read.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.render.actions import PROBLEMS, Press
from bot.render.card import card
from bot.render.dialog.forms import FORMED, ask
from bot.render.dialog.start_form import Stakes, draw_start
from bot.render.message import Message
from bot.render.signoff import signoff_message
from bot.render.step import step_message
from bot.render.terminal.page import page_of
from bot.run.law.offers import offers
from bot.run.state import Run
from bot.web.pages.words import card_html
from bot.workspace.blocks.text.emoji import EMOJI
from tests.library.test_shipped_books import CASTS
from tests.library.walking import Cast, Walked
from tests.render.channel import Channel
from tests.render.shipped import BOOKS, SHELF, stops, waits_for_signatures, walked

RENDER = Path(__file__).parents[2] / "bot" / "render"
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
_CODE = re.compile(r"`[^`\n]*`")
_TOKEN = re.compile(r"<!date\^\d+\^[^^>]*\^([^>]*)>")
_HIDDEN = frozenset(
    {"action_id", "block_id", "value", "private_metadata", "callback_id", "url", "name", "type", "style"}
)
STRANGE = {
    "an ISO instant": re.compile(r"(?<![\w/.:-])\d{4}-\d\d-\d\d(?:T\d\d:\d\d| \d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))"),
    "a regular expression": re.compile(
        r"\\[dwsbAZ.]|\[\^|\(\?[:=!]|\.\*(?!$|\s)|\[0-9|\[a-z|\)\+|\]\+|\{\d+(?:,\d*)?\}|\$\)"
    ),
    "JMESPath": re.compile(r"\[\?|\[\*\]|\| *\[-?\d|`\[\]`|\blength\([A-Z@]|\[\]\."),
}


def words_in(piece: Any) -> Iterator[str]:  # noqa: ANN401  (blocks and views as they come)
    """Every text that a person reads in a message or a form, without what they copy."""
    match piece:
        case {"type": "rich_text_preformatted"} | {"style": {"code": True}}:
            return
        case {"type": "date", "fallback": fallback}:
            yield str(fallback)
        case dict():
            for key, value in piece.items():
                if isinstance(value, str) and key not in _HIDDEN:
                    yield _CODE.sub("", _TOKEN.sub(r"\1", value))
                elif not isinstance(value, str):
                    yield from words_in(value)
        case list() | tuple():
            for one in piece:
                yield from words_in(one)


def strange_in(words: Iterator[str]) -> set[str]:
    return {f"{name}: {said[:160]}" for said in words for name, sign in STRANGE.items() if sign.search(said)}


def read(message: Message) -> Iterator[str]:
    return words_in({"text": message.text, "blocks": list(message.blocks)})


def forms_of(run: Run) -> Iterator[Any]:
    """Every form that can be opened where the run stands, whoever may press it."""
    here = run.here
    step, visit = getattr(here, "step", ""), getattr(here, "visit", 0)
    for name in offers(run):
        action, _, option = name.partition(":")
        if action in FORMED:
            for one in PROBLEMS if action == "problem" else (option,):
                yield ask(run, Press(run.id, action, step, visit, one))


def test_the_signs_of_what_is_strange_are_known() -> None:
    """The patterns below find what they are for, and let words pass."""
    for text in (
        "to 2026-11-22T03:40:00+01:00.",
        "2026-11-22 03:40:00Z",
        "([0-9]+)%",
        r"^\d{8}",
        "[?LastModified > x]",
    ):
        assert strange_in(iter([text])), text
    for text in ("22 Nov 2026 03:40 +01:00", "2026-11-22 03:40", "on pg-1 (eu)", "count(*) is 3", "“a” or b? 100 %"):
        assert not strange_in(iter([text])), text


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_cards_posts_and_forms_hold_words_alone(name: str) -> None:
    found: set[str] = set()
    for step, run in stops(name):
        post = signoff_message(run) if waits_for_signatures(run) else step_message(run, step.id, run.visits[step.id])
        found |= strange_in(read(card(run))) | strange_in(read(post))
        for view in forms_of(run):
            found |= strange_in(words_in(view))
        page = page_of(run, NOW, BERLIN)
        found |= strange_in(
            iter(_CODE.sub("", line.text) for line in page.lines if not any(w.code for w in line.words))
        )
        html = re.sub(r"<(pre|code)\b.*?</\1>|<time [^>]*>", "", str(card_html(run, NOW)), flags=re.DOTALL)
        found |= strange_in(iter([html]))
    for _, run in walked(name):
        found |= strange_in(read(card(run)))
    assert found == set()


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.runbook)
def test_a_thread_holds_words_alone(cast: Cast) -> None:
    """Every post of a walk to its end: what was answered, chosen, signed, read."""
    walk = Walked(cast)
    walk.to_the_end()
    found: set[str] = set()
    for post in Channel(walk.tale, frozenset(one.slack for one in SHELF.catalogue.people.values())).shown.values():
        found |= strange_in(read(post))
    assert found == set()


@pytest.mark.parametrize("asset", sorted(SHELF.catalogue.assets))
def test_a_start_form_holds_words_alone(asset: str) -> None:
    known = SHELF.catalogue.assets[asset]
    books = tuple(SHELF.runbooks_for(known))
    for book in books:
        view = draw_start(Stakes(known, None, books, typed={"f:runbook": book.id}))
        assert strange_in(words_in(view)) == set()


def test_every_picture_in_our_words_is_drawn_in_the_workspace() -> None:
    """A name that nobody knows stands there as ``:electric_plug:``."""
    source = "\n".join(one.read_text(encoding="utf-8") for one in RENDER.rglob("*.py"))
    used = set(re.findall(r"[\"' {}]:([a-z][a-z0-9_]+): ", source)) | set(re.findall(r'emoji="([a-z_]+)"', source))
    assert len(used) > 20
    assert used <= set(EMOJI)
