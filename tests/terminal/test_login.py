"""A token of one's own: a code from Slack, once; kept where nobody else reads; ended here or everywhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.terminal.tokens import TokenFile
from bot.workspace.client.look import words_of
from bot.workspace.serve import Workspace
from tests.slack.office import SEED
from tests.terminal.conftest import Home
from tests.workspace.office import AT_ONCE


def say(home: Home, person: str, *arguments: str, typed: str = "", **more: str) -> Result:
    environment = home.environment | home.place_of(person) | more
    return CliRunner(env=environment).invoke(main, arguments, input=typed)


def test_a_code_makes_a_token_that_nobody_else_reads(home: Home) -> None:
    """The second time the code opens nothing, and the token that is there stays."""
    code = home.handler.logins.hand_out("dora")
    done = say(home, "dora", "login", typed=f"{code}\n")
    assert done.exit_code == 0, done.output
    assert "You are Dora Lind on this machine." in done.output
    assert code not in done.output
    file = Path(home.place_of("dora")["XDG_CONFIG_HOME"]) / "handrail" / "tokens.json"
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    again = say(home, "dora", "login", typed=f"{code}\n")
    assert again.exit_code == 2
    assert "This code opens nothing" in again.output
    assert home.handler.logins.person_of(json.loads(file.read_text())["dora"][0]) == "dora"


def test_logging_out_ends_it_here_or_everywhere(home: Home) -> None:
    home.log_in("ana", "dora")
    done = say(home, "ana", "logout")
    assert "1 token counts no more." in done.output
    assert [len(home.handler.logins.held())] == [1]
    other = home.handler.logins.redeem(home.handler.logins.hand_out("dora"), "a laptop that was lost")[1]
    assert "2 tokens count no more." in say(home, "ana", "logout", "--as", "dora", "--everywhere").output
    assert home.handler.logins.person_of(other) is None
    assert say(home, "ana", "logout", "--everywhere").exit_code == 2


def test_a_file_of_tokens_that_is_broken_counts_as_empty(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "deep" / "tokens.json")
    for text in ("", "[1]", '{"ana": 3}', "\x00"):
        file.path.parent.mkdir(exist_ok=True)
        file.path.write_text(text)
        assert (file.of(None), file.people()) == ((), ())
    for number in range(10):
        file.keep("ana", f"hrp-{number}")
    assert file.of("ana")[0] == "hrp-9"
    assert len(file.of("ana")) == 8
    file.drop("hrp-9")
    assert "hrp-9" not in file.of("ana")


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    made = Workspace.start(SEED, AT_ONCE)
    yield made
    made.stop()


def test_handrail_sends_the_code_by_direct_message(home: Home, workspace: Workspace) -> None:
    """To the Slack account that the catalogue names, and to nobody else; the person types it here."""
    assert say(home, "ana", "migrate").exit_code == 0
    slack = {"SLACK_BOT_TOKEN": workspace.tokens.bot, "SLACK_API_URL": workspace.api_url}
    say(home, "ana", "login", "--as", "ana", typed="wrong\n", **slack)
    message = workspace.person("U0ANA").in_sight()[-1]
    assert "handrail login" in words_of(message)
    code = words_of(message).splitlines()[-2]
    done = say(home, "ana", "login", typed=f"{code}\n")
    assert done.exit_code == 0, done.output
    assert [held.person for held in home.handler.logins.held()] == ["ana"]
    assert not [one for one in workspace.person("U0BEN").in_sight() if "handrail login" in words_of(one)]


@pytest.mark.parametrize(
    ("as_", "words"),
    [("ana", "SLACK_BOT_TOKEN is not set here"), ("zoe", "The catalogue has no Slack id of zoe")],
)
def test_what_keeps_a_code_from_being_sent_is_said(home: Home, as_: str, words: str) -> None:
    assert say(home, "ana", "migrate").exit_code == 0
    done = say(home, "ana", "login", "--as", as_)
    assert done.exit_code == 2
    assert words in done.output


def test_slack_out_of_reach_is_said(home: Home) -> None:
    assert say(home, "ana", "migrate").exit_code == 0
    slack = {"SLACK_BOT_TOKEN": "xoxb-123456-test", "SLACK_API_URL": "http://127.0.0.1:1/api/"}
    done = say(home, "ana", "login", "--as", "ana", **slack)
    assert done.exit_code == 2
    assert "Slack cannot be reached" in done.output
