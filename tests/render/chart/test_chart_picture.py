"""The picture of a chart: no box over another, no text over an edge, readable on every screen and on paper."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from playwright.sync_api import Browser, Page

from bot.format.runbook import Runbook
from bot.render.chart.graph import Chart, draw_chart
from bot.render.chart.page import draw_page
from bot.render.chart.picture.boxes import WIDTH, measure
from bot.render.chart.picture.layout import Frame, Plan, lay_out
from bot.render.chart.picture.letters import tidy, width_of, wrap
from bot.render.chart.picture.svg import draw_strips, draw_svg
from tests.render.chart.drawn import BILLING, EVERYTHING, ORDERS, books
from tests.story import book_of

CHART = draw_chart(book_of(EVERYTHING), [ORDERS, BILLING])
LONG = "Überprüfen-Sie_jede.Zeile/" * 5
CROWDED = book_of(
    f"""
title: {"W" * 75}
steps:
  - {{id: {"x" * 64}, decide: "{"W" * 150}", who: {"a_very_long_name_of_a_role_that_nobody_would_like"}, options: [
      {{id: one, label: "{LONG[:75]}", when: "{LONG[:75]}", go: next}},
      {{id: two, label: "{"日" * 75}", when: Two., go: next}},
      {{id: back, label: "{"m" * 75}", when: Three., go: {"x" * 64}}}]}}
  - {{id: next, do: "{"i" * 150}", go: {{ok: good}}}}
  - {{id: good, end: "Ж 🚒 e\u0301 שלום {{{{ vars.a }}}} <b>&amp;", outcome: recovered}}
  - {{id: hold, end: Stop, outcome: aborted}}
"""
)


def frames_of(plan: Plan) -> dict[str, Frame]:
    return {step: (x, y, x + box.width, y + box.height) for step, ((x, y), box) in plan.boxes.items()}


def meet(one: Frame, other: Frame) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def plans_of(chart: Chart) -> Iterator[Plan]:
    return (lay_out(chart, group) for group in chart.groups)


@given(books())
def test_no_box_lies_over_another_and_all_lie_in_the_picture(book: Runbook) -> None:
    for plan in plans_of(draw_chart(book)):
        frames = frames_of(plan)
        assert [pair for pair in itertools.combinations(frames, 2) if meet(frames[pair[0]], frames[pair[1]])] == []
        assert all(
            min(x, y) >= -0.5 and r <= plan.width + 0.5 and b <= plan.height + 0.5 for x, y, r, b in frames.values()
        )


@given(books())
def test_lines_begin_and_end_at_their_boxes(book: Runbook) -> None:
    for plan in plans_of(draw_chart(book)):
        frames = frames_of(plan)
        for route in plan.routes:
            for point, step in ((route.points[0], route.way.source), (route.points[-1], route.way.target)):
                left, top, right, bottom = frames[step]
                assert left - 1 <= point[0] <= right + 1
                assert top - 1 <= point[1] <= bottom + 1


@given(books())
def test_every_line_of_text_fits_its_box(book: Runbook) -> None:
    chart = draw_chart(book)
    for step in book.by_id.values():
        box = measure(chart, step)
        badge = box.badge.lines if box.badge else ()
        for line in (*box.lines, *badge, *(line for pill in box.pills for line in pill.lines)):
            assert line.x >= 12
            assert line.x + line.width <= WIDTH - 12, line
            assert line.y <= box.height - 4


@pytest.mark.parametrize(
    "text", ["", "a", "a b", "W" * 400, "x-" * 90, "日本語" * 40, "e\u0301" * 99, "one  two\nthree", LONG]
)
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrap(text, 120, 12, bold=True)
    assert all(width_of(line, 12, bold=True) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == tidy(text).replace(" ", "")
    assert len(lines) >= 1


def test_the_good_path_is_one_straight_column() -> None:
    [plan, *_] = plans_of(CHART)
    assert len({round(plan.boxes[step][0][0]) for step in CHART.good.steps}) == 1
    heights = [plan.boxes[step][0][1] for step in CHART.good.steps]
    assert heights == sorted(heights)


@given(books(least=8, most=30))
@settings(max_examples=15)
def test_strips_cut_through_no_box(book: Runbook) -> None:
    """Laid under each other they are the whole picture, and every step is in one of them."""
    chart = draw_chart(book)
    strips, start = draw_strips(chart, 1.38)
    assert 0 < start < 1
    for step in book.by_id:
        assert sum(f'data-step="{step}"' in strip for strip in strips) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("book", [book_of(EVERYTHING), CROWDED], ids=["everything", "crowded"])
def test_a_browser_shows_no_text_over_an_edge(page: Page, book: Runbook, scheme: str) -> None:
    """Measured in a real browser with its own fonts, each text against the outline of its box and of its stub."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(draw_svg(draw_chart(book, [ORDERS])).partition("?>")[2])
    over = page.evaluate(
        """() => [...document.querySelectorAll('text')].filter(text => {
             const own = text.getBoundingClientRect();
             const holder = text.closest('.step')?.querySelector('.box') ?? document.querySelector('svg');
             const frame = holder.getBoundingClientRect();
             return own.left < frame.left + 3 || own.right > frame.right - 3
               || own.top < frame.top || own.bottom > frame.bottom + 1;
           }).map(text => text.textContent)"""
    )
    assert over == []
    assert page.evaluate("getComputedStyle(document.querySelector('rect.paper')).fill") == (
        "rgb(16, 21, 28)" if scheme == "dark" else "rgb(255, 255, 255)"
    )


def test_text_is_readable_against_what_lies_behind_it(page: Page) -> None:
    """WCAG's measure of contrast, in light and in dark: 4.5 to 1 at least for every text of the picture."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_content(draw_svg(CHART).partition("?>")[2])
        worst = page.evaluate(_CONTRAST)
        assert worst >= 4.5, (scheme, worst)


_CONTRAST = """() => {
  const channel = c => (c /= 255, c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = s => { const [r, g, b] = s.match(/\\d+/g).map(Number).map(channel);
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const fill = e => getComputedStyle(e).fill;
  const behind = t => t.parentElement.querySelector(':scope > .pill, :scope > g > .pill, :scope > rect')
    ?? t.closest('.step')?.querySelector('.box') ?? document.querySelector('rect.paper');
  return Math.min(...[...document.querySelectorAll('text')].map(t => {
    const [a, b] = [light(fill(t)), light(fill(behind(t)))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
}"""


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_a_phone_and_a_desk(page: Page, width: int) -> None:
    """Only the picture scrolls sideways; the steps below it break their lines."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(draw_page(draw_chart(CROWDED)))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.click("text=To the steps, with all their texts")
    assert told == []


def test_the_page_prints_on_paper_without_a_box_cut_in_two(browser: Browser) -> None:
    """Each strip is at most as high as a sheet is, at the width of the sheet."""
    context = browser.new_context(viewport={"width": 718, "height": 1047})  # A4 less its margins, at 96 dots an inch
    page = context.new_page()
    page.emulate_media(media="print")
    steps = "".join(f"  - {{id: s{n}, do: Do what is said, go: {{ok: s{n + 1}}}}}\n" for n in range(30))
    page.set_content(
        draw_page(draw_chart(book_of(f"steps:\n{steps}  - {{id: s30, end: C, outcome: recovered}}\nexception: s0")))
    )
    heights = page.evaluate("[...document.querySelectorAll('.strips svg')].map(s => s.getBoundingClientRect().height)")
    context.close()
    assert len(heights) > 1
    assert max(heights) <= 1047
