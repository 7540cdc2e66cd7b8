"""What is remembered of a folder saves work and never changes what is found."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.library.check import check_folder, leaf, read_folder, silence
from bot.library.check.leaf import Leaf
from bot.library.check.silence import Silenced
from bot.library.defaults import Said, may_say
from bot.library.memory import Memory
from bot.library.parse import Document
from bot.library.problems import Problem
from bot.library.reading import syntax
from bot.library.registry import load_shelf
from bot.settings import cache_folder
from tests.library.faulty import CATALOGUE, HEAD, TAIL

LOOK = "  - {id: look, do: 'Look at {{ asset.host }}', go: {ok: stopped}}"
BOOK = f"{HEAD}\nsteps:\n{LOOK}\n{TAIL}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue and five runbooks; two of them call each other."""
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "catalogue.yaml").write_text(CATALOGUE.replace("[book]", "[book, b1]"), encoding="utf-8")
    (folder / "book.yaml").write_text(BOOK, encoding="utf-8")
    for at in range(1, 5):
        call = f"  - {{id: ask, call: Ask, runbook: b{at % 4 + 1}, go: {{recovered: partly, else: stopped}}}}"
        text = BOOK.replace("id: book", f"id: b{at}").replace(LOOK, call if at < 3 else LOOK)
        (folder / f"b{at}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def memory(tmp_path: Path, folder: Path) -> Memory:
    return Memory(tmp_path / "cache", folder)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read, in order."""
    names: list[str] = []
    real = leaf.read_leaf

    def noted(name: str, data: bytes, said: Said | None = None) -> Leaf:
        names.append(name)
        return real(name, data, said)

    monkeypatch.setattr("bot.library.check.folder.read_leaf", noted)
    return names


def look(folder: Path, memory: Memory) -> tuple[Problem, ...]:
    report = check_folder(folder, memory.recall())
    memory.keep(report.leaves)
    return report.problems


EDITS = (
    ("catalogue.yaml", "host: pg-1", "hast: pg-1"),
    ("catalogue.yaml", "schema: people/v1", "# A line more.\nschema: people/v1"),
    ("catalogue.yaml", "[ana, ben, chen]", "[ana]"),
    ("catalogue.yaml", "id: owners", "id: keepers"),
    ("catalogue.yaml", "rto: 4h", "rto: 1m"),
    ("catalogue.yaml", "slack: U0ANA", "timezone: UTC"),
    ("catalogue.yaml", "[book, b1]", "[b1, b2, b3]"),
    ("catalogue.yaml", "{id: bucket", "{id: bocket"),
    ("book.yaml", "id: book", "id: b4"),
    ("book.yaml", "status: active", "status: draft"),
    ("book.yaml", "do: 'Look", "do: 'The look"),
    ("book.yaml", "go: {ok: stopped}", "go: {ok: nowhere}"),
    ("b1.yaml", "runbook: b2", "runbook: b1"),
    ("b2.yaml", "runbook: b3", "runbook: b33"),
    ("b3.yaml", "do: 'Look", "typical: 9h, do: 'Look"),
    ("words.yaml", "", "schema: handrail/v1\ncheck: {verbs: [the], vague: {add: [wrong]}}\n"),
    ("words.yaml", "", "schema: people/v1\nteams: [{id: data, members: [ben]}]\n"),
)


@pytest.mark.parametrize("seed", range(12))
def test_after_any_edits_the_memory_says_what_a_fresh_look_says(folder: Path, memory: Memory, seed: int) -> None:
    """Files come, go, change and change back, in any order."""
    dice = random.Random(seed)
    first = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    seen: set[str] = set()
    for _ in range(15):
        name, old, new = dice.choice(EDITS)
        file = folder / name
        if dice.random() < 0.3 and (name in first or file.exists()):
            file.write_text(first[name], encoding="utf-8") if name in first else file.unlink()
        elif dice.random() < 0.1:
            file.unlink(missing_ok=True)
        else:
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            file.write_text(text.replace(old, new, 1) if old else new, encoding="utf-8")
        found = look(folder, memory)
        assert found == check_folder(folder).problems
        seen.update(one.rule for one in found)
    assert len(seen) > 1


def test_one_changed_file_is_read_and_no_other(folder: Path, memory: Memory, read: list[str]) -> None:
    look(folder, memory)
    assert len(read) == 6
    (folder / "b3.yaml").write_text((folder / "b3.yaml").read_text().replace("Look at", "Look again at"))
    read.clear()
    look(folder, memory)
    assert read == ["b3.yaml"]


def test_a_line_more_in_the_catalogue_reads_the_catalogue_alone(folder: Path, memory: Memory, read: list[str]) -> None:
    """A fact that goes is another matter: the runbooks of that asset asked for it."""
    look(folder, memory)
    read.clear()
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text("# A line more.\n" + catalogue.read_text())
    assert look(folder, memory) == ()
    assert read == ["catalogue.yaml"]
    catalogue.write_text(catalogue.read_text().replace("facts: {host: pg-1}, ", ""))
    found = look(folder, memory)
    assert {(one.file, one.rule) for one in found} == {("b3.yaml", "D2"), ("book.yaml", "D2")}


def test_a_damaged_memory_is_none(folder: Path, memory: Memory, tmp_path: Path, read: list[str]) -> None:
    look(folder, memory)
    (file,) = (tmp_path / "cache").iterdir()
    whole = file.read_bytes()
    for damage in (b"", b"x", whole[:-20], whole.replace(b"book", b"bock"), b"{}\n" + whole, bytes(5000)):
        file.write_bytes(damage)
        read.clear()
        assert look(folder, memory) == ()
        assert len(read) == 6
    read.clear()
    look(folder, memory)
    assert read == []


def test_a_memory_of_other_rules_is_none(
    folder: Path, memory: Memory, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look(folder, memory)
    monkeypatch.setattr("bot.library.memory._rules", lambda: "others")
    read.clear()
    look(folder, memory)
    assert len(read) == 6


def test_a_place_that_cannot_be_written_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    nowhere = Memory(tmp_path / "file" / "cache", folder)
    assert look(folder, nowhere) == ()
    assert nowhere.recall() == {}


def test_two_folders_have_two_memories_and_old_ones_go(folder: Path, tmp_path: Path) -> None:
    below = tmp_path / "cache"
    for at in range(25):
        look(folder, Memory(below, tmp_path / f"other-{at}"))
    assert len(list(below.iterdir())) == 20
    assert not list(below.glob("*.new"))


def test_a_bad_time_zone_is_looked_at_each_time(folder: Path, memory: Memory, read: list[str]) -> None:
    """It leans on the machine’s own list of zones, which may have grown."""
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(catalogue.read_text().replace("slack: U0ANA", "slack: U0ANA, timezone: Europe/Nowhere"))
    look(folder, memory)
    read.clear()
    assert [one.rule for one in look(folder, memory)] == ["C4"]
    assert read == ["catalogue.yaml"]


def test_a_server_that_starts_again_reads_every_file_and_judges_none(
    folder: Path, memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What serves is the same, and so is what is wrong; a file that changed meanwhile is judged."""
    (folder / "b4.yaml").write_text("runbook: [", encoding="utf-8")
    first = load_shelf(folder, memory)
    judged: list[str] = []
    real = silence.hush

    def noted(document: Document, told: Sequence[Problem]) -> tuple[list[Problem], list[Silenced]]:
        judged.append(document.file)
        return real(document, told)

    monkeypatch.setattr("bot.library.check.folder.hush", noted)
    again = load_shelf(folder, Memory(tmp_path / "cache", folder))
    assert judged == []
    assert again.problems == first.problems != ()
    assert dict(again.runbooks) == dict(first.runbooks)
    assert again.catalogue == first.catalogue
    worse = BOOK.replace("id: book", "id: b3").replace("asset.host", "asset.hast")
    (folder / "b3.yaml").write_text(worse, encoding="utf-8")
    third = load_shelf(folder, Memory(tmp_path / "cache", folder))
    assert "b3.yaml" in judged
    assert "b3" not in third.runbooks
    assert sorted(third.runbooks) == sorted(load_shelf(folder).runbooks)


def test_what_is_known_already_is_not_written_again(folder: Path, memory: Memory, tmp_path: Path) -> None:
    look(folder, memory)
    (kept,) = (tmp_path / "cache").iterdir()
    written = kept.stat().st_mtime_ns
    look(folder, Memory(tmp_path / "cache", folder))
    assert kept.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("environment", "platform", "folder"),
    [
        ({"CACHE_DIRECTORY": "/var/cache/a:/var/cache/b", "HOME": "/people/ana"}, "linux", "/var/cache/a/handrail"),
        ({"XDG_CACHE_HOME": "/caches", "HOME": "/people/ana"}, "linux", "/caches/handrail"),
        ({"XDG_CACHE_HOME": "caches", "HOME": "/people/ana"}, "linux", "/people/ana/.cache/handrail"),
        ({"HOME": "/people/ana"}, "darwin", "/people/ana/Library/Caches/handrail"),
        ({}, "linux", None),
    ],
)
def test_where_caches_are_kept(environment: dict[str, str], platform: str, folder: str | None) -> None:
    assert cache_folder(environment, platform) == (Path(folder) if folder else None)


