"""The list of changes that may survive, each with its reason: `survivors.toml`."""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("survivors.toml")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Survivor:
    """A change that no test of the rules notices. `held_by`: the test elsewhere that does, where there is one."""

    change: str
    why: str
    held_by: str | None

    @property
    def place(self) -> str:
        """``law.draft.Draft.enter``."""
        return self.change.partition(": ")[0]

    @property
    def before(self) -> str:
        """The line that is changed, as it stands in the function."""
        return self.change.partition(": ")[2].partition(" -> ")[0]


def read_list(path: Path = LIST) -> list[Survivor]:
    """Every change that may survive; each group has one reason, and is one thing."""
    groups = tomllib.loads(path.read_text("utf-8")).get("group", [])
    return [
        Survivor(change, group["why"], group.get("held_by"))
        for group in groups for change in group["changes"]
    ]  # fmt: skip


def source_of(place: str) -> str | None:
    """The function of a place in one line, as changes quote it; None when there is none."""
    parts = place.split(".")
    for many in range(len(parts) - 1, 0, -1):
        path = ROOT.joinpath("bot", "run", *parts[:many]).with_suffix(".py")
        if path.is_file():
            return _function_in(path.read_text("utf-8"), parts[many:])
    return None


def _function_in(text: str, names: list[str]) -> str | None:
    body: list[ast.stmt] = ast.parse(text).body
    found: ast.stmt | None = None
    for name in names:
        found = next(
            (one for one in body if isinstance(one, ast.ClassDef | ast.FunctionDef) and one.name == name), None
        )
        if not isinstance(found, ast.ClassDef | ast.FunctionDef):
            return None
        body = found.body
    if not isinstance(found, ast.FunctionDef) or found.end_lineno is None:
        return None
    lines = text.splitlines()[found.lineno - 1 : found.end_lineno]
    return " ".join(line.strip() for line in lines)
