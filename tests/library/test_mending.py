"""What `check --fix` and `--write-ids` do to a file, and what they leave alone."""

import importlib
import pkgutil
from collections import Counter

import pytest

import tests.library
from bot.library.check import check_files
from bot.library.mending import edits_for, fix_file, give_ids
from bot.library.spans import apply
from tests.library.faulty import CATALOGUE, FAULTY, HEAD, TAIL
from tests.library.test_short_form import FIVE

for found in pkgutil.iter_modules(tests.library.__path__):
    if found.name.startswith("test_") and found.name.endswith("_rules"):
        importlib.import_module(f"tests.library.{found.name}")
MECHANICAL = frozenset(
    "S10 S14 S17 S18 G2 G5 G6 N2 N4 N5 N9 C2 D3 F5 F6".split()  # noqa: SIM905  (one list, one line)
)
"""Rules of which at least one planted fault is put right by its own advice."""


def problems(name: str, text: str, catalogue: str) -> Counter[tuple[str, str]]:
    files = [("catalogue.yaml", catalogue.encode()), (name, text.encode())]
    return Counter((one.rule, one.message) for one in check_files(dict(files).items()).problems if one.file == name)


@pytest.mark.parametrize("test", sorted(FAULTY))
def test_no_advice_brings_up_another_problem(test: str) -> None:
    """The advice of each rule is done where it is mechanical: what it is about is gone, and nothing has come."""
    name, text, catalogue = FAULTY[test]
    beside = {"catalogue.yaml": catalogue.encode()}
    before = problems(name, text, catalogue)
    fixed = fix_file(name, text, beside)
    after = problems(name, fixed, catalogue)
    assert not after - before
    if fixed == text:
        assert after == before
    files = [("catalogue.yaml", catalogue.encode()), (name, text.encode())]
    for one in check_files(dict(files).items()).problems:
        if one.file == name and (one.rule, one.message) in after and (edits := edits_for(fixed, one)):
            brought = problems(name, apply(fixed, edits[0]), catalogue) - after
            assert {rule[0] for rule, _ in brought} == {"O"}, f"the advice of {one.rule} leads to {brought}"


def test_most_of_what_is_mechanical_is_done() -> None:
    done: set[str] = set()
    for name, text, catalogue in FAULTY.values():
        fixed = fix_file(name, text, {"catalogue.yaml": catalogue.encode()})
        done |= {rule for rule, _ in problems(name, text, catalogue) - problems(name, fixed, catalogue)}
    assert done >= MECHANICAL, MECHANICAL - done


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ("say: Note: look first", 'say: "Note: look first"'),
        ("say: @all look", 'say: "@all look"'),
        ("say: 'It's here'", 'say: "It\'s here"'),
        ('say: "say "hi" to: them"', "say: 'say \"hi\" to: them'"),
        ('command: "of" rows', "command: '\"of\" rows'"),
        ("command: curl -d '{\"a\": 1}' x", "command: |\n      curl -d '{\"a\": 1}' x"),
        ("say: {{ asset.name }} is down", 'say: "{{ asset.name }} is down"'),
    ],
)  # fmt: skip
def test_a_value_that_is_no_yaml_is_put_in_quotes_whole(line: str, mended: str) -> None:
    """The advice is the very line; the next fault is told afterwards, as if the file had been read at once."""
    step = f"\nsteps:\n  - id: look\n    do: Look at the log\n    {line}\n    go: stoped\n"
    text = HEAD + step + TAIL
    broke = next(one for one in check_files([("book.yaml", text.encode())]).problems if one.rule == "S1")
    assert mended.partition("|")[0] in broke.hint
    assert fix_file("book.yaml", text, {"catalogue.yaml": CATALOGUE.encode()}) == text.replace(line, mended).replace(
        "stoped", "stopped"
    )


