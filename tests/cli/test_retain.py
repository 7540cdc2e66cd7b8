"""`handrail retain`: typed words of old, ended runs are erased by redaction; nothing else is, and no record goes."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.engine.reading import fold
from bot.journal.chain import text_digest
from bot.journal.hands import HandsLeases, Output
from bot.journal.rows import row_of
from bot.journal.search import Search, Wanted
from bot.journal.tokens import ApiTokens
from bot.journal.transaction import WriteTransaction
from bot.library.parse import digest_of
from bot.run.commands import AddNote
from bot.run.events import OUTPUT, Event, Redacted, Started
from bot.run.hands.events import ActionFinished
from bot.run.situation import Stamp
from bot.wiring.house import House, new_id
from tests.cli.test_record import RUNBOOKS
from tests.journal.conftest import database_url, sqlite_url
from tests.render.walk import BOOK
from tests.story import NOON, Story

__all__ = ["database_url", "sqlite_url"]

RULES = "schema: handrail/v1\nretain:\n  words: 365d\n  logins: 90d\n"
TEXT = json.dumps(BOOK.model_dump(mode="json", by_alias=True, exclude_unset=True))
LATER = NOON + timedelta(days=366)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the record is; the stories that depend on the database ask for `database_url`, which is each in turn."""
    return f"sqlite:///{tmp_path}/own.db"


