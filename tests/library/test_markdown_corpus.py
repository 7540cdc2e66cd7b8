"""Fifty made-up pages in the manner of public ones, English and not: how much of each comes along, counted."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.format.runbook import Decide, Do, Runbook
from bot.library.check import check_files
from bot.library.drafting.markdown.commands import is_command
from bot.library.drafting.markdown.drafting import import_markdown

CORPUS = Path(__file__).parent / "markdown" / "corpus.txt"
FENCE = re.compile(r"^( *)```(\w*)( §| ¶)?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"¤`([^`]+)`( ¶)?")

SAID_BY_FORM = frozenset(
    {"if", "then", "otherwise", "only", "use", "when", "not", "note", "warning", "caution", "first", "goal"}
)
"""Words that a draft says by what it makes of a line: a choice, a caution, the order of its steps."""


@dataclass(frozen=True)
class Page:
    """A page with what its author knows about it."""

    name: str
    text: str
    fenced: tuple[str, ...]
    inline: tuple[str, ...]
    guarded: tuple[str, ...]
    """Commands that only count under a condition."""


@dataclass(frozen=True)
class Brought:
    page: Page
    draft: str
    book: Runbook
    commands: tuple[str, ...]
    warnings: tuple[str, ...]


def page_of(name: str, marked: str) -> Page:
    blocks = [
        (re.sub(rf"^{space}", "", body, flags=re.MULTILINE).rstrip("\n"), mark)
        for space, language, mark, body in FENCE.findall(marked)
        if is_command(language) and mark != " §"
    ]
    inline = INLINE.findall(marked)
    guarded = [text for text, mark in [*blocks, *inline] if mark == " ¶"]
    text = re.sub(r" [§¶]$", "", marked, flags=re.MULTILINE).replace("¤", "")
    return Page(name, text, tuple(text for text, _ in blocks), tuple(text for text, _ in inline), tuple(guarded))


@cache
def corpus() -> tuple[Brought, ...]:
    parts = re.split(r"^==== (\S+)\n", CORPUS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    pages = [page_of(name, text) for name, text in zip(parts[::2], parts[1::2], strict=True)]
    return tuple(map(brought, pages))


def brought(page: Page) -> Brought:
    draft = import_markdown(page.text.encode(), f"{page.name}.md")
    report = check_files([("draft.yaml", draft.encode())])
    assert report.errors == 0, (page.name, report.problems)
    book = report.documents["draft.yaml"][0].model
    assert isinstance(book, Runbook)
    commands = tuple(_as_written(step.command) for step in book.steps if isinstance(step, Do) and step.command)
    lines = draft.split("\n")
    todo = ("TODO", "Before this draft may go live")
    odd = [one for one in report.problems if not any(word in one.message + lines[one.line - 1] for word in todo)]
    return Brought(page, draft, book, commands, tuple(f"{one.rule} {one.message}" for one in odd))


def _as_written(command: str) -> str:
    """A command with what is to be filled in as the page has it."""
    return re.sub(r"\{\{ vars\.(\w+) \}\}", lambda found: f"<{found[1].replace('_', '-')}>", command)


def bare(command: str) -> list[str]:
    """The lines of a block without their prompts, and without what was printed between them."""
    lines = command.split("\n")
    prompt = re.compile(r"(?:\$|\S+@\S+[#$]) ")
    if any(prompt.match(line) for line in lines):
        lines = [line[found.end() :] for line in lines if (found := prompt.match(line))]
    return lines


def test_fifty_pages() -> None:
    assert len(corpus()) == 50
    assert sum(len(one.page.fenced) for one in corpus()) > 35
    assert sum(len(one.page.inline) for one in corpus()) >= 95
    assert sum(len(one.page.guarded) for one in corpus()) >= 8


def test_fenced_commands_come_along_verbatim() -> None:
    """At least 97 % of them."""
    wanted = [(one, block) for one in corpus() for block in one.page.fenced]
    lost = [(one.page.name, block) for one, block in wanted if "\n".join(bare(block)) not in one.commands]
    assert len(lost) <= len(wanted) * 0.03, lost


def test_commands_in_sentences_come_along_verbatim() -> None:
    """At least 90 % of them."""
    wanted = [(one, code) for one in corpus() for code in one.page.inline]
    lost = [(one.page.name, code) for one, code in wanted if code not in one.commands]
    assert len(lost) <= len(wanted) * 0.1, lost


def test_what_stands_under_a_condition_is_on_no_other_way() -> None:
    """Without the answer Yes nobody comes to it."""
    for one in corpus():
        book = one.book
        reached, waiting = set[str](), [book.steps[0].id]
        while waiting:
            step = book.by_id[waiting.pop()]
            reached.add(step.id)
            ways = [
                (name, to) for name, to in book.exits(step) if not (isinstance(step, Decide) and name == "answer_1")
            ]
            waiting += [to for _, to in ways if to not in reached]
        held = {
            _as_written(step.command)
            for step in book.steps
            if isinstance(step, Do) and step.command and step.id in reached
        }
        assert not set(one.page.guarded) & held, (one.page.name, set(one.page.guarded) & held)
        assert set(one.page.guarded) <= set(one.commands), one.page.name


def test_no_line_is_lost() -> None:
    """Every word of every page stands in its draft: in a step, above, or in a comment."""
    for one in corpus():
        draft = re.sub(r"\W+", " ", _as_written(one.draft)).casefold()
        text = re.sub(r"^ *```\w*|^ *\S+@\S+[#$] |\]\(", " ", one.page.text, flags=re.MULTILINE)
        words = re.findall(r"\w+", text.casefold())
        lost = [word for word in words if word not in draft and word not in SAID_BY_FORM and not word.isdigit()]
        assert not lost, (one.page.name, lost, one.draft)


def test_few_warnings_are_no_todo() -> None:
    """At most two a page."""
    many = {one.page.name: one.warnings for one in corpus() if len(one.warnings) > 2}
    assert not many, (many, Counter(text.split()[0] for one in corpus() for text in one.warnings))
