"""Values out of what a command printed: by its exit, by a pattern with a time limit, or by JMESPath."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import jmespath
from jmespath.exceptions import JMESPathError

from bot.format.pieces import Capture

PATTERN_WITHIN = 2.0
"""Seconds for a pattern: Python's engine tries every way to match, and may take for ever on what a stranger prints."""
_LONGEST = 3_000
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
"""What no database takes: JSON may say it of itself."""
_MATCH = "import sys,re,json;p,t=json.load(sys.stdin);m=re.search(p,t,re.M);"
_MATCH += "json.dump(None if m is None else (m[1] if m.re.groups else m[0]),sys.stdout)"


@dataclass(slots=True)
class ReadValues:
    """What was read, by name, and why what was not read was not."""

    captured: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


class _Unread(Exception):
    """A value that is not there; the sentence says what was found instead."""


def read_values(
    captures: Mapping[str, Capture], stdout: str, exit_: int | None, hide: Callable[[str], str] = str
) -> ReadValues:
    """Every value of a step, as text; its type is judged by the rules. `hide` takes secrets out of what people read."""
    found = ReadValues()
    for name, how in captures.items():
        try:
            value = _read(how, stdout, exit_, hide).strip()
        except _Unread as why:
            found.missing[name] = f"“{name}” could not be read: {hide(str(why))}"
            continue
        if len(value) > _LONGEST:
            found.missing[name] = f"“{name}” has {len(value)} characters, and at most {_LONGEST} are taken."
        elif _UNKEPT.search(value):
            found.missing[name] = f"“{name}” holds signs that are no text."
        else:
            found.captured[name] = value
    return found


def _read(how: Capture, stdout: str, exit_: int | None, hide: Callable[[str], str]) -> str:
    if how.from_ == "exit":
        if exit_ is None:
            raise _Unread("it was not seen to exit.")
        return str(exit_)
    if how.jmespath is not None:
        return _by_path(how.jmespath, stdout, hide)
    return stdout if how.pattern is None else _by_pattern(how.pattern, stdout, hide)


def _by_path(path: str, stdout: str, hide: Callable[[str], str]) -> str:
    try:
        value = jmespath.search(path, json.loads(stdout))
    except (ValueError, RecursionError):
        raise _Unread(f"what was printed is not JSON: {_shown(hide(stdout))}") from None
    except JMESPathError as wrong:
        raise _Unread(f"{path} cannot be followed: {str(wrong).splitlines()[0]}") from None
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise _Unread(f"{path} gives {'nothing' if value is None else 'no single value'}.")
    return str(value)


def _by_pattern(pattern: str, stdout: str, hide: Callable[[str], str]) -> str:
    command = [sys.executable, "-I", "-S", "-c", _MATCH]
    asked = json.dumps([pattern, stdout])
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter and script; what is matched comes in as data)
            command, input=asked, capture_output=True, text=True, timeout=PATTERN_WITHIN, check=True, env={}
        )
    except subprocess.TimeoutExpired:
        raise _Unread(f"the pattern took longer than {PATTERN_WITHIN:g} s.") from None
    except subprocess.CalledProcessError:
        raise _Unread("the pattern cannot be used.") from None
    value = json.loads(done.stdout)
    if value is None:
        raise _Unread(f"nothing fits {pattern} in: {_shown(hide(stdout))}")
    return str(value)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line[:120]}{'…' if len(line) > 120 else ''}”" if line else "nothing was printed."  # noqa: PLR2004
