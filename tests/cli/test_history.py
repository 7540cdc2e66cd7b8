"""`handrail history`: what served since when, by whom."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.cli.failures import COULD_NOT
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.journal.versions import Version, Versions
from tests.places import migrated

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database in which two versions of one runbook have served."""
    url = f"sqlite:///{tmp_path}/record.db"
    engine = open_engine(url)
    migrated(engine)
    first = Version("rows", AT, "ab" * 32, "rows.yaml", "c0ffee" * 6 + "beef", "Ana\x1b[31m Ruiz")
    second = Version("rows", AT + timedelta(days=1), "ac" * 32, "db/rows.yaml", "decaf" * 8 + "-dirty", "Ben")
    Versions(Journal(engine)).keep([first, second], {first.digest: "first: 1\n", second.digest: "second: 2\n"})
    engine.dispose()
    return url


def run(url: str, *words: str) -> Result:
    return CliRunner(env={"DATABASE_URL": url}).invoke(main, ["history", *words])


def test_versions_are_listed_with_what_is_next(url: str) -> None:
    result = run(url, "rows")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "2026-11-22 12:00 UTC  abababababab  rows.yaml  commit c0ffeec0ffee by Ana�[31m Ruiz",
        "2026-11-23 12:00 UTC  acacacacacac  db/rows.yaml  commit decafdecafde and changes not committed by Ben",
        "",
        "Read one: handrail history rows --text acacacacacac",
    ]
    assert [one["author"] for one in json.loads(run(url, "rows", "--json").output)] == ["Ana\x1b[31m Ruiz", "Ben"]


def test_a_version_is_read_by_the_start_of_its_digest(url: str) -> None:
    assert run(url, "rows", "--text", "AB").output == "first: 1\n"
    for start, said in (("a", "Several versions begin so"), ("ff", "No version has this digest")):
        result = run(url, "rows", "--text", start)
        assert result.exit_code == COULD_NOT
        assert said in result.stderr


def test_an_unknown_runbook_is_guessed(url: str) -> None:
    result = run(url, "row")
    assert result.exit_code == COULD_NOT
    assert "Did you mean rows?" in result.stderr
