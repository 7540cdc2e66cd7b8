"""A chart in every format: what it says is what the runbook says, and nothing in it can break out."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from syrupy.assertion import SnapshotAssertion

from bot.format.runbook import Runbook
from bot.render.chart.graph import Chart, draw_chart
from bot.render.chart.mermaid import mermaid
from bot.render.chart.page import draw_page
from bot.render.chart.picture.letters import tidy
from bot.render.chart.picture.shapes import inner_of, outline_of
from bot.render.chart.picture.svg import draw_svg
from bot.render.chart.png import draw_png
from bot.render.chart.text import outline
from bot.render.chart.words import KINDS, say_exits
from tests.render.chart.drawn import BILLING, EVERYTHING, ORDERS, books, exits_of
from tests.story import book_of

CHART = draw_chart(book_of(EVERYTHING), [ORDERS, BILLING])
SVG = "{http://www.w3.org/2000/svg}"
_MERMAID = re.compile(
    r'flowchart TD|  subgraph g\d\["[^"]*"\]|  end|  class(Def)? [\w,:;-]+ [\w:-]+'
    r'|\s+(head|s\d+|w\d+)(\[|\(|\{|\{\{|\[\[|\[/|\[\\|>|\(\[)"[^"]*"(\]|\)|\}|\}\}|\]\]|/\]|\\\]|\]\)|\))(:::stub)?'
    r'|  (head|s\d+) (==>|-->|-\.->)(\|"[^"]*"\|)? (s|w)\d+'
)


class Page(HTMLParser):
    """The page as a browser would read it: its tags, its ids, and the text of each step."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.exits: set[tuple[str, str, str]] = set()
        self.texts: list[str] = []
        self.links: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes.update(said)
        if "id" in said:
            self.ids.append(said["id"])
        if "data-exits" in said:
            self.exits |= {(said["data-from"], one, said["data-to"]) for one in said["data-exits"].split("|")}
        if tag == "a":
            self.links.add(said["href"])

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def squeezed(text: str) -> str:
    """Text without spaces: a picture breaks lines, and long words too."""
    return re.sub(r"\s", "", text)


def exits_drawn(root: ET.Element) -> set[tuple[str, str, str]]:
    found = (one.attrib for one in root.iter() if "data-exits" in one.attrib)
    return {(one["data-from"], exit_, one["data-to"]) for one in found for exit_ in one["data-exits"].split("|")}


def test_the_outline(snapshot: SnapshotAssertion) -> None:
    assert outline(CHART) == snapshot


def test_the_mermaid_text(snapshot: SnapshotAssertion) -> None:
    assert mermaid(CHART) == snapshot


def test_the_picture(snapshot: SnapshotAssertion) -> None:
    assert draw_svg(CHART) == snapshot


def test_the_page(snapshot: SnapshotAssertion) -> None:
    assert draw_page(CHART) == snapshot


@given(books())
def test_the_outline_holds_every_step_and_every_exit(book: Runbook) -> None:
    chart = draw_chart(book)
    text = outline(chart)
    blocks = {int(block.split(maxsplit=2)[1 if block[0] == "┃" else 0]): block for block in _blocks(text)}
    assert sorted(blocks) == sorted(chart.number.values())
    for step in book.by_id.values():
        block = squeezed(blocks[chart.number[step.id]])
        assert squeezed(tidy(step.title)) in block
        for way in chart.leaving(step.id):
            assert squeezed(tidy(f"{say_exits(chart, way)} → {chart.number.get(way.target, '')} {way.target}")) in block


def _blocks(text: str) -> list[str]:
    """The part of each step: from its number to the next."""
    parts = re.split(r"(?m)^(?=[┃ ] +\d+  ?[A-Z])", text)
    return parts[1:]


@given(books())
def test_the_mermaid_text_holds_every_step_and_every_exit_and_keeps_to_its_grammar(book: Runbook) -> None:
    chart = draw_chart(book)
    lines = mermaid(chart).splitlines()
    assert [line for line in lines if not _MERMAID.fullmatch(line)] == []
    nodes = {match[1] for line in lines if (match := re.match(r'\s+(s\d+)[^ ]?.*"', line)) and "|" not in line[:12]}
    assert {f"s{number}" for number in chart.number.values()} <= nodes
    arrows = [line for line in lines if re.match(r"  s\d+ (==>|-->|-\.->)", line)]
    assert len(arrows) == len(chart.ways)
    for way, line in zip(chart.ways, arrows, strict=True):
        assert line.startswith(f"  s{chart.number[way.source]} ")
        assert way.drawn == "stub" or line.endswith(f" s{chart.number[way.target]}")


