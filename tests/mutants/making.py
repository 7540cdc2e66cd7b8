"""Makes the mutants: a copy of the house under `mutants/tree`, in which each rule stands in every changed form.

mutmut writes the changed functions side by side, and `switch` says which of them is called. Beside mutmut's changes
there are three of ours: a call whose result nobody takes is left out, the condition of an `if` is forced either way,
and a comprehension takes everything. Those are how a rule goes altogether.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import libcst as cst
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "mutants"
TREE = KEPT / "tree"
COPIED = ("bot", "docs", "migrations", "runbooks", "tests", "pyproject.toml", "README.md", "CONTRIBUTING.md")
RULES = ("bot/run/law/*.py", "bot/run/members/*.py")
"""The law, and who is of a run: what decides, authorises, offers and judges. The rest of the room is not held yet."""

SWITCH = (
    "from mutmut.mutation.trampoline import wrap_in_trampoline as _mutmut_mutated, MutantDict",
    "from tests.mutants.switch import MutantDict, switchable as _mutmut_mutated",
)
"""mutmut asks the environment at each call which form to take; ours is set once."""


@dataclass(frozen=True)
class Mutant:
    """One change of one function. `says` tells it apart from all others for as long as the line stands."""

    name: str
    function: str
    says: str
    path: str
    lines: tuple[int, int]

    @property
    def place(self) -> str:
        """``law.draft.Draft.enter``."""
        return self.says.partition(": ")[0]


def without_call(node: cst.Expr) -> Iterator[cst.Pass]:
    """`require_idle(run)` -> nothing."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def forced(node: cst.If) -> Iterator[cst.If]:
    """`if a` -> `if (a) and False`, `if (a) or True`."""
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    for operator, literal in ((cst.And(), "False"), (cst.Or(), "True")):
        yield node.with_changes(test=cst.BooleanOperation(test, operator, cst.Name(literal)))


def unasked(node: cst.CompIf) -> Iterator[cst.CompIf]:
    """`[one for one in all if a]` -> `if (a) or True`."""
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.BooleanOperation(test, cst.Or(), cst.Name("True")))


OURS = [(cst.Expr, without_call), (cst.If, forced), (cst.CompIf, unasked)]


def make() -> list[Mutant]:
    """Lay the tree out anew and write the mutants into it."""
    mutators: Any = mutation_operators  # a list, whatever its type says
    mutators.extend(OURS)
    for name in COPIED:
        _copy(name)
    (TREE / "tests" / "mutants").mkdir(parents=True, exist_ok=True)
    return [one for path in rule_files() for one in _mutate(path)]


def rule_files() -> list[str]:
    """The modules that are rules, as they stand in the house."""
    found = {path.relative_to(ROOT).as_posix() for pattern in RULES for path in ROOT.glob(pattern)}
    return sorted(found)


def _copy(name: str) -> None:
    source, target = ROOT / name, TREE / name
    if source.is_file():
        TREE.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        return
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _mutate(path: str) -> list[Mutant]:
    source = (ROOT / path).read_text("utf-8")
    marks = source + Path(__file__).read_text("utf-8")
    memory = KEPT / "made" / f"{hashlib.sha256((path + marks).encode()).hexdigest()}.json"
    if not memory.exists():
        memory.parent.mkdir(parents=True, exist_ok=True)
        made = mutate_file_contents(path, source)
        spans = made.line_span_by_function_name
        lines = made.code.splitlines()
        mutants = [asdict(one) for one in _told(path, made.mutant_names, lines, spans)]
        memory.write_text(json.dumps({"code": made.code, "mutants": mutants}), "utf-8")
    told = json.loads(memory.read_text("utf-8"))
    (TREE / path).write_text(told["code"].replace(*SWITCH), "utf-8")
    return [Mutant(**one | {"lines": tuple(one["lines"])}) for one in told["mutants"]]


def _told(path: str, names: Sequence[str], lines: list[str], spans: Mapping[str, Any]) -> Iterator[Mutant]:
    module = path.removesuffix(".py").replace("/", ".")
    seen: dict[str, int] = {}
    for name in names:
        function = name.rpartition("__mutmut_")[0]
        original = spans[f"{function}__mutmut_orig"]
        span = spans[name]
        before = _named(lines[original.start - 1 : original.end], f"{function}__mutmut_orig", function)
        after = _named(lines[span.start - 1 : span.end], name, function)
        says = f"{place_of(f'{module}.{function}')}: {difference(before, after)}"
        seen[says] = seen.get(says, 0) + 1
        again = f" [{seen[says]}]" if seen[says] > 1 else ""
        yield Mutant(f"{module}.{name}", f"{module}.{function}", says + again, path, (span.start, span.end))


def _named(lines: list[str], name: str, function: str) -> list[str]:
    named = [line.replace(name, function) for line in lines]
    first = next(number for number, line in enumerate(named) if line.strip())
    return named[first:]


def place_of(function: str) -> str:
    """``bot.run.law.draft.xǁDraftǁenter`` -> ``law.draft.Draft.enter``."""
    module, _, name = function.rpartition(".")
    plain = name.removeprefix("x_") if "ǁ" not in name else name.replace("ǁ", ".").removeprefix("x.")
    return f"{module.removeprefix('bot.run.')}.{plain}"


def difference(before: list[str], after: list[str]) -> str:
    """What a change takes away and puts in its place, in one line."""
    start = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    taken, put = before[start : len(before) - end], after[start : len(after) - end]
    return f"{' '.join(one.strip() for one in taken)} -> {' '.join(one.strip() for one in put)}"
