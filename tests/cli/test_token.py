"""`handrail token`: shown once, listed by name, revoked at once."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from tests.cli.test_record import make_database


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return make_database({"DATABASE_URL": f"sqlite:///{tmp_path}/record.db"})


def handrail(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["token", *arguments], env=environment)


def test_a_token_is_made_listed_and_revoked(environment: dict[str, str]) -> None:
    assert "There is no token" in handrail(environment, "list").output
    made = handrail(environment, "new", "--name", "grafana", "--scope", "read", "--expires", "90")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert len(token) == len("hra-") + 64
    assert "not shown again" in made.stderr
    listed = handrail(environment, "list").output
    assert "grafana" in listed
    assert "never used" in listed
    assert token not in listed
    assert handrail(environment, "revoke", "grafana").exit_code == 0
    assert "There is no token" in handrail(environment, "list").output
    assert "revoked" in handrail(environment, "list", "--all").output
    assert handrail(environment, "new", "--name", "wall").stdout.strip() != token


def test_what_cannot_be_is_said(environment: dict[str, str]) -> None:
    for arguments, words in (
        (("new", "--name", "Not Plain"), "small letters"),
        (("new", "--name", "a", "--expires", "0"), "not in the range"),
        (("new", "--name", "a", "--scope", "write"), "is not"),
        (("revoke", "nobody"), "no token nobody"),
    ):
        result = handrail(environment, *arguments)
        assert result.exit_code == 2, arguments
        assert words in result.output, arguments
