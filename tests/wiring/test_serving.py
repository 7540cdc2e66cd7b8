"""`handrail serve` as a process: it gets ready, says how it is, and ends in order, however it is ended."""

import hashlib
import hmac
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bot.library.registry import load_shelf
from bot.wiring.local import seed_of
from bot.workspace.serve import Options, Workspace
from tests.wiring.running import RUNBOOKS, running

SECRET = "0123456789abcdef0123456789abcdef"
PARTS = {"process", "database", "slack", "runbooks", "clock", "auditor"}
DIES = """
import bot.workers.clock
def dies(self, stopping): raise OSError("out of time")
bot.workers.clock.Clock.run = dies
"""
HANGS = """
import bot.workers.clock, time
bot.workers.clock.Clock.run = lambda self, stopping: time.sleep(600)
"""


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    seed = seed_of(load_shelf(Path(RUNBOOKS)).catalogue)
    running_workspace = Workspace.start(seed, Options(pacing=False, signing_secret=SECRET))
    yield running_workspace
    running_workspace.stop()


@pytest.fixture
def environment(workspace: Workspace, tmp_path: Path) -> dict[str, str]:
    return {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_APP_TOKEN": workspace.tokens.app,
        "DATABASE_URL": f"sqlite:///{tmp_path}/handrail.db",
        "HANDRAIL_RUNBOOKS": RUNBOOKS,
        "HANDRAIL_HTTP": "127.0.0.1:0",
    }


def by_http(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name != "SLACK_APP_TOKEN"} | {
        "SLACK_SIGNING_SECRET": SECRET
    }


def signed(body: str, secret: str = SECRET) -> dict[str, str]:
    at = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return kind | {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}"}


def test_it_gets_ready_names_its_parts_and_ends_in_order(environment: dict[str, str]) -> None:
    with running(["serve"], environment, cold=True) as serve:
        address = serve.wait_ready()
        assert httpx.get(f"{address}/healthz").status_code == 200
        answer = httpx.get(f"{address}/readyz")
        assert answer.status_code == 200, answer.text
        assert answer.json()["parts"].keys() == PARTS
        assert httpx.post(f"{address}/slack/events").status_code == 404
        pages = serve.wait_for_output(lambda said: "?token=" in said).split()[-1]
        assert pages.startswith(f"{address}/?token=")
        with httpx.Client(follow_redirects=True) as browser:
            assert browser.get(pages).status_code == 200
            assert browser.get(f"{address}/runs").status_code == 200
        assert httpx.get(f"{address}/runs").status_code == 403
        assert pages.partition("token=")[2] not in serve.said()
        code, _ = serve.end()
    assert code == 0, serve.said()
    assert not any(line.get("level") in ("error", "critical") for line in serve.lines), serve.said()
    assert environment["SLACK_BOT_TOKEN"] not in serve.said()


def test_it_takes_signed_requests_where_there_is_no_app_token(environment: dict[str, str]) -> None:
    body = urlencode({
        "command": "/recover", "text": "help", "user_id": "U0ANA", "team_id": "T0LOCAL", "channel_id": "C0INC",
        "channel_name": "incidents", "user_name": "ana", "trigger_id": "1.2.3", "response_url": "http://127.0.0.1:9/",
    })  # fmt: skip
    with running(["serve"], by_http(environment)) as serve:
        url = f"{serve.wait_ready()}/slack/events"
        answer = httpx.post(url, content=body, headers=signed(body))
        assert answer.status_code == 200, serve.said()
        assert "/recover" in json.dumps(answer.json())
        assert httpx.post(url, content=body, headers=signed(body, "f" * 32)).status_code == 401
        assert serve.end()[0] == 0


def test_told_to_end_it_says_so_goes_on_for_a_while_and_tells_systemd(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """A balancer that asks `/readyz` sends what is new elsewhere; what still comes is answered, on its last line."""
    notices = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(notices))
        ear.settimeout(60)
        more = {"HANDRAIL_DRAIN": "300", "NOTIFY_SOCKET": str(notices)}
        with running(["serve"], by_http(environment) | more) as serve:
            address = serve.wait_ready()
            assert ear.recv(500).startswith(b"READY=1\nSTATUS=Serves at http://127.0.0.1:")
            before = httpx.get(f"{address}/readyz?only=database")
            assert (before.status_code, before.headers.get("connection")) == (200, None)
            serve.process.send_signal(signal.SIGTERM)
            while httpx.get(f"{address}/readyz?only=database").status_code != 503:
                time.sleep(0.02)
            answer = httpx.get(f"{address}/healthz")
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")
            assert serve.end(signal.SIGINT)[0] == 0
        assert ear.recv(500) == b"STOPPING=1"


