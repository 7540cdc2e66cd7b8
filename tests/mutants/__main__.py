"""Changes the rules in every small way, and names what no test notices: `python -m tests.mutants [NAMES …]`.

`making` makes the changes with mutmut, `screen` leaves out what mypy refuses and what changes words alone, `trying`
runs the tests over each. What survives is held against `survivors.toml`: a change that is neither noticed nor listed
with its reason is a fault, and so is one that is listed and noticed. NAMES (`law.may_start*`) are places as they are
printed.

What was found is kept in `mutants/`: nothing is tried again while neither rules nor tests change, and after a change
the test that noticed a mutant last time is asked first.
"""

import fnmatch
import hashlib
import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from tests.mutants.making import KEPT, TREE, Mutant, make
from tests.mutants.screen import screened
from tests.mutants.survivors import LIST, Survivor, read_list

PLAIN = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", "--hypothesis-profile", "mutants"]
QUICK = [  # what holds the rules, and takes milliseconds
    "tests/run",
    "--deselect=tests/run/test_law_twice.py::test_what_the_seeds_are_worth",
    "--ignore=tests/run/test_plain_words.py",
    "--ignore=tests/run/test_second_reckoning.py",
]
MEMORY = KEPT / "found.json"
HOLD = ("bot/run", "bot/format", "tests/run", "tests/story.py", "tests/mutants/making.py", "tests/mutants/trying.py")
"""What a finding depends on."""

Found = dict[str, str | None]
"""By what each change says: the test that noticed it, or None."""


def main(names: list[str]) -> int:
    """0 when every change is noticed, or listed with a reason that holds."""
    mutants = [one for one in make() if not names or any(fnmatch.fnmatch(one.place, name) for name in names)]
    refused = screened(mutants)
    tried = [one for one in mutants if one.name not in refused]
    print(f"{len(mutants)} changes; mypy refuses {len(refused)} or they are words alone; {len(tried)} are tried.")
    found = _tried(tried)
    alive = {one.says: one for one in tried if found[one.says] is None}
    listed = {one.change: one for one in read_list() if not names or any(fnmatch.fnmatch(one.place, n) for n in names)}
    unlisted = [says for says in alive if says not in listed]
    stale = [change for change in listed if change not in alive]
    unheld = _unheld(alive, listed)
    for title, changes in (
        ("No test notices", unlisted),
        (f"Listed in {LIST.name}, and noticed by now, or gone", stale),
        ("The test that is named does not notice", unheld),
    ):
        for change in changes:
            print(f"\n{title}:\n  {change}")
    print(f"\n{len(alive)} survive: {len(unlisted)} without a reason, {len(unheld)} with one that does not hold.")
    return 1 if unlisted or stale or unheld else 0


def _tried(mutants: list[Mutant]) -> Found:
    """What notices each; from memory where nothing has changed since."""
    kept: dict[str, Any] = json.loads(MEMORY.read_text("utf-8")) if MEMORY.exists() else {"of": "", "found": {}}
    known: Found = kept["found"]
    before: Found = kept.get("noticed", {})
    now = _state()
    fresh = [one for one in mutants if kept["of"] != now or one.says not in known]
    asked = [asdict(one) | {"before": before.get(one.says)} for one in fresh]
    found = known | _ask(asked, QUICK)
    # Of what was not asked about now, the memory is one of another state: who noticed it is worth knowing, no more.
    told = found if kept["of"] == now else {one.says: found[one.says] for one in fresh}
    MEMORY.write_text(json.dumps({"of": now, "found": told, "noticed": before | found}), "utf-8")
    return found


def _unheld(alive: dict[str, Mutant], listed: dict[str, Survivor]) -> list[str]:
    """Survivors whose list names a test that holds them, and it does not."""
    held = [(alive[change], one.held_by) for change, one in listed.items() if change in alive and one.held_by]
    if not held:
        return []
    files = sorted({test.partition("::")[0] for _, test in held})
    said = _ask([asdict(one) | {"only": test} for one, test in held], [*files, "-m", "slow or not slow"])
    return [one.says for one, _ in held if said[one.says] is None]


def _ask(asked: list[dict[str, object]], selection: list[str]) -> Found:
    if not asked:
        return {}
    question, answers = KEPT / "asked.json", KEPT / "told.jsonl"
    question.write_text(json.dumps({"pytest": [*PLAIN, *selection], "mutants": asked}), "utf-8")
    answers.write_text("", "utf-8")
    subprocess.run([sys.executable, "-m", "tests.mutants.trying", question, answers], cwd=TREE, check=True)
    told = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    return {one["says"]: one["noticed"] for one in told}


def _state() -> str:
    """A digest of everything that a finding depends on."""
    paths = [
        path for name in HOLD for path in ([TREE / name] if (TREE / name).is_file() else (TREE / name).rglob("*.*"))
    ]
    told = hashlib.sha256()
    for path in sorted(path for path in paths if path.suffix in {".py", ".ambr"}):
        told.update(path.as_posix().encode() + path.read_bytes())
    return told.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
