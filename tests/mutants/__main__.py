"""Changes the rules in every small way, and names what no test notices: `python -m tests.mutants [NAMES …]`.

mutmut makes the changes and runs the tests; what survives is held against the list in `survivors.toml`. A change that
is neither noticed nor listed with its reason is a fault; a line of the list that survives no more is told.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

LIST = Path(__file__).with_name("survivors.toml")
ALIVE = ("survived", "no tests", "suspicious", "not checked")
"""What mutmut says of a change that no test noticed."""


def main(names: list[str]) -> int:
    """0 when every change is noticed, or listed."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    ended = subprocess.run(["mutmut", "run", *names], env=environment, check=False)
    if ended.returncode:
        return ended.returncode
    listed = read_list()
    found = dict(survivors(names))
    missing = {name: change for name, change in found.items() if change not in listed}
    for name, change in missing.items():
        print(f"\nNo test notices {name}:\n  {change}")
    stale = [change for change in listed if change not in found.values()] if not names else []
    for change in stale:
        print(f"\nListed, and noticed by now (or gone): take it off the list: {change}")
    print(f"\n{len(found)} survive, {len(missing)} of them without a reason in {LIST.name}.")
    return 1 if missing else 0


def read_list() -> set[str]:
    """Every change that may survive."""
    groups = tomllib.loads(LIST.read_text("utf-8"))["group"]
    return {change for group in groups for change in group["changes"]}


def survivors(names: list[str]) -> list[tuple[str, str]]:
    """Each mutant that no test noticed, and what it changes in one line: ``module.function: before -> after``."""
    from mutmut.__main__ import collect_source_file_mutation_data  # noqa: PLC0415  (`make mutants` alone installs it)
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415  (as above)
    from mutmut.stats import status_by_exit_code  # noqa: PLC0415  (as above)

    mutants, _ = collect_source_file_mutation_data(mutant_names=names)
    alive = [(data.path, name) for data, name, code in mutants if status_by_exit_code[code] in ALIVE]
    return [(name, f"{place_of(name)}: {in_one_line(get_diff_for_mutant(name, path=path))}") for path, name in alive]


def place_of(name: str) -> str:
    """``bot.run.law.draft.xǁDraftǁenter__mutmut_3`` -> ``law.draft.Draft.enter``."""
    module, _, function = name.rpartition("__mutmut_")[0].rpartition(".")
    plain = function.removeprefix("x_") if "ǁ" not in function else function.replace("ǁ", ".").removeprefix("x.")
    return f"{module.removeprefix('bot.run.')}.{plain}"


def in_one_line(diff: str) -> str:
    """What a diff takes away and puts in its place."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return f"{before} -> {after}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
