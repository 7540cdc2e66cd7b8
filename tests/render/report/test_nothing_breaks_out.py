"""Every kind of event is told in every report, and no name or text becomes markup, a link or a mention."""

import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.render.message import one_line, visible
from bot.render.report.formats import Templates, code_block, code_span, draw_report, plain_markdown, table_row
from tests.render.report.hostile import EVENTS, HOSTILE, Reader, timeline_with
from tests.render.report.rich import rich_story, timeline_of

UTC = ZoneInfo("UTC")
WIKI = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = frozenset({"strong_open", "strong_close", "text", "text_special", "code_inline", "softbreak"})


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_kind_of_event_is_told_and_none_breaks_out_of_the_page(kind: type) -> None:
    timeline = timeline_with(kind)
    page = draw_report(timeline, "html", UTC, Templates()).text
    read = Reader(page)
    assert list(read.strange()) == []
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert {f"r{entry.seq}" for entry in timeline.entries} <= set(ids)
    assert len(ids) == len(set(ids))
    assert "\u202e" not in page


@pytest.mark.parametrize("format_", ["md", "postmortem"])
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_kind_of_event_is_told_and_none_becomes_markdown(kind: type, format_: str) -> None:
    timeline = timeline_with(kind)
    text = draw_report(timeline, "md" if format_ == "md" else "postmortem", UTC, Templates()).text
    tokens = WIKI.parse(text)
    kinds = {token.type for token in inline(tokens)}
    assert kinds <= OURS, kinds - OURS
    assert "html_block" not in {token.type for token in tokens}
    assert not re.search(r"@(?=\w)", "".join(token.content for token in inline(tokens) if token.type != "code_inline"))
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert "h" not in headings
    if format_ == "md":
        assert all(f"(record {entry.seq})" in text for entry in timeline.entries)


@given(some.text(max_size=80))
@example(HOSTILE)
@example("1. one")
@example("- two")
@example("a ``` b")
@example("see https://a.test/b_(c).")
def test_any_text_reads_in_markdown_as_it_was_typed(text: str) -> None:
    """Alone in a paragraph, in a list and in a table: the same words, and nothing but words."""
    wanted = one_line(text)
    for source in (f"{plain_markdown(text)}\n", f"- {plain_markdown(text)}\n"):
        tokens = inline(WIKI.parse(source))
        assert {token.type for token in tokens} <= {"text", "text_special", "code_inline"}
        said = "".join(token.content for token in tokens).replace("\u2060", "")
        assert said.split() == wanted.split()


@given(some.lists(some.text(min_size=1, max_size=30), min_size=1, max_size=4))
def test_any_value_stays_in_its_cell(values: list[str]) -> None:
    table = f"{table_row(['h'] * len(values))}\n|{'---|' * len(values)}\n{table_row(values)}\n"
    cells = [token for token in WIKI.parse(table) if token.type == "td_open"]
    assert len(cells) == len(values)


@given(some.text(max_size=80))
@example("```\n# out\n````")
def test_no_text_ends_the_block_of_code_that_it_stands_in(text: str) -> None:
    tokens = WIKI.parse(f"{code_block(text)}\n")
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content.rstrip("\n") == visible(text, exactly=True).replace("\t", "    ").rstrip("\n")
    assert [token.type for token in inline(WIKI.parse(code_span(text)))] == ["code_inline"]


def test_addresses_stay_whole_to_be_copied_and_are_no_links() -> None:
    said = plain_markdown("see https://grafana.test/d/7?a=b_c, or ask eve@acme.test")
    tokens = inline(WIKI.parse(said))
    assert [token.content for token in tokens if token.type == "code_inline"] == [
        "https://grafana.test/d/7?a=b_c", "eve@acme.test",
    ]  # fmt: skip


def test_a_report_holds_every_record_and_says_whether_the_chain_holds() -> None:
    timeline = timeline_of(rich_story())
    text = draw_report(timeline, "md", UTC, Templates()).text
    assert re.findall(r"\(record (\d+)\)", text) == [str(entry.seq) for entry in timeline.entries]
    assert timeline.chain is not None
    for format_ in ("html", "md", "postmortem"):
        drawn = draw_report(timeline, format_, UTC, Templates()).text
        assert timeline.chain.command in drawn
        assert "it holds" in drawn


def test_a_broken_chain_is_said_in_every_report() -> None:
    timeline = timeline_with(EVENTS[1])
    for format_ in ("html", "md", "postmortem"):
        assert "it holds" not in draw_report(timeline, format_, UTC, Templates()).text
