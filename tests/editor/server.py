"""A YAML language server as an editor talks to it: JSON-RPC over its standard input and output."""

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HOME = HERE.parents[1] / "build" / "editor"
OLDEST = 18
"""The oldest Node.js that this version of the server runs on."""
_PATIENCE = 60


class Missing(Exception):
    """What this needs cannot be had here; the words name it."""


def install() -> Path:
    """The server's program, installed below `build/` as the lock file has it. Missing when it cannot be had."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is missing: install Node.js {OLDEST} or newer (apt-get install nodejs npm)")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST:
        raise Missing(f"Node.js is {version}, and {OLDEST} or newer is needed")
    HOME.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, HOME / name)
    words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(words, cwd=HOME, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"npm cannot install yaml-language-server: {done.stderr.strip().splitlines()[-1:]}")
    return HOME / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


class Editor:
    """One session: opens texts, and asks what an editor asks."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process, self._asked = process, 0
        self._answers: dict[int, Any] = {}
        self._heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self._told: dict[str, list[dict[str, Any]]] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def begin(self, folder: Path) -> None:
        """Say hello, and that schemas are those that the files name."""
        able = {"textDocument": {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}}}
        self._ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": able})
        self._say("initialized", {})
        settings = {"yaml": {"schemaStore": {"enable": False}, "completion": True, "hover": True, "validate": True}}
        self._say("workspace/didChangeConfiguration", {"settings": settings})

    def open(self, path: Path, text: str) -> str:
        """Open a text as that file, and give back its address."""
        told = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._say("textDocument/didOpen", {"textDocument": told})
        return told["uri"]  # type: ignore[return-value]

    def completions(self, uri: str, line: int, column: int) -> dict[str, dict[str, Any]]:
        """What is offered at a place (from 0), by its label."""
        answer = self._ask("textDocument/completion", _at(uri, line, column))
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {str(one["label"]): one for one in items}

    def hover(self, uri: str, line: int, column: int) -> str:
        """What is said of the word at a place."""
        answer = self._ask("textDocument/hover", _at(uri, line, column))
        contents = (answer or {}).get("contents", "")
        return str(contents.get("value", "") if isinstance(contents, dict) else contents)

    def complaints(self, uri: str) -> list[dict[str, Any]]:
        """What is underlined in a text."""
        while uri not in self._told:
            self._hear()
        return self._told[uri]

    def _say(self, method: str, params: object) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def _ask(self, method: str, params: object) -> Any:  # noqa: ANN401  (whatever the server answers)
        self._asked += 1
        mine = self._asked
        self._write({"jsonrpc": "2.0", "id": mine, "method": method, "params": params})
        while mine not in self._answers:
            self._hear()
        answer = self._answers.pop(mine)
        assert "error" not in answer, answer
        return answer.get("result")

    def _hear(self) -> None:
        message = self._heard.get(timeout=_PATIENCE)
        if "method" in message and "id" in message:  # what the server asks of the editor: its settings, say
            held = [None] * len(message["params"].get("items", ())) if isinstance(message["params"], dict) else None
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": held})
        elif message.get("method") == "textDocument/publishDiagnostics":
            self._told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message:
            self._answers[message["id"]] = message

    def _write(self, message: object) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while line := pipe.readline():
            length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else 0
            while length and pipe.readline().strip():
                pass
            if length:
                self._heard.put(json.loads(pipe.read(length)))


def _at(uri: str, line: int, column: int) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}


@contextmanager
def editing(folder: Path) -> Iterator[Editor]:
    """A session in a folder; the server ends with it."""
    process = subprocess.Popen(
        ["node", str(install()), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        editor = Editor(process)
        editor.begin(folder)
        yield editor
    finally:
        process.kill()
        process.wait()
