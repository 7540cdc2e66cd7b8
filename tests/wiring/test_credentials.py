"""Tokens of Slack that stand in files are rotated without a restart, over the wire; a bad file changes nothing."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from bot.journal.database import open_engine
from bot.slack.sockets import CONNECTIONS
from bot.web.slack_requests import RequestVerifier
from bot.wiring import credentials
from bot.wiring.credentials import LOOK_EVERY, Credential
from bot.wiring.house import House
from tests.walks.firm import Firm, open_firm, wait_for
from tests.walks.folder import write_folder
from tests.walks.test_every_button import START
from tests.workspace.office import AT_ONCE

FIRST, SECOND, THIRD = "xoxb-first-token", "xoxb-second-token", "xoxb-third-token"
APP, OTHER_APP = "xapp-1-first-token", "xapp-1-second-token"


@dataclass
class Steady:
    """A steady clock that is wound."""

    now: float = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(FIRST + "\n")
    return path


def put(file: Path, value: str) -> None:
    """As a mounted secret changes: another file takes the place of the old one."""
    new = file.with_suffix(".new")
    new.write_text(value)
    new.replace(file)


def test_a_token_in_a_file_is_read_again_when_the_file_has_changed(file: Path) -> None:
    clock = Steady()
    token = Credential("SLACK_BOT_TOKEN", FIRST, {"SLACK_BOT_TOKEN_FILE": str(file)}, clock)
    put(file, SECOND)
    assert token.now() == FIRST, "it is looked at once a second"
    clock.now += LOOK_EVERY
    assert token.now() == SECOND
    put(file, THIRD)
    assert token.renew(), "Slack refused it: looked at at once"
    assert token.now() == THIRD
    assert not token.renew()


def test_a_file_that_cannot_be_used_leaves_the_last_token_in_force(file: Path) -> None:
    clock = Steady()
    token = Credential("SLACK_BOT_TOKEN", FIRST, {"SLACK_BOT_TOKEN_FILE": str(file)}, clock)
    for bad in ("not a token", "", None):
        if bad is None:
            file.unlink()
        else:
            put(file, bad)
        clock.now += LOOK_EVERY
        assert token.now() == FIRST
        assert not token.renew()


def test_a_token_of_the_environment_stays_as_it_is() -> None:
    token = Credential("SLACK_BOT_TOKEN", FIRST, {"SLACK_BOT_TOKEN": FIRST}, Steady())
    assert not token.renew()
    assert token.now() == FIRST


def test_a_rotated_signing_secret_is_taken_and_the_old_one_no_more() -> None:
    """A request with the new one lets the new one in; a wrong signature changes nothing."""
    in_force = [b"1" * 32]
    seal = RequestVerifier(in_force[0], lambda: 1_000.0, lambda: in_force[0])
    old, new = (_signature(secret) for secret in (b"1" * 32, b"2" * 32))
    assert seal.judge("1000", new, b"x") == "the signature is wrong"
    assert seal.judge("1000", old, b"x") is None
    in_force[0] = b"2" * 32
    assert seal.judge("1000", new, b"x") is None
    assert _judge_again(seal, old) == "the signature is wrong"


def _signature(secret: bytes) -> str:
    return "v0=" + hmac.new(secret, b"v0:1000:x", hashlib.sha256).hexdigest()


def _judge_again(seal: RequestVerifier, signature: str) -> str | None:
    return seal.judge("1000", signature, b"x")


def test_slacks_tokens_are_rotated_while_a_run_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both tokens change in Slack and in their files: the next step is told, and new connections are opened."""
    monkeypatch.setattr(credentials, "LOOK_EVERY", 3_600.0)
    bot, app = tmp_path / "bot", tmp_path / "app"
    bot.write_text(FIRST)
    app.write_text(APP)
    named = {"SLACK_BOT_TOKEN_FILE": str(bot), "SLACK_APP_TOKEN_FILE": str(app)}
    none = {"SLACK_BOT_TOKEN": "", "SLACK_APP_TOKEN": ""}
    options = replace(AT_ONCE, bot_token=FIRST, app_token=APP)
    with open_firm(tmp_path, write_folder(tmp_path / "books"), options=options, more=none | named) as firm:
        ana = firm.hand("ana")
        ana.start("orders", START)
        thread = firm.thread("ORDERS-1")
        put(bot, SECOND)
        put(app, OTHER_APP)
        firm.workspace.rotate(bot=SECOND, app=OTHER_APP)
        ana.press("Done", thread=thread)
        firm.settle()
        assert "Choose the line that matches" in ana.sees(thread)
        _lose_connections(firm)
        ana.press("Rows are wrong", thread=thread)
        firm.settle()
        assert "Type the target time" in ana.sees(thread)


def _lose_connections(firm: Firm) -> None:
    def opened() -> int:
        return sum(line["event"] == "socket open" for line in firm.log)

    before = opened()
    firm.workspace.hub.drop()
    wait_for(lambda: opened() >= before + CONNECTIONS, "no new connections")


def test_a_new_password_of_the_database_counts_for_new_connections(postgres_url: str, tmp_path: Path) -> None:
    """The address stands in a file; the role gets another password, the file too, and nothing is restarted."""
    url = make_url(postgres_url)
    admin = open_engine(postgres_url)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE ROLE rotated LOGIN"))
    file = tmp_path / "database-url"

    def write(user: str) -> None:
        put(file, url.set(username=user).render_as_string(hide_password=False))

    write("postgres")
    house = House({"DATABASE_URL_FILE": str(file)})
    with house.engine.connect() as held, house.engine.connect():
        assert held.execute(text("SELECT current_user")).scalar() == "postgres"
        write("rotated")
        assert house.credential("DATABASE_URL").renew()
        with house.engine.connect() as fresh:
            assert fresh.execute(text("SELECT current_user")).scalar() == "rotated"
    house.close()
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP ROLE rotated"))
    admin.dispose()
