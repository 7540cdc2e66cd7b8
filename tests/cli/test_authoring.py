"""An author at a terminal: begins a file, brings one along, walks it without people."""

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zlib import decompress

import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import Error

from bot.cli import main
from bot.library.check import check_folder
from tests.browser import find_browser

SHIPPED = Path(__file__).parent.parent.parent / "runbooks"
PAGE = Path(__file__).parent.parent / "library" / "markdown" / "redis-failover.md"
PEOPLE = """\
schema: people/v1
people: [{id: ana, name: Ana}, {id: ben, name: Ben}, {id: chen, name: Chen}]
teams: [{id: data, members: [ana, ben, chen]}]
"""
DEAD = """\
schema: runbook/v1
id: dead
title: Rows are missing
enter_when: [A report shows fewer rows.]
objective: Bring them back.
owner: data
roles: {operator: "team:data", lead: "team:data"}
vars: {rows: {type: int}}
exception: hold
steps:
  - {id: count, do: Count, answer: {var: rows}, expect: {all: [{var: rows, gt: 5}, {var: rows, lt: 3}]},
     go: {ok: good}}
  - {id: good, end: Close, outcome: recovered}
  - id: hold
    decide: Hold
    options: [{id: a, label: A, when: A., go: gone}, {id: b, label: B, when: B., go: gone}]
    go: {unsure: hold}
    max_visits: 3
  - {id: gone, end: Stop, outcome: escalated}
"""


def handrail(*words: str | Path, **more: str) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], **more)  # type: ignore[arg-type]


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_new_writes_a_draft_that_loads_and_says_what_is_next(tmp_path: Path) -> None:
    """In an empty folder; the schema that its first line names is beside it."""
    home = tmp_path / "books"
    done = handrail("new", "runbook", "disk-full", "--folder", home)
    assert done.exit_code == 0, done.output
    assert f"Next: open it in your editor and write what each TODO asks for, then handrail check {home}" in done.output
    report = check_folder(home)
    assert (report.errors, list(report.runbooks)) == (0, ["disk-full"])
    hint = (home / "disk-full.yaml").read_text(encoding="utf-8").partition("\n")[0].partition("=")[2]
    assert json.loads((home / hint).read_text(encoding="utf-8"))["title"]


def test_new_leaves_alone_what_is_there(tmp_path: Path) -> None:
    """Neither a file nor an id is taken twice; another id is fine, and both load beside each other."""
    home = folder(tmp_path, people=PEOPLE)
    assert handrail("new", "resource", "tape", "--folder", home).exit_code == 0
    again = handrail("new", "resource", "tape", "--folder", home, "--output", home / "other.yaml")
    assert again.exit_code == 2
    assert "There is a resource “tape” already, at" in again.stderr
    (home / "robot.yaml").write_text("mine", encoding="utf-8")
    taken = handrail("new", "asset", "robot", "--folder", home, "--output", home / "robot.yaml")
    assert (taken.exit_code, (home / "robot.yaml").read_text(encoding="utf-8")) == (2, "mine")
    (home / "robot.yaml").unlink()
    assert handrail("new", "asset", "robot", "--folder", home).exit_code == 0
    assert check_folder(home).errors == 0


@pytest.mark.parametrize("id_", ["Disk Full", "../x", "", "-x"])
def test_new_refuses_what_is_no_id(id_: str, tmp_path: Path) -> None:
    done = handrail("new", "runbook", "--folder", tmp_path, "--", id_)
    assert done.exit_code == 2
    assert "is not an id" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_new_prints_when_it_is_asked_to(tmp_path: Path) -> None:
    done = handrail("new", "runbook", "x", "--folder", tmp_path, "--output", "-")
    assert done.output.startswith("# yaml-language-server: $schema=.schema/")
    assert list(tmp_path.iterdir()) == []


