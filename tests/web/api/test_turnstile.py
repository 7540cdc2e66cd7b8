"""Who may ask: a token that counts, or somebody whom the pages would let in; a bad token is not helped by a session."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.web.pages.reader import PageReader
from tests.web.api.conftest import Counter, counter_of
from tests.web.room import Room

PATHS = ("/runs", "/runs/ORDERS-7", "/runs/ORDERS-7/timeline", "/assets", "/runbooks", "/openapi.json")


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_learns_nothing(counter: Counter, path: str) -> None:
    assert counter.ask(path).status_code == 200
    for sent in ("", "Bearer", "Bearer ", "Bearer hra-" + "0" * 64, "Basic aW46aW4=", f"bearer x{counter.token}", "x"):
        answer = counter.ask(path, authorization=sent)
        assert answer.status_code == 401, sent
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "ORDERS" not in answer.text
    assert counter.ask(path, authorization=f"bearer {counter.token}").status_code == 200


def test_a_token_that_was_revoked_or_is_over_counts_no_more(counter: Counter) -> None:
    short = counter.tokens.make("short", "read", "ana", timedelta(days=1))
    assert counter.ask("/runs", authorization=f"Bearer {short}").status_code == 200
    counter.room.at += timedelta(days=1)
    assert counter.ask("/runs", authorization=f"Bearer {short}").status_code == 401
    assert counter.ask("/runs").status_code == 200
    counter.tokens.revoke("test")
    assert counter.ask("/runs").status_code == 401


def test_who_reads_the_pages_reads_here(busy: Room, pool: ThreadPoolExecutor) -> None:
    counter = counter_of(busy, pool, lambda _: PageReader("ana"))
    assert counter.ask("/runs", authorization="").status_code == 200
    assert counter.ask("/runs", authorization="Bearer wrong").status_code == 401


def test_answers_are_kept_by_nobody_else(counter: Counter) -> None:
    for path in PATHS:
        headers = counter.ask(path).headers
        assert headers["cache-control"] == "private, no-cache"
        assert headers["vary"] == "Authorization, Cookie"
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
