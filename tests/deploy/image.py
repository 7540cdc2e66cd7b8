"""The steps of the Dockerfile, done without Docker: what is copied, installed and started, in a folder."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bot.library.registry import load_shelf
from bot.wiring.local import seed_of
from bot.workspace.serve import Workspace
from tests.workspace.office import AT_ONCE

ROOT = Path(__file__).parents[2]


def rehearse() -> None:
    """Copies what the Dockerfile copies and .dockerignore lets through, installs as it does, starts what it starts."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="handrail-image-") as name:
        home = Path(name)
        build, venv = home / "build", home / "venv"
        copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)]
        for source in [one for several in copied for one in several]:
            assert _is_let_through(source), f".dockerignore keeps {source} out, and the Dockerfile copies it"
            _copy(ROOT / source, build / source)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip: list[str | Path] = [venv / "bin" / "pip", "--quiet", "--disable-pip-version-check", "install"]
        assert "pip install --require-hashes --requirement requirements.txt" in text
        subprocess.run([*pip, "--require-hashes", "--requirement", "requirements.txt"], cwd=build, check=True)
        assert "pip install --no-deps ." in text
        subprocess.run([*pip, "--no-deps", "."], cwd=build, check=True)
        _start(venv / "bin", home, build / "runbooks")
        _try(venv / "bin", home / "elsewhere")


def _is_let_through(source: str) -> bool:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    return f"!{source.strip('./')}" in lines


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def _start(programs: Path, home: Path, runbooks: Path) -> None:
    """As the image does, with its variables, in an empty working folder."""
    state = home / "state"
    state.mkdir()
    workspace = Workspace.start(seed_of(load_shelf(runbooks).catalogue), AT_ONCE)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(state), "HANDRAIL_RUNBOOKS": str(runbooks),
        "HANDRAIL_HTTP": "127.0.0.1:0", "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot, "SLACK_APP_TOKEN": workspace.tokens.app,
    }  # fmt: skip
    started = subprocess.Popen(
        [programs / "handrail", "serve"], cwd=state, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        address = ""
        assert started.stderr is not None
        for line in started.stderr:
            said = json.loads(line)
            address = said.get("http", address)
            if said["event"] == "ready":
                break
        assert httpx.get(f"{address}/healthz", timeout=30).status_code == 200
        began = time.monotonic()
        started.terminate()
        assert started.wait(60) == 0
        print(f"   ended in {time.monotonic() - began:.1f} s")
        assert (state / "handrail.db").is_file()
    finally:
        started.kill()
        workspace.stop()


def _try(programs: Path, empty: Path) -> None:
    """`handrail try` in an empty folder brings the shipped runbooks along."""
    empty.mkdir()
    words: list[str | Path] = [programs / "handrail", "try", "--no-browser", "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(empty), "PYTHONUNBUFFERED": "1"}
    started = subprocess.Popen(words, cwd=empty, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout is not None
        said = ""
        for line in started.stdout:
            said += line
            if "http://" in line:
                break
        assert "http://" in said, said
        started.terminate()
        assert started.wait(60) == 0
    finally:
        started.kill()
