"""What serves, by id and digest; and what became bad on disk keeps serving as it last was."""

import hashlib
import threading
from pathlib import Path

import pytest

from bot.library.parse import Unreadable, parse_file, parse_runbook
from bot.library.registry import Registry, load_shelf
from tests.library.faulty import CATALOGUE, HEAD, TAIL

BOOK = f"{HEAD}\nsteps:\n  - {{id: look, do: Look, go: {{ok: stopped}}}}\n{TAIL}\n"
SHIPPED = Path(__file__).parents[2] / "runbooks"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "book.yml").write_text(BOOK, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "other.yaml").write_text("not ours: [", encoding="utf-8")
    return tmp_path


def test_a_runbook_is_found_by_id_and_by_the_digest_of_its_whole_text(folder: Path) -> None:
    registry = load_shelf(folder)
    assert registry.problems == ()
    kept = registry.kept("book")
    assert kept is not None
    whole = parse_file("book", BOOK.encode())[0][0].pinned
    assert kept.digest == hashlib.sha256(whole.encode()).hexdigest()
    assert registry.text_of(kept.digest) == whole
    assert registry.by_digest(kept.digest) == registry.runbook("book")
    assert parse_runbook(whole).by_id.keys() == parse_runbook(BOOK).by_id.keys()
    assert (registry.runbook("other"), registry.text_of("0" * 64)) == (None, None)


def test_a_pinned_text_that_is_not_one_sound_runbook_says_why() -> None:
    with pytest.raises(Unreadable, match="runbook:19:"):
        parse_runbook(BOOK.replace("do: Look", "dou: Look"))
    with pytest.raises(Unreadable):
        parse_runbook(CATALOGUE)


def test_runbooks_of_an_asset_are_those_that_it_names_and_that_are_loaded(folder: Path) -> None:
    registry = load_shelf(folder)
    asset = registry.catalogue.assets["orders-db"]
    assert [book.id for book in registry.runbooks_for(asset)] == ["book"]
    assert registry.runbooks_for(asset.model_copy(update={"runbooks": ("gone",)})) == ()


def test_a_file_that_became_bad_serves_as_it_last_was_and_its_fault_is_told(folder: Path) -> None:
    registry = load_shelf(folder)
    first = registry.kept("book")
    (folder / "sub" / "book.yml").write_text(BOOK.replace("go: {ok: stopped}", "go: {ok: nowhere}"), encoding="utf-8")
    registry.reload()
    assert [(one.file, one.rule) for one in registry.problems] == [("sub/book.yml", "G2")]
    assert registry.kept("book") == first
    (folder / "sub" / "book.yml").write_text(BOOK.replace("Look", "Look again"), encoding="utf-8")
    registry.reload()
    assert registry.problems == ()
    after = registry.runbook("book")
    assert after is not None
    assert after.steps[0].title == "Look again"
    assert first is not None
    assert registry.text_of(first.digest) == first.text


def test_a_bad_catalogue_keeps_its_people(folder: Path) -> None:
    registry = load_shelf(folder)
    (folder / "catalogue.yaml").write_text(CATALOGUE.replace("Ana", "Anna").replace("[ana, ben, chen]", "[ana, bob]"))
    registry.reload()
    assert [one.rule for one in registry.problems] == ["C2"]
    assert registry.catalogue.people["ana"].name == "Ana"
    assert registry.catalogue.members("team:data") == ("ana", "ben", "chen")
    assert registry.runbook("book") is not None


def test_what_is_gone_goes_and_an_unreadable_folder_changes_nothing(folder: Path) -> None:
    registry = load_shelf(folder)
    (folder / "sub" / "book.yml").unlink()
    registry.reload()
    assert registry.runbook("book") is None
    folder.rename(folder.with_name("moved"))
    assert registry.reload().errors == 1
    assert [one.rule for one in registry.problems] == ["S20"]
    assert "orders-db" in registry.catalogue.assets


def test_a_shelf_is_empty_until_it_has_read(folder: Path) -> None:
    registry = Registry(folder)
    assert (registry.runbooks, registry.problems, registry.catalogue.assets) == ({}, (), {})


def test_readers_never_see_half_a_reload(folder: Path) -> None:
    """While one thread reloads, every reader sees the runbook and its asset together."""
    registry = load_shelf(folder)
    seen: list[bool] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            asset = registry.catalogue.assets["orders-db"]
            seen.append(len(registry.runbooks_for(asset)) == 1)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for one in readers:
        one.start()
    for _ in range(10):
        registry.reload()
    done.set()
    for one in readers:
        one.join()
    assert seen
    assert all(seen)


@pytest.mark.parametrize(
    ("query", "id_"),
    [
        ("orders-db", "orders-db"),
        ("ORDERS DB", "orders-db"),
        ("orders_db", "orders-db"),
        ("orders", "orders-db"),
        ("Orders database", "orders-db"),
        ("pg invoices", "invoices-db"),
        ("  orders   archive ", "orders-archive-db"),
    ],
)
def test_an_asset_is_found_by_id_name_and_alias_however_written(query: str, id_: str) -> None:
    found = load_shelf(SHIPPED).find_assets(query)
    assert found.exact is not None
    assert (found.exact.id, found.near) == (id_, ())


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("order", ["orders-db", "orders-archive-db"]),
        ("ordres", ["orders-db", "orders-archive-db"]),
        ("invoice", ["invoices-db"]),
        ("archive", ["orders-archive-db"]),
        ("inovices db", ["invoices-db"]),
        ("kitchen sink", []),
        ("", []),
        ("   ", []),
        ("x" * 10_000, []),
    ],
)
def test_near_names_are_offered_best_first(query: str, ids: list[str]) -> None:
    found = load_shelf(SHIPPED).find_assets(query)
    assert found.exact is None
    assert [asset.id for asset in found.near][: len(ids)] == ids
    assert bool(found.near) == bool(ids)


def test_a_name_that_two_assets_share_is_exact_for_neither(folder: Path) -> None:
    twin = CATALOGUE + "  - {id: two, name: orders, type: pg, tier: 2, owner: data}\n"
    (folder / "catalogue.yaml").write_text(twin, encoding="utf-8")
    found = load_shelf(folder).find_assets("Orders")
    assert found.exact is None
    assert [asset.id for asset in found.near] == ["orders-db", "two"]