@pytest.fixture
def environment(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Runbooks with the team's rules beside them, and a clock that has gone on for a year and a day."""
    url = request.getfixturevalue("database_url" if "database_url" in request.fixturenames else "url")
    monkeypatch.setattr("bot.cli.retain.read_clock", lambda: LATER)
    shutil.copytree(RUNBOOKS, tmp_path / "books")
    (tmp_path / "books" / "rules.yaml").write_text(RULES, encoding="utf-8")
    return {"DATABASE_URL": url, "HANDRAIL_RUNBOOKS": str(tmp_path / "books")}


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    yield house
    house.close()


def noted() -> Story:
    story = Story(BOOK, inputs={"damage": "An UPDATE"}).started()
    return story.when("ana", AddNote("The customer is Zephyrine"))


def ended() -> Story:
    return noted().problem().at_step("hold").choose("stop", by="chen")


def keep(house: House, story: Story, ref: str, shift: timedelta = timedelta()) -> str:
    """Put a story into the record, as if it had happened so much later; the run's id."""
    run_id, digest = new_id(), digest_of(TEXT)
    (first, stamp), *rest = [(event, replace(one, at=one.at + shift)) for event, one in story.history]
    assert isinstance(first, Started)
    happened: list[tuple[Event, Stamp]] = [(replace(first, ref=ref, digest=digest), stamp), *rest]

    def write(transaction: WriteTransaction) -> None:
        transaction.pin_texts({digest: (BOOK.id, TEXT)}, stamp.at)
        hash_ = transaction.append(run_id, 0, digest, happened, new_id)
        transaction.add_run(row_of(fold(run_id, transaction.records(run_id, 0), lambda _: BOOK), hash_))

    house.journal().write(write)
    return run_id


def handrail(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["retain", *arguments], env=environment)


def words_of(house: House, run_id: str) -> str:
    return str([record.words for record in house.journal().records(run_id)])


def found(house: House, word: str) -> set[str]:
    return {row.ref for row in Search(house.journal()).runs(Wanted(words=(word,)), 9)}


@pytest.mark.usefixtures("database_url")
def test_old_words_are_said_first_and_erased_when_asked(environment: dict[str, str], house: House) -> None:
    old, new, still = (
        keep(house, ended(), "ORDERS-1"), keep(house, ended(), "ORDERS-2", timedelta(days=30)),
        keep(house, noted(), "ORDERS-3"),
    )  # fmt: skip
    records = len(house.journal().records(old))
    said = handrail(environment)
    assert said.exit_code == 0, said.output
    assert "ORDERS-1: ended 2026-11-22" in said.output
    assert "ORDERS-2" not in said.output
    assert "ORDERS-3" not in said.output
    assert "Nothing was changed" in said.output
    assert "Zephyrine" in words_of(house, old)
    assert found(house, "zephyrine") == {"ORDERS-1", "ORDERS-2", "ORDERS-3"}
    done = handrail(environment, "--apply")
    assert "were erased" in done.output
    assert "Zephyrine" not in words_of(house, old)
    assert "Zephyrine" in words_of(house, new)
    assert "Zephyrine" in words_of(house, still)
    assert found(house, "zephyrine") == {"ORDERS-2", "ORDERS-3"}
    assert len(house.journal().records(old)) > records, "an event says so, and nothing goes"
    assert house.journal().verify(old).sound
    assert "by the team\u2019s rule" in words_of(house, old).replace("'", "\u2019")
    again = handrail(environment, "--apply")
    assert "of 0 records in 0 runs" in again.output, "why it was erased stays, and is not erased in turn"


@pytest.mark.usefixtures("database_url")
def test_tokens_that_count_no_more_are_forgotten_in_time(environment: dict[str, str], house: House) -> None:
    at: list[datetime] = [LATER - timedelta(days=91)]
    tokens = ApiTokens(house.journal(), lambda: at[0], iter([f"{one:064x}" for one in range(9)]).__next__)
    tokens.make("revoked", "read", "ana", None)
    tokens.revoke("revoked")
    tokens.make("over", "read", "ana", timedelta(days=0))
    tokens.make("young", "read", "ana", timedelta(days=2))
    tokens.make("counts", "read", "ana", None)
    assert "2 codes and tokens" in handrail(environment).output
    assert len(tokens.all()) == 4
    handrail(environment, "--apply")
    assert {one.name for one in tokens.all()} == {"young", "counts"}


def test_without_a_rule_everything_is_kept(environment: dict[str, str], house: House) -> None:
    rules = Path(environment["HANDRAIL_RUNBOOKS"]) / "rules.yaml"
    rules.unlink()
    run_id = keep(house, ended(), "ORDERS-1")
    assert "all of it is" in handrail(environment, "--apply").output
    assert "Zephyrine" in words_of(house, run_id)


def test_rules_that_are_half_read_erase_nothing(environment: dict[str, str], house: House) -> None:
    rules = Path(environment["HANDRAIL_RUNBOOKS"]) / "rules.yaml"
    run_id = keep(house, ended(), "ORDERS-1")
    rules.write_text(RULES.replace("365d", "a year"), encoding="utf-8")
    result = handrail(environment, "--apply")
    assert result.exit_code == 2
    assert "handrail check" in result.output
    assert "Zephyrine" in words_of(house, run_id)


@pytest.mark.usefixtures("database_url")
def test_what_commands_printed_goes_with_the_words(environment: dict[str, str], house: House) -> None:
    """Of ended runs that are old enough; the digest stays with it, as it stays in the record."""
    printed = text_digest("Zephyrine")
    story = ended().when("ana", AddNote("Looked again"))
    finished = ActionFinished("space", 1, 1, "exit", ok=True, milliseconds=1, exit=0, digest=printed, size=9, late=True)
    story.history.append((finished, story.history[-1][1]))
    old, new, leases = keep(house, story, "ORDERS-1"), keep(house, noted(), "ORDERS-2"), HandsLeases(house.journal())
    for run_id in (old, new):
        for attempt in (1, 2):  # of the second no record tells: its hands did not live to write it
            leases.keep(Output(run_id, "space", 1, attempt, printed, 9, "Zephyrine", NOON))
    assert "What 2 commands printed would be erased." in handrail(environment).output
    assert [one.text for one in leases.outputs(old)] == ["Zephyrine"] * 2
    assert "What 2 commands printed were erased." in handrail(environment, "--apply").output
    assert [(one.text, one.digest) for one in leases.outputs(old)] == [(None, printed)] * 2
    erased = [event for _, event, _ in house.journal().history(old) if isinstance(event, Redacted)]
    assert (OUTPUT,) in [one.fields for one in erased]
    assert "by the team's rule" in erased[-1].reason
    assert [one.text for one in leases.outputs(new)] == ["Zephyrine"] * 2
    assert "commands printed" not in handrail(environment, "--apply").output
