"""`handrail import-assets` and `handrail people`: from an empty folder to one that loads, and again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.library.registry import load_shelf
from bot.slack.directory import SCOPES
from bot.workspace.serve import Workspace
from tests.workspace.office import AT_ONCE, SEED

OWN = Path("runbooks/imported/catalogue.yaml")


@pytest.fixture(autouse=True)
def _somewhere_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HANDRAIL_RUNBOOKS", "SLACK_BOT_TOKEN", "SLACK_API_URL"):
        monkeypatch.delenv(name, raising=False)


def handrail(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(words), env=environment)


def fifty() -> str:
    rows = (f"Orders {number},postgres,{1 + number % 3},dba,1h,4h,backup-bucket" for number in range(50))
    return "name,type,tier,owner,rpo,rto,depends_on\n" + "\n".join(rows) + "\n"


def test_fifty_assets_from_an_empty_folder_are_fifty_short_lines(tmp_path: Path) -> None:
    """One command, and what it wrote loads; a second run changes nothing, and newer rows are added."""
    (tmp_path / "assets.csv").write_text(fifty(), "utf-8")
    said = handrail("import-assets", "assets.csv")
    assert said.exit_code == 0, said.output
    assert "Brought 50 assets, 1 resource, 1 team: 52 new, 0 changed" in said.stdout
    assert "Nobody says who is in dba" in said.stdout
    registry = load_shelf(tmp_path / "runbooks")
    assert (len(registry.catalogue.assets), [one for one in registry.problems if one.severity == "error"]) == (50, [])
    text = OWN.read_text("utf-8")
    assert sum(line.startswith("  - {id: orders-") for line in text.splitlines()) == 50
    assert max(len(line) for line in text.splitlines() if "- {id: orders-" in line) < 60
    assert "0 new, 0 changed" in handrail("import-assets", "assets.csv").stdout
    assert OWN.read_text("utf-8") == text
    (tmp_path / "assets.csv").write_text(fifty() + "Search,redis,2,dba,1h,1d,\n", "utf-8")
    assert "1 new, 0 changed" in handrail("import-assets", "assets.csv").stdout
    assert load_shelf(tmp_path / "runbooks").catalogue.assets["search"].type == "redis"


def test_what_stands_elsewhere_in_the_folder_stays_there(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "own.yaml").write_text(
        "schema: assets/v1\nassets: [{id: orders-1, name: Ours, type: pg, tier: 1, owner: dba}]\n"
        "---\nschema: people/v1\nteams: [{id: dba}]\n", "utf-8",
    )  # fmt: skip
    (tmp_path / "assets.csv").write_text(fifty(), "utf-8")
    said = handrail("import-assets", "assets.csv")
    assert "orders-1 stands in own.yaml: left as it is there." in said.stdout
    registry = load_shelf(tmp_path / "runbooks")
    assert (registry.catalogue.assets["orders-1"].name, len(registry.catalogue.assets)) == ("Ours", 50)
    assert not [one for one in registry.problems if one.severity == "error"]


def test_what_nobody_said_is_told_with_what_stands_for_it(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("name\nOrders\n", "utf-8")
    said = handrail("import-assets", "few.csv").stdout
    assert "Nobody said tier of orders. 3 stands for them." in said
    assert "Nobody said owner of orders. todo-team stands for them." in said
    assert "Nobody said rto of orders." in said
    assert load_shelf(tmp_path / "runbooks").catalogue.assets["orders"].owner == "todo-team"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "no column `id` or `name`"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"", "is empty"),
        (b"name\n\n", "Nothing was brought"),
        (b"apiVersion: backstage.io/v1alpha1\nkind: [", "no YAML that can be read"),
    ],
)
def test_what_cannot_be_brought_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    said = handrail("import-assets", "file.csv")
    assert said.exit_code == 2
    assert words in said.stderr
    assert not OWN.exists()
    assert "cannot be read" in handrail("import-assets", "none.csv").stderr
    assert "--template" in handrail("import-assets").stderr
    assert handrail("import-assets", "--template").stdout.startswith("id,name,")


@pytest.fixture
def slack() -> Iterator[Workspace]:
    running = Workspace.start(replace(SEED, scopes=tuple(SCOPES)), AT_ONCE)
    yield running
    running.stop()


def test_people_come_from_slack_by_group(tmp_path: Path, slack: Workspace) -> None:
    """A team that assets only named is filled, over the wire; what was put right by hand stays on the next run."""
    where = {"SLACK_BOT_TOKEN": slack.tokens.bot, "SLACK_API_URL": slack.api_url}
    (tmp_path / "assets.csv").write_text(fifty(), "utf-8")
    handrail("import-assets", "assets.csv")
    said = handrail("people", "--from-slack", "--group", "@dba", **where)
    assert said.exit_code == 0, said.output
    catalogue = load_shelf(tmp_path / "runbooks").catalogue
    assert catalogue.teams["dba"].members == ("ben-roe", "chen-wu")
    assert catalogue.teams["dba"].slack_group == "S0DBA"
    assert (catalogue.people["ben-roe"].slack, catalogue.people["ben-roe"].name) == ("U0BEN", "Ben Roe")
    OWN.write_text(OWN.read_text("utf-8").replace("name: Ben Roe", "name: Benjamin Roe"), "utf-8")
    again = handrail("people", "--from-slack", **where)
    assert "0 new, 0 changed" in again.stdout, again.output
    assert load_shelf(tmp_path / "runbooks").catalogue.people["ben-roe"].name == "Benjamin Roe"
    assert "no group nobody" in handrail("people", "--from-slack", "--group", "nobody", **where).stderr
    assert "usergroups.list" in slack.state.ledger.calls
    assert "users.list" not in slack.state.ledger.calls


def test_scopes_that_are_missing_are_named() -> None:
    running = Workspace.start(replace(SEED, scopes=("chat:write",)), AT_ONCE)
    try:
        said = handrail("people", "--from-slack", SLACK_BOT_TOKEN=running.tokens.bot, SLACK_API_URL=running.api_url)
    finally:
        running.stop()
    assert said.exit_code == 2
    assert "add usergroups:read, users:read, users:read.email under OAuth & Permissions" in said.stderr
    assert "SLACK_BOT_TOKEN is not set" in handrail("people", "--from-slack").stderr
