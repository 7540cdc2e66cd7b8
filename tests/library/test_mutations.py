"""Files that somebody or something has damaged: always problems with a place, soon, and in little memory."""

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.library.check import check_files
from bot.library.problems import Problem
from bot.library.reading.syntax import MAX_BYTES
from tests.library.faulty import CATALOGUE
from tests.pace import at_most

SOUND = [path.read_bytes() for path in sorted((Path(__file__).parents[2] / "runbooks").glob("*.yaml"))]
MEGABYTES = 192
"""For one file. A megabyte of YAML in its 100,000 values takes some 100 MB while it is read."""

Mutation = Callable[[random.Random, bytes], bytes]


def cut(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data))]


def tear(dice: random.Random, data: bytes) -> bytes:
    """A piece is missing in the middle."""
    at = dice.randrange(len(data))
    return data[:at] + data[at + dice.randint(1, 3000) :]


def flip(dice: random.Random, data: bytes) -> bytes:
    """Some bytes are others."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 40)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def swap_lines(dice: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(dice.randint(1, 20)):
        a, b = dice.randrange(len(lines)), dice.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def indent(dice: random.Random, data: bytes) -> bytes:
    return b"\n".join(b" " * dice.choice([0, 0, 0, 1, 2, 8]) + line for line in data.split(b"\n"))


def swap_words(dice: random.Random, data: bytes) -> bytes:
    """Words stand where others stood: the grammar holds, the meaning does not."""
    words = data.split(b" ")
    for _ in range(dice.randint(1, 60)):
        words[dice.randrange(len(words))] = words[dice.randrange(len(words))]
    return b" ".join(words)


def sprinkle(dice: random.Random, data: bytes) -> bytes:
    signs = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"{{",
        b"}}",
        b"&a ",
        b"*a",
        b"!!x ",
        b"|",
        b">",
        b"'",
        b'"',
        b"\t",
        b"%",
        b"---\n",
    ]
    changed = data
    for _ in range(dice.randint(1, 30)):
        at = dice.randrange(len(changed))
        changed = changed[:at] + dice.choice(signs) + changed[at:]
    return changed


def repeat(dice: random.Random, data: bytes) -> bytes:
    """A piece stands there hundreds of times."""
    at = dice.randrange(len(data))
    piece = data[at : at + dice.randint(1, 2000)]
    return (data[:at] + piece * dice.randint(50, 600) + data[at:])[: MAX_BYTES + 10]


def deepen(dice: random.Random, data: bytes) -> bytes:
    depth = dice.randint(30, 50_000)
    at = data.index(b"\n", dice.randrange(len(data) // 2)) + 1
    return data[:at] + b"x: " + dice.choice([b"[", b"{a: ", b"- "]) * depth + b"\n" + data[at:]


def recode(dice: random.Random, data: bytes) -> bytes:
    text = data.decode()
    codec = dice.choice(["utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "utf-7", "cp500"])
    return text.encode(codec, "replace")


def spoil_text(dice: random.Random, data: bytes) -> bytes:
    """Signs that turn, hide or end a line, in the middle of words."""
    signs = ["\u2028", "\u0085", "\u202e", "\u0000", "\ufeff", "\ud7ff", "\U0010ffff", "\u200b", "\r", "\x1b[2J"]
    text = data.decode()
    for _ in range(20):
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(signs) + text[at:]
    return text.encode()


def pack(dice: random.Random, data: bytes) -> bytes:
    return gzip.compress(data) if dice.random() < 0.5 else zlib.compress(data)


MUTATIONS: tuple[Mutation, ...] = (
    cut, tear, flip, swap_lines, indent, swap_words, sprinkle, repeat, deepen, recode, spoil_text, pack,
)  # fmt: skip


def look_at(data: bytes) -> list[Problem]:
    """The problems of one file, found in time, each with a place inside it and in plain words."""
    with at_most(60):
        report = check_files([("catalogue.yaml", CATALOGUE.encode()), ("x.yaml", data)])
    lines = 2 + len(data.decode("utf-8", "replace").splitlines())
    told = [one for one in report.problems if one.file == "x.yaml"]
    for one in told:
        assert 1 <= one.line <= lines, one
        assert one.column >= 1
        assert one.message.isprintable(), one
        assert not any(word in one.message for word in ("Traceback", "pydantic", "<class", "Error(")), one
    return told


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda one: one.__name__)
def test_a_damaged_file_has_problems_and_breaks_nothing(mutate: Mutation) -> None:
    """Most of the damaged files are found faulty; where a change is harmless there is nothing to find."""
    faulty = 0
    for seed in range(12):
        dice = random.Random(f"{mutate.__name__} {seed}")
        faulty += bool(look_at(mutate(dice, dice.choice(SOUND))))
    assert faulty >= 6


HUGE: dict[str, bytes] = {
    "one long text": b"a: " + b"x" * (MAX_BYTES - 10),
    "a long list": b"- a\n" * (MAX_BYTES // 4),
    "too many steps": b"schema: runbook/v1\nsteps:\n" + b"- {id: a, do: b}\n" * 60_000,
    "a long way": b"schema: runbook/v1\nsteps:\n"
    + b"".join(b"- {id: s%d, do: x, go: {ok: s%d}}\n" % (n, n + 1) for n in range(499)),
    "many people": b"schema: people/v1\npeople:\n" + b"".join(b"- {id: p%d, name: x}\n" % n for n in range(20_000)),
    "one id again and again": b"schema: assets/v1\nassets:\n"
    + b"- {id: a, name: b, type: c, tier: 1, owner: d}\n" * 8_000,
    "nine times nine times nine": b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (n + 1, n + 1, b", ".join([b"*%c" % n] * 9)) for n in range(97, 110)),
    "many verbs": b"schema: handrail/v1\ncheck: {verbs: [" + b"very, " * 50_000 + b"x]}",
    "many placeholders": b"schema: runbook/v1\nsteps:\n- {id: a, do: '" + b"{{ vars.a }} " * 60_000 + b"'}",
    "many vague words": b"schema: runbook/v1\nsteps:\n- {id: a, do: x, say: '" + b"ensure " * 100_000 + b"'}",
    "many silences": b"schema: runbook/v1\n"
    + b"# handrail: allow H1 because x\n" * 30_000
    + b"steps: [{id: a, do: x}]",
}


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE.keys())
def test_a_huge_file_takes_little_time(data: bytes) -> None:
    look_at(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a long list", "too many steps", "many people", "many silences"])
def test_a_huge_file_takes_little_memory(name: str) -> None:
    tracemalloc.start()
    try:
        check_files([("x.yaml", HUGE[name])])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTES * 2**20