def test_a_second_server_on_the_same_file_is_refused(environment: dict[str, str]) -> None:
    """Another command may work beside it; when the first is gone the second may serve."""
    with running(["serve"], environment) as first:
        first.wait_ready()
        with running(["serve"], environment) as second:
            assert second.wait() == 2
            assert f"process {first.process.pid}" in second.said()
        with running(["runs"], environment) as beside:
            assert beside.wait() == 0, beside.said()
        first.end(signal.SIGKILL)
    with running(["serve"], environment) as second:
        second.wait_ready()


def test_a_part_that_dies_takes_the_process_with_it(environment: dict[str, str]) -> None:
    with running(["serve"], environment, script=DIES) as serve:
        assert serve.wait_for("a part died")["part"] == "clock"
        assert serve.wait() == 1
    assert "out of time" in serve.said()


def test_a_part_that_hangs_cannot_hold_the_end(environment: dict[str, str]) -> None:
    with running(["serve"], environment, script=HANGS) as serve:
        serve.wait_for("serving")
        assert serve.end()[0] == 0
        assert "clock" in serve.wait_for("parts were left behind")["parts"]


def test_a_postgresql_without_tables_is_refused_until_it_is_migrated(
    environment: dict[str, str], bare_postgres: str
) -> None:
    environment |= {"DATABASE_URL": bare_postgres}
    with running(["serve"], environment) as serve:
        assert serve.wait() == 2
        assert "handrail migrate" in serve.said()
    with running(["migrate"], environment, cold=True) as migrate:
        assert migrate.wait() == 0, migrate.said()
    with running(["serve"], environment) as serve:
        address = serve.wait_ready()
        assert "PostgreSQL" in httpx.get(f"{address}/readyz").json()["parts"]["database"]["says"]
        assert serve.end()[0] == 0


def test_a_taken_port_and_a_missing_folder_are_said(environment: dict[str, str], tmp_path: Path) -> None:
    with running(["serve"], environment) as serve:
        port = serve.wait_ready().rpartition(":")[2]
        other = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
        with running(["serve"], other | {"HANDRAIL_HTTP": f"127.0.0.1:{port}"}) as second:
            assert second.wait() == 2
            assert "Set HANDRAIL_HTTP to another one" in second.said()
        with running(["serve"], other | {"HANDRAIL_RUNBOOKS": str(tmp_path / "nowhere")}) as second:
            assert second.wait() == 2
            assert "There is no folder of runbooks at" in second.said()


def test_it_is_not_ready_while_slack_is_away_and_says_so(environment: dict[str, str]) -> None:
    """It serves all the same: the record goes on, and Slack is tried again."""
    with running(["serve"], environment | {"SLACK_API_URL": "http://127.0.0.1:9/api/"}) as serve:
        address = serve.wait_for("serving")["http"]
        serve.wait_for("socket not opened")
        answer = httpx.get(f"{address}/readyz")
        assert answer.status_code == 503
        assert "Slack cannot be reached" in answer.json()["parts"]["slack"]["says"]
        assert serve.end()[0] == 0


def test_changed_runbooks_are_taken_in(environment: dict[str, str], tmp_path: Path) -> None:
    """A file that became bad is named in the log, and its last good version keeps serving."""
    folder = tmp_path / "runbooks"
    subprocess.run(["cp", "-r", RUNBOOKS, str(folder)], check=True)
    before = len(load_shelf(folder).runbooks)
    with running(["serve"], environment | {"HANDRAIL_RUNBOOKS": str(folder)}) as serve:
        serve.wait_ready()
        (folder / "postgres-pitr.yaml").write_text("schema: runbook/v1\nid: [\n", encoding="utf-8")
        assert serve.wait_for("runbooks read again")["runbooks"] == before
        assert serve.end()[0] == 0
    places = [line["place"] for line in serve.lines if line.get("event") == "a problem in the runbooks"]
    assert any(place.startswith("postgres-pitr.yaml:") for place in places), serve.said()
