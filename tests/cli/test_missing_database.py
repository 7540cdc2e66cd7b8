"""A database that is not there: whoever only reads says so and makes nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import COMMANDS, MAKES_DATABASE, main
from bot.journal.database import migrate, open_engine

RUNBOOKS = Path(__file__).parent.parent.parent / "runbooks"
ASKS = {
    "runs": [["runs"], ["runs", "--all"], ["runs", "--json"]],
    "log": [["log", "ORDERS-1"], ["log", "ORDERS-1", "--json"]],
    "lessons": [["lessons"], ["lessons", "--format", "json"]],
    "verify": [["verify"], ["verify", "ORDERS-1"], ["verify", "--allow-empty"], ["verify", "--heads", "{heads}"]],
    "export": [["export", "ORDERS-1"], ["export", "ORDERS-1", "--format", "md"]],
    "evidence": [["evidence", "--since", "2026-01-01"]],
    "history": [["history", "postgres-pitr"]],
    "rebuild": [["rebuild"]],
    "learn": [["learn"]],
    "start-here": [["start-here"]],
    "ready": [["ready"], ["ready", "orders-db"]],
    "protections": [["protections"], ["protections", "orders-db", "wal", "--format", "jsonl"]],
    "output": [["output", "ORDERS-1"]],
    "redact": [["redact", "ORDERS-1", "3", "--reason", "x"]],
    "token": [["token", "list"], ["token", "revoke", "grafana"], ["token", "new", "--name", "grafana"]],
    "login": [["login"], ["login", "--as", "ana"]],
    "logout": [["logout"], ["logout", "--as", "ana", "--everywhere"]],
    "backup": [["backup", "{heads}.backup"]],
    "move": [["move", "--to", "sqlite:///{heads}.new"]],
    "retain": [["retain"], ["retain", "--apply"]],
}
"""Commands that ask the database; none of them begins with one that is not there."""
NEVER_ASK = {
    "manifest", "page", "check", "new", "import-markdown", "import-assets", "people", "schema", "simulate", "show",
    "diff", "oncall", "pack", "beat",
}  # fmt: skip
"""Commands that know nothing of the record. `oncall` asks for the copies of feeds alone, where there are any."""
ALSO = {"doctor"}
"""Looks whether it is there, and says what makes it."""


def handrail(environment: dict[str, str], arguments: list[str]) -> Result:
    return CliRunner().invoke(main, arguments, env=environment, input="0123-4567-89ab-cdef\n")


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.name != "heads.txt"}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "heads.txt").write_text(f"ledger 1 {'f' * 64}\n", encoding="utf-8")
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/typo.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


def test_every_command_is_of_one_of_these_kinds() -> None:
    """A new command has to say what it does with a database that is not there."""
    kinds = [set(ASKS), NEVER_ASK, ALSO, set(MAKES_DATABASE)]
    assert set(COMMANDS) == set().union(*kinds)
    assert sum(map(len, kinds)) == len(COMMANDS)


@pytest.mark.parametrize("arguments", [one for several in ASKS.values() for one in several], ids=" ".join)
def test_what_is_not_there_is_said_and_not_made(
    environment: dict[str, str], tmp_path: Path, arguments: list[str]
) -> None:
    before = files(tmp_path)
    said = handrail(environment, [one.format(heads=tmp_path / "heads.txt") for one in arguments])
    assert said.exit_code == 2, said.output
    assert f"There is no database at {tmp_path}/typo.db. Name the right one in DATABASE_URL" in said.output
    assert files(tmp_path) == before


@pytest.mark.parametrize("arguments", [["runs"], ["verify"], ["export", "ORDERS-1"]], ids=" ".join)
def test_a_file_without_our_tables_is_no_database_of_ours(
    environment: dict[str, str], tmp_path: Path, arguments: list[str]
) -> None:
    """Empty, or of another program: it stays as it is."""
    (tmp_path / "typo.db").touch()
    assert "There is no database at" in handrail(environment, arguments).output
    assert (tmp_path / "typo.db").stat().st_size == 0
    engine = open_engine(environment["DATABASE_URL"])
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (x)")
    engine.dispose()
    said = handrail(environment, arguments)
    assert said.exit_code == 2
    assert "has no tables of Handrail." in said.output


def test_the_doctor_looks_and_makes_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    before = files(tmp_path)
    assert "is made when `handrail serve` starts" in " ".join(handrail(environment, ["doctor"]).output.split())
    assert files(tmp_path) == before


def test_a_database_without_runs_is_said_and_is_sound_only_when_it_is_meant(environment: dict[str, str]) -> None:
    """Zero chains that hold are no proof of anything: most likely it is the wrong database."""
    engine = open_engine(environment["DATABASE_URL"])
    migrate(engine)
    engine.dispose()
    empty = handrail(environment, ["verify"])
    assert empty.exit_code == 1
    assert "There is no run in this database, so nothing was verified." in empty.output
    meant = handrail(environment, ["verify", "--allow-empty"])
    assert meant.exit_code == 0, meant.output


def test_a_postgresql_that_is_not_there_or_empty_is_said(bare_postgres: str, environment: dict[str, str]) -> None:
    for url, said in (
        (bare_postgres.replace("/handrail_", "/nowhere_"), "does not exist"),
        (bare_postgres, "has no tables of Handrail yet"),
    ):
        told = handrail(environment | {"DATABASE_URL": url}, ["verify"])
        assert told.exit_code == 2, told.output
        assert said in told.output