def test_a_markdown_page_becomes_a_draft_of_the_folder(tmp_path: Path) -> None:
    home = folder(tmp_path, people=PEOPLE)
    done = handrail("import-markdown", PAGE, "--folder", home, "--output", home / "redis.yaml")
    assert done.exit_code == 0, done.output
    assert f"Next: handrail check {home}" in done.output
    assert "schema: runbook/v1\ntitle: " in (home / "redis.yaml").read_text(encoding="utf-8")
    assert check_folder(home).errors == 0
    again = handrail("import-markdown", PAGE, "--folder", home, "--output", home / "redis.yaml")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def test_a_markdown_page_is_printed_or_read_from_a_pipe(tmp_path: Path) -> None:
    printed = handrail("import-markdown", PAGE, "--folder", tmp_path)
    piped = handrail("import-markdown", "-", "--folder", tmp_path, input=PAGE.read_text(encoding="utf-8"))
    assert printed.output.replace(PAGE.name, "stdin.md") == piped.output
    assert "- do: Log in to the bastion" in printed.output


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\x00", b"x" * 5_000_000])
def test_what_is_no_markdown_is_refused_in_a_sentence(data: bytes, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_bytes(data)
    done = handrail("import-markdown", page)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be turned into a draft." in done.stderr
    assert handrail("import-markdown", tmp_path / "none.md").exit_code == 2


def test_schema_prints_or_writes(tmp_path: Path) -> None:
    one = json.loads(handrail("schema", "runbook").output)
    assert one["title"] == "A runbook of Handrail"
    done = handrail("schema", "--output", tmp_path / ".schema")
    assert "yaml-language-server: $schema=.schema/runbook-v1.json" in done.output
    assert len(list((tmp_path / ".schema").iterdir())) == 9


def test_simulate_walks_the_shipped_recovery() -> None:
    """Every exit of every step, with the facts of an asset, within its RTO."""
    done = handrail("simulate", "postgres-pitr", "--folder", SHIPPED)
    assert done.exit_code == 0, done.output
    assert "With the facts of Orders database." in done.output
    assert "Dead answers    none" in done.output
    assert "Never reached   none" in done.output
    assert "of the RTO of 4 h" in done.output
    assert "command          psql -X -v ON_ERROR_STOP=1 -d orders" in done.output
    brief = handrail("simulate", "postgres-pitr", "--folder", SHIPPED, "--brief")
    assert "What people read" in done.output
    assert "What people read" not in brief.output


def test_simulate_says_what_nobody_can_do_and_fails(tmp_path: Path) -> None:
    home = folder(tmp_path, people=PEOPLE, dead=DEAD)
    done = handrail("simulate", "dead", "--folder", home, "--brief")
    assert done.exit_code == 1
    assert "“ok” of count: No answer was found that leads here." in done.output
    assert "Next: give each dead answer a way to be given" in done.output
    told = json.loads(handrail("simulate", "dead", "--folder", home, "--format", "json").output)
    assert (told["sound"], told["unreached"], told["asset"]) == (False, ["good"], None)
    assert told["dead"][0] == {"step": "count", "exit": "ok", "why": "No answer was found that leads here."}
    assert [card["step"] for card in told["cards"]] == ["count", "hold", "gone"]
    alive = folder(tmp_path, dead=DEAD.replace("lt: 3", "lt: 30"))
    assert handrail("simulate", "dead", "--folder", alive).exit_code == 0


def test_simulate_says_what_check_refuses_and_what_to_write(tmp_path: Path) -> None:
    """What can be read can be walked on paper; that nobody may load it stands behind it, and a program sees it too."""
    step = "  - {id: wipe, run: Wipe, effect: destroy, undo: Gone., exec: x, timeout: 5m, go: good}"
    text = DEAD.replace("lt: 3", "lt: 30").replace("go: {ok: good}", "go: {ok: wipe}").replace(
        "  - {id: good", f"{step}\n  - {{id: good"
    )  # fmt: skip
    home = folder(tmp_path, people=PEOPLE, dead=text)
    done = handrail("simulate", "dead", "--folder", home, "--brief")
    assert done.exit_code == 1
    assert "Dead answers    none" in done.output
    assert "Nobody can walk it as it stands: handrail check refuses the file." in done.output
    assert "  F1  “wipe” destroys" in done.output
    assert "write: " in done.output
    by_path = handrail(
        "simulate", home / "dead.yaml", "--folder", tmp_path / "elsewhere", "--brief", "--format", "json"
    )
    told = json.loads(by_path.output)
    assert (told["sound"], [one["rule"] for one in told["refused"]]) == (False, ["F1"])


def test_simulate_of_what_is_not_there_or_not_whole(tmp_path: Path) -> None:
    home = folder(tmp_path, people=PEOPLE, dead=DEAD.replace("go: {ok: good}", "go: {ok: nowhere}"))
    lost = handrail("simulate", "dead", "--folder", home)
    assert (lost.exit_code, "There is no step nowhere" in lost.stderr) == (2, True)
    assert handrail("simulate", "deed", "--folder", home).exit_code == 2
    odd = folder(tmp_path, dead=DEAD.replace("do: Count", 'do: "Count ${x%}"'))
    assert handrail("simulate", "dead", "--folder", odd).exit_code == 2


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where what is kept in passing is put; at a short path, since a browser has a socket in it."""
    with tempfile.TemporaryDirectory(prefix="passing-") as name:
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def test_cards_are_drawn(tmp_path: Path, passing: Path) -> None:
    """A picture for each step where a run stands, in the size and sharpness that it says; not one pixel wide.

    What the browser keeps meanwhile is gone with it.
    """
    if find_browser() is None:
        raise Error("`make test` brings a browser")
    home = folder(tmp_path, people=PEOPLE, dead=DEAD.replace("lt: 3", "lt: 30"))
    words = ("simulate", "dead", "--folder", home, "--brief", "--cards", tmp_path / "cards")
    with ThreadPoolExecutor(1) as thread:  # another test may have a browser open in this one
        done = thread.submit(handrail, *words).result()
    assert done.exit_code == 0, done.output
    assert f"4 cards were drawn to {tmp_path / 'cards'}." in done.output
    drawn = sorted((tmp_path / "cards").iterdir())
    assert [one.name for one in drawn] == ["01-count.png", "02-good.png", "03-hold.png", "04-gone.png"]
    data = drawn[0].read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big") == 1440
    assert len(set(decompress(_pixels(data)))) > 20
    assert list(passing.iterdir()) == []


def _pixels(png: bytes) -> bytes:
    """The packed pixels of a picture."""
    at, found = 8, b""
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        found += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    return found


def test_without_a_browser_the_cards_are_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so; the pages hold the words, their style, and nothing that runs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    home = folder(tmp_path, people=PEOPLE, dead=DEAD.replace("do: Count", 'do: "Count <b>all</b>"'))
    done = handrail("simulate", "dead", "--folder", home, "--brief", "--cards", tmp_path / "cards")
    assert "No Chromium is installed, so 3 cards were written as pages (HTML)" in done.output
    page = (tmp_path / "cards" / "01-count.html").read_text(encoding="utf-8")
    assert "Count &lt;b&gt;all&lt;/b&gt;" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "<script" not in page
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    again = handrail("simulate", "dead", "--folder", home, "--brief", "--cards", tmp_path / "again")
    assert "chromium did not come up (" in again.output
    assert "), so 3 cards were written as pages (HTML)" in again.output


FIVE_LINES = """\
schema: runbook/v1
title: Disk full
steps:
  - do: Find the biggest folder
  - do: Delete old logs
"""


def test_a_draft_of_five_lines_goes_its_way(tmp_path: Path) -> None:
    """It loads, and says what it lacks; ids are put in; what counts is printed whole, with what the folder says."""
    file = tmp_path / "disk-full.yaml"
    file.write_text(FIVE_LINES, encoding="utf-8")
    assert handrail("check", "--no-cache", tmp_path).exit_code == 0
    wanted = handrail("check", "--for", "active", tmp_path)
    assert wanted.exit_code == 1
    assert "“owner” is missing." in wanted.output
    given = handrail("check", "--no-cache", "--write-ids", tmp_path)
    assert "+  - do find_the_biggest_folder: Find the biggest folder" in given.output
    assert "id: disk-full" in file.read_text(encoding="utf-8")
    (tmp_path / "defaults.yaml").write_text("schema: defaults/v1\nowner: data\n", encoding="utf-8")
    whole = handrail("show", "disk-full", "--effective", "--folder", tmp_path).output
    assert "owner: data\n" in whole
    assert "Hold here and call the lead" in whole
    assert "owner: data\n" in handrail("show", file, "--effective").output


def test_fix_does_what_the_advice_says_and_shows_it(tmp_path: Path) -> None:
    file = tmp_path / "disk-full.yaml"
    file.write_text(FIVE_LINES + "    critical: yes  # as agreed\n", encoding="utf-8")
    done = handrail("check", "--no-cache", "--fix", tmp_path)
    assert done.exit_code == 0, done.output
    assert "-    critical: yes  # as agreed\n+    critical: true  # as agreed" in done.output
    assert file.read_text(encoding="utf-8").endswith("    critical: true  # as agreed\n")


def test_a_page_for_a_folder_in_another_language_is_not_read_as_english(tmp_path: Path) -> None:
    """However English it looks: the folder says the language."""
    home = folder(tmp_path, people=PEOPLE)
    assert "does not read like English" not in handrail("import-markdown", PAGE, "--folder", home).output
    (home / "folder.yaml").write_text("schema: defaults/v1\nlanguage: de\n", encoding="utf-8")
    assert "does not read like English" in handrail("import-markdown", PAGE, "--folder", home).output
