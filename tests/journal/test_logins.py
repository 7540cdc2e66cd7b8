"""Codes and tokens: what opens, once and for how long, and what is kept of it."""

import hashlib
import re
import shutil
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.journal import tables
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.journal.tokens import BadCode, Logins, StoredToken, digest_of_secret
from tests.story import NOON


class Desk:
    """Logins with a clock that is wound by hand and secrets that count."""

    def __init__(self, journal: Journal) -> None:
        numbers = count(1)
        self.at: datetime = NOON
        self.logins = Logins(journal, lambda: self.at, lambda: hashlib.sha256(b"%d" % next(numbers)).hexdigest()[:32])


@pytest.fixture
def handler(journal: Journal) -> Desk:
    return Desk(journal)


def test_a_code_becomes_a_token_once(handler: Desk) -> None:
    """Typed with or without its hyphens, in whatever case; the second time it opens nothing."""
    code = handler.logins.hand_out("ana")
    assert re.fullmatch("([0-9a-f]{4}-){3}[0-9a-f]{4}", code)
    person, token = handler.logins.redeem(" " + code.replace("-", " ").upper(), "root@box")
    assert person == "ana"
    assert handler.logins.person_of(token + "\n") == "ana"
    assert handler.logins.person_of(code) is None
    with pytest.raises(BadCode, match="it was used"):
        handler.logins.redeem(code, "root@box")


def test_a_code_lasts_ten_minutes_and_only_the_newest_counts(journal: Journal) -> None:
    at, secrets = NOON, iter(["a" * 32, "b" * 32, "c" * 32, "d" * 32])
    logins = Logins(journal, lambda: at, lambda: next(secrets))
    first, second = logins.hand_out("ana"), logins.hand_out("ana")
    with pytest.raises(BadCode):
        logins.redeem(first, "box")
    at = NOON + timedelta(minutes=10)
    with pytest.raises(BadCode):
        logins.redeem(second, "box")
    at = NOON + timedelta(minutes=9, seconds=59)
    assert logins.redeem(second, "box")[0] == "ana"


def test_what_is_revoked_opens_nothing_and_what_is_not_goes_on(handler: Desk) -> None:
    tokens: dict[str, list[str]] = {}
    for name in ("ana", "ana", "ben"):
        tokens.setdefault(name, []).append(handler.logins.redeem(handler.logins.hand_out(name), "box")[1])
    assert handler.logins.revoke(tokens["ana"][0]) is True
    assert handler.logins.revoke(tokens["ana"][0]) is False
    assert [handler.logins.person_of(one) for one in tokens["ana"]] == [None, "ana"]
    assert handler.logins.revoke_all("ana") == 1
    assert [handler.logins.person_of(one) for one in (tokens["ana"][1], tokens["ben"][0])] == [None, "ben"]


def test_no_secret_is_kept(handler: Desk, journal: Journal) -> None:
    """Neither code nor token stands in the database; when it was used last does."""
    code = handler.logins.hand_out("ana")
    _, token = handler.logins.redeem(code, "root@box")
    handler.at += timedelta(hours=1)
    handler.logins.person_of(token)
    rows = journal.read(select(tables.login).order_by(tables.login.c.kind))
    assert [(row.kind, row.person, row.made_for, row.used_at) for row in rows] == [
        ("code", "ana", "", None), ("token", "ana", "root@box", handler.at),
    ]  # fmt: skip
    said = str([tuple(row) for row in rows])
    assert token not in said
    assert code.replace("-", "") not in said.replace(rows[0].digest, "").replace(rows[1].digest, "")


def test_copies_count_where_they_are_taken(handler: Desk, migrated_file: Path, tmp_path: Path) -> None:
    """Digests alone travel; one that was revoked does not, and taking them twice changes nothing."""
    kept, lost = (handler.logins.redeem(handler.logins.hand_out(name), "box")[1] for name in ("ana", "ben"))
    handler.logins.revoke(lost)
    copies = handler.logins.held()
    assert copies == [StoredToken(digest_of_secret(kept), "ana", NOON, "box")]
    engine = open_engine(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'other.db')}")
    other = Desk(Journal(engine)).logins
    for _ in range(2):
        other.take_copies(copies)
        assert [other.person_of(one) for one in (kept, lost)] == ["ana", None]
    other.revoke(kept)
    other.take_copies(copies)
    assert other.person_of(kept) is None
    engine.dispose()
