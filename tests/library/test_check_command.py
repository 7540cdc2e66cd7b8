"""`handrail check`: text for people, JSON for machines, and exits that mean something."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.check import check
from bot.library.rules import RULES
from tests.library.faulty import CATALOGUE, HEAD, TAIL

BOOK = f"{HEAD}\nsteps:\n  - {{id: look, do: Look, go: {{ok: stopped, problem: hold}}}}\n{TAIL}\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(check, [str(word) for word in words])


def test_a_sound_folder_exits_with_0_and_says_what_is_next(folder: Path) -> None:
    result = run(folder)
    assert (result.exit_code, result.output) == (0, "0 errors, 0 warnings in 2 files. Next: handrail try\n")


def test_an_error_exits_with_1_and_says_where_what_and_what_to_write(folder: Path) -> None:
    (folder / "book.yaml").write_text(BOOK.replace("ok: stopped", "ok: stoped"), encoding="utf-8")
    result = run(folder)
    assert result.exit_code == 1
    assert result.output.splitlines()[:3] == [
        "book.yaml",
        "book.yaml:19:35  error   G2   “ok” of “look” leads to “stoped”, and there is no such step.",
        "    write: stopped",
    ]
    assert "1 error, 0 warnings in 2 files." in result.output


def test_warnings_exit_with_0_unless_strict(folder: Path) -> None:
    (folder / "book.yaml").write_text(BOOK.replace("problem: hold", "problem: stopped"), encoding="utf-8")
    assert (run(folder).exit_code, run(folder, "--strict").exit_code) == (0, 1)
    said = run(folder).output
    assert "warning G7" in said
    assert "Next: read the warnings" in said.splitlines()[-1]


def test_json_has_every_field(folder: Path) -> None:
    (folder / "book.yaml").write_text(BOOK.replace("ok: stopped", "ok: stoped"), encoding="utf-8")
    result = run(folder, "--format", "json")
    told = json.loads(result.output)
    assert (result.exit_code, told["sound"], told["files"], told["errors"], told["warnings"]) == (1, False, 2, 1, 0)
    (problem,) = told["problems"]
    assert problem.keys() == {"file", "line", "column", "rule", "severity", "message", "hint"}
    assert (problem["file"], problem["line"], problem["column"], problem["rule"]) == ("book.yaml", 19, 35, "G2")


def test_what_is_silenced_is_listed_and_does_not_count(folder: Path) -> None:
    comment = "  # handrail: allow G7 because both ends are the same to us"
    book = BOOK.replace("problem: hold}}\n", f"problem: stopped}}}}{comment}\n")
    (folder / "book.yaml").write_text(book, encoding="utf-8")
    result = run(folder, "--strict")
    assert result.exit_code == 0, result.output
    assert "book.yaml:19:10  G7 at “look”: All exits of “look” lead to “stopped”.\n    because: both" in result.output
    assert "0 errors, 0 warnings, 1 silenced in 2 files." in result.output
    (silenced,) = json.loads(run(folder, "--format", "json").output)["silenced"]
    assert (silenced["rule"], silenced["step"], silenced["reason"]) == ("G7", "look", "both ends are the same to us")
    annotation = run(folder, "--format", "github").output.splitlines()[0]
    assert annotation.startswith("::notice file=")
    assert annotation.endswith("::Silenced: both ends are the same to us")


def test_annotations_are_for_a_workflow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub shows them beside the line, so the path begins where the workflow stands."""
    monkeypatch.chdir(folder.parent)
    (folder / "book.yaml").write_text(BOOK.replace("ok: stopped", "ok: stoped"), encoding="utf-8")
    result = run(folder, "--format", "github")
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == (
        f"::error file={folder.name}/book.yaml,line=19,col=35,title=handrail G2"
        "::“ok” of “look” leads to “stoped”, and there is no such step.%0Awrite: stopped"
    )


def test_an_author_cannot_write_a_workflow_command(folder: Path) -> None:
    """Names of files and what stands in them are escaped, so that one problem stays one line."""
    (folder / "a,b:c%.yaml").write_text('schema: "x\\n::error::100%"', encoding="utf-8")
    lines = run(folder, "--format", "github").output.splitlines()
    assert all(line.startswith(("::error file=", "0 ", "1 ", "2 ", "3 ")) for line in lines)
    assert "a%2Cb%3Ac%25.yaml,line=" in lines[0]
    assert "100%25" in lines[0]


def test_a_second_look_finds_the_same_with_and_without_memory(folder: Path) -> None:
    (folder / "book.yaml").write_text(BOOK.replace("ok: stopped", "ok: stoped"), encoding="utf-8")
    outputs = {run(folder, *more).output for more in ((), (), ("--no-cache",))}
    assert len(outputs) == 1


def test_the_page_of_rules_is_up_to_date() -> None:
    """`make rules` writes it anew."""
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == run("--rules").output
    assert all(f"\n### {rule} – " in page for rule in RULES)


def test_one_file_is_checked_with_what_lies_beside_it(folder: Path) -> None:
    """The names of the catalogue are known, and the faults of other files are not told."""
    (folder / "other.yaml").write_text("a: [", encoding="utf-8")
    result = run(folder / "book.yaml")
    assert (result.exit_code, result.output) == (0, "0 errors, 0 warnings in 1 file. Next: handrail try\n")
    assert run(folder / "other.yaml").exit_code == 1


def test_what_cannot_be_looked_at_exits_with_2(folder: Path) -> None:
    (folder / "empty").mkdir()
    for path in (folder / "nowhere", folder / "empty"):
        result = run(path)
        assert result.exit_code == 2
        assert "Next: handrail check FOLDER" in result.output


def test_the_shipped_folder_is_sound_even_when_strict() -> None:
    result = run(Path(__file__).parents[2] / "runbooks", "--strict")
    assert result.exit_code == 0, result.output