@pytest.mark.parametrize(
    "before", ["", " ", "\n", "{", "{ \n ", "a: b\n", "a: b\n{", "a: b, ", "# ", "- ", "{a: b, ", "\r", "x\n \t{\n"]
)
@pytest.mark.parametrize(
    "named", ["schema: defaults/v1", 'schema:\n  "default"', "schema:'defaults", "schemas: defaults", "default: 1"]
)
def test_a_text_is_read_for_defaults_where_a_line_begins_with_their_kind(before: str, named: str) -> None:
    """The quick look says what one from the beginning of each line would say."""
    from_each_line = re.search(rb"^\s*\{?\s*schema:\s*[\"']?default", f"{before}{named}".encode(), re.MULTILINE)
    assert may_say(f"{before}{named}".encode()) == bool(from_each_line)


def test_what_is_looked_at_in_a_folder(tmp_path: Path) -> None:
    """Files in the order of their ways, none that is hidden, and none behind a link to a folder."""
    for name in ("b.yaml", "a/z.yml", "a.yaml", "a/.kept/x.yaml", ".b.yaml", "a/readme.md", "c.yaml/d.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "again").symlink_to(tmp_path / "a")
    (tmp_path / "e.yaml").symlink_to(tmp_path / "a.yaml")
    (tmp_path / "f.yaml").symlink_to("/etc/hostname")
    found = dict(read_folder(tmp_path))
    assert list(found) == ["a/z.yml", "a.yaml", "b.yaml", "c.yaml/d.yaml", "e.yaml", "f.yaml"]
    assert found["e.yaml"] == b"a.yaml"
    assert found["f.yaml"] == syntax.LEADS_OUT