@given(books())
def test_the_picture_is_sound_and_holds_every_step_and_every_exit(book: Runbook) -> None:
    root = ET.fromstring(draw_svg(draw_chart(book)))  # noqa: S314  (drawn here)
    steps = {one.attrib["data-step"]: one for one in root.iter(f"{SVG}g") if "data-step" in one.attrib}
    assert steps.keys() == book.by_id.keys()
    assert exits_drawn(root) == exits_of(book)
    for step in book.by_id.values():
        shown = squeezed("".join(one.text or "" for one in steps[step.id].iter(f"{SVG}text")))
        assert squeezed(tidy(step.title)) in shown
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "path", "g", "text",
    }  # fmt: skip


@given(books())
def test_the_page_is_sound_and_holds_every_step_and_every_exit(book: Runbook) -> None:
    page = Page(draw_page(draw_chart(book)))
    assert page.exits == exits_of(book)
    assert sorted(one for one in page.ids if one.startswith("step-")) == sorted(f"step-{one}" for one in book.by_id)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    for step in book.by_id.values():
        assert squeezed(tidy(step.title)) in squeezed("".join(page.texts))
    assert not page.tags & {"script", "iframe", "img", "link", "form", "object"}
    assert not any(name.startswith("on") or name == "style" for name in page.attributes)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    """Its policy names the one sheet of styles by its digest, so that no other counts."""
    page = draw_page(CHART)
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "").replace(
        "https://www.postgresql.org", ""
    )


def test_the_picture_says_what_it_is_to_those_who_do_not_see_it() -> None:
    root = ET.fromstring(draw_svg(CHART))  # noqa: S314  (drawn here)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == root.findtext(f"{SVG}title") == "Rows were changed by mistake"
    assert "Good path: 9 steps" in (root.findtext(f"{SVG}desc") or "")


def test_each_kind_of_step_has_an_outline_and_a_word_of_its_own() -> None:
    """Told apart by shape and by word, so that colour is never needed."""
    root = ET.fromstring(draw_svg(CHART))  # noqa: S314  (drawn here)
    for step in (one for one in root.iter(f"{SVG}g") if "data-step" in one.attrib):
        words = " ".join(one.text or "" for one in step.iter(f"{SVG}text"))
        assert re.match(rf"\d+ +{KINDS[step.attrib['data-kind']].upper()} ", words)
    drawn = {outline_of(kind, 200, 100) + inner_of(kind, 200, 100) for kind in KINDS}
    assert len(drawn) == len(set(KINDS.values())) == 11


@pytest.mark.parametrize("count", [1, 40])
def test_the_picture_of_pixels_has_the_size_of_the_picture_and_letters_in_it(count: int) -> None:
    steps = "".join(f"  - {{id: s{n}, do: Do what is said, go: {{ok: s{n + 1}}}}}\n" for n in range(count))
    chart = draw_chart(book_of(f"steps:\n{steps}  - {{id: s{count}, end: Close, outcome: recovered}}\nexception: s0"))
    drawn = draw_png(chart)
    size = int.from_bytes(drawn[16:20], "big"), int.from_bytes(drawn[20:24], "big")
    root = ET.fromstring(draw_svg(chart))  # noqa: S314  (drawn here)
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert size == pytest.approx([float(root.attrib[side]) * 1.5 for side in ("width", "height")], abs=2)


def test_letters_are_drawn_though_no_font_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same picture without its words is another one: our own fonts were found."""
    monkeypatch.setenv("FONTCONFIG_FILE", "/nonexistent")
    book = book_of("steps: [{id: a, end: Close, outcome: recovered}]\nexception: a")
    silent = book.model_copy(update={"title": " ", "steps": (book.steps[0].model_copy(update={"end": " "}),)})
    said, unsaid = (
        draw_png(draw_chart(book)),
        draw_png(draw_chart(Runbook.model_validate(silent.model_dump(by_alias=True)))),
    )
    assert len(said) > len(unsaid) + 300


def test_a_chart_is_the_same_each_time() -> None:
    """The layout leans on no chance and no order of a hash, so that a diff of pictures means something."""
    again: Chart = draw_chart(book_of(EVERYTHING), [ORDERS, BILLING])
    assert draw_svg(again) == draw_svg(CHART)
