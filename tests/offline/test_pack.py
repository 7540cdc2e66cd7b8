"""The printable copy: what stands on its pages, how it prints, and that nobody ever finds half of it."""

import re
import threading
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Page

from bot.format.catalogue import Asset, Catalogue
from bot.format.pieces import Value
from bot.format.runbook import Runbook
from bot.library.registry import Registry, load_shelf
from bot.offline.pack import MARK, CannotPack, keep_pack, write_pack
from bot.render.pack.pages import BLANK, Shelved, boxes_of, draw_pack
from bot.stopping import Stopping
from tests.render.forms import HOSTILE
from tests.render.walk import BOOK, hostile
from tests.slack.folder import book, write_folder
from tests.story import NOON
from tests.wiring.running import RUNBOOKS

VOID = {"meta", "link", "br", "hr", "img"}


class Pages(HTMLParser):
    """Reads a page strictly: every tag is closed, and what it links to is kept."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.add(tag)
        self.links |= {str(named["href"])} if "href" in named else set()
        self.ids |= {str(named["id"])} if "id" in named else set()
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shelved(books: dict[str, Runbook], *assets: Asset) -> Shelved:
    digests = dict.fromkeys(books, "d" * 64)
    return Shelved(Catalogue(assets={one.id: one for one in assets}), books, digests)


def orders(**facts: Value) -> Asset:
    named = {"name": "Orders", "type": "postgres", "owner": "o", "runbooks": ["story"], "facts": facts}
    return Asset.model_validate({"id": "orders-db", "tier": 1, **named})


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    registry = load_shelf(Path(RUNBOOKS))
    digests = {name: kept.digest for name in registry.runbooks if (kept := registry.kept(name))}
    return draw_pack(Shelved(registry.catalogue, registry.runbooks, digests), NOON)


def test_every_link_leads_somewhere_and_no_script_is_in_it(shipped: dict[str, str]) -> None:
    pages = {name: Pages(text) for name, text in shipped.items() if name.endswith(".html")}
    assert "postgres-pitr--orders-db.html" in pages
    for name, page in pages.items():
        assert "script" not in page.tags
        for link in page.links:
            file, _, anchor = link.partition("#")
            assert not file or file in shipped, f"{name} links to {link}"
            assert not anchor or anchor in pages[file or name].ids, f"{name} links to {link}"


def test_every_step_is_a_box_with_every_way_out() -> None:
    """Each of the ten kinds; what the bot would do alone is work for a person on paper."""
    boxes = boxes_of(BOOK, orders(db="orders"))
    assert [box.shown.id for box in boxes] == [step.id for step in BOOK.steps]
    assert len({box.kind for box in boxes}) == len({step.kind for step in BOOK.steps}) >= 9
    for box, step in zip(boxes, BOOK.steps, strict=True):
        assert [way.step for way in box.ways] == [target for _, target in BOOK.exits(step)]
        assert all(way.number == [one.id for one in BOOK.steps].index(way.step) + 1 for way in box.ways)


def test_facts_are_filled_in_and_what_is_not_known_is_a_blank() -> None:
    """The same command for an asset, and for any; a blank stays one word in a shell."""
    shelf_book = load_shelf(Path(RUNBOOKS)).runbooks["postgres-pitr"]
    asset = load_shelf(Path(RUNBOOKS)).catalogue.assets["orders-db"]
    by_id = {box.shown.id: box for box in boxes_of(shelf_book, asset)}
    assert by_id["flush_wal"].shown.command == "pgbackrest --stanza=orders check"
    anybody = {box.shown.id: box for box in boxes_of(shelf_book, None)}
    assert anybody["flush_wal"].shown.command == f"pgbackrest '--stanza={BLANK}' check"
    assert anybody["flush_wal"].needs == ("stanza", "pg host")
    assert "‹" not in str([by_id, anybody])


def test_a_sign_off_has_a_line_for_each_signature() -> None:
    by_id = {box.shown.id: box for box in boxes_of(BOOK, None)}
    asked = next(step for step in BOOK.steps if step.id == "ask")
    assert len(by_id["ask"].signatures) == getattr(asked, "need", 0) == 2
    assert any("without it nobody begins" in fact for fact in by_id["ask"].facts)


def test_hostile_texts_stay_texts() -> None:
    """Longest and worst texts, in the runbook and in the catalogue: not one tag of theirs becomes a tag."""
    evil = "</p><script>alert(1)</script>"
    asset = orders(db=evil, host=HOSTILE).model_copy(update={"name": evil[:75], "aliases": (evil,)})
    pages = draw_pack(shelved({"story": hostile().model_copy(update={"title": evil})}, asset), NOON)
    for name, text in pages.items():
        if name.endswith(".html"):
            assert "<script" not in text, name
            Pages(text)


def test_an_empty_folder_is_printed_too() -> None:
    pages = draw_pack(shelved({}), NOON)
    assert "The catalogue names no asset." in pages["index.html"]
    assert all(Pages(text) for name, text in pages.items() if name.endswith(".html"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "runbooks").mkdir()
    return load_shelf(write_folder(tmp_path / "runbooks"))


def test_the_folder_is_replaced_as_a_whole(registry: Registry, tmp_path: Path) -> None:
    """A page that is no longer drawn goes; nothing is left beside."""
    folder = tmp_path / "out" / "pack"
    assert write_pack(registry, folder, NOON) == len(list(folder.glob("*.html")))
    (folder / "gone.html").write_text("old")
    write_pack(registry, folder, datetime(2026, 11, 23, tzinfo=UTC))
    assert not (folder / "gone.html").exists()
    assert "as of 2026-11-23" in (folder / "index.html").read_text()
    assert [one.name for one in folder.parent.iterdir()] == ["pack"]


def test_without_an_exchange_the_old_one_is_moved_aside(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a USB stick, whose file system cannot swap two folders."""
    monkeypatch.setattr("bot.offline.pack._exchange", lambda *_: False)
    folder = tmp_path / "pack"
    for day in (22, 23):
        write_pack(registry, folder, datetime(2026, 11, day, tzinfo=UTC))
    assert "as of 2026-11-23" in (folder / "index.html").read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["pack", "runbooks"]


