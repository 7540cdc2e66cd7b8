"""While somebody writes: problems come as a file is saved, and the chart in the browser follows."""

import json
import re
import signal
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.cli.test_authoring import PEOPLE
from tests.slack.folder import write_folder
from tests.wiring.running import Running, running

DRAFT = """\
schema: runbook/v1
id: disk
title: The disk is full
owner: data
roles: {operator: "team:data", lead: "team:data"}
steps:
  - {id: look, do: Look at the disk}
  - {id: free, do: Free some space, go: over}
  - {id: over, end: Close, outcome: recovered}
"""


def beside(tmp_path: Path, text: str = DRAFT) -> Path:
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    book = tmp_path / "disk.yaml"
    book.write_text(text, encoding="utf-8")
    return book


def looks(watching: Running) -> int:
    """How often it has looked."""
    return watching.output.count(" Next: ")


@pytest.mark.parametrize("whole", [True, False], ids=["folder", "file"])
def test_check_looks_again_with_each_save_until_ctrl_c(tmp_path: Path, whole: bool) -> None:
    """Also when an editor puts a new file in the place of the old one; it ends with what the last look found."""
    book = beside(tmp_path)
    with running(["check", "--watch", str(tmp_path if whole else book)]) as watching:
        watching.wait_for_output(lambda said: "0 errors" in said)
        book.write_text(DRAFT.replace("go: over", "go: ovre"), encoding="utf-8")
        watching.wait_for_output(lambda said: "2 errors, 1 warning" in said)
        new = tmp_path / ".disk.yaml.new"
        new.write_text(DRAFT, encoding="utf-8")
        new.replace(book)
        watching.wait_for_output(lambda said: said.count("0 errors") == 2)
        book.write_text(DRAFT.replace("outcome: recovered", "outcome: good"), encoding="utf-8")
        watching.wait_for_output(lambda said: said.rstrip().endswith("files with errors are not loaded."))
        assert looks(watching) == 4
        assert watching.end(signal.SIGINT)[0] == 1
        assert re.search(r"\d+ ms\. Save a file to look again; Ctrl-C ends\.", watching.said())


def test_the_chart_follows_and_says_what_it_cannot_draw(tmp_path: Path) -> None:
    """What cannot be read stands above the last drawing that could; no other site may ask."""
    book = beside(tmp_path)
    with running(["show", "--watch", "--no-browser", str(book)]) as watching:
        watching.wait_for_output(lambda said: "Ctrl-C ends" in said)
        address = re.findall(r"http://\S+", watching.output)[0]
        shell = httpx.get(address)
        assert "'unsafe-inline'" not in shell.headers["content-security-policy"].split("script-src")[1].split(";")[0]
        first = httpx.get(f"{address}news?seen=0", timeout=30).json()
        assert "Free some space" in first["page"]
        book.write_text(DRAFT.replace("Free some space", "Grow the disk"), encoding="utf-8")
        second = httpx.get(f"{address}news?seen={first['number']}", timeout=30).json()
        assert "Grow the disk" in second["page"]
        assert "Free some space" not in second["page"]
        book.write_text("schema: runbook/v1\nsteps: [{do: [}]\n<b>", encoding="utf-8")
        third = httpx.get(f"{address}news?seen={second['number']}", timeout=30).json()
        assert "Grow the disk" in third["page"]
        assert "cannot be read as it stands" in third["page"]
        assert httpx.get(address, headers={"Host": "evil.example:80"}).status_code == 421
        assert json.loads(httpx.get(f"{address}news?seen=0", timeout=30).text)["number"] == third["number"]
        assert watching.end(signal.SIGINT)[0] == 0


@pytest.mark.slow
def test_a_browser_draws_it_anew_and_stays_where_it_was(tmp_path: Path, page: Page) -> None:
    runbooks = write_folder(tmp_path)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    with running(["show", "--watch", "--no-browser", "rows-wrong", "--folder", str(runbooks)]) as watching:
        watching.wait_for_output(lambda said: "Ctrl-C ends" in said)
        page.goto(re.findall(r"http://\S+", watching.output)[0])
        expect(page.get_by_role("heading", level=1)).to_have_text("Rows were changed by mistake")
        page.evaluate("window.scrollTo(0, 300)")
        wrong = runbooks / "wrong.yaml"
        text = wrong.read_text(encoding="utf-8")
        wrong.write_text(text.replace("Rows were changed by mistake", "Rows are <b>odd</b>"), encoding="utf-8")
        expect(page.get_by_role("heading", level=1)).to_have_text("Rows are <b>odd</b>")
        assert page.evaluate("window.scrollY") == 300
    assert refused == []
