"""A page as plain text: DRILL first, what is asked, a link that is whole, and nothing that mentions or links."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.paging.beyond_slack import PageText, page_text, plain, trial_text
from bot.run.commands import Tick
from bot.run.situation import FrozenRung
from tests.engine.office import WALK
from tests.story import NOON, ORDERS, PEOPLE, Story

LINK = "https://handrail.example.org/answer/" + "A" * 56
MADRID = tuple(replace(one, timezone="Europe/Madrid") if one.id == "ana" else one for one in PEOPLE)
RUNG = FrozenRung(0, ("team:data",), ("ana", "ben"), ("slack", "pager"))


def told(link: str | None = LINK, person: str = "ana", **start: object) -> PageText:
    """The first page of a run, ten minutes after it began."""
    usual: dict[str, object] = {"people": MADRID, "rungs": (RUNG,)}
    story = Story(WALK, **{**usual, **start})
    story.when("dora", story.command).when("clock", Tick())
    run = story.run
    return page_text(run, run.pages.pages[0], person, link, NOON + timedelta(minutes=10))


def test_a_live_page_says_all_that_one_has_to_know() -> None:
    text = told()
    assert text.title == "LIVE ORDERS-7 · Orders database"
    assert text.body.splitlines() == [
        "A recovery was started by Dora Lind.",
        "Nobody operates yet: press “I'm on it”, then “Take over” on the card.",
        "",
        "Asset: Orders database (tier 1)",
        "Recovery: Rows were changed by mistake",
        "Step 1: Look at it",
        "Started: 13:00 CET, 10 min ago",
        "Operator: nobody",
        "Used: 10 min of the 4 h RTO (4%)",
        "Called with you: Ben Okafor",
        "",
        f"Answer: {LINK}",
        "ORDERS-7, page 1",
    ]
    assert text.short == f"LIVE ORDERS-7 Orders database: A recovery was started by.. Answer: {LINK}"
    assert len(text.short) <= 160


def test_a_drill_says_so_first_everywhere() -> None:
    text = told(mode="drill")
    assert text.title.startswith("DRILL ORDERS-7")
    assert text.short.startswith("DRILL ORDERS-7")
    assert text.body.startswith("This is a drill: touch nothing live.")


def test_without_a_link_it_is_answered_in_slack() -> None:
    text = told(link=None)
    assert "Answer in Slack: “I'm on it” or “I can't”, in the thread of ORDERS-7." in text.body
    assert text.short.endswith("Answer in Slack.")
    assert "http" not in text.body + text.short


def test_a_link_is_whole_or_not_there() -> None:
    """Half a link answers nothing: the body has the long one, the text message none."""
    long = LINK + "B" * 100
    text = told(link=long)
    assert long in text.body
    assert text.short.endswith("Answer in Slack.")


def test_nobody_in_particular_reads_utc_and_no_you() -> None:
    body = told(person="", link=None).body
    assert "Started: 12:00 UTC" in body
    assert "Called: Ana Ruiz and Ben Okafor" in body


HOSTILE = "<!channel> @everyone <@U0ANA> [x](https://evil.example) https://evil.example `rm` *b*\r\n\u202edrawkcab\x00"


@pytest.mark.parametrize("mode", ["live", "drill"])
def test_hostile_names_mention_link_and_mark_nothing(mode: str) -> None:
    """A channel may be a chat that reads mentions and links; only our own link is one."""
    text = told(
        asset=replace(ORDERS, name=HOSTILE), people=tuple(replace(one, name=HOSTILE) for one in MADRID), mode=mode
    )
    for said in (text.title, text.body.replace(LINK, ""), text.short.replace(LINK, "")):
        for sign in ("@", "<", ">", "`", "*", "://", "\r", "\u202e", "\x00"):
            assert sign not in said
    assert text.short.endswith(LINK)
    assert len(text.short) <= 160


@given(st.text(max_size=400), st.integers(5, 300))
def test_plain_text_is_one_short_line(text: str, limit: int) -> None:
    said = plain(text, limit)
    assert len(said) <= limit
    assert len(said.splitlines()) <= 1
    assert not set(said) & set("<>@`*\\")


def test_a_trial_asks_for_nothing() -> None:
    text = trial_text("Ana Ruiz", NOON)
    assert text.title == "TEST · Handrail"
    assert text.short == "TEST This is a test for Ana Ruiz: Handrail can reach you here. Nothing is asked of you."
