"""Real shells in a folder of their own: commands are run in batches, one process of each shell for all of them.

Programs there are stand-ins that note each word they were handed, but for those through which words could be run.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.library.check import check_files
from tests.library.faulty import CATALOGUE, HEAD, TAIL

_KNOWN: Mapping[str, Sequence[str]] = {
    "bash": ("--norc", "--noprofile"), "dash": (), "busybox": ("sh",), "zsh": ("-f",), "ksh": (), "mksh": (),
    "yash": (),
}  # fmt: skip
SHELLS: Mapping[str, Sequence[str]] = {
    name: (found, *more) for name, more in _KNOWN.items() if (found := shutil.which(name)) is not None
}
"""The shells of this machine, each with the words that start it."""
NOTES = ("show", "grep", "logme", "deploy", "restore")
"""Programs that note their words and do nothing."""
_REAL = (
    "touch", "sh", "bash", "dash", "cat", "tee", "xargs", "find", "env", "nice", "timeout", "nohup", "awk", "sed",
    "tar", "sort", "expr", "true", "wc",
)  # fmt: skip
_STAND_INS = {
    "ssh": 'shift; exec sh -c "$*"',
    "su": 'while [ "$1" != -c ]; do shift || exit; done; exec sh -c "$2"',
    "sudo": 'while [ "${1#-}" != "$1" ]; do [ "$1" = -u ] && shift; shift; done; exec "$@"',
    "psql": 'for word; do [ "$last" = -c ] && sh -c "${word#*!}"; last=$word; done; sh',
}  # fmt: skip
_NOTE = '#!/bin/sh\nfor word; do printf \'%s\\0\' "$word"; done >> "$NOTED"\n'
_MOST_STEPS = 480
_EACH = 'for file in ../commands/*; do ( cd "${file##*/}" && . "../$file" ) </dev/null >/dev/null 2>&1; done\n'


@dataclass(frozen=True)
class Sandbox:
    """A folder with a path of its own, in which commands are run."""

    folder: Path

    def run(self, commands: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        """Run them in every shell; for each, its name and the words that its programs were handed."""
        self._lay(commands)
        for shell, start in SHELLS.items():
            noted, place = self.folder / f"noted-{shell}", self.folder / "place"
            shutil.rmtree(place, ignore_errors=True)
            for number in range(len(commands)):
                (place / f"{number:05}").mkdir(parents=True)
            noted.write_bytes(b"")
            spoken = {
                "PATH": str(self.folder / "programs"),
                "NOTED": str(noted),
                "HOME": str(place),
                "LC_ALL": "C.UTF-8",
            }
            _finish([*start, str(self.folder / "each")], place, spoken)
            yield shell, noted.read_bytes().decode(errors="replace").split("\0")[:-1]

    @property
    def ran(self) -> bool:
        """Whether anything ran what a value held."""
        return any(self.folder.rglob("PWN*"))

    def _lay(self, commands: Sequence[str]) -> None:
        programs, written = self.folder / "programs", self.folder / "commands"
        if not programs.exists():
            programs.mkdir()
            for name in _REAL:
                (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
            scripts = dict.fromkeys(NOTES, _NOTE) | {name: f"#!/bin/sh\n{how}\n" for name, how in _STAND_INS.items()}
            for name, script in scripts.items():
                (programs / name).write_text(script)
                (programs / name).chmod(0o755)
            (self.folder / "each").write_text(_EACH)
        shutil.rmtree(written, ignore_errors=True)
        written.mkdir()
        for number, command in enumerate(commands):
            (written / f"{number:05}").write_text(f"{command}\n")


def _finish(words: Sequence[str], place: Path, spoken: Mapping[str, str]) -> None:
    """Run it to its end; what takes too long is ended with everything that it started."""
    with subprocess.Popen(
        words, cwd=place, env=spoken, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as shell:  # fmt: skip
        try:
            shell.wait(timeout=100)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)


def accepted(commands: Sequence[str], variables: str = "note: {type: string, default: x}") -> list[bool]:
    """What `check` says of runbooks with these commands, in which `vars.note` is free text unless said otherwise."""
    return [good for part in batched(commands, _MOST_STEPS) for good in _accepted(part, variables)]


def batched(commands: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The commands in order, some at a time."""
    yield from (commands[at : at + size] for at in range(0, len(commands), size))


def _accepted(commands: Sequence[str], variables: str) -> list[bool]:
    head = HEAD.replace("vars: {", f"vars: {{{variables}, ")
    steps = [
        f"  - {{id: s{number}, do: Look, command: {_in_yaml(command)}, go: {{ok: hold}}}}"
        for number, command in enumerate(commands)
    ]
    text = "\n".join([head, "steps:", *steps, TAIL])
    first = head.count("\n") + 3
    files = {"catalogue.yaml": CATALOGUE, "book.yaml": text}
    told = check_files((name, held.encode()) for name, held in files.items()).problems
    bad = {one.line - first for one in told if one.rule == "T1"}
    assert not [one for one in told if one.rule.startswith("S")], told
    return [number not in bad for number in range(len(commands))]


def _in_yaml(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', width=10**9).strip().removesuffix("\n...")
