"""Which mutants need no test of the rules.

Those that mypy refuses never reach anybody: `make test` runs it. An `assert_never` is never come to: mypy sees to that
too. Those that change only the words of a sentence are no rule: the snapshots of what people read hold them. What mypy
would not find in code that a person wrote (the `type: ignore` of mutmut's own lines, `and False`) is left out.
"""

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.mutants.making import TREE, Mutant

ARTEFACTS = frozenset({"ignore-without-code", "redundant-expr", "unused-ignore", "no-redef", "unreachable"})


class Bare(ast.NodeTransformer):
    """Every text of more than one word is the same text, and what is never come to is not there."""

    def visit_Match(self, node: ast.Match) -> ast.AST:
        node.cases = [case for case in node.cases if not _is_never(case)]
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        is_sentence = isinstance(node.value, str) and " " in node.value.strip()
        return ast.Constant("…") if is_sentence else node


def screened(mutants: Iterable[Mutant]) -> dict[str, str]:
    """Why a mutant is not tried, by its name."""
    by_path: dict[str, list[Mutant]] = defaultdict(list)
    for one in mutants:
        by_path[one.path].append(one)
    reasons = {}
    for path, number, message in refused_by_mypy(sorted(by_path)):
        for one in by_path.get(path, ()):
            if one.lines[0] <= number <= one.lines[1]:
                reasons[one.name] = message
    for path, some in by_path.items():
        shapes = shapes_in(ast.parse((TREE / path).read_text("utf-8")))
        for one in some:
            own = one.name.rpartition(".")[2]
            if shapes[own] == shapes[f"{own.rpartition('_')[0]}_orig"]:
                reasons[one.name] = "words alone"
    return reasons


def shapes_in(tree: ast.Module) -> dict[str, str]:
    """What each function does, whatever it is called and whatever it says."""
    found = {}
    for one in ast.walk(tree):
        if isinstance(one, ast.FunctionDef) and "__mutmut_" in one.name:
            documented = int(ast.get_docstring(one) is not None)
            _leave_out_the_usual_end(one)
            found[one.name] = "\n".join(ast.dump(Bare().visit(line)) for line in one.body[documented:])
    return found


def _leave_out_the_usual_end(function: ast.FunctionDef) -> None:
    """`case _: return None` where a function ends is what happens without it."""
    last = function.body[-1]
    if isinstance(last, ast.Match):
        last.cases = [
            case
            for case in last.cases
            if not (_is_any(case) and [ast.unparse(one) for one in case.body] == ["return None"])
        ]


def _told(body: list[ast.stmt]) -> str:
    return "\n".join(ast.unparse(one) for one in body)


def _is_any(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None


def _is_never(case: ast.match_case) -> bool:
    """`case _:` with `assert_never(…)` or nothing at all: the same as if it were not there."""
    only = case.body[0] if len(case.body) == 1 else None
    called = only.value.func if isinstance(only, ast.Expr) and isinstance(only.value, ast.Call) else None
    is_never = isinstance(called, ast.Name) and called.id == "assert_never"
    return _is_any(case) and (is_never or isinstance(only, ast.Pass))


def refused_by_mypy(paths: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Place and message of every error in the tree."""
    command = [sys.executable, "-m", "mypy", "--output", "json", "--no-error-summary", *paths]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=TREE)
    if said.stderr:
        raise SystemExit(said.stderr)  # silence would be taken for “nothing to refuse”
    for line in said.stdout.splitlines():
        error = json.loads(line)
        if error["severity"] == "error" and error["code"] not in ARTEFACTS:
            yield Path(error["file"]).as_posix(), error["line"], error["message"]
