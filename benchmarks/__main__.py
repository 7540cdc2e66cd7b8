"""`python -m benchmarks [name …]`: measure, and print each line as soon as it is known."""

import importlib
import sys
import traceback

from benchmarks.measured import heading, line

NAMES = (
    "clicks", "next_step", "long_run", "start", "check", "simulate", "report", "kills",
    "storm", "lateness", "limited", "busy", "idle", "quiet", "export", "pages", "ledger", "readiness", "learning",
    "moving", "passage",
)  # fmt: skip
"""In the order in which they are told; each is a module of this folder with a `measure`."""


def main(names: list[str]) -> int:
    """0 when everything was measured, whatever came of it; 1 when something could not be; 2 for an unknown name."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    print(heading(), flush=True)
    return max([_measure(name) for name in names or NAMES])


def _measure(name: str) -> int:
    try:
        for one in importlib.import_module(f"benchmarks.{name}").measure():
            print(line(one), flush=True)
    except Exception:  # noqa: BLE001 (the others are measured all the same)
        traceback.print_exc()
        print(f"FAIL  {name} could not be measured.", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
