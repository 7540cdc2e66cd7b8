"""Runs what asks a machine for its time under moved clocks: `python -m tests.days [pytest's own words …]`.

`faketime` moves the clock of a whole tree of processes: ours, PostgreSQL's, and those of the servers and terminals that
tests start. A library inside Python would reach one process alone.
"""

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime

from tests.days.moments import NOT_KILLED, files_at, moments

LONGEST = 420
"""Seconds for one moment; a test has its own limit, this is for what hangs outside of one."""


def main(words: list[str]) -> int:
    """0 when every moment holds."""
    mover = shutil.which("faketime")
    if mover is None:
        print("faketime is missing: `apt-get install faketime` (Debian), `brew install libfaketime` (macOS).")
        return 1
    failed = [name for name, at in moments(datetime.now(UTC)).items() if not _holds(mover, name, at, words)]
    print("Every day holds." if not failed else f"These days do not hold: {', '.join(failed)}.")
    return 1 if failed else 0


def _holds(mover: str, name: str, at: datetime, words: list[str]) -> bool:
    ahead = round((at - datetime.now(UTC)).total_seconds())
    print(f"== {name}: from {at:%A %Y-%m-%d %H:%M:%S} UTC", flush=True)
    began = time.monotonic()
    # Clocks that never go back are left alone: waits are counted by them, in the kernel too.
    moved = [mover, "-m", "--exclude-monotonic", "-f", f"{ahead:+d}s"]
    asked = words or ["-n", "2", "-k", NOT_KILLED, *files_at(name)]
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "days", *asked]
    environment = {**os.environ, "PYTHONPATH": "tests/days/preload", "FAKETIME_NO_CACHE": "1"}
    ended = subprocess.run([*moved, *tests], env=environment, timeout=LONGEST, check=False)
    print(f"== {name}: {'holds' if ended.returncode == 0 else 'DOES NOT HOLD'}, {time.monotonic() - began:.0f} s")
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
