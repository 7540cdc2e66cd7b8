"""A rolling restart behind nginx, and a walk behind PgBouncer: with the real programs, on this machine alone."""

import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from bot.engine.verifying import verify_run
from bot.journal.database import Pooling, migrate, open_engine
from bot.journal.store import Journal
from bot.library.registry import load_shelf
from bot.run.commands import AddNote
from bot.wiring.local import seed_of
from bot.workspace.serve import Options, Workspace
from tests.conftest import open_postgres
from tests.engine.office import Office
from tests.wiring.running import RUNBOOKS, Running, running
from tests.wiring.test_serving import SECRET, signed

_NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 200; }}
http {{
  access_log off;
  upstream handrail {{ {servers} keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://handrail; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_next_upstream off;
    }}
  }}
}}
"""
_OK, _ENOUGH = 200, 100
_AT_ONCE, _NOTES = 10, 120
_BODY = urlencode({
    "command": "/recover", "text": "help", "user_id": "U0ANA", "team_id": "T0LOCAL", "channel_id": "C0INC",
    "channel_name": "incidents", "user_name": "ana", "trigger_id": "1.2.3", "response_url": "http://127.0.0.1:9/",
})  # fmt: skip
_PGBOUNCER = """
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = {folder}/log
pidfile = {folder}/pid
unix_socket_dir =
"""


def restart_behind_nginx() -> None:
    """Both replicas are replaced, one after the other; of the requests that come meanwhile none fails.

    nginx tries nobody else, and does not look by itself: a thread does what a balancer does that asks `/readyz`.
    """
    workspace = Workspace.start(
        seed_of(load_shelf(Path(RUNBOOKS)).catalogue), Options(pacing=False, signing_secret=SECRET)
    )
    with open_postgres() as server, tempfile.TemporaryDirectory(prefix="handrail-nginx-") as name:
        environment = {
            "SLACK_API_URL": workspace.api_url, "SLACK_BOT_TOKEN": workspace.tokens.bot, "SLACK_SIGNING_SECRET": SECRET,
            "DATABASE_URL": server.get_uri(), "HANDRAIL_RUNBOOKS": RUNBOOKS, "HANDRAIL_DRAIN": "5",
        }  # fmt: skip
        with running(["migrate"], environment) as migration:
            assert migration.wait() == 0, migration.said()
        ports = [_free_port(), _free_port()]
        with ExitStack() as stack:
            replicas = [stack.enter_context(_serving(environment, port)) for port in ports]
            address = stack.enter_context(_balanced(Path(name), ports))
            with _asking(address) as answers:
                for port, replica in zip(ports, replicas, strict=True):
                    assert replica.end()[0] == 0, replica.said()
                    stack.enter_context(_serving(environment, port))
                    time.sleep(2)  # until the balancer sends it something
        failed = [one for one in answers if one != _OK]
        print(f"   {len(answers)} requests, {len(failed)} failed")
        assert len(answers) > _ENOUGH
        assert not failed, failed
    workspace.stop()


def walk_behind_pgbouncer() -> None:
    """Ten at a time write into one run over three connections that change hands with each transaction."""
    with open_postgres() as server, tempfile.TemporaryDirectory(prefix="handrail-pgbouncer-") as name:
        folder, port = Path(name), _free_port()
        folder.chmod(0o777)
        direct = open_engine(server.get_uri())
        migrate(direct)
        host = parse_qs(urlsplit(server.get_uri()).query)["host"][0]
        file = folder / "pgbouncer.ini"
        file.write_text(_PGBOUNCER.format(host=host, port=port, folder=folder), encoding="utf-8")
        with _running(["pgbouncer", "-q", "-u", Path(host).owner(), str(file)], port):
            engine = open_engine(f"postgresql://postgres@127.0.0.1:{port}/postgres", Pooling(10, by_transaction=True))
            office = Office(Journal(engine))
            run = office.start("signing")
            with ThreadPoolExecutor(_AT_ONCE) as people:
                made = [
                    people.submit(office.handler.handle, run.id, AddNote(f"note {number}"), "ana", "slack")
                    for number in range(_NOTES)
                ]
                for one in made:
                    one.result()
            engine.dispose()
        kept = Journal(direct)
        row = kept.run_row(run.id)
        assert row is not None
        print(f"   {row.head} records")
        assert row.head > _NOTES
        assert verify_run(kept, office.book_of, run.id, office.at).faults == ()
        direct.dispose()


@contextmanager
def _serving(environment: dict[str, str], port: int) -> Iterator[Running]:
    with running(["serve"], environment | {"HANDRAIL_HTTP": f"127.0.0.1:{port}"}) as serve:
        serve.wait_ready()
        yield serve


@contextmanager
def _balanced(folder: Path, ports: list[int]) -> Iterator[str]:
    """nginx in front of whoever says that they are ready, asked four times a second; its address."""
    port, file, stopping = _free_port(), folder / "nginx.conf", threading.Event()

    def write(ready: list[int]) -> None:
        servers = " ".join(f"server 127.0.0.1:{one} max_fails=0;" for one in ready)
        file.write_text(_NGINX.format(folder=folder, port=port, servers=servers), encoding="utf-8")

    def look() -> None:
        before = ports
        while not stopping.wait(0.25):
            ready = [one for one in ports if _is_ready(one)]
            if ready and ready != before:
                before = ready
                write(ready)
                subprocess.run(["nginx", "-c", file, "-p", folder, "-s", "reload"], check=False, capture_output=True)

    write(ports)
    with _running(["nginx", "-c", str(file), "-p", str(folder)], port):
        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            stopping.set()
            thread.join()


def _is_ready(port: int) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/readyz?only=database,runbooks,clock").status_code == _OK
    return False


@contextmanager
def _asking(address: str) -> Iterator[list[int]]:
    """Somebody who asks something of the bot twenty times a second; what came of each, 0 for no answer."""
    answers: list[int] = []
    stopping = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=30) as client:
            while not stopping.wait(0.05):
                body = f"{_BODY}&number={len(answers)}"  # the same request twice in a second is refused as a repetition
                try:
                    answer = client.post(f"{address}/slack/events", content=body, headers=signed(body))
                    answers.append(answer.status_code)
                except httpx.HTTPError:
                    answers.append(0)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        stopping.set()
        thread.join()


@contextmanager
def _running(words: list[str], port: int) -> Iterator[None]:
    """A program, once it listens."""
    started = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, f"{words[0]} does not listen"
                assert started.poll() is None, f"{words[0]} ended"
                time.sleep(0.05)
        yield
    finally:
        started.terminate()
        started.wait(30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
