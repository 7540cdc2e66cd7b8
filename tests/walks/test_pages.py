"""Whole walks on which people are called: silence, the next rung, I can't, I'm on it; in the thread and directly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.run.paging.events import PageAnswered, Paged, PageDeclined, PageTried
from bot.workspace.api.chat import permalink
from bot.workspace.client.look import Pressable, labels_in, spot_labelled, words_of
from bot.workspace.state import Message
from tests.walks.firm import Firm, Way, open_firm, wait_for
from tests.walks.folder import CATALOGUE, write_folder
from tests.walks.hand import Hand
from tests.walks.test_every_button import START

LADDER = """
  - id: database
    rungs:
      - {after: 0m, tell: ["person:ben"]}
      - {after: 5m, tell: ["person:chen"]}
      - {after: 9m, tell: ["team:leads"]}
"""


def folder_with_ladder(folder: Path) -> Path:
    """The folder of every walk, with a ladder that is climbed before a step is reminded of."""
    written = write_folder(folder)
    head, _, _ = CATALOGUE.partition("  - id: database\n")
    (written / "catalogue.yaml").write_text(head.rstrip("\n") + LADDER, encoding="utf-8")
    return written


@pytest.fixture(params=["sockets", "http"])
def firm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Firm]:
    way: Way = request.param
    with open_firm(tmp_path, folder_with_ladder(tmp_path / "books"), way=way) as opened:
        yield opened


def pages(firm: Firm) -> list[Paged]:
    return [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, Paged)]


def wait_for_page(firm: Firm, person: str) -> None:
    """Until somebody is called, and Slack has taken it, and the record knows that it did."""

    def is_called() -> bool:
        tried = [event for _, event, _ in firm.history("ORDERS-1") if isinstance(event, PageTried)]
        return bool(pages(firm)) and pages(firm)[-1].people[-1:] == (person,) and any(
            one.person == person and one.reached and one.page == pages(firm)[-1].number for one in tried
        )  # fmt: skip

    wait_for(is_called, f"{person} was not called", also=lambda: (pages(firm), firm.kinds("ORDERS-1")))
    firm.settle()


def newest_dm(hand: Hand) -> Message:
    hand.settle()
    return [message for message in hand.person.dm() if not message.only_for][-1]


def press_dm(hand: Hand, label: str) -> None:
    message = newest_dm(hand)
    spot = spot_labelled({"blocks": message.blocks}, label)
    assert spot is not None, labels_in({"blocks": message.blocks})
    assert hand.press_on(message, spot).ok


def test_silence_climbs_until_somebody_is_on_it(firm: Firm) -> None:
    """Nobody answers, so the next is called; who can't is thanked, and the one after is called at once."""
    ana, ben, chen, dora, gus = (firm.hand(name) for name in ("ana", "ben", "chen", "dora", "gus"))
    ana.start("orders", START)
    wait_for_page(firm, "ben")
    first = newest_dm(ben)
    assert "LIVE · ORDERS-1 · Orders database" in words_of(first)
    assert labels_in({"blocks": first.blocks})[:3] == ["I'm on it", "I can't", "Open the run"]
    thread = firm.thread("ORDERS-1")
    assert "<@U0BEN>" in ana.sees(thread)
    assert "Chen Wei" in words_of(ana.card(thread))
    assert any("ORDERS-1" in notice.text for notice in ben.person.notices())

    firm.wind(minutes=5)
    wait_for_page(firm, "chen")
    assert "Ben Okafor did not answer." in words_of(newest_dm(chen))
    assert "Ben Okafor did not answer." in ana.sees(thread)
    assert "No answer so far: Chen Wei was called" in words_of(newest_dm(ben))

    refused = gus.is_refused("I'm on it", thread)
    assert "does not know you" in refused
    press_dm(chen, "I can't")
    wait_for_page(firm, "dora")
    assert "Chen Wei can't come." in words_of(newest_dm(dora))
    assert chen.person.wait_until(lambda: any("Thank you for saying so" in words_of(m) for m in _all(chen)), 5)

    message, spot = newest_dm(dora), _spot(newest_dm(dora), "I'm on it")
    assert dora.press_on(message, spot).ok
    assert dora.press_on(message, spot).ok, "pressed twice"
    firm.settle()
    assert [type(e).__name__ for _, e, _ in firm.history("ORDERS-1") if isinstance(e, PageAnswered | PageDeclined)] == [
        "PageDeclined", "PageAnswered",
    ]  # fmt: skip
    for hand in (ben, chen, dora):
        assert "Dora Lind is on it" in words_of(newest_dm(hand))
        assert labels_in({"blocks": newest_dm(hand).blocks}) == ["Open the run"]
    assert "*Dora Lind* is on it since" in words_of(ana.card(thread))
    card, blocks = ana.card(thread), newest_dm(dora).blocks
    elements = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
    assert [one["url"] for one in elements if "url" in one] == [permalink(firm.workspace.origin, card)]
    firm.check_all_is_well()


def test_whoever_acts_in_the_run_has_answered(firm: Firm) -> None:
    """Whoever was called and takes the run over need not press I'm on it as well; a note is a sign of life alone."""
    ana, ben = firm.hand("ana"), firm.hand("ben")
    ana.start("orders", START)
    wait_for_page(firm, "ben")
    ben.press("Note…", {"on record?": "I am looking at it"})
    firm.settle()
    assert "is on it" not in words_of(newest_dm(ben))
    ben.press("Take over")
    firm.settle()
    assert "Ben Okafor is on it" in words_of(newest_dm(ben))
    firm.wind(minutes=6)
    firm.settle()
    assert [page.people for page in pages(firm)] == [("ben",)]
    firm.check_all_is_well()


def test_whoever_starts_is_not_called_and_the_next_rung_hears_at_once(firm: Firm) -> None:
    """Ben starts and is on call himself: Chen hears over Slack five minutes before her turn."""
    ana, ben, chen = firm.hand("ana"), firm.hand("ben"), firm.hand("chen")
    ben.start("orders", START)
    wait_for_page(firm, "chen")
    assert [(page.people, page.via) for page in pages(firm)] == [(("chen",), ("slack",))]
    assert "A recovery was started by Ben Okafor." in words_of(newest_dm(chen))
    thread = firm.thread("ORDERS-1")
    assert "<@U0BEN>" not in ana.sees(thread)
    ben.press("Note…", {"on record?": "I have begun"})
    firm.wind(minutes=5)
    firm.settle()
    assert [page.people for page in pages(firm) if page.reason == "start"] == [("chen",), ("chen",)]
    firm.check_all_is_well()


def test_a_drill_says_drill_and_calls_only_its_people(firm: Firm) -> None:
    ana, ben = firm.hand("ana"), firm.hand("ben")
    ana.start("orders", START | {"Live or drill?": "Drill"})
    wait_for_page(firm, "ben")
    assert words_of(newest_dm(ben)).startswith(":bell: *DRILL · ORDERS-1")
    assert newest_dm(ben).text.startswith("DRILL ORDERS-1")
    firm.check_all_is_well()


def _all(hand: Hand) -> list[Message]:
    return hand.person.in_sight()


def _spot(message: Message, label: str) -> Pressable:
    spot = spot_labelled({"blocks": message.blocks}, label)
    assert spot is not None
    return spot
