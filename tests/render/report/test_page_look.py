"""The page of a report in a real browser: it fits a phone and a desk, keeps to its policy, and paper is light."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from bot.render.report.formats import Templates, draw_report
from bot.run.events import Noted
from bot.timeline.entries import Timeline
from tests.render.report.hostile import timeline_with
from tests.render.report.rich import rich_story, timeline_of


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A rich run, and one whose every name is hostile and long."""
    folder = tmp_path_factory.mktemp("reports")
    told = {"rich": timeline_of(rich_story()), "hostile": timeline_with(Noted)}
    paths = {name: folder / f"{name}.html" for name in told}
    for name, timeline in told.items():
        paths[name].write_text(draw_report(timeline, "html", ZoneInfo("UTC"), Templates()).text, encoding="utf-8")
    return paths


@pytest.fixture(params=["light", "dark"])
def opened(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("name", ["rich", "hostile"])
def test_a_page_fits_its_screen_and_breaks_no_policy(
    opened: Page, files: dict[str, Path], name: str, width: int
) -> None:
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    opened.set_viewport_size({"width": width, "height": 800})
    opened.goto(files[name].as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    shown = [sheet for sheet in ("wide", "narrow") if opened.locator(f"svg.{sheet}").is_visible()]
    assert shown == (["narrow"] if width <= 820 else ["wide"])
    smallest = opened.evaluate(
        "s => Math.min(...[...document.querySelectorAll(s)].map(t => t.getBoundingClientRect().height))",
        f"svg.{shown[0]} text.small",
    )
    assert smallest >= 10, f"letters of the picture are {smallest} px high"


def test_paper_is_light_and_shows_the_wide_picture(opened: Page, files: dict[str, Path]) -> None:
    opened.goto(files["rich"].as_uri())
    opened.emulate_media(media="print")
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.locator("svg.wide").is_visible()
    assert opened.evaluate("getComputedStyle(document.querySelector('svg.wide text.strong')).fill") == "rgb(24, 34, 48)"


def test_headings_go_down_step_by_step_and_links_lead_somewhere(opened: Page, files: dict[str, Path]) -> None:
    opened.goto(files["rich"].as_uri())
    levels = opened.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    dead = opened.evaluate(
        "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
        ".filter(h => !document.getElementById(h.slice(1)))"
    )
    assert dead == []
    assert opened.evaluate("document.documentElement.lang") == "en"


def a_very_bad_run() -> Timeline:
    """Everything that went wrong in the rich run went wrong six times over."""
    bad = timeline_of(rich_story())
    return replace(
        bad, deviations=bad.deviations * 6, decisions=bad.decisions * 6, signoffs=bad.signoffs * 6, pages=bad.pages * 6
    )


def test_on_paper_the_worst_run_is_told_in_four_pages_before_its_records(opened: Page, tmp_path: Path) -> None:
    """186 mm by 269 mm is what the margins leave of A4; the first page ends with the picture of the run."""
    file = tmp_path / "bad.html"
    told = draw_report(a_very_bad_run(), "html", ZoneInfo("UTC"), Templates()).text
    file.write_text(told, encoding="utf-8")
    opened.set_viewport_size({"width": 703, "height": 1017})
    opened.emulate_media(media="print")
    opened.goto(file.as_uri())
    top = "id => document.getElementById(id).getBoundingClientRect()"
    assert opened.evaluate(f"({top})('picture').bottom") < 1017 / 2
    assert opened.evaluate("document.querySelector('figure').getBoundingClientRect().bottom") < 1017
    assert opened.evaluate(f"({top})('appendix').top") < 4 * 1017 * 0.95
    assert "These weigh most; all 90 stand in the" in told