def test_somebody_elses_folder_is_never_touched(registry: Registry, tmp_path: Path) -> None:
    """A folder with other things, a file and a link are refused; an empty folder is taken."""
    mine = tmp_path / "thesis"
    mine.mkdir()
    (mine / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(mine)
    for folder in (mine, tmp_path / "file", tmp_path / "link"):
        with pytest.raises(CannotPack):
            write_pack(registry, folder, NOON)
    assert (mine / "chapter.txt").read_text() == "years of work"
    (tmp_path / "empty").mkdir()
    write_pack(registry, tmp_path / "empty", NOON)
    assert (tmp_path / "empty" / MARK).is_file()


def test_a_reader_never_finds_half_of_it(registry: Registry, tmp_path: Path) -> None:
    """While it is replaced fifty times, every look finds an index whose pages are all there."""
    folder, stop = tmp_path / "pack", Stopping()
    write_pack(registry, folder, NOON)

    def replace_often() -> None:
        for _ in range(50):
            write_pack(registry, folder, NOON)
        stop.set()

    writer = threading.Thread(target=replace_often)
    writer.start()
    looks = 0
    while not stop.is_set():
        index = (folder / "index.html").read_text(encoding="utf-8")
        assert index.rstrip().endswith("</html>")
        looks += 1
    writer.join()
    assert looks > 0


def test_a_change_of_a_file_is_printed_anew(registry: Registry, tmp_path: Path) -> None:
    """And a folder that cannot be written to is tried again, not given up."""
    folder, stopping = tmp_path / "pack", Stopping()
    folder.mkdir()
    (folder / "mine.txt").write_text("in the way")
    keeper = threading.Thread(target=keep_pack, args=(registry, folder, lambda: NOON, stopping, 0.02))
    keeper.start()
    try:
        assert not wait_for(folder / "index.html", "Rows are gone", 0.1)
        (folder / "mine.txt").unlink()
        assert wait_for(folder / "index.html", "Rows are gone")
        (registry.path / "gone.yaml").write_text(book("rows-gone", "Rows have left us", "A table is empty."))
        registry.reload()
        assert wait_for(folder / "index.html", "Rows have left us")
    finally:
        stopping.set()
        keeper.join()


def wait_for(file: Path, words: str, seconds: float = 30.0) -> bool:
    waiting = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if file.is_file() and words in file.read_text(encoding="utf-8"):
            return True
        waiting.wait(0.02)
    return False


def test_it_reads_on_a_phone_and_prints_one_step_a_box(page: Page, tmp_path: Path) -> None:
    """From the disk, as from a USB stick: styled, no wider than the screen, and no box torn by the end of a page."""
    pages = load_shelf(Path(RUNBOOKS))
    write_pack(pages, tmp_path / "pack", NOON)
    page.goto((tmp_path / "pack" / "index.html").as_uri())
    page.get_by_role("link", name=re.compile("rows or tables lost")).first.click()
    assert page.locator(".step").first.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    for width in (320, 900):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    torn = page.locator(".step").evaluate_all(
        "all => all.filter(e => getComputedStyle(e).breakInside !== 'avoid').length"
    )
    assert torn == 0
    tallest = page.locator(".step").evaluate_all("all => Math.max(...all.map(e => e.getBoundingClientRect().height))")
    assert tallest < 267 / 25.4 * 96, "A box has to fit on a page: A4 less its margins."
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
