"""The plan of the house is kept: who may import whom, how big a room gets, and what is said nowhere.

The floors and the never-table are those of CONTRIBUTING.md. Each rule is one line of a table below; change it there.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from bot.cli import COMMANDS

ROOT = Path(__file__).parent.parent
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "bot").rglob("*.py"))

FLOORS = (
    {"bulkhead", "stopping", "format", "settings"},
    {"run"},
    {"timeline"},
    {"readiness"},
    {"learning"},
    {"render", "library", "rehearsal", "journal", "oncall", "hands"},
    {"engine", "notifier"},
    {"slack", "web", "terminal", "offline"},
    {"workers"},
    {"wiring"},
    {"cli"},
)
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}

PURE = {"bot.bulkhead", "bot.format", "bot.run", "bot.timeline", "bot.readiness", "bot.learning"}
ONLY_PURE = {f"bot.{room}" for room in FLOOR} - PURE - {"bot.stopping"}
CLOCK_AND_CHANCE = {"time", "random", "secrets", "datetime.datetime.now", "uuid.uuid4", "uuid.uuid1"}
NETWORK = {"socket", "ssl", "http.client", "urllib.request", "httpx", "websockets", "slack_sdk", "slack_bolt"}
MACHINE = {"subprocess", "threading", "asyncio", "multiprocessing", "os", "sqlite3", "sqlalchemy", "psycopg"}
FILES = {"io", "pathlib", "shutil", "tempfile", "open"}
NEVER = {
    **{room: {"bot.settings"} | CLOCK_AND_CHANCE | NETWORK | MACHINE | FILES for room in PURE},
    "bot.render": {"bot.settings", "bot.journal"} | CLOCK_AND_CHANCE | NETWORK | MACHINE,
    "bot.library": ONLY_PURE,
    "bot.rehearsal": ONLY_PURE | CLOCK_AND_CHANCE | NETWORK | MACHINE | FILES,
    "bot.journal": ONLY_PURE,
    "bot.oncall.rota": CLOCK_AND_CHANCE | NETWORK | MACHINE | FILES,
    "bot.engine": {"bot.render", "bot.slack", "bot.settings"},
    "bot.slack.listen": {"bot.journal", "bot.run.law", "sqlalchemy"},
    "bot.workspace": {f"bot.{room}" for room in FLOOR},
}
ONLY_IN = {
    "bot.settings": {"bot.settings", "bot.wiring", "bot.cli"},
    "bot.workspace": {"bot.workspace", "bot.wiring", "bot.cli"},
    "os.environ": {"bot.settings", "bot.wiring", "bot.cli", "bot.workers.origins"},
    "os.getenv": {"bot.settings", "bot.wiring", "bot.cli"},
    "yaml": {"bot.library"},
    "sqlalchemy": {"bot.journal", "bot.engine", "bot.notifier", "bot.workers", "bot.wiring", "bot.cli"},
    "jinja2": {
        "bot.render.prose",
        "bot.render.pack",
        "bot.render.report",
        "bot.web",
        "bot.workspace.page",
    },
}
PURE_MAY_TAKE = {"pydantic", "pydantic_core"}
VAGUE = re.compile(r"util|helper|common|service|manager|misc|stuff")


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def dotted(path: Path) -> str:
    return ".".join(part for part in path.with_suffix("").parts if part != "__init__")


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def used_names(tree: ast.Module) -> Iterator[str]:
    """Every dotted name that a module imports or reaches through what it imported; `open` when it calls it."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            head, _, rest = ast.unparse(node).partition(".")
            if head in known and rest.replace(".", "").isidentifier():
                yield f"{known[head]}.{rest}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "open":
            yield "open"


def broken_rules(module: str, names: set[str]) -> Iterator[str]:
    room = module.split(".")[1] if "." in module else ""
    for name in sorted(names):
        for place, never in NEVER.items():
            if within(module, place) and not within(name, place) and any(within(name, one) for one in never):
                yield f"{module} uses {name}; {place} never does"
        for thing, places in ONLY_IN.items():
            if within(name, thing) and not any(within(module, place) for place in places):
                yield f"{module} uses {name}; only {', '.join(sorted(places))} may"
        other = name.split(".")[1] if within(name, "bot") and "." in name else room
        if other != room and room in FLOOR and other in FLOOR and FLOOR[other] >= FLOOR[room]:
            yield f"{module} imports {name}, which stands on the same floor or above"
        if f"bot.{room}" in PURE and name.partition(".")[0] not in sys.stdlib_module_names | PURE_MAY_TAKE | {
            "bot",
            "open",
        }:
            yield f"{module} uses {name}; {room} takes nothing from outside but {', '.join(sorted(PURE_MAY_TAKE))}"


