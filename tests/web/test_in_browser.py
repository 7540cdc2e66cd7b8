"""The pages in a real browser: nothing serious for axe, keyboard and small screens work, and news comes by itself."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.run.commands import AddNote
from tests.web.room import Room

AXE = Path(__file__).parent / "axe.min.js"
"""axe-core 4.14.1 by Deque Systems, MPL-2.0, as npm has it: https://github.com/dequelabs/axe-core"""
PATHS = (
    "/", "/runs", "/runs/ORDERS-7", "/runbooks", "/runbooks/postgres-pitr", "/assets", "/assets/orders-db", "/ready",
    "/ready/orders-db",
)  # fmt: skip
SERIOUS = (
    "async () => (await axe.run()).violations.map(v => `${v.impact} ${v.id}: ${v.nodes.map(n => n.html).join(' ')}`)"
)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(busy: Room, browser: Browser, width: int, scheme: str) -> None:
    """Every page, at the width of a desk and of a phone, in light and dark; and no page is wider than its screen."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    with busy.open() as address:
        for path in (*PATHS, "/runs/NONE-1"):
            page.goto(address + path)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            page.add_script_tag(path=AXE)
            assert page.evaluate(SERIOUS) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
        context.close()


@pytest.mark.slow
def test_news_comes_by_itself_and_keeps_the_keyboards_place(busy: Room, page: Page) -> None:
    run = busy.handler.find("ORDERS-7")
    assert run is not None
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    with busy.open() as address:
        page.goto(f"{address}/runs/ORDERS-7")
        before = page.locator("#entries > li").count()
        done = busy.handler.handle(run.run_id, AddNote("<img src=x onerror=alert(1)>"), "ana", "slack")
        fresh = page.locator(f"#record-{done.run.seq}")
        expect(fresh).to_contain_text("<img src=x onerror=alert(1)>")
        expect(page.locator("#entries > li")).to_have_count(before + 1)
        expect(page.locator("#entries > li").first).to_have_id(f"record-{done.run.seq}")
        expect(page.get_by_role("status")).to_contain_text("Ana Ruiz")
        page.goto(address)
        page.wait_for_load_state()
        page.locator("#now a").first.focus()
        held = page.evaluate("document.activeElement.getAttribute('href')")
        busy.handler.handle(run.run_id, AddNote("more"), "ana", "slack")
        drawn = page.locator("#now section").first.element_handle()
        page.wait_for_function("drawn => !drawn.isConnected", arg=drawn)
        assert page.evaluate("document.activeElement.getAttribute('href')") == held
    assert [one for one in refused if "Content Security Policy" in one] == []


@pytest.mark.slow
def test_one_zone_is_named_and_spoken_with_script_and_without_and_the_readers_own_stands_beside(
    busy: Room, browser: Browser
) -> None:
    """A reader in Berlin sees the very times that the record and its copies have; pointing at one says their own."""
    moments = "[...document.querySelectorAll('time')].filter(t => t.dataset.form !== 'ago').map(t => t.textContent)"
    said: list[list[str]] = []
    with busy.open() as address:
        for script in (True, False):
            context = browser.new_context(timezone_id="Europe/Berlin", java_script_enabled=script)
            page = context.new_page()
            page.goto(f"{address}/runs/ORDERS-7")
            expect(page.locator(".clocks")).to_contain_text("16:00 UTC")
            expect(page.locator("footer")).to_contain_text("Times are in UTC.")
            said.append(page.evaluate(moments))
            due = page.locator(".clocks .calm, .clocks .close, .clocks .late").locator("time").first
            if script:
                expect(due).to_have_attribute("title", re.compile(r"17:00 (CET|GMT\+1) where you are"))
            assert not re.search(r"\d\d:\d\d (CET|GMT)|\+0[1-9]:00", page.locator("body").inner_text())
            context.close()
    assert said[0] == said[1]
    assert len(said[0]) > 10


@pytest.mark.slow
def test_facts_and_picture_stay_true_while_they_are_looked_at_and_folds_stay_as_they_were(
    busy: Room, page: Page
) -> None:
    run = busy.handler.find("ORDERS-8")
    assert run is not None
    with busy.open() as address:
        page.goto(f"{address}/runs/ORDERS-8")
        page.locator("#fold-people summary").click()
        page.locator("#fold-people summary").focus()
        expect(page.locator("#fold-people")).not_to_contain_text("Ben Okafor")
        before = page.locator(".picture .when.wide").inner_html()
        busy.at += timedelta(minutes=5)
        busy.handler.handle(run.run_id, AddNote("I am here"), "ben", "slack")
        expect(page.locator("#fold-people")).to_contain_text("Ben Okafor")
        expect(page.locator("#fold-people")).to_have_attribute("open", "")
        expect(page.locator("#fold-people summary")).to_be_focused()
        expect(page.locator("#facts ~ .quiet time")).to_have_text(f"{busy.at:%H:%M} UTC")
        assert "Ben Okafor" not in before
        assert "Ben Okafor" in page.locator(".picture .when.wide").inner_html()


@pytest.mark.slow
def test_the_first_key_leads_to_the_content(busy: Room, page: Page) -> None:
    with busy.open() as address:
        page.goto(address)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