@pytest.mark.parametrize(
    ("step", "advice", "mended"),
    [
        ("{do: Go, essay: 1, say: a: b, why: x}", 'say: "a: b"', '{do: Go, essay: 1, say: "a: b", why: x}'),
        (
            "{do x: Go, undo: {argv: thaw {{ asset.zone }}}}", 'argv: "thaw {{ asset.zone }}"',
            '{do x: Go, undo: {argv: "thaw {{ asset.zone }}"}}',
        ),
        ("{do lag: See the lag: it falls}", 'do lag: "See the lag: it falls"', '{do lag: "See the lag: it falls"}'),
        ("{do: Go, say: the [a] b, why: x}", 'say: "the [a] b"', '{do: Go, say: "the [a] b", why: x}'),
        ("{do: Go, say: it's: so}", 'say: "it\'s: so"', '{do: Go, say: "it\'s: so"}'),
        ("{do: a, options: [b, c}", "the comma, or the ]", "{do: a, options: [b, c}"),
        ("{do: Go say: x", "the comma, or the }", "{do: Go say: x"),
    ],
)  # fmt: skip
def test_a_text_between_braces_is_quoted_where_it_ends_and_nothing_beside_it(
    step: str, advice: str, mended: str
) -> None:
    """A colon, a bracket or a placeholder ends a text between braces; what is only left open is not guessed at."""
    text = f"schema: runbook/v1\ntitle: The zone is gone\nsteps:\n  - {step}\n"
    broke = next(one for one in check_files([("book.yaml", text.encode())]).problems if one.rule == "S1")
    assert broke.hint == advice
    assert fix_file("book.yaml", text, {}) == text.replace(step, mended)


def test_all_that_lacks_quotes_is_told_in_one_look_with_what_stands_behind_it() -> None:
    """Each cost a look of its own before; an author hears of everything at once, and nothing of the file counts."""
    text = (
        "schema: runbook/v1\nid: zone\ntitle: The zone is gone\nsteps:\n  - {do look: Look, say: a: b}\n"
        "  - do: Wait: here\n    say: @all of you\n    cautoin: It falls.\n"
        "  - {do go: Go, command: cp {{ asset.a }}.db {{ asset.b }}, say: z: q}\n"
    )
    report = check_files([("book.yaml", text.encode())])
    told = [(one.rule, one.line) for one in report.problems if one.severity == "error"]
    assert told == [("S1", 5), ("S1", 6), ("S1", 7), ("S14", 8), ("S1", 9), ("S1", 9)]
    assert report.runbooks == {}
    fixed = fix_file("book.yaml", text, {})
    assert check_files([("book.yaml", fixed.encode())]).errors == 0
    assert '  - {do go: Go, command: "cp {{ asset.a }}.db {{ asset.b }}", say: "z: q"}\n' in fixed
    many = text + "".join(f"  - {{do: Go, say: a{number}: b}}\n" for number in range(100))
    assert 20 <= sum(one.rule == "S1" for one in check_files([("book.yaml", many.encode())]).problems) <= 21


def test_nothing_else_of_the_file_is_touched() -> None:
    steps = """
steps:
  # the first look
  - id: look          # by hand
    do:   Look at   the log
    critical: yes     # nobody skips it
    go: {ok: stoped}
"""
    text = HEAD + steps + TAIL + "\n"
    fixed = fix_file("book.yaml", text, {"catalogue.yaml": CATALOGUE.encode()})
    assert fixed == text.replace("yes  ", "true  ").replace("stoped", "stopped")


def test_ids_are_put_in_where_they_are_left_out() -> None:
    text = FIVE.replace("  - do: Delete", "  # then\n  - {do: Delete").replace("old logs", "old logs, say: All.}")
    given = give_ids(text)
    assert (
        given
        == """\
schema: runbook/v1
id: disk-full
title: Disk full
steps:
  - do find_the_biggest_folder: Find the biggest folder
  # then
  - {do delete_old_logs: Delete old logs, say: All.}
"""
    )
    assert give_ids(given) == given
    assert problems("book.yaml", given, CATALOGUE).keys() != problems("book.yaml", text, CATALOGUE).keys()
