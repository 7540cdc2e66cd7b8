"""Which mutants need no test of the rules: mutmut asks this as its type checker, in its own folder.

Those that mypy refuses never reach anybody: `make test` runs it. Those that change only the words of a sentence are
seen by the snapshots of what people read, which are no part of this run. What mypy would not find in code that a
person wrote (the `type: ignore` of mutmut's own lines, `and False`) is left out.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ARTEFACTS = frozenset({"ignore-without-code", "redundant-expr", "unused-ignore", "no-redef"})
NUMBERED = re.compile(r"(.+)__mutmut_(\d+|orig)")


class Wordless(ast.NodeTransformer):
    """Every text of more than one word is the same text."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        is_sentence = isinstance(node.value, str) and " " in node.value.strip()
        return ast.Constant("…") if is_sentence else node


def mutants_in(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.FunctionDef | None]]:
    """Each mutant of a file, and what it is a mutant of."""
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and NUMBERED.fullmatch(one.name)]
    originals = {one.name.removesuffix("orig"): one for one in functions if one.name.endswith("__mutmut_orig")}
    for one in functions:
        if not one.name.endswith("orig"):
            yield one, originals.get(f"{one.name.rpartition('_')[0]}_")


def shape(function: ast.FunctionDef) -> str:
    """What a function does, whatever it is called and whatever it says."""
    told = [ast.dump(Wordless().visit(one)) for one in function.body[_docstring(function) :]]
    return "\n".join(told)


def _docstring(function: ast.FunctionDef) -> int:
    return int(ast.get_docstring(function) is not None)


def refused_by_mypy(paths: list[str]) -> Iterator[tuple[str, int, str]]:
    command = [sys.executable, "-m", "mypy", "--output", "json", "--no-error-summary", *paths]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if said.stderr:
        print(said.stderr)  # no JSON: mutmut stops, where it would take silence for “nothing to refuse”
        sys.exit(2)
    for line in said.stdout.splitlines():
        error = json.loads(line)
        if error["severity"] == "error" and error["code"] not in ARTEFACTS:
            yield error["file"], error["line"], error["message"]


def main() -> None:
    paths = sys.argv[2:]
    found: dict[str, list[tuple[int, str]]] = {}
    for file, number, message in refused_by_mypy(paths):
        found.setdefault(file, []).append((number, message))
    for path in sorted({str(file) for one in paths for file in Path(one).rglob("*.py")} | found.keys()):
        mutants = list(mutants_in(ast.parse(Path(path).read_text("utf-8"))))
        lines = [range(one.lineno, (one.end_lineno or one.lineno) + 1) for one, _ in mutants]
        told = [one for one in found.get(path, ()) if any(one[0] in each for each in lines)]
        told += [(one.lineno, "words alone") for one, original in mutants if original and shape(one) == shape(original)]
        for number, message in told:
            print(json.dumps({"file": path, "line": number, "message": message, "severity": "error"}))


if __name__ == "__main__":
    main()
