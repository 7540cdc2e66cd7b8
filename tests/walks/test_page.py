"""What a newcomer does with `make try`: a full recovery in the page, with others who sign in theirs."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.cli.test_try import page_of
from tests.walks.test_shipped import SEEN
from tests.wiring.running import running

Step = tuple[str, str, Mapping[str, str] | None]
"""Who presses, the label, and what they type into the form that opens (None: no form opens)."""
ASSESS: tuple[Step, ...] = (
    ("ANA", "Begin", None),
    ("ANA", "Done", None),
    ("ANA", "Done", {"Sessions that are left": "0"}),
    ("ANA", "Begin", None),
    ("ANA", "Done", None),
    ("ANA", "Begin", None),
    ("ANA", "Done", None),
    ("ANA", "Rows or tables wrong", None),
    ("ANA", "Done", {"One damaged table": "order_lines"}),
    ("ANA", "Done", {"Time of the first bad change": "2026-11-22T10:00:00+01:00"}),
    ("ANA", "Done", {"Recovery target": "2026-11-22T09:59:00+01:00"}),
    ("ANA", "Done", {"Label of the backup": "20261122-040003F"}),
    ("ANA", "It fits", None),
)
RESTORE: tuple[Step, ...] = (
    ("BEN", "Approve…", {"target time": "2026-11-22T09:59:00+01:00"}),
    *((("ANA", "Begin", None), ("ANA", "Done", None)) * 3),
    ("ANA", "The data is right", None),
    ("CHEN", "Merge tables", None),
    *((("ANA", "Begin", None), ("ANA", "Done", None)) * 2),
    ("ANA", "Done", {"trial run reported": "5"}),
)
CLOSE: tuple[Step, ...] = (
    ("DORA", "Approve…", {"merge rows": "5"}),
    ("BEN", "I am watching", None),
    ("ANA", "Begin", {"Type the asset": "Orders database"}),
    ("ANA", "Done", {"merge reported": "5"}),
    ("ANA", "All tables are back", None),
    ("BEN", "Done", {"own count": "100"}),
    ("ANA", "Done", {"database counts": "100"}),
    ("DORA", "Approve…", {"live count": "100"}),
    *((("ANA", "Begin", None), ("ANA", "Done", None)) * 3),
)


class Desks:
    """A page for each person, opened when they are first needed; side by side as in windows of their own."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._origin, _, self._token = address.partition("/?token=")
        self._pages: dict[str, Page] = {}

    def page(self, name: str) -> Page:
        if name not in self._pages:
            context = self._browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="UTC")
            context.set_default_timeout(10_000)
            self._pages[name] = context.new_page()
            self._pages[name].goto(f"{self._origin}/as/U0{name}/C0INC?token={self._token}")
            self._pages[name].wait_for_selector("body[data-listening]")
        return self._pages[name]

    def card(self, name: str) -> Locator:
        """The card in the channel, as this person sees it."""
        return self.page(name).locator("main article.message").filter(has_text="LIVE · ORDERS-1").first

    def take(self, steps: tuple[Step, ...]) -> None:
        for name, label, typed in steps:
            card = self.card(name)
            button = card.get_by_role("button", name=label, exact=True)
            expect(button).to_be_visible()
            before = card.inner_text()
            button.click()
            if typed is not None:
                self._fill(self.page(name), typed)
            expect(card, f"{name} pressed {label}").not_to_have_text(before, use_inner_text=True)

    @staticmethod
    def _fill(page: Page, typed: Mapping[str, str]) -> None:
        modal = page.locator("dialog.modal")
        for label, text in typed.items():
            modal.get_by_label(label).fill(text)
        modal.locator("button[type=submit]").click()
        expect(modal).to_have_count(0)

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


@pytest.mark.slow
def test_a_newcomer_finishes_the_shipped_recovery_in_the_page(browser: Browser, tmp_path: Path) -> None:
    with running(["try", "--port", "0", "--home", str(tmp_path), "--fast", "--no-browser"]) as trial:
        desks = Desks(browser, page_of(trial.wait_for_output(lambda said: "Ctrl-C ends it" in said)))
        try:
            ana = desks.page("ANA")
            ana.locator("main textarea").press_sequentially("/recover orders")
            ana.keyboard.press("Enter")
            modal = ana.locator("dialog.modal")
            modal.get_by_label(SEEN).check()
            modal.get_by_label("What is wrong, and who saw it?").fill("Rows of yesterday are gone")
            modal.get_by_role("button", name="Start").click()
            desks.take(ASSESS)
            expect(desks.page("BEN").get_by_text("Sign-off needed: Approve the recovery point").first).to_be_visible()
            desks.take(RESTORE)
            desks.take(CLOSE)
            expect(desks.card("ANA")).to_contain_text("Recovered")
            expect(ana.get_by_text("LIVE · ORDERS-1 ended: Recovered")).to_be_visible()
            expect(ana.locator(".report .count")).to_have_text("0")
            expect(ana.locator(".report .alarming")).to_have_count(0)
        finally:
            desks.close()
    record = {"DATABASE_URL": f"sqlite:///{tmp_path}/handrail.db"}
    with running(["log", "ORDERS-1"], record) as log, running(["verify"], record) as verify:
        assert (log.wait(), verify.wait()) == (0, 0)
        assert "ended the run: Recovered" in log.output
        assert "1 chain holds" in verify.output
