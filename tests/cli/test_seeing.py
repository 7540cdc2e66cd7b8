"""`handrail show` and `handrail diff`: a runbook by its id, by its path, or as Git keeps it."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from tests.slack.folder import book, write_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three runbooks and their assets, named by the environment; we stand beside it."""
    runbooks = tmp_path / "kept"
    runbooks.mkdir()
    monkeypatch.setenv("HANDRAIL_RUNBOOKS", str(runbooks))
    monkeypatch.chdir(tmp_path)
    return write_folder(runbooks)


def handrail(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.com", *words], check=True, timeout=60)


def test_a_runbook_is_shown_by_its_id_with_the_assets_that_use_it(folder: Path) -> None:
    shown = handrail("show", "rows-wrong")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(
        "Rows were changed by mistake\nrows-wrong · active · owner Data platform · 9 steps\n"
    )
    assert "Orders database: RTO 4 h" in shown.stdout
    assert "Billing database" not in shown.stdout


def test_a_file_is_shown_by_its_path_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    """In the folder, its assets are those of the folder; elsewhere, those that lie beside it."""
    assert "RTO 4 h" in handrail("show", str(folder / "wrong.yaml")).stdout
    alone = tmp_path / "alone" / "mine.yaml"
    alone.parent.mkdir()
    alone.write_text(book("rows-wrong", "Mine", "It is wrong."), encoding="utf-8")
    shown = handrail("show", str(alone))
    assert shown.stdout.startswith("Mine\n")
    assert "RTO" not in shown.stdout


@pytest.mark.parametrize(
    ("ending", "begins"),
    [
        (".svg", b'<?xml version="1.0"'),
        (".html", b"<!DOCTYPE html>"),
        (".mmd", b"flowchart TD\n"),
        (".png", b"\x89PNG"),
        (".txt", b"Rows were changed"),
    ],
)
def test_the_ending_of_the_file_says_the_format(folder: Path, tmp_path: Path, ending: str, begins: bytes) -> None:
    target = tmp_path / f"chart{ending}"
    done = handrail("show", "rows-wrong", "--output", str(target))
    assert done.exit_code == 0, done.output
    assert target.read_bytes().startswith(begins)
    assert done.stdout == ""
    assert "Next: handrail check" in done.stderr


def test_a_named_format_is_stronger_than_the_ending_and_goes_to_standard_output(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "chart.txt"
    assert handrail("show", "rows-wrong", "--format", "mermaid", "--output", str(target)).exit_code == 0
    assert target.read_text(encoding="utf-8") == handrail("show", "rows-wrong", "--format", "mermaid").stdout


def test_what_cannot_be_shown_is_said_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    unknown = handrail("show", "rows-wrongg")
    assert unknown.exit_code == 2
    assert "Is it one of these: rows-wrong" in unknown.output
    assert handrail("show", "no.yaml").exit_code == 2
    (folder / "bad.yaml").write_text("schema: runbook/v1\nid: bad\nsteps: [{id: a, do: [}]\n", encoding="utf-8")
    bad = handrail("show", str(folder / "bad.yaml"))
    assert bad.exit_code == 2
    assert "bad.yaml:3:" in bad.output
    assert "write: " in bad.output
    assert "There is no runbook in" in handrail("show", str(folder / "catalogue.yaml")).output
    many = tmp_path / "many.yaml"
    many.write_text(book("one", "One", "A.") + "---\n" + book("two", "Two", "B."), encoding="utf-8")
    assert "holds 2 runbooks. Name one by its id: one, two." in handrail("show", str(many)).output
    nowhere = handrail("show", "rows-wrong", "--output", str(tmp_path / "none" / "a.svg"))
    assert nowhere.exit_code == 2
    assert "cannot be written" in nowhere.output
    assert handrail("show", "rows-wrong", "--folder", str(tmp_path / "none")).exit_code == 2


def test_a_runbook_with_an_exit_to_nowhere_is_shown_all_the_same(folder: Path, tmp_path: Path) -> None:
    """An author looks at a chart to find what is wrong with it."""
    torn = tmp_path / "torn.yaml"
    torn.write_text(book("torn", "Torn", "It is.").replace("go: {ok: ask, problem", "go: {ok: askk, problem"), "utf-8")
    shown = handrail("show", str(torn))
    assert shown.exit_code == 0
    assert "→ askk: there is no such step" in shown.stdout
    assert "NOTHING LEADS HERE" in shown.stdout.upper()


def test_diff_tells_the_changes_and_says_so_by_its_exit_code(folder: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    old = folder / "wrong.yaml"
    new.write_text("# A word.\n" + old.read_text(encoding="utf-8"), encoding="utf-8")
    same = handrail("diff", str(old), str(new))
    assert (same.exit_code, same.stdout) == (0, "rows-wrong: comments and order only: the procedure is the same.\n")
    new.write_text(old.read_text(encoding="utf-8").replace("timeout: 1h", "timeout: 2h"), encoding="utf-8")
    other = handrail("diff", str(old), str(new))
    assert other.exit_code == 1
    assert "restore: the time limit: 2 h instead of 1 h" in other.stdout
    told = json.loads(handrail("diff", str(old), str(new), "--format", "json").stdout)
    assert told[0]["changes"][0]["topic"] == "times"
    comment = handrail("diff", str(old), str(new), "--format", "markdown").stdout
    assert comment.startswith("### What changes in “Rows were changed by mistake” (`rows-wrong`)")
    assert comment.count("```mermaid") == 2


def test_diff_reads_what_git_keeps(folder: Path, tmp_path: Path) -> None:
    git("init", "--quiet", str(tmp_path))
    git("-C", str(tmp_path), "add", "kept")
    git("-C", str(tmp_path), "commit", "--quiet", "--no-gpg-sign", "--message", "First")
    old = folder / "wrong.yaml"
    old.write_text(old.read_text(encoding="utf-8").replace("from: [data_owner], binds", "from: [lead], binds"), "utf-8")
    told = handrail("diff", "HEAD:kept/wrong.yaml", str(old))
    assert told.exit_code == 1, told.output
    assert "ask: who may sign: lead instead of data_owner" in told.stdout
    assert handrail("diff", "HEAD:kept/wrong.yaml", "HEAD:./kept/wrong.yaml").exit_code == 0


@pytest.mark.parametrize("source", ["none.yaml", "HEAD:none.yaml", "-p:x", "--textconv:x", "nowhere:kept/wrong.yaml"])
def test_diff_that_cannot_look_exits_with_two(folder: Path, source: str) -> None:
    done = handrail("diff", "--", source, str(folder / "wrong.yaml"))
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert done.output.count("\n") <= 3


def test_no_byte_of_a_runbook_steers_a_terminal(folder: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text(book("odd", "T", "S").replace("Type the target time", '"Type \\e[2J\\u202Ethis"'), encoding="utf-8")
    for done in (handrail("show", str(odd)), handrail("diff", str(folder / "wrong.yaml"), str(odd))):
        assert "\x1b" not in done.stdout
        assert "\u202e" not in done.stdout
        assert "this" in done.stdout
