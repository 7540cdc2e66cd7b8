"""Runs what Handrail is deployed with through the tools of others: `python -m tests.deploy [step …]`.

Tools are taken from where they are, and installed from Debian where we may; one that cannot be had fails its step by
name. `make faults` runs all of them.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

from tests.deploy import image, rendering, rolling, units
from tests.deploy.watched import check_alerts

STEPS: dict[str, tuple[dict[str, str], Callable[[], None]]] = {
    "alerts": ({"promtool": "prometheus"}, check_alerts),
    "unit": ({"systemd-analyze": "systemd"}, units.check_unit),
    "chart": ({"go": "golang-go golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev"}, rendering.check_chart),
    "image": ({}, image.rehearse),
    "rolling": ({"nginx": "nginx-light"}, rolling.restart_behind_nginx),
    "pgbouncer": ({"pgbouncer": "pgbouncer"}, rolling.walk_behind_pgbouncer),
}
"""Each step: the programs that it needs, each with the packages of Debian that bring it, and what is done."""


def main(names: list[str]) -> int:
    """0 when every step holds."""
    failed = [name for name in names or STEPS if not _holds(name)]
    print("All that Handrail is deployed with holds." if not failed else f"Does not hold: {', '.join(failed)}.")
    return 1 if failed else 0


def _holds(name: str) -> bool:
    needs, check = STEPS[name]
    began = time.monotonic()
    missing = [program for program, packages in needs.items() if not _have(program, packages)]
    if missing:
        print(f"== {name}: not tried, as {', '.join(missing)} cannot be had here")
        return False
    try:
        check()
    except Exception as failure:  # noqa: BLE001  (whatever it is, the other steps are tried)
        print(f"== {name}: DOES NOT HOLD: {type(failure).__name__}: {failure}")
        return False
    print(f"== {name}: holds, {time.monotonic() - began:.0f} s", flush=True)
    return True


def _have(program: str, packages: str) -> bool:
    if shutil.which(program) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        words = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *packages.split()]
        subprocess.run(["apt-get", "update", "--quiet=2"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return shutil.which(program) is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