def test_every_room_has_its_floor() -> None:
    rooms = {path.with_suffix("").parts[1] for path in MODULES} - {"__init__", "__main__", "workspace"}
    assert rooms <= FLOOR.keys(), f"Give {rooms - FLOOR.keys()} a floor in FLOORS."


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_keeps_to_its_floor_and_its_nevers(path: Path) -> None:
    assert list(broken_rules(dotted(path), set(used_names(parse(path))))) == []


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("bot.run.state", "from datetime import datetime\nat = datetime.now()", "bot.run never does"),
        ("bot.run.state", "import datetime as d\nat = d.datetime.now()", "bot.run never does"),
        ("bot.run.state", "text = open('x').read()", "bot.run never does"),
        ("bot.run.state", "import attrs", "takes nothing from outside"),
        ("bot.run.state", "from bot.render.card import card", "same floor or above"),
        ("bot.render.card", "from bot.library.registry import Shelf", "same floor or above"),
        ("bot.render.card", "from jinja2 import Template", "only bot.render.pack"),
        ("bot.engine", "from bot import render", "bot.engine never does"),
        ("bot.slack.listen", "from bot.journal.store import append", "bot.slack.listen never does"),
        ("bot.web.pages", "import os\nhome = os.environ['HOME']", "only bot.cli"),
        ("bot.web.pages", "import yaml", "only bot.library may"),
        ("bot.workspace.api", "from bot.run.state import Run", "bot.workspace never does"),
    ],
)
def test_the_rules_see_what_they_forbid(module: str, source: str, complaint: str) -> None:
    """The same module without the offending line is fine, so that a rule that sees nothing is found out."""
    broken = list(broken_rules(module, set(used_names(ast.parse(source)))))
    assert any(complaint in one for one in broken), broken
    assert list(broken_rules(module, set(used_names(ast.parse("import re\nfrom datetime import datetime"))))) == []


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_can_be_read_at_one_sitting(path: Path) -> None:
    """A caption on top, at most 600 lines, no function over 50."""
    tree = parse(path)
    length = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {one.name: size for one in functions if (size := (one.end_lineno or 0) - one.lineno + 1) > 50}
    assert (ast.get_docstring(tree) or "").strip(), f"{path} does not say what it is in its first line."
    assert length <= 600, f"{path} has {length} lines."
    assert long == {}, f"{path} has functions of more than 50 lines."


def imported_modules(tree: ast.Module, known: set[str]) -> set[str]:
    """The modules of the house that a module names in an import, also for types alone and within functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & known or {node.module}
    return found & known


def test_no_imports_go_in_a_circle() -> None:
    known = {dotted(path) for path in MODULES}
    graph = {dotted(path): imported_modules(parse(path), known) - {dotted(path)} for path in MODULES}
    assert sum(len(found) for found in graph.values()) > len(known), "imports are seen"
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" <- ".join(circle.args[1]))


NAMED_KINDS = {"Alone": {"Branch", "Notify"}, "ByHand": {"Check", "RunStep", "Wait"}}
"""Kinds of steps that are spoken of together; `bot/format/runbook` says which and why."""


def kinds_listed(tree: ast.Module) -> Iterator[str]:
    """Lists of kinds, as `A | B` or `(A, B)`, that say again what has a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.Tuple):
            kinds = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            yield from (f"{ast.unparse(node)}: {name}" for name, named in NAMED_KINDS.items() if named <= kinds)


def test_kinds_of_steps_that_belong_together_are_listed_once() -> None:
    again = {dotted(path): [*kinds_listed(parse(path))] for path in MODULES if dotted(path) != "bot.format.runbook"}
    assert {module: found for module, found in again.items() if found} == {}
    assert [*kinds_listed(ast.parse("isinstance(step, Do | RunStep | Check | Wait)"))] != []
    assert [*kinds_listed(parse(Path("bot/format/runbook.py")))] != []


MOVERS = [path for path in MODULES if path.parts[1] == "run" and path.stem in ("state", "evolve")]


