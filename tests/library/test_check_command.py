"""`handrail check`: text for people, JSON for machines, and exits that mean something."""

import json
import re
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


HANDS = """
schema: hands/v1
name: bastion
places: [{at: bot}, {at: pg-1, effect: change}, {at: old-1, effect: destroy, hosts: drill}]
programs: [{path: /usr/bin/restore, args: ["--set=[0-9]+", "[a-z-]+"]}]
read: [{path: /usr/bin/df, args: [-B1]}]
"""
EXECUTED = BOOK.replace("ok: stopped", "ok: space").replace(
    TAIL,
    """\
  - {id: space, check: Read the space, exec: {argv: [df, PART]}, expect: {var: exit, eq: 0}, go: {ok: wipe, fail: hold}}
  - {id: wipe, run: Restore it, effect: change, timeout: 5m, undo: {none: It is a copy.},
     exec: {argv: [restore, "--set={{ vars.rows }}", "{{ asset.id }}"], at: "{{ asset.host }}"},
     go: {ok: stopped, fail: hold, timeout: hold}}
"""
    + TAIL,
)


def found(folder: Path, *changes: tuple[str, str], hands: str = HANDS) -> list[str]:
    text = EXECUTED
    for before, after in (*changes, ("PART", "-B1")):
        text = text.replace(before, after)
    (folder / "book.yaml").write_text(text, encoding="utf-8")
    file = folder.parent / f"{folder.name}-hands"
    file.write_text(hands, encoding="utf-8")
    told = json.loads(run(folder, "--format", "json", "--hands", file).output)
    return [f"{one['rule']} {one['message']} {one['hint']}" for one in told["problems"] if one["rule"].startswith("X")]


def test_what_hands_would_not_execute_is_a_problem_with_the_reason(folder: Path) -> None:
    """What the file says of place, program, arguments and effect; a value that only a run knows is taken to fit."""
    (unapproved,) = found(folder)
    assert unapproved.startswith("X2 Nobody but its author has approved this version")
    digest = re.search("digest: ([0-9a-f]{64})", unapproved)
    assert digest is not None
    approved = f"{HANDS}approved: [{{runbook: book, digest: {digest[1]}, by: Dora}}]\n"
    assert found(folder, hands=approved) == [], "the line that it prints is the line that it wants"
    for change, why in {
        ("PART", "-h"): "X1 “space” is walked by hand: hands.yaml lists df under `read:` only with other arguments.",
        ("argv: [df", "argv: [du"): "X1 “space” is walked by hand: hands.yaml does not list du under `read:`.",
        ("[restore, ", "[restore, extra, "): "X1 “wipe” is walked by hand: hands.yaml lists restore only with other",
        ('at: "{{ asset.host }}"', "at: pg-2"): "X1 “wipe” is walked by hand: bastion does not serve pg-2.",
        ('at: "{{ asset.host }}"', "at: old-1"): "hands.yaml calls old-1 a drill host, and this is a live run.",
    }.items():
        assert any(why in one for one in found(folder, change)), why
    weak = HANDS.replace("effect: change", "effect: read")
    assert any("lets nothing that changes things happen at pg-1." in one for one in found(folder, hands=weak))


def test_of_several_hands_one_that_would_is_enough_and_a_faulty_file_is_said(folder: Path, tmp_path: Path) -> None:
    found(folder)
    mine, other = tmp_path.parent / "mine", tmp_path.parent / "other"
    mine.write_text(HANDS, encoding="utf-8")
    other.write_text("schema: hands/v1\nname: far\nplaces: [{at: pg-9}]\n", encoding="utf-8")
    assert "X1" not in run(folder, "--hands", mine, "--hands", other).output
    assert "far does not serve" in run(folder, "--hands", other).output
    other.write_text("schema: hands/v1\nname: far\nplaces: [{att: pg-9}]\n", encoding="utf-8")
    result = run(folder, "--hands", other)
    assert result.exit_code == 2
    assert "has problems, so no hands execute anything" in result.stderr


def test_the_last_line_says_what_to_do_next_in_each_case(tmp_path: Path) -> None:
    """What a draft lacks before it goes live, that nothing stands in the way, or where to read on."""
    draft = "schema: runbook/v1\ntitle: The disk is full\nsteps:\n  - do: Delete old logs\n"
    (tmp_path / "a.yaml").write_text(draft, encoding="utf-8")
    (tmp_path / "teams.yaml").write_text("schema: people/v1\npeople: [{id: ana, name: Ana}]\n", encoding="utf-8")

    def last(*options: str) -> str:
        return run(tmp_path, *options).output.splitlines()[-1]

    assert last().endswith(". Next: read the warnings; the files are loaded all the same.")
    assert last("--for", "active").endswith(
        ". Next: put these right before `status: active`, and ask again with --for active."
    )
    (tmp_path / "a.yaml").write_text("steps: [", encoding="utf-8")
    assert last().endswith(". Next: put these right and run handrail check again; files with errors are not loaded.")
    (tmp_path / "a.yaml").unlink()
    assert last("--for", "active").endswith("Nothing stands in the way. Next: status: active")
    assert last().endswith("Next: handrail try")
