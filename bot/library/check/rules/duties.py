"""Rules about what an active runbook owes its readers: the elements that RUNBOOKS.md requires."""

from collections.abc import Iterator

from bot.library.check.page import Page
from bot.library.rules import Found, rule

ENOUGH_FAILURES = 3
DRILLED = 2
"""Assets up to this tier are drilled."""


@rule("O1")
def active_runbooks_are_guarded(page: Page) -> Iterator[Found]:
    """An active runbook says what it is not for. The wrong procedure, well done, is how data is lost twice."""
    if page.book.status == "active" and not page.book.not_for:
        yield ("not_for",), "An active runbook says what it is not for.", "not_for: [{when: …, use: …}]"


@rule("O2")
def active_runbooks_are_reviewed(page: Page) -> Iterator[Found]:
    """An active runbook has a review. What nobody reads any more has drifted from the machine it is about."""
    if page.book.status == "active" and page.book.review is None:
        yield ("review",), "An active runbook has a review.", 'review: {every: 90d, last_on: "2026-11-01", by: …}'


@rule("O3")
def active_runbooks_know_how_they_fail(page: Page) -> Iterator[Found]:
    """An active runbook names at least three failure modes and their answers. Most describe the happy path only."""
    count = len(page.book.failure_modes)
    if page.book.status == "active" and count < ENOUGH_FAILURES:
        message = f"An active runbook names at least {ENOUGH_FAILURES} ways in which it can fail; this one has {count}."
        yield ("failure_modes",), message, "failure_modes: [{mode: …, answer: STEP}]"


@rule("O4")
def critical_assets_are_drilled(page: Page) -> Iterator[Found]:
    """A runbook of a tier 1 or 2 asset is drilled. A procedure that was never walked is a guess."""
    tiers = [asset.tier for asset in page.folder.assets_of.get(page.book.id, ())]
    if page.book.status == "active" and page.book.drill is None and min(tiers, default=3) <= DRILLED:
        message = f"An asset of tier {min(tiers)} uses this runbook, and it is never drilled."
        yield ("drill",), message, "drill: {every: 90d, mode: isolated}"
