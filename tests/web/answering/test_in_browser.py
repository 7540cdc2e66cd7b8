"""The link on a phone: one big button, readable in light and dark, nothing for axe, and pressed by a thumb."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bot.settings import Address
from bot.stopping import Stopping
from bot.wiring.process.webserver import address_of, listen_on, serve_web
from tests.web.answering.handler import Answering

AXE = Path(__file__).parent.parent / "axe.min.js"
SERIOUS = (
    "async () => (await axe.run()).violations.map(v => `${v.impact} ${v.id}: ${v.nodes.map(n => n.html).join(' ')}`)"
)


@pytest.fixture
def address(answering: Answering) -> Iterator[str]:
    """The counter as a web server has it."""
    stopping = Stopping()
    with closing(listen_on(Address("127.0.0.1", 0))) as bound:
        serving = threading.Thread(target=serve_web, args=(answering.routes, bound, stopping))
        serving.start()
        yield address_of(bound)
        stopping.set()
        serving.join(30)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_thumb_answers_it(answering: Answering, browser: Browser, address: str, scheme: str) -> None:
    how = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme, "java_script_enabled": True}
    context = browser.new_context(**how, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address + answering.link())
    page.add_script_tag(path=AXE)
    assert page.evaluate(SERIOUS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the phone"
    button = page.get_by_role("button", name="I’m on it")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 64
    assert box["y"] + box["height"] <= 740, "one has to scroll to answer"
    context.close()


@pytest.mark.slow
def test_it_works_without_script_and_within_its_policy(answering: Answering, browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(address + answering.link())
    page.get_by_role("button", name="I’m on it").click()
    expect(page.get_by_role("status")).to_contain_text("You are on it.")
    assert answering.answers() == [("ana", "on", "web")]
    page.get_by_role("button", name="I can’t").click()
    expect(page.get_by_role("status")).to_contain_text("Called next: Chen Wei.")
    assert refused == []
    context.close()
