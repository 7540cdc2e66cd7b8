"""Processes under measurement: the instant Slack, the floor, and `handrail serve` as it is run in production."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
SECRET = "5" * 32
PATIENCE = 60.0
Way = Literal["http", "sockets"]


@dataclass(frozen=True)
class Running:
    """A process, what it said first, and how long it took to say it."""

    process: "subprocess.Popen[bytes]"
    said: Mapping[str, Any]
    seconds: float = 0.0

    def end(self) -> float:
        """Ask it to end in order; seconds until it has."""
        begun = time.monotonic()
        self.process.terminate()
        self.process.wait(PATIENCE)
        return time.monotonic() - begun

    @property
    def resident_mb(self) -> float:
        """Memory of the process that is in RAM now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def instant_slack(socket_url: str = "ws://127.0.0.1:9/") -> Iterator[str]:
    """The address of a Slack that answers at once; Socket Mode connections are sent to `socket_url`."""
    with _running([sys.executable, "-m", "benchmarks.rig.slack", socket_url], {}, "port") as slack:
        yield f"http://127.0.0.1:{slack.said['port']}/api/"


@contextmanager
def floor(way: Way, database: str, api_url: str) -> Iterator[str]:
    """The request address of the floor; over sockets it connects by itself."""
    with _running([sys.executable, "-m", "benchmarks.rig.floor", way, database, api_url, SECRET], {}, "port") as run:
        yield f"http://127.0.0.1:{run.said['port']}/slack/events"


@contextmanager
def handrail_serve(
    way: Way, database: str, api_url: str, runbooks: Path, compiled: Path | None = None
) -> Iterator[Running]:
    """`handrail serve`, ready; `seconds` is from the start of the process to its line that says so.

    `compiled` keeps Python's bytecode from one start to the next, as an installed Handrail has it.
    """
    bytecode = {"PYTHONPYCACHEPREFIX": str(compiled), "PYTHONDONTWRITEBYTECODE": ""} if compiled else {}
    with _running(
        [sys.executable, "-c", "from bot.cli import main; main(prog_name='handrail')", "serve"],
        environment(way, database, api_url, runbooks) | bytecode,
        "ready",
    ) as served:
        yield served


def environment(way: Way, database: str, api_url: str, runbooks: Path) -> dict[str, str]:
    """Handrail's settings."""
    app_token = {"SLACK_APP_TOKEN": "xapp-1-A0BENCH-1-benchmark"} if way == "sockets" else {}
    return app_token | {
        "SLACK_BOT_TOKEN": "xoxb-1-benchmark",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": api_url,
        "DATABASE_URL": database,
        "HANDRAIL_RUNBOOKS": str(runbooks),
        "HANDRAIL_HTTP": "127.0.0.1:0",
        "XDG_STATE_HOME": str(runbooks.parent / "state"),
        "XDG_CACHE_HOME": str(runbooks.parent / "cache"),
    }


def ask_slack(api_url: str, what: str) -> Any:  # noqa: ANN401 (whatever it remembers)
    """What the instant Slack remembers: ``told`` (and forgets it), ``calls``."""
    with urlopen(f"{api_url}{what}", timeout=5) as answer:
        return json.load(answer)


@contextmanager
def _running(command: Sequence[str], more: Mapping[str, str], until: str) -> Iterator[Running]:
    """A process that has said a JSON line with this key or event; it is killed at the end."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "SLACK_"))}
    begun = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env={**inherited, "PYTHONPATH": str(ROOT), **more}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        try:
            said = _listen(process, until)
            seconds = time.monotonic() - begun
            _drain(process)
            yield Running(process, said, seconds)
        finally:
            process.kill()


def _listen(process: "subprocess.Popen[bytes]", until: str) -> dict[str, Any]:
    """All that it said up to the line with this key or event, as one."""
    said: dict[str, Any] = {}
    heard: list[str] = []
    for text in process.stdout or ():
        heard.append(text.decode())
        line = _read_line(text)
        said |= {name: value for name, value in line.items() if name != "event"}
        if until in line or line.get("event") == until:
            return said
    raise RuntimeError("A process ended before it was ready:\n" + "".join(heard[-20:]))


def _read_line(text: bytes) -> dict[str, Any]:
    if b"?token=" in text:
        return {"pages": text.split()[-1].decode()}
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _drain(process: "subprocess.Popen[bytes]") -> None:
    """Read on, so that nothing waits for a full pipe; an error is repeated here, since it may explain a number."""

    def read() -> None:
        for text in process.stdout or ():
            if _read_line(text).get("level") in ("error", "critical"):
                sys.stderr.write(text.decode())

    threading.Thread(target=read, daemon=True).start()
