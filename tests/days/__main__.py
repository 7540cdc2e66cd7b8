"""Runs what asks a machine for its time under moved clocks: `python -m tests.days [pytest's own words …]`.

`faketime` moves the clock of a whole tree of processes: ours, PostgreSQL's, and those of the servers and terminals that
tests start. A library inside Python would reach one process alone.
"""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from tests.days.moments import LEFT_OUT, files_at, moments

LONGEST = 600
"""Seconds for one moment; a test has its own limit, this is for what hangs outside of one."""
AT_ONCE = 2
"""Moments at a time, a process each: a machine's cores are used, and nothing has to be shared out within a moment."""


def main(words: list[str]) -> int:
    """0 when every moment holds."""
    mover = shutil.which("faketime")
    if mover is None:
        print("faketime is missing: `apt-get install faketime` (Debian), `brew install libfaketime` (macOS).")
        return 1
    whole = moments(datetime.now(UTC))
    longest_first = sorted(whole, key=lambda name: -len(files_at(name)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        held = pool.map(lambda name: _holds(mover, name, whole[name], words), longest_first)
        failed = [name for name, holds in zip(longest_first, held, strict=True) if not holds]
    print("Every day holds." if not failed else f"These days do not hold: {', '.join(failed)}.")
    return 1 if failed else 0


def _holds(mover: str, name: str, at: datetime, words: list[str]) -> bool:
    ahead, began = round((at - datetime.now(UTC)).total_seconds()), time.monotonic()
    # Clocks that never go back are left alone: waits are counted by them, in the kernel too.
    moved = [mover, "-m", "--exclude-monotonic", "-f", f"{ahead:+d}s"]
    asked = words or ["-k", " and ".join(f"not {one}" for one in LEFT_OUT), *files_at(name)]
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "days", *asked]
    environment = {**os.environ, "PYTHONPATH": "tests/days/preload", "FAKETIME_NO_CACHE": "1"}
    within = ["timeout", "--kill-after=10", str(LONGEST), *moved, *tests]
    ended = subprocess.run(
        within, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    holds, took = ended.returncode == 0, time.monotonic() - began
    said = ended.stdout.strip().splitlines()[-1:] if holds else ended.stdout.splitlines()
    how = "holds" if holds else "DOES NOT HOLD"
    print(f"== {name}, from {at:%A %Y-%m-%d %H:%M:%S} UTC, {how}, {took:.0f} s", *said, sep="\n", flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
