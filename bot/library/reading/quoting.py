"""A value that is no YAML, put in quotes where it stands: what an advice says, done to the text."""

import re
from typing import NamedTuple

from bot.library.problems import Problem

_ADVICE = re.compile(r"([A-Za-z_][\w. -]*): (?:([\"'].*[\"'])|\| and the value .*)")


class Quoted(NamedTuple):
    """Characters `start` to `end` of the text, and what has to stand there."""

    start: int
    end: int
    text: str


def quoted_value(text: str, problem: Problem) -> Quoted | None:
    """The advice is a key with its whole value, in quotes or below it; None where it is another."""
    said = _ADVICE.fullmatch(problem.hint)
    begins = place_of(text, problem) - problem.column + 1
    line = text[begins:].split("\n", 1)[0].rstrip()
    at = line.find(f"{said[1]}:") if said is not None else -1
    if said is None or at < 0:
        return None
    inner = _within_braces(line, problem, said[1], (said[2] or "")[1:-1])
    if inner is not None:
        return Quoted(begins + inner[0], begins + inner[1], said[2])
    value = line[at + len(said[1]) + 1 :].strip()
    below = f"|\n{' ' * (at + 2)}{value}"
    return Quoted(begins + len(line) - len(value), begins + len(line), said[2] or below)


def quoted_in_line(text: str, problem: Problem) -> str | None:
    """The text with the value in quotes, its lines where they were; None where the advice is another."""
    found = quoted_value(text, problem)
    return text[: found.start] + found.text + text[found.end :] if found and "\n" not in found.text else None


def place_of(text: str, problem: Problem) -> int:
    """How many characters come before the problem."""
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: problem.line - 1]) + problem.column - 1


def _within_braces(line: str, problem: Problem, key: str, value: str) -> tuple[int, int] | None:
    """Where the value stands that the advice quotes, as one of several of its line that begins before the problem."""
    written = re.compile(rf"[{{,\[] *{re.escape(key)}: +({re.escape(value)})") if value else None
    found = [one.span(1) for one in written.finditer(line, 0) if one.start() < problem.column] if written else []
    return found[-1] if found else None
