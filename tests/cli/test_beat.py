"""What scripts report of backups, over a real connection: heard, recorded, listed, verified."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest
from click.testing import CliRunner, Result
from starlette.responses import RedirectResponse
from starlette.routing import Route

from bot.cli import main
from bot.journal.hook_tokens import HEARTBEAT, HookTokens
from bot.journal.streams import PROTECTIONS, Streams
from bot.stopping import Stopping
from bot.web.hooks.endpoint import RateLimit
from bot.web.hooks.heartbeat import Listener, heartbeat_route
from bot.wiring.house import House, new_id
from bot.wiring.process.webserver import serve_web

RUNBOOKS = Path(__file__).parent.parent.parent / "runbooks"


@contextmanager
def listening(routes: list[Route]) -> Iterator[str]:
    bound, stopping = socket.create_server(("127.0.0.1", 0)), Stopping()
    serving = threading.Thread(target=serve_web, args=(routes, bound, stopping))
    serving.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    stopping.set()
    serving.join()
    bound.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    yield house
    house.close()


@pytest.fixture
def hook(house: House) -> Iterator[tuple[str, str]]:
    """Where it listens, and a token of the orders database."""
    journal = house.journal()
    tokens = HookTokens(journal, house.now, new_id)
    streams = Streams(journal, PROTECTIONS)
    with ThreadPoolExecutor(1) as pool:
        listener = Listener(lambda: house.registry().catalogue, streams, tokens, house.now, RateLimit(300, monotonic))
        with listening([heartbeat_route(listener, pool)]) as address:
            yield address, tokens.make(HEARTBEAT, "orders-db", "ana")[0]


def say(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def test_a_script_reports_and_the_record_of_it_is_listed_and_verified(
    environment: dict[str, str], hook: tuple[str, str]
) -> None:
    known = environment | {"HANDRAIL_PUBLIC_URL": hook[0], "HANDRAIL_BEAT_TOKEN": hook[1]}
    heard = say(known, "beat", "orders-db", "full", "--size", "12", "--said", "weekly")
    assert (heard.exit_code, heard.output) == (0, "Heard.\n")
    done = say(known, "beat", "orders-db", "wal", "--", "true")
    assert done.exit_code == 0, done.output
    failed = say(known, "beat", "orders-db", "full", "--", "sh", "-c", "exit 7")
    assert failed.exit_code == 7, "the exit code of what was run"
    assert say(known, "beat", "orders-db", "daily").exit_code == 2
    listed = say(environment, "protections", "orders-db").output
    assert "orders-db/full" in listed
    assert "failed at s3-backups" in listed
    record = say(environment, "protections", "orders-db", "full").output
    assert "heard: ok" in record
    assert "12 bytes: weekly" in record
    assert "heard: failed" in record
    assert "exit 7" in record
    assert say(environment, "protections", "orders-db", "full", "--format", "jsonl").output.count("\n") == 4
    verified = say(environment, "verify", "--allow-empty")
    assert verified.exit_code == 0, verified.output
    assert "2 records hold" in verified.output


def test_a_report_that_does_not_arrive_keeps_the_exit_code_of_the_backup_and_goes_nowhere_else(
    environment: dict[str, str], hook: tuple[str, str]
) -> None:
    """Whoever redirects does not get the token."""
    caught: list[str | None] = []

    def catch(request: object) -> RedirectResponse:
        caught.append(request.headers.get("authorization"))  # type: ignore[attr-defined]
        return RedirectResponse("/elsewhere", 302)

    wrong = environment | {"HANDRAIL_PUBLIC_URL": hook[0], "HANDRAIL_BEAT_TOKEN": "hrh-" + "0" * 64}
    refused = say(wrong, "beat", "orders-db", "full", "--", "true")
    assert refused.exit_code == 0
    assert "did not arrive: Send a token of this asset" in refused.output
    assert say(wrong, "beat", "orders-db", "full").exit_code == 2
    with listening([Route("/hooks/{rest:path}", catch, methods=["POST"]), Route("/elsewhere", catch)]) as address:
        sent = say(environment | {"HANDRAIL_BEAT_TOKEN": hook[1]}, "beat", "orders-db", "full", "--url", address)
    assert sent.exit_code == 2
    assert caught == [f"Bearer {hook[1]}"], "asked once, and not where it was sent on to"


def test_a_restore_test_that_fails_is_reported_as_one_that_failed(
    environment: dict[str, str], house: House, hook: tuple[str, str]
) -> None:
    known = environment | {"HANDRAIL_PUBLIC_URL": hook[0], "HANDRAIL_BEAT_TOKEN": hook[1]}
    say(known, "beat", "orders-db", "full")
    failed = say(known, "beat", "orders-db", "full", "--restore-test", "ok", "--", "sh", "-c", "exit 3")
    assert failed.exit_code == 3, failed.output
    assert "damaged at s3-backups" in say(environment, "protections", "orders-db").output
    tried = Streams(house.journal(), PROTECTIONS).state("orders-db/full").test
    assert tried is not None
    assert not tried.worked


def test_what_stands_against_a_report_is_said_before_the_backup_is_made(
    environment: dict[str, str], tmp_path: Path
) -> None:
    made = str(tmp_path / "made")
    nowhere = say(environment, "beat", "orders-db", "full", "--url", "example.com", "--", "touch", made)
    unknown = say(environment, "beat", "orders-db", "full", "--url", "http://127.0.0.1:9", "--", "touch", made)
    assert (nowhere.exit_code, unknown.exit_code) == (2, 2)
    assert not Path(made).exists()


def test_tokens_of_hooks_are_made_listed_and_revoked(environment: dict[str, str], house: House) -> None:
    house.journal()
    assert say(environment, "token", "new", "--scope", "heartbeat").exit_code == 2
    assert "no asset nowhere" in say(environment, "token", "new", "--scope", "heartbeat", "--asset", "nowhere").output
    made = [say(environment, "token", "new", "--scope", "heartbeat", "--asset", "orders-db").output for _ in range(3)]
    assert "counts until" in made[1]
    assert "handrail token revoke" in made[2]
    listed = say(environment, "token", "list").output.splitlines()
    assert len(listed) == 2
    assert all("heartbeat of orders-db" in line and made[0].splitlines()[0] not in line for line in listed)
    assert say(environment, "token", "revoke", listed[0].split()[0]).exit_code == 0
    assert len(say(environment, "token", "list").output.splitlines()) == 1


def test_an_asset_is_drawn_from_its_data_to_its_restore(environment: dict[str, str]) -> None:
    drawn = say(environment, "show", "orders-db", "--folder", str(RUNBOOKS)).output
    for words in (
        "DATA Orders database", "started by a systemd timer on pg-orders-1", "copied to", "access: Data platform",
        "late or damaged there, and the secondary is young: from here", "full: Data platform",
        "handed to whoever is on call in data-platform-primary", "RESTORE PostgreSQL",
    ):  # fmt: skip
        assert words in drawn
    mermaid = say(environment, "show", "orders-db", "--format", "mermaid", "--folder", str(RUNBOOKS)).output
    assert mermaid.startswith("flowchart LR\n  data[(")
    assert say(environment, "show", "orders-db", "--format", "png", "--folder", str(RUNBOOKS)).exit_code == 2
