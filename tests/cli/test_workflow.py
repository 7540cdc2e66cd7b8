"""The GitHub workflow of docs/authors.md does what it says: its steps, by the shell that GitHub takes."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.slack.folder import write_folder

ROOT = Path(__file__).parents[2]
GH = """\
#!/bin/sh
[ "$1 $2 $3" = "pr comment 7" ] && [ "$4 $5" = "--edit-last --create-if-none" ] && cp "$7" commented.md
"""
HANDRAIL = f'#!/bin/sh\nexec {sys.executable} -c "from bot.cli import main; main(prog_name=\'handrail\')" "$@"\n'


def workflow() -> dict[str, Any]:
    text = (ROOT / "docs" / "authors.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(name: Runbooks\n.*?)```", text, re.DOTALL)
    assert block is not None
    found: dict[str, Any] = yaml.load(block[1], Loader=yaml.BaseLoader)  # noqa: S506  (of our own document)
    return found


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=Ana", "-c", "user.email=ana@example.com", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


@pytest.mark.slow
def test_a_pull_request_is_annotated_and_gets_its_comment(tmp_path: Path) -> None:
    """Only what is different is told; the check fails by itself."""
    repository, programs = tmp_path / "repository", tmp_path / "programs"
    runbooks = repository / "runbooks"
    runbooks.mkdir(parents=True)
    programs.mkdir()
    write_folder(runbooks)
    for name, text in (("gh", GH), ("handrail", HANDRAIL)):
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--no-gpg-sign", "--message", "First")
    job = workflow()["jobs"]["runbooks"]
    assert workflow()["permissions"] == {"contents": "read", "pull-requests": "write"}
    steps = {step["name"]: step["run"] for step in job["steps"] if "run" in step}
    assert "${{" not in "".join(steps.values())

    def run(name: str) -> subprocess.CompletedProcess[str]:
        known = {"BASE": git(repository, "rev-parse", "HEAD"), "NUMBER": "7", "GH_TOKEN": "x"}
        assert known.keys() == job["env"].keys()
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **known, "PATH": path, "PYTHONPATH": str(ROOT)}
        shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", steps[name]]
        return subprocess.run(
            shell, cwd=repository, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    wrong = runbooks / "wrong.yaml"
    text = wrong.read_text(encoding="utf-8").replace("timeout: 1h", "timeout: 2h")
    wrong.write_text(text, encoding="utf-8")
    shown = run("Show what changes")
    assert shown.returncode == 0, shown.stderr
    comment = (repository / "commented.md").read_text(encoding="utf-8")
    assert comment.count("###") == 1
    assert "the time limit: 2 h instead of 1 h" in comment
    assert comment.count("```mermaid") == 2
    wrong.write_text(text.replace("go: {ok: ask", "go: {ok: askk"), encoding="utf-8")
    checked = run("Check")
    assert checked.returncode == 1
    assert re.search(
        r"^::error file=runbooks/wrong\.yaml,line=\d+,col=\d+,title=handrail G2::", checked.stdout, re.MULTILINE
    )
