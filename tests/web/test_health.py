"""Alive is one word; ready names each part, and says why one is not."""

import threading

import pytest

from bot.web import health
from bot.web.health import NotReady, health_routes
from tests.web.asgi import ask


def migrated() -> str:
    return "SQLite, up to date."


def test_alive_does_not_ask_the_parts() -> None:
    def asked() -> str:
        raise AssertionError("asked")

    answer = ask(health_routes({"database": asked}), "GET", "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


def test_ready_names_each_part_and_why_one_is_not() -> None:
    said = ["Two connections."]

    def slack() -> str:
        if not said:
            raise NotReady("Slack refuses the token: make a new one.")
        return said[0]

    routes = health_routes({"database": migrated, "slack": slack})
    answer = ask(routes, "GET", "/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "parts": {
            "database": {"ready": True, "says": "SQLite, up to date."},
            "slack": {"ready": True, "says": "Two connections."},
        },
    }
    said.clear()
    answer = ask(routes, "GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"]["ready"]
    assert answer.json()["parts"]["slack"] == {"ready": False, "says": "Slack refuses the token: make a new one."}


def test_a_part_that_breaks_or_hangs_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither hides the others, and the reader of the page learns no secret from the failure."""
    monkeypatch.setattr(health, "PROBE_WITHIN", 0.1)
    release = threading.Event()

    def breaks() -> str:
        raise OSError("postgresql://me:hush@db")

    def hangs() -> str:
        release.wait(5)
        return "late"

    threading.Timer(1, release.set).start()
    answer = ask(health_routes({"database": migrated, "clock": breaks, "slack": hangs}), "GET", "/readyz")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["database"]["ready"]
    assert parts["slack"] == {"ready": False, "says": "No answer within 0.1 seconds."}
    assert parts["clock"] == {"ready": False, "says": "Broken: OSError. The log says more."}
    assert "hush" not in answer.text


def test_only_what_a_restart_mends_is_a_reason_for_one() -> None:
    """`/livez` asks nothing else: a database that is away comes back without us."""

    def deaf() -> str:
        raise NotReady("No connection to Slack for 130 s, though it answers.")

    def away() -> str:
        raise NotReady("The database does not answer.")

    assert ask(health_routes({"database": away}), "GET", "/livez").status_code == 200
    answer = ask(health_routes({"database": migrated}, lives=deaf), "GET", "/livez")
    assert answer.status_code == 503
    assert answer.json() == {"alive": False, "says": "No connection to Slack for 130 s, though it answers."}


def test_a_process_that_ends_is_not_ready_whatever_is_asked() -> None:
    def ends() -> str:
        raise NotReady("It ends.")

    routes = health_routes({"process": ends, "database": migrated}, {"process"})
    assert ask(routes, "GET", "/readyz?only=database").status_code == 503
    assert ask(routes, "GET", "/healthz").status_code == 200
