"""Whatever stands in a file: problems with a place, quickly, and never a traceback."""

import random
from pathlib import Path

import pytest

from bot.library.check import check_files
from bot.library.parse import parse_file
from tests.library.faulty import CATALOGUE
from tests.pace import at_most

SOUND = [path.read_bytes() for path in sorted((Path(__file__).parents[2] / "runbooks").glob("*.yaml"))]


def look_at(data: bytes) -> int:
    """How many problems a file has, each with a place inside it, found in time."""
    with at_most(60):
        report = check_files([("catalogue.yaml", CATALOGUE.encode()), ("x.yaml", data)])
    lines = data.count(b"\n") + data.count(b"\r") + 2
    told = [one for one in report.problems if one.file == "x.yaml"]
    for one in told:
        assert 1 <= one.line <= lines or b"\xe2\x80\xa8" in data or b"\xc2\x85" in data, one
        assert one.column >= 1
        assert "pydantic" not in one.message
        assert "http" not in one.message
    return len(told)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"# only words\n",
        b"---\n---\n---\n",
        b"null",
        b"- a\n- b\n",
        b"just words",
        b"42",
        b"\xff\xfe\x00s",
        bytes(range(256)),
        b"\x89PNG\r\n\x1a\n" + bytes(2000),
        b"PK\x03\x04" + bytes(2000),
        "schema: runbook/v1\n".encode("utf-32"),
        b"schema: [runbook/v1]",
        b"schema: {a: 1}",
        b"schema: runbook/v1\nsteps: {a: b}",
        b"schema: runbook/v1\nsteps: [[[[]]]]",
        b"schema: runbook/v1\nsteps: [1, a, null, [], {}]",
        b"schema: runbook/v1\nroles: []\nvars: 1\ninputs: a\npolicy: []\npreflight: {}",
        b"schema: assets/v1\nassets: {a: b}",
        b"schema: people/v1\npeople: [{id: [a]}]\nrotations: [{}, {}, 1]",
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"- " * 100_000,
        b"? " * 100_000,
        b"a: &a [" + b"*a, " * 50_000 + b"]",
        b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
        b"a: " + b"9" * 100_000,
        b"a: 1" + b":00" * 50_000,
        b"a: 2026-11-22" + b" " * 100_000,
        b'a: "' + b"\\u0041" * 100_000 + b'"',
        b"a: |\n" + b"  x\n" * 100_000,
        b"schema: runbook/v1\n" + b"".join(b"k%d: 1\n" % number for number in range(20_000)),
        b"schema: runbook/v1\nvars: {a: {type: string, pattern: '" + b"(" * 3_000 + b"'}}",
        b"schema: runbook/v1\nsteps:\n- {id: a, do: '" + b"{{" * 20_000 + b"'}",
        b"schema: runbook/v1\nsteps:\n- {id: a, check: b, capture: {c: {jmespath: '" + b"[" * 5_000 + b"'}}}",
        "a: \u202e\u200bx\u2028y\u0085z".encode(),
        b"a: b\r\nc: d\re: [\r\n",
        b"%YAML 1.2\n---\na: b\n",
        b"%TAG ! tag:evil,2000:\n---\na: !x b\n",
        b"!!python/object/apply:os.system ['true']",
        b"a: !!binary aGVsbG8=\nb: !!set {x, y}\nc: !!omap [a: 1]",
    ],
    ids=lambda data: repr(bytes(data[:24])),
)
def test_bad_files_have_problems(data: bytes) -> None:
    assert look_at(data) > 0


def test_a_sound_file_beside_a_bad_one_is_loaded() -> None:
    report = check_files([("catalogue.yaml", CATALOGUE.replace("[book]", "[]").encode()), ("x.yaml", b"[")])
    assert report.bad == {"x.yaml"}
    assert list(report.documents) == ["catalogue.yaml"]


@pytest.mark.parametrize("seed", range(40))
def test_mutated_files_never_break_the_reader(seed: int) -> None:
    dice = random.Random(seed)
    data = bytearray(dice.choice(SOUND))
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(data))
        match dice.randrange(5):
            case 0:
                del data[at : at + dice.randint(1, 400)]
            case 1:
                data[at:at] = dice.choice(
                    [b"{", b"}", b"[", b"]", b": ", b"- ", b"'", b'"', b"\n", b"\t", b"&a ", b"*a", b"|"]
                )
            case 2:
                data[at] = dice.randrange(256)
            case 3:
                data[at:at] = data[max(0, at - 300) : at]
            case _:
                del data[at:]
        data = data or bytearray(b"x")
    look_at(bytes(data))


@pytest.mark.parametrize("cut", range(0, 4000, 161))
def test_a_file_that_breaks_off_never_breaks_the_reader(cut: int) -> None:
    look_at(SOUND[-1][:cut])


def test_the_shipped_files_are_sound() -> None:
    """The same look that finds faults in all of the above finds none here."""
    problems = [one for number, data in enumerate(SOUND) for one in parse_file(str(number), data)[1]]
    assert problems == []