def open_matches(tree: ast.Module) -> Iterator[str]:
    """Matches whose last case is not `case _: assert_never(...)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Match):
            last = node.cases[-1]
            if not (ast.unparse(last.pattern) == "_" and ast.unparse(last.body[0]).startswith("assert_never(")):
                yield f"line {node.lineno}"


@pytest.mark.parametrize("path", MOVERS, ids=dotted)
def test_what_moves_a_run_forgets_no_event(path: Path) -> None:
    """Each match is closed, so that the type checker names every place that a new event has to come to."""
    assert list(open_matches(parse(path))) == []
    assert len(MOVERS) > 5
    assert list(open_matches(ast.parse("match event:\n    case _:\n        pass"))) == ["line 1"]


def test_names_say_what_a_module_is_for() -> None:
    assert [str(path) for path in MODULES if VAGUE.search(path.stem) or VAGUE.search(path.parent.name)] == []


BOOTLESS = """
import importlib, sys
met = []
WATCHED = {"_thread.start_new_thread", "socket.__new__", "subprocess.Popen", "sqlite3.connect"}
sys.addaudithook(lambda event, arguments: met.append(event) if event in WATCHED else None)
for name in sys.argv[1:]:
    importlib.import_module(name)
    if met:
        sys.exit(f"importing {name} boots something: {sorted(set(met))}")
"""


def test_importing_a_module_boots_nothing() -> None:
    """No thread, socket, process or database comes of an import; one process imports them all, in order."""
    names = [dotted(path) for path in MODULES if path.stem != "__main__"]
    done = subprocess.run(
        [sys.executable, "-c", BOOTLESS, *names], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def tracked_texts() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_text(encoding="utf-8", errors="replace")


def test_nothing_names_the_machine_it_was_made_on() -> None:
    """No home or build folder of somebody's machine, in any file that is kept."""
    own = re.compile(r"(?<![\w.:/*-])/(?:home|Users|work)/\w")
    found = [f"{name}: {hit.group()}" for name, text in tracked_texts() for hit in own.finditer(text)]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_locks_hold_names_and_hashes_only(name: str) -> None:
    """No address to download from: where packages come from is for each machine to say."""
    line = re.compile(r"[a-z0-9._-]+==[^\s:]+( ; [^:]+?)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|#.*")
    assert [one for one in (ROOT / name).read_text(encoding="utf-8").splitlines() if not line.fullmatch(one)] == []


def test_both_locks_agree() -> None:
    """`make try` and `make test` run the same versions."""
    runtime, everything = (
        {line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "==" in line}
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert {line.split(" ;")[0].rstrip(" \\") for line in runtime} <= {
        line.split(" ;")[0].rstrip(" \\") for line in everything
    }


def test_contributing_and_decisions_name_only_what_exists() -> None:
    """Tests by their path, modules by their place in `bot`; the last part may be a name within the module."""
    pages = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs/decisions").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    rooms = "|".join(sorted({*FLOOR, "workspace", "tests"}))
    named = set(re.findall(rf"`((?:{rooms})/[\w/.]+)`", text))
    assert len(named) > 50
    assert [one for one in sorted(named) if not _stands(one)] == []


def test_the_readme_names_every_command() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [one for one in COMMANDS if re.search(rf"(handrail |`|, ){one}\b", table) is None] == []


def test_each_decision_says_what_led_to_it_and_what_it_costs() -> None:
    pages = [page for page in (ROOT / "docs/decisions").glob("*.md") if page.name != "README.md"]
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    parts = ["## Context", "## Decision", "## Price"]
    headed = {page.name: [line for line in page.read_text("utf-8").splitlines() if line[:3] == "## "] for page in pages}
    assert [name for name, found in headed.items() if found != parts] == []
    assert [page.name for page in pages if f"]({page.name})" not in index] == []


def _stands(name: str) -> bool:
    top = ROOT if name.startswith("tests/") else ROOT / "bot"
    path = top / name.removesuffix(".py").rstrip("/")
    within = path.parent / path.name.partition(".")[0]
    return any(one.with_suffix(".py").exists() or one.is_dir() for one in (path, within))


BROAD = {
    "bulkhead": 1,
    "cli": 1,  # the edge to people: none reads a traceback
    "hands.shim": 1,  # a process of its own, which may not go on as another one
    "journal.group_commit": 3,  # raised again, on the thread of each who waits
    "journal.store": 1,  # rolled back, and raised again
    "wiring.process.supervision": 1,  # a part that dies ends the process, and says so
}
"""Where everything that can be raised is caught, and how often."""


def test_whatever_can_break_is_caught_in_few_places() -> None:
    found: dict[str, int] = {}
    for path in MODULES:
        if path.parts[1] == "workspace":
            continue
        broad = sum(
            isinstance(node, ast.ExceptHandler)
            and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id.endswith("Exception")))
            for node in ast.walk(parse(path))
        )
        if broad:
            found[dotted(path).removeprefix("bot.")] = broad
    assert found == BROAD
