"""The list of changes to the rules that may survive (`make mutants`) names lines that stand, each with its reason."""

import ast
from collections import Counter
from pathlib import Path

from tests.mutants.survivors import ROOT, read_list, source_of

LISTED = read_list()


def test_each_names_a_function_that_exists_and_a_line_that_stands_in_it() -> None:
    for one in LISTED:
        source = source_of(one.place)
        assert source is not None, f"there is no {one.place}"
        assert one.before, one.change
        assert one.before in source, f"{one.place} has no such line any more: {one.before}"


def test_each_has_one_reason() -> None:
    assert [change for change, times in Counter(one.change for one in LISTED).items() if times > 1] == []
    assert [one.change for one in LISTED if len(one.why.split()) < 4 or " -> " not in one.change] == []


def test_the_tests_that_hold_them_elsewhere_exist() -> None:
    for held_by in {one.held_by for one in LISTED if one.held_by is not None}:
        path, _, name = held_by.partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        names = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
        assert name.partition("[")[0] in names, held_by


def test_a_line_that_is_gone_is_noticed(tmp_path: Path) -> None:
    """The same list with one line changed by hand fails the first of these tests."""
    assert source_of("law.decide._begin") is not None
    assert source_of("law.draft.Draft.enter") is not None
    assert source_of("law.decide._no_such_rule") is None
    assert source_of("no_such_room.rules.decide") is None
    text = '[[group]]\nwhy = "The same in every state."\nchanges = ["law.decide._begin: step = None -> step = 1"]\n'
    (tmp_path / "list.toml").write_text(text)
    [one] = read_list(tmp_path / "list.toml")
    assert one.before not in (source_of(one.place) or one.before)
