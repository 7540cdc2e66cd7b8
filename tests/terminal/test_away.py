"""The database goes away in the middle of a walk: it goes on in a file of this machine, and comes home later."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.sql import SQL, Identifier

from bot.cli import main
from bot.run.events import WentOnElsewhere
from tests.terminal.conftest import Home
from tests.terminal.pseudo import Terminal
from tests.terminal.test_walking import TARGET, begin, to_signing

pytestmark = pytest.mark.slow


@pytest.fixture
def home(make_home: Callable[[str], Home], postgres_database: str, tmp_path: Path) -> Home:
    """A home with a PostgreSQL, and copies of its runs in a folder."""
    made = make_home(postgres_database)
    made.environment["HANDRAIL_MIRROR"] = str(tmp_path / "mirror")
    done = run_handrail(made, "migrate")
    assert done.exit_code == 0, done.output
    return made


def run_handrail(home: Home, *arguments: str) -> Result:
    return CliRunner(env=home.environment).invoke(main, arguments)


@contextmanager
def out_of_reach(postgres_url: str, home: Home) -> Iterator[None]:
    """Nobody reaches the database, as when its machine is down."""
    home.house.close()
    name = re.search(r"/(handrail_\d+)\?", home.environment["DATABASE_URL"])
    assert name is not None
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name[1])))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name[1]])
        yield
        connection.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(Identifier(name[1])))


def go_away(ana: Terminal) -> None:
    ana.asked("The record cannot be reached.", "Go on in a file on this machine")
    ana.answer("2")


def test_a_walk_goes_on_without_its_database_and_comes_home(home: Home, postgres_url: str) -> None:
    """Dora's signature is asked for anew; afterwards both runs know each other, and both chains hold."""
    home.log_in("ana", "dora")
    with home.sit("ana", "walk", "orders", rows=60) as ana:
        begin(ana)
        to_signing(ana)
        with out_of_reach(postgres_url, home):
            go_away(ana)
            ana.wait_for("ORDERS1-1", "Goes on from ORDERS-1.", "This run stands on this machine only")
            assert "You are Ana Ruiz." in ana.words
            sign_away(home)
            ana.wait_for("Dora Lind: signed “Approve the target”", "[b] Begin")
            ana.press("q")
            assert ana.ended() == 0
            assert "ORDERS1-1 stays open" in ana.words
            assert re.search(r"handrailimport\S+ORDERS1-1\.jsonl", ana.words.replace(" ", ""))
    come_home(home)


def sign_away(home: Home) -> None:
    """Dora signs on the same machine with her own token, which counts by its copied digest."""
    with home.sit("dora", "walk", "--resume", "ORDERS1-1", rows=60) as dora:
        go_away(dora)
        dora.wait_for("You are Dora Lind.", "[a] Approve")
        dora.press("a")
        dora.read_on("Type the target time")
        dora.answer(TARGET)
        dora.wait_for("Recorded: Approve.")
        dora.press("q")
        assert dora.ended() == 0


def come_home(home: Home) -> None:
    file = next(Path(home.environment["HANDRAIL_MIRROR"]).rglob("ORDERS1-1.jsonl"))
    done = run_handrail(home, "import", str(file))
    assert done.exit_code == 0, done.output
    assert "It went on from ORDERS-1, record" in done.output
    assert "ORDERS-1 says so now." in done.output
    assert "went on here too" not in done.output
    old, new = home.handler.find("ORDERS-1"), home.handler.find("ORDERS1-1")
    assert old is not None
    assert new is not None
    assert isinstance(home.handler.history(old.run_id)[-1][1], WentOnElsewhere)
    assert home.handler.load(new.run_id).start.continues == "ORDERS-1"
    assert home.handler.journal.verify(old.run_id).sound
    assert home.handler.journal.verify(new.run_id).sound
    again = run_handrail(home, "import", str(file))
    assert "is here already, record for record" in again.output


def test_what_was_done_at_home_meanwhile_is_named(home: Home, postgres_url: str) -> None:
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        with out_of_reach(postgres_url, home):
            go_away(ana)
            ana.wait_for("ORDERS1-1", "[1] Rows are wrong")
            ana.step("1", "Type the target time", "[d] Done")
            ana.press("q")
            assert ana.ended() == 0
    with home.sit("ana", "walk", "--resume", "ORDERS-1") as ana:
        ana.wait_for("ORDERS1-1 was walked away from here. Bring it home: handrail import")
        ana.step("2", "The run holds")
    file = next(Path(home.environment["HANDRAIL_MIRROR"]).rglob("ORDERS1-1.jsonl"))
    done = run_handrail(home, "import", str(file))
    assert re.search(r"! ORDERS-1 went on here too, by \d records after record [23]\.", done.output)
    assert "read both logs" in done.output


def test_the_database_comes_back_and_the_same_key_counts_once(home: Home, postgres_url: str) -> None:
    """Try again, and the walk is where it was."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        with out_of_reach(postgres_url, home):
            ana.asked("The record cannot be reached.")
        ana.answer("1")
        ana.wait_for("[1] Rows are wrong")
        ana.step("1", "Type the target time", "[d] Done")
    assert home.kinds() == ["Started", "StepEntered", "Chosen", "StepEntered"]


def test_from_the_start_without_a_database(home: Home, postgres_url: str) -> None:
    """A copy is chosen, or a new recovery begins; leaving is possible at any time."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
    with out_of_reach(postgres_url, home):
        with home.sit("ana", "walk", "orders") as ana:
            ana.asked("The record cannot be reached.")
            ana.answer("3")
            assert ana.ended() == 0
            assert "Nothing was started." in ana.words
        with home.sit("ana", "walk", "orders") as ana:
            go_away(ana)
            ana.asked("Which run?", "Go on from ORDERS-1", "signatures do not")
            ana.answer("A new recovery")
            ana.asked("What do you see?")


def test_copies_of_what_serves_are_of_use_to_nobody_else(home: Home) -> None:
    """The folder of the copies is one for each database, and closed to others."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders", "--drill") as ana:
        ana.asked("What do you see?")
        ana.answer("1")
        ana.asked("What changed?")
        ana.answer("x")
        ana.asked("When did the damage begin?")
        ana.answer("")
        ana.wait_for("[1] Rows are wrong")
    root = Path(home.environment["HANDRAIL_MIRROR"])
    folder = next(one for one in root.iterdir() if one.is_dir())
    copy = folder / "ORDERS-1.jsonl"
    assert copy.stat().st_mode & 0o077 == 0
    assert json.loads(copy.read_text().splitlines()[0])["ref"] == "ORDERS-1"
