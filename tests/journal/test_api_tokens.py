"""A token opens what it was made for, for as long as it was made for, and nothing of it can be read back."""

from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from bot.journal import tables
from bot.journal.store import Journal
from bot.journal.tokens import OF_A_PROGRAM, ApiTokens, BadName
from tests.story import NOON


class Drawer:
    """Tokens with a clock that is wound by hand."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.at, numbers = journal, NOON, count(1)
        self.tokens = ApiTokens(journal, self.now, lambda: f"{next(numbers):064x}")

    def now(self) -> datetime:
        return self.at

    def make(self, name: str, lasts: timedelta | None = None) -> str:
        return self.tokens.make(name, "read", "unverified: ana", lasts)

    def opens(self, token: str) -> bool:
        return self.tokens.recognise(token, "read") is not None


@pytest.fixture
def drawer(journal: Journal) -> Drawer:
    return Drawer(journal)


def test_a_token_counts_until_it_is_revoked_and_its_name_is_free_again(drawer: Drawer) -> None:
    token = drawer.make("grafana")
    assert token.startswith(OF_A_PROGRAM)
    assert drawer.opens(token)
    for bad in (
        token + "0",
        token[:-1],
        token.upper(),
        token.removeprefix(OF_A_PROGRAM),
        "",
        OF_A_PROGRAM,
        OF_A_PROGRAM + "x" * 9000,
        "'--",
    ):
        assert not drawer.opens(bad), bad
    assert drawer.tokens.recognise(token, "write") is None
    assert drawer.tokens.revoke("grafana")
    assert not drawer.opens(token)
    assert not drawer.tokens.revoke("grafana")
    assert drawer.opens(drawer.make("grafana"))
    assert not drawer.opens(token)


def test_a_token_ends_on_its_day(drawer: Drawer) -> None:
    token = drawer.make("wall", timedelta(days=30))
    drawer.at += timedelta(days=30, seconds=-1)
    assert drawer.opens(token)
    drawer.at += timedelta(seconds=1)
    assert not drawer.opens(token)
    assert not drawer.tokens.all()[0].counts(drawer.at)


def test_what_is_kept_opens_nothing(drawer: Drawer) -> None:
    token = drawer.make("grafana")
    row = drawer.journal.read(select(tables.api_token))[0]
    assert token not in str(row)
    assert token.removeprefix(OF_A_PROGRAM) not in str(row)
    assert len(row.digest) == 64
    assert not drawer.opens(row.digest)
    assert not drawer.opens(OF_A_PROGRAM + row.digest)


def test_a_use_is_noted_once_a_minute(drawer: Drawer) -> None:
    token = drawer.make("grafana")
    assert drawer.tokens.all()[0].used_at is None
    drawer.opens(token)
    drawer.at += timedelta(seconds=59)
    drawer.opens(token)
    assert drawer.tokens.all()[0].used_at == NOON
    drawer.at += timedelta(seconds=2)
    drawer.opens(token)
    assert drawer.tokens.all()[0].used_at == drawer.at


def test_names_are_plain_and_one_of_a_kind(drawer: Drawer) -> None:
    drawer.make("grafana")
    for bad in ("grafana", "", "Grafana", "a b", "-x", "a" * 81, "ü", "a\n"):
        with pytest.raises(BadName):
            drawer.make(bad)
    with pytest.raises(ValueError, match="no scope"):
        drawer.tokens.make("other", "write", "ana", None)


def test_two_who_take_a_name_at_once_do_not_both_get_it(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer.make("grafana")
    monkeypatch.setattr(drawer.tokens, "all", list)
    with pytest.raises(BadName, match="already"):
        drawer.make("grafana")
